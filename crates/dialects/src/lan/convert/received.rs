//! A record as the hub understands it.

use crate::lan::record::PassRecord;
use crate::received::{DuplicateKey, ReceivedRecord, without};
use crate::told::filled;
use model::{Direction, Method, Outcome, TemperatureAlarm};
use serde_json::Value;

/// Keys that are not kept of a message: its picture, and the key.
const DROPPED: [&str; 2] = ["photo", "key"];
/// `passType` of a face (MODEL 4.2); the document defines none.
pub(super) const BY_FACE: i64 = 0;

/// Takes a record apart, whether it was pushed or listed; `message` is the same as it came.
///
/// The same record comes pushed and listed, its time spelled one way and another: the key has the instant in
/// milliseconds.
#[must_use]
pub fn record_from_device(record: PassRecord, message: &Value) -> ReceivedRecord {
    let person_id = filled(&record.person_id);
    let milliseconds = record.ts.map(|ts| ts.as_millisecond());
    ReceivedRecord {
        person_name: record.name.as_deref().and_then(filled),
        time_text: time_text(message),
        local: None,
        instant: record.ts.and_then(|ts| ts.timestamp()),
        // Only passes are recorded (MODEL 4.1).
        outcome: Outcome::Granted,
        method: match record.pass_type {
            Some(BY_FACE) => Method::Face,
            _ => Method::Unknown,
        },
        score: None,
        temperature: None,
        temperature_alarm: TemperatureAlarm::None,
        mask: None,
        direction: Direction::None,
        location: None,
        card: None,
        document: None,
        key: DuplicateKey {
            text: format!(
                "{}\n{}",
                record.person_id.trim(),
                milliseconds.map_or_else(|| time_text(message), |ms| ms.to_string())
            ),
            with_picture: person_id.is_none(),
            others: Vec::new(),
        },
        capture: record.photo.filter(|photo| !photo.is_blank()),
        registered: None,
        native: without(message, &DROPPED),
        person_id,
    }
}

fn time_text(message: &Value) -> String {
    match message.get("ts") {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
