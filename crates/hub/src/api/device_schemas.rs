//! The shapes of devices, roster items, commands and records for the API's document. What is sent is made of the types
//! of `model` and `store`; a test holds the two together.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A device.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Device)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceSchema {
    /// Its id.
    pub id: String,
    /// Grows with each change.
    pub revision: i64,
    /// What the device calls itself.
    pub serial: String,
    /// The wire protocol that it speaks.
    pub dialect: String,
    /// The operator's name for it.
    pub name: String,
    /// `pending`, `online`, `offline` or `disabled`.
    pub status: String,
    /// Who decides on its door: `device` or `hub`.
    pub decision: String,
    /// Where it is reached, or where it last came from.
    pub address: Option<String>,
    /// The only address that it may come from.
    pub pinned_address: Option<String>,
    /// Which way people pass: `entry`, `exit` or `none`.
    pub direction: String,
    /// The zone that it guards; without one it holds nobody.
    pub zone_id: Option<String>,
    /// Its IANA time zone; null is the hub's.
    pub time_zone: Option<String>,
    /// Model, as it says.
    pub model: Option<String>,
    /// Firmware, as it says.
    pub firmware: Option<String>,
    /// MAC address.
    pub mac: Option<String>,
    /// How many persons it holds at most.
    pub capacity: Option<u32>,
    /// When it was last heard of.
    pub last_seen_at: Option<String>,
    /// Its clock minus the hub's.
    pub clock_skew_ms: Option<i64>,
    /// Persons that it should hold.
    pub persons_wanted: u32,
    /// Persons that it holds as wanted.
    pub persons_applied: u32,
    /// Persons that it refused.
    pub persons_failed: u32,
    /// What can be asked of it: command kinds and features.
    pub capabilities: Vec<String>,
}

/// What was lost on the way to a device.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = RosterWarning)]
pub(super) struct RosterWarningSchema {
    /// Which field of the person.
    pub field: String,
    /// What became of it.
    pub reason: String,
}

/// One person on one device.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = RosterItem)]
#[serde(deny_unknown_fields)]
pub(super) struct RosterItemSchema {
    /// The device.
    pub device_id: String,
    /// The person.
    pub person_id: String,
    /// `wanted`, `applied`, `failed` or `removing`.
    pub state: String,
    /// The class of the device's refusal.
    pub reason: Option<String>,
    /// The device's own words.
    pub detail: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// Not tried again before.
    pub retry_at: Option<String>,
    /// What was lost on the way.
    pub warnings: Vec<RosterWarningSchema>,
}

/// Someone on a device whom the hub does not know.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Stray)]
pub(super) struct StraySchema {
    /// The id on the device.
    pub wire_id: String,
    /// The name there.
    pub name: String,
}

/// A command.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Command)]
#[serde(deny_unknown_fields)]
pub(super) struct CommandSchema {
    /// Its id.
    pub id: String,
    /// Grows with each step.
    pub revision: i64,
    /// Where it is found.
    pub url: String,
    /// The device told.
    pub device_id: String,
    /// What.
    pub kind: String,
    /// `queued`, `sent`, `done`, `failed`, `expired` or `superseded`.
    pub state: String,
    /// What the device gave back; of a snapshot `{photo_url}`.
    pub result: Option<Value>,
    /// The device's own code and text.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// Not sent after this instant.
    pub expires_at: String,
    /// When it was sent.
    pub sent_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
}

/// A record: one attempt to pass.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Record)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordSchema {
    /// Its id; ids grow with the order of commits.
    pub id: String,
    /// Always 1: records do not change.
    pub revision: i64,
    /// The device that made it.
    pub device_id: String,
    /// The person recognised.
    pub person_id: Option<String>,
    /// The name that the device gave.
    pub person_name: Option<String>,
    /// When it happened.
    pub occurred_at: String,
    /// When the hub received it.
    pub received_at: String,
    /// The device's own text of the time.
    pub device_time: Option<String>,
    /// Kept by the device during an outage.
    pub late: bool,
    /// The device's clock cannot be trusted here.
    pub clock_suspect: bool,
    /// `face`, `ic_card`, …
    pub method: String,
    /// `granted`, `denied`, `stranger`, `pending`, `expired`, `out_of_schedule`, `blocked` or `not_authorised`.
    pub result: String,
    /// Similarity, 0 to 1.
    pub score: Option<f32>,
    /// All similarities, where there are several.
    #[serde(default)]
    pub scores: Vec<f32>,
    /// Body temperature, °C.
    pub temperature: Option<f32>,
    /// `none`, `low` or `high`.
    pub temperature_alarm: String,
    /// Whether a mask was worn.
    pub mask: Option<bool>,
    /// Whether a helmet was worn.
    pub helmet: Option<bool>,
    /// The card or code presented.
    pub card: Option<String>,
    /// The lane.
    pub channel: Option<String>,
    /// Which way.
    pub direction: String,
    /// Where the capture is.
    pub photo_url: Option<String>,
    /// Where the registered photo is.
    pub registered_photo_url: Option<String>,
    /// The identity document presented.
    pub document: Option<Value>,
    /// Where it happened.
    pub location: Option<Value>,
    /// The device's message without its pictures.
    pub native: Value,
}
