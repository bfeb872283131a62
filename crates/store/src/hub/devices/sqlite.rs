//! [`Devices`] in SQLite.

use super::change::{apply, create, guarded, visible};
use super::dialling::{self, Dialling, Identity};
use super::registration::{self, Secrets};
use super::row;
use super::{
    Contact, DeviceChange, DeviceCounts, DeviceFilter, Devices, KeyedDevice, LiveCheck, LiveProbe, NewDevice,
    Registration, SerialDevice, StoredDevice,
};
use crate::hub::accounts::{Actor, SecretHash};
use crate::hub::outbox::Event;
use crate::hub::{audit, commands, outbox, records};
use crate::{Store, StoreError};
use async_trait::async_trait;
use jiff::Timestamp;
use model::{DeviceId, ZoneId};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

/// The fleet in SQLite.
#[derive(Clone)]
pub struct SqliteDevices {
    store: Store,
}

impl SqliteDevices {
    /// Over an open store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Devices for SqliteDevices {
    async fn device(&self, id: &DeviceId, bound: Option<ZoneId>) -> Result<Option<StoredDevice>, StoreError> {
        let id = id.clone();
        self.store
            .read(move |connection| {
                Ok(row::by_id(connection, id.as_str())?.filter(|found| visible(found, bound.as_ref())))
            })
            .await
    }

    async fn list(&self, filter: DeviceFilter) -> Result<Vec<StoredDevice>, StoreError> {
        self.store
            .read(move |connection| row::list(connection, &filter))
            .await
    }

    async fn create(&self, actor: &Actor, device: NewDevice) -> Result<StoredDevice, StoreError> {
        let (store, actor) = (self.store.clone(), actor.clone());
        let at = Timestamp::now().as_millisecond();
        self.store
            .write(move |tx| create(&store, tx, &actor, &device, at))
            .await
    }

    async fn approve(
        &self,
        actor: &Actor,
        id: &DeviceId,
        change: DeviceChange,
        bound: Option<ZoneId>,
        expected: Option<i64>,
    ) -> Result<StoredDevice, StoreError> {
        let (store, actor, id) = (self.store.clone(), actor.clone(), id.clone());
        self.store
            .write(move |tx| {
                let before = guarded(tx, &id, bound.as_ref(), expected)?;
                tx.execute(
                    "UPDATE devices SET standing = 'approved' WHERE id = ?1",
                    [id.as_str()],
                )?;
                let after = apply(&store, tx, &actor, &before, &change, "device.approve")?;
                records::release(tx, &id)?;
                Ok(after)
            })
            .await
    }

    async fn change(
        &self,
        actor: &Actor,
        id: &DeviceId,
        change: DeviceChange,
        bound: Option<ZoneId>,
        expected: Option<i64>,
    ) -> Result<StoredDevice, StoreError> {
        let (store, actor, id) = (self.store.clone(), actor.clone(), id.clone());
        self.store
            .write(move |tx| {
                let before = guarded(tx, &id, bound.as_ref(), expected)?;
                apply(&store, tx, &actor, &before, &change, "device.update")
            })
            .await
    }

