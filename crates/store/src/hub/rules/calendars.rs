//! Schedules and holidays.

use super::names::{in_use, names_of};
use super::{HolidayDraft, ScheduleDraft};
use crate::hub::people::rows::{from_word, word};
use crate::hub::roster::{self, RosterScope};
use crate::hub::{
    Page, PageRequest, Revised, accounts::Actor, audit, check_revision, new_id, not_found, unknown_reference,
};
use crate::{StoreError, Write};
use model::{Date, Holiday, HolidayId, Schedule, ScheduleId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

type Raw = (i64, i64, String, String, String);

fn raw_schedule(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn assemble_schedule(
    conn: &Connection,
    (seq, revision, id, name, weekly): Raw,
) -> Result<(i64, Revised<Schedule>), StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT holiday_id FROM schedule_holidays WHERE schedule_id = ?1 ORDER BY position",
    )?;
    let holidays = statement
        .query_map([id.as_str()], |row| Ok(HolidayId::new(row.get::<_, String>(0)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    let object = Schedule {
        id: ScheduleId::new(id),
        name,
        weekly: serde_json::from_str(&weekly)?,
        holidays,
    };
    Ok((seq, Revised { revision, object }))
}

/// One page of schedules, in order of creation.
pub(super) fn schedules(conn: &Connection, page: PageRequest) -> Result<Page<Revised<Schedule>>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, revision, id, name, weekly FROM schedules WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let raws = statement
        .query_map(
            params![page.after.unwrap_or(0), i64::from(page.limit) + 1],
            raw_schedule,
        )?
        .collect::<Result<Vec<_>, _>>()?;
    let schedules = raws
        .into_iter()
        .map(|raw| assemble_schedule(conn, raw))
        .collect::<Result<_, _>>()?;
    Ok(Page::from_rows(schedules, page.limit))
}

/// One schedule.
pub(super) fn schedule(conn: &Connection, id: &ScheduleId) -> Result<Option<Revised<Schedule>>, StoreError> {
    conn.prepare_cached("SELECT seq, revision, id, name, weekly FROM schedules WHERE id = ?1")?
        .query_row([id.as_str()], raw_schedule)
        .optional()?
        .map(|raw| assemble_schedule(conn, raw).map(|(_, kept)| kept))
        .transpose()
}

fn write_holidays(tx: &Write<'_>, schedule: &str, holidays: &[HolidayId]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM schedule_holidays WHERE schedule_id = ?1", [schedule])?;
    for (position, id) in holidays.iter().enumerate() {
        if holiday(tx, id)?.is_none() {
            return Err(unknown_reference("holidays", id.as_str()));
        }
        tx.prepare_cached(
            "INSERT OR IGNORE INTO schedule_holidays (schedule_id, holiday_id, position) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![
            schedule,
            id.as_str(),
            i64::try_from(position).unwrap_or(i64::MAX)
        ])?;
    }
    Ok(())
}

fn written<T>(kept: Option<Revised<T>>, what: &'static str, id: &str) -> Result<Revised<T>, StoreError> {
    kept.ok_or_else(|| not_found(what, id))
}

/// Adds a schedule.
pub(super) fn create_schedule(
    tx: &mut Write<'_>,
    actor: &Actor,
    draft: &ScheduleDraft,
) -> Result<Revised<Schedule>, StoreError> {
    let id = new_id();
    let weekly = serde_json::to_string(&draft.weekly)?;
    tx.execute(
        "INSERT INTO schedules (id, name, weekly) VALUES (?1, ?2, ?3)",
        params![id, draft.name, weekly],
    )?;
    write_holidays(tx, &id, &draft.holidays)?;
    audit::note(
        tx,
        actor,
        "schedule.create",
        "schedule",
        &id,
        json!({ "name": draft.name }),
    )?;
    written(schedule(tx, &ScheduleId::new(id.as_str()))?, "schedule", &id)
}

/// Changes a schedule, and with it the doors that it rules.
pub(super) fn replace_schedule(
    tx: &mut Write<'_>,
    actor: &Actor,
    id: &ScheduleId,
    draft: &ScheduleDraft,
    expected: Option<i64>,
) -> Result<Revised<Schedule>, StoreError> {
    let before = written(schedule(tx, id)?, "schedule", id.as_str())?;
    check_revision(before.revision, expected)?;
    tx.execute(
        "UPDATE schedules SET name = ?2, weekly = ?3, revision = revision + 1 WHERE id = ?1",
        params![id.as_str(), draft.name, serde_json::to_string(&draft.weekly)?],
    )?;
    write_holidays(tx, id.as_str(), &draft.holidays)?;
    audit::note(
        tx,
        actor,
        "schedule.update",
        "schedule",
        id.as_str(),
        json!({ "name": draft.name }),
    )?;
    refresh_zones(
        tx,
        "SELECT DISTINCT zone_id FROM grants WHERE schedule_id = ?1",
        id.as_str(),
    )?;
    written(schedule(tx, id)?, "schedule", id.as_str())
}

/// Deletes a schedule that no grant uses.
pub(super) fn delete_schedule(
    tx: &mut Write<'_>,
    actor: &Actor,
    id: &ScheduleId,
    expected: Option<i64>,
) -> Result<(), StoreError> {
    let before = written(schedule(tx, id)?, "schedule", id.as_str())?;
    check_revision(before.revision, expected)?;
    let users = names_of(
        tx,
        "SELECT p.name || ' → ' || z.name FROM grants g JOIN groups p ON p.id = g.group_id
         JOIN zones z ON z.id = g.zone_id WHERE g.schedule_id = ?1 ORDER BY g.seq",
        id.as_str(),
        "the grant",
    )?;
    in_use("the schedule", &users)?;
    tx.execute("DELETE FROM schedules WHERE id = ?1", [id.as_str()])?;
    audit::note(
        tx,
        actor,
        "schedule.delete",
        "schedule",
        id.as_str(),
        json!({ "name": before.object.name }),
    )
}

fn refresh_zones(tx: &mut Write<'_>, sql: &str, id: &str) -> Result<(), StoreError> {
    let zones = {
        let mut statement = tx.prepare_cached(sql)?;
        let rows = statement.query_map([id], |row| row.get::<_, String>(0))?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    zones
        .iter()
        .try_for_each(|zone| roster::refresh(tx, RosterScope::Zone(zone)))
}

type RawHoliday = (i64, i64, String, String, [String; 2], String, String);

fn raw_holiday(row: &Row<'_>) -> rusqlite::Result<RawHoliday> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        [row.get(4)?, row.get(5)?],
        row.get(6)?,
        row.get(7)?,
    ))
}

