//! A pass at a terminal as the message for the platform.

use super::known::{first_day, last_day, sex};
use crate::lenient::Base64Text;
use crate::mqtt::person::{GREETING_CHARACTERS, PHONE_BYTES, SHORT_BYTES};
use crate::mqtt::record::UploadRecord;
use crate::mqtt::session::PROTOCOL_VERSION;
use crate::mqtt::time::{write_birthday, write_record_time};
use crate::text::cut;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use md5::{Digest, Md5};
use model::{Direction, Gender, IdentityDocument, Method, Outcome};

/// The name of whoever nobody knows.
const STRANGER_NAME: &str = "陌生人";

/// Bytes of what a document says (2.3.1).
const ETHNICITY_BYTES: usize = 16;
const ADDRESS_BYTES: usize = 64;

/// Somebody whom the terminal knows.
#[derive(Debug, Clone, Copy)]
pub struct SeenPerson<'a> {
    /// The id on the wire.
    pub id: &'a str,
    /// The name.
    pub name: &'a str,
    /// Gender.
    pub gender: Option<Gender>,
    /// Day of birth.
    pub birthday: Option<Date>,
    /// Telephone number.
    pub phone: Option<&'a str>,
    /// Validity starts here.
    pub valid_from: Option<Timestamp>,
    /// Validity ends here.
    pub valid_until: Option<Timestamp>,
}

/// One attempt to pass.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// The record's id: 1 to 32 bytes, the same each time it is sent.
    pub id: &'a str,
    /// Who; `None` is nobody known.
    pub person: Option<SeenPerson<'a>>,
    /// When.
    pub at: Timestamp,
    /// The terminal's zone.
    pub zone: &'a TimeZone,
    /// How it ended.
    pub outcome: Outcome,
    /// How somebody identified.
    pub method: Method,
    /// What was spoken.
    pub spoken: &'a str,
    /// Which way one passes here.
    pub direction: Direction,
    /// Body temperature, °C.
    pub temperature: Option<f32>,
    /// From where on it is fever, °C; `None`: not looked at.
    pub fever_from: Option<f32>,
    /// The card presented.
    pub card: Option<&'a str>,
    /// The identity document presented.
    pub document: Option<&'a IdentityDocument>,
    /// The picture just taken, JPEG.
    pub capture: Option<&'a [u8]>,
    /// The enrolled photo, JPEG.
    pub registered: Option<&'a [u8]>,
}

/// Makes the message, without device and token, which belong to the connection.
#[must_use]
pub fn record_to_platform(pass: &Pass<'_>) -> UploadRecord {
    let mut record = UploadRecord {
        msg_id: pass.id.to_owned(),
        version: PROTOCOL_VERSION.to_owned(),
        snap_type: Some(snap_type(pass)),
        result: Some(result(pass.outcome)),
        time: write_record_time(pass.zone.to_datetime(pass.at)),
        spoken: pass.spoken.chars().take(GREETING_CHARACTERS).collect(),
        direction: match pass.direction {
            Direction::None => 0,
            Direction::Entry => 1,
            Direction::Exit => 2,
        },
        capture: pass.capture.map(Base64Text::encode).unwrap_or_default(),
        registered: pass.registered.map(Base64Text::encode).unwrap_or_default(),
        temperature: pass.temperature.map(|degrees| format!("{degrees:.1}")),
        temperature_result: Some(temperature_result(pass)),
        card: pass.card.map(|card| cut(card, SHORT_BYTES).to_owned()),
        ..UploadRecord::default()
    };
    match pass.person.filter(|_| pass.outcome != Outcome::Stranger) {
        Some(person) => set_person(&mut record, &person, pass.zone),
        None if pass.outcome == Outcome::Stranger => {
            record.person_id = stranger_id(pass.id);
            record.name = STRANGER_NAME.to_owned();
        }
        None => {}
    }
    if let Some(document) = pass.document {
        set_document(&mut record, document);
    }
    record
}

