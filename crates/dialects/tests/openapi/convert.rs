//! Between the model and the wire.

use super::golden_value;
use dialects::openapi::convert::{
    pass_key, person_from_message, person_to_device, record_from_device, record_to_platform, settings,
    user_to_platform,
};
use dialects::openapi::{InputType, Peripherals, Seconds, SignRecord, SmartFace, User, UserType};
use dialects::placement::{Converted, Placement, Wanted};
use dialects::received::ReceivedRecord;
use dialects::reported::{Pass, SeenPerson};
use dialects::{Loss, LossReason};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::access::{Rule, Times};
use model::{
    Credential, CredentialKind, DeviceSettings, Direction, Gender, Method, Outcome, Person, PersonId,
    PersonKind, TemperatureAlarm, TemperatureCheck, Visit, Weekly,
};
use serde_json::{Map, Value, json};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-07-01T12:00:00Z")
}

fn person() -> Person {
    Person::new(PersonId::new("p-1").unwrap(), "张三")
}

fn convert(person: &Person, rules: &[Rule]) -> Converted<User> {
    person_to_device(&Wanted {
        person,
        rules,
        photo: Some(b"\xFF\xD8\xFF\xE0"),
        now: now(),
    })
}

fn held(converted: &Converted<User>) -> &User {
    match &converted.placement {
        Placement::Hold(user) => user,
        other => panic!("{other:?}"),
    }
}

fn credential(kind: CredentialKind, number: &str) -> Credential {
    Credential {
        kind,
        number: number.to_owned(),
        facility: None,
        bits: None,
    }
}

fn whole() -> Person {
    Person {
        code: Some("A-17".to_owned()),
        gender: Some(Gender::Female),
        birthday: Some("1997-04-03".parse().unwrap()),
        phone: Some("13800000000".to_owned()),
        email: Some("zhang@example.com".to_owned()),
        department: Some("研发部".to_owned()),
        title: Some("工程师".to_owned()),
        remark: Some("早".to_owned()),
        greeting: Some("欢迎".to_owned()),
        credentials: vec![
            credential(CredentialKind::IcCard, "7267e840"),
            credential(CredentialKind::IdCard, "430100199704030000"),
        ],
        ..person()
    }
}

#[test]
fn a_member_goes_out_whole_and_comes_back() {
    let converted = convert(&whole(), &[Rule::default()]);
    assert_eq!((&converted.losses[..], converted.redo_at), (&[][..], None));
    let user = held(&converted);
    assert_eq!(user.check(), Ok(()));
    assert_eq!(
        (user.kind, user.gender, user.start),
        (Some(UserType::Staff), Some(2), None)
    );
    let told = person_from_message(user, PersonId::new("p-1").unwrap());
    assert_eq!(told.person, whole());
    assert_eq!(told.photo.unwrap().decode().unwrap(), b"\xFF\xD8\xFF\xE0");
    // What a terminal lists again is what it was told, the photo apart.
    let again = user_to_platform(&told.wire_id, &told.person, &told.extra);
    assert_eq!(
        again,
        User {
            photo: None,
            ..user.clone()
        }
    );
}

#[test]
fn what_the_model_lacks_is_told_again() {
    for file in ["8.2.2-user.request.json", "8.2.3-update.request.json"] {
        let user: User = serde_json::from_value(golden_value(file)).unwrap();
        let told = person_from_message(&user, PersonId::new("x").unwrap());
        let again = user_to_platform(&told.wire_id, &told.person, &told.extra);
        assert_eq!(again, User { photo: None, ..user }, "{file}");
    }
    // Times of somebody who does not visit bind nobody, and are kept.
    let staff = User {
        id: "1".to_owned(),
        kind: Some(UserType::Staff),
        end: Some(Seconds::new(1_000)),
        ..User::default()
    };
    let told = person_from_message(&staff, PersonId::new("x").unwrap());
    assert_eq!((told.person.valid_until, told.rules.len()), (None, 1));
    assert_eq!(user_to_platform("1", &told.person, &told.extra).end, staff.end);
    let stranger = User {
        kind: Some(UserType::Stranger),
        ..staff
    };
    assert!(
        person_from_message(&stranger, PersonId::new("x").unwrap())
            .rules
            .is_empty()
    );
    // A birthday written by a platform east or west of Greenwich.
    for seconds in [860_025_600 - 8 * 3600, 860_025_600, 860_025_600 + 8 * 3600] {
        let user = User {
            birthday: Some(Seconds::new(seconds)),
            ..User::default()
        };
        let told = person_from_message(&user, PersonId::new("x").unwrap());
        assert_eq!(told.person.birthday.unwrap().to_string(), "1997-04-03");
    }
}

