//! Between the model and chapter 9.

use super::golden_value;
use dialects::openapi::Seconds;
use dialects::openapi::convert::pass_key;
use dialects::openapi::convert::platform::{
    Reporter, Wanted, comparison_to_platform, deletion, measurement_to_platform, person_from_change,
    person_to_change, record_from_comparison, record_from_measurement,
};
use dialects::openapi::platform::{
    Change, FaceChange, OpenCode, PlatformOperation, PlatformRequest, SyAttribute, SyFace,
};
use dialects::placement::{Converted, Placement};
use dialects::received::ReceivedRecord;
use dialects::reported::{Pass, SeenPerson};
use dialects::{Loss, LossReason};
use jiff::Timestamp;
use model::access::{Rule, Times};
use model::{
    Credential, CredentialKind, Direction, Gender, IdentityDocument, Method, Outcome, Person, PersonId,
    PersonKind, TemperatureAlarm, Weekly,
};
use serde_json::{Value, json};

const URL: &str = "http://10.0.0.1:8081/openapi/p/abc.jpg";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-07-01T12:00:00Z")
}

fn person() -> Person {
    Person::new(PersonId::new("p-1").unwrap(), "张三")
}

fn convert(person: &Person, rules: &[Rule], image_url: Option<&str>) -> Converted<FaceChange> {
    person_to_change(&Wanted {
        person,
        rules,
        image_url,
        changed_at: at("2026-06-30T00:00:00Z"),
        now: now(),
    })
}

fn held(converted: &Converted<FaceChange>) -> &FaceChange {
    match &converted.placement {
        Placement::Hold(change) => change,
        other => panic!("{other:?}"),
    }
}

fn fields(converted: &Converted<FaceChange>) -> Vec<(&str, LossReason)> {
    let losses = converted.losses.iter();
    let mut fields: Vec<(&str, LossReason)> = losses
        .map(|Loss { field, reason, .. }| (field.as_str(), *reason))
        .collect();
    fields.sort_by_key(|(field, _)| *field);
    fields
}

#[test]
fn a_person_becomes_a_change_and_comes_back() {
    let who = Person {
        gender: Some(Gender::Female),
        remark: Some("早".to_owned()),
        kind: PersonKind::Visitor,
        ..person()
    };
    let converted = convert(&who, &[Rule::default()], Some(URL));
    assert_eq!((fields(&converted), converted.redo_at), (vec![], None));
    let change = held(&converted);
    assert_eq!(change.check(), Ok(()));
    assert_eq!(
        (change.kind.as_deref(), change.sex, change.at),
        (
            Some("visitor"),
            Some(2),
            Some(Seconds::of(at("2026-06-30T00:00:00Z")))
        )
    );
    let told = person_from_change(change, PersonId::new("p-1").unwrap());
    assert_eq!(told.person, who);
    assert_eq!((told.photo_url.as_deref(), told.photo), (Some(URL), None));
    assert_eq!(told.extra["userType"], json!("visitor"));
    let gone = deletion("p-1", now());
    assert_eq!((gone.check(), gone.operation), (Ok(()), Change::Delete));
}

#[test]
fn what_chapter_9_lacks_is_told_or_the_hubs() {
    let who = Person {
        kind: PersonKind::Vip,
        name: "门".repeat(33),
        remark: Some("x".repeat(17)),
        code: Some("A".to_owned()),
        phone: Some("1".to_owned()),
        pass_limit: Some(3),
        credentials: vec![Credential {
            kind: CredentialKind::IcCard,
            number: "7".to_owned(),
            facility: None,
            bits: None,
        }],
        ..person()
    };
    let converted = convert(&who, &[Rule::default()], Some(URL));
    assert_eq!(
        fields(&converted),
        [
            ("code", LossReason::Unsupported),
            ("credentials.ic_card", LossReason::Unsupported),
            ("kind", LossReason::Unsupported),
            ("name", LossReason::Cut),
            ("pass_limit", LossReason::EnforcedByHub),
            ("phone", LossReason::Unsupported),
            ("remark", LossReason::Cut),
        ]
    );
    assert_eq!(held(&converted).check(), Ok(()));
    // The hub decides on every pass, so a schedule is no hindrance (hub rule 25).
    let scheduled = Rule {
        times: Some(Times {
            weekly: Weekly::default(),
            holidays: Vec::new(),
        }),
        valid_until: Some(at("2026-07-05T00:00:00Z")),
        ..Rule::default()
    };
    let converted = convert(&person(), std::slice::from_ref(&scheduled), Some(URL));
    assert_eq!(
        fields(&converted),
        [
            ("grants.schedule", LossReason::EnforcedByHub),
            ("valid_until", LossReason::EnforcedByHub),
        ]
    );
    assert_eq!(converted.redo_at, scheduled.valid_until);
    held(&converted);
}

