//! Devices as the hub keeps them: who they are, where they stand, and what their connections name themselves by.
//!
//! The trait is the seam; [`SqliteDevices`] stands behind it. A change, its audit row, its events and what follows
//! for rosters and waiting records are one transaction.

mod change;
mod dialling;
mod registration;
mod row;
mod sqlite;

pub use dialling::{Dialling, Identity};
pub(in crate::hub) use row::by_id as device_row;
pub use sqlite::SqliteDevices;

use super::accounts::{Actor, SecretHash};
use crate::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;
use model::{Decider, Device, DeviceId, DeviceStatus, Direction, ZoneId};
use serde_json::Value;

/// How one is kept that was switched off before anybody approved it: switched on, it waits for approval again.
pub(crate) const BARRED: &str = "barred";

/// Where a device stands with the operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Came by itself and waits for approval.
    Pending,
    /// Approved.
    Approved,
    /// Switched off by an operator.
    Disabled,
}

impl Standing {
    /// The name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Disabled => "disabled",
        }
    }

    /// The standing of this name; an unknown one gives a device nothing, as pending does.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "approved" => Self::Approved,
            "disabled" | BARRED => Self::Disabled,
            _ => Self::Pending,
        }
    }
}

/// A device as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDevice {
    /// Grows with creation; what lists go on from.
    pub seq: i64,
    /// Grows with every change that somebody made; presence does not count.
    pub revision: i64,
    /// Where it stands.
    pub standing: Standing,
    /// The only address that it may come from.
    pub pinned_address: Option<String>,
    /// Where the hub listens to it, where that is not where it is called.
    pub push_address: Option<String>,
    /// Grows with every change that somebody made of where and how it is dialled.
    pub dial_revision: i64,
    /// The highest version of its protocol that it was seen to speak.
    pub protocol_version: Option<u8>,
    /// The highest version of its protocol that it can understand, where a refusal has told; its next firmware may
    /// understand more.
    pub protocol_limit: Option<u8>,
    /// Until when its clock was known to be wrong.
    pub clock_wrong_until: Option<Timestamp>,
    /// The device.
    pub device: Device,
}

/// Which devices a list shows.
#[derive(Debug, Clone, Default)]
pub struct DeviceFilter {
    /// Part of a name, serial, MAC or id.
    pub query: Option<String>,
    /// Only with this status.
    pub status: Option<DeviceStatus>,
    /// Only of this zone.
    pub zone: Option<ZoneId>,
    /// Only those that the caller may see (hub rule 8).
    pub bound: Option<ZoneId>,
    /// Only those created after this place.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// A device that an operator enters.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// The wire protocol.
    pub dialect: String,
    /// What the device calls itself; empty until it says it, where the hub dials it.
    pub serial: String,
    /// Its MAC address, where it is part of the identity; empty until the device says it.
    pub mac: String,
    /// The operator's name for it; empty: its serial.
    pub name: String,
    /// Where it is dialled; no other device of the dialect is dialled there.
    pub address: Option<String>,
    /// Where it is listened to, if that is elsewhere.
    pub push_address: Option<String>,
    /// The only address that it may come from.
    pub pinned_address: Option<String>,
    /// What its pushes are told by, where the hub tells it where to push.
    pub link_key: Option<String>,
    /// Which way people pass.
    pub direction: Direction,
    /// The zone that it guards.
    pub zone_id: Option<ZoneId>,
    /// Its IANA time zone.
    pub time_zone: Option<String>,
    /// Who decides on its door.
    pub decision: Decider,
    /// What can be asked of it.
    pub capabilities: Vec<String>,
    /// The dialect's credentials, if any.
    pub credentials: Option<Value>,
    /// The hash of the password that was made for its connections, if one was.
    pub password_hash: Option<SecretHash>,
}

/// What an operator changes; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct DeviceChange {
    /// The operator's name for it.
    pub name: Option<String>,
    /// The zone that it guards.
    pub zone_id: Option<Option<ZoneId>>,
    /// Its IANA time zone.
    pub time_zone: Option<Option<String>>,
    /// Which way people pass.
    pub direction: Option<Direction>,
    /// Who decides on its door.
    pub decision: Option<Decider>,
    /// The dialect's credentials.
    pub credentials: Option<Value>,
    /// Where it is dialled.
    pub address: Option<Option<String>>,
    /// Where it is listened to, if that is elsewhere.
    pub push_address: Option<Option<String>>,
    /// The only address that it may come from.
    pub pinned_address: Option<Option<String>>,
    /// Switched off or on.
    pub disabled: Option<bool>,
}

