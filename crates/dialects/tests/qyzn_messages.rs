//! Messages: lenient in form, strict in meaning, and the same after being written and read again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use dialects::lenient::Base64Text;
use dialects::qyzn::operation::ParseError;
use dialects::qyzn::person::{Face, PersonType, VerifyMode};
use dialects::qyzn::record::SnapshotFaceAnswer;
use dialects::qyzn::rule::{DayRule, HolidayRule, PassMode, PassRule, WeeklyRule};
use dialects::qyzn::time::{DayRange, Periods, WallTime};
use dialects::qyzn::{
    AddPersonFace, Code, DeviceRequest, Login, Operation, PlatformRequest, Register, RegisterAnswer,
    SnapshotFace,
};
use model::{DayMinute, Period};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

fn person() -> Value {
    json!({"personId": "p1", "personCode": "c1", "name": "n", "type": 1})
}

fn with(key: &str, value: Value) -> Value {
    let mut data = person();
    data[key] = value;
    data
}

/// The field that a message is refused for.
fn refused(message: &str, data: &Value) -> String {
    match PlatformRequest::parse(message, data) {
        Ok(request) => panic!("taken: {request:?}"),
        Err(error) => {
            assert_eq!(error.answer().result, Code::InvalidParameter);
            match error {
                ParseError::Limit(error) => error.field,
                ParseError::Malformed(error) if error.path.is_empty() => error.problem,
                ParseError::Malformed(error) => error.path,
            }
        }
    }
}

#[test]
fn a_person_within_the_limits_is_taken() {
    let longest = json!({
        "personId": "x".repeat(64), "personCode": "x".repeat(16), "name": "八个汉字的长名字", "type": "3",
        "idNum": "x".repeat(20), "icNum": 1_234_567_890, "passNum": "0", "passMode": "5", "passMonday": 0,
        "startTime": "2019-1-1T0:00:00", "expireTime": " ", "faces": {"faceId": 7, "image": ""}, "extPassRule": {}
    });
    let PlatformRequest::AddPersonFace(person) = PlatformRequest::parse("add_person_face", &longest).unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (person.person_type, person.pass_mode),
        (PersonType::Visitor, VerifyMode::FaceOrCard)
    );
    assert_eq!(
        (person.ic_number.as_deref(), person.pass_number),
        (Some("1234567890"), Some(0))
    );
    assert_eq!((person.pass_monday, person.expire_time), (Some(false), None));
    assert_eq!(
        person.faces,
        [Face {
            face_id: Some("7".into()),
            image: None
        }]
    );
    assert!(person.ext_pass_rule.unwrap().is_empty());
}