fn set_person(record: &mut UploadRecord, person: &SeenPerson<'_>, zone: &TimeZone) {
    record.person_id = person.id.to_owned();
    record.name = cut(person.name, SHORT_BYTES).to_owned();
    record.sex = sex(person.gender).to_owned();
    record.birth = person.birthday.map(write_birthday).unwrap_or_default();
    record.phone = cut(person.phone.unwrap_or_default(), PHONE_BYTES).to_owned();
    record.valid_from = first_day(person.valid_from, zone).to_string();
    record.valid_until = last_day(person.valid_until, zone).to_string();
}

fn set_document(record: &mut UploadRecord, document: &IdentityDocument) {
    let within =
        |text: &Option<String>, bytes: usize| text.as_deref().map(|text| cut(text, bytes).to_owned());
    record.id_number = within(&document.number, SHORT_BYTES);
    record.ethnicity = within(&document.ethnicity, ETHNICITY_BYTES);
    record.address = within(&document.address, ADDRESS_BYTES);
    record.authority = within(&document.authority, SHORT_BYTES);
}

/// 32 hexadecimal digits that mean nobody, the same each time the record is sent.
fn stranger_id(record: &str) -> String {
    hex::encode(Md5::digest(record.as_bytes()))
}

/// 2.3.1 `snapType`; whatever is held to a reader alone is a card (QUIRKS M34).
fn snap_type(pass: &Pass<'_>) -> i64 {
    match pass.method {
        Method::FaceAndIdCard => 1,
        Method::FaceAndCard => 2,
        Method::IcCard | Method::RfCard | Method::Wiegand | Method::IdCard | Method::Qr | Method::Pin => 4,
        Method::Face | Method::Remote | Method::Unknown if pass.outcome == Outcome::Stranger => 3,
        Method::Face | Method::Remote | Method::Unknown => 0,
    }
}

/// 2.3.1 `compareResult`; a decision that the platform takes is reported as a match, a blocked person as not authorised
/// (QUIRKS M53).
fn result(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Granted | Outcome::Pending => 0,
        Outcome::Denied | Outcome::Stranger => 1,
        Outcome::OutOfSchedule => 2,
        Outcome::Expired => 3,
        Outcome::NotAuthorised | Outcome::Blocked => 4,
    }
}

