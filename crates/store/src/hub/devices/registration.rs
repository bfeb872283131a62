//! Devices that come by themselves: registration, the keys of their connections, and signing in (hub rule 19).

use super::row::{self, gone};
use super::{Contact, KeyedDevice, Registration, SerialDevice, Standing, StoredDevice};
use crate::hub::accounts::{Actor, SecretHash};
use crate::hub::{audit, outbox, outbox::Event};
use crate::{Store, StoreError, Write};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The table name that secrets are sealed under.
const SEAL_TABLE: &str = "devices";

/// What lies sealed in a device's row.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// The secret of each live key.
    #[serde(default)]
    pub(super) keys: BTreeMap<String, String>,
    /// The dialect's credentials, where the hub dials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) credentials: Option<Value>,
    /// Credentials that were sent, or are about to be, and not proven yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) candidate: Option<Value>,
    /// The hash of the password that was made for its connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password_hash: Option<SecretHash>,
}

impl Secrets {
    pub(super) fn load(store: &Store, connection: &Connection, id: &str) -> Result<Self, StoreError> {
        let sealed: Option<Vec<u8>> =
            connection.query_row("SELECT secret FROM devices WHERE id = ?1", [id], |row| row.get(0))?;
        match sealed {
            Some(sealed) => Ok(serde_json::from_slice(&store.unseal(SEAL_TABLE, id, &sealed)?)?),
            None => Ok(Self::default()),
        }
    }

    pub(super) fn save(&self, store: &Store, tx: &Write<'_>, id: &str) -> Result<(), StoreError> {
        let sealed = store.seal(SEAL_TABLE, id, &serde_json::to_vec(self)?)?;
        tx.execute(
            "UPDATE devices SET secret = ?2 WHERE id = ?1",
            params![id, sealed],
        )?;
        Ok(())
    }
}

/// Registers a device; see [`super::Devices::register`].
pub(super) fn register(
    store: &Store,
    tx: &mut Write<'_>,
    registration: &Registration,
    live: impl FnOnce(&model::DeviceId) -> bool,
) -> Result<StoredDevice, StoreError> {
    let known = match find(tx, registration)? {
        Some(id) => meet(tx, &id, registration, live)?,
        None => insert(tx, registration)?,
    };
    if known.standing == Standing::Disabled {
        return Ok(known);
    }
    let id = known.device.id.as_str();
    let mut secrets = Secrets::load(store, tx, id)?;
    let current: Option<String> =
        tx.query_row("SELECT link_key FROM devices WHERE id = ?1", [id], |row| {
            row.get(0)
        })?;
    secrets.keys.retain(|key, _| Some(key) == current.as_ref());
    secrets
        .keys
        .insert(registration.link_key.clone(), registration.secret.clone());
    secrets.save(store, tx, id)?;
    tx.execute(
        "UPDATE devices SET next_link_key = ?2, last_seen_at = ?3, address = ?4 WHERE id = ?1",
        params![
            id,
            registration.link_key,
            registration.at.as_millisecond(),
            registration.address
        ],
    )?;
    Ok(known)
}

/// The device of this identity: dialect, serial and MAC, else one that was entered beforehand by its serial.
fn find(tx: &Connection, registration: &Registration) -> Result<Option<String>, StoreError> {
    let found = tx
        .query_row(
            "SELECT id FROM devices WHERE dialect = ?1 AND serial = ?2 AND mac IN (?3, '') ORDER BY mac DESC LIMIT 1",
            params![registration.dialect, registration.serial, registration.mac],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found)
}

fn insert(tx: &mut Write<'_>, registration: &Registration) -> Result<StoredDevice, StoreError> {
    let standing = if registration.approve {
        Standing::Approved
    } else {
        Standing::Pending
    };
    if standing == Standing::Pending {
        let pending: u32 = tx.query_row(
            "SELECT count(*) FROM devices WHERE standing = 'pending'",
            [],
            |row| row.get(0),
        )?;
        if pending >= registration.most_pending {
            return Err(StoreError::Busy {
                limit: registration.most_pending as usize,
            });
        }
    }
    let id = crate::hub::new_id();
    tx.execute(
        "INSERT INTO devices (id, dialect, serial, mac, name, standing, address, model, protocol_version, \
         capabilities, created_at) VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            id,
            registration.dialect,
            registration.serial,
            registration.mac,
            standing.name(),
            registration.address,
            registration.model,
            registration.protocol_version,
            serde_json::to_string(&registration.capabilities)?,
            registration.at.as_millisecond()
        ],
    )?;
    let event = if registration.approve {
        Event::DeviceStatus
    } else {
        Event::DevicePending
    };
    told(tx, &id, "device.register", event, registration)
}

