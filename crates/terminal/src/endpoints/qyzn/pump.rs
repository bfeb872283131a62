//! Delivering records: oldest first, each until it is acknowledged (terminal rules 17 and 24).

use super::resending::Resending;
use super::{DIALECT, LinkEnd, report};
use crate::decider::Verdict;
use crate::device::Device;
use crate::endpoints::delivery::{Queue, STORE_PAUSE};
use dialects::qyzn::exchange::{Exchange, Moment};
use dialects::qyzn::operation::{Refusal, answer_of};
use dialects::qyzn::{ResponseBody, SnapshotFace};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::terminal::Entry;
use tokio::time::Instant;

/// The deliveries of one connection.
pub(super) struct Pump {
    device: Arc<Device>,
    window: usize,
    queue: Queue,
    /// To be sent again before anything newer: the platform asked for it.
    resending: Resending,
    /// Records on the wire: request's sequence number to the journal's.
    on_the_wire: BTreeMap<u32, u64>,
    not_before: Option<Instant>,
}

impl Pump {
    pub(super) fn new(device: Arc<Device>, window: usize) -> Self {
        Self {
            queue: Queue::new(Arc::clone(&device), DIALECT),
            device,
            window,
            resending: Resending::default(),
            on_the_wire: BTreeMap::new(),
            not_before: None,
        }
    }

    /// When it goes on by itself, after a pause.
    pub(super) fn due(&self) -> Option<Instant> {
        self.not_before
    }

    /// Puts on the wire what may be there.
    pub(super) async fn run(&mut self, exchange: &mut Exchange, now: Moment) {
        if let Err(error) = self.try_run(exchange, now).await {
            tracing::error!(%error, "records cannot be read for delivery");
            self.not_before = Some(Instant::now() + STORE_PAUSE);
        }
    }

    async fn try_run(&mut self, exchange: &mut Exchange, now: Moment) -> Result<(), StoreError> {
        while let Some(entry) = self.queue.urgent().await? {
            self.send(entry, exchange, now).await?;
        }
        if self.not_before.is_some_and(|until| Instant::now() < until) {
            return Ok(());
        }
        self.not_before = None;
        while self.on_the_wire.len() < self.window {
            let Some(entry) = self.next().await? else {
                return Ok(());
            };
            self.send(entry, exchange, now).await?;
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Entry>, StoreError> {
        while let Some(seq) = self.resending.next(&self.device).await? {
            let entry = self.device.journal.entry(seq).await?;
            if entry.is_some() {
                return Ok(entry);
            }
            self.resending.settled(seq);
        }
        self.queue.next().await
    }

    async fn send(&mut self, entry: Entry, exchange: &mut Exchange, now: Moment) -> Result<(), StoreError> {
        let seq = entry.seq;
        let message = report::snapshot_face(&self.device, entry).await?;
        match exchange.request(&message, now) {
            Ok(sequence) => drop(self.on_the_wire.insert(sequence, seq)),
            Err(problem) => {
                tracing::debug!(%problem, "a record waits");
                self.queue.again([seq]);
                self.not_before = Some(Instant::now() + STORE_PAUSE);
            }
        }
        Ok(())
    }

    /// Takes the answer to a record; false where it is none.
    pub(super) fn answered(&mut self, sequence: u32, body: &ResponseBody) -> bool {
        let Some(seq) = self.on_the_wire.remove(&sequence) else {
            return false;
        };
        match answer_of::<SnapshotFace>(body) {
            Ok(answer) => {
                // Where this platform decides, only 1 opens (terminal rule 25).
                let verdict = Verdict {
                    open: answer.open_door == Some(1),
                    show: answer.screen_text.filter(|text| !text.trim().is_empty()),
                    speak: None,
                    open_ms: None,
                };
                self.device.decisions.decide(DIALECT, seq, verdict);
                self.acknowledge(seq);
            }
            Err(Refusal::Code {
                wait_seconds: Some(seconds),
                ..
            }) => {
                self.queue.again([seq]);
                self.not_before = Some(Instant::now() + Duration::from_secs(seconds.into()));
            }
            Err(refusal @ Refusal::Malformed(_)) => {
                tracing::warn!(%refusal, "an acknowledgement is odd, and taken");
                self.acknowledge(seq);
            }
            Err(refusal) => {
                // It stays in the journal and is offered again after the next login; newer ones are not held up.
                tracing::warn!(seq, %refusal, "the platform refused a record");
                self.resending.settled(seq);
            }
        }
        true
    }

    /// The platform has it; what it asked for again is acknowledged in the journal already.
    fn acknowledge(&mut self, seq: u64) {
        if !self.resending.settled(seq) {
            self.queue.acknowledge(seq);
        }
    }

    /// Nothing that was made so far goes out any more.
    pub(super) fn forget(&mut self) {
        self.queue.forget();
        self.resending.forget();
    }

    /// Waits until all acknowledgements are written down.
    pub(super) async fn finish(mut self) -> Result<(), LinkEnd> {
        self.resending.keep(&self.device).await?;
        self.queue.finish().await;
        Ok(())
    }
}
