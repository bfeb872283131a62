//! Devices, as the hub knows them.

use crate::{DeviceId, ZoneId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a device stands with the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStatus {
    /// Came by itself and waits for approval; is given nobody's data.
    Pending,
    /// Approved and connected.
    Online,
    /// Approved and not connected.
    Offline,
    /// Switched off by an operator.
    Disabled,
}

/// Who decides on the door of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// The device itself.
    #[default]
    Device,
    /// The hub, in its answers to records.
    Hub,
}

/// Which way people pass a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the house.
    Entry,
    /// Out of the house.
    Exit,
    /// Not stated.
    #[default]
    None,
}

/// A face terminal of the fleet. `dialect` is the name of its wire protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// The hub's id for it.
    pub id: DeviceId,
    /// What the device calls itself.
    pub serial: String,
    /// The wire protocol that it speaks.
    pub dialect: String,
    /// The operator's name for it.
    pub name: String,
    /// Pending, online, offline or disabled.
    pub status: DeviceStatus,
    /// Who decides on its door.
    pub decision: Decider,
    /// Where it is reached, or where it last came from.
    pub address: Option<String>,
    /// Which way people pass.
    pub direction: Direction,
    /// The zone that it guards; without one it holds nobody.
    pub zone_id: Option<ZoneId>,
    /// Its IANA time zone; null is the hub's.
    pub time_zone: Option<String>,
    /// Model or type, as it says.
    pub model: Option<String>,
    /// Firmware version, as it says.
    pub firmware: Option<String>,
    /// MAC address.
    pub mac: Option<String>,
    /// How many persons it holds at most, where known.
    pub capacity: Option<u32>,
    /// When it was last heard of.
    pub last_seen_at: Option<Timestamp>,
    /// Its clock minus the hub's, in milliseconds, as last measured.
    pub clock_skew_ms: Option<i64>,
    /// Persons that it should hold.
    pub persons_wanted: u32,
    /// Persons that it is known to hold as wanted.
    pub persons_applied: u32,
    /// Persons that it refused.
    pub persons_failed: u32,
    /// What can be asked of it: command kinds and features.
    pub capabilities: Vec<String>,
}
