//! The door opened by a platform: nobody passes, and yet some documents make a record of it.

use super::record::{Details, Private};
use super::ruling::Ruling;
use crate::device::Device;
use model::{Method, RecordId};
use std::sync::Arc;
use store::StoreError;
use store::terminal::NewEntry;

/// Two openings never share a second where records are told apart by seconds.
const WIRE_KEY: &str = "remote";

impl Device {
    /// Keeps a record of an opening for one dialect, whose document has such records; the others are not told.
    ///
    /// # Errors
    /// [`StoreError`] of the journal.
    pub(crate) async fn record_opening(self: &Arc<Self>, dialect: &str) -> Result<(), StoreError> {
        let details = Details {
            method: Method::Remote,
            ruling: Ruling::Granted,
            local: Ruling::Granted,
            asked: None,
            similarity: None,
            temperature: None,
            mask: None,
            helmet: None,
            kind: None,
            face_id: None,
            channel: None,
        };
        let others = self.dialects.iter().filter(|other| **other != dialect);
        let entry = self.journal.append(NewEntry {
            id: RecordId::new(uuid::Uuid::now_v7().simple().to_string()),
            occurred_at: self.clock.now(),
            wire_key: WIRE_KEY.to_owned(),
            person: None,
            settled: true,
            counts: false,
            details: serde_json::to_value(details)?,
            private: serde_json::to_value(Private::default())?,
            capture: None,
            hidden_from: others.map(|other| (*other).to_owned()).collect(),
        });
        entry.await?;
        self.trim_soon();
        self.touch();
        self.wake_delivery();
        Ok(())
    }
}