fn assemble_holiday(raw: RawHoliday) -> Result<(i64, Revised<Holiday>), StoreError> {
    let (seq, revision, id, name, [first, last], mode, periods) = raw;
    let day = |text: String| {
        text.parse::<Date>()
            .map_err(|error| StoreError::Corrupt(error.to_string()))
    };
    let object = Holiday {
        id: HolidayId::new(id),
        name,
        first_day: day(first)?,
        last_day: day(last)?,
        mode: from_word(mode)?,
        periods: serde_json::from_str(&periods)?,
    };
    Ok((seq, Revised { revision, object }))
}

const HOLIDAY: &str = "SELECT seq, revision, id, name, first_day, last_day, mode, periods FROM holidays";

/// One page of holidays, in order of creation.
pub(super) fn holidays(conn: &Connection, page: PageRequest) -> Result<Page<Revised<Holiday>>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("{HOLIDAY} WHERE seq > ?1 ORDER BY seq LIMIT ?2"))?;
    let rows = statement.query_map(
        params![page.after.unwrap_or(0), i64::from(page.limit) + 1],
        raw_holiday,
    )?;
    let holidays = rows.map(|row| assemble_holiday(row?)).collect::<Result<_, _>>()?;
    Ok(Page::from_rows(holidays, page.limit))
}

/// One holiday.
pub(super) fn holiday(conn: &Connection, id: &HolidayId) -> Result<Option<Revised<Holiday>>, StoreError> {
    conn.prepare_cached(&format!("{HOLIDAY} WHERE id = ?1"))?
        .query_row([id.as_str()], raw_holiday)
        .optional()?
        .map(|raw| assemble_holiday(raw).map(|(_, kept)| kept))
        .transpose()
}

/// Adds a holiday.
pub(super) fn create_holiday(
    tx: &mut Write<'_>,
    actor: &Actor,
    draft: &HolidayDraft,
) -> Result<Revised<Holiday>, StoreError> {
    let id = new_id();
    tx.execute(
        "INSERT INTO holidays (id, name, first_day, last_day, mode, periods) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            id,
            draft.name,
            draft.first_day.to_string(),
            draft.last_day.to_string(),
            word(&draft.mode)?,
            serde_json::to_string(&draft.periods)?
        ],
    )?;
    audit::note(
        tx,
        actor,
        "holiday.create",
        "holiday",
        &id,
        json!({ "name": draft.name }),
    )?;
    written(holiday(tx, &HolidayId::new(id.as_str()))?, "holiday", &id)
}

/// Changes a holiday, and with it the doors whose schedules name it.
pub(super) fn replace_holiday(
    tx: &mut Write<'_>,
    actor: &Actor,
    id: &HolidayId,
    draft: &HolidayDraft,
    expected: Option<i64>,
) -> Result<Revised<Holiday>, StoreError> {
    let before = written(holiday(tx, id)?, "holiday", id.as_str())?;
    check_revision(before.revision, expected)?;
    tx.execute(
        "UPDATE holidays SET name = ?2, first_day = ?3, last_day = ?4, mode = ?5, periods = ?6,
             revision = revision + 1 WHERE id = ?1",
        params![
            id.as_str(),
            draft.name,
            draft.first_day.to_string(),
            draft.last_day.to_string(),
            word(&draft.mode)?,
            serde_json::to_string(&draft.periods)?
        ],
    )?;
    audit::note(
        tx,
        actor,
        "holiday.update",
        "holiday",
        id.as_str(),
        json!({ "name": draft.name }),
    )?;
    refresh_zones(
        tx,
        "SELECT DISTINCT g.zone_id FROM grants g JOIN schedule_holidays h ON h.schedule_id = g.schedule_id
         WHERE h.holiday_id = ?1",
        id.as_str(),
    )?;
    written(holiday(tx, id)?, "holiday", id.as_str())
}

/// Deletes a holiday that no schedule names.
pub(super) fn delete_holiday(
    tx: &mut Write<'_>,
    actor: &Actor,
    id: &HolidayId,
    expected: Option<i64>,
) -> Result<(), StoreError> {
    let before = written(holiday(tx, id)?, "holiday", id.as_str())?;
    check_revision(before.revision, expected)?;
    let users = names_of(
        tx,
        "SELECT s.name FROM schedules s JOIN schedule_holidays h ON h.schedule_id = s.id
         WHERE h.holiday_id = ?1 ORDER BY s.seq",
        id.as_str(),
        "the schedule",
    )?;
    in_use("the holiday", &users)?;
    tx.execute("DELETE FROM holidays WHERE id = ?1", [id.as_str()])?;
    audit::note(
        tx,
        actor,
        "holiday.delete",
        "holiday",
        id.as_str(),
        json!({ "name": before.object.name }),
    )
}