    async fn delete(
        &self,
        actor: &Actor,
        id: &DeviceId,
        bound: Option<ZoneId>,
        expected: Option<i64>,
    ) -> Result<(), StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| {
                let device = guarded(tx, &id, bound.as_ref(), expected)?.device;
                records::drop_held(tx, &id)?;
                commands::drop_results(tx, &id)?;
                tx.execute("DELETE FROM devices WHERE id = ?1", [id.as_str()])?;
                let detail = json!({"serial": device.serial, "name": device.name});
                audit::note(tx, &actor, "device.delete", "device", id.as_str(), detail)?;
                outbox::announce(tx, Event::DeviceStatus, id.as_str(), Some(id.as_str()))
            })
            .await
    }

    async fn credentials(&self, actor: &Actor, id: &DeviceId) -> Result<Value, StoreError> {
        let (store, actor, id) = (self.store.clone(), actor.clone(), id.clone());
        self.store
            .write(move |tx| {
                guarded(tx, &id, None, None)?;
                audit::note(
                    tx,
                    &actor,
                    "device.credentials_view",
                    "device",
                    id.as_str(),
                    json!({}),
                )?;
                credentials(&store, tx, &id)
            })
            .await
    }

    async fn register(
        &self,
        registration: Registration,
        live: LiveCheck,
    ) -> Result<StoredDevice, StoreError> {
        let store = self.store.clone();
        self.store
            .write(move |tx| registration::register(&store, tx, &registration, live))
            .await
    }

    async fn by_link_key(&self, dialect: &str, key: &str) -> Result<Option<KeyedDevice>, StoreError> {
        let (store, dialect, key) = (self.store.clone(), dialect.to_owned(), key.to_owned());
        self.store
            .read(move |connection| registration::by_link_key(&store, connection, &dialect, &key))
            .await
    }

    async fn by_serial(&self, dialect: &str, serial: &str) -> Result<Option<SerialDevice>, StoreError> {
        let (store, dialect, serial) = (self.store.clone(), dialect.to_owned(), serial.to_owned());
        self.store
            .read(move |connection| registration::by_serial(&store, connection, &dialect, &serial))
            .await
    }

    async fn set_password(
        &self,
        actor: &Actor,
        id: &DeviceId,
        bound: Option<ZoneId>,
        hash: SecretHash,
    ) -> Result<StoredDevice, StoreError> {
        let (store, actor, id) = (self.store.clone(), actor.clone(), id.clone());
        self.store
            .write(move |tx| {
                let device = guarded(tx, &id, bound.as_ref(), None)?;
                let mut secrets = Secrets::load(&store, tx, id.as_str())?;
                secrets.password_hash = Some(hash);
                secrets.save(&store, tx, id.as_str())?;
                audit::note(
                    tx,
                    &actor,
                    "device.new_password",
                    "device",
                    id.as_str(),
                    json!({}),
                )?;
                Ok(device)
            })
            .await
    }

    async fn signed_in(
        &self,
        id: &DeviceId,
        key: &str,
        contact: Contact,
    ) -> Result<Option<StoredDevice>, StoreError> {
        let (store, id, key) = (self.store.clone(), id.clone(), key.to_owned());
        self.store
            .write(move |tx| registration::signed_in(&store, tx, id.as_str(), &key, &contact))
            .await
    }

    async fn settle_presence(
        &self,
        id: &DeviceId,
        live: LiveProbe,
        at: Timestamp,
    ) -> Result<Option<StoredDevice>, StoreError> {
        let id = id.clone();
        self.store
            .write(move |tx| {
                let changed = tx.execute(
                    "UPDATE devices SET online = ?2, last_seen_at = max(coalesce(last_seen_at, 0), ?3) \
                     WHERE id = ?1 AND online <> ?2",
                    params![id.as_str(), live(), at.as_millisecond()],
                )?;
                if changed == 0 {
                    return Ok(None);
                }
                outbox::announce(tx, Event::DeviceStatus, id.as_str(), Some(id.as_str()))?;
                row::by_id(tx, id.as_str())
            })
            .await
    }

    async fn all_offline(&self) -> Result<(), StoreError> {
        self.store
            .write(|tx| {
                let ids: Vec<String> = tx
                    .prepare("UPDATE devices SET online = 0 WHERE online = 1 RETURNING id")?
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                for id in ids {
                    outbox::announce(tx, Event::DeviceStatus, &id, Some(&id))?;
                }
                Ok(())
            })
            .await
    }

    async fn seen(&self, devices: Vec<(DeviceId, Timestamp)>) -> Result<(), StoreError> {
        self.store
            .write(move |tx| {
                let mut statement = tx.prepare_cached(
                    "UPDATE devices SET last_seen_at = ?2 WHERE id = ?1 AND coalesce(last_seen_at, 0) < ?2",
                )?;
                for (id, at) in &devices {
                    statement.execute(params![id.as_str(), at.as_millisecond()])?;
                }
                Ok(())
            })
            .await
    }

    async fn settings_changed(&self, actor: &Actor, id: &DeviceId, what: &str) -> Result<(), StoreError> {
        let (actor, id, what) = (actor.clone(), id.clone(), what.to_owned());
        self.store
            .write(move |tx| {
                let detail = serde_json::json!({ "changed": what });
                audit::note(tx, &actor, "device.settings", "device", id.as_str(), detail)
            })
            .await
    }

    async fn clock_found(
        &self,
        id: &DeviceId,
        skew_ms: Option<i64>,
        wrong_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let id = id.clone();
        self.store
            .write(move |tx| {
                tx.execute(
                    "UPDATE devices SET clock_skew_ms = coalesce(?2, clock_skew_ms),
                     clock_wrong_until = coalesce(?3, clock_wrong_until),
                     records_until = CASE WHEN ?2 IS NULL AND ?3 IS NOT NULL THEN NULL ELSE records_until END
                     WHERE id = ?1",
                    params![id.as_str(), skew_ms, wrong_at.map(Timestamp::as_millisecond)],
                )?;
                Ok(())
            })
            .await
    }

    async fn set_protocol_limit(&self, id: &DeviceId, limit: u8) -> Result<(), StoreError> {
        let id = id.clone();
        self.store
            .write(move |tx| {
                tx.execute(
                    "UPDATE devices SET protocol_limit = ?2 WHERE id = ?1",
                    params![id.as_str(), limit],
                )?;
                Ok(())
            })
            .await
    }

    async fn wrong_address(&self, id: &DeviceId, address: &str) -> Result<(), StoreError> {
        let (id, address) = (id.clone(), address.to_owned());
        self.store
            .write(move |tx| {
                let detail = json!({"address": address});
                audit::note(
                    tx,
                    &Actor::device(&id),
                    "device.wrong_address",
                    "device",
                    id.as_str(),
                    detail,
                )?;
                outbox::announce(tx, Event::DeviceWrongAddress, id.as_str(), Some(id.as_str()))
            })
            .await
    }

    async fn dialling(&self, id: &DeviceId) -> Result<Dialling, StoreError> {
        let (store, id) = (self.store.clone(), id.clone());
        self.store
            .read(move |connection| dialling::dialling(&store, connection, id.as_str()))
            .await
    }

    async fn propose_credentials(&self, id: &DeviceId, candidate: &Value) -> Result<(), StoreError> {
        let (store, id, candidate) = (self.store.clone(), id.clone(), candidate.clone());
        self.store
            .write(move |tx| dialling::propose(&store, tx, id.as_str(), candidate))
            .await
    }

    async fn credentials_proven(&self, id: &DeviceId, proven: &Value) -> Result<(), StoreError> {
        let (store, id, proven) = (self.store.clone(), id.clone(), proven.clone());
        self.store
            .write(move |tx| dialling::proven(&store, tx, &id, proven))
            .await
    }

    async fn identified(&self, id: &DeviceId, identity: Identity) -> Result<StoredDevice, StoreError> {
        let id = id.clone();
        self.store
            .write(move |tx| dialling::identified(tx, &id, &identity))
            .await
    }

    async fn records_until(&self, id: &DeviceId) -> Result<Option<i64>, StoreError> {
        let id = id.clone();
        self.store
            .read(move |connection| dialling::records_until(connection, id.as_str()))
            .await
    }

    async fn set_records_until(&self, id: &DeviceId, until_ms: i64) -> Result<(), StoreError> {
        let id = id.clone();
        self.store
            .write(move |tx| {
                tx.execute(
                    "UPDATE devices SET records_until = max(coalesce(records_until, 0), ?2) WHERE id = ?1",
                    params![id.as_str(), until_ms],
                )?;
                Ok(())
            })
            .await
    }

    async fn counts(&self, bound: Option<ZoneId>) -> Result<DeviceCounts, StoreError> {
        self.store
            .read(move |connection| counts(connection, bound.as_ref()))
            .await
    }
}

