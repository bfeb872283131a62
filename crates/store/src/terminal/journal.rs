//! The terminal's journal: what happened at its door, kept until every dialect has it and the bound is reached.

use crate::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;
use model::RecordId;
use serde_json::Value;

/// A record that is to be kept.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Its id.
    pub id: RecordId,
    /// When it happened, by the terminal's clock.
    pub occurred_at: Timestamp,
    /// Whose record it is where records are told apart by whole seconds: two entries with the same key never state
    /// the same second.
    pub wire_key: String,
    /// Wire id of the person recognised.
    pub person: Option<String>,
    /// False: a platform has yet to decide.
    pub settled: bool,
    /// Whether it uses up one of the person's passes.
    pub counts: bool,
    /// What happened, without anything that names the person.
    pub details: Value,
    /// Name, card, document: what is dropped when the person is deleted.
    pub private: Value,
    /// The picture taken then.
    pub capture: Option<Vec<u8>>,
    /// The dialects that are never shown it.
    pub hidden_from: Vec<String>,
}

/// A record that is kept.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place in the order of commits.
    pub seq: u64,
    /// Its id.
    pub id: RecordId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The second (since 1970) under which dialects with whole seconds state it: that of `occurred_at`, or the next
    /// one free for its key.
    pub wire_second: i64,
    /// Wire id of the person recognised.
    pub person: Option<String>,
    /// False: a platform has yet to decide.
    pub settled: bool,
    /// What happened.
    pub details: Value,
    /// Name, card, document; null after the person's deletion.
    pub private: Value,
    /// Whether there is a picture.
    pub has_capture: bool,
}

/// What trimming the journal removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trimmed {
    /// Records that every dialect had acknowledged.
    pub delivered: u64,
    /// Records that some dialect had not: lost to it.
    pub lost: u64,
}

/// Where a terminal's records are kept, with each dialect's progress through them. Every change is on disk when the
/// method returns.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends a record.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was kept then.
    async fn append(&self, entry: NewEntry) -> Result<Entry, StoreError>;

    /// Writes what a platform decided on a record that waited for it; `counts` as in [`NewEntry`]. Without effect on
    /// a record that is settled or gone. Returns whether it was settled now.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn settle(&self, seq: u64, details: Value, counts: bool) -> Result<bool, StoreError>;

    /// The records that wait for a platform's decision (after a crash: for one that never came), oldest first.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn unsettled(&self) -> Result<Vec<Entry>, StoreError>;

    /// One record.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn entry(&self, seq: u64) -> Result<Option<Entry>, StoreError>;

    /// A record's picture; `None` if it has none, or none any more.
    ///
    /// # Errors
    /// [`StoreError`] of the blobs.
    async fn capture(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// How many records are kept. Cheap.
    fn count(&self) -> u64;

    /// Takes note that these dialects are switched on, and no others. One that never was starts at now.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn switch_on(&self, dialects: &[&str]) -> Result<(), StoreError>;

    /// What a dialect has yet to acknowledge, oldest first, after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn outstanding(&self, dialect: &str, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// The same in the order of time, whatever clock was set meanwhile: after an instant, and at that instant after the
    /// place `after`.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn outstanding_since(
        &self,
        dialect: &str,
        instant: Timestamp,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;

    /// What was recorded between two instants, both included, whether a dialect is done with it or not; but not what is
    /// hidden from it, nor what is yet to be decided. The newest first, after the entry of this instant and place.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn recorded(
        &self,
        dialect: &str,
        between: (Timestamp, Timestamp),
        after: Option<(Timestamp, u64)>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;

    /// The place of the newest entry; 0 where there was none.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn newest(&self) -> Result<u64, StoreError>;

    /// A dialect is done with everything up to an instant, that one included, but not with what is yet to be decided.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn acknowledge_until(&self, dialect: &str, instant: Timestamp) -> Result<(), StoreError>;

    /// Everything from an instant on, that one included, is outstanding at a dialect again; what is hidden from it is not.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn reopen(&self, dialect: &str, since: Timestamp) -> Result<(), StoreError>;

    /// How many records a dialect has yet to acknowledge.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn backlog(&self, dialect: &str) -> Result<u64, StoreError>;

    /// A dialect acknowledged a record; it is never outstanding there again.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn acknowledge(&self, dialect: &str, seq: u64) -> Result<(), StoreError>;

    /// Hides everything recorded so far from a dialect.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn hide_all(&self, dialect: &str) -> Result<(), StoreError>;

    /// Hides these records from a dialect, whether it has them or not.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn hide(&self, dialect: &str, records: &[u64]) -> Result<(), StoreError>;

    /// Everything of this time (both ends inclusive) that was not hidden from a dialect, after `after`, in the order of
    /// commits, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn visible(
        &self,
        dialect: &str,
        from: Timestamp,
        until: Timestamp,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;

    /// What a dialect is done with and may be asked for again, of this time (both ends inclusive), after `after`, oldest
    /// first, at most `limit`. What was hidden from it is not among it.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn delivered(
        &self,
        dialect: &str,
        from: Timestamp,
        until: Timestamp,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Keeps at most `keep` records: those that all of `dialects` are done with go first, then the oldest.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn trim(&self, keep: u64, dialects: &[&str]) -> Result<Trimmed, StoreError>;
}
