//! Imports: taking over whom a device holds (hub rule 29). What is kept here outlives the hub, so that an import that
//! was cut short goes on when the device is there again.

use super::accounts::Actor;
use super::audit;
use crate::{Store, StoreError, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use model::DeviceId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::json;

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// It is under way, or goes on when the device is there again.
    Running,
    /// Everybody was taken over.
    Done,
    /// It was given up.
    Failed,
}

impl ImportState {
    fn from_name(name: &str) -> Self {
        match name {
            "done" => Self::Done,
            "failed" => Self::Failed,
            _ => Self::Running,
        }
    }
}

/// The last import of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Where it stands.
    pub state: ImportState,
    /// People taken since the device was last asked for its first one.
    pub persons: u32,
    /// Photos taken.
    pub photos: u32,
    /// Photos that the hub could not use, since then.
    pub photos_refused: u32,
    /// Why it failed.
    pub error: Option<String>,
    /// How often the device was asked for its people.
    #[serde(skip)]
    pub attempts: u32,
    /// Who was taken last, where the dialect can go on from there.
    #[serde(skip)]
    pub reached: Option<Place>,
    /// Who asked for it.
    #[serde(skip)]
    pub actor: Actor,
}

/// Somebody in a device's list of its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// How many come before.
    pub index: u32,
    /// The id that the device has for them.
    pub wire_id: String,
}

/// What was taken with one person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Took {
    /// Where the device has them, if an import can go on from there.
    pub place: Option<Place>,
    /// Photos that were kept.
    pub photos: u32,
    /// Photos that could not be used.
    pub refused: u32,
}

/// The imports of all devices.
#[async_trait]
pub trait Imports: Send + Sync {
    /// The last import of a device; `None` where there was none.
    ///
    /// # Errors
    /// Only what the database says.
    async fn last(&self, device: &DeviceId) -> Result<Option<Import>, StoreError>;

    /// Begins one; `false` where one runs.
    ///
    /// # Errors
    /// Only what the database says.
    async fn begin(&self, actor: &Actor, device: &DeviceId) -> Result<bool, StoreError>;

    /// Goes on with one that runs: after whom it reached, else from the first person on. `None` where none runs.
    ///
    /// # Errors
    /// Only what the database says.
    async fn go_on(&self, device: &DeviceId) -> Result<Option<Import>, StoreError>;

    /// The device is asked for its first person again.
    ///
    /// # Errors
    /// Only what the database says.
    async fn start_over(&self, device: &DeviceId) -> Result<(), StoreError>;

    /// One person more was taken.
    ///
    /// # Errors
    /// Only what the database says.
    async fn took(&self, device: &DeviceId, took: Took) -> Result<(), StoreError>;

    /// Ends one: everybody was taken over, or why it is given up.
    ///
    /// # Errors
    /// Only what the database says.
    async fn end(&self, device: &DeviceId, outcome: Result<(), String>) -> Result<(), StoreError>;
}

/// [`Imports`] on SQLite.
#[derive(Debug, Clone)]
pub struct SqliteImports {
    store: Store,
}

impl SqliteImports {
    /// The imports of this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Imports for SqliteImports {
    async fn last(&self, device: &DeviceId) -> Result<Option<Import>, StoreError> {
        let device = device.clone();
        self.store
            .read(move |connection| load(connection, device.as_str()))
            .await
    }

    async fn begin(&self, actor: &Actor, device: &DeviceId) -> Result<bool, StoreError> {
        let (actor, device) = (actor.clone(), device.clone());
        self.store
            .write(move |tx| begin(tx, &actor, device.as_str()))
            .await
    }

    async fn go_on(&self, device: &DeviceId) -> Result<Option<Import>, StoreError> {
        let device = device.clone();
        self.store
            .write(move |tx| {
                let running = tx.execute(
                    "UPDATE imports SET attempts = attempts + 1 WHERE device_id = ?1 AND state = 'running'",
                    [device.as_str()],
                )?;
                if running == 0 {
                    return Ok(None);
                }
                load(tx, device.as_str())
            })
            .await
    }

    async fn start_over(&self, device: &DeviceId) -> Result<(), StoreError> {
        let device = device.clone();
        self.store
            .write(move |tx| {
                tx.execute(
                    "UPDATE imports SET persons = 0, photos_refused = 0, place = NULL, place_wire_id = NULL \
                     WHERE device_id = ?1",
                    [device.as_str()],
                )?;
                Ok(())
            })
            .await
    }

    async fn took(&self, device: &DeviceId, took: Took) -> Result<(), StoreError> {
        let device = device.clone();
        self.store
            .write(move |tx| {
                let (place, wire_id) = took.place.map(|place| (place.index, place.wire_id)).unzip();
                tx.prepare_cached(
                    "UPDATE imports SET persons = persons + 1, photos = photos + ?2, \
                     photos_refused = photos_refused + ?3, place = ?4, place_wire_id = ?5 WHERE device_id = ?1",
                )?
                .execute(params![device.as_str(), took.photos, took.refused, place, wire_id])?;
                Ok(())
            })
            .await
    }

    async fn end(&self, device: &DeviceId, outcome: Result<(), String>) -> Result<(), StoreError> {
        let device = device.clone();
        self.store
            .write(move |tx| {
                let (state, error) = match &outcome {
                    Ok(()) => ("done", None),
                    Err(error) => ("failed", Some(error)),
                };
                tx.execute(
                    "UPDATE imports SET state = ?2, error = ?3, ended_at = ?4 \
                     WHERE device_id = ?1 AND state = 'running'",
                    params![device.as_str(), state, error, Timestamp::now().as_millisecond()],
                )?;
                Ok(())
            })
            .await
    }
}

fn begin(tx: &mut Write<'_>, actor: &Actor, device: &str) -> Result<bool, StoreError> {
    if load(tx, device)?.is_some_and(|import| import.state == ImportState::Running) {
        return Ok(false);
    }
    tx.execute(
        "INSERT OR REPLACE INTO imports (device_id, actor, state, attempts, begun_at) \
         VALUES (?1, ?2, 'running', 0, ?3)",
        params![device, actor.name, Timestamp::now().as_millisecond()],
    )?;
    audit::note(tx, actor, "device.import", "device", device, json!({}))?;
    Ok(true)
}

fn load(connection: &Connection, device: &str) -> Result<Option<Import>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT actor, state, attempts, persons, photos, photos_refused, error, place, place_wire_id \
             FROM imports WHERE device_id = ?1",
        )?
        .query_row([device], from_row)
        .optional()?;
    Ok(found)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Import> {
    let reached = row.get::<_, Option<u32>>("place")?.zip(row.get("place_wire_id")?);
    Ok(Import {
        reached: reached.map(|(index, wire_id)| Place { index, wire_id }),
        state: ImportState::from_name(row.get_ref("state")?.as_str()?),
        persons: row.get("persons")?,
        photos: row.get("photos")?,
        photos_refused: row.get("photos_refused")?,
        error: row.get("error")?,
        attempts: row.get("attempts")?,
        actor: Actor::new(row.get::<_, String>("actor")?),
    })
}
