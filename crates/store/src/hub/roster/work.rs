//! Claiming pieces of work and settling what came of them.

use super::wanted::on_device;
use super::{RosterOutcome, RosterPut, RosterWarning, RosterWork};
use crate::hub::outbox::{self, Event};
use crate::hub::people;
use crate::{StoreError, Write};
use jiff::Timestamp;
use model::ZoneId;
use rusqlite::{Connection, OptionalExtension, params};

/// An item that is due.
struct Due {
    person: String,
    removing: bool,
    attempts: u32,
}

/// A device, as far as what it is told of people depends on it.
struct Holder {
    zone: Option<ZoneId>,
    time_zone: Option<String>,
    hub_decides: bool,
}

/// Takes the next pieces of work; see [`super::Roster::claim_some`].
pub(super) fn claim(
    tx: &mut Write<'_>,
    device: &str,
    now: Timestamp,
    most: usize,
) -> Result<Vec<RosterWork>, StoreError> {
    let holder = tx
        .query_row(
            "SELECT zone_id, time_zone, decision = 'hub' FROM devices WHERE id = ?1 AND standing = 'approved'",
            [device],
            |row| {
                Ok(Holder {
                    zone: row.get::<_, Option<String>>(0)?.map(ZoneId::new),
                    time_zone: row.get(1)?,
                    hub_decides: row.get(2)?,
                })
            },
        )
        .optional()?;
    let Some(holder) = holder else {
        return Ok(Vec::new());
    };
    tx.prepare_cached(
        "UPDATE roster SET state = 'wanted' \
         WHERE device_id = ?1 AND state = 'applied' AND redo_at IS NOT NULL AND redo_at <= ?2",
    )?
    .execute(params![device, now.as_millisecond()])?;
    let mut claimed = Vec::new();
    loop {
        let due = due(tx, device, now, most)?;
        if due.is_empty() {
            return Ok(claimed);
        }
        for due in due {
            if due.removing {
                if claimed.is_empty() {
                    claimed.push(removal(tx, device, due)?);
                }
                return Ok(claimed);
            }
            claimed.extend(put(tx, device, due, &holder)?);
        }
        // Whoever turned out not to be wanted is to be taken off.
        if !claimed.is_empty() {
            return Ok(claimed);
        }
    }
}

fn removal(tx: &Write<'_>, device: &str, due: Due) -> Result<RosterWork, StoreError> {
    mark(tx, device, &due.person, None)?;
    Ok(RosterWork::Remove {
        wire_id: wire_id(tx, device, &due.person)?,
        attempts: due.attempts.saturating_add(1),
        person_id: due.person,
    })
}

/// `None` where the person is not to be there after all, and is to be taken off.
fn put(tx: &Write<'_>, device: &str, due: Due, holder: &Holder) -> Result<Option<RosterWork>, StoreError> {
    let Some(wanted) = people::for_device(tx, &due.person, holder.zone.as_ref())? else {
        tx.execute(
            "UPDATE roster SET state = 'removing', wanted_digest = NULL, retry_at = NULL \
             WHERE device_id = ?1 AND person_id = ?2",
            params![device, due.person],
        )?;
        return Ok(None);
    };
    let digest = on_device(wanted.digest, holder.time_zone.as_deref(), holder.hub_decides);
    mark(tx, device, &due.person, Some(&digest))?;
    Ok(Some(RosterWork::Put(Box::new(RosterPut {
        wire_id: wire_id(tx, device, &due.person)?,
        person: wanted.person,
        rules: wanted.rules,
        photos: wanted.photos,
        digest,
        attempts: due.attempts.saturating_add(1),
    }))))
}

/// The next items that are due, at most `most`.
fn due(connection: &Connection, device: &str, now: Timestamp, most: usize) -> Result<Vec<Due>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT person_id, state = 'removing', attempts FROM roster WHERE device_id = ?1 \
         AND state IN ('wanted', 'removing', 'failed') \
         AND (state <> 'failed' AND coalesce(retry_at, 0) <= ?2 OR state = 'failed' AND retry_at <= ?2) \
         ORDER BY changed, person_id LIMIT ?3",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let due = statement.query_map(params![device, now.as_millisecond(), most], |row| {
        Ok(Due {
            person: row.get(0)?,
            removing: row.get(1)?,
            attempts: row.get(2)?,
        })
    })?;
    Ok(due.collect::<Result<_, _>>()?)
}

