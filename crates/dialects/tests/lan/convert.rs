//! Between the model and the wire.

use dialects::epoch::Epoch;
use dialects::lan::convert::{
    person_from_message, person_to_device, record_from_device, record_to_platform, settings,
};
use dialects::lan::{Operation, PassRecord, RecordCallback, SetPerson};
use dialects::lenient::Base64Text;
use dialects::placement::{Converted, Placement, Wanted};
use dialects::reported::{Pass, SeenPerson};
use dialects::{Loss, LossReason};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::access::{Rule, Times};
use model::{
    Credential, CredentialKind, DeviceSettings, Direction, Method, Outcome, Period, Person, PersonId,
    PersonKind, RebootDay, ScheduledReboot, TemperatureAlarm, TemperatureCheck, Verify, Weekly,
};
use serde_json::json;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-07-01T12:00:00Z")
}

fn person() -> Person {
    Person::new(PersonId::new("p-1").unwrap(), "胖虎")
}

fn convert(person: &Person, rules: &[Rule]) -> Converted<SetPerson> {
    person_to_device(&Wanted {
        person,
        rules,
        photo: Some(b"\xFF\xD8\xFF\xE0"),
        now: now(),
    })
}

fn held(converted: &Converted<SetPerson>) -> &SetPerson {
    match &converted.placement {
        Placement::Hold(message) => message,
        other => panic!("{other:?}"),
    }
}

