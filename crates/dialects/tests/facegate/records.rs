//! Records as a hub understands them, with every result and every way to identify.

use super::golden;
use dialects::facegate::convert::{
    DeviceRecord, record_from_capture, record_from_control, record_from_device,
};
use dialects::facegate::record::{SearchCapture, SearchControl};
use dialects::facegate::{ReceivedPush, answer_of};
use model::{Direction, Method, Outcome, TemperatureAlarm};
use serde_json::{Value, json};

fn record(operator: &str, info: Value) -> Option<DeviceRecord> {
    let body = json!({"operator": operator, "info": info}).to_string();
    let push = ReceivedPush::parse(body.as_bytes()).unwrap();
    record_from_device(push.push, push.native)
}

fn verified(change: Value) -> DeviceRecord {
    let mut info = json!({
        "DeviceID": 1, "PersonID": 9, "PersonUUID": "p-1", "CustomizeID": 77, "Name": "张三", "PersonType": 0,
        "CreateTime": "2026-11-27T12:00:00", "VerifyStatus": 1, "VerfyType": 1, "Similarity1": 91.5, "Sendintime": 1,
        "IdCard": "4309", "RFIDCard": "519F7D29", "MjCardNo": 12, "Temperature": 0, "SanpPic": "/9j/",
    });
    for (key, value) in change.as_object().unwrap() {
        info[key] = value.clone();
    }
    record("VerifyPush", info).unwrap()
}

#[test]
fn results_follow_the_contract() {
    let outcome = |status: i64, kind: i64| {
        verified(json!({"VerifyStatus": status, "PersonType": kind}))
            .record
            .outcome
    };
    for (status, expected) in [
        (0, Outcome::Denied),
        (1, Outcome::Granted),
        (2, Outcome::Denied),
        (3, Outcome::Stranger),
        (22, Outcome::Pending),
        (24, Outcome::OutOfSchedule),
        (99, Outcome::Denied),
    ] {
        assert_eq!(outcome(status, 0), expected, "{status}");
    }
    assert_eq!(
        (outcome(2, 1), outcome(24, 1)),
        (Outcome::Blocked, Outcome::Blocked)
    );
    for (kind, expected) in [
        (1, Outcome::Blocked),
        (2, Outcome::Granted),
        (3, Outcome::Denied),
        (4, Outcome::Granted),
        (0, Outcome::Stranger),
    ] {
        let snap = record(
            "SnapPush",
            json!({"CreateTime": "2026-11-27T12:00:00", "PictureType": kind}),
        )
        .unwrap();
        assert_eq!(snap.record.outcome, expected);
        assert!(snap.record.key.with_picture && snap.record.person_id.is_none());
    }
}

#[test]
fn methods_follow_the_contract() {
    let method = |kind: i64| verified(json!({"VerfyType": kind})).record.method;
    for (kind, expected) in [
        (0, Method::Unknown),
        (1, Method::Face),
        (2, Method::IdCard),
        (3, Method::FaceAndIdCard),
        (5, Method::Face),
        (21, Method::RfCard),
        (22, Method::FaceAndCard),
        (24, Method::Wiegand),
        (25, Method::FaceAndCard),
        (27, Method::Remote),
        (4, Method::Unknown),
        (0x319, Method::FaceAndCard),
        (0x201, Method::Face),
    ] {
        assert_eq!(method(kind), expected, "{kind}");
    }
    let mask = |kind: i64| verified(json!({"VerfyType": kind})).record.mask;
    assert_eq!((mask(0x101), mask(0x201), mask(1)), (Some(true), None, None));
    let card = |kind: i64| verified(json!({"VerfyType": kind})).record.card;
    assert_eq!(
        (card(21).as_deref(), card(25).as_deref(), card(1)),
        (Some("519F7D29"), Some("12"), None)
    );
    let pin = record("PwdVerify", json!({"CreateTime": "2026-11-27T12:00:00"}))
        .unwrap()
        .record;
    assert_eq!((pin.method, pin.outcome), (Method::Pin, Outcome::Granted));
    let ic = record(
        "CardVerify",
        json!({"CreateTime": "2026-11-27T12:00:00", "CardNo": "77"}),
    )
    .unwrap()
    .record;
    assert_eq!((ic.method, ic.card.as_deref()), (Method::IcCard, Some("77")));
    // Questions, not records.
    for operator in ["QRCodePush", "IDCardInfoPush", "HeartBeat", "Other"] {
        assert_eq!(record(operator, json!({})), None);
    }
}

