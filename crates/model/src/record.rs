//! Records: attempts to pass, granted or denied.

use crate::{DeviceId, Direction, PersonId, RecordId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How somebody identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By face.
    Face,
    /// By IC card.
    IcCard,
    /// By RF card.
    RfCard,
    /// By a Wiegand number.
    Wiegand,
    /// By identity document.
    IdCard,
    /// By QR code.
    Qr,
    /// By PIN.
    Pin,
    /// Opened from afar.
    Remote,
    /// Face and card together.
    FaceAndCard,
    /// Face and identity document together.
    FaceAndIdCard,
    /// Not stated.
    Unknown,
}

/// How the attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Let in.
    Granted,
    /// Not let in, for a reason that has no outcome of its own.
    Denied,
    /// Nobody known.
    Stranger,
    /// A platform has yet to decide.
    Pending,
    /// The validity has ended or the passes are used up.
    Expired,
    /// Outside the permitted times, or before the validity.
    OutOfSchedule,
    /// A blocked person.
    Blocked,
    /// Known, or a card unknown, without a right to this door.
    NotAuthorised,
}

/// A temperature outside the normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemperatureAlarm {
    /// Normal, or not measured.
    #[default]
    None,
    /// Too low.
    Low,
    /// Too high.
    High,
}

/// What an identity document said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentityDocument {
    /// Document number.
    pub number: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Gender, as printed.
    pub gender: Option<String>,
    /// Ethnicity.
    pub ethnicity: Option<String>,
    /// Day of birth, as printed.
    pub birthday: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Issuing authority.
    pub authority: Option<String>,
    /// Valid from, as printed.
    pub valid_from: Option<String>,
    /// Valid until, as printed.
    pub valid_until: Option<String>,
}

/// Where a pass happened, in degrees (WGS 84 as far as the device says).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Longitude.
    pub longitude: f64,
    /// Latitude.
    pub latitude: f64,
}

/// One attempt to pass, as the hub keeps and shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its id; ids grow with the order of commits.
    pub id: RecordId,
    /// The device that made it.
    pub device_id: DeviceId,
    /// The person recognised; null for strangers and for people whom the hub does not know.
    pub person_id: Option<PersonId>,
    /// The name that the device gave.
    pub person_name: Option<String>,
    /// When it happened (UTC).
    pub occurred_at: Timestamp,
    /// When the hub received it.
    pub received_at: Timestamp,
    /// Kept by the device during an outage.
    pub late: bool,
    /// The device's clock cannot be trusted here.
    pub clock_suspect: bool,
    /// How somebody identified.
    pub method: Method,
    /// How it ended.
    pub result: Outcome,
    /// Similarity, 0 to 1.
    pub score: Option<f32>,
    /// All similarities, where a device gives more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<f32>,
    /// Body temperature in degrees Celsius.
    pub temperature: Option<f32>,
    /// Whether the temperature is out of the normal.
    pub temperature_alarm: TemperatureAlarm,
    /// Whether a mask was worn.
    pub mask: Option<bool>,
    /// Whether a helmet was worn.
    pub helmet: Option<bool>,
    /// The card or code presented.
    pub card: Option<String>,
    /// The lane or channel, where a device has several.
    pub channel: Option<String>,
    /// Which way.
    pub direction: Direction,
    /// Where the capture is served.
    pub photo_url: Option<String>,
    /// Where the registered photo is served.
    pub registered_photo_url: Option<String>,
    /// The identity document presented.
    pub document: Option<IdentityDocument>,
    /// Where it happened.
    pub location: Option<Location>,
    /// The device's own message, without its pictures.
    pub native: serde_json::Value,
}
