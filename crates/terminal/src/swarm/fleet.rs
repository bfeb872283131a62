//! What the devices of a swarm share: how fast they connect, when they begin, and what they counted.

use super::pace::Tally;
use super::report::{Latency, SwarmReport};
use super::{SwarmError, SwarmOptions, photo};
use dialects::lenient::Base64Text;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

/// How long a hub that takes none of the devices is tried.
const FIRST_CONTACT: Duration = Duration::from_secs(20);

/// A swarm that runs.
pub(super) struct Fleet {
    pub(super) options: SwarmOptions,
    /// The picture of every record, once.
    pub(super) photo: Option<Base64Text>,
    /// One permit is one connection that may begin now.
    connects: Semaphore,
    connected: AtomicUsize,
    /// Tells each device that came in.
    arrivals: watch::Sender<usize>,
    /// When records may be sent; `None` until then.
    start: watch::Sender<Option<Instant>>,
}

impl Fleet {
    /// Runs a swarm of devices, each made by its number, to its end.
    pub(super) async fn run<D, W>(options: SwarmOptions, device: D) -> Result<SwarmReport, SwarmError>
    where
        D: Fn(usize, Arc<Self>) -> W,
        W: Future<Output = Tally> + Send + 'static,
    {
        options.check()?;
        let picture = photo::jpeg(options.photo_bytes);
        let fleet = Arc::new(Self {
            photo: (!picture.is_empty()).then(|| Base64Text::encode(&picture)),
            connects: Semaphore::new(0),
            connected: AtomicUsize::new(0),
            arrivals: watch::Sender::new(0),
            start: watch::Sender::new(None),
            options,
        });
        let mut devices = JoinSet::new();
        for number in 0..fleet.options.count {
            devices.spawn(device(number, Arc::clone(&fleet)));
        }
        let admit = tokio::spawn(admit(Arc::clone(&fleet)));
        if !fleet.anybody().await {
            admit.abort();
            devices.shutdown().await;
            return Ok(fleet.summary(Vec::new()));
        }
        fleet.everybody().await;
        fleet.start.send_replace(Some(Instant::now()));
        let tallies = devices.join_all().await;
        admit.abort();
        Ok(fleet.summary(tallies))
    }

    /// Waits until a connection may begin; false where none may any more.
    pub(super) async fn may_connect(&self) -> bool {
        match self.connects.acquire().await {
            Ok(permit) => {
                permit.forget();
                true
            }
            Err(_) => false,
        }
    }

    /// When records may be sent; `None` until then.
    pub(super) fn start(&self) -> Option<Instant> {
        *self.start.borrow()
    }

    /// Tells when records may be sent.
    pub(super) fn starting(&self) -> watch::Receiver<Option<Instant>> {
        self.start.subscribe()
    }

    /// Takes note of a device that the hub took.
    pub(super) fn arrived(&self) {
        let arrived = self.connected.fetch_add(1, Ordering::Relaxed) + 1;
        self.arrivals.send_replace(arrived);
    }

    /// Waits until the first device is connected; false where none is in time.
    async fn anybody(&self) -> bool {
        let mut arrivals = self.arrivals.subscribe();
        let first = arrivals.wait_for(|arrived| *arrived > 0);
        let patience = FIRST_CONTACT.min(self.options.patience);
        matches!(tokio::time::timeout(patience, first).await, Ok(Ok(_)))
    }

    /// Waits until all devices are connected, or for as long as the options say.
    async fn everybody(&self) {
        let mut arrivals = self.arrivals.subscribe();
        let all = arrivals.wait_for(|arrived| *arrived >= self.options.count);
        // Those who are late join later.
        let _ = tokio::time::timeout(self.options.patience, all).await;
    }

    fn summary(&self, tallies: Vec<Tally>) -> SwarmReport {
        let mut report = SwarmReport {
            devices: self.options.count,
            connected: self.connected.load(Ordering::Relaxed),
            ..SwarmReport::default()
        };
        let mut latencies = Vec::new();
        let (mut first, mut last) = (None::<Instant>, None::<Instant>);
        for tally in tallies {
            report.sent += tally.sent;
            report.acknowledged += tally.latencies.len() as u64;
            report.duplicated += tally.duplicated;
            first = first.into_iter().chain(tally.first_sent).min();
            last = last.into_iter().chain(tally.last_acknowledged).max();
            latencies.extend(tally.latencies);
        }
        report.lost = report.sent.saturating_sub(report.acknowledged);
        report.latency_ms = Latency::of(latencies);
        report.seconds = first
            .zip(last)
            .map_or(0.0, |(first, last)| (last - first).as_secs_f64());
        report
    }
}

/// Lets connections begin at the configured rate.
async fn admit(fleet: Arc<Fleet>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / fleet.options.connects_per_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        ticks.tick().await;
        fleet.connects.add_permits(1);
    }
}
