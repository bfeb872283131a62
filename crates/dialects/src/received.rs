//! A record as the hub understands it, whatever the dialect.

use crate::lenient::Base64Text;
use crate::local_time::{self, Reading};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::{Direction, IdentityDocument, Location, Method, Outcome, TemperatureAlarm};
use serde_json::{Map, Value};

/// The parts of a record that the message holds; the hub adds device, receipt and ids.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedRecord {
    /// The wire id of the person; `None` for a stranger.
    pub person_id: Option<String>,
    /// The name that the device gave.
    pub person_name: Option<String>,
    /// The time as it came.
    pub time_text: String,
    /// The wall-clock time, where the text is one.
    pub local: Option<DateTime>,
    /// The instant, where the dialect tells instants.
    pub instant: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
    /// How the person identified.
    pub method: Method,
    /// Similarity, 0 to 1.
    pub score: Option<f32>,
    /// Body temperature, °C.
    pub temperature: Option<f32>,
    /// Whether the temperature is out of the normal, as far as the device says.
    pub temperature_alarm: TemperatureAlarm,
    /// Whether a mask was worn, as far as the device says.
    pub mask: Option<bool>,
    /// Which way, as far as the device says.
    pub direction: Direction,
    /// Where it happened.
    pub location: Option<Location>,
    /// The IC card's number.
    pub card: Option<String>,
    /// The identity document.
    pub document: Option<IdentityDocument>,
    /// The picture just taken, as it came.
    pub capture: Option<Base64Text>,
    /// The enrolled photo, as it came.
    pub registered: Option<Base64Text>,
    /// What makes this record the same as another of its device.
    pub key: DuplicateKey,
    /// The message's data without its pictures.
    pub native: Value,
}

/// The duplicate key of hub rule 40, without the device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DuplicateKey {
    /// What the dialect tells records apart by, as it came.
    pub text: String,
    /// For people without an id the capture's hash belongs to the key, too.
    pub with_picture: bool,
    /// Other such texts under which the same record may have come before.
    pub others: Vec<String>,
}

impl ReceivedRecord {
    /// When it happened, by the device's clock; `None` where the device gave no time that can be read.
    #[must_use]
    pub fn occurred_at(&self, zone: &TimeZone, received_at: Timestamp) -> Option<Reading> {
        if let Some(at) = self.instant {
            return Some(Reading { at, unique: true });
        }
        local_time::read(self.local?, zone, received_at)
    }
}

/// A device that says no more than "not normal": from here on it is fever, °C (hub rule 42).
const FEVER: f32 = 35.0;

/// What a temperature is that a device calls abnormal without saying which way.
#[must_use]
pub fn abnormal(temperature: Option<f32>) -> TemperatureAlarm {
    match temperature {
        Some(degrees) if degrees < FEVER => TemperatureAlarm::Low,
        _ => TemperatureAlarm::High,
    }
}

/// A message without these keys, whatever their case and blanks, at any depth: those of pictures and of secrets.
#[must_use]
pub fn without(data: &Value, keys: &[&str]) -> Value {
    let is_dropped = |key: &str| keys.iter().any(|name| name.eq_ignore_ascii_case(key.trim()));
    match data {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !is_dropped(key));
            Value::Object(
                kept.map(|(key, value)| (key.clone(), without(value, keys)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| without(item, keys)).collect()),
        other => other.clone(),
    }
}