#[test]
fn nobody_is_held_who_may_not_pass_now() {
    let absent = |person: &Person, rules: &[Rule]| {
        let converted = convert(person, rules, Some(URL));
        assert_eq!(converted.placement, Placement::Absent);
        converted.redo_at
    };
    assert_eq!(absent(&person(), &[]), None);
    let blocked = Person {
        kind: PersonKind::Blocked,
        ..person()
    };
    assert_eq!(absent(&blocked, &[Rule::default()]), None);
    let later = Person {
        valid_from: Some(at("2026-07-02T00:00:00Z")),
        ..person()
    };
    assert_eq!(absent(&later, &[Rule::default()]), later.valid_from);
    let over = Person {
        valid_until: Some(at("2026-06-02T00:00:00Z")),
        ..person()
    };
    assert_eq!(absent(&over, &[Rule::default()]), None);
    let used_up = Person {
        pass_limit: Some(1),
        passes_used: 1,
        ..person()
    };
    assert_eq!(absent(&used_up, &[Rule::default()]), None);
    for url in [
        None,
        Some("https://h/1.jpg"),
        Some(&*format!("http://{}", "h".repeat(122))),
    ] {
        let converted = convert(&person(), &[Rule::default()], url);
        assert_eq!(converted.placement, Placement::Absent);
        assert_eq!(fields(&converted), [("photos", LossReason::LeftOut)]);
    }
}

fn compared(change: Value) -> ReceivedRecord {
    let mut message = golden_value("9.2-syface.request.json");
    for (key, value) in change.as_object().unwrap() {
        message[key] = value.clone();
    }
    let call = PlatformRequest::read("/syface/1", "", message.to_string().as_bytes()).unwrap();
    let PlatformRequest::Compared(face) = call.request else {
        panic!()
    };
    record_from_comparison(face, &call.message)
}

#[test]
fn a_comparison_waits_for_the_hub() {
    let record = compared(json!({}));
    assert_eq!(
        (record.outcome, record.method, record.person_id.as_deref()),
        (Outcome::Pending, Method::FaceAndIdCard, Some("111222"))
    );
    assert_eq!(
        (record.score, record.temperature, record.mask),
        (Some(0.8), Some(36.5), Some(true))
    );
    assert_eq!(record.direction, Direction::Entry);
    assert_eq!(record.instant, Some(at("2017-02-17T01:36:00Z")));
    assert_eq!(record.key.text, pass_key(Seconds::new(1_487_295_360), "111222"));
    assert!(!record.key.with_picture && record.capture.is_some());
    assert_eq!(record.native.get("img"), None);
    let document = record.document.unwrap();
    assert_eq!(
        (document.ethnicity.as_deref(), document.valid_from.as_deref()),
        (Some("汉族"), Some("2012.11.22"))
    );
    assert_eq!(compared(json!({"idCardInfo": null})).method, Method::Face);
    assert_eq!(compared(json!({"similarity": 0})).method, Method::IdCard);
    assert_eq!(compared(json!({"actionCode": 2})).direction, Direction::Exit);
    for stranger in ["0", "", " "] {
        let record = compared(json!({"userId": stranger}));
        assert_eq!((record.person_id, record.key.with_picture), (None, true));
    }
    // Milliseconds are the same second (QUIRKS O1).
    assert_eq!(
        compared(json!({"screenTime": 1_487_295_360_250_i64})).key,
        compared(json!({})).key
    );
}