fn office_hours() -> Times {
    let period = Period::new(
        model::DayMinute::new(8, 0).unwrap(),
        model::DayMinute::new(18, 0).unwrap(),
    );
    Times {
        weekly: Weekly::every_day(&[period.unwrap()]),
        holidays: Vec::new(),
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

#[test]
fn a_person_goes_out_whole_and_comes_back() {
    let person = Person {
        credentials: vec![
            credential(CredentialKind::IcCard, "7267e840"),
            credential(CredentialKind::IdCard, "990307189207026735"),
        ],
        valid_from: Some(at("2026-01-01T00:00:00.0005Z")),
        valid_until: Some(at("2027-01-01T00:00:00.1239Z")),
        pass_limit: Some(12),
        passes_used: 2,
        ..person()
    };
    let converted = convert(&person, &[Rule::default()]);
    assert_eq!((&converted.losses[..], converted.redo_at), (&[][..], None));
    let message = held(&converted);
    assert_eq!(message.check(), Ok(()));
    assert_eq!(message.card.as_deref(), Some("7267e840"));
    assert_eq!(message.pass_count, Some(10));
    // Never earlier, never later.
    assert_eq!(message.start, Some(Epoch::from_millisecond(1_767_225_600_001)));
    assert_eq!(message.end, Some(Epoch::from_millisecond(1_798_761_600_123)));
    let told = person_from_message(message, PersonId::new("x").unwrap());
    assert_eq!(
        (told.wire_id.as_str(), told.person.name.as_str()),
        ("p-1", "胖虎")
    );
    assert_eq!(told.person.credentials, person.credentials);
    assert_eq!(told.person.pass_limit, Some(10));
    assert_eq!(told.person.valid_until, Some(at("2027-01-01T00:00:00.123Z")));
    assert_eq!(told.photo.unwrap().decode().unwrap(), b"\xFF\xD8\xFF\xE0");
}

#[test]
fn no_bounds_are_minus_one_and_nothing_up_to_zero_reads_as_one() {
    let message = convert(&person(), &[Rule::default()]);
    let message = held(&message);
    assert_eq!(
        (message.start, message.end, message.pass_count),
        (
            Some(Epoch::from_second(-1)),
            Some(Epoch::from_second(-1)),
            Some(10_000)
        )
    );
    for none in [-1000, 0, -1] {
        let message = SetPerson {
            start: Some(Epoch::from_millisecond(none)),
            end: Some(Epoch::from_millisecond(none)),
            pass_count: Some(20_000),
            ..message.clone()
        };
        let told = person_from_message(&message, PersonId::new("x").unwrap());
        assert_eq!(
            (
                told.person.valid_from,
                told.person.valid_until,
                told.person.pass_limit
            ),
            (None, None, None)
        );
    }
    // An end before 1970 must not become none.
    let ended = Person {
        valid_until: Some(at("1969-01-01T00:00:00Z")),
        ..person()
    };
    let converted = convert(&ended, &[Rule::default()]);
    assert_eq!(held(&converted).end, Some(Epoch::from_millisecond(1)));
    // The year 9999 in seconds would be read as milliseconds.
    let late = Person {
        valid_until: Some(at("9999-12-30T00:00:00Z")),
        ..person()
    };
    let converted = convert(&late, &[Rule::default()]);
    assert_eq!(held(&converted).end, Some(Epoch::LATEST));
}

#[test]
fn what_the_dialect_lacks_is_told() {
    let person = Person {
        code: Some("A1".to_owned()),
        kind: PersonKind::Vip,
        phone: Some("1".to_owned()),
        greeting: Some("hello".to_owned()),
        verify: Verify::FaceAndCard,
        pass_limit: Some(20_000),
        name: "门".repeat(100),
        credentials: vec![
            credential(CredentialKind::IcCard, "1"),
            credential(CredentialKind::Wiegand, "2"),
            credential(CredentialKind::Pin, "3"),
            credential(CredentialKind::IdCard, &"9".repeat(65)),
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
            ("code", LossReason::Unsupported),
            ("credentials.id_card", LossReason::LeftOut),
            ("credentials.pin", LossReason::Unsupported),
            ("credentials.wiegand", LossReason::LeftOut),
            ("greeting", LossReason::Unsupported),
            ("kind", LossReason::Unsupported),
            ("name", LossReason::Cut),
            ("pass_limit", LossReason::Narrowed),
            ("phone", LossReason::Unsupported),
            ("verify", LossReason::Unsupported),
        ]
    );
    let message = held(&converted);
    assert_eq!(
        (message.pass_count, message.name.as_ref().unwrap().len()),
        (Some(9999), 255)
    );
    assert_eq!(message.check(), Ok(()));
    // A Wiegand number alone takes the card's place.
    let person = Person {
        credentials: vec![credential(CredentialKind::Wiegand, "2")],
        ..Person::new(PersonId::new("p-2").unwrap(), "")
    };
    let converted = convert(&person, &[Rule::default()]);
    let message = held(&converted);
    assert_eq!(
        (message.card.as_deref(), message.name.as_deref()),
        (Some("2"), Some("p-2"))
    );
}

#[test]
fn schedules_are_not_said_and_not_widened() {
    let scheduled = Rule {
        times: Some(office_hours()),
        ..Rule::default()
    };
    let converted = convert(&person(), std::slice::from_ref(&scheduled));
    assert_eq!(converted.placement, Placement::Unsupported);
    assert_eq!(converted.losses, [Loss::unsupported("grants.schedule")]);
    // No schedule binds a vip; a schedule that leaves out nothing is none.
    let vip = Person {
        kind: PersonKind::Vip,
        ..person()
    };
    assert!(matches!(
        convert(&vip, std::slice::from_ref(&scheduled)).placement,
        Placement::Hold(_)
    ));
    let always = Rule {
        times: Some(Times {
            weekly: Weekly::every_day(&[Period::ALL_DAY]),
            holidays: Vec::new(),
        }),
        ..Rule::default()
    };
    assert_eq!(
        held(&convert(&person(), &[always])).start,
        Some(Epoch::from_second(-1))
    );
    // Beside a grant without one the scheduled grant is a narrowing.
    let tomorrow = Rule {
        valid_from: Some(at("2026-07-02T00:00:00Z")),
        ..Rule::default()
    };
    let converted = convert(&person(), &[scheduled.clone(), tomorrow]);
    assert_eq!(converted.losses[0].reason, LossReason::Narrowed);
    assert_eq!(
        held(&converted).start,
        Some(Epoch::of(at("2026-07-02T00:00:00Z")))
    );
    // A grant that has ended is no reason to say "expired" while another holds at times.
    let ended = Rule {
        valid_until: Some(at("2026-06-01T00:00:00Z")),
        ..Rule::default()
    };
    assert_eq!(
        convert(&person(), &[ended.clone(), scheduled]).placement,
        Placement::Unsupported
    );
    assert!(matches!(
        convert(&person(), &[ended]).placement,
        Placement::Hold(_)
    ));
    assert_eq!(convert(&person(), &[]).placement, Placement::Absent);
    let blocked = Person {
        kind: PersonKind::Blocked,
        ..person()
    };
    assert_eq!(convert(&blocked, &[Rule::default()]).placement, Placement::Absent);
}

#[test]
fn a_record_is_the_same_pushed_and_listed() {
    let form =
        b"deviceSn=S&personId=10000&ts=1.53966656225E9&passType=0&name=zhang+san&photo=/9j/4A==&key=abc";
    let pushed = RecordCallback::parse("", form).unwrap();
    let pushed = record_from_device(pushed.record, &pushed.message);
    let message = json!({"personID": "10000", "ts": 1_539_666_562.25, "passType": 0, "name": "zhang san"});
    let listed: PassRecord = dialects::lenient::read(&message).unwrap();
    let listed = record_from_device(listed, &message);
    assert_eq!(pushed.key, listed.key);
    assert_eq!(
        (pushed.outcome, pushed.method, pushed.person_id.as_deref()),
        (Outcome::Granted, Method::Face, Some("10000"))
    );
    let reading = listed.occurred_at(&TimeZone::UTC, now()).unwrap();
    assert_eq!(
        (reading.at, reading.unique),
        (at("2018-10-16T05:09:22.25Z"), true)
    );
    assert_eq!(pushed.time_text, "1.53966656225E9");
    assert!(pushed.capture.is_some() && listed.capture.is_none());
    assert_eq!(
        pushed.native,
        json!({"deviceSn": "S", "personId": "10000", "ts": "1.53966656225E9", "passType": "0", "name": "zhang san"})
    );
    let message = json!({"personID": "", "ts": 1, "passType": 7});
    let nobody: PassRecord = dialects::lenient::read(&message).unwrap();
    let nobody = record_from_device(nobody, &message);
    assert_eq!((nobody.person_id, nobody.method), (None, Method::Unknown));
    assert!(nobody.key.with_picture);
}

#[test]
fn a_terminal_records_passes_alone() {
    let who = person();
    let pass = |outcome| Pass {
        person: Some(SeenPerson {
            wire_id: "p-1",
            person: &who,
        }),
        at: now(),
        method: Method::IdCard,
        outcome,
        score: Some(0.9),
        temperature: None,
        temperature_alarm: TemperatureAlarm::None,
        mask: None,
        direction: Direction::None,
        card: None,
        document: None,
        capture: Some(b"\xFF\xD8\xFF"),
        registered: None,
    };
    let record = record_to_platform(&pass(Outcome::Granted), Some("S")).unwrap();
    assert_eq!(
        (record.person_id.as_str(), record.pass_type, record.ts),
        ("p-1", Some(1), Some(Epoch::of(now())))
    );
    assert_eq!(record.photo, Some(Base64Text::encode(b"\xFF\xD8\xFF")));
    for other in [
        Outcome::Denied,
        Outcome::Stranger,
        Outcome::Expired,
        Outcome::Blocked,
    ] {
        assert_eq!(record_to_platform(&pass(other), None), None);
    }
}

#[test]
fn shared_settings_go_both_ways() {
    let change = DeviceSettings {
        volume: Some(0.5),
        recognition_threshold: Some(0.62),
        liveness: Some(true),
        repeat_seconds: Some(3),
        open_ms: Some(5500),
        reboot: Some(ScheduledReboot {
            day: RebootDay::Daily,
            at: "23:50".to_owned(),
        }),
        ..DeviceSettings::default()
    };
    let written = settings::write(&change).unwrap();
    assert_eq!(
        serde_json::Value::Object(written.0.clone()),
        json!({
            "deviceSoundSize": 50, "faceFeaturePairNumber": 0.62, "cameraDetectType": 0,
            "faceFeaturePairSuccessOrFailWaitTime": 3.0, "openDoorContinueTime": 5.5, "deviceDefendTime": "23:50",
        })
    );
    assert_eq!(settings::read(&written), change);
    let set: Vec<&str> = serde_json::to_value(&change)
        .unwrap()
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, _)| settings::WRITABLE.iter().find(|known| *known == name).unwrap())
        .copied()
        .collect();
    assert_eq!(set.len(), settings::WRITABLE.len());
    let wrong = |change: DeviceSettings| settings::write(&change).unwrap_err().field;
    let none = DeviceSettings::default;
    assert_eq!(
        wrong(DeviceSettings {
            volume: Some(1.1),
            ..none()
        }),
        "volume"
    );
    assert_eq!(
        wrong(DeviceSettings {
            recognition_threshold: Some(2.0),
            ..none()
        }),
        "recognition_threshold"
    );
    assert_eq!(
        wrong(DeviceSettings {
            open_ms: Some(3_600_001),
            ..none()
        }),
        "open_ms"
    );
    assert_eq!(
        wrong(DeviceSettings {
            repeat_seconds: Some(3601),
            ..none()
        }),
        "repeat_seconds"
    );
    assert_eq!(
        wrong(DeviceSettings {
            mask: Some(true),
            ..none()
        }),
        "mask"
    );
    assert_eq!(
        wrong(DeviceSettings {
            temperature: Some(TemperatureCheck { on: true, max: None }),
            ..none()
        }),
        "temperature"
    );
    let reboot = |day, at: &str| {
        wrong(DeviceSettings {
            reboot: Some(ScheduledReboot {
                day,
                at: at.to_owned(),
            }),
            ..none()
        })
    };
    assert_eq!(reboot(RebootDay::Never, "23:50"), "reboot.day");
    assert_eq!(reboot(RebootDay::Daily, "24:00"), "reboot.at");
}
