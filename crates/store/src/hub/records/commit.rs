//! Committing a record: whose it is, whether the door opens, and that it is told of, in one transaction.

use super::details::{Details, Private, SEAL_TABLE, method_name, outcome_name};
use super::{Ask, Committed, NewRecord, Picture};
use crate::hub::devices::{Standing, StoredDevice, device_row};
use crate::hub::outbox::{self, Event};
use crate::hub::roster::{self, RosterScope, held_person};
use crate::hub::{people, rules};
use crate::{BlobId, SealedBlob, StoreError, Write};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{
    Decider, Decision, Denial, DeviceId, Method, Outcome, PersonId, PersonKind, Record, RecordId, access,
};
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Instant;

/// The pictures of a record, sealed beforehand.
pub(super) struct SealedPictures {
    pub(super) capture: Option<SealedBlob>,
    pub(super) registered: Option<SealedBlob>,
}

/// Whose record it is.
struct Passer {
    /// The person, where the hub has them.
    person: Option<PersonId>,
    /// Deleted from the hub, and still on the device: nothing that tells who it was is kept (hub rule 47).
    forgotten: bool,
}

/// Commits a record; see [`super::Records::commit`].
pub(super) fn commit(
    tx: &mut Write<'_>,
    mut new: NewRecord,
    pictures: SealedPictures,
) -> Result<Committed, StoreError> {
    let device_id = new.draft.device_id.clone();
    for key in std::iter::once(&new.duplicate_key).chain(&new.same_as) {
        if let Some(id) = repeated(tx, &device_id, key)? {
            return Ok(Committed::Repeated { id });
        }
    }
    let device = device_row(tx, device_id.as_str())?.ok_or_else(|| StoreError::NotFound {
        what: "device",
        id: device_id.as_str().to_owned(),
    })?;
    let held = device.standing == Standing::Pending;
    if held && is_full(tx, &new)? {
        return Ok(Committed::HeldFull);
    }
    let passer = if held {
        nobody()
    } else if let Some(code) = &new.code {
        somebody(holders(tx, "qr", code)?.into_iter().next())
    } else if let Some(card) = card_alone(&new) {
        // Of two holders it may be either.
        let mut holders = holders(tx, "ic_card", card)?;
        somebody(holders.pop().filter(|_| holders.is_empty()))
    } else {
        passer(tx, &device_id, new.wire_person.as_deref())?
    };
    let decision = match new.code {
        Some(_) => Some(decide_on_code(tx, &new, &device, &passer)?),
        None => decide(tx, &new, &device, &passer)?,
    };
    if let Some(decision) = decision {
        new.draft.result = outcome(decision, new.draft.result);
    }
    let pictures = if passer.forgotten {
        forget(&mut new);
        SealedPictures {
            capture: None,
            registered: None,
        }
    } else {
        pictures
    };
    let id = insert(tx, &new, &passer, pictures, held)?;
    if !held {
        outbox::announce(tx, Event::RecordCreated, id.as_str(), Some(device_id.as_str()))?;
        count(tx, &new.draft, &passer)?;
    }
    Ok(Committed::Stored { id, decision })
}

fn repeated(connection: &Connection, device: &DeviceId, key: &[u8]) -> Result<Option<RecordId>, StoreError> {
    let found: Option<String> = connection
        .prepare_cached("SELECT id FROM records WHERE device_id = ?1 AND duplicate_key = ?2")?
        .query_row(params![device.as_str(), key], |row| row.get(0))
        .optional()?;
    Ok(found.map(RecordId::new))
}

/// Bytes of pictures.
fn size(new: &NewRecord) -> i64 {
    [&new.capture, &new.registered]
        .into_iter()
        .flatten()
        .map(|picture| i64::try_from(picture.bytes.len()).unwrap_or(i64::MAX))
        .sum()
}