/// A known device registers again.
fn meet(
    tx: &mut Write<'_>,
    id: &str,
    registration: &Registration,
    live: impl FnOnce(&model::DeviceId) -> bool,
) -> Result<StoredDevice, StoreError> {
    let known = row::by_id(tx, id)?.ok_or_else(|| gone(id))?;
    if known.standing == Standing::Disabled {
        return Ok(known);
    }
    tx.execute(
        "UPDATE devices SET mac = ?2, model = coalesce(?3, model), capabilities = ?4, protocol_limit = NULL \
         WHERE id = ?1",
        params![
            id,
            registration.mac,
            registration.model,
            serde_json::to_string(&registration.capabilities)?
        ],
    )?;
    let suspicious = !registration.approve && known.standing == Standing::Approved && live(&known.device.id);
    if suspicious {
        tx.execute(
            "UPDATE devices SET standing = 'pending', revision = revision + 1 WHERE id = ?1",
            [id],
        )?;
        return told(
            tx,
            id,
            "device.register_while_connected",
            Event::DevicePending,
            registration,
        );
    }
    let event = match known.standing {
        Standing::Pending => Event::DevicePending,
        _ => Event::DeviceStatus,
    };
    told(tx, id, "device.register_again", event, registration)
}

fn told(
    tx: &mut Write<'_>,
    id: &str,
    action: &str,
    event: Event,
    registration: &Registration,
) -> Result<StoredDevice, StoreError> {
    let actor = Actor::new(format!("device:{id}"));
    let detail =
        json!({"serial": registration.serial, "mac": registration.mac, "address": registration.address});
    audit::note(tx, &actor, action, "device", id, detail)?;
    outbox::announce(tx, event, id, Some(id))?;
    row::by_id(tx, id)?.ok_or_else(|| gone(id))
}

/// The device that names itself by this key.
pub(super) fn by_link_key(
    store: &Store,
    connection: &Connection,
    dialect: &str,
    key: &str,
) -> Result<Option<KeyedDevice>, StoreError> {
    let id: Option<String> = connection
        .query_row(
            "SELECT id FROM devices WHERE dialect = ?1 AND (link_key = ?2 OR next_link_key = ?2)",
            [dialect, key],
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    let Some(device) = row::by_id(connection, &id)? else {
        return Ok(None);
    };
    let secrets = Secrets::load(store, connection, &id)?;
    Ok(secrets.keys.get(key).map(|secret| KeyedDevice {
        device,
        secret: secret.clone(),
    }))
}

/// The device of a serial; see [`super::Devices::by_serial`].
pub(super) fn by_serial(
    store: &Store,
    connection: &Connection,
    dialect: &str,
    serial: &str,
) -> Result<Option<SerialDevice>, StoreError> {
    let id: Option<String> = connection
        .query_row(
            "SELECT id FROM devices WHERE dialect = ?1 AND serial = ?2",
            [dialect, serial],
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    let Some(device) = row::by_id(connection, &id)? else {
        return Ok(None);
    };
    Ok(Some(SerialDevice {
        device,
        password_hash: Secrets::load(store, connection, &id)?.password_hash,
    }))
}

/// Notes a sign-in; see [`super::Devices::signed_in`].
pub(super) fn signed_in(
    store: &Store,
    tx: &mut Write<'_>,
    id: &str,
    key: &str,
    contact: &Contact,
) -> Result<Option<StoredDevice>, StoreError> {
    let mut secrets = Secrets::load(store, tx, id)?;
    if !secrets.keys.contains_key(key) {
        return Ok(None);
    }
    if secrets.keys.len() > 1 {
        secrets.keys.retain(|known, _| known == key);
        secrets.save(store, tx, id)?;
    }
    tx.execute(
        "UPDATE devices SET link_key = ?2, next_link_key = NULL, address = ?3, firmware = coalesce(?4, firmware), \
         protocol_limit = CASE WHEN firmware IS coalesce(?4, firmware) THEN protocol_limit END, \
         protocol_version = max(coalesce(protocol_version, 0), ?5), last_seen_at = ?6 WHERE id = ?1",
        params![
            id,
            key,
            contact.address,
            contact.firmware,
            contact.protocol_version,
            contact.at.as_millisecond()
        ],
    )?;
    row::by_id(tx, id)
}