/// What a device said of itself when it registered by itself.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The wire protocol.
    pub dialect: &'static str,
    /// What it calls itself.
    pub serial: String,
    /// Its MAC address.
    pub mac: String,
    /// Its model or type.
    pub model: Option<String>,
    /// Where it came from.
    pub address: String,
    /// The version of the protocol that it spoke.
    pub protocol_version: u8,
    /// What can be asked of such a device.
    pub capabilities: Vec<String>,
    /// The key that its connections are to name themselves by from now on.
    pub link_key: String,
    /// The secret that goes with the key.
    pub secret: String,
    /// At most so many devices wait for approval.
    pub most_pending: u32,
    /// Approve a new device without asking.
    pub approve: bool,
    /// When.
    pub at: Timestamp,
}

/// A device that a connection named by its key.
#[derive(Debug, Clone)]
pub struct KeyedDevice {
    /// The device.
    pub device: StoredDevice,
    /// The secret that goes with the key.
    pub secret: String,
}

/// A device that a connection named by its serial.
#[derive(Debug, Clone)]
pub struct SerialDevice {
    /// The device.
    pub device: StoredDevice,
    /// The hash of the password that its connections sign in with, where one was made.
    pub password_hash: Option<SecretHash>,
}

/// What a device said when it signed in.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Where it came from.
    pub address: String,
    /// Its firmware, as it says.
    pub firmware: Option<String>,
    /// The version of the protocol that it spoke.
    pub protocol_version: u8,
    /// When.
    pub at: Timestamp,
}

/// Tells, at the moment of the write, whether a device is connected.
pub type LiveProbe = Box<dyn FnOnce() -> bool + Send>;

/// Tells, at the moment of the write, whether this device is connected.
pub type LiveCheck = Box<dyn for<'a> FnOnce(&'a DeviceId) -> bool + Send>;

/// How many devices there are of each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeviceCounts {
    /// Waiting for approval.
    pub pending: u32,
    /// Approved and connected.
    pub online: u32,
    /// Approved and not connected.
    pub offline: u32,
    /// Switched off.
    pub disabled: u32,
}

/// The fleet.
///
/// Where a method takes `bound`, a device of another zone does not exist for it (hub rule 8).
#[async_trait]
pub trait Devices: Send + Sync {
    /// One device; `None` where there is none.
    ///
    /// # Errors
    /// Only what the database says.
    async fn device(&self, id: &DeviceId, bound: Option<ZoneId>) -> Result<Option<StoredDevice>, StoreError>;

    /// Devices in order of creation.
    ///
    /// # Errors
    /// Only what the database says.
    async fn list(&self, filter: DeviceFilter) -> Result<Vec<StoredDevice>, StoreError>;

    /// Enters a device, approved.
    ///
    /// # Errors
    /// A conflict where the dialect has this serial already; a missing reference where the zone does not exist.
    async fn create(&self, actor: &Actor, device: NewDevice) -> Result<StoredDevice, StoreError>;

    /// Approves a pending device, with what is to be changed on it; what it sent in the meantime appears. Approving
    /// an approved device changes it.
    ///
    /// # Errors
    /// Not found; a stale revision; a missing reference.
    async fn approve(
        &self,
        actor: &Actor,
        id: &DeviceId,
        change: DeviceChange,
        bound: Option<ZoneId>,
        expected: Option<i64>,
    ) -> Result<StoredDevice, StoreError>;

    /// Changes a device.
    ///
    /// # Errors
    /// Not found; a stale revision; a missing reference.
    async fn change(
        &self,
        actor: &Actor,
        id: &DeviceId,
        change: DeviceChange,
        bound: Option<ZoneId>,
        expected: Option<i64>,
    ) -> Result<StoredDevice, StoreError>;

    /// Deletes a device with its roster and commands; its records stay, those that wait for approval go.
    ///
    /// # Errors
    /// Not found; a stale revision.
    async fn delete(
        &self,
        actor: &Actor,
        id: &DeviceId,
        bound: Option<ZoneId>,
        expected: Option<i64>,
    ) -> Result<(), StoreError>;

    /// The dialect's credentials in clear; that they were looked at is audited.
    ///
    /// # Errors
    /// Not found; a secret that does not open with the key.
    async fn credentials(&self, actor: &Actor, id: &DeviceId) -> Result<Value, StoreError>;

    /// A device registers by itself (hub rule 19): a new one is pending (or approved, where that is automatic); one
    /// that was entered beforehand is met; one whose link is live (told by `live` inside the transaction) becomes
    /// pending; the key and secret count from the next sign-in on, when the old ones die.
    ///
    /// # Errors
    /// Only what the database says.
    async fn register(&self, registration: Registration, live: LiveCheck)
    -> Result<StoredDevice, StoreError>;

    /// The device that names itself by this key, with the secret to check it by.
    ///
    /// # Errors
    /// A secret that does not open with the key.
    async fn by_link_key(&self, dialect: &str, key: &str) -> Result<Option<KeyedDevice>, StoreError>;

