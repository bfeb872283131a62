//! What a device should be given of a person.

use super::rows;
use crate::hub::{photos, rules};
use crate::{BlobId, StoreError};
use model::{Person, PhotoId, ZoneId, access};
use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest, Sha256};

/// One photo for a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePhoto {
    /// Its id.
    pub id: PhotoId,
    /// Where its bytes lie.
    pub blob: BlobId,
    /// The media type of the bytes.
    pub media_type: String,
}

/// A person as a device in some zone should hold them.
#[derive(Debug, Clone)]
pub struct DevicePerson {
    /// The person.
    pub person: Person,
    /// What lets the person in there; any one suffices.
    pub rules: Vec<access::Rule>,
    /// The photos, the best first.
    pub photos: Vec<DevicePhoto>,
    /// Equal digests, nothing to send.
    pub digest: PersonDigest,
}

/// What a person is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonDigest {
    /// SHA-256 over everything that a device could be told.
    pub bytes: [u8; 32],
    /// Whether a schedule binds the person: what a device is told of it may depend on who decides there.
    pub is_scheduled: bool,
}

/// A person as a device of this zone should hold them; `None` where there is no such person.
///
/// # Errors
/// Only what the database says.
pub fn for_device(
    conn: &Connection,
    person_id: &str,
    zone_id: Option<&ZoneId>,
) -> Result<Option<DevicePerson>, StoreError> {
    let Some(stored) = rows::load(conn, person_id)? else {
        return Ok(None);
    };
    let rules = rules::resolved(conn, person_id, zone_id)?;
    let photos = photos::blobs_with_types(conn, person_id)?;
    let digest = PersonDigest {
        bytes: digest(&stored.person, &rules, &photos)?,
        is_scheduled: rules.iter().any(|rule| rule.times.is_some()),
    };
    Ok(Some(DevicePerson {
        person: stored.person,
        rules,
        photos,
        digest,
    }))
}

/// The digest of what a device of this zone should hold of a person; `None` where there is no such person.
///
/// # Errors
/// Only what the database says.
pub fn wanted_digest(
    conn: &Connection,
    person_id: &str,
    zone_id: Option<&ZoneId>,
) -> Result<Option<PersonDigest>, StoreError> {
    Ok(for_device(conn, person_id, zone_id)?.map(|wanted| wanted.digest))
}

/// Counts one granted pass. Where passes are limited the revision grows: whoever read the person before must not give the
/// pass back by writing the whole person.
///
/// # Errors
/// Only what the database says.
pub fn count_pass(tx: &Connection, person_id: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE persons SET passes_used = passes_used + 1, revision = revision + (pass_limit IS NOT NULL) \
         WHERE id = ?1",
    )?
    .execute([person_id])?;
    Ok(())
}

/// Groups are left out (their effect is in the rules), and so is the count of passes of a person without a limit.
fn digest(person: &Person, rules: &[access::Rule], photos: &[DevicePhoto]) -> Result<[u8; 32], StoreError> {
    let told = Person {
        groups: Vec::new(),
        photos: Vec::new(),
        passes_used: person.pass_limit.map_or(0, |_| person.passes_used),
        ..person.clone()
    };
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| {
            json!({
                "times": rule.times.as_ref().map(|times| json!([times.weekly, times.holidays])),
                "from": rule.valid_from,
                "until": rule.valid_until,
            })
        })
        .collect();
    let photos: Vec<&str> = photos.iter().map(|photo| photo.id.as_str()).collect();
    let bytes = serde_json::to_vec(&json!([told, rules, photos]))?;
    Ok(Sha256::digest(bytes).into())
}
