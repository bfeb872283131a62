//! The swarm of `qyzn` devices: each dials, registers, logs in, beats, and sends records one at a time, the next when
//! the last is acknowledged.

mod line;
mod simulated;

use super::report::{Latency, SwarmReport};
use super::{SwarmOptions, photo};
use dialects::lenient::Base64Text;
use simulated::{Simulated, Tally};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

/// How long a hub that takes none of the devices is tried.
const FIRST_CONTACT: Duration = Duration::from_secs(20);

/// Why a swarm is.
#[derive(Debug, thiserror::Error)]
pub enum SwarmError {
    /// Options that contradict each other.
    #[error("{0}")]
    Options(&'static str),
}

/// What the devices of a swarm share.
struct Shared {
    options: SwarmOptions,
    /// The picture of every record, once.
    photo: Option<Base64Text>,
    /// One permit is one connection that may begin now.
    connects: Semaphore,
    connected: AtomicUsize,
    /// Tells each device that came in.
    arrivals: watch::Sender<usize>,
    /// When records may be sent; `None` until then.
    start: watch::Sender<Option<Instant>>,
}

/// Runs a swarm to its end.
///
/// # Errors
/// [`SwarmError`] for options that cannot be carried out. A hub that cannot be reached is no error: the report says so.
pub async fn run(options: SwarmOptions) -> Result<SwarmReport, SwarmError> {
    if options.count == 0 || options.connects_per_second == 0 {
        return Err(SwarmError::Options(
            "a swarm needs at least one device and one connection in a second",
        ));
    }
    if !(0.0..=1e9).contains(&options.records_per_second) {
        return Err(SwarmError::Options("records in a second are 0 or more"));
    }
    let picture = photo::jpeg(options.photo_bytes);
    let shared = Arc::new(Shared {
        photo: (!picture.is_empty()).then(|| Base64Text::encode(&picture)),
        connects: Semaphore::new(0),
        connected: AtomicUsize::new(0),
        arrivals: watch::Sender::new(0),
        start: watch::Sender::new(None),
        options,
    });
    let mut devices = JoinSet::new();
    for number in 0..shared.options.count {
        devices.spawn(Simulated::new(number, Arc::clone(&shared)).run());
    }
    let admit = tokio::spawn(admit(Arc::clone(&shared)));
    if !shared.anybody().await {
        admit.abort();
        devices.shutdown().await;
        return Ok(summary(&shared, Vec::new()));
    }
    shared.everybody().await;
    shared.start.send_replace(Some(Instant::now()));
    let tallies = devices.join_all().await;
    admit.abort();
    Ok(summary(&shared, tallies))
}

/// Lets connections begin at the configured rate.
async fn admit(shared: Arc<Shared>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / shared.options.connects_per_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        ticks.tick().await;
        shared.connects.add_permits(1);
    }
}

impl Shared {
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

    fn arrived(&self) {
        let arrived = self.connected.fetch_add(1, Ordering::Relaxed) + 1;
        self.arrivals.send_replace(arrived);
    }
}

fn summary(shared: &Shared, tallies: Vec<Tally>) -> SwarmReport {
    let mut report = SwarmReport {
        devices: shared.options.count,
        connected: shared.connected.load(Ordering::Relaxed),
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
