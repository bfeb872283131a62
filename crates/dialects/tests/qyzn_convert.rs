//! People and records between the model and the wire.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use dialects::lenient::Base64Text;
use dialects::qyzn::convert::{
    Converted, DevicePhoto, Pass, SeenPerson, Wanted, person_from_platform, person_to_device,
    record_from_device, record_to_platform,
};
use dialects::qyzn::person::{PersonType, VerifyMode};
use dialects::qyzn::{AddPersonFace, Operation, SnapshotFace};
use dialects::received::ReceivedRecord;
use dialects::{Loss, LossReason};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::access::{Rule, Times};
use model::{
    Credential, CredentialKind, Holiday, HolidayId, HolidayMode, IdentityDocument, Method, Outcome, Period,
    Person, PersonId, PersonKind, Verify, Weekly,
};
use serde_json::{Value, json};

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOW: &str = "2026-11-23T04:00:00Z";

fn convert(person: &Person, rules: &[Rule]) -> Converted {
    let photo = Some(DevicePhoto {
        id: "0192f0c1-2d3e-7abc-8def-0123456789ab",
        jpeg: b"\xFF\xD8\xFF jpeg",
    });
    person_to_device(&Wanted {
        person,
        rules,
        zone: &shanghai(),
        photo,
        now: at(NOW),
        ic_number_bytes: 20,
    })
}

fn person() -> Person {
    Person::new(PersonId::new("0123456789abcdef-p1").unwrap(), "韩梅梅")
}

fn card(kind: CredentialKind, number: &str) -> Credential {
    Credential {
        kind,
        number: number.into(),
        facility: None,
        bits: None,
    }
}

fn period(from: &str, until: &str) -> Period {
    Period::new(from.parse().unwrap(), until.parse().unwrap()).unwrap()
}

fn daily(periods: &[Period]) -> Rule {
    let times = Times {
        weekly: Weekly::every_day(periods),
        holidays: vec![],
    };
    Rule {
        times: Some(times),
        ..Rule::default()
    }
}

fn fields(losses: &[Loss]) -> Vec<(&str, LossReason)> {
    losses
        .iter()
        .map(|loss| (loss.field.as_str(), loss.reason))
        .collect()
}

#[test]
fn a_plain_member_passes_always_without_a_loss() {
    let Converted {
        message,
        losses,
        redo_at,
    } = convert(&person(), &[Rule::default()]);
    assert_eq!((losses, redo_at), (vec![], None));
    assert_eq!(
        (message.person_id.as_str(), message.person_code.as_str()),
        ("0123456789abcdef-p1", "0123456789abcdef")
    );
    let face = json!([{"faceId": "0192f0c12d3e7abc8def0123456789ab", "image": "/9j/IGpwZWc="}]);
    assert_eq!(
        message.data(),
        json!({
            "personId": "0123456789abcdef-p1", "personCode": "0123456789abcdef", "name": "韩梅梅", "type": 1,
            "passNum": 99999, "passMode": 255, "faces": face,
            "passMonday": true, "passTuesday": true, "passWednesday": true, "passThursday": true, "passFriday": true,
            "passSaturday": true, "passSunday": true
        })
    );
}

