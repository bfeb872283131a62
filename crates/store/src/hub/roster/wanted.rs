//! What should be: who belongs on which device (hub rule 23), against what is there.

use super::RosterScope;
use crate::hub::outbox::{self, Event};
use crate::hub::people::{self, PersonDigest};
use crate::{StoreError, Write};
use model::ZoneId;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// A device, as far as its roster is concerned.
struct Holder {
    id: String,
    zone: Option<ZoneId>,
    time_zone: Option<String>,
    hub_decides: bool,
    holds_blocked: bool,
}

/// An item as it is.
struct Present {
    removing: bool,
    wanted: Option<Vec<u8>>,
    applied: Option<Vec<u8>>,
    /// Something was sent whose outcome is not known: `applied` may not be what the device holds.
    sent: bool,
}

/// Digests of persons, made once per person and zone.
type Digests = HashMap<(String, Option<ZoneId>), Option<PersonDigest>>;

/// Recomputes what devices should hold within a scope. Every item that changes is announced. Call it within the
/// transaction of the change, after it; before *and* after where the change takes away what the scope is found by
/// (a group that is deleted).
///
/// # Errors
/// Only what the database says.
pub fn refresh(tx: &mut Write<'_>, scope: RosterScope<'_>) -> Result<(), StoreError> {
    let mut digests = Digests::new();
    for holder in holders(tx, scope)? {
        let people = match scope {
            RosterScope::Person(id) => vec![id.to_owned()],
            RosterScope::Group(id) => members_or_held(tx, id, &holder.id)?,
            _ => candidates(tx, &holder)?,
        };
        for person in people {
            refresh_one(tx, &holder, &person, &mut digests)?;
        }
    }
    Ok(())
}

