//! A record as the hub understands it, pushed or asked for.

use super::ids::wire_id;
use crate::facegate::nation;
use crate::facegate::person::PersonInfo;
use crate::facegate::push::{
    BY_HAND, CardVerify, Push, PwdVerify, SnapPush, VerifyPush, VerifyResult, VerifyStatus, VerifyType,
    printed_gender, without_pictures,
};
use crate::facegate::record::{CaptureRecord, ControlRecord};
use crate::facegate::time::any_wall_time;
use crate::lenient::Base64Text;
use crate::received::{DuplicateKey, ReceivedRecord};
use crate::told::filled;
use model::{Direction, IdentityDocument, Method, Outcome, TemperatureAlarm};
use serde_json::Value;

/// A record, and what this dialect says beside.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceRecord {
    /// The record. Its key has the kind of identification last, empty where the device does not say.
    pub record: ReceivedRecord,
    /// Other keys that the same record may have come under: the kind of identification is compared only where both have it
    /// (hub rule 40), and what is asked for often lacks it.
    pub same_as: Vec<String>,
    /// Whether the device itself says that it is late, or pushed it because it was told to.
    pub is_late: bool,
    /// Whether the answer may open the door (3.2.3, QUIRKS A24).
    pub may_open: bool,
    /// Which camera (servers).
    pub channel: Option<String>,
}

/// Takes a pushed record apart; `native` is the message without its pictures. `None` for what is no record: a heartbeat,
/// and a QR code or an identity card that was only read, on which the hub has yet to decide.
#[must_use]
pub fn record_from_device(push: Push, native: Value) -> Option<DeviceRecord> {
    Some(match push {
        Push::Verify(verify) => verified(verify, native),
        Push::Snap(snap) => stranger(snap, native),
        Push::Card(card) => by_card(card, native),
        Push::Password(password) => by_password(password, native),
        Push::QrCode(_) | Push::IdCardInfo(_) | Push::HeartBeat(_) | Push::Unknown(_) => return None,
    })
}

/// Takes a control record apart that was asked for (3.22).
#[must_use]
pub fn record_from_control(record: ControlRecord) -> DeviceRecord {
    let native = without_pictures(&Value::Object(record.fields()));
    let event = record.event;
    let verify_type = match event.is_remote {
        Some(1) => Some(VerifyType(VerifyType::REMOTE)),
        _ => event.verify_type,
    };
    let result = VerifyResult {
        person_id: record.person.lib_id,
        time: event.time,
        similarity: event.similarity,
        status: event.status,
        verify_type,
        temperature: event.temperature,
        temperature_alarm: event.temperature_alarm,
        capture: event.capture,
        registered: event.registered,
        ..VerifyResult::default()
    };
    let push = VerifyPush {
        result,
        person: record.person,
        ..VerifyPush::default()
    };
    DeviceRecord {
        is_late: true,
        may_open: false,
        ..verified(push, native)
    }
}

/// Takes a picture of a stranger apart that was asked for (3.26).
#[must_use]
pub fn record_from_capture(capture: CaptureRecord) -> DeviceRecord {
    let native = Value::Object(crate::facegate::operation::written(&capture));
    let snap = SnapPush {
        time: capture.time,
        temperature: capture.temperature,
        temperature_alarm: capture.temperature_alarm,
        picture: capture.picture,
        ..SnapPush::default()
    };
    DeviceRecord {
        is_late: true,
        ..stranger(snap, without_pictures(&native))
    }
}

fn verified(push: VerifyPush, native: Value) -> DeviceRecord {
    let may_open = push.may_open();
    let VerifyPush { result, person, .. } = push;
    let kind = result.verify_type.unwrap_or_default();
    let outcome = outcome(result.status, &person);
    let person_id = known(&result, &person).filter(|_| outcome != Outcome::Stranger);
    let (text, mut same_as) = keys(
        &result.time,
        number_of(&result, &person).as_deref(),
        result.verify_type,
    );
    if outcome == Outcome::Granted {
        same_as.extend(door_station_keys(&result, &person));
    }
    let method = method(kind);
    let record = ReceivedRecord {
        person_name: person
            .name
            .as_deref()
            .and_then(filled)
            .filter(|_| person_id.is_some()),
        local: any_wall_time(&result.time),
        outcome,
        method,
        score: score(&result, method),
        temperature: degrees(result.temperature),
        temperature_alarm: alarm(result.temperature_alarm),
        mask: kind.mask(),
        direction: direction(result.direction),
        card: card(kind, &person),
        document: document(method, &person),
        key: DuplicateKey {
            text,
            with_picture: person_id.is_none(),
            others: Vec::new(),
        },
        capture: picture(result.capture),
        registered: picture(result.registered),
        person_id,
        ..blank(&result.time, native)
    };
    DeviceRecord {
        record,
        same_as,
        is_late: result.in_time == Some(0) || result.push_type == Some(BY_HAND),
        may_open,
        channel: result.channel.map(|channel| channel.to_string()),
    }
}