    /// The device of this serial, where serials alone tell devices of a dialect apart.
    ///
    /// # Errors
    /// A secret that does not open with the key.
    async fn by_serial(&self, dialect: &str, serial: &str) -> Result<Option<SerialDevice>, StoreError>;

    /// Keeps the hash of a new password for a device's connections; an older one dies.
    ///
    /// # Errors
    /// Not found.
    async fn set_password(
        &self,
        actor: &Actor,
        id: &DeviceId,
        bound: Option<ZoneId>,
        hash: SecretHash,
    ) -> Result<StoredDevice, StoreError>;

    /// A device signed in with this key: an older key dies, what it said of itself is kept. `None` where the key
    /// has gone meanwhile.
    ///
    /// # Errors
    /// Only what the database says.
    async fn signed_in(
        &self,
        id: &DeviceId,
        key: &str,
        contact: Contact,
    ) -> Result<Option<StoredDevice>, StoreError>;

    /// Writes whether a device is connected, as `live` says inside the transaction, so that however connections
    /// follow one another the last write is true. Gives the device where its presence changed.
    ///
    /// # Errors
    /// Only what the database says.
    async fn settle_presence(
        &self,
        id: &DeviceId,
        live: LiveProbe,
        at: Timestamp,
    ) -> Result<Option<StoredDevice>, StoreError>;

    /// Nobody is connected to a hub that has just started.
    ///
    /// # Errors
    /// Only what the database says.
    async fn all_offline(&self) -> Result<(), StoreError>;

    /// Devices that were heard of, and when; nothing is announced.
    ///
    /// # Errors
    /// Only what the database says.
    async fn seen(&self, devices: Vec<(DeviceId, Timestamp)>) -> Result<(), StoreError>;

    /// What was found of a device's clock: its difference to the hub's, in milliseconds, where it was measured, and when
    /// it was wrong, if it was. Of one that is wrong by nobody knows how much, records may stand anywhere in time: until
    /// which place they are here is forgotten ([`Self::records_until`]).
    ///
    /// # Errors
    /// Only what the database says.
    async fn clock_found(
        &self,
        id: &DeviceId,
        skew_ms: Option<i64>,
        wrong_at: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// A refusal told that a device understands this version of its protocol at most; forgotten when it signs in with
    /// another firmware, or registers anew.
    ///
    /// # Errors
    /// Only what the database says.
    async fn set_protocol_limit(&self, id: &DeviceId, limit: u8) -> Result<(), StoreError>;

    /// A setting of a device was changed from here: audited, by the name of what was changed alone.
    ///
    /// # Errors
    /// Only what the database says.
    async fn settings_changed(&self, actor: &Actor, id: &DeviceId, what: &str) -> Result<(), StoreError>;

    /// A device called from an address that is not its own: it is told of (`device.wrong_address`) and audited.
    ///
    /// # Errors
    /// Only what the database says.
    async fn wrong_address(&self, id: &DeviceId, address: &str) -> Result<(), StoreError>;

    /// How a device is dialled: its secrets and the token of its pushes, for the hub's own use.
    ///
    /// # Errors
    /// Not found; a secret that does not open with the key.
    async fn dialling(&self, id: &DeviceId) -> Result<Dialling, StoreError>;

    /// Keeps new credentials that are about to be sent to the device, beside those in use (hub rule 22).
    ///
    /// # Errors
    /// Not found.
    async fn propose_credentials(&self, id: &DeviceId, candidate: &Value) -> Result<(), StoreError>;

    /// A call succeeded with the proposed credentials: they are in use from now on, and the old ones are gone.
    ///
    /// # Errors
    /// Not found.
    async fn credentials_proven(&self, id: &DeviceId, proven: &Value) -> Result<(), StoreError>;

    /// What a device said of itself when it was dialled. A pending device of the same serial, known by its pushes alone,
    /// is this one and goes.
    ///
    /// # Errors
    /// A conflict where the serial is another device's, or this device had another one.
    async fn identified(&self, id: &DeviceId, identity: Identity) -> Result<StoredDevice, StoreError>;

    /// Until which place a device's records are here, in milliseconds of the clock that its dialect's link counts by.
    ///
    /// # Errors
    /// Not found.
    async fn records_until(&self, id: &DeviceId) -> Result<Option<i64>, StoreError>;

    /// Its records are here until this place, where it was not further already.
    ///
    /// # Errors
    /// Only what the database says.
    async fn set_records_until(&self, id: &DeviceId, until_ms: i64) -> Result<(), StoreError>;

    /// How many devices there are of each status.
    ///
    /// # Errors
    /// Only what the database says.
    async fn counts(&self, bound: Option<ZoneId>) -> Result<DeviceCounts, StoreError>;
}
