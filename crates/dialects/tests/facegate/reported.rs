//! What a terminal reports is understood by a hub; settings go both ways.

use super::device;
use dialects::facegate::convert::{
    Report, ReportKind, record_from_capture, record_from_control, record_from_device, record_to_platform,
    settings,
};
use dialects::facegate::{PersonInfo, Push, ReceivedPush, SettingsGroup, SettingsValues};
use dialects::reported::{Pass, SeenPerson};
use jiff::tz::TimeZone;
use model::{
    Credential, CredentialKind, DeviceSettings, Direction, Method, Outcome, Person, PersonId, RebootDay,
    ScheduledReboot, TemperatureAlarm, TemperatureCheck,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

fn person() -> Person {
    let card = |kind, number: &str| Credential {
        kind,
        number: number.to_owned(),
        facility: None,
        bits: None,
    };
    Person {
        credentials: vec![
            card(CredentialKind::RfCard, "519F7D29"),
            card(CredentialKind::Wiegand, "12"),
        ],
        ..Person::new(PersonId::new("p-1").unwrap(), "张三")
    }
}

fn info() -> PersonInfo {
    let fields = json!({"PersonUUID": "p-1", "CustomizeID": 7, "Name": "张三", "PersonType": 0, "RFIDCard": "519F7D29",
        "MjCardNo": 12, "IdCard": "4309"});
    PersonInfo::read(&fields).unwrap()
}

fn pass(person: Option<&Person>, method: Method, outcome: Outcome) -> Pass<'_> {
    Pass {
        person: person.map(|person| SeenPerson {
            wire_id: "p-1",
            person,
        }),
        at: "2026-11-27T04:00:00Z".parse().unwrap(),
        method,
        outcome,
        score: Some(0.915),
        temperature: Some(36.7),
        temperature_alarm: TemperatureAlarm::None,
        mask: Some(true),
        direction: Direction::Entry,
        card: None,
        document: None,
        capture: Some(b"\xFF\xD8\xFFcapture"),
        registered: Some(b"\xFF\xD8\xFFenrolled"),
    }
}

fn report<'a>(pass: Pass<'a>, zone: &'a TimeZone, info: &'a PersonInfo) -> Report<'a> {
    Report {
        pass,
        zone,
        person: Some(info),
        lib_id: Some(9),
        in_time: true,
        by_hand: false,
        channel: None,
    }
}

#[test]
fn a_pass_is_told_and_understood() {
    let (zone, person, info) = (zone(), person(), info());
    let report = report(pass(Some(&person), Method::Face, Outcome::Granted), &zone, &info);
    assert_eq!(ReportKind::of(&report.pass), ReportKind::Verify);
    let bytes = record_to_platform(&report, ReportKind::Verify).to_bytes(&device());
    let received = ReceivedPush::parse(&bytes).unwrap();
    let native = received.native.clone();
    assert_eq!(
        (
            &native["info"]["VerfyType"],
            &native["info"]["Similarity1"],
            &native["info"]["PersonID"]
        ),
        (&json!(0x301), &json!(91.5), &json!(9))
    );
    let got = record_from_device(received.push, received.native).unwrap();
    let record = got.record;
    assert_eq!(record.person_id.as_deref(), Some("p-1"));
    assert_eq!((record.outcome, record.method), (Outcome::Granted, Method::Face));
    assert_eq!(
        (record.score, record.temperature, record.mask),
        (Some(0.915), Some(36.7), Some(true))
    );
    assert_eq!(record.time_text, "2026-11-27T12:00:00");
    assert_eq!(record.capture.unwrap().decode().unwrap(), b"\xFF\xD8\xFFcapture");
    assert_eq!(
        record.registered.unwrap().decode().unwrap(),
        b"\xFF\xD8\xFFenrolled"
    );
    // Asked for, it is the same record.
    let asked = record_from_control(report.control_record()).record;
    assert_eq!((asked.key, asked.person_id), (record.key, record.person_id));
}

