//! Devices that the hub dials: their secrets (hub rule 22), what they say of themselves, and how far their records are
//! here.

use super::change::guarded;
use super::registration::Secrets;
use super::row::{self, gone};
use super::{Standing, StoredDevice};
use crate::hub::accounts::Actor;
use crate::hub::outbox::Event;
use crate::hub::{audit, commands, outbox, records};
use crate::{Store, StoreError, Write};
use model::DeviceId;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

/// How a device is dialled.
#[derive(Debug, Clone, PartialEq)]
pub struct Dialling {
    /// The unguessable part of the addresses that it pushes to (hub rule 20).
    pub token: Option<String>,
    /// The credentials in use; `None` are the dialect's own.
    pub credentials: Option<Value>,
    /// Credentials that were sent, or were about to be: whether the device took them is in doubt.
    pub candidate: Option<Value>,
}

/// What a device says of itself when it is dialled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// What it calls itself.
    pub serial: String,
    /// Its model.
    pub model: Option<String>,
    /// Its firmware.
    pub firmware: Option<String>,
    /// How many people it can hold.
    pub capacity: Option<u32>,
}

pub(super) fn dialling(store: &Store, connection: &Connection, id: &str) -> Result<Dialling, StoreError> {
    let token: Option<Option<String>> = connection
        .query_row(
            "SELECT coalesce(next_link_key, link_key) FROM devices WHERE id = ?1",
            [id],
            |row| row.get(0),
        )
        .optional()?;
    let token = token.ok_or_else(|| gone(id))?;
    let secrets = Secrets::load(store, connection, id)?;
    Ok(Dialling {
        token,
        credentials: secrets.credentials,
        candidate: secrets.candidate,
    })
}

pub(super) fn propose(
    store: &Store,
    tx: &mut Write<'_>,
    id: &str,
    candidate: Value,
) -> Result<(), StoreError> {
    row::by_id(tx, id)?.ok_or_else(|| gone(id))?;
    let mut secrets = Secrets::load(store, tx, id)?;
    secrets.candidate = Some(candidate);
    secrets.save(store, tx, id)
}

pub(super) fn proven(
    store: &Store,
    tx: &mut Write<'_>,
    id: &DeviceId,
    proven: Value,
) -> Result<(), StoreError> {
    row::by_id(tx, id.as_str())?.ok_or_else(|| gone(id.as_str()))?;
    let mut secrets = Secrets::load(store, tx, id.as_str())?;
    // Whoever changed the credentials meanwhile knows better.
    if secrets.candidate.as_ref() != Some(&proven) {
        return Ok(());
    }
    secrets.credentials = Some(proven);
    secrets.candidate = None;
    secrets.save(store, tx, id.as_str())?;
    audit::note(
        tx,
        &Actor::hub(),
        "device.new_credentials",
        "device",
        id.as_str(),
        json!({}),
    )
}

/// Keeps what a device said of itself; see [`super::Devices::identified`].
pub(super) fn identified(
    tx: &mut Write<'_>,
    id: &DeviceId,
    identity: &Identity,
) -> Result<StoredDevice, StoreError> {
    let before = guarded(tx, id, None, None)?;
    let conflict = |what: String| Err(StoreError::Conflict { what });
    let known = before.device.serial.as_str();
    if !known.is_empty() && known != identity.serial {
        return conflict(format!("it calls itself {:?}, not {known:?}", identity.serial));
    }
    if let Some(other) = same_serial(tx, &before, &identity.serial)? {
        if other.standing != Standing::Pending {
            return conflict(format!(
                "the device {} has the serial {:?} already",
                other.device.id, identity.serial
            ));
        }
        dissolve(tx, &other.device.id)?;
    }
    tx.execute(
        "UPDATE devices SET serial = ?2, model = coalesce(?3, model), firmware = coalesce(?4, firmware), \
         capacity = coalesce(?5, capacity), name = CASE WHEN serial = '' AND name = address THEN ?2 ELSE name END \
         WHERE id = ?1",
        params![
            id.as_str(),
            identity.serial,
            identity.model,
            identity.firmware,
            identity.capacity
        ],
    )?;
    if known.is_empty() {
        let detail = json!({"serial": identity.serial, "address": before.device.address});
        audit::note(
            tx,
            &Actor::hub(),
            "device.identify",
            "device",
            id.as_str(),
            detail,
        )?;
        outbox::announce(tx, Event::DeviceStatus, id.as_str(), Some(id.as_str()))?;
    }
    row::by_id(tx, id.as_str())?.ok_or_else(|| gone(id.as_str()))
}

fn same_serial(
    connection: &Connection,
    device: &StoredDevice,
    serial: &str,
) -> Result<Option<StoredDevice>, StoreError> {
    let other: Option<String> = connection
        .query_row(
            "SELECT id FROM devices WHERE dialect = ?1 AND serial = ?2 AND id <> ?3",
            [device.device.dialect.as_str(), serial, device.device.id.as_str()],
            |row| row.get(0),
        )
        .optional()?;
    match other {
        Some(other) => row::by_id(connection, &other),
        None => Ok(None),
    }
}

/// A pending device turns out to be one that an operator entered.
fn dissolve(tx: &mut Write<'_>, pending: &DeviceId) -> Result<(), StoreError> {
    records::drop_held(tx, pending)?;
    commands::drop_results(tx, pending)?;
    tx.execute("DELETE FROM devices WHERE id = ?1", [pending.as_str()])?;
    outbox::announce(tx, Event::DeviceStatus, pending.as_str(), Some(pending.as_str()))
}

pub(super) fn records_until(connection: &Connection, id: &str) -> Result<Option<i64>, StoreError> {
    let until = connection
        .query_row("SELECT records_until FROM devices WHERE id = ?1", [id], |row| {
            row.get(0)
        })
        .optional()?;
    until.ok_or_else(|| gone(id))
}