fn is_full(connection: &Connection, new: &NewRecord) -> Result<bool, StoreError> {
    let (records, bytes): (u32, i64) = connection
        .prepare_cached(
            "SELECT count(*), coalesce(sum(size), 0) FROM records WHERE device_id = ?1 AND held = 1",
        )?
        .query_row([new.draft.device_id.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(records >= new.held.records
        || u64::try_from(bytes.saturating_add(size(new))).is_ok_and(|bytes| bytes > new.held.bytes))
}

fn nobody() -> Passer {
    somebody(None)
}

fn somebody(id: Option<String>) -> Passer {
    Passer {
        person: id.and_then(|id| PersonId::new(id).ok()),
        forgotten: false,
    }
}

fn passer(connection: &Connection, device: &DeviceId, wire_id: Option<&str>) -> Result<Passer, StoreError> {
    let Some(found) = held_person(connection, device.as_str(), wire_id.unwrap_or_default())? else {
        return Ok(nobody());
    };
    let known: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM persons WHERE id = ?1)")?
        .query_row([&found], |row| row.get(0))?;
    Ok(match PersonId::new(found) {
        Ok(person) if known => Passer {
            person: Some(person),
            forgotten: false,
        },
        _ => Passer {
            person: None,
            forgotten: true,
        },
    })
}

/// The card that opened the door, where the device does not say whose it is.
fn card_alone(new: &NewRecord) -> Option<&str> {
    let opened = new.draft.method == Method::IcCard && new.draft.result == Outcome::Granted;
    new.draft
        .card
        .as_deref()
        .filter(|_| opened && new.wire_person.is_none())
}

/// Who holds a credential: two of them at most.
fn holders(connection: &Connection, kind: &str, number: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT person_id FROM credentials WHERE kind = ?1 AND number = ?2 ORDER BY person_id LIMIT 2",
    )?;
    let found = statement.query_map([kind, number], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The hub's verdict on a QR code (hub rule 17).
fn decide_on_code(
    connection: &Connection,
    new: &NewRecord,
    device: &StoredDevice,
    passer: &Passer,
) -> Result<Decision, StoreError> {
    let (Standing::Approved, Some(ask)) = (device.standing, &new.ask) else {
        return Ok(Decision::Denied(Denial::NotAuthorised));
    };
    match &passer.person {
        Some(person) => in_time(
            ask,
            judge(connection, person, device, ask, new.draft.received_at)?,
        ),
        None => Ok(Decision::Denied(Denial::UnknownCredential)),
    }
}

fn forget(new: &mut NewRecord) {
    new.draft.person_name = None;
    new.draft.card = None;
    new.draft.document = None;
    new.draft.native = serde_json::json!({});
    new.capture = None;
    new.registered = None;
}

/// The hub's verdict, where the device asks for it and waits for it.
fn decide(
    connection: &Connection,
    new: &NewRecord,
    device: &StoredDevice,
    passer: &Passer,
) -> Result<Option<Decision>, StoreError> {
    let asks = device.standing == Standing::Approved && device.device.decision == Decider::Hub;
    let Some(ask) = new.ask.as_ref().filter(|_| asks && !new.draft.late) else {
        return Ok(None);
    };
    let denied = |denial| Ok(Some(Decision::Denied(denial)));
    match (new.draft.result, &passer.person) {
        (Outcome::Stranger, _) => denied(Denial::Stranger),
        (Outcome::Denied, _) => denied(Denial::LookAgain),
        (_, None) => denied(Denial::NotAuthorised),
        (_, Some(person)) => {
            let decision = judge(connection, person, device, ask, new.draft.received_at)?;
            in_time(ask, decision).map(Some)
        }
    }
}

/// Nobody stands at the door any more when a decision comes late.
fn in_time(ask: &Ask, decision: Decision) -> Result<Decision, StoreError> {
    if Instant::now() > ask.deadline {
        return Ok(Decision::Denied(Denial::PlatformSilent));
    }
    Ok(decision)
}

fn judge(
    connection: &Connection,
    person: &PersonId,
    device: &StoredDevice,
    ask: &Ask,
    now: Timestamp,
) -> Result<Decision, StoreError> {
    let subject = subject(connection, person)?;
    let rules = rules::resolved(connection, person.as_str(), device.device.zone_id.as_ref())?;
    let own = device
        .device
        .time_zone
        .as_deref()
        .and_then(|name| TimeZone::get(name).ok());
    let door = access::Door {
        time_zone: own.unwrap_or_else(|| ask.time_zone.clone()),
        device_times: None,
    };
    Ok(access::decide(&subject, &rules, &door, now))
}

fn subject(connection: &Connection, person: &PersonId) -> Result<access::Subject, StoreError> {
    let instant = |at: Option<i64>| at.and_then(|at| Timestamp::from_millisecond(at).ok());
    let subject = connection
        .prepare_cached(
            "SELECT kind, valid_from, valid_until, pass_limit, passes_used FROM persons WHERE id = ?1",
        )?
        .query_row([person.as_str()], |row| {
            Ok(access::Subject {
                kind: match row.get_ref(0)?.as_str()? {
                    "member" => PersonKind::Member,
                    "visitor" => PersonKind::Visitor,
                    "vip" => PersonKind::Vip,
                    _ => PersonKind::Blocked,
                },
                valid_from: instant(row.get(1)?),
                valid_until: instant(row.get(2)?),
                pass_limit: row.get(3)?,
                passes_used: row.get(4)?,
            })
        })?;
    Ok(subject)
}

/// The result of a record on which the hub decided. What the device saw and the hub did not (a stranger, a face that
/// did not match) stays.
fn outcome(decision: Decision, seen: Outcome) -> Outcome {
    match decision {
        Decision::Granted => Outcome::Granted,
        Decision::Denied(Denial::Blocked) => Outcome::Blocked,
        Decision::Denied(Denial::Expired | Denial::UsedUp) => Outcome::Expired,
        Decision::Denied(Denial::NotYetValid | Denial::OutOfSchedule) => Outcome::OutOfSchedule,
        Decision::Denied(Denial::NotAuthorised | Denial::UnknownCredential) => Outcome::NotAuthorised,
        Decision::Denied(Denial::Stranger) => Outcome::Stranger,
        Decision::Denied(_) if seen == Outcome::Granted => Outcome::Denied,
        Decision::Denied(_) => seen,
    }
}

/// The next record's id: from the database, inside the transaction (hub rule 2), so that ids grow with commits.
fn next_id(connection: &Connection) -> Result<RecordId, StoreError> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'records'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(RecordId::new(format!(
        "{:016x}",
        last.unwrap_or(0).saturating_add(1)
    )))
}

fn insert(
    tx: &mut Write<'_>,
    new: &NewRecord,
    passer: &Passer,
    pictures: SealedPictures,
    held: bool,
) -> Result<RecordId, StoreError> {
    let id = next_id(tx)?;
    let record = &new.draft;
    let private = Private {
        document: record.document.clone(),
        native: record.native.clone(),
    };
    let private = tx.seal(SEAL_TABLE, id.as_str(), &serde_json::to_vec(&private)?)?;
    let details = serde_json::to_string(&Details::of(record, new.device_time.as_deref()))?;
    let capture = put(tx, pictures.capture)?;
    let registered = put(tx, pictures.registered)?;
    let media_type = |picture: &Option<Picture>| picture.as_ref().map(|picture| picture.media_type.clone());
    tx.prepare_cached(
        "INSERT INTO records (id, device_id, duplicate_key, held, person_id, occurred_at, received_at, method, \
         result, capture_blob, capture_type, registered_blob, registered_type, size, details, private) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        id.as_str(),
        record.device_id.as_str(),
        new.duplicate_key,
        held,
        passer.person.as_ref().map(PersonId::as_str),
        record.occurred_at.as_millisecond(),
        record.received_at.as_millisecond(),
        method_name(record.method),
        outcome_name(record.result),
        capture,
        media_type(&new.capture),
        registered,
        media_type(&new.registered),
        size(new),
        details,
        private
    ])?;
    Ok(id)
}

