//! The outbox: what people and programs are told, in commit order (hub rule 44).
//!
//! A row names a kind and ids only. It is written in the transaction of the thing itself, and its sequence comes
//! from the database, so that several processes may write.

use crate::{Store, StoreError, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// What there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A record came; the subject is the record.
    RecordCreated,
    /// A device came, went or was changed; the subject is the device.
    DeviceStatus,
    /// An unknown device waits for approval; the subject is the device.
    DevicePending,
    /// A device called from an address that is not its own; the subject is the device.
    DeviceWrongAddress,
    /// A command moved on; the subject is the command.
    CommandUpdated,
    /// A roster item moved on; the subject is the person, with the device.
    RosterUpdated,
    /// A person was made, changed or deleted; the subject is the person.
    PersonUpdated,
    /// The audit has a new line; the subject is the line.
    AuditCreated,
}

impl Event {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::RecordCreated,
        Self::DeviceStatus,
        Self::DevicePending,
        Self::DeviceWrongAddress,
        Self::CommandUpdated,
        Self::RosterUpdated,
        Self::PersonUpdated,
        Self::AuditCreated,
    ];

    /// The name in the API and the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RecordCreated => "record.created",
            Self::DeviceStatus => "device.status",
            Self::DevicePending => "device.pending",
            Self::DeviceWrongAddress => "device.wrong_address",
            Self::CommandUpdated => "command.updated",
            Self::RosterUpdated => "roster.updated",
            Self::PersonUpdated => "person.updated",
            Self::AuditCreated => "audit.created",
        }
    }

    /// The event of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// One row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its place.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What; `None` is a kind that this version does not know.
    pub event: Option<Event>,
    /// Of what.
    pub subject_id: String,
    /// At which device.
    pub device_id: Option<String>,
}

/// The places that the outbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The first place that is still kept; `last + 1` when none is.
    pub first: i64,
    /// The last place ever given; 0 before the first.
    pub last: i64,
}

/// The outbox, to read.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Up to `limit` rows that follow a place, in order.
    async fn after(&self, seq: i64, limit: u32) -> Result<Vec<Announcement>, StoreError>;
    /// What it holds now.
    async fn extent(&self) -> Result<Extent, StoreError>;
    /// Forgets rows older than an instant; gives how many.
    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Tells of something, within the transaction of the thing itself.
///
/// # Errors
/// Those of the database.
pub fn announce(
    tx: &mut Write<'_>,
    event: Event,
    subject_id: &str,
    device_id: Option<&str>,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO outbox (at, event, subject_id, device_id) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            Timestamp::now().as_millisecond(),
            event.name(),
            subject_id,
            device_id
        ])?;
    Ok(())
}

/// The outbox in SQLite.
pub(super) struct SqliteOutbox {
    pub(super) store: Store,
}

#[async_trait]
impl Outbox for SqliteOutbox {
    async fn after(&self, seq: i64, limit: u32) -> Result<Vec<Announcement>, StoreError> {
        self.store
            .read(move |db| {
                let mut query = db.prepare_cached(
                    "SELECT seq, at, event, subject_id, device_id FROM outbox
                     WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                )?;
                let rows = query.query_map(params![seq, limit], |row| {
                    let event: String = row.get("event")?;
                    Ok(Announcement {
                        seq: row.get("seq")?,
                        at: super::instant(row, "at")?,
                        event: Event::of_name(&event),
                        subject_id: row.get("subject_id")?,
                        device_id: row.get("device_id")?,
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn extent(&self) -> Result<Extent, StoreError> {
        self.store
            .read(|db| {
                let last: i64 = db
                    .query_row(
                        "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'",
                        [],
                        |row| row.get(0),
                    )
                    .optional()?
                    .unwrap_or(0);
                let first: Option<i64> = db.query_row("SELECT MIN(seq) FROM outbox", [], |row| row.get(0))?;
                Ok(Extent {
                    first: first.unwrap_or(last + 1),
                    last,
                })
            })
            .await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.store
            .write(move |tx| {
                let gone = tx.execute("DELETE FROM outbox WHERE at < ?1", [before.as_millisecond()])?;
                Ok(u64::try_from(gone).unwrap_or(u64::MAX))
            })
            .await
    }
}