#[test]
fn a_measurement_names_nobody() {
    let measured = |code: Value, temperature: &str| {
        let mut message = golden_value("9.3-syattribute.request.json");
        message["Info"]["openCode"] = code;
        message["Info"]["temperature"] = json!(temperature);
        let call = PlatformRequest::read("/syattribute/1", "", message.to_string().as_bytes()).unwrap();
        let PlatformRequest::Measured(measured) = call.request else {
            panic!()
        };
        let record = record_from_measurement(measured, &call.message);
        assert!(record.person_id.is_none() && record.key.with_picture && record.capture.is_some());
        assert_eq!(record.native.get("img"), None);
        (record.outcome, record.temperature_alarm, record.mask)
    };
    assert_eq!(
        measured(json!(100), "36.3"),
        (Outcome::Granted, TemperatureAlarm::None, Some(true))
    );
    assert_eq!(
        measured(json!("101"), "38.1℃"),
        (Outcome::Denied, TemperatureAlarm::High, Some(true))
    );
    assert_eq!(
        measured(json!(101), "33.0"),
        (Outcome::Denied, TemperatureAlarm::Low, Some(true))
    );
    assert_eq!(
        measured(json!(102), "36.3"),
        (Outcome::Denied, TemperatureAlarm::None, Some(false))
    );
    assert_eq!(
        measured(json!(null), "36.3"),
        (Outcome::Stranger, TemperatureAlarm::None, Some(true))
    );
}

#[test]
fn a_pass_becomes_a_report() {
    let who = Person {
        name: "门".repeat(40),
        ..person()
    };
    let document = IdentityDocument {
        name: Some("张三".to_owned()),
        address: Some("x".repeat(200)),
        ..IdentityDocument::default()
    };
    let large = vec![0xFF_u8; 600 * 1024];
    let mut pass = Pass {
        person: Some(SeenPerson {
            wire_id: "p-1",
            person: &who,
        }),
        at: now(),
        method: Method::FaceAndIdCard,
        outcome: Outcome::Pending,
        score: Some(0.8),
        temperature: Some(36.7),
        temperature_alarm: TemperatureAlarm::None,
        mask: Some(true),
        direction: Direction::Exit,
        card: None,
        document: Some(&document),
        capture: Some(b"\xFF\xD8\xFF"),
        registered: None,
    };
    let reporter = Reporter {
        device: "MS-0001",
        uuid: Some("SY001"),
        area: None,
    };
    let face: SyFace = comparison_to_platform(&pass, reporter, Some("student")).unwrap();
    assert_eq!(face.check(), Ok(()));
    assert_eq!(
        (face.temperature.as_str(), face.action_code, face.similarity),
        ("36.7", Some(2), Some(80.0))
    );
    assert_eq!(
        (face.kind.as_deref(), face.device.as_str()),
        (Some("student"), "MS-0001")
    );
    assert_eq!(
        face.id_card.as_ref().unwrap().address.as_ref().unwrap().len(),
        140
    );
    let body = face.body().unwrap();
    let back = record_from_comparison(face, &body);
    assert_eq!(
        (back.person_id.as_deref(), back.direction),
        (Some("p-1"), Direction::Exit)
    );

    pass.capture = Some(&large);
    pass.method = Method::Face;
    let face = comparison_to_platform(&pass, reporter, None).unwrap();
    assert!(face.img.is_blank() && face.id_card.is_none());
    assert_eq!(face.kind.as_deref(), Some("user"));

    pass.outcome = Outcome::Stranger;
    assert_eq!(comparison_to_platform(&pass, reporter, None), None);
    let code = |pass: &Pass<'_>| {
        let measured: SyAttribute = measurement_to_platform(pass, reporter);
        assert_eq!(measured.check(), Ok(()));
        measured.code
    };
    assert_eq!(code(&pass), None);
    pass.outcome = Outcome::Granted;
    assert_eq!(code(&pass), Some(OpenCode::Opened));
    pass.outcome = Outcome::Denied;
    pass.mask = Some(false);
    assert_eq!(code(&pass), Some(OpenCode::NoMask));
    pass.temperature_alarm = TemperatureAlarm::High;
    assert_eq!(code(&pass), Some(OpenCode::Temperature));
}