#[test]
fn a_visit_has_its_times() {
    let visitor = Person {
        kind: PersonKind::Visitor,
        company: Some("某公司".to_owned()),
        visit: Some(Visit {
            host: Some("李四".to_owned()),
            purpose: Some("面试".to_owned()),
            from_company: None,
        }),
        valid_from: Some(at("2026-07-01T08:00:00.5Z")),
        valid_until: Some(at("2026-07-01T18:00:00.5Z")),
        ..person()
    };
    let converted = convert(&visitor, &[Rule::default()]);
    assert!(converted.losses.is_empty(), "{:?}", converted.losses);
    let user = held(&converted);
    assert_eq!(user.start, Some(Seconds::of(at("2026-07-01T08:00:01Z"))));
    assert_eq!(user.end, Some(Seconds::of(at("2026-07-01T18:00:00Z"))));
    assert_eq!(
        (
            user.come_from.as_deref(),
            user.interviewee.as_deref(),
            user.purpose.as_deref()
        ),
        (Some("某公司"), Some("李四"), Some("面试"))
    );
    // Ended visits stay, so that the device can say so; an end before 1970 is no missing end.
    let ended = Person {
        valid_from: None,
        valid_until: Some(at("1969-01-01T00:00:00Z")),
        ..visitor
    };
    assert_eq!(
        held(&convert(&ended, &[Rule::default()])).end,
        Some(Seconds::new(1))
    );
}

#[test]
fn everybody_elses_times_are_the_hubs() {
    let until = Person {
        valid_from: Some(at("2026-07-02T00:00:00Z")),
        valid_until: Some(at("2026-07-03T00:00:00Z")),
        ..person()
    };
    let place = |person: &Person, now: Timestamp| {
        let converted = person_to_device(&Wanted {
            person,
            rules: &[Rule::default()],
            photo: None,
            now,
        });
        let held = matches!(converted.placement, Placement::Hold(_));
        (held, converted.redo_at, converted.losses)
    };
    assert_eq!(place(&until, now()), (false, until.valid_from, vec![]));
    let (held_now, redo_at, losses) = place(&until, at("2026-07-02T00:00:00Z"));
    assert_eq!((held_now, redo_at), (true, until.valid_until));
    assert_eq!(
        losses,
        [Loss {
            reason: LossReason::EnforcedByHub,
            ..Loss::unsupported("valid_until")
        }]
    );
    assert_eq!(place(&until, at("2026-07-03T00:00:00Z")), (false, None, vec![]));
    let counted = Person {
        pass_limit: Some(2),
        passes_used: 1,
        ..person()
    };
    let (held_now, _, losses) = place(&counted, now());
    assert!(held_now);
    assert_eq!(
        (losses[0].field.as_str(), losses[0].reason),
        ("pass_limit", LossReason::EnforcedByHub)
    );
    let used_up = Person {
        passes_used: 2,
        ..counted
    };
    assert_eq!(place(&used_up, now()), (false, None, vec![]));
    // Blocked people are held to be refused, whatever the grants.
    let blocked = Person {
        kind: PersonKind::Blocked,
        ..person()
    };
    assert_eq!(held(&convert(&blocked, &[])).kind, Some(UserType::Blocked));
    let scheduled = Rule {
        times: Some(Times {
            weekly: Weekly::default(),
            holidays: Vec::new(),
        }),
        ..Rule::default()
    };
    assert_eq!(convert(&person(), &[scheduled]).placement, Placement::Unsupported);
    assert_eq!(convert(&person(), &[]).placement, Placement::Absent);
}

#[test]
fn what_the_dialect_lacks_is_told() {
    let person = Person {
        kind: PersonKind::Vip,
        name: "门".repeat(81),
        phone: Some("1".repeat(21)),
        company: Some("c".to_owned()),
        gender: Some(Gender::Other),
        address: Some("a".to_owned()),
        greeting: Some("x".repeat(101)),
        credentials: vec![
            credential(CredentialKind::IcCard, &"7".repeat(41)),
            credential(CredentialKind::Wiegand, "2"),
            credential(CredentialKind::Qr, "3"),
        ],
        ..person()
    };
    let converted = convert(&person, &[Rule::default()]);
    let mut fields: Vec<(&str, LossReason)> = converted
        .losses
        .iter()
        .map(|Loss { field, reason, .. }| (field.as_str(), *reason))
        .collect();
    fields.sort_by_key(|(field, _)| *field);
    assert_eq!(
        fields,
        [
            ("address", LossReason::Unsupported),
            ("company", LossReason::Unsupported),
            ("credentials.ic_card", LossReason::LeftOut),
            ("credentials.qr", LossReason::Unsupported),
            ("credentials.wiegand", LossReason::Unsupported),
            ("gender", LossReason::Unsupported),
            ("greeting", LossReason::Cut),
            ("kind", LossReason::Unsupported),
            ("name", LossReason::Cut),
            ("phone", LossReason::LeftOut),
        ]
    );
    let user = held(&converted);
    assert_eq!((user.name.chars().count(), user.card.as_str()), (80, ""));
    assert_eq!(user.check(), Ok(()));
}