#[test]
fn each_way_has_its_push() {
    let (zone, person, info) = (zone(), person(), info());
    let kind = |method, outcome| ReportKind::of(&pass(Some(&person), method, outcome));
    assert_eq!(kind(Method::IcCard, Outcome::Granted), ReportKind::Card);
    assert_eq!(kind(Method::IcCard, Outcome::Expired), ReportKind::Verify);
    assert_eq!(kind(Method::Pin, Outcome::Granted), ReportKind::Password);
    assert_eq!(kind(Method::Face, Outcome::Stranger), ReportKind::Snap);
    let stranger = Report {
        person: None,
        lib_id: None,
        in_time: false,
        ..report(pass(None, Method::Face, Outcome::Stranger), &zone, &info)
    };
    let Push::Snap(snap) = record_to_platform(&stranger, ReportKind::Snap) else {
        panic!()
    };
    assert_eq!(
        (snap.picture_type, snap.in_time, snap.direction),
        (0, Some(0), Some(1))
    );
    let pushed = record_from_device(Push::Snap(snap), Value::Null).unwrap();
    let asked = record_from_capture(stranger.capture_record(5));
    assert_eq!(pushed.record.key, asked.record.key);
    assert!(pushed.is_late && pushed.record.outcome == Outcome::Stranger);
    let by_card = Pass {
        card: Some("77"),
        ..pass(Some(&person), Method::IcCard, Outcome::Granted)
    };
    let Push::Card(card) = record_to_platform(&report(by_card, &zone, &info), ReportKind::Card) else {
        panic!()
    };
    assert_eq!((card.card.as_str(), card.has_picture), ("77", true));
    let pin = report(pass(None, Method::Pin, Outcome::Granted), &zone, &info);
    assert!(matches!(record_to_platform(&pin, ReportKind::Password), Push::Password(pin) if pin.has_picture));
}

#[test]
fn every_method_and_result_comes_back() {
    let (zone, person, info) = (zone(), person(), info());
    let again = |method, outcome, card| {
        let pass = Pass {
            card,
            ..pass(Some(&person), method, outcome)
        };
        let push = record_to_platform(&report(pass, &zone, &info), ReportKind::Verify);
        let record = record_from_device(push, Value::Null).unwrap().record;
        (record.method, record.outcome)
    };
    for (method, card) in [
        (Method::Face, None),
        (Method::IdCard, None),
        (Method::FaceAndIdCard, None),
        (Method::RfCard, Some("519F7D29")),
        (Method::Wiegand, Some("12")),
        (Method::FaceAndCard, Some("12")),
        (Method::FaceAndCard, Some("519F7D29")),
        (Method::Remote, None),
    ] {
        assert_eq!(again(method, Outcome::Granted, card), (method, Outcome::Granted));
    }
    for outcome in [
        Outcome::Pending,
        Outcome::OutOfSchedule,
        Outcome::Denied,
        Outcome::Stranger,
    ] {
        assert_eq!(again(Method::Face, outcome, None).1, outcome);
    }
    // The dialect knows no more than that it was denied.
    for outcome in [Outcome::Expired, Outcome::NotAuthorised] {
        assert_eq!(again(Method::Face, outcome, None).1, Outcome::Denied);
    }
}

fn groups(entries: &[(SettingsGroup, Value)]) -> Vec<SettingsValues> {
    let groups = entries.iter().map(|(group, values)| SettingsValues {
        group: *group,
        values: values.as_object().unwrap().clone(),
    });
    groups.collect()
}