fn mark(tx: &Write<'_>, device: &str, person: &str, digest: Option<&[u8]>) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE roster SET sent = 1, attempts = attempts + 1, wanted_digest = ?3 \
         WHERE device_id = ?1 AND person_id = ?2",
    )?
    .execute(params![device, person, digest])?;
    Ok(())
}

/// The id of a person on a device: what an import mapped, else our own (hub rule 28).
fn wire_id(connection: &Connection, device: &str, person: &str) -> Result<String, StoreError> {
    let mapped = connection
        .prepare_cached("SELECT wire_id FROM wire_ids WHERE device_id = ?1 AND person_id = ?2")?
        .query_row([device, person], |row| row.get(0))
        .optional()?;
    Ok(mapped.unwrap_or_else(|| person.to_owned()))
}

/// Writes an outcome; see [`super::Roster::settle`].
pub(super) fn settle(
    tx: &mut Write<'_>,
    device: &str,
    person: &str,
    claimed: Option<&[u8]>,
    outcome: &RosterOutcome,
) -> Result<(), StoreError> {
    match outcome {
        RosterOutcome::Applied { warnings, redo_at } => {
            applied(tx, device, person, claimed, warnings, *redo_at)?;
        }
        RosterOutcome::Removed => removed(tx, device, person)?,
        RosterOutcome::Later {
            retry_at,
            reason,
            detail,
        } => {
            postponed(
                tx,
                device,
                person,
                claimed,
                Some(*retry_at),
                reason,
                detail.as_deref(),
                false,
            )?;
        }
        RosterOutcome::Failed {
            retry_at,
            reason,
            detail,
        } => {
            postponed(
                tx,
                device,
                person,
                claimed,
                *retry_at,
                reason,
                detail.as_deref(),
                true,
            )?;
        }
    }
    outbox::announce(tx, Event::RosterUpdated, person, Some(device))
}

fn applied(
    tx: &Write<'_>,
    device: &str,
    person: &str,
    claimed: Option<&[u8]>,
    warnings: &[RosterWarning],
    redo_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE roster SET applied_digest = ?3, sent = (state = 'removing'), redo_at = ?5, \
         warnings = CASE WHEN wanted_digest IS ?3 THEN ?4 ELSE warnings END, \
         reason = CASE WHEN wanted_digest IS ?3 THEN NULL ELSE reason END, \
         detail = CASE WHEN wanted_digest IS ?3 THEN NULL ELSE detail END, \
         retry_at = CASE WHEN wanted_digest IS ?3 THEN NULL ELSE retry_at END, \
         state = CASE WHEN wanted_digest IS ?3 AND state <> 'removing' THEN 'applied' ELSE state END \
         WHERE device_id = ?1 AND person_id = ?2",
    )?
    .execute(params![
        device,
        person,
        claimed,
        serde_json::to_string(warnings)?,
        redo_at.map(Timestamp::as_millisecond)
    ])?;
    Ok(())
}

/// Wanted again in the meantime: the item stays, with nothing on the device.
fn removed(tx: &Write<'_>, device: &str, person: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM roster WHERE device_id = ?1 AND person_id = ?2 AND state = 'removing'")?
        .execute([device, person])?;
    tx.prepare_cached(
        "UPDATE roster SET applied_digest = NULL, redo_at = NULL, sent = 0 WHERE device_id = ?1 AND person_id = ?2",
    )?
    .execute([device, person])?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
fn postponed(
    tx: &Write<'_>,
    device: &str,
    person: &str,
    claimed: Option<&[u8]>,
    retry_at: Option<Timestamp>,
    reason: &str,
    detail: Option<&str>,
    refused: bool,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE roster SET reason = ?4, detail = ?5, retry_at = ?6, \
         state = CASE WHEN ?7 AND state <> 'removing' THEN 'failed' ELSE state END \
         WHERE device_id = ?1 AND person_id = ?2 AND wanted_digest IS ?3",
    )?
    .execute(params![
        device,
        person,
        claimed,
        reason,
        detail,
        retry_at.map(Timestamp::as_millisecond),
        refused
    ])?;
    Ok(())
}
