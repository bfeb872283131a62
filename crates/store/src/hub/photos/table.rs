//! Photos in rows.

use super::{Findings, NewPhoto, StoredPhoto, StoredTemplate, UnseenPhoto};
use crate::hub::people::DevicePhoto;
use crate::{BlobId, StoreError, Write};
use jiff::Timestamp;
use model::{PersonId, PhotoId};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The name that templates are sealed under, together with the photo's id.
pub(in crate::hub) const SEAL_TABLE: &str = "photos";

/// The best first; of equals the first.
const ORDER: &str = "ORDER BY score DESC, seq";

/// A person's photos, the best first.
pub(in crate::hub) fn list_of(conn: &Connection, person: &PersonId) -> Result<Vec<StoredPhoto>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT id, media_type, quality, faults FROM photos WHERE person_id = ?1 {ORDER}"
    ))?;
    let rows = statement.query_map([person.as_str()], columns)?;
    rows.map(|row| stored(row?)).collect()
}

type Columns = (String, String, Option<String>, String);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn stored((id, media_type, quality, faults): Columns) -> Result<StoredPhoto, StoreError> {
    Ok(StoredPhoto {
        id: PhotoId::new(id),
        media_type,
        quality: quality.map(|text| serde_json::from_str(&text)).transpose()?,
        faults: serde_json::from_str(&faults)?,
    })
}

/// A person's photos with their blobs, the best first.
pub(in crate::hub) fn blobs_with_types(
    conn: &Connection,
    person: &str,
) -> Result<Vec<DevicePhoto>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT id, blob_id, media_type FROM photos WHERE person_id = ?1 {ORDER}"
    ))?;
    let rows = statement.query_map([person], |row| {
        Ok(DevicePhoto {
            id: PhotoId::new(row.get::<_, String>(0)?),
            blob: row.get(1)?,
            media_type: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// One photo's blob and media type, if it is this person's.
pub(in crate::hub) fn blob_of(
    conn: &Connection,
    person: &str,
    photo: &str,
) -> Result<Option<DevicePhoto>, StoreError> {
    Ok(blobs_with_types(conn, person)?
        .into_iter()
        .find(|candidate| candidate.id.as_str() == photo))
}

/// The blob of a photo, whosever it is.
pub(in crate::hub) fn any_blob(conn: &Connection, photo: &str) -> Result<Option<BlobId>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT blob_id FROM photos WHERE id = ?1")?
        .query_row([photo], |row| row.get(0))
        .optional()?)
}

/// How many photos a person has.
pub(in crate::hub) fn count(conn: &Connection, person: &str) -> Result<u32, StoreError> {
    Ok(conn
        .prepare_cached("SELECT count(*) FROM photos WHERE person_id = ?1")?
        .query_row([person], |row| row.get(0))?)
}

/// Adds a photo; `sealed` is its template, sealed under [`SEAL_TABLE`] and this id.
pub(in crate::hub) fn insert(
    tx: &mut Write<'_>,
    person: &str,
    photo: NewPhoto,
    sealed: Option<Vec<u8>>,
    now: Timestamp,
) -> Result<StoredPhoto, StoreError> {
    let blob = tx.put_blob(photo.blob)?;
    let findings = photo.findings;
    tx.prepare_cached(
        "INSERT INTO photos (id, person_id, blob_id, media_type, quality, faults, score, template, model, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        photo.id.as_str(),
        person,
        blob.as_str(),
        photo.media_type,
        findings.quality.map(|quality| serde_json::to_string(&quality)).transpose()?,
        serde_json::to_string(&findings.faults)?,
        findings.score,
        sealed,
        findings.model,
        now.as_millisecond(),
    ])?;
    Ok(StoredPhoto {
        id: photo.id,
        media_type: photo.media_type,
        quality: findings.quality,
        faults: findings.faults,
    })
}

/// Writes what an engine found; says whose photo it is, where it is still there.
pub(in crate::hub) fn set_findings(
    tx: &Write<'_>,
    photo: &str,
    findings: &Findings,
    sealed: Option<Vec<u8>>,
) -> Result<Option<String>, StoreError> {
    Ok(tx
        .prepare_cached(
            "UPDATE photos SET quality = ?2, faults = ?3, score = ?4, template = ?5, model = ?6 WHERE id = ?1
             RETURNING person_id",
        )?
        .query_row(
            params![
                photo,
                findings
                    .quality
                    .map(|quality| serde_json::to_string(&quality))
                    .transpose()?,
                serde_json::to_string(&findings.faults)?,
                findings.score,
                sealed,
                findings.model,
            ],
            |row| row.get(0),
        )
        .optional()?)
}

/// Templates of a model, still sealed.
pub(in crate::hub) fn templates_after(
    conn: &Connection,
    model: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<StoredTemplate>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, person_id, id, template FROM photos
         WHERE seq > ?1 AND model = ?2 AND template IS NOT NULL ORDER BY seq LIMIT ?3",
    )?;
    let rows = statement.query_map(params![after, model, limit], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, Vec<u8>>(3)?,
        ))
    })?;
    rows.map(|row| {
        let (seq, person, photo, template) = row?;
        Ok(StoredTemplate {
            seq,
            person: owner(person)?,
            photo: PhotoId::new(photo),
            template,
        })
    })
    .collect()
}

/// Photos that a model has not seen.
pub(in crate::hub) fn unseen_after(
    conn: &Connection,
    model: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<UnseenPhoto>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, person_id, id FROM photos WHERE seq > ?1 AND model IS NOT ?2 ORDER BY seq LIMIT ?3",
    )?;
    let rows = statement.query_map(params![after, model, limit], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
        ))
    })?;
    rows.map(|row| {
        let (seq, person, photo) = row?;
        Ok(UnseenPhoto {
            seq,
            person: owner(person)?,
            photo: PhotoId::new(photo),
        })
    })
    .collect()
}

fn owner(id: String) -> Result<PersonId, StoreError> {
    PersonId::new(id).map_err(|error| StoreError::Corrupt(error.to_string()))
}