fn temperature_result(pass: &Pass<'_>) -> i64 {
    match pass.fever_from.zip(pass.temperature) {
        None => 0,
        Some((limit, measured)) if measured < limit => 1,
        Some(_) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::DeviceRequest;
    use crate::mqtt::convert::record_from_device;
    use proptest::prelude::*;
    use serde_json::Value;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    const ZHANG: SeenPerson<'_> = SeenPerson {
        id: "20001",
        name: "张三",
        gender: Some(Gender::Male),
        birthday: Some(Date::constant(1998, 8, 9)),
        phone: Some("18868681819"),
        valid_from: None,
        valid_until: None,
    };

    fn pass<'a>(zone: &'a TimeZone, outcome: Outcome, method: Method) -> Pass<'a> {
        Pass {
            id: "0190a1b2c3d4",
            person: (outcome != Outcome::Stranger).then_some(ZHANG),
            at: "2019-11-08T05:05:51.421Z".parse().unwrap(),
            zone,
            outcome,
            method,
            spoken: "欢迎光临",
            direction: Direction::Entry,
            temperature: Some(36.5),
            fever_from: Some(37.3),
            card: None,
            document: None,
            capture: Some(b"capture"),
            registered: Some(b"registered"),
        }
    }

    #[test]
    fn the_fields_of_the_document() {
        let zone = zone();
        let record = record_to_platform(&pass(&zone, Outcome::Granted, Method::Face));
        let sent = serde_json::to_value(&record).unwrap();
        for (key, due) in [
            ("msgID", "0190a1b2c3d4"),
            ("version", "V1.0"),
            ("passTime", "2019-11-08 13:05:51.421"),
            ("idNumber", "20001"),
            ("name", "张三"),
            ("sex", "男"),
            ("birth", "1998年8月9日"),
            ("company", ""),
            ("phone", "18868681819"),
            ("validDateEnd", "2099_12_31"),
            ("visitorVoiceText", "欢迎光临"),
            ("temperature", "36.5"),
        ] {
            assert_eq!(sent[key], due, "{key}");
        }
        assert_eq!(
            (record.snap_type, record.result, record.direction),
            (Some(0), Some(0), 1)
        );
        assert_eq!(record.temperature_result, Some(1));
    }

    #[test]
    fn results_and_kinds() {
        let zone = zone();
        let codes = |outcome, method| {
            let record = record_to_platform(&pass(&zone, outcome, method));
            (record.snap_type.unwrap(), record.result.unwrap())
        };
        assert_eq!(codes(Outcome::Denied, Method::FaceAndIdCard), (1, 1));
        assert_eq!(codes(Outcome::OutOfSchedule, Method::FaceAndCard), (2, 2));
        assert_eq!(codes(Outcome::Expired, Method::IcCard), (4, 3));
        assert_eq!(codes(Outcome::Blocked, Method::Face), (0, 4));
        assert_eq!(codes(Outcome::Stranger, Method::Face), (3, 1));
        let hot = Pass {
            temperature: Some(37.3),
            ..pass(&zone, Outcome::Denied, Method::Face)
        };
        assert_eq!(record_to_platform(&hot).temperature_result, Some(2));
        let unknown_card = Pass {
            person: None,
            card: Some("4711"),
            ..pass(&zone, Outcome::NotAuthorised, Method::IcCard)
        };
        let record = record_to_platform(&unknown_card);
        assert_eq!((record.person_id.as_str(), record.name.as_str()), ("", ""));
        assert_eq!((record.card.as_deref(), record.result), (Some("4711"), Some(4)));
    }

    #[test]
    fn a_stranger_has_an_id_that_means_nobody_and_stays() {
        let zone = zone();
        let stranger = pass(&zone, Outcome::Stranger, Method::Face);
        let record = record_to_platform(&stranger);
        assert_eq!(record.name, "陌生人");
        assert!(record.person_id.len() == 32 && record.person_id.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(record, record_to_platform(&stranger));
        let other = record_to_platform(&Pass {
            id: "another",
            ..stranger
        });
        assert_ne!(record.person_id, other.person_id);
    }

    proptest! {
        /// What a terminal reports, the hub understands.
        #[test]
        fn both_sides_mean_the_same(
            outcome in prop::sample::select(vec![
                Outcome::Granted, Outcome::Denied, Outcome::Stranger, Outcome::Expired, Outcome::OutOfSchedule,
                Outcome::Blocked, Outcome::NotAuthorised,
            ]),
            method in prop::sample::select(vec![
                Method::Face, Method::IcCard, Method::FaceAndCard, Method::FaceAndIdCard,
            ]),
            millisecond in 1_500_000_000_000_i64..2_000_000_000_000,
        ) {
            let zone = zone();
            let at = Timestamp::from_millisecond(millisecond).unwrap();
            let method = if outcome == Outcome::Stranger { Method::Face } else { method };
            let sent = DeviceRequest::from(record_to_platform(&Pass { at, ..pass(&zone, outcome, method) })).to_bytes();
            let message: Value = serde_json::from_slice(&sent).unwrap();
            let DeviceRequest::UploadRecord(record) = DeviceRequest::parse(&sent).unwrap() else { panic!() };
            let received = record_from_device(record, &message, outcome == Outcome::Blocked);
            prop_assert_eq!((received.outcome, received.method), (outcome, method));
            prop_assert_eq!(zone.to_timestamp(received.local.unwrap()).unwrap(), at);
            prop_assert_eq!(received.person_id.is_some(), outcome != Outcome::Stranger);
        }
    }
}
