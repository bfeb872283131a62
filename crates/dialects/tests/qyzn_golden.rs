//! Every example of the document's core operations, its typography repaired and its meaning untouched: parsed, looked
//! at field by field, and written again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use dialects::qyzn::code::Code;
use dialects::qyzn::operation::{answer_of, success};
use dialects::qyzn::person::{PersonType, VerifyMode};
use dialects::qyzn::rule::PassMode;
use dialects::qyzn::{
    AddPersonFace, ClearPerson, Decoder, DeletePerson, DeviceRequest, DeviceRestart, Login, Logout,
    OnlineOpenDoor, OpenDoor, Operation, PacketKind, PlatformRequest, Refusal, Register, RequestBody,
    ResponseBody, SnapshotFace, SnapshotPicture, SyncTime, Version,
};
use serde_json::{Value, json};
use std::path::Path;

fn golden(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/qyzn")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads a request's fixture; what is written again is the fixture but for the named changes.
fn request<O: Operation>(name: &str, changes: impl FnOnce(&mut Value)) -> O {
    let body = RequestBody::parse(&golden(name)).unwrap();
    let operation = O::read(&body.data).unwrap();
    operation.check().unwrap();
    let mut due: Value = serde_json::from_slice(&golden(name)).unwrap();
    changes(&mut due);
    assert_eq!(
        json!({"message": O::NAME, "data": operation.data()}),
        due,
        "{name} written again"
    );
    operation
}

/// Reads an answer's fixture; what is written again is the fixture.
fn answer<O: Operation>(name: &str) -> O::Answer {
    let body = ResponseBody::parse(&golden(name)).unwrap();
    let answer = answer_of::<O>(&body).unwrap();
    let due: Value = serde_json::from_slice(&golden(name)).unwrap();
    let written: Value = serde_json::from_slice(&success::<O>(&answer).encode()).unwrap();
    assert_eq!(written, due, "{name} written again");
    answer
}

fn same(_: &mut Value) {}

#[test]
fn frame_of_1_4() {
    let hex: String = String::from_utf8(golden("1.4-register.hex"))
        .unwrap()
        .split_whitespace()
        .collect();
    let bytes = hex::decode(hex).unwrap();
    let mut decoder = Decoder::default();
    decoder.push(&bytes);
    let frame = decoder.next_frame().unwrap().unwrap();
    assert_eq!(
        (frame.header.version, frame.header.kind),
        (Version::V3, PacketKind::Request)
    );
    assert_eq!((frame.header.data_type, frame.header.reserved), (1, 0));
    assert_eq!(
        (frame.header.timestamp, frame.header.sequence),
        (1_564_535_879, 16)
    );
    assert_eq!((frame.body.len(), decoder.resynchronisations()), (0xa1, 0));

    let body = RequestBody::parse(&frame.body).unwrap();
    let DeviceRequest::Register(register) = DeviceRequest::parse(&body.message, &body.data).unwrap() else {
        panic!("not a register");
    };
    assert_eq!(
        (register.serial.as_str(), register.mac.as_str()),
        ("0a9310e7acc298d3", "0064871ECB01")
    );
    assert_eq!(register.device_type.as_deref(), Some("HG02"));
    assert!(register.is_signed());
    assert_eq!(
        Register::signed("0a9310e7acc298d3", "0064871ECB01", "HG02", 1_564_535_879),
        register
    );
    assert_eq!(frame.encode(), bytes);
}

#[test]
fn register_of_4_2_2() {
    let register: Register = request("4.2.2-register.request.json", same);
    assert_eq!(register.serial, "0c16d06a45914b758ca226ef325422a3");
    assert_eq!(
        (register.mac.as_str(), register.timestamp.as_str()),
        ("8CEC4B91040C", "1543563114")
    );
    // The printed signature is no test vector: it does not verify.
    assert!(!register.is_signed());
    let answer = answer::<Register>("4.2.2-register.response.json");
    assert_eq!(
        (answer.uuid.as_str(), answer.passwd.as_str()),
        ("fde0a1d337ef4b8ab6e67af87fcfd3c", "12345678")
    );
}

#[test]
fn login_of_4_2_3() {
    let login: Login = request("4.2.3-login.request.json", same);
    assert_eq!(
        (login.uuid.as_str(), login.version.as_deref()),
        ("fde0a1d337ef4b8ab6e67af87fcfd3f", Some("V1.0.0"))
    );
    answer::<Login>("4.2.3-login.response.json");
    let refused = ResponseBody::parse(&golden("4.2.3-login.unregistered.json")).unwrap();
    let Err(Refusal::Code {
        code,
        desc,
        wait_seconds,
    }) = answer_of::<Login>(&refused)
    else {
        panic!()
    };
    assert_eq!(
        (code, desc.as_str(), wait_seconds),
        (Code::Unregistered, "Unregistered", None)
    );
}

#[test]
fn deletion_of_4_3_3_and_4_3_4() {
    let delete: DeletePerson = request("4.3.3-delete_person.request.json", same);
    assert_eq!(delete, DeletePerson::one("100001"));
    answer::<DeletePerson>("4.3.3-delete_person.response.json");
    request::<ClearPerson>("4.3.4-clear_person.request.json", same);
    answer::<ClearPerson>("4.3.4-clear_person.response.json");
}

#[test]
fn snapshot_picture_of_4_3_5() {
    let snapshot: SnapshotPicture = request("4.3.5-snapshot_picture.request.json", same);
    assert_eq!(snapshot.timeout_seconds, 5);
    assert_eq!(
        answer::<SnapshotPicture>("4.3.5-snapshot_picture.response.json")
            .image
            .as_text(),
        "base64"
    );
}

#[test]
fn add_person_face_of_4_3_8() {
    let person: AddPersonFace = request("4.3.8-add_person_face.request.json", |due| {
        // Empty numbers are none, and are left out.
        due["data"]
            .as_object_mut()
            .unwrap()
            .retain(|key, _| key != "idNum" && key != "icNum");
    });
    assert_eq!(
        (person.person_id.as_str(), person.person_code.as_str()),
        ("100001", "100001")
    );
    assert_eq!(
        (person.name.as_str(), person.person_type),
        ("张三", PersonType::Member)
    );
    assert_eq!(
        (person.id_number, person.ic_number, person.pass_number),
        (None, None, Some(10))
    );
    assert_eq!(person.pass_period.unwrap().0.len(), 3);
    let days = [
        person.pass_monday,
        person.pass_friday,
        person.pass_saturday,
        person.pass_sunday,
    ];
    assert_eq!(days, [Some(true), Some(true), Some(false), Some(false)]);
    assert_eq!(
        person.start_time.unwrap().local().to_string(),
        "2019-01-01T00:00:00"
    );
    assert_eq!(
        person.expire_time.unwrap().local().to_string(),
        "2020-01-01T00:00:00"
    );
    assert_eq!(person.pass_mode, VerifyMode::Device);
    assert_eq!(
        (person.faces.len(), person.faces[0].face_id.as_deref()),
        (1, Some("3000004"))
    );
    assert_eq!(
        person.faces[0].image.as_ref().unwrap().as_text(),
        "0aB1D98bsdDSBDDS23sdfisfs"
    );

    let rule = person.ext_pass_rule.unwrap();
    assert_eq!(
        (rule.id.as_deref(), rule.name.as_deref()),
        (Some("规则 ID"), Some("规则名称"))
    );
    assert_eq!(rule.update_time.as_deref(), Some("yyyy-MM-dd HH:mm:ss"));
    let week = rule.weekly.unwrap();
    assert_eq!(week.mon.unwrap().mode, PassMode::Closed);
    assert_eq!(week.tue.unwrap().mode, PassMode::Open);
    assert_eq!(
        week.wed.unwrap().periods.unwrap().to_string(),
        "00:00~05:00,13:30~18:00"
    );
    assert_eq!((rule.holiday.len(), rule.holiday[0].name.as_str()), (2, "中秋节"));
    assert_eq!(rule.holiday[0].mode, PassMode::Closed);
    assert_eq!(rule.holiday[1].days.to_string(), "2019.10.01~2019.10.03");
    assert_eq!(rule.holiday[1].periods.as_ref().unwrap().0.len(), 2);
    answer::<AddPersonFace>("4.3.8-add_person_face.response.json");
}

#[test]
fn control_of_4_5() {
    request::<DeviceRestart>("4.5.1-device_restart.request.json", same);
    answer::<DeviceRestart>("4.5.1-device_restart.response.json");
    request::<OpenDoor>("4.5.6-open_door.request.json", same);
    answer::<OpenDoor>("4.5.6-open_door.response.json");
    // The text names it online_openDoor, the example online_open_door: both are read, the first is written.
    let online: OnlineOpenDoor = request("4.5.7-online_open_door.request.json", |due| {
        due["message"] = json!("online_openDoor")
    });
    assert_eq!(online, OnlineOpenDoor::HUB_DECIDES);
    assert!(online.platform_decides());
    answer::<OnlineOpenDoor>("4.5.7-online_open_door.response.json");
    for name in ["online_openDoor", "online_open_door", " Online_OpenDoor"] {
        let request = PlatformRequest::parse(name, &json!({"online": "1", "mode": 1})).unwrap();
        assert_eq!(request, PlatformRequest::OnlineOpenDoor(online), "{name}");
    }
}

#[test]
fn snapshot_face_of_4_6_1() {
    let record: SnapshotFace = request("4.6.1-snapshot_face.request.json", |due| {
        // The example's inner object is brought to the surface, and `fullname` spelt as in the table.
        let data = due["data"].as_object_mut().unwrap();
        let Some(Value::Object(mut inner)) = data.remove("person") else {
            panic!()
        };
        let name = inner.remove("fullname").unwrap();
        data.append(&mut inner);
        data.insert("fullName".into(), name);
    });
    assert_eq!(record.person_id, "5907d9b6bede435faf0828177e5bce07");
    assert_eq!(
        record.face_id.as_deref(),
        Some("cf78bfabb138474c8b2b3a0077c9bec1")
    );
    assert_eq!(
        (record.full_name.as_str(), record.person_type),
        ("韩梅梅", Some(PersonType::Member))
    );
    assert_eq!(
        (record.id_number.as_str(), record.ic_number.as_str()),
        ("430726199801042312", "123475")
    );
    assert_eq!(
        (record.score, record.result, record.body_temperature),
        (Some(92.0), Some(1), None)
    );
    assert_eq!(record.snap_time, "2019-08-02 15:42:48");
    assert!(record.snap_picture.unwrap().as_text().starts_with("/9j/2wBD"));
    assert_eq!(record.compare_picture, None);
    let answer = answer::<SnapshotFace>("4.6.1-snapshot_face.response.json");
    assert_eq!(answer.snap_time.as_deref(), Some("2018-11-16 16:10:00"));
    assert_eq!((answer.open_door, answer.screen_text), (None, None));
}

#[test]
fn sync_time_of_4_6_2() {
    let sync: SyncTime = request("4.6.2-sync_time.request.json", same);
    assert_eq!(sync.local().unwrap().to_string(), "2019-05-31T14:58:26.123");
    assert_eq!(
        answer::<SyncTime>("4.6.2-sync_time.response.json")
            .local()
            .unwrap()
            .millisecond(),
        456
    );
}

#[test]
fn busy_of_the_error_table() {
    let body = ResponseBody::parse(&golden("error-109-busy.json")).unwrap();
    let Err(Refusal::Code {
        code, wait_seconds, ..
    }) = answer_of::<OpenDoor>(&body)
    else {
        panic!()
    };
    assert_eq!((code, wait_seconds), (Code::Busy, Some(3)));
    let written: Value = serde_json::from_slice(&ResponseBody::busy(3).encode()).unwrap();
    assert_eq!(
        (&written["result"], &written["data"]),
        (&json!(109), &json!({"waitSeconds": 3}))
    );
}

/// The document never shows it: a request without parameters (QUIRKS T17).
#[test]
fn logout() {
    for data in [json!({}), json!({"reason": 1}), json!([])] {
        assert_eq!(
            DeviceRequest::parse("logout", &data).unwrap(),
            DeviceRequest::Logout(Logout {})
        );
    }
}

#[test]
fn an_unknown_operation_survives() {
    let data = json!({"x": ["y"]});
    let unknown = PlatformRequest::parse("make_coffee", &data).unwrap();
    assert_eq!(
        unknown,
        PlatformRequest::Unknown {
            message: "make_coffee".into(),
            data: data.clone()
        }
    );
    assert_eq!((unknown.message(), unknown.data()), ("make_coffee", data));
}
