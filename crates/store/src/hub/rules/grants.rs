//! Grants: which group may pass in which zone, when.

use super::GrantDraft;
use super::calendars;
use super::names::{self, Kind};
use crate::hub::people::rows::{instant, milliseconds};
use crate::hub::roster::{self, RosterScope};
use crate::hub::{
    Page, PageRequest, Revised, accounts::Actor, audit, check_revision, new_id, not_found, unknown_reference,
};
use crate::{StoreError, Write};
use model::{Grant, GrantId, GroupId, ScheduleId, ZoneId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

struct Raw {
    seq: i64,
    revision: i64,
    id: String,
    group: String,
    zone: String,
    schedule: Option<String>,
    from: Option<i64>,
    until: Option<i64>,
}

const COLUMNS: &str = "seq, revision, id, group_id, zone_id, schedule_id, valid_from, valid_until";

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        seq: row.get(0)?,
        revision: row.get(1)?,
        id: row.get(2)?,
        group: row.get(3)?,
        zone: row.get(4)?,
        schedule: row.get(5)?,
        from: row.get(6)?,
        until: row.get(7)?,
    })
}

fn assemble(raw: Raw) -> Result<(i64, Revised<Grant>), StoreError> {
    let object = Grant {
        id: GrantId::new(raw.id),
        group_id: GroupId::new(raw.group),
        zone_id: ZoneId::new(raw.zone),
        schedule_id: raw.schedule.map(ScheduleId::new),
        valid_from: instant(raw.from)?,
        valid_until: instant(raw.until)?,
    };
    Ok((
        raw.seq,
        Revised {
            revision: raw.revision,
            object,
        },
    ))
}

/// One page of grants, in order of creation.
pub(super) fn list(conn: &Connection, page: PageRequest) -> Result<Page<Revised<Grant>>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM grants WHERE seq > ?1 ORDER BY seq LIMIT ?2"
    ))?;
    let rows = statement.query_map(params![page.after.unwrap_or(0), i64::from(page.limit) + 1], raw)?;
    let grants = rows.map(|row| assemble(row?)).collect::<Result<_, _>>()?;
    Ok(Page::from_rows(grants, page.limit))
}

/// One grant.
pub(super) fn get(conn: &Connection, id: &GrantId) -> Result<Option<Revised<Grant>>, StoreError> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM grants WHERE id = ?1"))?
        .query_row([id.as_str()], raw)
        .optional()?
        .map(|raw| assemble(raw).map(|(_, kept)| kept))
        .transpose()
}

/// What a grant names must exist.
fn check(tx: &Write<'_>, draft: &GrantDraft) -> Result<(), StoreError> {
    if names::get(tx, Kind::Group, draft.group_id.as_str())?.is_none() {
        return Err(unknown_reference("group_id", draft.group_id.as_str()));
    }
    if names::get(tx, Kind::Zone, draft.zone_id.as_str())?.is_none() {
        return Err(unknown_reference("zone_id", draft.zone_id.as_str()));
    }
    match &draft.schedule_id {
        Some(id) if calendars::schedule(tx, id)?.is_none() => {
            Err(unknown_reference("schedule_id", id.as_str()))
        }
        _ => Ok(()),
    }
}

fn detail(draft: &GrantDraft) -> Value {
    json!({ "group_id": draft.group_id, "zone_id": draft.zone_id, "schedule_id": draft.schedule_id })
}

/// Adds a grant; whom it concerns is wanted on the zone's devices from then on.
pub(super) fn create(
    tx: &mut Write<'_>,
    actor: &Actor,
    draft: &GrantDraft,
) -> Result<Revised<Grant>, StoreError> {
    check(tx, draft)?;
    let id = GrantId::new(new_id());
    tx.execute(
        "INSERT INTO grants (id, group_id, zone_id, schedule_id, valid_from, valid_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            id.as_str(),
            draft.group_id.as_str(),
            draft.zone_id.as_str(),
            draft.schedule_id.as_ref().map(ScheduleId::as_str),
            milliseconds(draft.valid_from),
            milliseconds(draft.valid_until)
        ],
    )?;
    audit::note(tx, actor, "grant.create", "grant", id.as_str(), detail(draft))?;
    roster::refresh(tx, RosterScope::Zone(draft.zone_id.as_str()))?;
    get(tx, &id)?.ok_or_else(|| not_found("grant", id.as_str()))
}

fn current(tx: &Write<'_>, id: &GrantId, expected: Option<i64>) -> Result<Revised<Grant>, StoreError> {
    let kept = get(tx, id)?.ok_or_else(|| not_found("grant", id.as_str()))?;
    check_revision(kept.revision, expected)?;
    Ok(kept)
}

/// Changes a grant: both the zone that it led to and the one that it leads to are looked at again.
pub(super) fn replace(
    tx: &mut Write<'_>,
    actor: &Actor,
    id: &GrantId,
    draft: &GrantDraft,
    expected: Option<i64>,
) -> Result<Revised<Grant>, StoreError> {
    let before = current(tx, id, expected)?;
    check(tx, draft)?;
    tx.execute(
        "UPDATE grants SET group_id = ?2, zone_id = ?3, schedule_id = ?4, valid_from = ?5, valid_until = ?6,
             revision = revision + 1 WHERE id = ?1",
        params![
            id.as_str(),
            draft.group_id.as_str(),
            draft.zone_id.as_str(),
            draft.schedule_id.as_ref().map(ScheduleId::as_str),
            milliseconds(draft.valid_from),
            milliseconds(draft.valid_until)
        ],
    )?;
    audit::note(tx, actor, "grant.update", "grant", id.as_str(), detail(draft))?;
    roster::refresh(tx, RosterScope::Zone(draft.zone_id.as_str()))?;
    if before.object.zone_id != draft.zone_id {
        roster::refresh(tx, RosterScope::Zone(before.object.zone_id.as_str()))?;
    }
    get(tx, id)?.ok_or_else(|| not_found("grant", id.as_str()))
}

/// Deletes a grant; whoever has no other is removed from the zone's devices.
pub(super) fn delete(
    tx: &mut Write<'_>,
    actor: &Actor,
    id: &GrantId,
    expected: Option<i64>,
) -> Result<(), StoreError> {
    let before = current(tx, id, expected)?.object;
    tx.execute("DELETE FROM grants WHERE id = ?1", [id.as_str()])?;
    let detail = json!({ "group_id": before.group_id, "zone_id": before.zone_id });
    audit::note(tx, actor, "grant.delete", "grant", id.as_str(), detail)?;
    roster::refresh(tx, RosterScope::Zone(before.zone_id.as_str()))
}
