//! Every limit at its edges, and the code of each cause.

use super::{golden_value, post};
use dialects::fields::{Field, Kind};
use dialects::openapi::{Audio, Code, Information, Network, Peripherals, Production, Refused, SmartFace};
use serde_json::{Map, Value, json};

fn code(path: &str, body: &Value) -> Code {
    match post(path, body) {
        Ok(_) => Code::Success,
        Err(refused) => {
            assert_eq!(refused.reply().code, refused.code);
            refused.code
        }
    }
}

/// Values at the edges of a field's range, and beyond.
fn edges(kind: Kind) -> (Vec<Value>, Vec<Value>) {
    match kind {
        Kind::Integer(first, last) => (
            vec![json!(first), json!(last), json!(last.to_string())],
            vec![
                json!(first - 1),
                json!(last + 1),
                json!("many"),
                json!(first as f64 + 0.5),
            ],
        ),
        Kind::Bit => (
            vec![json!(0), json!(1), json!("1"), json!(true)],
            vec![json!(2), json!("on")],
        ),
        Kind::Decimal(first, last) => (
            vec![json!(first), json!(last), json!(last.to_string())],
            vec![json!(first - 0.01), json!(last + 0.01), json!("hot")],
        ),
        Kind::Characters(count) => (
            vec![json!("门".repeat(count))],
            vec![json!("门".repeat(count + 1)), json!([])],
        ),
        Kind::Opaque => (vec![json!(7), json!("x")], vec![]),
        other => panic!("{other:?}"),
    }
}

type Whole = fn(&Map<String, Value>) -> Result<Map<String, Value>, Refused>;

/// Each field of an object: demanded or not, its range at the edges.
fn look(name: &str, table: &[Field], optional: &[&str], example: &Value, whole: Whole) -> usize {
    let example = example.as_object().unwrap();
    assert_eq!(whole(example).as_ref(), Ok(example), "{name}");
    for field in table {
        let with = |value: Value| {
            let mut object = example.clone();
            object.insert(field.name.to_owned(), value);
            whole(&object)
        };
        for missing in [with(Value::Null), {
            let mut object = example.clone();
            object.remove(field.name);
            whole(&object)
        }] {
            let due = match optional.contains(&field.name) {
                true => None,
                false => Some(Code::MissingParameter),
            };
            assert_eq!(
                missing.err().map(|refused| refused.code),
                due,
                "{name} {}",
                field.name
            );
        }
        let (inside, outside) = edges(field.kind);
        for value in inside {
            assert!(with(value.clone()).is_ok(), "{name} {} {value}", field.name);
        }
        for value in outside {
            let refused = with(value.clone()).expect_err(field.name);
            assert_eq!(
                refused.code,
                Code::InvalidParameter,
                "{name} {} {value}",
                field.name
            );
            assert!(refused.reason.starts_with(field.name), "{}", refused.reason);
            assert!(
                refused.reason.contains(&field.kind.to_string()),
                "{}",
                refused.reason
            );
        }
    }
    table.len()
}

#[test]
fn objects_are_demanded_whole_and_within_their_ranges() {
    let audio = json!({
        "aencEnable": 1, "aencType": 8, "sampleRate": 16_000, "aencbitrate": 64_000, "micLine": 0, "volumeIn": 8,
        "volumeOut": 15
    });
    let looked_at = [
        look(Audio::NAME, Audio::FIELDS, Audio::OPTIONAL, &audio, |given| {
            Audio::whole(given).map(|object| object.0)
        }),
        look(
            SmartFace::NAME,
            SmartFace::FIELDS,
            SmartFace::OPTIONAL,
            &golden_value("8.1.15-smartfacecfg.request.json"),
            |given| SmartFace::whole(given).map(|object| object.0),
        ),
        look(
            Peripherals::NAME,
            Peripherals::FIELDS,
            Peripherals::OPTIONAL,
            &golden_value("8.1.17-perparacfg.request.json"),
            |given| Peripherals::whole(given).map(|object| object.0),
        ),
        look(
            Network::NAME,
            Network::FIELDS,
            Network::OPTIONAL,
            &golden_value("8.1.13-networkcfg.request.json"),
            |given| Network::whole(given).map(|object| object.0),
        ),
    ];
    assert_eq!(looked_at, [7, 12, 9, 6]);
}

#[test]
fn what_a_device_alone_tells_is_read_and_not_set() {
    let production = json!({
        "deviceType": "3", "devSerialUUID": "0a93", "deviceName": "FR", "sensorType": 1, "screenSizeType": 8,
        "deviceCpuType": 2, "wifiFlage": true, "wifiDefaultMode": 0, "defaultIPAddr": 3_232_235_777_u32,
        "languageType": 0, "GB28181Flage": 1, "P2PType": 0, "other": "kept"
    });
    let read: Production = dialects::lenient::read(&production).unwrap();
    assert_eq!(
        (read.number("deviceType"), read.is_on("wifiFlage")),
        (Some(3.0), Some(true))
    );
    assert_eq!(read.0["other"], json!("kept"));
    assert_eq!((Production::FIELDS.len(), Information::FIELDS.len()), (12, 5));
    let change = Map::from_iter([("deviceType".to_owned(), json!(4))]);
    assert_eq!(read.with(&change).unwrap_err().limit, "read-only");
    for field in Information::FIELDS.iter().chain(Production::FIELDS) {
        assert!(!field.writable, "{}", field.name);
    }
    // Out of every range, and kept as it came.
    let odd: SmartFace = dialects::lenient::read(&json!({"faceThre": 99, "faceInterval": "7"})).unwrap();
    assert_eq!(
        (odd.0["faceThre"].clone(), odd.0["faceInterval"].clone()),
        (json!(99), json!(7))
    );
}

