//! Every message and every example of the document: the names that the code declares are the document's, each example
//! is read by its topic and written again, and limits are enforced.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use dialects::fields::Kind;
use dialects::mqtt::dev_info::FIELDS;
use dialects::mqtt::person::{OnlineGetRegisterResp, Operate};
use dialects::mqtt::time::{
    DayPeriods, WeekPeriods, birthday, record_time, write_birthday, write_record_time,
};
use dialects::mqtt::{
    CloudRequest, CloudResponse, DevInfo, DeviceRequest, DeviceResponse, ErrorCode, MessageError, PersonInfo,
    Register, RegisterPersonInfo, UploadRecord,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn golden(name: &str) -> Vec<u8> {
    let path = folder("golden/mqtt").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_code_declares_the_names_of_the_document() {
    let committed = std::fs::read_to_string(folder("names/mqtt.txt")).unwrap();
    let committed: BTreeSet<&str> = committed.lines().collect();
    let declared: BTreeSet<&str> = [
        DeviceRequest::ALL,
        DeviceResponse::ALL,
        CloudRequest::ALL,
        CloudResponse::ALL,
    ]
    .concat()
    .into_iter()
    .collect();
    assert_eq!(declared, committed);
    // `onlineGetRegisterResp` goes both ways: told apart by the topic (QUIRKS M1).
    assert!(DeviceResponse::ALL.contains(&"onlineGetRegisterResp"));
    assert!(CloudResponse::ALL.contains(&"onlineGetRegisterResp"));
}

/// Reads a payload by the topic that the fixture's name tells; gives the name known for it and the payload written again.
fn again(file: &str, payload: &[u8]) -> (String, Value) {
    macro_rules! by {
        ($topic:ident) => {{
            let message = $topic::parse(payload).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(!matches!(message, $topic::Unknown { .. }), "{file} is not known");
            let bytes = message.to_bytes();
            assert_eq!($topic::parse(&bytes).unwrap(), message, "{file} read again");
            (message.name().to_owned(), serde_json::from_slice(&bytes).unwrap())
        }};
    }
    match file.split('.').nth_back(1).unwrap() {
        "device-request" => by!(DeviceRequest),
        "device-response" => by!(DeviceResponse),
        "cloud-request" => by!(CloudRequest),
        _ => by!(CloudResponse),
    }
}

/// A field of an example as it is to be written: trimmed, as text, in the one spelling.
fn exact(file: &str, key: &str, value: &Value) -> Value {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    Value::String(match (key, text.as_str()) {
        ("msgType", "onlineGetRegisterInfoResp") => "onlineGetRegisterResp".to_owned(),
        ("validDateStart" | "validDateEnd", day) if file.starts_with("2.2") => {
            let parts: Vec<u32> = day.split('_').map(|part| part.parse().unwrap()).collect();
            format!("{}_{:02}_{:02}", parts[0], parts[1], parts[2])
        }
        // Within the documented length of 4 (QUIRKS M26).
        ("faceFeverTemperature", "37.30") => "37.3".to_owned(),
        _ => text,
    })
}

/// Texts whose blanks belong to them.
const VERBATIM: &[&str] = &[
    "passTime",
    "birth",
    "company",
    "visitorVoiceText",
    "recognitionPhoto",
    "comparePhoto",
    "protocolVersion",
    "compareResult",
];

#[test]
fn every_example_of_the_document_is_read_and_written_again() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder("golden/mqtt")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let payload = golden(&file);
        let (name, written) = again(&file, &payload);
        let example: Value = serde_json::from_slice(&payload).unwrap();
        for (key, value) in example.as_object().unwrap() {
            let key = key.trim();
            if key == "personInfoData" {
                for (key, value) in value[0].as_object().unwrap() {
                    assert_eq!(
                        written["personInfoData"][0][key.trim()],
                        exact(&file, key, value),
                        "{file} {key}"
                    );
                }
                continue;
            }
            let got = &written[key];
            if VERBATIM.contains(&key) {
                let (got, due) = (got.as_str().unwrap().trim(), value.as_str().unwrap().trim());
                assert_eq!(got, due, "{file} {key}");
            } else {
                assert_eq!(*got, exact(&file, key, value), "{file} {key}");
            }
        }
        assert_eq!(written["msgType"], json!(name), "{file}");
        assert!(all_texts(&written), "{file}: {written}");
        seen += 1;
    }
    assert_eq!(seen, 31);
}

