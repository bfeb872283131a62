//! A report as the hub understands it.

use super::super::pass_key;
use super::super::received::{degrees, person_id, score};
use crate::openapi::platform::{IdCardInfo, OpenCode, SyAttribute, SyFace};
use crate::openapi::time::Seconds;
use crate::received::{DuplicateKey, ReceivedRecord, abnormal, without};
use crate::told::filled;
use model::{Direction, IdentityDocument, Method, Outcome, TemperatureAlarm};
use serde_json::Value;

/// The key of the picture.
const PICTURES: [&str; 1] = ["img"];

/// Takes a `syface` apart; `message` is the same as it came. How it ends is the hub's to decide.
#[must_use]
pub fn record_from_comparison(face: SyFace, message: &Value) -> ReceivedRecord {
    let person_id = person_id(&face.user_id);
    let method = method(&face);
    ReceivedRecord {
        person_name: filled(&face.name),
        time_text: time_text(face.at),
        local: None,
        instant: face.at.and_then(Seconds::timestamp),
        outcome: Outcome::Pending,
        method,
        score: score(face.similarity, method),
        temperature: degrees(face.degrees()),
        temperature_alarm: TemperatureAlarm::None,
        mask: face.mask,
        direction: match face.action_code {
            Some(1) => Direction::Entry,
            Some(2) => Direction::Exit,
            _ => Direction::None,
        },
        location: None,
        card: None,
        document: face.id_card.map(document),
        key: DuplicateKey {
            text: match face.at {
                Some(at) => pass_key(at, &face.user_id),
                None => format!("\n{}", face.user_id.trim()),
            },
            with_picture: person_id.is_none() || face.at.is_none(),
            others: Vec::new(),
        },
        capture: Some(face.img).filter(|picture| !picture.is_blank()),
        registered: None,
        native: without(message, &PICTURES),
        person_id,
    }
}

fn method(face: &SyFace) -> Method {
    let is_compared = face.similarity.unwrap_or_default() > 0.0;
    match (&face.id_card, is_compared) {
        (Some(_), true) => Method::FaceAndIdCard,
        (Some(_), false) => Method::IdCard,
        (None, _) => Method::Face,
    }
}

fn document(card: IdCardInfo) -> IdentityDocument {
    IdentityDocument {
        number: card.number,
        name: card.name,
        gender: card.gender,
        ethnicity: card.ethnicity,
        birthday: card.birthday,
        address: card.address,
        authority: card.authority,
        valid_from: card.valid_from,
        valid_until: card.valid_until,
    }
}

fn time_text(at: Option<Seconds>) -> String {
    at.map(|at| at.get().to_string()).unwrap_or_default()
}

/// Takes a `syattribute` apart; `message` is the same as it came. It names nobody.
#[must_use]
pub fn record_from_measurement(measured: SyAttribute, message: &Value) -> ReceivedRecord {
    let temperature = degrees(measured.degrees());
    let (outcome, alarm, mask) = match measured.code {
        Some(OpenCode::Opened) => (Outcome::Granted, TemperatureAlarm::None, measured.mask),
        Some(OpenCode::Temperature) => (Outcome::Denied, abnormal(temperature), measured.mask),
        Some(OpenCode::NoMask) => (Outcome::Denied, TemperatureAlarm::None, Some(false)),
        Some(OpenCode::Other(_)) => (Outcome::Denied, TemperatureAlarm::None, measured.mask),
        None => (Outcome::Stranger, TemperatureAlarm::None, measured.mask),
    };
    ReceivedRecord {
        person_id: None,
        person_name: None,
        time_text: time_text(measured.at),
        local: None,
        instant: measured.at.and_then(Seconds::timestamp),
        outcome,
        method: Method::Face,
        score: None,
        temperature,
        temperature_alarm: alarm,
        mask,
        direction: Direction::None,
        location: None,
        card: None,
        document: None,
        key: DuplicateKey {
            text: format!("{}\n", time_text(measured.at)),
            with_picture: true,
            others: Vec::new(),
        },
        capture: Some(measured.img).filter(|picture| !picture.is_blank()),
        registered: None,
        native: without(message, &PICTURES),
    }
}
