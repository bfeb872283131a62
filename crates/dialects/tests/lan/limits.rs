//! Every limit at its edges, and the status of each cause.

use super::post;
use dialects::fields::Kind;
use dialects::lan::device_info::FIELDS;
use dialects::lan::{DeviceInfo, Operation, Request, SetDeviceInfo, Status};
use serde_json::{Map, Value, json};

/// The status that a device answers to a call with these parameters.
fn status(path: &str, parameters: Value) -> Status {
    match post(path, &parameters.to_string()) {
        Ok(Request::Unknown { name, .. }) => panic!("{name}"),
        Ok(_) => Status::Success,
        Err(refused) => {
            assert_eq!(refused.reply().status, refused.status);
            refused.status
        }
    }
}

#[test]
fn what_is_required_is_missed() {
    for (path, required) in [
        ("setDeviceKey", &["newKey"][..]),
        ("setTime", &["ts"]),
        ("setPerson", &["id"]),
        ("getPerson", &["id"]),
        ("removePerson", &["id"]),
        ("listRecord", &["ts", "count"]),
        ("removeRecord", &["ts"]),
        ("setRecordCallback", &["url"]),
        ("setHeartBeat", &["url", "period"]),
        ("updateAPK", &["url"]),
        ("check", &["photo"]),
    ] {
        let whole = json!({
            "newKey": "k", "ts": 1, "id": "1", "count": 1, "url": "http://h/", "period": 30, "photo": "/9j/"
        });
        assert_eq!(status(path, whole.clone()), Status::Success, "{path}");
        for name in required {
            let mut without = whole.clone();
            without.as_object_mut().unwrap().remove(*name);
            assert_eq!(status(path, without.clone()), Status::Missing, "{path} {name}");
            without[*name] = Value::Null;
            assert_eq!(status(path, without), Status::Missing, "{path} {name}");
        }
    }
    for path in [
        "setDeviceInfo",
        "getDeviceInfo",
        "getTime",
        "listPerson",
        "getRecordCallback",
        "reboot",
        "open",
        "getHeartBeat",
        "photo",
        "reset",
    ] {
        assert_eq!(status(path, json!({})), Status::Success, "{path}");
    }
}

#[test]
fn each_cause_of_a_person_has_its_status() {
    let person = |field: &str, value: Value| {
        let mut person = json!({"id": "1"});
        person[field] = value;
        status("setPerson", person)
    };
    for (field, value, due) in [
        ("passCount", json!(0), Status::Success),
        ("passCount", json!("9999"), Status::Success),
        ("passCount", json!(10_000), Status::Success),
        ("passCount", json!(""), Status::Success),
        ("passCount", json!(10_001), Status::PassCountRange),
        ("passCount", json!(-1), Status::PassCountRange),
        ("passCount", json!("many"), Status::PassCountMalformed),
        ("passCount", json!(1.5), Status::PassCountMalformed),
        ("startTs", json!(-1), Status::Success),
        ("startTs", json!(0.0), Status::Success),
        ("startTs", json!(1_542_595_445.123), Status::Success),
        ("startTs", json!(-1.001), Status::StartRange),
        ("startTs", json!(9e15), Status::StartRange),
        ("startTs", json!("tomorrow"), Status::StartMalformed),
        ("endTs", json!("-1"), Status::Success),
        ("endTs", json!("1.542595445123E9"), Status::Success),
        ("endTs", json!(-2), Status::EndRange),
        ("endTs", json!([]), Status::EndMalformed),
        ("id", json!("x".repeat(64)), Status::Success),
        ("id", json!("x".repeat(65)), Status::Malformed),
        ("id", json!(" "), Status::Malformed),
        ("name", json!("门".repeat(85)), Status::Success),
        ("name", json!("x".repeat(257)), Status::Malformed),
        ("IC_NO", json!("7".repeat(65)), Status::Malformed),
        ("ID_NO", json!("7".repeat(64)), Status::Success),
        ("photo", json!("/9j/4A=="), Status::Success),
        ("photo", json!(""), Status::Success),
        ("photo", json!("no picture!"), Status::PictureFormat),
        ("photo", json!(["/9j/"]), Status::PictureFormat),
    ] {
        assert_eq!(person(field, value.clone()), due, "{field} {value}");
    }
}

