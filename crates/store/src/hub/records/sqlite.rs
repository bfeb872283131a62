//! [`Records`] in SQLite.

use super::commit::{self, SealedPictures};
use super::details::{Details, Private, SEAL_TABLE, method_name, method_of, outcome_name, outcome_of};
use super::{
    Committed, Dropped, NewRecord, Picture, RecordFilter, RecordPicture, Records, ResultCounts, StoredRecord,
    retention,
};
use crate::hub::accounts::Actor;
use crate::hub::audit;
use crate::{BlobClass, BlobId, Month, SealedBlob, Store, StoreError};
use async_trait::async_trait;
use jiff::Timestamp;
use model::{DeviceId, PersonId, Record, RecordId, ZoneId};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::json;

/// Pictures of more bytes are sealed on a thread of their own; smaller ones take less time than handing them over.
const SEAL_INLINE_BYTES: usize = 256 * 1024;

/// The records in SQLite.
#[derive(Clone)]
pub struct SqliteRecords {
    store: Store,
}

impl SqliteRecords {
    /// Over an open store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Encrypts a picture off the writer's thread.
    async fn seal(&self, picture: Option<&Picture>, month: Month) -> Result<Option<SealedBlob>, StoreError> {
        let Some(picture) = picture else { return Ok(None) };
        let class = BlobClass::Capture { month };
        if picture.bytes.len() <= SEAL_INLINE_BYTES {
            return self.store.seal_blob(class, &picture.bytes).map(Some);
        }
        let (store, bytes) = (self.store.clone(), picture.bytes.clone());
        match tokio::task::spawn_blocking(move || store.seal_blob(class, &bytes)).await {
            Ok(sealed) => sealed.map(Some),
            Err(_) => Err(StoreError::Panicked),
        }
    }
}

const COLUMNS: &str = "r.seq, r.id, r.device_id, r.person_id, r.occurred_at, r.received_at, r.method, r.result, \
     r.capture_blob IS NOT NULL AS has_capture, r.details, r.private, (r.registered_blob IS NOT NULL OR EXISTS \
     (SELECT 1 FROM photos p WHERE p.person_id = r.person_id)) AS has_registered";

/// A row with its private part still sealed.
struct Sealed {
    record: StoredRecord,
    private: Option<Vec<u8>>,
}

#[async_trait]
impl Records for SqliteRecords {
    async fn commit(&self, record: NewRecord) -> Result<Committed, StoreError> {
        let month = Month::of(record.draft.received_at);
        let pictures = SealedPictures {
            capture: self.seal(record.capture.as_ref(), month).await?,
            registered: self.seal(record.registered.as_ref(), month).await?,
        };
        self.store
            .write(move |tx| commit::commit(tx, record, pictures))
            .await
    }

    async fn list(&self, filter: RecordFilter) -> Result<Vec<StoredRecord>, StoreError> {
        let store = self.store.clone();
        self.store
            .read(move |connection| list(&store, connection, &filter))
            .await
    }

    async fn record(&self, id: &RecordId, bound: Option<ZoneId>) -> Result<Option<StoredRecord>, StoreError> {
        let (store, id) = (self.store.clone(), id.clone());
        self.store
            .read(move |connection| {
                let sql = format!(
                    "SELECT {COLUMNS} FROM records r WHERE r.id = ?1 AND r.held = 0 AND (?2 IS NULL OR EXISTS \
                     (SELECT 1 FROM devices d WHERE d.id = r.device_id AND d.zone_id = ?2))"
                );
                connection
                    .prepare_cached(&sql)?
                    .query_row(params![id.as_str(), bound.as_ref().map(ZoneId::as_str)], from_row)
                    .optional()?
                    .map(|sealed| open(&store, sealed))
                    .transpose()
            })
            .await
    }

    async fn picture(
        &self,
        actor: &Actor,
        id: &RecordId,
        which: RecordPicture,
        bound: Option<ZoneId>,
    ) -> Result<Option<Picture>, StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        let address = self
            .store
            .write(move |tx| {
                let found = address(tx, &id, which, bound.as_ref())?;
                if found.is_some() {
                    let which = match which {
                        RecordPicture::Capture => "capture",
                        RecordPicture::Registered => "registered",
                    };
                    audit::note(
                        tx,
                        &actor,
                        "record.photo_view",
                        "record",
                        id.as_str(),
                        json!({"picture": which}),
                    )?;
                }
                Ok(found)
            })
            .await?;
        let Some((blob, media_type)) = address else {
            return Ok(None);
        };
        Ok(self
            .store
            .blob(&blob)
            .await?
            .map(|bytes| Picture { bytes, media_type }))
    }

    async fn counts_since(
        &self,
        since: Timestamp,
        bound: Option<ZoneId>,
    ) -> Result<ResultCounts, StoreError> {
        self.store
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT result, count(*) FROM records WHERE occurred_at >= ?1 AND held = 0 \
                     AND (?2 IS NULL OR device_id IN (SELECT id FROM devices WHERE zone_id = ?2)) GROUP BY result",
                )?;
                let values = params![since.as_millisecond(), bound.as_ref().map(ZoneId::as_str)];
                let rows = statement
                    .query_map(values, |row| Ok((outcome_of(row.get_ref(0)?.as_str()?), row.get(1)?)))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn drop_before(
        &self,
        records: Timestamp,
        captures: Timestamp,
        strangers: Timestamp,
    ) -> Result<Dropped, StoreError> {
        retention::drop_before(&self.store, records, captures, strangers).await
    }
}