#[test]
fn shared_settings_that_are_written_read_back() {
    let change = DeviceSettings {
        volume: Some(0.8),
        recognition_threshold: Some(0.85),
        liveness: Some(false),
        repeat_seconds: Some(3),
        open_ms: Some(2500),
        time_zone: Some("Asia/Kolkata".to_owned()),
        direction: Some(Direction::Exit),
        strangers: None,
        temperature: Some(TemperatureCheck {
            on: true,
            max: Some(37.5),
        }),
        mask: Some(true),
        reboot: Some(ScheduledReboot {
            day: RebootDay::Sun,
            at: "03:00".to_owned(),
        }),
    };
    let current = groups(&[
        (
            SettingsGroup::SysNtp,
            json!({"NtpInterval": 6, "NtpTimeZone": 25}),
        ),
        (SettingsGroup::DoorCondition, json!({"VerifyMode": 25})),
    ]);
    assert_eq!(
        settings::needed(&change),
        [SettingsGroup::SysNtp, SettingsGroup::DoorCondition]
    );
    let calls = settings::write(&change, &current).unwrap();
    let values: Vec<SettingsValues> = calls
        .iter()
        .map(|call| SettingsValues {
            group: call.group,
            values: call.exact().unwrap(),
        })
        .collect();
    let door = values
        .iter()
        .find(|one| one.group == SettingsGroup::DoorCondition)
        .unwrap();
    assert_eq!(door.number("VerifyMode"), Some(0x319));
    let ntp = values
        .iter()
        .find(|one| one.group == SettingsGroup::SysNtp)
        .unwrap();
    assert_eq!(
        (ntp.number("NtpTimeZone"), ntp.number("NtpInterval")),
        (Some(22), Some(6))
    );
    assert_eq!(settings::read(&values), change);
    assert!(values.iter().all(|one| settings::GROUPS.contains(&one.group)));
    // A device that says nothing lacks everything.
    assert_eq!(settings::read(&[]), DeviceSettings::default());
    let off = DeviceSettings {
        mask: Some(false),
        ..DeviceSettings::default()
    };
    let alone = groups(&[(SettingsGroup::DoorCondition, json!({"VerifyMode": 0x105}))]);
    assert_eq!(settings::write(&off, &alone).unwrap()[0].values["VerifyMode"], 1);
}

#[test]
fn what_the_dialect_lacks_or_cannot_is_named() {
    let field = |change: DeviceSettings| settings::write(&change, &[]).unwrap_err().field;
    let none = DeviceSettings::default;
    assert_eq!(
        field(DeviceSettings {
            strangers: Some(true),
            ..none()
        }),
        "strangers"
    );
    assert_eq!(
        field(DeviceSettings {
            volume: Some(1.1),
            ..none()
        }),
        "volume"
    );
    assert_eq!(
        field(DeviceSettings {
            recognition_threshold: Some(0.4),
            ..none()
        }),
        "recognition_threshold"
    );
    assert_eq!(
        field(DeviceSettings {
            repeat_seconds: Some(11),
            ..none()
        }),
        "repeat_seconds"
    );
    assert_eq!(
        field(DeviceSettings {
            open_ms: Some(600_001),
            ..none()
        }),
        "open_ms"
    );
    assert_eq!(
        field(DeviceSettings {
            mask: Some(true),
            ..none()
        }),
        "mask",
        "the mode is not known"
    );
    for zone in ["Europe/Berlin", "Asia/Kathmandu", "nowhere"] {
        let change = DeviceSettings {
            time_zone: Some(zone.to_owned()),
            ..none()
        };
        assert_eq!(field(change), "time_zone", "{zone}");
    }
    let reboot = |at: &str| DeviceSettings {
        reboot: Some(ScheduledReboot {
            day: RebootDay::Daily,
            at: at.to_owned(),
        }),
        ..none()
    };
    assert_eq!(
        (field(reboot("03:30")), field(reboot("24:00"))),
        ("reboot.at".into(), "reboot.at".into())
    );
    let fever = |max| DeviceSettings {
        temperature: Some(TemperatureCheck {
            on: true,
            max: Some(max),
        }),
        ..none()
    };
    assert_eq!(field(fever(1000.0)), "temperature.max");
}

proptest! {
    /// Whatever a device says of itself is read.
    #[test]
    fn any_settings_are_read(group in 0usize..18, key in "[A-Za-z]{1,10}|Volume|NtpTimeZone|VerifyMode", number: i64) {
        let group = SettingsGroup::ALL[group];
        let values = json!({ key: number }).as_object().unwrap().clone();
        let _ = settings::read(&[SettingsValues { group, values }]);
    }
}