#[test]
fn a_person_outside_the_limits_is_refused_and_the_field_named() {
    let ten_and_one = ["00:00~00:01"; 11].join(",");
    let rule = |day: Value| json!({"weekly": {"mon": day}});
    for (field, key, value) in [
        ("personId", "personId", json!(" ")),
        ("personId", "personId", json!("x".repeat(65))),
        ("personCode", "personCode", json!("x".repeat(17))),
        ("personCode", "personCode", json!("")),
        ("name", "name", json!("九个汉字的名字太长了")),
        ("type", "type", json!(5)),
        ("type", "type", json!(0)),
        ("type", "type", json!("member")),
        ("idNum", "idNum", json!("x".repeat(21))),
        ("icNum", "icNum", json!("1".repeat(21))),
        ("passNum", "passNum", json!(-1)),
        ("passNum", "passNum", json!("ten")),
        ("passMode", "passMode", json!(6)),
        ("passMode", "passMode", json!(254)),
        ("passPeriod", "passPeriod", json!("25:00~26:00")),
        ("passPeriod", "passPeriod", json!("09:00~08:00")),
        ("passPeriod", "passPeriod", json!(["00:00~00:01"; 30].join(","))),
        ("passMonday", "passMonday", json!(2)),
        ("startTime", "startTime", json!("2019-02-30 00:00:00")),
        ("expireTime", "expireTime", json!("tomorrow")),
        ("faces", "faces", json!([{}, {}, {}, {}])),
        (
            "faces[1].faceId",
            "faces",
            json!([{}, {"faceId": "x".repeat(33)}]),
        ),
        ("faces[0].image", "faces", json!([{"image": {}}])),
        (
            "extPassRule.id",
            "extPassRule",
            json!({"id": "x".repeat(33), "weekly": {}}),
        ),
        (
            "extPassRule.weekly.mon.mode",
            "extPassRule",
            rule(json!({"mode": 3})),
        ),
        (
            "extPassRule.weekly.mon.periods",
            "extPassRule",
            rule(json!({"mode": 2})),
        ),
        (
            "extPassRule.weekly.mon.periods",
            "extPassRule",
            rule(json!({"mode": 2, "periods": ten_and_one})),
        ),
        ("extPassRule.weekly.mon", "extPassRule", rule(json!({}))),
        (
            "extPassRule.holiday[0].dayRange",
            "extPassRule",
            json!({"holiday": [{"mode": 0, "dayRange": "now"}]}),
        ),
        (
            "extPassRule.holiday[0].name",
            "extPassRule",
            json!({"holiday": [{"mode": 0, "dayRange": "2026.01.01~2026.01.02", "name": "x".repeat(25)}]}),
        ),
    ] {
        let got = refused("add_person_face", &with(key, value.clone()));
        // A missing field inside an object names the object.
        assert!(
            got == field || got.starts_with(&format!("{field}: ")),
            "{key} = {value}: {got} instead of {field}"
        );
    }
    for key in ["personId", "personCode", "name", "type"] {
        let mut data = person();
        data.as_object_mut().unwrap().remove(key);
        assert!(refused("add_person_face", &data).contains(key));
    }
}

#[test]
fn other_messages_are_refused_outside_their_limits() {
    for (message, data, field) in [
        ("delete_person", json!({"idSet": []}), "idSet"),
        ("delete_person", json!({"idSet": ["a", ""]}), "idSet"),
        ("delete_person", json!({"idSet": ["x".repeat(65)]}), "idSet"),
        ("delete_person", json!({}), "missing field `idSet`"),
        ("snapshot_picture", json!({}), "missing field `timeoutSeconds`"),
        (
            "snapshot_picture",
            json!({"timeoutSeconds": -1}),
            "timeoutSeconds",
        ),
        (
            "snapshot_picture",
            json!({"timeoutSeconds": 301}),
            "timeoutSeconds",
        ),
        (
            "snapshot_picture",
            json!({"timeoutSeconds": "soon"}),
            "timeoutSeconds",
        ),
        ("online_openDoor", json!({"online": 2, "mode": 1}), "online"),
        ("online_openDoor", json!({"online": 1, "mode": 3}), "mode"),
        ("online_openDoor", json!({"online": 1}), "missing field `mode`"),
    ] {
        assert_eq!(refused(message, &data), field, "{message} {data}");
    }
    let register = json!({"serial": "x".repeat(65), "mac": "", "timestamp": 1, "sign": "s"});
    assert!(DeviceRequest::parse("register", &register).is_err());
    assert!(DeviceRequest::parse("login", &json!({"uuid": " ", "timestamp": "", "sign": "s"})).is_err());
}

#[test]
fn one_id_or_many_are_deleted() {
    for (ids, count) in [(json!("a"), 1), (json!(100_001), 1), (json!(["a", 2]), 2)] {
        let request = PlatformRequest::parse("delete_person", &json!({"IDSET ": ids})).unwrap();
        let PlatformRequest::DeletePerson(delete) = request else {
            panic!()
        };
        assert_eq!(delete.ids.len(), count);
    }
}