#[test]
fn other_calls_have_theirs() {
    for (path, parameters, due) in [
        ("setDeviceKey", json!({"newKey": "x".repeat(20)}), Status::Success),
        (
            "setDeviceKey",
            json!({"newKey": "x".repeat(21)}),
            Status::Malformed,
        ),
        ("setDeviceKey", json!({"newKey": ""}), Status::Malformed),
        ("setTime", json!({"ts": -1}), Status::Malformed),
        ("setTime", json!({"ts": "now"}), Status::Malformed),
        ("listRecord", json!({"ts": 0, "count": 0}), Status::Malformed),
        ("listRecord", json!({"ts": 0, "count": 1000}), Status::Success),
        ("listRecord", json!({"ts": 0, "count": "all"}), Status::Malformed),
        ("removeRecord", json!({"ts": "x"}), Status::Malformed),
        ("setRecordCallback", json!({"url": ""}), Status::Success),
        (
            "setRecordCallback",
            json!({"url": "HTTPS://h:1/x"}),
            Status::Success,
        ),
        (
            "setRecordCallback",
            json!({"url": "ftp://h/x"}),
            Status::UrlMalformed,
        ),
        ("setRecordCallback", json!({"url": "h/x"}), Status::UrlMalformed),
        (
            "setRecordCallback",
            json!({"url": "http:///x"}),
            Status::UrlMalformed,
        ),
        (
            "setRecordCallback",
            json!({"url": "http://h /x"}),
            Status::UrlMalformed,
        ),
        (
            "setRecordCallback",
            json!({"url": ["http://h/"]}),
            Status::UrlMalformed,
        ),
        ("updateAPK", json!({"url": ""}), Status::UrlMalformed),
        (
            "setHeartBeat",
            json!({"url": "http://h/", "period": 1}),
            Status::Success,
        ),
        (
            "setHeartBeat",
            json!({"url": "http://h/", "period": "86400"}),
            Status::Success,
        ),
        (
            "setHeartBeat",
            json!({"url": "http://h/", "period": 0.99}),
            Status::PeriodRange,
        ),
        (
            "setHeartBeat",
            json!({"url": "http://h/", "period": 0}),
            Status::PeriodRange,
        ),
        (
            "setHeartBeat",
            json!({"url": "http://h/", "period": 86_401}),
            Status::PeriodRange,
        ),
        (
            "setHeartBeat",
            json!({"url": "http://h/", "period": "often"}),
            Status::Malformed,
        ),
        (
            "setHeartBeat",
            json!({"url": "h", "period": 30}),
            Status::UrlMalformed,
        ),
        ("check", json!({"photo": ""}), Status::PictureFormat),
        ("check", json!({"photo": "?"}), Status::PictureFormat),
        ("photo", json!({"count": 1}), Status::Success),
        ("photo", json!({"count": "3"}), Status::Success),
        ("photo", json!({"count": 0}), Status::Malformed),
        ("photo", json!({"count": 4}), Status::Malformed),
        (
            "photo",
            json!({"tipsBefore": "x".repeat(1025)}),
            Status::Malformed,
        ),
    ] {
        assert_eq!(status(path, parameters.clone()), due, "{path} {parameters}");
    }
    let Err(refused) = post("open", "{\"a\":") else {
        panic!()
    };
    assert_eq!(refused.status, Status::Malformed);
}

/// Each setting: what is just outside is refused with the status of its cause, naming field and range; what is on the
/// edge is taken.
#[test]
fn ranges_of_settings_are_enforced_at_their_edges() {
    let mut looked_at = 0;
    for field in FIELDS.iter().filter(|field| field.writable) {
        let (inside, outside, malformed) = match field.kind {
            Kind::Integer(first, last) => (
                vec![json!(first), json!(last), json!(last.to_string())],
                vec![json!(first - 1), json!(last + 1)],
                vec![json!("many"), json!([])],
            ),
            Kind::OneOf(numbers) => (
                numbers.iter().map(|number| json!(number)).collect(),
                vec![json!(-1), json!(99)],
                vec![json!("on")],
            ),
            Kind::Decimal(first, last) => (
                vec![json!(first), json!(last), json!(last.to_string())],
                vec![json!(first - 0.01), json!(last + 0.01)],
                vec![json!("high")],
            ),
            Kind::Characters(count) => (
                vec![json!("门".repeat(count)), json!("")],
                vec![json!("门".repeat(count + 1))],
                vec![json!({})],
            ),
            Kind::HourMinute => (
                vec![json!("23:59"), json!("3:2")],
                vec![json!("24:00")],
                vec![json!("noon"), json!("")],
            ),
            other => panic!("{}: {other:?}", field.name),
        };
        let set = |value: &Value| post("setDeviceInfo", &json!({ field.name: value }).to_string());
        let (range, format) = (Status::out_of_range(field.name), Status::malformed(field.name));
        for value in inside {
            assert!(set(&value).is_ok(), "{} {value}", field.name);
            assert!(DeviceInfo::change(&Map::from_iter([(field.name.to_owned(), value)])).is_ok());
        }
        for (value, due) in outside
            .into_iter()
            .map(|value| (value, range))
            .chain(malformed.into_iter().map(|value| (value, format)))
        {
            let refused = set(&value).expect_err(field.name);
            assert_eq!(refused.status, due, "{} {value}", field.name);
            assert!(refused.reason.starts_with(field.name), "{}", refused.reason);
            assert!(
                refused.reason.contains(&field.kind.to_string()),
                "{}",
                refused.reason
            );
        }
        looked_at += 1;
    }
    assert_eq!(looked_at, 12);
    assert_eq!(
        status("setDeviceInfo", json!({"faceFeaturePairNumber": 1.1})),
        Status::FaceRateRange
    );
    assert_eq!(
        status("setDeviceInfo", json!({"idCardFaceFeaturePairNumber": "x"})),
        Status::IdFaceRateMalformed
    );
}

#[test]
fn settings_are_written_exactly() {
    // Both names of the name (QUIRKS L7), texts for numbers, an unknown key.
    let given =
        json!({"name": "1号机", "deviceSoundSize": "50", "deviceDefendTime": "3:05", "brightness": 3});
    let exact = SetDeviceInfo::read(&given).unwrap().exact().unwrap();
    assert_eq!(
        Value::Object(exact.0.clone()),
        json!({"deviceName": "1号机", "deviceSoundSize": 50, "deviceDefendTime": "03:05"})
    );
    assert_eq!(json!(exact)["name"], json!("1号机"), "told as 3.3 tells it");
    assert_eq!(
        status("setDeviceInfo", json!({"sn": "other"})),
        Status::Malformed,
        "only told"
    );
    let unknown = Map::from_iter([("brightness".to_owned(), json!(3))]);
    assert_eq!(DeviceInfo::change(&unknown).unwrap_err().field, "brightness");
    let told = Map::from_iter([("sn".to_owned(), json!("x"))]);
    assert_eq!(DeviceInfo::change(&told).unwrap_err().limit, "read-only");
}
