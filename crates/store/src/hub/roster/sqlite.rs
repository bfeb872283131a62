//! [`Roster`] in SQLite.

use super::{
    Comparison, Expected, Roster, RosterCounts, RosterItem, RosterOutcome, RosterScope, RosterState,
    RosterWork, Stray, compare, refresh, work,
};
use crate::hub::accounts::Actor;
use crate::hub::{audit, outbox, outbox::Event};
use crate::{Store, StoreError};
use async_trait::async_trait;
use jiff::Timestamp;
use model::{DeviceId, PersonId, ZoneId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

/// The rosters in SQLite.
#[derive(Clone)]
pub struct SqliteRoster {
    store: Store,
}

impl SqliteRoster {
    /// Over an open store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

const COLUMNS: &str = "device_id, person_id, state, reason, detail, attempts, retry_at, warnings";

#[async_trait]
impl Roster for SqliteRoster {
    async fn items(
        &self,
        device: &DeviceId,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<RosterItem>, StoreError> {
        let device = device.clone();
        self.store
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM roster WHERE device_id = ?1 AND person_id > ?2 ORDER BY person_id LIMIT ?3"
                ))?;
                let after = after.unwrap_or_default();
                let rows = statement.query_map(params![device.as_str(), after, limit], from_row)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn item(&self, device: &DeviceId, person: &str) -> Result<Option<RosterItem>, StoreError> {
        let (device, person) = (device.clone(), person.to_owned());
        self.store
            .read(move |connection| {
                let sql = format!("SELECT {COLUMNS} FROM roster WHERE device_id = ?1 AND person_id = ?2");
                Ok(connection
                    .prepare_cached(&sql)?
                    .query_row([device.as_str(), &person], from_row)
                    .optional()?)
            })
            .await
    }

    async fn due(&self, device: &DeviceId) -> Result<Option<Timestamp>, StoreError> {
        let device = device.clone();
        self.store
            .read(move |connection| {
                let due: Option<i64> = connection
                    .prepare_cached(
                        "SELECT min(at) FROM (SELECT min(CASE WHEN state = 'failed' THEN retry_at \
                         ELSE coalesce(retry_at, 0) END) AS at FROM roster \
                         WHERE device_id = ?1 AND state IN ('wanted', 'removing', 'failed') UNION ALL \
                         SELECT min(redo_at) FROM roster \
                         WHERE device_id = ?1 AND state = 'applied' AND redo_at IS NOT NULL)",
                    )?
                    .query_row([device.as_str()], |row| row.get(0))?;
                Ok(due.and_then(|due| Timestamp::from_millisecond(due).ok()))
            })
            .await
    }

    async fn claim_some(
        &self,
        device: &DeviceId,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<RosterWork>, StoreError> {
        let device = device.clone();
        self.store
            .write(move |tx| work::claim(tx, device.as_str(), now, most))
            .await
    }

    async fn settle(
        &self,
        device: &DeviceId,
        person: &str,
        claimed: Option<Vec<u8>>,
        outcome: RosterOutcome,
    ) -> Result<(), StoreError> {
        let (device, person) = (device.clone(), person.to_owned());
        self.store
            .write(move |tx| work::settle(tx, device.as_str(), &person, claimed.as_deref(), &outcome))
            .await
    }

    async fn retry_failed(&self, actor: &Actor, device: &DeviceId) -> Result<u64, StoreError> {
        let (actor, device) = (actor.clone(), device.clone());
        self.store
            .write(move |tx| {
                let people: Vec<String> = tx
                    .prepare(
                        "UPDATE roster SET state = 'wanted', retry_at = NULL, attempts = 0 \
                         WHERE device_id = ?1 AND state = 'failed' RETURNING person_id",
                    )?
                    .query_map([device.as_str()], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                for person in &people {
                    outbox::announce(tx, Event::RosterUpdated, person, Some(device.as_str()))?;
                }
                let detail = json!({"items": people.len()});
                audit::note(tx, &actor, "roster.retry", "device", device.as_str(), detail)?;
                Ok(u64::try_from(people.len()).unwrap_or(u64::MAX))
            })
            .await
    }

    async fn recompute_device(&self, device: &DeviceId) -> Result<(), StoreError> {
        let device = device.clone();
        self.store
            .write(move |tx| refresh(tx, RosterScope::Device(device.as_str())))
            .await
    }

    async fn strays(&self, device: &DeviceId) -> Result<Vec<Stray>, StoreError> {
        let device = device.clone();
        self.store
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT wire_id, name FROM strays WHERE device_id = ?1 ORDER BY wire_id",
                )?;
                let rows = statement.query_map([device.as_str()], |row| {
                    Ok(Stray {
                        wire_id: row.get(0)?,
                        name: row.get(1)?,
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn compared(
        &self,
        actor: &Actor,
        device: &DeviceId,
        held: Vec<Stray>,
    ) -> Result<Comparison, StoreError> {
        let (actor, device) = (actor.clone(), device.clone());
        self.store
            .write(move |tx| compare::compare(tx, &actor, device.as_str(), &held))
            .await
    }

    async fn expected(&self, device: &DeviceId) -> Result<Option<Expected>, StoreError> {
        let device = device.clone();
        self.store
            .read(move |connection| compare::expected(connection, device.as_str()))
            .await
    }

    async fn keep_stray(&self, device: &DeviceId, stray: Stray) -> Result<bool, StoreError> {
        let device = device.clone();
        self.store
            .write(move |tx| compare::keep_stray(tx, device.as_str(), &stray))
            .await
    }

    async fn map_wire_id(
        &self,
        device: &DeviceId,
        wire_id: &str,
        candidate: &PersonId,
    ) -> Result<PersonId, StoreError> {
        let (device, wire_id, candidate) = (device.clone(), wire_id.to_owned(), candidate.clone());
        self.store
            .write(move |tx| compare::map(tx, device.as_str(), &wire_id, &candidate))
            .await
    }

    async fn person_of_wire_id(
        &self,
        device: &DeviceId,
        wire_id: &str,
    ) -> Result<Option<PersonId>, StoreError> {
        let (device, wire_id) = (device.clone(), wire_id.to_owned());
        self.store
            .read(move |connection| {
                let found = held_person(connection, device.as_str(), &wire_id)?;
                Ok(found.and_then(|id| PersonId::new(id).ok()))
            })
            .await
    }

    async fn counts(&self, bound: Option<ZoneId>) -> Result<RosterCounts, StoreError> {
        self.store
            .read(move |connection| {
                let counts = connection.query_row(
                    "SELECT count(*) FILTER (WHERE r.state = 'wanted'), count(*) FILTER (WHERE r.state = 'applied'), \
                     count(*) FILTER (WHERE r.state = 'failed'), count(*) FILTER (WHERE r.state = 'removing') \
                     FROM roster r JOIN devices d ON d.id = r.device_id WHERE ?1 IS NULL OR d.zone_id = ?1",
                    [bound.as_ref().map(ZoneId::as_str)],
                    |row| {
                        Ok(RosterCounts {
                            wanted: row.get(0)?,
                            applied: row.get(1)?,
                            failed: row.get(2)?,
                            removing: row.get(3)?,
                        })
                    },
                )?;
                Ok(counts)
            })
            .await
    }
}

/// Whom an id on a device means (hub rule 29). The person may be gone from the hub and still be on the device.
pub(in crate::hub) fn held_person(
    connection: &Connection,
    device: &str,
    wire_id: &str,
) -> Result<Option<String>, StoreError> {
    if wire_id.is_empty() {
        return Ok(None);
    }
    let found = connection
        .prepare_cached(
            "SELECT person_id FROM wire_ids WHERE device_id = ?1 AND wire_id = ?2 UNION ALL \
             SELECT r.person_id FROM roster r WHERE r.device_id = ?1 AND r.person_id = ?2 \
             AND r.applied_digest IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM wire_ids w WHERE w.device_id = ?1 AND w.person_id = r.person_id) LIMIT 1",
        )?
        .query_row([device, wire_id], |row| row.get(0))
        .optional()?;
    Ok(found)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RosterItem> {
    Ok(RosterItem {
        device_id: DeviceId::new(row.get::<_, String>("device_id")?),
        person_id: row.get("person_id")?,
        state: RosterState::from_name(row.get_ref("state")?.as_str()?),
        reason: row.get("reason")?,
        detail: row.get("detail")?,
        attempts: row.get("attempts")?,
        retry_at: row
            .get::<_, Option<i64>>("retry_at")?
            .and_then(|at| Timestamp::from_millisecond(at).ok()),
        warnings: serde_json::from_str(row.get_ref("warnings")?.as_str()?).unwrap_or_default(),
    })
}