fn stranger(snap: SnapPush, native: Value) -> DeviceRecord {
    let (outcome, method) = match snap.picture_type {
        1 => (Outcome::Blocked, Method::Face),
        2 => (Outcome::Granted, Method::Face),
        3 => (Outcome::Denied, Method::FaceAndIdCard),
        4 => (Outcome::Granted, Method::FaceAndIdCard),
        _ => (Outcome::Stranger, Method::Face),
    };
    let record = ReceivedRecord {
        outcome,
        method,
        temperature: degrees(snap.temperature),
        temperature_alarm: alarm(snap.temperature_alarm),
        direction: direction(snap.direction),
        capture: picture(snap.picture),
        ..blank(&snap.time, native)
    };
    DeviceRecord {
        is_late: snap.in_time == Some(0),
        channel: snap.channel.map(|channel| channel.to_string()),
        ..plain(record)
    }
}

/// Only who passed is pushed (3.12.7).
fn by_card(card: CardVerify, native: Value) -> DeviceRecord {
    let number = filled(&card.card);
    let record = ReceivedRecord {
        outcome: Outcome::Granted,
        method: Method::IcCard,
        key: DuplicateKey {
            text: card_key(&card.time, &card.card),
            with_picture: number.is_none(),
            others: Vec::new(),
        },
        card: number,
        capture: picture(card.picture),
        ..blank(&card.time, native)
    };
    plain(record)
}

/// Only who passed is pushed, and not who it was (3.12.8).
fn by_password(password: PwdVerify, native: Value) -> DeviceRecord {
    let record = ReceivedRecord {
        outcome: Outcome::Granted,
        method: Method::Pin,
        key: DuplicateKey {
            text: password_key(&password.time),
            with_picture: true,
            others: Vec::new(),
        },
        capture: picture(password.picture),
        ..blank(&password.time, native)
    };
    plain(record)
}

fn plain(record: ReceivedRecord) -> DeviceRecord {
    DeviceRecord {
        record,
        same_as: Vec::new(),
        is_late: false,
        may_open: false,
        channel: None,
    }
}

/// A record of nobody, by a face, at a time.
fn blank(time: &str, native: Value) -> ReceivedRecord {
    ReceivedRecord {
        person_id: None,
        person_name: None,
        time_text: time.trim().to_owned(),
        local: any_wall_time(time),
        instant: None,
        outcome: Outcome::Stranger,
        method: Method::Face,
        score: None,
        temperature: None,
        temperature_alarm: TemperatureAlarm::None,
        mask: None,
        direction: Direction::None,
        location: None,
        card: None,
        document: None,
        capture: None,
        registered: None,
        key: DuplicateKey {
            text: format!("{}\n\nsnap", time.trim()),
            with_picture: true,
            others: Vec::new(),
        },
        native,
    }
}

/// The key of a record (hub rule 40), and the keys of the same record where one of the two does not say how somebody
/// identified.
fn keys(time: &str, person: Option<&str>, kind: Option<VerifyType>) -> (String, Vec<String>) {
    const BASES: [i64; 14] = [0, 1, 2, 3, 4, 5, 21, 22, 23, 24, 25, 26, 27, 28];
    const FLAGS: [i64; 4] = [0, 0x100, 0x200, 0x300];
    let with = |kind: &str| format!("{}\n{}\n{kind}", time.trim(), person.unwrap_or_default());
    match kind {
        Some(VerifyType(kind)) => (with(&kind.to_string()), vec![with("")]),
        None => {
            let kinds = FLAGS
                .iter()
                .flat_map(|flags| BASES.map(|base| (base | flags).to_string()));
            (with(""), kinds.map(|kind| with(&kind)).collect())
        }
    }
}

fn card_key(time: &str, number: &str) -> String {
    format!("{}\n{}\ncard", time.trim(), number.trim())
}

fn password_key(time: &str) -> String {
    format!("{}\n\npassword", time.trim())
}

/// The keys of somebody who passed, which a door station may have pushed as a card or a password alone (3.12.7, 3.12.8).
fn door_station_keys(result: &VerifyResult, person: &PersonInfo) -> Vec<String> {
    let nobody = number_of(result, person).is_none();
    match result.verify_type.unwrap_or_default().base() {
        VerifyType::RF_CARD | VerifyType::WIEGAND => {
            let wiegand = person.card_number.as_ref().map(|number| number.as_text());
            let cards = [person.access_card.as_deref(), person.rf_card.as_deref(), wiegand];
            let cards = cards.into_iter().flatten().filter_map(filled);
            cards.map(|card| card_key(&result.time, &card)).collect()
        }
        0 if nobody => vec![password_key(&result.time)],
        _ => Vec::new(),
    }
}