#[test]
fn what_does_not_fit_is_cut_or_left_out_and_told() {
    let person = Person {
        name: "欧阳娜娜古力娜扎".to_owned() + "x",
        code: Some("员工编号一二三".into()),
        kind: PersonKind::Vip,
        phone: Some("1".into()),
        greeting: Some(" ".into()),
        verify: Verify::FaceOrCard,
        pass_limit: Some(7),
        passes_used: 3,
        credentials: vec![
            card(CredentialKind::IcCard, "157342643"),
            card(CredentialKind::IcCard, "2"),
            card(CredentialKind::IdCard, &"1".repeat(21)),
            card(CredentialKind::Pin, "1234"),
            card(CredentialKind::Qr, "code"),
        ],
        ..person()
    };
    let Converted { message, losses, .. } = convert(&person, &[daily(&[period("08:00", "09:00")])]);
    assert_eq!(
        (message.name.as_str(), message.person_code.as_str()),
        ("欧阳娜娜古力娜扎", "员工编号一")
    );
    assert_eq!(
        (message.ic_number.as_deref(), message.id_number),
        (Some("157342643"), None)
    );
    assert_eq!(
        (message.pass_number, message.pass_mode),
        (Some(4), VerifyMode::FaceOrCard)
    );
    assert_eq!(
        (message.person_type, message.pass_period, message.ext_pass_rule),
        (PersonType::Member, None, None)
    );
    assert_eq!(
        fields(&losses),
        [
            ("code", LossReason::Cut),
            ("name", LossReason::Cut),
            ("kind", LossReason::Unsupported),
            ("credentials.id_card", LossReason::LeftOut),
            ("credentials.ic_card", LossReason::LeftOut),
            ("phone", LossReason::Unsupported),
            ("credentials.pin", LossReason::Unsupported),
        ]
    );
    assert_eq!(
        (losses[1].before.as_deref(), losses[1].after.as_deref()),
        (Some("欧阳娜娜古力娜扎x"), Some("欧阳娜娜古力娜扎"))
    );
    let shown = serde_json::to_value(&losses[5]).unwrap();
    assert_eq!(shown, json!({"field": "phone", "reason": "unsupported"}));
}

#[test]
fn a_blocked_person_is_type_2_and_bound_by_nothing() {
    let blocked = Person {
        kind: PersonKind::Blocked,
        valid_until: Some(at("2020-01-01T00:00:00Z")),
        ..person()
    };
    let message = convert(&blocked, &[]).message;
    assert_eq!(
        (message.person_type, message.expire_time, message.pass_monday),
        (PersonType::Blocked, None, Some(true))
    );
    let held = person_from_platform(&message, &shanghai()).unwrap();
    assert_eq!(held.kind, PersonKind::Blocked);
}

#[test]
fn three_periods_of_every_day_fit_the_simple_rule() {
    let office = [
        period("08:00", "09:30"),
        period("11:30", "14:00"),
        period("17:00", "19:00"),
    ];
    let message = convert(&person(), &[daily(&office)]).message;
    assert_eq!(
        message.data()["passPeriod"],
        "08:00~09:30,11:30~14:00,17:00~19:00"
    );
    assert_eq!(message.ext_pass_rule, None);
}

#[test]
fn two_grants_are_joined_and_a_holiday_beats_the_weekday() {
    let closed = Holiday {
        id: HolidayId::new("h"),
        name: "国庆节".into(),
        first_day: jiff::civil::date(2026, 10, 1),
        last_day: jiff::civil::date(2026, 10, 3),
        mode: HolidayMode::Closed,
        periods: vec![],
    };
    let mut mornings = daily(&[period("08:00", "12:00")]);
    mornings.times.as_mut().unwrap().holidays.push(closed);
    let evenings = daily(&[period("12:00", "13:00"), period("18:00", "24:00")]);
    let Converted { message, losses, .. } = convert(&person(), &[mornings, evenings]);
    assert_eq!(losses, []);
    let data = message.data();
    let rule = &data["extPassRule"];
    assert_eq!(
        rule["weekly"]["sun"],
        json!({"mode": 2, "periods": "08:00~13:00,18:00~24:00"})
    );
    assert_eq!(
        rule["holiday"],
        json!([{"name": "国庆节", "dayRange": "2026.10.01~2026.10.03", "mode": 2, "periods": "12:00~13:00,18:00~24:00"}])
    );
    assert_eq!(
        (&rule["id"], &rule["updateTime"]),
        (&json!("0123456789abcdef-p1"), &json!("2026-11-23 12:00:00"))
    );
    assert_eq!(data["passPeriod"], "08:00~13:00,18:00~24:00");
}

