//! Records: every attempt to pass that a device told of, with its pictures (hub rules 39 to 43).
//!
//! A record, the hub's verdict, its event and the person's count of passes are one transaction. What identifies
//! people beyond their name (identity document, the device's own message) is sealed; pictures are blobs.

mod commit;
mod details;
mod retention;
mod sqlite;

pub(in crate::hub) use commit::{drop_held, release};
pub use retention::Dropped;
pub use sqlite::SqliteRecords;

use super::accounts::Actor;
use crate::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Decision, DeviceId, Method, Outcome, PersonId, Record, RecordId, ZoneId};
use std::time::Instant;

/// A picture with its true media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The very bytes.
    pub bytes: Vec<u8>,
    /// What they are.
    pub media_type: String,
}

/// A record to be committed.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// The record as the link understood it: `id` is not read, `person_id` is found here, urls are not read.
    pub draft: Record,
    /// What makes a repeat of it equal, within its device (hub rule 40).
    pub duplicate_key: Vec<u8>,
    /// Other keys under which the same record may be here already: what a dialect tells records apart by is not always
    /// said.
    pub same_as: Vec<Vec<u8>>,
    /// The device's own text of the time.
    pub device_time: Option<String>,
    /// The id that the device gave for the person.
    pub wire_person: Option<String>,
    /// The capture.
    pub capture: Option<Picture>,
    /// The registered picture that the device compared with.
    pub registered: Option<Picture>,
    /// What a QR code says that somebody showed: its holder is who passes, and the hub decides whoever decides else.
    pub code: Option<String>,
    /// How to decide, where the device asks.
    pub ask: Option<Ask>,
    /// What a pending device may leave here.
    pub held: HeldLimits,
}

/// The hub's part of deciding on a door.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The zone of doors without one of their own.
    pub time_zone: TimeZone,
    /// Past it the answer is no: the person at the door waits no longer.
    pub deadline: Instant,
}

/// What a pending device may leave (hub rule 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldLimits {
    /// Records.
    pub records: u32,
    /// Bytes of pictures.
    pub bytes: u64,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Committed {
    /// It is on the disk.
    Stored {
        /// Its id.
        id: RecordId,
        /// The hub's decision, where the device asked.
        decision: Option<Decision>,
    },
    /// It was there already.
    Repeated {
        /// The id of the first.
        id: RecordId,
    },
    /// The device waits for approval and has left as much as it may.
    HeldFull,
}

/// A record as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecord {
    /// Grows with commits.
    pub seq: i64,
    /// Whether there is a capture.
    pub has_capture: bool,
    /// Whether there is a registered picture, the device's or the person's.
    pub has_registered: bool,
    /// The device's own text of the time, as it came.
    pub device_time: Option<String>,
    /// The record; its urls are empty, only the API knows where it serves.
    pub record: Record,
}

/// Which records a list shows.
#[derive(Debug, Clone, Default)]
pub struct RecordFilter {
    /// Only of this device.
    pub device: Option<DeviceId>,
    /// Only of this person.
    pub person: Option<PersonId>,
    /// Only from here on (inclusive), by when it happened.
    pub from: Option<Timestamp>,
    /// Only until here (exclusive).
    pub until: Option<Timestamp>,
    /// Only with this result.
    pub result: Option<Outcome>,
    /// Only by this method.
    pub method: Option<Method>,
    /// Only of this zone's devices (hub rule 8).
    pub bound: Option<ZoneId>,
    /// Only those committed before this place.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// Which picture of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordPicture {
    /// Taken at the door.
    Capture,
    /// What the face was compared with.
    Registered,
}

/// How many records there are, by result.
pub type ResultCounts = Vec<(Outcome, u32)>;

/// The records of all devices.
#[async_trait]
pub trait Records: Send + Sync {
    /// Commits a record with its pictures, the hub's verdict, the event and the count of passes. It is on the disk
    /// when this returns.
    ///
    /// # Errors
    /// Not found where the device is gone; what the database or the blob store says.
    async fn commit(&self, record: NewRecord) -> Result<Committed, StoreError>;

    /// Records, the newest first.
    ///
    /// # Errors
    /// Only what the database says.
    async fn list(&self, filter: RecordFilter) -> Result<Vec<StoredRecord>, StoreError>;

    /// One record.
    ///
    /// # Errors
    /// Only what the database says.
    async fn record(&self, id: &RecordId, bound: Option<ZoneId>) -> Result<Option<StoredRecord>, StoreError>;

    /// A picture of a record; that it was looked at is audited (`record.photo_view`).
    ///
    /// # Errors
    /// What the database or the blob store says.
    async fn picture(
        &self,
        actor: &Actor,
        id: &RecordId,
        which: RecordPicture,
        bound: Option<ZoneId>,
    ) -> Result<Option<Picture>, StoreError>;

    /// Records since an instant of receipt, by result.
    ///
    /// # Errors
    /// Only what the database says.
    async fn counts_since(&self, since: Timestamp, bound: Option<ZoneId>)
    -> Result<ResultCounts, StoreError>;

    /// Drops records received before `records`, pictures received before `captures` and those of strangers received
    /// before `strangers`; whole months at a time where that can be.
    ///
    /// # Errors
    /// What the database or the blob store says.
    async fn drop_before(
        &self,
        records: Timestamp,
        captures: Timestamp,
        strangers: Timestamp,
    ) -> Result<Dropped, StoreError>;
}