/// Every scalar leaves as text (QUIRKS M9).
fn all_texts(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(items) => items.iter().all(all_texts),
        Value::Object(fields) => fields.values().all(all_texts),
        _ => false,
    }
}

#[test]
fn examples_mean_what_they_say() {
    let DeviceRequest::Register(register) =
        DeviceRequest::parse(&golden("2.1.1-register.device-request.json")).unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (register.device_no.as_str(), register.milliseconds()),
        ("FaceDevice001", Some(1_508_845_817_000))
    );
    assert!(!register.is_signed(), "the printed signature does not verify");
    assert!(register.clone().signed().is_signed());
    let CloudRequest::RegisterPersonInfo(people) =
        CloudRequest::parse(&golden("2.2.1-registerPersonInfo.cloud-request.json")).unwrap()
    else {
        panic!()
    };
    let person = &people.people[0];
    assert_eq!(
        (person.operate, person.id.as_str(), person.priority),
        (Some(Operate::Add), "2001", 0)
    );
    assert_eq!(person.week()[0].periods.len(), 2);
    assert_eq!(person.week()[6].allowed(), [model::Period::ALL_DAY]);
    assert_eq!((person.voice_mode, person.voice_before.as_str()), (1, "亲爱的"));
    assert_eq!(person.photos().len(), 1);
    let DeviceResponse::OnlineGetRegisterResp(OnlineGetRegisterResp(told)) =
        DeviceResponse::parse(&golden("2.2.2-onlineGetRegisterInfoResp.device-response.json")).unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (told.people, told.index, told.person.unwrap().name.as_str()),
        (Some(1000), Some(999), "张三")
    );
    let DeviceRequest::UploadRecord(record) =
        DeviceRequest::parse(&golden("2.3.1-uploadRecord.device-request.json")).unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (record.result, record.direction, record.temperature_result),
        (Some(0), 1, Some(1))
    );
    assert_eq!(
        record.spoken, "欢迎光临",
        "of a key that comes twice the last counts"
    );
    let time = record_time(&record.time).unwrap();
    assert_eq!(write_record_time(time), "2019-11-08 13:05:51.421");
    let CloudResponse::UploadRecordResp(verdict) =
        CloudResponse::parse(&golden("2.3.1-uploadRecordResp.cloud-response.json")).unwrap()
    else {
        panic!()
    };
    assert_eq!(verdict.verdict(), Some(true));
    let DeviceResponse::OnlineUpdateResp(progress) =
        DeviceResponse::parse(&golden("2.1.4-onlineUpdateResp.device-response.json")).unwrap()
    else {
        panic!()
    };
    assert!(progress.0.code.is_progress());
}