fn received(change: Value) -> ReceivedRecord {
    let mut message = golden_value("8.3.3-record.message.json")["data"].clone();
    for (key, value) in change.as_object().unwrap() {
        message[key] = value.clone();
    }
    let record: SignRecord = dialects::lenient::read(&message).unwrap();
    record_from_device(record, &message)
}

#[test]
fn a_record_is_understood() {
    let record = received(json!({}));
    assert_eq!(
        (record.person_id.as_deref(), record.person_name.as_deref()),
        (Some("1001"), Some("张三"))
    );
    assert_eq!((record.outcome, record.method), (Outcome::Granted, Method::Face));
    assert_eq!(
        record.occurred_at(&TimeZone::UTC, now()).unwrap().at,
        at("2019-11-12T06:15:53Z")
    );
    assert_eq!(
        (record.score, record.temperature, record.mask),
        (Some(0.92), Some(36.5), Some(true))
    );
    assert_eq!(record.key.text, "731");
    assert_eq!(record.card, None, "the enrolled card was not presented");
    assert_eq!(
        record.document.unwrap().number.as_deref(),
        Some("430100199704030000")
    );
    assert!(record.capture.is_some() && record.registered.is_some());
    assert_eq!(
        (record.native.get("photo"), record.native.get("signAvatar")),
        (None, None)
    );
    assert_eq!(record.native["deviceMark"], json!("0a9310e7acc298d3"));

    let card = received(json!({"inputType": 3, "similarity": 0}));
    assert_eq!(
        (card.method, card.card.as_deref(), card.score),
        (Method::IcCard, Some("7267e840"), None)
    );
    for (input, method) in [
        (1, Method::Face),
        (2, Method::Qr),
        (4, Method::Unknown),
        (9, Method::Unknown),
    ] {
        assert_eq!(received(json!({"inputType": input})).method, method);
    }
    for (state, alarm) in [
        (0, TemperatureAlarm::None),
        (1, TemperatureAlarm::High),
        (-1, TemperatureAlarm::Low),
    ] {
        assert_eq!(
            received(json!({"temperatureState": state})).temperature_alarm,
            alarm
        );
    }
}

#[test]
fn outcomes_follow_the_persons_type() {
    let outcome = |user: Value, record: Value| received(json!({"userType": user, "type": record})).outcome;
    assert_eq!(outcome(json!(1), json!(1)), Outcome::Granted);
    assert_eq!(outcome(json!(2), json!(2)), Outcome::Granted);
    assert_eq!(outcome(json!(3), json!(3)), Outcome::Blocked);
    // That of the person wins (QUIRKS O23), but a stranger by either is one.
    assert_eq!(outcome(json!(3), json!(1)), Outcome::Blocked);
    assert_eq!(outcome(json!(1), json!(3)), Outcome::Granted);
    assert_eq!(outcome(json!(null), json!(3)), Outcome::Blocked);
    assert_eq!(outcome(json!(-1), json!(1)), Outcome::Stranger);
    assert_eq!(outcome(json!(1), json!(-1)), Outcome::Stranger);
    assert_eq!(received(json!({"userType": -1, "type": -1})).person_id, None);
    assert_eq!(received(json!({"userId": "0"})).person_id, None);
    assert_eq!(
        pass_key(Seconds::new(7), " 1001 "),
        pass_key(Seconds::new(7), "1001")
    );
}

