//! Grants, schedules and holidays, resolved into what the access decision reads.

use super::calendars;
use crate::StoreError;
use crate::hub::people::rows::instant;
use model::{ScheduleId, ZoneId, access};
use rusqlite::{Connection, params};

/// The rules that let a person pass in a zone: one per grant of the zone to one of the person's groups, in order of
/// the grants' creation. A device without a zone lets nobody in by rule.
///
/// # Errors
/// Only what the database says.
pub fn resolved(
    conn: &Connection,
    person_id: &str,
    zone_id: Option<&ZoneId>,
) -> Result<Vec<access::Rule>, StoreError> {
    let Some(zone) = zone_id else {
        return Ok(Vec::new());
    };
    let mut statement = conn.prepare_cached(
        "SELECT g.schedule_id, g.valid_from, g.valid_until
         FROM grants g JOIN memberships m ON m.group_id = g.group_id
         WHERE m.person_id = ?1 AND g.zone_id = ?2 ORDER BY g.seq",
    )?;
    let rows = statement.query_map(params![person_id, zone.as_str()], |row| {
        Ok((
            row.get::<_, Option<String>>(0)?,
            row.get::<_, Option<i64>>(1)?,
            row.get::<_, Option<i64>>(2)?,
        ))
    })?;
    rows.map(|row| {
        let (schedule, from, until) = row?;
        Ok(access::Rule {
            times: schedule.map(|id| times(conn, &ScheduleId::new(id))).transpose()?,
            valid_from: instant(from)?,
            valid_until: instant(until)?,
        })
    })
    .collect()
}

/// A schedule with its holidays. One that is not there allows nothing: a broken reference must not open a door.
fn times(conn: &Connection, id: &ScheduleId) -> Result<access::Times, StoreError> {
    let Some(schedule) = calendars::schedule(conn, id)? else {
        return Ok(access::Times {
            weekly: model::Weekly::default(),
            holidays: Vec::new(),
        });
    };
    let mut holidays = Vec::with_capacity(schedule.object.holidays.len());
    for id in &schedule.object.holidays {
        holidays.extend(calendars::holiday(conn, id)?.map(|kept| kept.object));
    }
    Ok(access::Times {
        weekly: schedule.object.weekly,
        holidays,
    })
}
