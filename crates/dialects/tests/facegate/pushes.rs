//! Pushes as real devices write them.

use super::{device, value};
use dialects::facegate::push::{PushError, VerifyStatus, VerifyType};
use dialects::facegate::{Acknowledgement, DeviceId, Push, ReceivedPush, VerifyPush, heart_beat_answer};
use serde_json::json;

fn push(body: &str) -> Push {
    ReceivedPush::parse(body.as_bytes())
        .unwrap_or_else(|error| panic!("{body}: {error}"))
        .push
}

fn verify(info: &str) -> VerifyPush {
    match push(&format!(r#"{{"operator":"VerifyPush","info":{{{info}}}}}"#)) {
        Push::Verify(verify) => verify,
        other => panic!("{other:?}"),
    }
}

#[test]
fn spellings_of_newer_firmware_are_read() {
    let bytes = r#"{"operator":"VerifyPush","dwFileIndex":1,"dwFilePos":2,"SnapPic":"data:image/jpeg;base64,/9j/",
        "ScenePic":"c2NlbmU=","RegisteredPic2":"cmVn","info":{"DeviceID":"1300001","PersonID":77,"PersonUUID":" ",
        "CustomizeID":-2,"CreateTime":"2021-03-04T05:06:07","VerifyStation":"1","VerifyType":513,"nRecordIndex":9,
        "IdCard":"1.10106198532642E+17","Similarity1":"88.5","isNoMask":0,"Sendintime":1,"Temperature":"36.5"}}"#;
    let received = ReceivedPush::parse(bytes.as_bytes()).unwrap();
    assert_eq!(received.device, Some(device()));
    let Push::Verify(push) = &received.push else {
        panic!()
    };
    assert_eq!(push.result.status, VerifyStatus::Granted);
    assert_eq!(
        push.result.verify_type.map(VerifyType::base),
        Some(VerifyType::FACE)
    );
    assert_eq!(
        (push.person.uuid.as_deref(), push.person.customize_id),
        (None, None)
    );
    assert_eq!(push.result.person_id, Some(77));
    assert_eq!(push.person.id_card.as_deref(), Some("1.10106198532642E+17"));
    assert_eq!(
        push.result.capture.as_ref().unwrap().decode().unwrap(),
        [0xFF, 0xD8, 0xFF]
    );
    assert_eq!(
        (push.result.similarity, push.result.temperature),
        (Some(88.5), Some(36.5))
    );
    // What is not known is kept, pictures are not.
    assert_eq!(
        (
            &received.native["dwFilePos"],
            &received.native["info"]["nRecordIndex"]
        ),
        (&json!(2), &json!(9))
    );
    let native = received.native.to_string();
    for picture in ["ScenePic", "RegisteredPic2", "SnapPic"] {
        assert!(!native.contains(picture), "{native}");
    }
}