#[test]
fn a_pass_becomes_a_record() {
    let who = whole();
    let mut pass = Pass {
        person: Some(SeenPerson {
            wire_id: "p-1",
            person: &who,
        }),
        at: at("2026-07-01T12:00:00.9Z"),
        method: Method::Face,
        outcome: Outcome::Granted,
        score: Some(0.917),
        temperature: Some(36.7),
        temperature_alarm: TemperatureAlarm::None,
        mask: Some(false),
        direction: Direction::None,
        card: None,
        document: None,
        capture: Some(b"\xFF\xD8\xFF"),
        registered: None,
    };
    let record = record_to_platform(&pass, 7, &Map::new(), "MS-0001");
    let written = serde_json::to_value(&record).unwrap();
    assert_eq!(
        (
            written["id"].clone(),
            written["signTime"].clone(),
            written["similarity"].clone()
        ),
        (json!(7), json!(1_782_907_200), json!(92))
    );
    assert_eq!(
        (
            written["temperature"].clone(),
            written["temperatureState"].clone()
        ),
        (json!(36.7), json!(0))
    );
    assert_eq!(
        (written["wearMask"].clone(), written["wearMaskAlarm"].clone()),
        (json!(false), json!(true))
    );
    assert_eq!(
        (written["userType"].clone(), written["type"].clone()),
        (json!(1), json!(1))
    );
    assert_eq!(written["icNumber"], json!("7267e840"));
    let back = record_from_device(record, &written);
    assert_eq!(
        (back.person_id.as_deref(), back.outcome),
        (Some("p-1"), Outcome::Granted)
    );

    pass.outcome = Outcome::Blocked;
    let record = record_to_platform(&pass, 8, &Map::new(), "");
    assert_eq!(
        (record.sign.kind, record.sign.device_mark.clone()),
        (Some(UserType::Blocked), None)
    );
    // Somebody known who is turned away did not pass; an alarm says so by itself.
    for (outcome, mask, kind) in [
        (Outcome::Expired, None, UserType::Stranger),
        (Outcome::OutOfSchedule, None, UserType::Stranger),
        (Outcome::NotAuthorised, None, UserType::Stranger),
        (Outcome::Denied, None, UserType::Stranger),
        (Outcome::Denied, Some(false), UserType::Staff),
    ] {
        let refused = Pass {
            outcome,
            mask,
            ..pass
        };
        let record = record_to_platform(&refused, 8, &Map::new(), "");
        assert_eq!(
            (record.user.id.as_str(), record.user.kind, record.sign.kind),
            ("p-1", Some(kind), Some(kind)),
            "{outcome:?}"
        );
    }
    pass.person = None;
    pass.outcome = Outcome::Stranger;
    pass.method = Method::IcCard;
    pass.card = Some("99");
    let record = record_to_platform(&pass, 9, &Map::new(), "");
    assert_eq!(
        (record.user.id.as_str(), record.user.kind, record.sign.input),
        ("0", Some(UserType::Stranger), Some(InputType::Card))
    );
    let back = record_from_device(record.clone(), &serde_json::to_value(&record).unwrap());
    assert_eq!(
        (back.person_id, back.outcome, back.card.as_deref()),
        (None, Outcome::Stranger, Some("99"))
    );
}

#[test]
fn shared_settings_go_both_ways() {
    let object = |file: &str| golden_value(file).as_object().unwrap().clone();
    let face = SmartFace::whole(&object("8.1.15-smartfacecfg.request.json")).unwrap();
    let around = Peripherals::whole(&object("8.1.17-perparacfg.request.json")).unwrap();
    let change = DeviceSettings {
        repeat_seconds: Some(20),
        open_ms: Some(30_000),
        temperature: Some(TemperatureCheck {
            on: false,
            max: Some(37.5),
        }),
        mask: Some(true),
        ..DeviceSettings::default()
    };
    let changed = settings::write(&change, &face, &around).unwrap();
    let (new_face, new_around) = (changed.smart_face.unwrap(), changed.peripherals.unwrap());
    assert_eq!(settings::read(&new_face, &new_around), change);
    assert_eq!(
        (new_face.0.len(), new_around.0.len()),
        (12, 9),
        "whole, as the calls demand"
    );
    let set: Vec<String> = json!(change)
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, _)| name.clone())
        .collect();
    let mut writable: Vec<&str> = settings::WRITABLE.to_vec();
    writable.sort_unstable();
    assert_eq!(set, writable);
    let none = DeviceSettings::default;
    assert_eq!(
        settings::write(&none(), &face, &around).unwrap(),
        settings::Changed::default()
    );
    let wrong = |change: DeviceSettings| settings::write(&change, &face, &around).unwrap_err().field;
    for (open_ms, due) in [(30_001, "open_ms"), (31_000, "open_ms"), (0, "open_ms")] {
        let change = DeviceSettings {
            open_ms: Some(open_ms),
            ..none()
        };
        assert_eq!(wrong(change), due);
    }
    let repeat = DeviceSettings {
        repeat_seconds: Some(5),
        ..none()
    };
    assert_eq!(wrong(repeat), "repeat_seconds");
    let fever = DeviceSettings {
        temperature: Some(TemperatureCheck {
            on: true,
            max: Some(38.0),
        }),
        ..none()
    };
    assert_eq!(wrong(fever), "temperature.max");
    let loud = DeviceSettings {
        volume: Some(0.5),
        ..none()
    };
    assert_eq!(wrong(loud), "volume");
}