#[test]
fn the_secret_stays_out_of_debug_output() {
    let secret = RegisterAnswer {
        uuid: "u".into(),
        passwd: "hunter2".into(),
    };
    assert!(!format!("{secret:?}").contains("hunter2"));
    let login = Login::signed(&secret, "1.0", 1_628_753_058);
    assert!(login.is_signed("hunter2") && !login.is_signed("hunter3"));
    assert!(
        Register {
            sign: "F0".into(),
            ..Register::signed("s", "m", "t", 1)
        }
        .sign
        .len()
            == 2
    );
    assert!(
        !format!("{:?}", Base64Text::encode(b"a face")).contains(Base64Text::encode(b"a face").as_text())
    );
}

#[test]
fn a_record_is_read_whatever_shape_it_has() {
    let read = |data: Value| SnapshotFace::read(&data).unwrap();
    let flat =
        read(json!({"personId": "p", "score": "92", "result": "1", "bodyTemp": "36.7", "fullname": "n"}));
    assert_eq!(
        (flat.score, flat.result, flat.body_temperature),
        (Some(92.0), Some(1), Some(36.7))
    );
    assert_eq!(flat.full_name, "n");
    assert_eq!(
        read(json!([{"personId": "p", "score": 92, "result": 1, "bodyTemp": 36.7, "fullName": "n"}])),
        flat
    );
    assert_eq!(
        read(json!({"": {"personId": "p", "fullName": "n"}, "score": 92, "result": 1, "bodyTemp": 36.7})),
        flat
    );
    // One spoiled field does not lose the record.
    let odd = json!({"personId": "p", "score": "??", "result": [1], "type": "VIP", "snapPic": {"a": []}, "snaptime": 7});
    let odd = read(odd);
    assert_eq!((odd.person_id.as_str(), odd.snap_time.as_str()), ("p", "7"));
    assert_eq!((odd.score, odd.result, odd.person_type), (None, None, None));
    assert_eq!(read(json!({})), SnapshotFace::default());
    assert_eq!(read(json!("nothing")), SnapshotFace::default());
}

#[test]
fn a_text_for_the_screen_is_cut_between_characters() {
    let answer = SnapshotFaceAnswer::new("2026-01-01 00:00:00", Some(false), Some("余额不足请充值"));
    assert_eq!(
        (answer.screen_text.as_deref(), answer.open_door),
        (Some("余额不足请充"), Some(0))
    );
    let silent = serde_json::to_value(SnapshotFaceAnswer::new("", None, None)).unwrap();
    assert_eq!(silent, json!({}));
}

fn text(bytes: usize) -> impl Strategy<Value = String> {
    "[a-zA-Z0-9张三\" \\\\~]{1,24}"
        .prop_map(move |text| dialects::text::cut(&text, bytes).to_owned())
        .prop_filter("filled", |text| !text.trim().is_empty())
}

fn periods() -> impl Strategy<Value = Periods> {
    let period = (0u8..23, 0u8..60, 1u8..=24).prop_filter_map("ordered", |(hour, minute, until)| {
        Period::new(DayMinute::new(hour, minute)?, DayMinute::new(until, 0)?).ok()
    });
    vec(period, 1..=10).prop_map(Periods)
}

fn day_rule() -> impl Strategy<Value = (PassMode, Option<Periods>)> {
    prop_oneof![
        Just((PassMode::Closed, None)),
        Just((PassMode::Open, None)),
        periods().prop_map(|periods| (PassMode::Periods, Some(periods)))
    ]
}

fn date() -> impl Strategy<Value = jiff::civil::Date> {
    (1970i16..=2099, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| jiff::civil::date(year, month, day))
}

fn wall_time() -> impl Strategy<Value = WallTime> {
    (date(), 0i8..24, 0i8..60, 0i8..60)
        .prop_map(|(date, hour, minute, second)| WallTime::new(date.at(hour, minute, second, 0)))
}

