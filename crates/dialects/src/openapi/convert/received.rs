//! A record as the hub understands it.

use crate::openapi::record::{InputType, SignRecord};
use crate::openapi::time::Seconds;
use crate::openapi::user::UserType;
use crate::received::{DuplicateKey, ReceivedRecord, without};
use crate::told::filled;
use model::{Direction, IdentityDocument, Method, Outcome, TemperatureAlarm};
use serde_json::Value;

/// The keys of pictures.
const PICTURES: [&str; 2] = ["photo", "signAvatar"];

/// Takes a record apart, whether it was pushed or listed; `message` is the same as it came. Its id tells it from the
/// others of its device.
#[must_use]
pub fn record_from_device(record: SignRecord, message: &Value) -> ReceivedRecord {
    let (user, sign) = (record.user, record.sign);
    let outcome = outcome(user.kind, sign.kind);
    let method = match sign.input {
        Some(InputType::Face) => Method::Face,
        Some(InputType::Qr) => Method::Qr,
        Some(InputType::Card) => Method::IcCard,
        Some(InputType::Uuid | InputType::Other(_)) | None => Method::Unknown,
    };
    let person_id = person_id(&user.id).filter(|_| outcome != Outcome::Stranger);
    let id_number = user.id_number.as_deref().and_then(filled);
    ReceivedRecord {
        person_name: filled(&user.name),
        time_text: sign.at.get().to_string(),
        local: None,
        instant: sign.at.timestamp(),
        score: score(sign.similarity, method),
        temperature: degrees(sign.temperature),
        temperature_alarm: match sign.temperature_state {
            Some(-1) => TemperatureAlarm::Low,
            Some(1) => TemperatureAlarm::High,
            _ => TemperatureAlarm::None,
        },
        mask: sign.mask,
        direction: Direction::None,
        location: None,
        card: filled(&user.card).filter(|_| method == Method::IcCard),
        document: id_number.map(|number| IdentityDocument {
            number: Some(number),
            name: filled(&user.name),
            ..IdentityDocument::default()
        }),
        key: DuplicateKey {
            text: sign.id.to_string(),
            with_picture: false,
            others: Vec::new(),
        },
        capture: sign.capture.filter(|picture| !picture.is_blank()),
        registered: user.photo.filter(|picture| !picture.is_blank()),
        native: without(message, &PICTURES),
        person_id,
        outcome,
        method,
    }
}

/// A known person's id; strangers have `0` or none.
pub(super) fn person_id(wire_id: &str) -> Option<String> {
    filled(wire_id).filter(|id| id != super::STRANGER_ID)
}

/// A similarity from 0 to 100; where no face was compared it is none.
pub(super) fn score(similarity: Option<f64>, method: Method) -> Option<f32> {
    let compared = matches!(method, Method::Face | Method::FaceAndCard | Method::FaceAndIdCard);
    #[allow(clippy::cast_possible_truncation, reason = "similarities need no more")]
    similarity
        .filter(|similarity| *similarity > 0.0 || compared)
        .map(|similarity| (similarity / 100.0).clamp(0.0, 1.0) as f32)
}

/// A temperature; 0 is none.
pub(super) fn degrees(temperature: Option<f64>) -> Option<f32> {
    #[allow(clippy::cast_possible_truncation, reason = "temperatures need no more")]
    temperature
        .filter(|degrees| *degrees > 0.0)
        .map(|degrees| degrees as f32)
}

/// Hub rule 43, row openapi: by the person's type. That of the person wins over that of the record (QUIRKS O23), but a
/// stranger by either is one.
fn outcome(of_user: Option<UserType>, of_record: Option<UserType>) -> Outcome {
    if [of_user, of_record].contains(&Some(UserType::Stranger)) {
        return Outcome::Stranger;
    }
    match of_user.or(of_record) {
        Some(UserType::Blocked) => Outcome::Blocked,
        _ => Outcome::Granted,
    }
}

/// What is the same of one pass that comes by two ways, as a record and by chapter 9 (hub rule 40).
#[must_use]
pub fn pass_key(at: Seconds, user_id: &str) -> String {
    format!("{}\n{}", at.get(), user_id.trim())
}
