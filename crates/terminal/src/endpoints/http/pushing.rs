//! Delivering records by calls that the platform answers: those on which this dialect decides at once, the others oldest
//! first, each again until the platform has it (terminal rules 16 and 17).

use crate::decider::Verdict;
use crate::device::Device;
use crate::endpoints::at;
use crate::endpoints::delivery::{Queue, STORE_PAUSE};
use crate::endpoints::reconnect::Pauses;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::terminal::Entry;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What became of a record.
#[derive(Debug)]
pub(crate) enum Delivered {
    /// The platform has it; its verdict, where it decides.
    Acknowledged(Option<Verdict>),
    /// The dialect has no words for it: nothing is sent, and it is done with.
    Unsaid,
    /// The platform does not have it, for this reason; it comes again.
    Failed(String),
    /// The own store could not give it.
    Unread(StoreError),
}

/// A platform that takes records.
#[async_trait::async_trait]
pub(crate) trait Platform: Send + Sync + 'static {
    /// Whether records go out now.
    fn is_wanted(&self) -> bool;

    /// Sends one record and waits for what the platform says.
    async fn deliver(&self, entry: Entry) -> Delivered;
}

/// How one dialect delivers.
pub(crate) struct Delivery {
    /// The dialect's name.
    pub(crate) dialect: &'static str,
    /// Records on their way at the same time.
    pub(crate) window: usize,
    /// The first pause before a record comes again; it grows up to a minute.
    pub(crate) resend: Duration,
    /// Counts up when [`Platform::is_wanted`] may have changed, or an address did.
    pub(crate) changed: watch::Receiver<u64>,
}

struct Pump<P> {
    device: Arc<Device>,
    platform: Arc<P>,
    queue: Queue,
    delivery: Delivery,
    pauses: Pauses,
    not_before: Option<Instant>,
    /// Records on their way.
    under_way: JoinSet<(u64, Delivered)>,
}

/// Delivers until `end`; what is on its way then is given up, and comes again.
pub(crate) async fn run<P: Platform>(
    device: Arc<Device>,
    platform: P,
    delivery: Delivery,
    end: CancellationToken,
) {
    let mut grew = device.journal_grew.subscribe();
    let mut changed = delivery.changed.clone();
    let mut pump = Pump {
        queue: Queue::new(Arc::clone(&device), delivery.dialect),
        platform: Arc::new(platform),
        pauses: Pauses::new(delivery.resend),
        not_before: None,
        under_way: JoinSet::new(),
        device,
        delivery,
    };
    loop {
        if let Err(error) = pump.send().await {
            tracing::error!(%error, "records cannot be read for delivery");
            pump.not_before = Some(Instant::now() + STORE_PAUSE);
        }
        tokio::select! {
            () = end.cancelled() => break,
            Some(done) = pump.under_way.join_next() => match done {
                Ok((seq, delivered)) => pump.done(seq, delivered),
                Err(error) => tracing::error!(%error, "a delivery broke off"),
            },
            told = grew.changed() => if told.is_err() { break },
            told = changed.changed() => {
                if told.is_err() {
                    break;
                }
                // Another address deserves a try at once.
                pump.not_before = None;
                pump.pauses.reset();
            }
            () = at(pump.not_before) => pump.not_before = None,
        }
    }
    pump.under_way.shutdown().await;
    pump.queue.finish().await;
}

impl<P: Platform> Pump<P> {
    /// Sends what may be sent.
    async fn send(&mut self) -> Result<(), StoreError> {
        if !self.platform.is_wanted() {
            return Ok(());
        }
        while let Some(entry) = self.queue.urgent().await? {
            self.spawn(entry);
        }
        // What is decided on overtakes; nothing overtakes that.
        while self.not_before.is_none() && self.under_way.len() < self.delivery.window {
            let Some(entry) = self.queue.next().await? else {
                break;
            };
            self.spawn(entry);
        }
        Ok(())
    }

    fn spawn(&mut self, entry: Entry) {
        let platform = Arc::clone(&self.platform);
        self.under_way.spawn(async move {
            let seq = entry.seq;
            (seq, platform.deliver(entry).await)
        });
    }

    fn done(&mut self, seq: u64, delivered: Delivered) {
        match delivered {
            Delivered::Acknowledged(verdict) => {
                self.pauses.reset();
                if let Some(verdict) = verdict {
                    self.device.decisions.decide(self.delivery.dialect, seq, verdict);
                }
                self.queue.acknowledge(seq);
            }
            Delivered::Unsaid => self.queue.acknowledge(seq),
            Delivered::Failed(problem) => {
                let pause = self.pauses.next(None, rand::random());
                tracing::info!(
                    dialect = self.delivery.dialect,
                    seq,
                    problem,
                    pause_ms = pause.as_millis(),
                    "a record was not taken, and is sent again"
                );
                self.queue.again([seq]);
                self.not_before = Some(Instant::now() + pause);
            }
            Delivered::Unread(error) => {
                tracing::error!(seq, %error, "a record cannot be read for delivery");
                self.queue.again([seq]);
                self.not_before = Some(Instant::now() + STORE_PAUSE);
            }
        }
    }
}