#[test]
fn what_door_stations_push_is_the_same_as_the_record_that_is_asked_for() {
    let key = |operator, info| record(operator, info).unwrap().record.key;
    let time = "2026-11-27T12:00:00";
    let card = key("CardVerify", json!({"CreateTime": time, "CardNo": "77"}));
    let by = |kind: i64, card: &str| verified(json!({"VerfyType": kind, "AccessId": card})).same_as;
    assert!(by(24, "77").contains(&card.text));
    assert!(by(21, "77").contains(&card.text));
    assert!(!by(24, "78").contains(&card.text), "another card");
    assert!(!by(1, "77").contains(&card.text), "a face");
    let pin = key("PwdVerify", json!({"CreateTime": time}));
    let nobody = json!({"VerfyType": 0, "PersonID": 0, "PersonUUID": "", "CustomizeID": 0});
    let asked = verified(nobody.clone());
    assert!(asked.same_as.contains(&pin.text), "{asked:?}");
    assert_eq!(asked.record.key.with_picture, pin.with_picture);
    assert!(
        !verified(json!({"VerfyType": 0})).same_as.contains(&pin.text),
        "somebody"
    );
    let mut known = nobody;
    known["VerfyType"] = json!(1);
    assert!(!verified(known).same_as.contains(&pin.text), "a face");
}

#[test]
fn a_record_is_understood() {
    let got =
        verified(json!({"Temperature": 38.1, "TemperatureAlarm": 1, "Direction": 2, "AccessChannel": 3}));
    let record = &got.record;
    assert_eq!(
        (record.person_id.as_deref(), record.person_name.as_deref()),
        (Some("p-1"), Some("张三"))
    );
    assert_eq!(record.local.unwrap().to_string(), "2026-11-27T12:00:00");
    assert_eq!((record.score, record.temperature), (Some(0.915), Some(38.1)));
    assert_eq!(
        (record.temperature_alarm, record.direction),
        (TemperatureAlarm::High, Direction::Exit)
    );
    assert_eq!(
        (got.channel.as_deref(), got.is_late, got.may_open),
        (Some("3"), false, false)
    );
    assert!(record.capture.is_some() && record.native["info"].get("SanpPic").is_none());
    assert_eq!(record.document, None);
    let document = verified(json!({"VerfyType": 3})).record.document.unwrap();
    assert_eq!(
        (document.number.as_deref(), document.name.as_deref()),
        (Some("4309"), Some("张三"))
    );
    assert!(verified(json!({"Sendintime": 0})).is_late && verified(json!({"PushType": 2})).is_late);
    assert!(verified(json!({"VerifyStatus": 22})).may_open);
    assert_eq!(verified(json!({})).record.temperature, None);
    let only_number = verified(json!({"PersonUUID": " ", "CustomizeID": -2})).record;
    assert_eq!(only_number.person_id.as_deref(), Some("LibID:9"));
    let nobody = verified(json!({"VerifyStatus": 3})).record;
    assert!(nobody.key.with_picture && nobody.person_name.is_none());
    // The clock was never set.
    assert!(
        verified(json!({"CreateTime": "1970-01-01T00:00:09"}))
            .record
            .local
            .is_some()
    );
    assert_eq!(verified(json!({"CreateTime": "?"})).record.local, None);
}

#[test]
fn a_record_is_the_same_pushed_and_asked_for() {
    let pushed = verified(json!({}));
    assert_eq!(pushed.record.key.text, "2026-11-27T12:00:00\n9\n1");
    assert_eq!(pushed.same_as, ["2026-11-27T12:00:00\n9\n"]);
    let asked = |change: Value| {
        let mut entry =
            json!({"LibID": 9, "Time": "2026-11-27T12:00:00", "VerifyStatus": "1", "Name": "张三"});
        for (key, value) in change.as_object().unwrap() {
            entry[key] = value.clone();
        }
        let answer =
            json!({"operator": "SearchControl", "info": {"TotalNum": 1, "SearchInfo": [entry]}}).to_string();
        let records = answer_of(&SearchControl::default(), answer.as_bytes()).unwrap();
        record_from_control(records.records[0].clone())
    };
    let without = asked(json!({}));
    assert_eq!(without.record.key.text, pushed.same_as[0]);
    assert!(without.same_as.contains(&pushed.record.key.text));
    assert_eq!(asked(json!({"VerfyType": 1})).record.key, pushed.record.key);
    // Where both say how, and it differs, there are two.
    let other = asked(json!({"VerfyType": 21}));
    assert_ne!(other.record.key, pushed.record.key);
    assert!(!other.same_as.contains(&pushed.record.key.text));
    let remote = asked(json!({"RemoteOpenDoor": 1, "LibID": 0, "Name": "远程开门"}));
    assert_eq!(
        (remote.record.method, remote.record.person_id),
        (Method::Remote, None)
    );
    assert!(without.is_late && !without.may_open);
    // Strangers by time and picture.
    let answer = answer_of(
        &SearchCapture::default(),
        &golden("3.26.2-SearchCapture.answer.json"),
    )
    .unwrap();
    let capture = record_from_capture(answer.0[0].clone());
    let snap = record(
        "SnapPush",
        json!({"CreateTime": "2020-01-13T20:02:43", "PictureType": 0}),
    )
    .unwrap();
    assert_eq!(capture.record.key, snap.record.key);
    assert_eq!(
        capture.record.native,
        json!({"LibSnapID": 3303, "CreateTime": "2020-01-13T20:02:43"})
    );
}