#[test]
fn more_than_ten_periods_are_narrowed_to_the_longest() {
    let many: Vec<Period> = (0..12)
        .map(|at| period(&format!("{}:00", at * 2), &format!("{}:{:02}", at * 2, at + 1)))
        .collect();
    let Converted { message, losses, .. } = convert(&person(), &[daily(&many)]);
    assert_eq!(fields(&losses), [("grants", LossReason::Narrowed)]);
    let periods = message.data()["extPassRule"]["weekly"]["mon"]["periods"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(periods.split(',').count(), 10);
    assert!(!periods.contains("00:00~"), "{periods}");
}

#[test]
fn the_validity_is_the_devices_wall_clock_rounded_to_the_inside() {
    let person = Person {
        valid_from: Some(at("2026-01-01T00:00:00.001Z")),
        valid_until: Some(at("2027-01-01T00:00:00.999Z")),
        ..person()
    };
    let message = convert(&person, &[Rule::default()]).message;
    assert_eq!(message.start_time.unwrap().to_string(), "2026-01-01 08:00:01");
    assert_eq!(message.expire_time.unwrap().to_string(), "2027-01-01 08:00:00");
}

#[test]
fn of_several_validities_the_one_that_serves_best_is_chosen_and_looked_at_again() {
    let soon = Rule {
        valid_until: Some(at("2026-11-24T00:00:00Z")),
        ..Rule::default()
    };
    let later = Rule {
        valid_from: Some(at("2026-12-01T00:00:00Z")),
        ..Rule::default()
    };
    let past = Rule {
        valid_until: Some(at("2025-01-01T00:00:00Z")),
        ..Rule::default()
    };
    let Converted {
        message,
        losses,
        redo_at,
    } = convert(&person(), &[past.clone(), later, soon]);
    assert_eq!(message.expire_time.unwrap().to_string(), "2026-11-24 08:00:00");
    assert_eq!(fields(&losses), [("grants", LossReason::Narrowed)]);
    assert_eq!(redo_at, Some(at("2026-11-24T00:00:00Z")));
    // When all is over the end is kept, so that the device says "expired".
    let message = convert(&person(), &[past]).message;
    assert_eq!(message.expire_time.unwrap().to_string(), "2025-01-01 08:00:00");
    // No grant at all: nobody passes.
    let message = convert(&person(), &[]).message;
    assert_eq!(
        (message.pass_monday, message.pass_sunday),
        (Some(false), Some(false))
    );
}

#[test]
fn a_terminal_reads_the_documents_example() {
    let golden = include_bytes!("golden/qyzn/4.3.8-add_person_face.request.json");
    let golden: Value = serde_json::from_slice(golden).unwrap();
    let mut message = AddPersonFace::read(&golden["data"]).unwrap();
    // What the document prints for a picture is no Base64.
    assert!(person_from_platform(&message, &shanghai()).is_err());
    message.faces[0].image = Some(Base64Text::encode(b"a picture"));
    let held = person_from_platform(&message, &shanghai()).unwrap();
    assert_eq!(
        (held.id.as_str(), held.kind, held.verify),
        ("100001", PersonKind::Member, Verify::Device)
    );
    assert_eq!(held.valid_from, Some(at("2018-12-31T16:00:00Z")));
    assert_eq!((held.pass_limit, held.credentials.len()), (Some(10), 0));
    assert_eq!(
        (held.faces.len(), held.faces[0].id.as_deref()),
        (1, Some("3000004"))
    );
    // The extended rule is used, the simple one is not.
    let times = held.rules[0].times.as_ref().unwrap();
    assert_eq!(
        (times.weekly.mon.len(), &times.weekly.sat[..]),
        (0, &[Period::ALL_DAY][..])
    );
    assert_eq!(times.holidays[1].periods.len(), 2);
}

#[test]
fn the_simple_rule_of_a_message() {
    let read = |data: Value| {
        let mut message = json!({"personId": "1", "personCode": "1", "name": "n", "type": 1});
        message
            .as_object_mut()
            .unwrap()
            .extend(data.as_object().unwrap().clone());
        person_from_platform(&AddPersonFace::read(&message).unwrap(), &shanghai()).unwrap()
    };
    assert_eq!(read(json!({})).rules[0].times, None);
    assert_eq!(read(json!({"passNum": 99999})).pass_limit, None);
    assert_eq!(read(json!({"type": 4})).rules, []);
    let times = read(json!({"passSunday": false})).rules[0].times.clone().unwrap();
    assert_eq!(
        (times.weekly.sun.len(), &times.weekly.mon[..]),
        (0, &[Period::ALL_DAY][..])
    );
    let times = read(json!({"passPeriod": "8:00~9:00", "passSunday": 0, "extPassRule": {}})).rules[0]
        .times
        .clone()
        .unwrap();
    assert_eq!((times.weekly.sun.len(), times.weekly.mon.len()), (0, 1));
    let bad = json!({"personId": "1", "personCode": "1", "name": "n", "type": 1, "faces": [{"image": "no base64!"}]});
    assert!(person_from_platform(&AddPersonFace::read(&bad).unwrap(), &shanghai()).is_err());
}

fn seen(kind: PersonKind) -> SeenPerson<'static> {
    SeenPerson {
        id: "p1",
        face_id: Some("f1"),
        name: "欧阳娜娜古力娜扎x",
        kind,
        id_number: None,
        ic_number: Some("157342643"),
    }
}

