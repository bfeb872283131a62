//! [`Journal`] on SQLite: details are JSON, what names a person is sealed, captures are blobs of their month.

mod append;
mod delivery;
mod trim;

use super::rows::{from_seq, instant, to_seq};
use crate::terminal::{Entry, Journal, NewEntry, Trimmed};
use crate::{BlobClass, BlobId, Month, Store, StoreError};
use append::Seconds;
use async_trait::async_trait;
use jiff::Timestamp;
use model::RecordId;
use rusqlite::{OptionalExtension, Row};
use serde_json::Value;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

const RECORDS: &str = "records";

/// The columns that [`read_row`] expects.
const COLUMNS: &str =
    "seq, id, occurred_at, wire_second, person, settled, details, private, capture IS NOT NULL";

/// A row of `records`, still sealed.
struct EntryRow {
    seq: i64,
    id: String,
    occurred_at: i64,
    wire_second: i64,
    person: Option<String>,
    settled: bool,
    details: String,
    private: Option<Vec<u8>>,
    has_capture: bool,
}

pub(super) struct SqliteJournal {
    store: Store,
    count: AtomicU64,
    seconds: Arc<Mutex<Seconds>>,
}

impl SqliteJournal {
    /// The journal as it stands.
    pub(super) async fn load(store: Store) -> Result<Self, StoreError> {
        let count: i64 = store
            .read(
                |connection| Ok(connection.query_row("SELECT count(*) FROM records", [], |row| row.get(0))?),
            )
            .await?;
        Ok(Self {
            store,
            count: AtomicU64::new(to_seq(count)),
            seconds: Arc::default(),
        })
    }

    fn open(&self, row: EntryRow) -> Result<Entry, StoreError> {
        let private = match row.private {
            Some(sealed) => serde_json::from_slice(&self.store.unseal(RECORDS, &row.id, &sealed)?)?,
            None => Value::Null,
        };
        Ok(Entry {
            seq: to_seq(row.seq),
            id: RecordId::new(row.id),
            occurred_at: instant(row.occurred_at)?,
            wire_second: row.wire_second,
            person: row.person,
            settled: row.settled,
            details: serde_json::from_str(&row.details)?,
            private,
            has_capture: row.has_capture,
        })
    }

