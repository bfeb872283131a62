//! Delivering records: oldest first, each until it is acknowledged (terminal rules 17 and 24).

use super::resending::Resending;
use super::{DIALECT, LinkEnd, report};
use crate::decider::Verdict;
use crate::device::Device;
use dialects::qyzn::exchange::{Exchange, Moment};
use dialects::qyzn::operation::{Refusal, answer_of};
use dialects::qyzn::{ResponseBody, SnapshotFace};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::terminal::Entry;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long the own store is left alone after it failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// The deliveries of one connection.
pub(super) struct Pump {
    device: Arc<Device>,
    window: usize,
    /// Records on the wire: request's sequence number to the journal's.
    on_the_wire: BTreeMap<u32, u64>,
    /// Taken from the journal up to here, in order.
    taken_to: u64,
    /// Sent out of order, because the platform decides on them.
    urgent: BTreeSet<u64>,
    /// To be sent again before anything newer: the platform was busy.
    again: BTreeSet<u64>,
    /// To be sent again before anything newer: the platform asked for it.
    resending: Resending,
    not_before: Option<Instant>,
    acknowledgements: JoinSet<()>,
}

impl Pump {
    pub(super) fn new(device: Arc<Device>, window: usize) -> Self {
        Self {
            device,
            window,
            on_the_wire: BTreeMap::new(),
            taken_to: 0,
            urgent: BTreeSet::new(),
            again: BTreeSet::new(),
            resending: Resending::default(),
            not_before: None,
            acknowledgements: JoinSet::new(),
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
        while let Some(seq) = self.device.decisions.urgent(DIALECT) {
            if let Some(entry) = self.device.journal.entry(seq).await? {
                self.urgent.insert(seq);
                self.send(entry, exchange, now).await?;
            }
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

    /// The oldest record that is not on the wire; `None` where there is none, or where it waits for another
    /// dialect's verdict.
    async fn next(&mut self) -> Result<Option<Entry>, StoreError> {
        while let Some(seq) = self.again.first().copied() {
            let entry = self.device.journal.entry(seq).await?;
            self.again.remove(&seq);
            if entry.is_some() {
                return Ok(entry);
            }
        }
        while let Some(seq) = self.resending.next(&self.device).await? {
            let entry = self.device.journal.entry(seq).await?;
            if entry.is_some() {
                return Ok(entry);
            }
            self.resending.settled(seq);
        }
        loop {
            let found = self
                .device
                .journal
                .outstanding(DIALECT, self.taken_to, 1)
                .await?
                .pop();
            let Some(entry) = found else { return Ok(None) };
            if !entry.settled && !self.is_decider() {
                return Ok(None);
            }
            self.taken_to = entry.seq;
            if !self.urgent.remove(&entry.seq) {
                return Ok(Some(entry));
            }
        }
    }

    fn is_decider(&self) -> bool {
        matches!(self.device.decisions.decider(),
            crate::decider::Decider::Platform { dialect, .. } if dialect == DIALECT)
    }

    async fn send(&mut self, entry: Entry, exchange: &mut Exchange, now: Moment) -> Result<(), StoreError> {
        let seq = entry.seq;
        let message = report::snapshot_face(&self.device, entry).await?;
        match exchange.request(&message, now) {
            Ok(sequence) => drop(self.on_the_wire.insert(sequence, seq)),
            Err(problem) => {
                tracing::debug!(%problem, "a record waits");
                self.again.insert(seq);
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
                };
                self.device.decisions.decide(DIALECT, seq, verdict);
                self.acknowledge(seq);
            }
            Err(Refusal::Code {
                wait_seconds: Some(seconds),
                ..
            }) => {
                self.again.insert(seq);
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

    /// Writes the acknowledgement down beside the next delivery: a crash before it costs a resend, not a record.
    fn acknowledge(&mut self, seq: u64) {
        metrics::counter!("menshen_terminal_records_delivered_total", "dialect" => DIALECT).increment(1);
        while self.acknowledgements.try_join_next().is_some() {}
        if self.resending.settled(seq) {
            return;
        }
        let journal = Arc::clone(&self.device.journal);
        self.acknowledgements.spawn(async move {
            if let Err(error) = journal.acknowledge(DIALECT, seq).await {
                tracing::error!(seq, %error, "an acknowledgement could not be kept; the record will be sent again");
            }
        });
    }

    /// Nothing that was made so far goes out any more.
    pub(super) fn forget(&mut self) {
        self.again.clear();
        self.resending.forget();
    }

    /// Waits until all acknowledgements are written down.
    pub(super) async fn finish(mut self) -> Result<(), LinkEnd> {
        self.resending.keep(&self.device).await?;
        while self.acknowledgements.join_next().await.is_some() {}
        Ok(())
    }
}