fn pass<'a>(zone: &'a TimeZone, person: Option<SeenPerson<'a>>, outcome: Outcome) -> Pass<'a> {
    Pass {
        person,
        at: at("2026-11-23T04:05:06.789Z"),
        zone,
        outcome,
        score: Some(0.923),
        temperature: Some(36.7),
        card: None,
        document: None,
        capture: Some(b"capture"),
        registered: Some(b"registered"),
    }
}

fn received(message: &SnapshotFace) -> ReceivedRecord {
    let data = message.data();
    record_from_device(SnapshotFace::read(&data).unwrap(), &data)
}

#[test]
fn outcomes_of_a_terminal_arrive_at_the_hub() {
    let zone = shanghai();
    for (outcome, kind, due) in [
        (Outcome::Granted, PersonKind::Member, Outcome::Granted),
        (Outcome::Granted, PersonKind::Visitor, Outcome::Granted),
        (Outcome::Pending, PersonKind::Vip, Outcome::Granted),
        (Outcome::Expired, PersonKind::Member, Outcome::Expired),
        (Outcome::OutOfSchedule, PersonKind::Member, Outcome::OutOfSchedule),
        (Outcome::Blocked, PersonKind::Blocked, Outcome::Blocked),
        (Outcome::Denied, PersonKind::Member, Outcome::Denied),
        (Outcome::NotAuthorised, PersonKind::Member, Outcome::Denied),
    ] {
        let record = received(&record_to_platform(&pass(&zone, Some(seen(kind)), outcome)));
        assert_eq!(
            (record.outcome, record.person_id.as_deref()),
            (due, Some("p1")),
            "{outcome:?}"
        );
        assert_eq!(
            (record.person_name.as_deref(), record.method),
            (Some("欧阳娜娜古力娜扎"), Method::Face)
        );
    }
}

#[test]
fn a_stranger_has_no_ids() {
    let zone = shanghai();
    let message = record_to_platform(&pass(&zone, None, Outcome::Stranger));
    let data = message.data();
    assert_eq!((&data["type"], &data["result"]), (&json!(4), &json!(0)));
    assert_eq!(
        (&data["personId"], &data["idNum"], &data["icNum"]),
        (&json!(""), &json!(""), &json!(""))
    );
    let record = received(&message);
    assert_eq!((record.outcome, record.person_id), (Outcome::Stranger, None));
    assert!(record.key.with_picture);
    assert_eq!(record.key.text, "2026-11-23 12:05:06\n\n0");
}

