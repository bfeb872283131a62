//! The doors that a person's access is asked about.

use super::{DoorAccess, PersonAccess, rows};
use crate::StoreError;
use crate::hub::rules;
use model::{DeviceId, Person, ZoneId, access};
use rusqlite::{Connection, params};

/// The person's own side of an access decision.
#[must_use]
pub fn subject_of(person: &Person) -> access::Subject {
    access::Subject {
        kind: person.kind,
        valid_from: person.valid_from,
        valid_until: person.valid_until,
        pass_limit: person.pass_limit,
        passes_used: person.passes_used,
    }
}

struct Door {
    id: String,
    zone: Option<String>,
    time_zone: Option<String>,
    held: bool,
}

/// What decides where a person may pass: every approved device (of one zone, where the caller is bound to it) with
/// the rules that lead there.
pub(super) fn access_of(
    conn: &Connection,
    id: &str,
    bound: Option<&ZoneId>,
) -> Result<Option<PersonAccess>, StoreError> {
    let Some(stored) = rows::load(conn, id)? else {
        return Ok(None);
    };
    let doors = doors(conn, id, bound)?
        .into_iter()
        .map(|door| {
            let zone = door.zone.map(ZoneId::new);
            Ok(DoorAccess {
                device_id: DeviceId::new(door.id),
                time_zone: door.time_zone,
                held: door.held,
                rules: rules::resolved(conn, id, zone.as_ref())?,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Some(PersonAccess {
        subject: subject_of(&stored.person),
        doors,
    }))
}

fn doors(conn: &Connection, person: &str, bound: Option<&ZoneId>) -> Result<Vec<Door>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT d.id, d.zone_id, d.time_zone, EXISTS (SELECT 1 FROM roster r
                WHERE r.device_id = d.id AND r.person_id = ?1 AND r.applied_digest IS NOT NULL)
         FROM devices d WHERE d.standing <> 'pending' AND (?2 IS NULL OR d.zone_id = ?2) ORDER BY d.seq",
    )?;
    let rows = statement.query_map(params![person, bound.map(ZoneId::as_str)], |row| {
        Ok(Door {
            id: row.get(0)?,
            zone: row.get(1)?,
            time_zone: row.get(2)?,
            held: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}