/// The device's number of the person: what pushed and asked-for records have in common.
fn number_of(result: &VerifyResult, person: &PersonInfo) -> Option<String> {
    let number = result.person_id.filter(|id| *id > 0);
    number.map(|id| id.to_string()).or_else(|| wire_id(person))
}

fn known(result: &VerifyResult, person: &PersonInfo) -> Option<String> {
    let named = PersonInfo {
        lib_id: result.person_id,
        ..person.clone()
    };
    wire_id(&named)
}

/// Hub rule 43, row facegate. The person's own kind decides between denied and blocked (QUIRKS X13).
fn outcome(status: VerifyStatus, person: &PersonInfo) -> Outcome {
    let is_blocked = person.person_type == Some(1);
    match status {
        VerifyStatus::Granted => Outcome::Granted,
        VerifyStatus::Pending => Outcome::Pending,
        VerifyStatus::Stranger => Outcome::Stranger,
        _ if is_blocked => Outcome::Blocked,
        VerifyStatus::OutOfSchedule => Outcome::OutOfSchedule,
        VerifyStatus::None | VerifyStatus::Denied | VerifyStatus::Other(_) => Outcome::Denied,
    }
}

/// MODEL section 4.2.
fn method(kind: VerifyType) -> Method {
    match kind.base() {
        VerifyType::FACE | VerifyType::CHECK_ALONE => Method::Face,
        VerifyType::ID_CARD => Method::IdCard,
        VerifyType::FACE_AND_ID_CARD => Method::FaceAndIdCard,
        VerifyType::RF_CARD => Method::RfCard,
        VerifyType::WIEGAND => Method::Wiegand,
        VerifyType::RF_CARD_AND_FACE | VerifyType::WIEGAND_AND_FACE => Method::FaceAndCard,
        VerifyType::REMOTE => Method::Remote,
        _ => Method::Unknown,
    }
}

/// The similarity to the enrolled photo, or to the identity card's where that alone was compared. 0 where no face was.
fn score(result: &VerifyResult, method: Method) -> Option<f32> {
    let compared = match method {
        Method::IdCard => result.card_similarity,
        _ => result.similarity,
    };
    let is_face = matches!(
        method,
        Method::Face | Method::FaceAndCard | Method::FaceAndIdCard | Method::IdCard
    );
    let score = compared.filter(|score| *score > 0.0 || is_face)?;
    Some(to_f32(score / 100.0).clamp(0.0, 1.0))
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "similarities and temperatures need no more"
)]
fn to_f32(number: f64) -> f32 {
    number as f32
}

fn degrees(temperature: Option<f64>) -> Option<f32> {
    temperature.filter(|degrees| *degrees > 0.0).map(to_f32)
}

/// The device tells no more than that a threshold was passed.
fn alarm(alarm: Option<i64>) -> TemperatureAlarm {
    match alarm {
        Some(1) => TemperatureAlarm::High,
        _ => TemperatureAlarm::None,
    }
}

fn direction(direction: Option<i64>) -> Direction {
    match direction {
        Some(1) => Direction::Entry,
        Some(2) => Direction::Exit,
        _ => Direction::None,
    }
}

fn picture(picture: Option<Base64Text>) -> Option<Base64Text> {
    picture.filter(|picture| !picture.is_blank())
}

/// The card presented: the person's own, of the kind that was read.
fn card(kind: VerifyType, person: &PersonInfo) -> Option<String> {
    match kind.base() {
        VerifyType::RF_CARD | VerifyType::RF_CARD_AND_FACE => person.rf_card.as_deref().and_then(filled),
        VerifyType::WIEGAND | VerifyType::WIEGAND_AND_FACE => filled(person.card_number.as_ref()?.as_text()),
        _ => None,
    }
}

/// What an identity card said that was compared.
fn document(method: Method, person: &PersonInfo) -> Option<IdentityDocument> {
    let text = |text: &Option<String>| text.as_deref().and_then(filled);
    if !matches!(method, Method::IdCard | Method::FaceAndIdCard) {
        return None;
    }
    Some(IdentityDocument {
        number: Some(text(&person.id_card)?),
        name: text(&person.name),
        gender: person.gender.and_then(printed_gender).map(str::to_owned),
        ethnicity: person.nation.and_then(nation::name).map(str::to_owned),
        birthday: text(&person.birthday),
        address: text(&person.address),
        ..IdentityDocument::default()
    })
}