fn credentials(store: &Store, connection: &Connection, id: &DeviceId) -> Result<Value, StoreError> {
    let secrets = Secrets::load(store, connection, id.as_str())?;
    let mut shown = match secrets.credentials {
        Some(Value::Object(map)) => map,
        _ => serde_json::Map::new(),
    };
    if let Some((key, secret)) = secrets.keys.into_iter().next_back() {
        shown.insert("link_key".to_owned(), Value::String(key));
        shown.insert("secret".to_owned(), Value::String(secret));
    }
    Ok(Value::Object(shown))
}

fn counts(connection: &Connection, bound: Option<&ZoneId>) -> Result<DeviceCounts, StoreError> {
    let counts = connection.query_row(
        "SELECT count(*) FILTER (WHERE standing = 'pending'), \
         count(*) FILTER (WHERE standing = 'approved' AND online = 1), \
         count(*) FILTER (WHERE standing = 'approved' AND online = 0), \
         count(*) FILTER (WHERE standing IN ('disabled', 'barred')) FROM devices WHERE ?1 IS NULL OR zone_id = ?1",
        [bound.map(ZoneId::as_str)],
        |row| {
            Ok(DeviceCounts {
                pending: row.get(0)?,
                online: row.get(1)?,
                offline: row.get(2)?,
                disabled: row.get(3)?,
            })
        },
    )?;
    Ok(counts)
}