#[test]
fn figures_and_pictures_arrive() {
    let zone = shanghai();
    let record = received(&record_to_platform(&pass(
        &zone,
        Some(seen(PersonKind::Member)),
        Outcome::Granted,
    )));
    assert_eq!((record.score, record.temperature), (Some(0.92), Some(36.7)));
    assert_eq!(record.capture.unwrap().decode().unwrap(), b"capture");
    assert_eq!(record.registered.unwrap().decode().unwrap(), b"registered");
    assert_eq!(record.card.as_deref(), Some("157342643"));
    assert_eq!(record.key.text, "2026-11-23 12:05:06\np1\n1");
    assert!(!record.key.with_picture);
    assert!(record.native.get("snapPic").is_none() && record.native.get("comparePic").is_none());
    assert_eq!(record.native["bodyTemp"], json!(36.7));
}

#[test]
fn times_are_read_in_the_devices_zone() {
    let read = |text: &str| {
        let data = json!({"personId": "p", "result": 1, "snaptime": text});
        record_from_device(SnapshotFace::read(&data).unwrap(), &data)
            .occurred_at(&shanghai(), at(NOW))
            .map(|reading| reading.at)
    };
    assert_eq!(read("2026-11-23 11:59:58"), Some(at("2026-11-23T03:59:58Z")));
    assert_eq!(read("1970-01-01 08:00:00"), Some(Timestamp::UNIX_EPOCH));
    assert_eq!((read(""), read("yesterday")), (None, None));
}

#[test]
fn a_card_or_a_document_is_told_from_a_face() {
    let zone = shanghai();
    let by_card = Pass {
        score: None,
        capture: None,
        card: Some("42"),
        ..pass(&zone, Some(seen(PersonKind::Member)), Outcome::Granted)
    };
    let record = received(&record_to_platform(&by_card));
    assert_eq!(
        (record.method, record.card.as_deref(), record.score),
        (Method::IcCard, Some("42"), None)
    );

    let document = IdentityDocument {
        number: Some("430726199801042312".into()),
        ethnicity: Some("汉".into()),
        valid_until: Some("20300101".into()),
        ..IdentityDocument::default()
    };
    let by_document = Pass {
        document: Some(&document),
        ..pass(&zone, Some(seen(PersonKind::Member)), Outcome::Granted)
    };
    let record = received(&record_to_platform(&by_document));
    assert_eq!(record.method, Method::FaceAndIdCard);
    let got = record.document.unwrap();
    assert_eq!(
        (got.number, got.ethnicity, got.valid_until),
        (document.number, document.ethnicity, document.valid_until)
    );
}

#[test]
fn a_person_sent_and_read_is_the_same() {
    let person = Person {
        kind: PersonKind::Visitor,
        verify: Verify::FaceAndIdCard,
        credentials: vec![
            card(CredentialKind::IcCard, "157342643"),
            card(CredentialKind::IdCard, "430726199801042312"),
        ],
        valid_until: Some(at("2026-12-01T00:00:00Z")),
        pass_limit: Some(3),
        ..person()
    };
    let held = person_from_platform(
        &convert(&person, &[daily(&[period("08:00", "24:00")])]).message,
        &shanghai(),
    )
    .unwrap();
    assert_eq!(
        (held.id.as_str(), held.name.as_str()),
        (person.id.as_str(), person.name.as_str())
    );
    assert_eq!(
        (held.kind, held.verify, held.pass_limit),
        (person.kind, person.verify, person.pass_limit)
    );
    assert_eq!(
        (held.credentials.clone(), held.valid_until),
        (person.credentials, person.valid_until)
    );
    assert_eq!(held.faces[0].picture, b"\xFF\xD8\xFF jpeg");
    assert_eq!(held.subject(2).passes_used, 2);
}