/// The devices of a scope. Pending ones are given nobody; what an approved one holds stays known.
fn holders(connection: &Connection, scope: RosterScope<'_>) -> Result<Vec<Holder>, StoreError> {
    let (device, zone) = match scope {
        RosterScope::Device(id) => (Some(id), None),
        RosterScope::Zone(id) => (None, Some(id)),
        _ => (None, None),
    };
    let mut statement = connection.prepare_cached(
        "SELECT id, zone_id, time_zone, decision = 'hub', \
         EXISTS (SELECT 1 FROM json_each(capabilities) WHERE value = 'blocked') \
         FROM devices WHERE standing <> 'pending' AND (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR zone_id = ?2)",
    )?;
    let rows = statement.query_map([device, zone], |row| {
        Ok(Holder {
            id: row.get(0)?,
            zone: row.get::<_, Option<String>>(1)?.map(ZoneId::new),
            time_zone: row.get(2)?,
            hub_decides: row.get(3)?,
            holds_blocked: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Everyone who might belong on a device or has an item there.
fn candidates(connection: &Connection, holder: &Holder) -> Result<Vec<String>, StoreError> {
    let mut found: HashSet<String> = HashSet::new();
    let mut order = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT p.id FROM persons p WHERE p.kind = 'blocked' AND ?2 OR p.id IN (SELECT m.person_id \
         FROM grants g JOIN memberships m ON m.group_id = g.group_id WHERE g.zone_id = ?1) ORDER BY p.seq",
    )?;
    let zone = holder.zone.as_ref().map(ZoneId::as_str);
    for id in statement.query_map(params![zone, holder.holds_blocked], |row| row.get::<_, String>(0))? {
        let id = id?;
        if found.insert(id.clone()) {
            order.push(id);
        }
    }
    let mut statement = connection.prepare_cached("SELECT person_id FROM roster WHERE device_id = ?1")?;
    for id in statement.query_map([&holder.id], |row| row.get::<_, String>(0))? {
        let id = id?;
        if found.insert(id.clone()) {
            order.push(id);
        }
    }
    Ok(order)
}

/// The members of a group, and everyone with an item on the device who is in no group that leads there.
fn members_or_held(connection: &Connection, group: &str, device: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT person_id FROM memberships WHERE group_id = ?1 UNION SELECT person_id FROM roster WHERE device_id = ?2",
    )?;
    let rows = statement.query_map([group, device], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a device should hold of a person: `None` is nothing.
fn wanted_digest(
    connection: &Connection,
    holder: &Holder,
    person: &str,
    digests: &mut Digests,
) -> Result<Option<Vec<u8>>, StoreError> {
    if !belongs(connection, holder, person)? {
        return Ok(None);
    }
    let key = (person.to_owned(), holder.zone.clone());
    let digest = match digests.get(&key) {
        Some(digest) => *digest,
        None => {
            let digest = people::wanted_digest(connection, person, holder.zone.as_ref())?;
            digests.insert(key, digest);
            digest
        }
    };
    Ok(digest.map(|digest| on_device(digest, holder.time_zone.as_deref(), holder.hub_decides)))
}

/// The digest of a person as one device is told: its clock's zone decides which local times it is given, and where the hub
/// decides it may be told of somebody whose schedule its dialect lacks (hub rule 25).
pub(super) fn on_device(person: PersonDigest, time_zone: Option<&str>, hub_decides: bool) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(person.bytes);
    hash.update(time_zone.unwrap_or_default());
    if person.is_scheduled && hub_decides {
        hash.update("\nhub");
    }
    hash.finalize().to_vec()
}

/// Hub rule 23, and 25 for used-up passes.
fn belongs(connection: &Connection, holder: &Holder, person: &str) -> Result<bool, StoreError> {
    let Some(zone) = &holder.zone else {
        return Ok(false);
    };
    let found: Option<(bool, bool, bool)> = connection
        .prepare_cached(
            "SELECT p.kind = 'blocked', p.pass_limit IS NOT NULL AND p.passes_used >= p.pass_limit, \
             EXISTS (SELECT 1 FROM memberships m JOIN grants g ON g.group_id = m.group_id \
             WHERE m.person_id = p.id AND g.zone_id = ?2) FROM persons p WHERE p.id = ?1",
        )?
        .query_row([person, zone.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    Ok(match found {
        Some((true, _, _)) => holder.holds_blocked,
        Some((false, used_up, granted)) => granted && !used_up,
        None => false,
    })
}

fn refresh_one(
    tx: &mut Write<'_>,
    holder: &Holder,
    person: &str,
    digests: &mut Digests,
) -> Result<(), StoreError> {
    let wanted = wanted_digest(tx, holder, person, digests)?;
    let present = present(tx, &holder.id, person)?;
    let changed = match (wanted, present) {
        (None, None) => false,
        (Some(digest), None) => insert(tx, &holder.id, person, &digest)?,
        (Some(digest), Some(present)) => want(tx, &holder.id, person, &digest, &present)?,
        (None, Some(present)) => unwant(tx, &holder.id, person, &present)?,
    };
    if changed {
        outbox::announce(tx, Event::RosterUpdated, person, Some(&holder.id))?;
    }
    Ok(())
}

fn present(connection: &Connection, device: &str, person: &str) -> Result<Option<Present>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT state = 'removing', wanted_digest, applied_digest, sent FROM roster \
             WHERE device_id = ?1 AND person_id = ?2",
        )?
        .query_row([device, person], |row| {
            Ok(Present {
                removing: row.get(0)?,
                wanted: row.get(1)?,
                applied: row.get(2)?,
                sent: row.get(3)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// The order of work follows the order of changes, which the outbox counts.
const NEXT_PLACE: &str = "(SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox')";

fn insert(tx: &Write<'_>, device: &str, person: &str, digest: &[u8]) -> Result<bool, StoreError> {
    tx.prepare_cached(&format!(
        "INSERT INTO roster (device_id, person_id, state, wanted_digest, changed) \
         VALUES (?1, ?2, 'wanted', ?3, {NEXT_PLACE})"
    ))?
    .execute(params![device, person, digest])?;
    Ok(true)
}

fn want(
    tx: &Write<'_>,
    device: &str,
    person: &str,
    digest: &[u8],
    present: &Present,
) -> Result<bool, StoreError> {
    if !present.removing && present.wanted.as_deref() == Some(digest) {
        return Ok(false);
    }
    let held = present.applied.as_deref() == Some(digest) && !present.removing && !present.sent;
    let state = if held { "applied" } else { "wanted" };
    tx.prepare_cached(&format!(
        "UPDATE roster SET state = ?3, wanted_digest = ?4, reason = NULL, detail = NULL, attempts = 0, \
         retry_at = NULL, changed = {NEXT_PLACE} WHERE device_id = ?1 AND person_id = ?2"
    ))?
    .execute(params![device, person, state, digest])?;
    Ok(true)
}

/// A person who was never sent to the device is just not wanted any more; all others are taken off it.
fn unwant(tx: &Write<'_>, device: &str, person: &str, present: &Present) -> Result<bool, StoreError> {
    if present.removing {
        return Ok(false);
    }
    if !present.sent && present.applied.is_none() {
        tx.prepare_cached("DELETE FROM roster WHERE device_id = ?1 AND person_id = ?2")?
            .execute([device, person])?;
        return Ok(true);
    }
    tx.prepare_cached(&format!(
        "UPDATE roster SET state = 'removing', wanted_digest = NULL, reason = NULL, detail = NULL, attempts = 0, \
         retry_at = NULL, warnings = '[]', changed = {NEXT_PLACE} WHERE device_id = ?1 AND person_id = ?2"
    ))?
    .execute([device, person])?;
    Ok(true)
}
