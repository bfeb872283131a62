//! A record as the hub understands it.

use crate::lenient::Base64Text;
use crate::mqtt::record::UploadRecord;
use crate::mqtt::time::record_time;
use crate::received::{DuplicateKey, ReceivedRecord, abnormal, without};
use model::{Direction, IdentityDocument, Location, Method, Outcome, TemperatureAlarm};
use serde_json::Value;

/// Keys that are not kept of a message: its pictures, and the token.
const DROPPED: [&str; 3] = ["recognitionPhoto", "comparePhoto", "token"];
/// `snapType` of a stranger.
const STRANGER: i64 = 3;

/// Takes a record apart. `message` is the message as it came, `record` the same as [`UploadRecord`] read it;
/// `is_blocked` whether the hub has that person on its black list, for whom the dialect has no result (QUIRKS M53).
#[must_use]
pub fn record_from_device(record: UploadRecord, message: &Value, is_blocked: bool) -> ReceivedRecord {
    let is_stranger = record.snap_type == Some(STRANGER);
    // A stranger's id is made up.
    let person_id = filled(&record.person_id).filter(|_| !is_stranger);
    let temperature = record
        .temperature
        .as_deref()
        .and_then(|text| text.trim().trim_end_matches('℃').trim().parse::<f32>().ok())
        .filter(|degrees| *degrees > 0.0);
    ReceivedRecord {
        person_name: filled(&record.name),
        local: record_time(&record.time),
        instant: None,
        mask: None,
        outcome: outcome(&record, is_stranger, is_blocked),
        method: match record.snap_type {
            Some(0 | STRANGER) => Method::Face,
            Some(1) => Method::FaceAndIdCard,
            Some(2) => Method::FaceAndCard,
            Some(4) => Method::IcCard,
            _ => Method::Unknown,
        },
        score: None,
        temperature,
        temperature_alarm: match record.temperature_result {
            Some(2) => abnormal(temperature),
            _ => TemperatureAlarm::None,
        },
        direction: match record.direction {
            1 => Direction::Entry,
            2 => Direction::Exit,
            _ => Direction::None,
        },
        location: location(&record),
        card: record.card.as_deref().and_then(filled),
        document: document(&record),
        key: DuplicateKey {
            text: format!("{}\n{}", record.msg_id, record.time),
            with_picture: false,
            others: Vec::new(),
        },
        native: without(message, &DROPPED),
        person_id,
        time_text: record.time.trim().to_owned(),
        capture: picture(record.capture),
        registered: picture(record.registered),
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn picture(picture: Base64Text) -> Option<Base64Text> {
    Some(picture).filter(|picture| !picture.is_blank())
}

/// Hub rule 43, row mqtt. A record that does not say how it ended let nobody in, as far as anybody knows.
fn outcome(record: &UploadRecord, is_stranger: bool, is_blocked: bool) -> Outcome {
    match record.result {
        _ if is_stranger => Outcome::Stranger,
        Some(1 | 4) if is_blocked => Outcome::Blocked,
        Some(0) => Outcome::Granted,
        Some(2) => Outcome::OutOfSchedule,
        Some(3) => Outcome::Expired,
        Some(4) => Outcome::NotAuthorised,
        _ => Outcome::Denied,
    }
}

fn location(record: &UploadRecord) -> Option<Location> {
    let degrees = |text: &Option<String>, most: f64| {
        let number: f64 = text.as_deref()?.trim().parse().ok()?;
        (number.abs() <= most).then_some(number)
    };
    Some(Location {
        longitude: degrees(&record.longitude, 180.0)?,
        latitude: degrees(&record.latitude, 90.0)?,
    })
}

/// Devices that compare with an identity card tell what it says.
fn document(record: &UploadRecord) -> Option<IdentityDocument> {
    let number = record.id_number.as_deref().and_then(filled)?;
    Some(IdentityDocument {
        number: Some(number),
        name: filled(&record.name),
        gender: filled(&record.sex),
        ethnicity: record.ethnicity.as_deref().and_then(filled),
        birthday: filled(&record.birth),
        address: record.address.as_deref().and_then(filled),
        authority: record.authority.as_deref().and_then(filled),
        valid_from: None,
        valid_until: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::DeviceRequest;
    use serde_json::json;

    fn received(change: Value, is_blocked: bool) -> ReceivedRecord {
        let mut message = json!({
            "msgType": "uploadRecord", "msgID": "1001", "deviceNo": "D", "token": "t", "snapType": "0",
            "compareResult": " 0", "passTime": " 2019-11-08 13:05:51.421", "idNumber": "20001", "name": "张三",
            "inOutMode": "1", "recognitionPhoto": "/9j/", "comparePhoto": " ", "temperature": "36.5",
            "temperatureResult": "1", "locationx": "116.481499", "locationy": "39.990475", "normalNumber": "8899",
        });
        for (key, value) in change.as_object().unwrap() {
            message[key] = value.clone();
        }
        let bytes = message.to_string().into_bytes();
        let DeviceRequest::UploadRecord(record) = DeviceRequest::parse(&bytes).unwrap() else {
            panic!()
        };
        record_from_device(record, &message, is_blocked)
    }

    #[test]
    fn the_documents_record_is_understood() {
        let record = received(json!({}), false);
        assert_eq!(
            (record.person_id.as_deref(), record.outcome, record.method),
            (Some("20001"), Outcome::Granted, Method::Face)
        );
        assert_eq!(record.local.unwrap().to_string(), "2019-11-08T13:05:51.421");
        assert_eq!(
            (record.temperature, record.direction),
            (Some(36.5), Direction::Entry)
        );
        assert_eq!(record.location.unwrap().longitude, 116.481_499);
        assert_eq!(record.card.as_deref(), Some("8899"));
        assert!(record.capture.is_some() && record.registered.is_none());
        assert_eq!(
            (record.native.get("recognitionPhoto"), record.native.get("token")),
            (None, None)
        );
        // A resend is the same, the same id after a reset at another time is not (QUIRKS M36).
        assert_eq!(record.key, received(json!({}), false).key);
        assert_ne!(
            record.key,
            received(json!({"passTime": "2020-01-01 00:00:00.000"}), false).key
        );
    }

    /// What cannot be read is not worth the record: it would come for ever (QUIRKS M36).
    #[test]
    fn no_field_but_its_id_keeps_a_record_from_being_taken() {
        let whole = received(json!({}), false);
        let fields = [
            "version",
            "token",
            "snapType",
            "compareResult",
            "passTime",
            "idNumber",
            "name",
            "sex",
            "birth",
            "birthday",
            "company",
            "department",
            "phone",
            "validDateStart",
            "validDateEnd",
            "visitorVoiceText",
            "inOutMode",
            "recognitionPhoto",
            "comparePhoto",
            "temperature",
            "temperatureResult",
            "rfIdNumber",
            "ethnicity",
            "address",
            "authority",
            "locationx",
            "locationy",
            "normalNumber",
            "deviceNo",
        ];
        for odd in [
            json!(""),
            json!(" "),
            Value::Null,
            json!([1]),
            json!({"a": {}}),
            json!("x"),
        ] {
            for field in fields {
                let record = received(json!({"birthday": "1998年8月9日", (field): odd}), false);
                assert!(record.key.text.starts_with("1001\n"), "{field}");
                if !["snapType", "idNumber"].contains(&field) {
                    assert_eq!(record.person_id, whole.person_id, "{field} {odd}");
                }
            }
            let change: Value = fields
                .iter()
                .map(|&field| (field.to_owned(), odd.clone()))
                .collect();
            assert!(received(change, false).key.text.starts_with("1001\n"), "{odd}");
        }
    }

    #[test]
    fn results_follow_the_contract() {
        let outcome = |result: i64, kind: i64, is_blocked| {
            received(json!({"compareResult": result, "snapType": kind}), is_blocked).outcome
        };
        assert_eq!(outcome(1, 0, false), Outcome::Denied);
        assert_eq!(outcome(2, 0, false), Outcome::OutOfSchedule);
        assert_eq!(outcome(3, 4, false), Outcome::Expired);
        assert_eq!(outcome(4, 0, false), Outcome::NotAuthorised);
        assert_eq!(
            (outcome(4, 0, true), outcome(1, 0, true)),
            (Outcome::Blocked, Outcome::Blocked)
        );
        for odd in [json!(""), json!(" "), Value::Null, json!("ok"), json!([])] {
            let unknown = received(json!({"compareResult": odd, "snapType": odd}), false);
            assert_eq!(
                (unknown.outcome, unknown.method),
                (Outcome::Denied, Method::Unknown)
            );
        }
        let stranger = received(
            json!({"compareResult": "0", "snapType": "3", "idNumber": "2f7c", "name": "陌生人"}),
            false,
        );
        assert_eq!((stranger.outcome, stranger.person_id), (Outcome::Stranger, None));
        assert_eq!(received(json!({"snapType": 9}), false).method, Method::Unknown);
        let alarm = |degrees: &str| {
            received(json!({"temperature": degrees, "temperatureResult": "2"}), false).temperature_alarm
        };
        assert_eq!(
            (alarm("38.1"), alarm("33.0"), alarm("")),
            (
                TemperatureAlarm::High,
                TemperatureAlarm::Low,
                TemperatureAlarm::High
            )
        );
        let document = received(
            json!({"snapType": "1", "rfIdNumber": "1101", "authority": "局"}),
            false,
        )
        .document
        .unwrap();
        assert_eq!(
            (document.number.as_deref(), document.authority.as_deref()),
            (Some("1101"), Some("局"))
        );
    }
}