fn put(tx: &mut Write<'_>, blob: Option<SealedBlob>) -> Result<Option<BlobId>, StoreError> {
    blob.map(|blob| tx.put_blob(blob)).transpose()
}

/// Counts a granted pass; devices that were told what is left are told anew (hub rule 25).
fn count(tx: &mut Write<'_>, record: &Record, passer: &Passer) -> Result<(), StoreError> {
    let (Outcome::Granted, Some(person)) = (record.result, &passer.person) else {
        return Ok(());
    };
    people::count_pass(tx, person.as_str())?;
    let limited: bool = tx
        .prepare_cached("SELECT pass_limit IS NOT NULL FROM persons WHERE id = ?1")?
        .query_row([person.as_str()], |row| row.get(0))?;
    if limited {
        roster::refresh(tx, RosterScope::Person(person.as_str()))?;
    }
    Ok(())
}

/// What a pending device left appears under the records (hub rule 18).
pub(in crate::hub) fn release(tx: &mut Write<'_>, device: &DeviceId) -> Result<(), StoreError> {
    let ids: Vec<String> = tx
        .prepare_cached("UPDATE records SET held = 0 WHERE device_id = ?1 AND held = 1 RETURNING id")?
        .query_map([device.as_str()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in ids {
        outbox::announce(tx, Event::RecordCreated, &id, Some(device.as_str()))?;
    }
    Ok(())
}

/// What a device left that was never approved goes with it.
pub(in crate::hub) fn drop_held(tx: &mut Write<'_>, device: &DeviceId) -> Result<(), StoreError> {
    let blobs: Vec<[Option<BlobId>; 2]> = tx
        .prepare_cached(
            "SELECT capture_blob, registered_blob FROM records WHERE device_id = ?1 AND held = 1",
        )?
        .query_map([device.as_str()], |row| Ok([row.get(0)?, row.get(1)?]))?
        .collect::<Result<_, _>>()?;
    for blob in blobs.into_iter().flatten().flatten() {
        tx.delete_blob(&blob)?;
    }
    tx.execute(
        "DELETE FROM records WHERE device_id = ?1 AND held = 1",
        [device.as_str()],
    )?;
    Ok(())
}
