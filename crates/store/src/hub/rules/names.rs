//! Groups and zones: an id and a name each.

use crate::hub::outbox::{self, Event};
use crate::hub::roster::{self, RosterScope};
use crate::hub::{
    Page, PageRequest, Revised, accounts::Actor, audit, check_revision, conflict, new_id, not_found,
};
use crate::{StoreError, Write};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    Zone,
}

/// An id and a name.
pub(super) type Named = (String, String);

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Zone => "zone",
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Group => "groups",
            Self::Zone => "zones",
        }
    }
}

fn kept(row: &Row<'_>) -> rusqlite::Result<(i64, Revised<Named>)> {
    Ok((
        row.get(0)?,
        Revised {
            revision: row.get(1)?,
            object: (row.get(2)?, row.get(3)?),
        },
    ))
}

/// One page, in order of creation.
pub(super) fn list(
    conn: &Connection,
    kind: Kind,
    page: PageRequest,
) -> Result<Page<Revised<Named>>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT seq, revision, id, name FROM {} WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        kind.table()
    ))?;
    let rows = statement.query_map(params![page.after.unwrap_or(0), i64::from(page.limit) + 1], kept)?;
    Ok(Page::from_rows(rows.collect::<Result<_, _>>()?, page.limit))
}

/// One of them.
pub(super) fn get(conn: &Connection, kind: Kind, id: &str) -> Result<Option<Revised<Named>>, StoreError> {
    Ok(conn
        .prepare_cached(&format!(
            "SELECT seq, revision, id, name FROM {} WHERE id = ?1",
            kind.table()
        ))?
        .query_row([id], kept)
        .optional()?
        .map(|(_, kept)| kept))
}

fn current(
    tx: &Write<'_>,
    kind: Kind,
    id: &str,
    expected: Option<i64>,
) -> Result<Revised<Named>, StoreError> {
    let kept = get(tx, kind, id)?.ok_or_else(|| not_found(kind.word(), id))?;
    check_revision(kept.revision, expected)?;
    Ok(kept)
}

/// Adds one. Nobody is in it and nothing is granted, so no roster changes.
pub(super) fn create(
    tx: &mut Write<'_>,
    actor: &Actor,
    kind: Kind,
    name: &str,
) -> Result<Revised<Named>, StoreError> {
    let id = new_id();
    tx.execute(
        &format!("INSERT INTO {} (id, name) VALUES (?1, ?2)", kind.table()),
        [id.as_str(), name],
    )?;
    audit::note(
        tx,
        actor,
        &format!("{}.create", kind.word()),
        kind.word(),
        &id,
        json!({ "name": name }),
    )?;
    get(tx, kind, &id)?.ok_or_else(|| not_found(kind.word(), &id))
}

/// Gives one another name. No device is told names of groups or zones.
pub(super) fn rename(
    tx: &mut Write<'_>,
    actor: &Actor,
    kind: Kind,
    id: &str,
    name: &str,
    expected: Option<i64>,
) -> Result<Revised<Named>, StoreError> {
    current(tx, kind, id, expected)?;
    tx.execute(
        &format!(
            "UPDATE {} SET name = ?2, revision = revision + 1 WHERE id = ?1",
            kind.table()
        ),
        [id, name],
    )?;
    audit::note(
        tx,
        actor,
        &format!("{}.update", kind.word()),
        kind.word(),
        id,
        json!({ "name": name }),
    )?;
    get(tx, kind, id)?.ok_or_else(|| not_found(kind.word(), id))
}

/// Deletes a group with its memberships and grants.
pub(super) fn delete_group(
    tx: &mut Write<'_>,
    actor: &Actor,
    id: &str,
    expected: Option<i64>,
) -> Result<(), StoreError> {
    let kept = current(tx, Kind::Group, id, expected)?;
    // The zones are needed afterwards: with the grants gone nothing leads from the group to them.
    let zones = granted_zones(tx, id)?;
    leave(tx, id)?;
    tx.execute("DELETE FROM groups WHERE id = ?1", [id])?;
    audit::note(
        tx,
        actor,
        "group.delete",
        "group",
        id,
        json!({ "name": kept.object.1 }),
    )?;
    zones
        .iter()
        .try_for_each(|zone| roster::refresh(tx, RosterScope::Zone(zone)))
}

/// The members are other persons without the group: their revisions grow, and it is told.
fn leave(tx: &mut Write<'_>, group: &str) -> Result<(), StoreError> {
    let members: Vec<String> = tx
        .prepare_cached(
            "UPDATE persons SET revision = revision + 1
             WHERE id IN (SELECT person_id FROM memberships WHERE group_id = ?1) RETURNING id",
        )?
        .query_map([group], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    members
        .iter()
        .try_for_each(|id| outbox::announce(tx, Event::PersonUpdated, id, None))
}

fn granted_zones(tx: &Write<'_>, group: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT DISTINCT zone_id FROM grants WHERE group_id = ?1")?;
    let rows = statement.query_map([group], |row| row.get(0))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Deletes a zone with its grants; not one that doors or users still belong to.
pub(super) fn delete_zone(
    tx: &mut Write<'_>,
    actor: &Actor,
    id: &str,
    expected: Option<i64>,
) -> Result<(), StoreError> {
    let kept = current(tx, Kind::Zone, id, expected)?;
    let mut users = names_of(
        tx,
        "SELECT name FROM devices WHERE zone_id = ?1 ORDER BY seq",
        id,
        "device",
    )?;
    users.extend(names_of(
        tx,
        "SELECT username FROM users WHERE zone_id = ?1 ORDER BY seq",
        id,
        "user",
    )?);
    in_use("the zone", &users)?;
    tx.execute("DELETE FROM zones WHERE id = ?1", [id])?;
    audit::note(
        tx,
        actor,
        "zone.delete",
        "zone",
        id,
        json!({ "name": kept.object.1 }),
    )
}

/// Who refers to something, as `what "name"`.
pub(super) fn names_of(tx: &Write<'_>, sql: &str, id: &str, what: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map([id], |row| row.get::<_, String>(0))?;
    rows.map(|row| Ok(format!("{what} {:?}", row?))).collect()
}

/// How many of those who refer to something are named.
const NAMED: usize = 5;

/// Refuses a deletion while something refers to it, and names who.
pub(super) fn in_use(what: &str, users: &[String]) -> Result<(), StoreError> {
    if users.is_empty() {
        return Ok(());
    }
    let named = users.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = match users.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(conflict(format!(
        "{what} is used by {named}{more}; change these first"
    )))
}
