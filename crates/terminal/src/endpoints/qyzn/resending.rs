//! Sending records again that the platform had acknowledged (4.5.11, terminal rule 24): in the journal's order, before
//! anything newer. What the platform has of them is kept as it acknowledges.

use super::DIALECT;
use crate::device::Device;
use std::collections::{BTreeSet, VecDeque};
use store::StoreError;

/// What one connection has of the span that is sent again.
#[derive(Default)]
pub(super) struct Resending {
    /// Read from the journal, and not sent yet.
    ready: VecDeque<u64>,
    /// Sent, and not acknowledged yet.
    on_the_wire: BTreeSet<u64>,
    /// Read up to here.
    read_to: u64,
    /// The platform has everything again up to here, which is not kept yet.
    mark: Option<u64>,
}

impl Resending {
    /// The next record to be sent again; none where nothing is, or where the last ones of a span are still on the wire.
    pub(super) async fn next(&mut self, device: &Device) -> Result<Option<u64>, StoreError> {
        self.keep(device).await?;
        while self.ready.is_empty() {
            if !device.resends.any(DIALECT).await {
                return Ok(None);
            }
            self.ready = device.resends.after(DIALECT, self.read_to).await?.into();
            if self.ready.is_empty() {
                if !self.on_the_wire.is_empty() {
                    return Ok(None);
                }
                device.resends.finish(DIALECT).await?;
                self.read_to = 0;
            }
        }
        let next = self.ready.pop_front();
        if let Some(seq) = next {
            self.read_to = seq;
            self.on_the_wire.insert(seq);
        }
        Ok(next)
    }

    /// A record was acknowledged or refused, or is gone; false where it is none of those sent again.
    pub(super) fn settled(&mut self, seq: u64) -> bool {
        if !self.on_the_wire.remove(&seq) {
            return false;
        }
        let open = self.on_the_wire.first().copied();
        self.mark = Some(open.map_or(self.read_to, |open| open.saturating_sub(1)));
        true
    }

    /// Writes down how far the platform has everything again: a crash before it costs records sent once more.
    pub(super) async fn keep(&mut self, device: &Device) -> Result<(), StoreError> {
        if let Some(mark) = self.mark.take() {
            device.resends.done(DIALECT, mark).await?;
        }
        Ok(())
    }

    /// Nothing is to be sent again.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