    async fn entries(
        &self,
        filter: &'static str,
        values: Vec<rusqlite::types::Value>,
    ) -> Result<Vec<Entry>, StoreError> {
        let rows = self
            .store
            .read(move |connection| {
                let mut statement =
                    connection.prepare_cached(&format!("SELECT {COLUMNS} FROM records r {filter}"))?;
                let rows = statement.query_map(rusqlite::params_from_iter(values), read_row)?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await?;
        rows.into_iter().map(|row| self.open(row)).collect()
    }
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<EntryRow> {
    Ok(EntryRow {
        seq: row.get(0)?,
        id: row.get(1)?,
        occurred_at: row.get(2)?,
        wire_second: row.get(3)?,
        person: row.get(4)?,
        settled: row.get(5)?,
        details: row.get(6)?,
        private: row.get(7)?,
        has_capture: row.get(8)?,
    })
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append(&self, entry: NewEntry) -> Result<Entry, StoreError> {
        let month = Month::of(entry.occurred_at);
        let capture = entry.capture.as_deref();
        let blob = capture
            .map(|bytes| self.store.seal_blob(BlobClass::Capture { month }, bytes))
            .transpose()?;
        let private = match &entry.private {
            Value::Null => None,
            value => Some(
                self.store
                    .seal(RECORDS, entry.id.as_str(), &serde_json::to_vec(value)?)?,
            ),
        };
        let row = append::Row {
            entry: NewEntry {
                capture: None,
                ..entry
            },
            private,
            blob,
        };
        let seconds = Arc::clone(&self.seconds);
        let kept = self
            .store
            .write(move |tx| append::append(tx, row, &seconds))
            .await?;
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(kept)
    }

    async fn settle(&self, seq: u64, details: Value, counts: bool) -> Result<bool, StoreError> {
        let details = details.to_string();
        self.store
            .write(move |tx| append::settle(tx, from_seq(seq), &details, counts))
            .await
    }

    async fn unsettled(&self) -> Result<Vec<Entry>, StoreError> {
        self.entries("WHERE settled = 0 ORDER BY seq", Vec::new()).await
    }

    async fn entry(&self, seq: u64) -> Result<Option<Entry>, StoreError> {
        Ok(self
            .entries("WHERE seq = ?1", vec![from_seq(seq).into()])
            .await?
            .pop())
    }

    async fn capture(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let blob: Option<BlobId> = self
            .store
            .read(move |connection| {
                let mut statement =
                    connection.prepare_cached("SELECT capture FROM records WHERE seq = ?1")?;
                Ok(statement
                    .query_row([from_seq(seq)], |row| row.get(0))
                    .optional()?
                    .flatten())
            })
            .await?;
        match blob {
            Some(blob) => self.store.blob(&blob).await,
            None => Ok(None),
        }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    async fn switch_on(&self, dialects: &[&str]) -> Result<(), StoreError> {
        let dialects: Vec<String> = dialects.iter().map(|name| (*name).to_owned()).collect();
        self.store
            .write(move |tx| delivery::switch_on(tx, &dialects))
            .await
    }

    async fn outstanding(&self, dialect: &str, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let values = vec![
            dialect.to_owned().into(),
            from_seq(after).into(),
            i64::from(limit).into(),
        ];
        self.entries(delivery::OUTSTANDING, values).await
    }

    async fn outstanding_since(
        &self,
        dialect: &str,
        instant: Timestamp,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let values = vec![
            dialect.to_owned().into(),
            instant.as_millisecond().into(),
            from_seq(after).into(),
            i64::from(limit).into(),
        ];
        self.entries(delivery::OUTSTANDING_SINCE, values).await
    }

    async fn recorded(
        &self,
        dialect: &str,
        between: (Timestamp, Timestamp),
        after: Option<(Timestamp, u64)>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let (instant, place) = after.unwrap_or((Timestamp::MAX, u64::MAX));
        let values = vec![
            dialect.to_owned().into(),
            between.0.as_millisecond().into(),
            between.1.as_millisecond().into(),
            instant.as_millisecond().into(),
            from_seq(place).into(),
            i64::from(limit).into(),
        ];
        self.entries(delivery::RECORDED, values).await
    }

    async fn newest(&self) -> Result<u64, StoreError> {
        let newest: i64 = self
            .store
            .read(|connection| {
                let query = "SELECT coalesce(max(seq), 0) FROM records";
                Ok(connection.query_row(query, [], |row| row.get(0))?)
            })
            .await?;
        Ok(to_seq(newest))
    }

    async fn acknowledge_until(&self, dialect: &str, instant: Timestamp) -> Result<(), StoreError> {
        let dialect = dialect.to_owned();
        let until = instant.as_millisecond();
        self.store
            .write(move |tx| delivery::acknowledge_until(tx, &dialect, until))
            .await
    }

    async fn reopen(&self, dialect: &str, since: Timestamp) -> Result<(), StoreError> {
        let dialect = dialect.to_owned();
        let since = since.as_millisecond();
        self.store
            .write(move |tx| delivery::reopen(tx, &dialect, since))
            .await
    }

    async fn backlog(&self, dialect: &str) -> Result<u64, StoreError> {
        let dialect = dialect.to_owned();
        self.store
            .read(move |connection| delivery::backlog(connection, &dialect))
            .await
    }

    async fn acknowledge(&self, dialect: &str, seq: u64) -> Result<(), StoreError> {
        let dialect = dialect.to_owned();
        self.store
            .write(move |tx| delivery::acknowledge(tx, &dialect, from_seq(seq)))
            .await
    }

    async fn hide_all(&self, dialect: &str) -> Result<(), StoreError> {
        let dialect = dialect.to_owned();
        self.store.write(move |tx| delivery::hide_all(tx, &dialect)).await
    }

    async fn hide(&self, dialect: &str, records: &[u64]) -> Result<(), StoreError> {
        let dialect = dialect.to_owned();
        let records: Vec<i64> = records.iter().map(|seq| from_seq(*seq)).collect();
        self.store
            .write(move |tx| delivery::hide(tx, &dialect, &records))
            .await
    }

    async fn visible(
        &self,
        dialect: &str,
        from: Timestamp,
        until: Timestamp,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let values = vec![
            dialect.to_owned().into(),
            from_seq(after).into(),
            i64::from(limit).into(),
            from.as_second().into(),
            until.as_second().into(),
        ];
        self.entries(delivery::VISIBLE, values).await
    }

    async fn delivered(
        &self,
        dialect: &str,
        from: Timestamp,
        until: Timestamp,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let values = vec![
            dialect.to_owned().into(),
            from_seq(after).into(),
            i64::from(limit).into(),
            from.as_millisecond().into(),
            until.as_millisecond().into(),
        ];
        self.entries(delivery::DELIVERED, values).await
    }

    async fn trim(&self, keep: u64, dialects: &[&str]) -> Result<Trimmed, StoreError> {
        let excess = self.count().saturating_sub(keep);
        if excess == 0 {
            return Ok(Trimmed::default());
        }
        let dialects: Vec<String> = dialects.iter().map(|name| (*name).to_owned()).collect();
        let trimmed = self
            .store
            .write(move |tx| trim::trim(tx, excess, &dialects))
            .await?;
        self.count
            .fetch_sub(trimmed.delivered + trimmed.lost, Ordering::Relaxed);
        Ok(trimmed)
    }
}