#[test]
fn what_real_devices_do_otherwise_is_read() {
    // Numbers for texts, blanks in keys and values, other case, an unknown field, a byte order mark.
    let payload = "\u{feff}{\"msgType \":\" UploadRecord\", \"msgID\": 17, \"SnapType\": 3, \"compareResult\":\" 1\", \
        \"idNumber\":\"2f7c\", \"name\":\"陌生人\", \"offLineRecordNum\":\"2\", \"temperature\": 36.5}";
    let DeviceRequest::UploadRecord(record) = DeviceRequest::parse(payload.as_bytes()).unwrap() else {
        panic!()
    };
    assert_eq!(
        (record.msg_id.as_str(), record.snap_type, record.result),
        ("17", Some(3), Some(1))
    );
    assert_eq!(record.temperature.as_deref(), Some("36.5"));
    // A blank says nothing, also where a number is due.
    let blank = json!({"msgType": "registerPersonInfo", "msgID": "1", "personInfoData": [{
        "operateType": "0", "idNumber": "7", "name": "x", "priority": "", "voiceSpecialMode": " ",
        "voiceNameSexEnable": "", "displaySpecialMode": null, "displayNameSexEnable": "", "phone": null,
        "validDateEnd": " ", "passTime1": "", "registerPhoto2": null}]});
    let CloudRequest::RegisterPersonInfo(blank) = CloudRequest::parse(blank.to_string().as_bytes()).unwrap()
    else {
        panic!()
    };
    let plain = PersonInfo {
        operate: Some(Operate::Add),
        id: "7".to_owned(),
        name: "x".to_owned(),
        ..PersonInfo::default()
    };
    assert_eq!(blank.people, [plain]);
    // Whom a device tells of is read as far as possible.
    let told = json!({"msgType": "onlineGetRegisterInfoResp", "msgID": "1", "errorCode": "100", "personNum": "2",
        "index": "1", "idNumber": "7", "name": "x", "priority": "", "phone": null, "validDateEnd": "soon"});
    let DeviceResponse::OnlineGetRegisterResp(told) =
        DeviceResponse::parse(told.to_string().as_bytes()).unwrap()
    else {
        panic!()
    };
    let person = told.0.person.unwrap();
    assert_eq!(
        (person.id.as_str(), person.priority, person.valid_until),
        ("7", 0, None)
    );
    // An array, one object, or a text that holds either (QUIRKS M27).
    for data in [
        json!([{"operateType": 2, "idNumber": 7}]),
        json!({"operateType": "2", "idNumber": "7"}),
        json!("[{\"operateType\":\"2\",\"idNumber\":\"7\"}]"),
    ] {
        let payload = json!({"msgType": "registerPersonInfo", "msgID": "1", "personInfoCount": "9", "personInfoData": data});
        let CloudRequest::RegisterPersonInfo(people) =
            CloudRequest::parse(payload.to_string().as_bytes()).unwrap()
        else {
            panic!()
        };
        assert_eq!((people.people.len(), people.people[0].id.as_str()), (1, "7"));
    }
    let unknown = DeviceRequest::parse(br#"{"msgType":"makeCoffee","x":1}"#).unwrap();
    assert_eq!(unknown.name(), "makeCoffee");
    assert!(matches!(
        DeviceRequest::parse(b"{}"),
        Err(MessageError::Malformed(_))
    ));
    assert!(matches!(
        DeviceRequest::parse(b"[1]"),
        Err(MessageError::Malformed(_))
    ));
    assert!(matches!(DeviceRequest::parse(b"{"), Err(MessageError::Body(_))));
    for (text, day) in [
        ("1997年4月3日", "1997-04-03"),
        ("1997 年 04 月 03 日 ", "1997-04-03"),
        ("19970403", "1997-04-03"),
    ] {
        assert_eq!(birthday(text).unwrap().to_string(), day);
    }
    assert_eq!(birthday("1997年13月3日"), None);
    assert_eq!(write_birthday("1997-04-03".parse().unwrap()), "1997年4月3日");
    // Fewer days are open; an eighth is ignored (QUIRKS M12).
    let week: WeekPeriods = "06:00-09:00,18:00-21:00;;;;;;;06:00-09:00".parse().unwrap();
    assert_eq!((week.0[0].periods.len(), week.0[6].periods.len()), (2, 0));
    assert_eq!(week.to_string(), "06:00-09:00,18:00-21:00;;;;;;");
    // A day on which nobody passes is not an open one.
    let closed: WeekPeriods = "00:00-00:00;;;;;;".parse().unwrap();
    assert!(closed.0[0].closed && !closed.is_always() && WeekPeriods::default().is_always());
    assert_eq!(closed.to_string(), "00:00-00:00;;;;;;");
    assert!("06:00-09:00,18:00".parse::<WeekPeriods>().is_err());
}

/// A text of this length that the setting may hold.
fn text_of(name: &str, bytes: usize) -> String {
    let mut text = match name {
        "passTime" => "08:00-18:00;".to_owned(),
        "wdrTimeSet1" | "wdrTimeSet2" => return "22:00-23:00".to_owned(),
        _ => return "x".repeat(bytes),
    };
    text.push_str(&";".repeat(bytes - text.len()));
    text
}

/// Each setting: what is just outside is refused naming the field and the range; what is on the edge is taken.
#[test]
fn ranges_of_settings_are_enforced_at_their_edges() {
    let mut looked_at = 0;
    for field in FIELDS.iter().filter(|field| field.writable) {
        let (inside, outside) = match field.kind {
            Kind::Integer(first, last) => (
                vec![json!(first), json!(last), json!(last.to_string())],
                vec![json!(first - 1), json!(last + 1), json!("many")],
            ),
            Kind::Bit => (vec![json!(0), json!("1")], vec![json!(2), json!("on")]),
            Kind::Text(bytes) => (
                vec![json!(text_of(field.name, bytes))],
                vec![json!("x".repeat(bytes + 1))],
            ),
            Kind::Characters(count) => (
                vec![json!("门".repeat(count))],
                vec![json!("门".repeat(count + 1))],
            ),
            Kind::Decimal(first, last) => (
                vec![json!(first), json!(last.to_string())],
                vec![json!(last + 0.1), json!("hot")],
            ),
            other => panic!("{}: {other:?}", field.name),
        };
        let set = |value: &Value| {
            let payload =
                json!({"msgType": "onlineSetDevInfo", "msgID": "1", "deviceNo": "D", field.name: value});
            CloudRequest::parse(payload.to_string().as_bytes())
        };
        for value in inside {
            assert!(set(&value).is_ok(), "{} {value}", field.name);
            // Four digits are sent, five are taken (QUIRKS M26).
            let is_too_long =
                field.name == "openDoorTimeDelayMs" && value.to_string().trim_matches('"').len() > 4;
            let change = Map::from_iter([(field.name.to_owned(), value)]);
            assert_eq!(DevInfo::change(&change).is_ok(), !is_too_long, "{change:?}");
        }
        for value in outside {
            let Err(MessageError::Limit(error)) = set(&value) else {
                panic!("{} {value} was taken", field.name);
            };
            assert_eq!(
                (error.field.as_str(), error.limit),
                (field.name, field.kind.to_string())
            );
        }
        looked_at += 1;
    }
    assert_eq!(looked_at, 59);
    let only_told = Map::from_iter([("wiredIpAddr".to_owned(), json!("10.0.0.1"))]);
    assert_eq!(DevInfo::change(&only_told).unwrap_err().limit, "read-only");
    let unknown = Map::from_iter([("coffee".to_owned(), json!(1))]);
    assert_eq!(DevInfo::change(&unknown).unwrap_err().field, "coffee");
}

#[test]
fn secrets_stay_out_of_logs() {
    let told = DeviceResponse::parse(&golden("2.1.7-onlineGetDevInfoResp.device-response.json")).unwrap();
    let text = format!("{told:?}");
    assert!(text.contains("voiceVolume") && !text.contains("123456"), "{text}");
}

#[test]
fn limits_of_people_are_enforced() {
    let person = |change: fn(&mut PersonInfo)| {
        let mut person = PersonInfo {
            operate: Some(Operate::Add),
            id: "1".to_owned(),
            name: "N".to_owned(),
            ..PersonInfo::default()
        };
        change(&mut person);
        person.check().map_err(|error| error.field)
    };
    assert_eq!(person(|_| {}), Ok(()));
    assert_eq!(person(|p| p.id = "x".repeat(33)), Err("idNumber".to_owned()));
    assert_eq!(person(|p| p.name = String::new()), Err("name".to_owned()));
    assert_eq!(person(|p| p.phone = "1".repeat(17)), Err("phone".to_owned()));
    assert_eq!(person(|p| p.priority = 3), Err("priority".to_owned()));
    assert_eq!(
        person(|p| p.voice_after = "门".repeat(31)),
        Err("visitorVoiceText".to_owned())
    );
    assert_eq!(
        person(|p| p.display_mode = 6),
        Err("displaySpecialMode".to_owned())
    );
    assert_eq!(
        person(|p| p.operate = Some(Operate::Other(4))),
        Err("operateType".to_owned())
    );
    assert_eq!(
        person(
            |p| p.sunday = "01_00,02_00,03_00,04_00,05_00,06_00,07_00,08_00,09_00,10_00,11_00,12_00"
                .parse()
                .unwrap()
        ),
        Err("passTime7".to_owned())
    );
    // Nothing but the id for a deletion, nothing at all for everybody (QUIRKS M28).
    let of = |operate, id: &str| PersonInfo {
        operate: Some(operate),
        id: id.to_owned(),
        ..PersonInfo::default()
    };
    assert!(of(Operate::Delete, "1").check().is_ok() && of(Operate::Delete, "").check().is_err());
    assert!(of(Operate::DeleteAll, "").check().is_ok());
    let nobody = RegisterPersonInfo {
        msg_id: "1".to_owned(),
        device_no: "D".to_owned(),
        people: Vec::new(),
    };
    assert!(CloudRequest::parse(&CloudRequest::from(nobody).to_bytes()).is_err());
}

#[test]
fn codes_go_both_ways() {
    for code in ErrorCode::ALL {
        assert_eq!(ErrorCode::from(code.number()), *code);
        let payload = json!({"msgType": "onlineOpenResp", "msgID": "1", "errorCode": code.number()});
        let DeviceResponse::OnlineOpenResp(reply) =
            DeviceResponse::parse(payload.to_string().as_bytes()).unwrap()
        else {
            panic!()
        };
        assert_eq!(reply.0.code, *code);
        assert!(!code.text().is_empty());
    }
    assert_eq!(ErrorCode::ALL.len(), 24);
    assert_eq!(ErrorCode::from(777), ErrorCode::Other(777));
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9\u{4e00}-\u{4e10}]{1,10}"
}

