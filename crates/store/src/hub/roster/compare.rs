//! What a device says that it holds, against what the hub knows of it (hub rules 27 and 29).

use super::sqlite::held_person;
use super::{Comparison, Expected, MOST_STRAYS, Stray};
use crate::hub::outbox::{self, Event};
use crate::hub::{Actor, audit};
use crate::{StoreError, Write};
use jiff::Timestamp;
use model::PersonId;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;
use std::collections::HashSet;

/// Compares; see [`super::Roster::compared`].
pub(super) fn compare(
    tx: &mut Write<'_>,
    actor: &Actor,
    device: &str,
    held: &[Stray],
) -> Result<Comparison, StoreError> {
    let ids: HashSet<&str> = held.iter().map(|person| person.wire_id.as_str()).collect();
    let missing: Vec<String> = known(tx, device)?
        .into_iter()
        .filter(|(_, wire_id)| !ids.contains(wire_id.as_str()))
        .map(|(person, _)| person)
        .collect();
    for person in &missing {
        tx.prepare_cached(
            "UPDATE roster SET state = 'wanted', applied_digest = NULL, retry_at = NULL, attempts = 0 \
             WHERE device_id = ?1 AND person_id = ?2 AND state = 'applied'",
        )?
        .execute(params![device, person])?;
        outbox::announce(tx, Event::RosterUpdated, person, Some(device))?;
    }
    tx.execute("DELETE FROM strays WHERE device_id = ?1", [device])?;
    let mut strays = 0;
    for person in held {
        if is_known(tx, device, &person.wire_id)? {
            continue;
        }
        strays += 1;
        tx.prepare_cached("INSERT OR REPLACE INTO strays (device_id, wire_id, name) VALUES (?1, ?2, ?3)")?
            .execute(params![device, person.wire_id, person.name])?;
    }
    remember(tx, device, held.len())?;
    let comparison = Comparison {
        held: u32::try_from(held.len()).unwrap_or(u32::MAX),
        missing: u32::try_from(missing.len()).unwrap_or(u32::MAX),
        strays,
    };
    let detail = json!({"held": comparison.held, "missing": comparison.missing, "strays": strays});
    audit::note(tx, actor, "roster.verify", "device", device, detail)?;
    Ok(comparison)
}

/// Whom the device confirmed to hold, with the ids there.
fn known(tx: &Write<'_>, device: &str) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT r.person_id, coalesce((SELECT w.wire_id FROM wire_ids w \
             WHERE w.device_id = r.device_id AND w.person_id = r.person_id LIMIT 1), r.person_id) \
         FROM roster r WHERE r.device_id = ?1 AND r.state = 'applied'",
    )?;
    let rows = statement.query_map([device], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps when this comparison was, and how many the device holds beyond those whom the roster knows there: what its
/// next count must be is known by that.
fn remember(tx: &Write<'_>, device: &str, held: usize) -> Result<(), StoreError> {
    let surplus = i64::try_from(held)
        .unwrap_or(i64::MAX)
        .saturating_sub(confirmed(tx, device)?);
    tx.prepare_cached("INSERT OR REPLACE INTO comparisons (device_id, at, surplus) VALUES (?1, ?2, ?3)")?
        .execute(params![device, Timestamp::now().as_millisecond(), surplus])?;
    Ok(())
}

/// How many people the device confirmed to hold, whatever they are to be now.
fn confirmed(connection: &Connection, device: &str) -> Result<i64, StoreError> {
    let count = connection
        .prepare_cached("SELECT count(*) FROM roster WHERE device_id = ?1 AND applied_digest IS NOT NULL")?
        .query_row([device], |row| row.get(0))?;
    Ok(count)
}

/// What a device's count should be; see [`super::Roster::expected`].
pub(super) fn expected(connection: &Connection, device: &str) -> Result<Option<Expected>, StoreError> {
    let last: Option<(i64, i64)> = connection
        .prepare_cached(
            "SELECT coalesce(c.at, d.created_at), coalesce(c.surplus, 0) FROM devices d \
             LEFT JOIN comparisons c ON c.device_id = d.id WHERE d.id = ?1",
        )?
        .query_row([device], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((since, surplus)) = last else {
        return Ok(None);
    };
    let persons = confirmed(connection, device)?.saturating_add(surplus).max(0);
    Ok(Some(Expected {
        persons: u32::try_from(persons).unwrap_or(u32::MAX),
        since: Timestamp::from_millisecond(since).unwrap_or(Timestamp::UNIX_EPOCH),
    }))
}

/// Keeps somebody of whom a device told unasked; see [`super::Roster::keep_stray`].
pub(super) fn keep_stray(tx: &Write<'_>, device: &str, stray: &Stray) -> Result<bool, StoreError> {
    if is_known(tx, device, &stray.wire_id)? {
        return Ok(false);
    }
    let kept = tx
        .prepare_cached(
            "INSERT INTO strays (device_id, wire_id, name) SELECT ?1, ?2, ?3 \
             WHERE (SELECT count(*) FROM strays WHERE device_id = ?1) < ?4 \
             OR EXISTS (SELECT 1 FROM strays WHERE device_id = ?1 AND wire_id = ?2) \
             ON CONFLICT (device_id, wire_id) DO UPDATE SET name = excluded.name",
        )?
        .execute(params![device, stray.wire_id, stray.name, MOST_STRAYS])?;
    Ok(kept > 0)
}

/// Whether the hub knows the id: it put somebody there, or may have, or an import mapped it.
fn is_known(tx: &Write<'_>, device: &str, wire_id: &str) -> Result<bool, StoreError> {
    if held_person(tx, device, wire_id)?.is_some() {
        return Ok(true);
    }
    let sent = tx
        .prepare_cached("SELECT 1 FROM roster WHERE device_id = ?1 AND person_id = ?2 AND sent = 1")?
        .query_row([device, wire_id], |_| Ok(()))
        .optional()?;
    Ok(sent.is_some())
}

/// Maps an id on a device to a person; see [`super::Roster::map_wire_id`].
pub(super) fn map(
    tx: &Write<'_>,
    device: &str,
    wire_id: &str,
    candidate: &PersonId,
) -> Result<PersonId, StoreError> {
    let mapped: Option<String> = tx
        .query_row(
            "SELECT person_id FROM wire_ids WHERE device_id = ?1 AND wire_id = ?2",
            [device, wire_id],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(person) = mapped.and_then(|id| PersonId::new(id).ok()) {
        return Ok(person);
    }
    tx.execute(
        "INSERT OR REPLACE INTO wire_ids (device_id, wire_id, person_id) VALUES (?1, ?2, ?3)",
        params![device, wire_id, candidate.as_str()],
    )?;
    tx.execute(
        "DELETE FROM strays WHERE device_id = ?1 AND wire_id = ?2",
        [device, wire_id],
    )?;
    Ok(candidate.clone())
}