fn pass_rule() -> impl Strategy<Value = PassRule> {
    let day = || option::of(day_rule().prop_map(|(mode, periods)| DayRule { mode, periods }));
    let week =
        (day(), day(), day(), day(), day(), day(), day()).prop_map(|(mon, tue, wed, thu, fri, sat, sun)| {
            WeeklyRule {
                mon,
                tue,
                wed,
                thu,
                fri,
                sat,
                sun,
            }
        });
    let holiday =
        (text(24), date(), 0i64..400, day_rule()).prop_map(|(name, first, length, (mode, periods))| {
            let last = first
                .checked_add(jiff::SignedDuration::from_hours(length * 24))
                .unwrap();
            HolidayRule {
                name,
                days: DayRange { first, last },
                mode,
                periods,
            }
        });
    (
        option::of(text(32)),
        option::of(text(36)),
        option::of(text(20)),
        option::of(week),
        vec(holiday, 0..4),
    )
        .prop_map(|(id, name, update_time, weekly, holiday)| PassRule {
            id,
            name,
            update_time,
            weekly,
            holiday,
        })
}

fn any_person() -> impl Strategy<Value = AddPersonFace> {
    let who = (
        text(64),
        text(16),
        text(24),
        1i64..=4,
        option::of(text(20)),
        option::of(text(20)),
    );
    let days = proptest::array::uniform7(option::of(any::<bool>()));
    let mode = prop_oneof![0i64..=5, Just(255)];
    let faces = vec((option::of(text(32)), option::of(vec(any::<u8>(), 1..50))), 0..=3);
    let when = (
        option::of(wall_time()),
        option::of(wall_time()),
        option::of(periods()),
        days,
    );
    (
        who,
        option::of(0..i64::from(u32::MAX)),
        when,
        mode,
        faces,
        option::of(pass_rule()),
    )
        .prop_map(
            |(
                (id, code, name, kind, id_number, ic_number),
                passes,
                (start, end, period, days),
                mode,
                faces,
                rule,
            )| AddPersonFace {
                person_id: id,
                person_code: code,
                name,
                person_type: PersonType::from(kind),
                portrait: None,
                id_number,
                ic_number,
                pass_number: passes,
                pass_period: period,
                pass_monday: days[0],
                pass_tuesday: days[1],
                pass_wednesday: days[2],
                pass_thursday: days[3],
                pass_friday: days[4],
                pass_saturday: days[5],
                pass_sunday: days[6],
                start_time: start,
                expire_time: end,
                pass_mode: VerifyMode::from(mode),
                faces: faces
                    .into_iter()
                    .map(|(face_id, image)| Face {
                        face_id,
                        image: image.map(|bytes| Base64Text::encode(&bytes)),
                    })
                    .collect(),
                ext_pass_rule: rule,
            },
        )
}

/// JSON of any shape.
fn anything() -> impl Strategy<Value = Value> {
    let keys = prop_oneof![
        Just("personId"),
        Just("type"),
        Just("faces"),
        Just("extPassRule"),
        Just("weekly"),
        Just("mon"),
        Just("mode"),
        Just("idSet"),
        Just("snaptime"),
        Just(" Result "),
        Just("periods"),
        Just("holiday"),
        Just("x")
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((keys.clone().prop_map(str::to_owned), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect()))
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(person in any_person()) {
        prop_assert_eq!(person.check(), Ok(()));
        let request = PlatformRequest::parse(AddPersonFace::NAME, &person.data()).unwrap();
        prop_assert_eq!(request, PlatformRequest::AddPersonFace(person));
    }

    #[test]
    fn anything_gives_a_message_or_a_reason(data in anything()) {
        for name in DeviceRequest::ALL.iter().chain(PlatformRequest::ALL).chain(&["other"]) {
            for result in [DeviceRequest::read(name, &data).map(drop), PlatformRequest::read(name, &data).map(drop)] {
                if let Err(error) = result {
                    prop_assert!(!error.to_string().is_empty());
                }
            }
        }
        prop_assert!(SnapshotFace::read(&data).is_ok(), "a record is never lost");
    }
}
