//! Which record a dialect sends next: the journal's order, but first those on which its platform decides, and those that
//! are to go out again (terminal rules 16 and 17).

use crate::decider::Decider;
use crate::device::Device;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::terminal::Entry;
use tokio::task::JoinSet;

/// How long the own store is left alone after it failed.
pub(crate) const STORE_PAUSE: Duration = Duration::from_secs(1);

/// A dialect's way through the journal on one connection.
pub(crate) struct Queue {
    device: Arc<Device>,
    dialect: &'static str,
    /// Taken from the journal up to here, in order.
    taken_to: u64,
    /// Sent out of order, because the platform decides on them.
    urgent: BTreeSet<u64>,
    /// To be sent again before anything newer.
    again: BTreeSet<u64>,
    acknowledgements: JoinSet<()>,
}

impl Queue {
    /// From the oldest record that the dialect has yet to acknowledge.
    pub(crate) fn new(device: Arc<Device>, dialect: &'static str) -> Self {
        Self {
            device,
            dialect,
            taken_to: 0,
            urgent: BTreeSet::new(),
            again: BTreeSet::new(),
            acknowledgements: JoinSet::new(),
        }
    }

    /// The next record on which this dialect's platform decides; each comes once.
    pub(crate) async fn urgent(&mut self) -> Result<Option<Entry>, StoreError> {
        while let Some(seq) = self.device.decisions.urgent(self.dialect) {
            // Its turn came before its verdict was waited for.
            if seq <= self.taken_to {
                continue;
            }
            if let Some(entry) = self.device.journal.entry(seq).await? {
                self.urgent.insert(seq);
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// The next record; `None` where there is none, or where it waits for another dialect's verdict.
    pub(crate) async fn next(&mut self) -> Result<Option<Entry>, StoreError> {
        while let Some(seq) = self.again.first().copied() {
            let entry = self.device.journal.entry(seq).await?;
            self.again.remove(&seq);
            if entry.is_some() {
                return Ok(entry);
            }
        }
        loop {
            let journal = &self.device.journal;
            let found = journal.outstanding(self.dialect, self.taken_to, 1).await?.pop();
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
        matches!(self.device.decisions.decider(), Decider::Platform { dialect, .. } if dialect == self.dialect)
    }

    /// These records go out again, before anything newer.
    pub(crate) fn again(&mut self, records: impl IntoIterator<Item = u64>) {
        self.again.extend(records);
    }

    /// Nothing that was made so far goes out again.
    pub(crate) fn forget(&mut self) {
        self.again.clear();
    }

    /// Writes the acknowledgement down beside the next delivery: a crash before it costs a resend, not a record.
    pub(crate) fn acknowledge(&mut self, seq: u64) {
        metrics::counter!("menshen_terminal_records_delivered_total", "dialect" => self.dialect).increment(1);
        while self.acknowledgements.try_join_next().is_some() {}
        let (journal, dialect) = (Arc::clone(&self.device.journal), self.dialect);
        self.acknowledgements.spawn(async move {
            if let Err(error) = journal.acknowledge(dialect, seq).await {
                tracing::error!(seq, %error, "an acknowledgement could not be kept; the record will be sent again");
            }
        });
    }

    /// Waits until all acknowledgements are written down.
    pub(crate) async fn finish(mut self) {
        while self.acknowledgements.join_next().await.is_some() {}
    }
}