proptest! {
    #[test]
    fn a_record_survives_the_wire(id in words(), person in "[a-z0-9]{0,32}", name in words(), result in 0_i64..5, kind in 0_i64..5) {
        let record = UploadRecord {
            msg_id: id, person_id: person, name, result: Some(result), snap_type: Some(kind), device_no: "D".to_owned(),
            temperature: Some("36.5".to_owned()), ..UploadRecord::default()
        };
        let message = DeviceRequest::from(record);
        prop_assert_eq!(DeviceRequest::parse(&message.to_bytes()).unwrap(), message);
    }

    #[test]
    fn a_person_survives_the_wire(id in "[A-Za-z0-9_-]{1,32}", name in words(), periods in proptest::collection::vec((0_u8..11, 12_u8..24), 0..5)) {
        let text: Vec<String> = periods.iter().map(|(from, until)| format!("{from:02}_00,{until:02}_30")).collect();
        let day: DayPeriods = text.join(",").parse().unwrap();
        let person = PersonInfo { operate: Some(Operate::Change), id, name, monday: day, ..PersonInfo::default() };
        let message = CloudRequest::from(RegisterPersonInfo::one("m", "D", person));
        prop_assert_eq!(CloudRequest::parse(&message.to_bytes()).unwrap(), message);
    }

    #[test]
    fn a_registration_is_signed_by_what_it_says(device in "[A-Z0-9]{1,32}", time in "[0-9]{10}", rand in "[a-z0-9]{1,64}") {
        let register = Register { device_no: device, time, rand, ..Register::default() }.signed();
        prop_assert!(register.is_signed());
        let other = Register { rand: format!("{}x", register.rand), ..register };
        prop_assert!(!other.is_signed());
    }

    #[test]
    fn no_bytes_make_it_panic(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = DeviceRequest::parse(&payload);
        let _ = DeviceResponse::parse(&payload);
        let _ = CloudRequest::parse(&payload);
        let _ = CloudResponse::parse(&payload);
    }
}