fn list(
    store: &Store,
    connection: &Connection,
    filter: &RecordFilter,
) -> Result<Vec<StoredRecord>, StoreError> {
    let mut parts = vec!["r.held = 0", "r.seq < ?"];
    let mut values = vec![Sql::Integer(filter.before.unwrap_or(i64::MAX))];
    let text = |text: &str| Sql::Text(text.to_owned());
    if let Some(device) = &filter.device {
        parts.push("r.device_id = ?");
        values.push(text(device.as_str()));
    }
    if let Some(person) = &filter.person {
        parts.push("r.person_id = ?");
        values.push(text(person.as_str()));
    }
    if let Some(from) = filter.from {
        parts.push("r.occurred_at >= ?");
        values.push(Sql::Integer(from.as_millisecond()));
    }
    if let Some(until) = filter.until {
        parts.push("r.occurred_at < ?");
        values.push(Sql::Integer(until.as_millisecond()));
    }
    if let Some(result) = filter.result {
        parts.push("r.result = ?");
        values.push(text(outcome_name(result)));
    }
    if let Some(method) = filter.method {
        parts.push("r.method = ?");
        values.push(text(method_name(method)));
    }
    if let Some(zone) = &filter.bound {
        parts.push("r.device_id IN (SELECT id FROM devices WHERE zone_id = ?)");
        values.push(text(zone.as_str()));
    }
    values.push(Sql::Integer(i64::from(filter.limit)));
    let condition = parts.join(" AND ");
    let sql = format!("SELECT {COLUMNS} FROM records r WHERE {condition} ORDER BY r.seq DESC LIMIT ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), from_row)?;
    rows.map(|row| open(store, row?)).collect()
}

/// Where a picture lies, and what it is.
fn address(
    connection: &Connection,
    id: &RecordId,
    which: RecordPicture,
    bound: Option<&ZoneId>,
) -> Result<Option<(BlobId, String)>, StoreError> {
    let (blob, media_type) = match which {
        RecordPicture::Capture => ("capture_blob", "capture_type"),
        RecordPicture::Registered => ("registered_blob", "registered_type"),
    };
    let found: Option<(Option<BlobId>, Option<String>, Option<String>)> = connection
        .prepare_cached(&format!(
            "SELECT r.{blob}, r.{media_type}, r.person_id FROM records r WHERE r.id = ?1 AND r.held = 0 \
             AND (?2 IS NULL OR EXISTS (SELECT 1 FROM devices d WHERE d.id = r.device_id AND d.zone_id = ?2))"
        ))?
        .query_row(params![id.as_str(), bound.map(ZoneId::as_str)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    match (found, which) {
        (Some((Some(blob), media_type, _)), _) => {
            Ok(Some((blob, media_type.unwrap_or_else(|| "application/octet-stream".to_owned()))))
        }
        (Some((None, _, Some(person))), RecordPicture::Registered) => Ok(connection
            .prepare_cached(
                "SELECT blob_id, media_type FROM photos WHERE person_id = ?1 ORDER BY score DESC, seq LIMIT 1",
            )?
            .query_row([person], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?),
        _ => Ok(None),
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Sealed> {
    let instant = |column: &str| -> rusqlite::Result<Timestamp> {
        Ok(Timestamp::from_millisecond(row.get(column)?).unwrap_or(Timestamp::UNIX_EPOCH))
    };
    let details: Details = serde_json::from_str(row.get_ref("details")?.as_str()?).unwrap_or_default();
    let record = Record {
        id: RecordId::new(row.get::<_, String>("id")?),
        device_id: DeviceId::new(row.get::<_, String>("device_id")?),
        person_id: row
            .get::<_, Option<String>>("person_id")?
            .and_then(|id| PersonId::new(id).ok()),
        person_name: details.person_name,
        occurred_at: instant("occurred_at")?,
        received_at: instant("received_at")?,
        late: details.late,
        clock_suspect: details.clock_suspect,
        method: method_of(row.get_ref("method")?.as_str()?),
        result: outcome_of(row.get_ref("result")?.as_str()?),
        score: details.score,
        scores: details.scores,
        temperature: details.temperature,
        temperature_alarm: details.temperature_alarm,
        mask: details.mask,
        helmet: details.helmet,
        card: details.card,
        channel: details.channel,
        direction: details.direction,
        photo_url: None,
        registered_photo_url: None,
        document: None,
        location: details.location,
        native: json!({}),
    };
    Ok(Sealed {
        private: row.get("private")?,
        record: StoredRecord {
            seq: row.get("seq")?,
            has_capture: row.get("has_capture")?,
            has_registered: row.get("has_registered")?,
            device_time: details.device_time,
            record,
        },
    })
}

/// Unseals the private part of a row.
fn open(store: &Store, sealed: Sealed) -> Result<StoredRecord, StoreError> {
    let Sealed { mut record, private } = sealed;
    if let Some(private) = private {
        let plain = store.unseal(SEAL_TABLE, record.record.id.as_str(), &private)?;
        let private: Private = serde_json::from_slice(&plain)?;
        record.record.document = private.document;
        record.record.native = private.native;
    }
    Ok(record)
}
