//! Entering and changing devices: the change, its audit row, its event and what follows for the roster.

use super::registration::Secrets;
use super::row::{self, decider_name, direction_name, gone};
use super::{DeviceChange, NewDevice, StoredDevice};
use crate::hub::accounts::Actor;
use crate::hub::outbox::Event;
use crate::hub::roster::{self, RosterScope};
use crate::hub::{audit, outbox};
use crate::{Store, StoreError, Write};
use model::{DeviceId, ZoneId};
use rusqlite::{Connection, params};
use serde_json::json;

/// Whether a caller bound to a zone may know of a device (hub rule 8).
pub(super) fn visible(device: &StoredDevice, bound: Option<&ZoneId>) -> bool {
    bound.is_none_or(|zone| device.device.zone_id.as_ref() == Some(zone))
}

/// The device that is to be changed, if the caller may and knows its present state.
pub(super) fn guarded(
    connection: &Connection,
    id: &DeviceId,
    bound: Option<&ZoneId>,
    expected: Option<i64>,
) -> Result<StoredDevice, StoreError> {
    let found = row::by_id(connection, id.as_str())?
        .filter(|device| visible(device, bound))
        .ok_or_else(|| gone(id.as_str()))?;
    match expected {
        Some(expected) if expected != found.revision => Err(StoreError::Revision {
            expected,
            actual: found.revision,
        }),
        _ => Ok(found),
    }
}

/// Enters a device, approved; see [`super::Devices::create`].
pub(super) fn create(
    store: &Store,
    tx: &mut Write<'_>,
    actor: &Actor,
    device: &NewDevice,
    at: i64,
) -> Result<StoredDevice, StoreError> {
    check_free(tx, device)?;
    check_zone(tx, device.zone_id.as_ref())?;
    let id = crate::hub::new_id();
    let address = device.address.as_deref().unwrap_or_default();
    let names = [&device.name, &device.serial, address];
    let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or(&id);
    tx.execute(
        "INSERT INTO devices (id, dialect, serial, mac, name, standing, decision, address, direction, zone_id, \
         time_zone, capabilities, created_at, push_address, pinned_address, link_key) \
         VALUES (?1, ?2, ?3, ?4, ?5, 'approved', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        params![
            id,
            device.dialect,
            device.serial,
            device.mac,
            name,
            decider_name(device.decision),
            device.address,
            direction_name(device.direction),
            device.zone_id.as_ref().map(ZoneId::as_str),
            device.time_zone,
            serde_json::to_string(&device.capabilities)?,
            at,
            device.push_address,
            device.pinned_address,
            device.link_key
        ],
    )?;
    if device.credentials.is_some() || device.password_hash.is_some() || device.link_key.is_some() {
        let keys = device.link_key.iter().map(|key| (key.clone(), String::new()));
        Secrets {
            credentials: device.credentials.clone(),
            password_hash: device.password_hash,
            keys: keys.collect(),
            ..Secrets::default()
        }
        .save(store, tx, &id)?;
    }
    roster::refresh(tx, RosterScope::Device(&id))?;
    let detail = json!({"dialect": device.dialect, "serial": device.serial});
    audit::note(tx, actor, "device.create", "device", &id, detail)?;
    outbox::announce(tx, Event::DeviceStatus, &id, Some(&id))?;
    row::by_id(tx, &id)?.ok_or_else(|| gone(&id))
}

/// Whether no other device of the dialect has this serial or, before it said one, this address.
fn check_free(connection: &Connection, device: &NewDevice) -> Result<(), StoreError> {
    let taken = |condition: &str, value: &str| -> Result<bool, StoreError> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM devices WHERE dialect = ?1 AND {condition})");
        Ok(connection.query_row(&sql, [device.dialect.as_str(), value], |row| row.get(0))?)
    };
    let conflict = |what: String| Err(StoreError::Conflict { what });
    if device.serial.is_empty() {
        return match &device.address {
            Some(address) if taken("address = ?2 AND standing <> 'pending'", address)? => {
                conflict(format!("a device at {address:?} is there already"))
            }
            _ => Ok(()),
        };
    }
    if taken("serial = ?2", &device.serial)? {
        return conflict(format!(
            "a device with the serial {:?} is there already",
            device.serial
        ));
    }
    Ok(())
}

