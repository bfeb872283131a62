//! A record as a dialect understood it, on its way into the intake.

use super::{Arrival, Clock, picture};
use dialects::lenient::Base64Text;
use dialects::received::ReceivedRecord;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{DeviceId, Direction, Method, Outcome, Record, RecordId, TemperatureAlarm};
use store::hub::devices::StoredDevice;

/// How and when a record came.
#[derive(Debug, Clone)]
pub struct Receipt<'a> {
    /// The device, as it is known now.
    pub device: &'a StoredDevice,
    /// The wall clock at its door.
    pub zone: &'a TimeZone,
    /// Since when it is connected.
    pub connected_at: Timestamp,
    /// Its clock minus ours, in milliseconds, by which the record's time is to be read, where it was measured.
    pub skew_ms: Option<i64>,
    /// How finely it tells times, in milliseconds.
    pub resolution_ms: i64,
    /// When the record came.
    pub received_at: Timestamp,
}

impl Arrival {
    /// The arrival of a record: its local time read in the device's zone, its pictures as bytes.
    #[must_use]
    pub fn of(parts: ReceivedRecord, receipt: &Receipt<'_>) -> Self {
        let reading = parts.occurred_at(receipt.zone, receipt.received_at);
        let decoded = |text: &Option<Base64Text>| text.as_ref().and_then(|text| picture(text.decode().ok()?));
        let (capture, registered) = (decoded(&parts.capture), decoded(&parts.registered));
        let draft = Record {
            person_name: parts.person_name,
            occurred_at: reading.map_or(receipt.received_at, |reading| reading.at),
            clock_suspect: reading.is_none(),
            method: parts.method,
            result: parts.outcome,
            score: parts.score,
            temperature: parts.temperature,
            temperature_alarm: parts.temperature_alarm,
            mask: parts.mask,
            card: parts.card,
            direction: match parts.direction {
                Direction::None => receipt.device.device.direction,
                told => told,
            },
            document: parts.document,
            location: parts.location,
            native: parts.native,
            ..blank(&receipt.device.device.id, receipt.received_at)
        };
        Self {
            draft,
            clock: Clock {
                connected_at: receipt.connected_at,
                skew_ms: receipt.skew_ms,
                wrong_until: receipt.device.clock_wrong_until,
                ambiguous: reading.is_some_and(|reading| !reading.unique),
                resolution_ms: receipt.resolution_ms,
            },
            device_time: Some(parts.time_text),
            wire_person: parts.person_id,
            code: None,
            key_text: parts.key.text,
            key_with_picture: parts.key.with_picture,
            same_as: parts.key.others,
            asks: true,
            capture,
            registered,
        }
    }
}

/// A record of which nothing is known yet.
#[must_use]
pub fn blank(device: &DeviceId, received_at: Timestamp) -> Record {
    Record {
        id: RecordId::new(""),
        device_id: device.clone(),
        person_id: None,
        person_name: None,
        occurred_at: received_at,
        received_at,
        late: false,
        clock_suspect: false,
        method: Method::Unknown,
        result: Outcome::Denied,
        score: None,
        scores: Vec::new(),
        temperature: None,
        temperature_alarm: TemperatureAlarm::None,
        mask: None,
        helmet: None,
        card: None,
        channel: None,
        direction: Direction::None,
        photo_url: None,
        registered_photo_url: None,
        document: None,
        location: None,
        native: serde_json::json!({}),
    }
}