#[test]
fn a_part_of_an_object_is_changed_exactly() {
    let face = SmartFace::whole(
        golden_value("8.1.15-smartfacecfg.request.json")
            .as_object()
            .unwrap(),
    )
    .unwrap();
    let change = |name: &str, value: Value| face.with(&Map::from_iter([(name.to_owned(), value)]));
    let changed = change("faceinterval ", json!("20")).unwrap();
    assert_eq!(changed.number("faceInterval"), Some(20.0));
    assert_eq!(changed.0.len(), 12);
    assert_eq!(
        change("faceInterval", json!(21)).unwrap_err().field,
        "faceInterval"
    );
    assert_eq!(change("coffee", json!(1)).unwrap_err().field, "coffee");
}

#[test]
fn addresses_are_some() {
    let set = |changes: Value| {
        let mut network = golden_value("8.1.13-networkcfg.request.json");
        for (name, value) in changes.as_object().unwrap() {
            network[name] = value.clone();
        }
        code("/api/device/networkcfg", &network)
    };
    assert_eq!(set(json!({})), Code::Success);
    assert_eq!(set(json!({"DNS1": "", "defRout": " "})), Code::Success);
    assert_eq!(
        set(json!({"dhcpEnable": 1, "ipAddress": "", "subMask": ""})),
        Code::Success
    );
    for wrong in [
        json!({"ipAddress": ""}),
        json!({"subMask": ""}),
        json!({"ipAddress": "192.168.1"}),
        json!({"ipAddress": "999.1.1.1"}),
        json!({"dhcpEnable": 1, "DNS1": "dns"}),
        json!({"defRout": "192.168.1.1000"}),
    ] {
        assert_eq!(set(wrong.clone()), Code::InvalidParameter, "{wrong}");
    }
}

#[test]
fn each_cause_of_a_person_has_its_code() {
    let with = |field: &str, value: Value| {
        let mut user = json!({"userId": "1", "userType": 2, "name": "x"});
        user[field] = value;
        user
    };
    let add = |field: &str, value: Value| code("/api/user", &with(field, value));
    for name in ["userId", "userType", "name"] {
        assert_eq!(add(name, Value::Null), Code::MissingParameter, "{name}");
    }
    for (field, limit) in [
        ("userId", 40),
        ("icNumber", 40),
        ("jobNumber", 40),
        ("mobile", 20),
        ("name", 80),
        ("remark", 255),
        ("department", 80),
        ("mail", 40),
        ("title", 40),
        ("position", 100),
        ("idNumber", 40),
        ("prompt", 100),
        ("purpose", 40),
        ("interviewee", 80),
        ("comeFrom", 200),
        ("description", 80),
    ] {
        assert_eq!(add(field, json!("门".repeat(limit))), Code::Success, "{field}");
        assert_eq!(
            add(field, json!("x".repeat(limit + 1))),
            Code::InvalidParameter,
            "{field}"
        );
        assert_eq!(add(field, json!({})), Code::InvalidParameter, "{field}");
        let update = with(field, json!("x".repeat(limit + 1)));
        if field != "userId" {
            assert_eq!(
                code("/api/user/update/1", &update),
                Code::InvalidParameter,
                "{field}"
            );
        }
    }
    for (field, value, due) in [
        ("userId", json!(""), Code::InvalidParameter),
        ("name", json!(" "), Code::InvalidParameter),
        ("userType", json!("1"), Code::Success),
        ("userType", json!(3), Code::Success),
        ("userType", json!(0), Code::InvalidParameter),
        ("userType", json!(4), Code::InvalidParameter),
        ("userType", json!(-1), Code::InvalidParameter),
        ("userType", json!(""), Code::InvalidParameter),
        ("userType", json!("staff"), Code::InvalidParameter),
        ("gender", json!(1), Code::Success),
        ("gender", json!("2"), Code::Success),
        ("gender", json!(0), Code::InvalidParameter),
        ("gender", json!(3), Code::InvalidParameter),
        ("birthday", json!(-500_000_000), Code::Success),
        ("birthday", json!(636_681_600_000_i64), Code::Success),
        ("birthday", json!("1990-01-01"), Code::InvalidParameter),
        ("startTime", json!("now"), Code::InvalidParameter),
        ("endTime", json!(1e300), Code::InvalidParameter),
        ("endTime", json!(9e15), Code::InvalidParameter),
        ("endTime", json!(100_000_000_000_i64), Code::Success),
        ("endTime", json!(100_000_000_000_000_i64), Code::Success),
        ("photo", json!("/9j/4A=="), Code::Success),
        ("photo", json!(""), Code::Success),
        ("photo", json!("no picture!"), Code::NotAPicture),
        ("photo", json!(["/9j/"]), Code::NotAPicture),
    ] {
        assert_eq!(add(field, value.clone()), due, "{field} {value}");
    }
    assert_eq!(code("/api/user/update/1", &json!({})), Code::Success);
    assert_eq!(
        code("/api/user/update/all", &json!({"name": "x"})),
        Code::InvalidParameter
    );
    assert_eq!(
        code(&format!("/api/user/update/{}", "x".repeat(41)), &json!({})),
        Code::InvalidParameter
    );
}

#[test]
fn a_remark_has_its_limit() {
    let open = |remark: String| {
        let target = format!(
            "/api/device/open?remark={}",
            dialects::http::percent_encoded(&remark)
        );
        super::arrive(dialects::http::Method::Post, &target, b"").map_err(|refused| refused.code)
    };
    assert!(open("门".repeat(255)).is_ok());
    assert_eq!(open("x".repeat(256)), Err(Code::InvalidParameter));
}