#[test]
fn a_push_is_told_by_its_operator_and_pictures_may_stand_anywhere() {
    let card = r#"{"operator":" cardverify ","info":{"CreateTime ":"2018-01-01T00:00:00","CardNo ":" 77 ","HasPic ":"1"},
        "SanpPic":"/9j/"}"#;
    let Push::Card(card) = push(card) else { panic!() };
    assert_eq!(
        (card.card.trim(), card.has_picture, card.picture.is_some()),
        ("77", true, true)
    );
    let Push::Snap(snap) = push(r#"{"operator":"SnapPush","info":{"SanpPic":"/9j/","PictureType":"1"}}"#)
    else {
        panic!()
    };
    assert_eq!((snap.picture_type, snap.picture.is_some()), (1, true));
    let unknown = ReceivedPush::parse(br#"{"operator":"DoorOpenPush","info":{"DeviceID":5,"x":1}}"#).unwrap();
    assert_eq!(
        (unknown.push.operator(), unknown.device),
        ("DoorOpenPush", Some(DeviceId::from(5)))
    );
    assert!(matches!(unknown.push, Push::Unknown(_)));
    assert!(matches!(ReceivedPush::parse(b"<xml>"), Err(PushError::Body(_))));
    // A strange field does not lose its record.
    let Push::Snap(odd) = push(
        r#"{"operator":"SnapPush","info":{"PictureType":"many","CreateTime":"2018-03-12T09:09:20","Direction":[1]}}"#,
    ) else {
        panic!()
    };
    assert_eq!((odd.picture_type, odd.direction), (0, None));
    assert_eq!(odd.time, "2018-03-12T09:09:20");
    let odd = verify(r#""CreateTime":"2018-03-12T09:09:20","Gender":"?","Similarity1":"high","Name":"A""#);
    assert_eq!(
        (odd.person.name.as_deref(), odd.result.similarity),
        (Some("A"), None)
    );
    let nobody = ReceivedPush::parse(br#"{"operator":"HeartBeat","info":{"Time":"2018-03-12T09:09:20"}}"#);
    assert_eq!(nobody.unwrap().device, None);
}

#[test]
fn only_a_fresh_record_may_open_the_door() {
    assert!(verify(r#""VerifyStatus":22,"VerfyType":1,"Sendintime":1"#).may_open());
    for no in [
        r#""VerifyStatus":22,"VerfyType":1,"Sendintime":0"#,
        r#""VerifyStatus":22,"VerfyType":1"#,
        r#""VerifyStatus":22,"VerfyType":1,"Sendintime":1,"PushType":2"#,
        r#""VerifyStatus":22,"VerfyType":283,"Sendintime":1"#,
        r#""VerifyStatus":1,"VerfyType":1,"Sendintime":1"#,
    ] {
        assert!(!verify(no).may_open(), "{no}");
    }
}

#[test]
fn acknowledgements_are_read_as_receivers_write_them() {
    let read = |bytes: &str| Acknowledgement::parse(bytes.as_bytes()).unwrap();
    // The stray comma is the document's own (QUIRKS A23).
    assert!(read("{ \"code\": 200, \"desc\": \"OK\", }").is_confirmed());
    assert!(read(r#"{"code":"200"}"#).is_confirmed());
    assert!(read(r#"{"operator":"VerifyPush","info":{"code":200,"desc":"ok"}}"#).is_confirmed());
    for not in [
        "",
        "{}",
        r#"{"code":0}"#,
        r#"{"code":200,"desc":"busy"}"#,
        r#"{"desc":"OK"}"#,
    ] {
        assert!(!read(not).is_confirmed(), "{not}");
    }
    assert!(Acknowledgement::parse(b"OK").is_err());
    let verdict = read(r#"{"code":200,"desc":"OK","openDoor":"1","showInfo":"请进"}"#);
    assert_eq!(
        (verdict.open_door, verdict.show.as_deref()),
        (Some(true), Some("请进"))
    );
    let long = Acknowledgement::verdict(true, Some(&"门".repeat(30)));
    assert_eq!(long.show.as_deref().map(str::len), Some(63));
    assert!(long.check().is_ok());
    let longer = Acknowledgement {
        show: Some("x".repeat(64)),
        ..Acknowledgement::ok()
    };
    assert_eq!(longer.check().unwrap_err().field, "showInfo");
    assert_eq!(
        Acknowledgement::verdict(false, None).to_bytes(),
        br#"{"code":200,"desc":"OK","openDoor":0}"#
    );
    assert_eq!(
        value(&heart_beat_answer()),
        json!({"operator": "HeartBeat", "code": 200, "desc": "OK", "info": {"Result": "Ok"}})
    );
}

#[test]
fn a_health_code_and_a_document_are_read() {
    let push_ = verify(r#""nQRCodeType":3,"guoKangCodeName":"黄**","guoKangCodeDate":"2021-01-12 10:00:00""#);
    assert_eq!(
        (push_.health.colour, push_.health.name.as_deref()),
        (Some(3), Some("黄**"))
    );
    let Push::IdCardInfo(card) = push(
        r#"{"operator":"IDCardInfoPush","info":{"IDCard_Idno":11010119900101,"IDCard_Idperiod":"20190203-长期"}}"#,
    ) else {
        panic!()
    };
    assert_eq!(
        (card.number.as_str(), card.validity()),
        ("11010119900101", Some(("20190203", "长期")))
    );
}