fn check_zone(connection: &Connection, zone: Option<&ZoneId>) -> Result<(), StoreError> {
    let Some(zone) = zone else { return Ok(()) };
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM zones WHERE id = ?1)",
        [zone.as_str()],
        |row| row.get(0),
    )?;
    if known {
        Ok(())
    } else {
        Err(StoreError::Invalid {
            field: "zone_id",
            reason: format!("there is no zone {:?}", zone.as_str()),
        })
    }
}

/// Writes a change, its audit row, its event and what follows for the roster.
pub(super) fn apply(
    store: &Store,
    tx: &mut Write<'_>,
    actor: &Actor,
    before: &StoredDevice,
    change: &DeviceChange,
    action: &str,
) -> Result<StoredDevice, StoreError> {
    let id = before.device.id.as_str();
    let old = &before.device;
    let zone = change.zone_id.clone().unwrap_or_else(|| old.zone_id.clone());
    check_zone(tx, zone.as_ref())?;
    tx.execute(
        "UPDATE devices SET revision = revision + 1, name = ?2, zone_id = ?3, time_zone = ?4, direction = ?5, \
         decision = ?6, address = ?7, pinned_address = ?8, push_address = ?9, dial_revision = dial_revision + ?10 \
         WHERE id = ?1",
        params![
            id,
            change.name.as_ref().unwrap_or(&old.name),
            zone.as_ref().map(ZoneId::as_str),
            change.time_zone.as_ref().unwrap_or(&old.time_zone),
            direction_name(change.direction.unwrap_or(old.direction)),
            decider_name(change.decision.unwrap_or(old.decision)),
            change.address.as_ref().unwrap_or(&old.address),
            change.pinned_address.as_ref().unwrap_or(&before.pinned_address),
            change.push_address.as_ref().unwrap_or(&before.push_address),
            redials(change),
        ],
    )?;
    if let Some(disabled) = change.disabled {
        tx.execute(
            if disabled {
                "UPDATE devices SET standing = CASE standing WHEN 'pending' THEN 'barred' WHEN 'approved' THEN 'disabled' \
                 ELSE standing END WHERE id = ?1"
            } else {
                "UPDATE devices SET standing = CASE standing WHEN 'barred' THEN 'pending' WHEN 'disabled' THEN 'approved' \
                 ELSE standing END WHERE id = ?1"
            },
            [id],
        )?;
    }
    if let Some(credentials) = &change.credentials {
        let mut secrets = Secrets::load(store, tx, id)?;
        secrets.credentials = Some(credentials.clone());
        secrets.candidate = None;
        secrets.save(store, tx, id)?;
    }
    roster::refresh(tx, RosterScope::Device(id))?;
    let detail = json!({"serial": old.serial, "changed": changed_fields(change)});
    audit::note(tx, actor, action, "device", id, detail)?;
    outbox::announce(tx, Event::DeviceStatus, id, Some(id))?;
    row::by_id(tx, id)?.ok_or_else(|| gone(id))
}

/// Whether a device is to be dialled anew after a change: what a line knows of its device it knows from then.
fn redials(change: &DeviceChange) -> bool {
    change.address.is_some()
        || change.time_zone.is_some()
        || change.push_address.is_some()
        || change.credentials.is_some()
        || change.disabled.is_some()
}

fn changed_fields(change: &DeviceChange) -> Vec<&'static str> {
    [
        ("name", change.name.is_some()),
        ("zone_id", change.zone_id.is_some()),
        ("time_zone", change.time_zone.is_some()),
        ("direction", change.direction.is_some()),
        ("decision", change.decision.is_some()),
        ("credentials", change.credentials.is_some()),
        ("address", change.address.is_some()),
        ("push_address", change.push_address.is_some()),
        ("pinned_address", change.pinned_address.is_some()),
        ("status", change.disabled.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, changed)| changed.then_some(name))
    .collect()
}
