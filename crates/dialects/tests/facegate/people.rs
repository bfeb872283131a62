//! People between the model and the wire, with every loss.

use super::golden;
use dialects::LossReason::{Cut, EnforcedByHub, LeftOut, Narrowed, Unsupported};
use dialects::facegate::convert::{
    DevicePhoto, Wanted, changed, person_from_device, person_from_platform, person_to_device,
    person_to_platform,
};
use dialects::facegate::person::{HeldPerson, SearchPerson};
use dialects::facegate::{Call, PersonInfo, ReceivedCall, answer_of};
use dialects::placement::{Converted, Placement};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::access::{Rule, Times};
use model::{
    Credential, CredentialKind, DayMinute, Gender, Period, Person, PersonId, PersonKind, Verify, Weekly,
};
use serde_json::{Value, json};

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id(text: &str) -> PersonId {
    PersonId::new(text).unwrap()
}

fn credential(kind: CredentialKind, number: &str) -> Credential {
    Credential {
        kind,
        number: number.to_owned(),
        facility: None,
        bits: None,
    }
}

fn period(from: &str, until: &str) -> Period {
    Period::new(from.parse().unwrap(), until.parse().unwrap()).unwrap()
}

fn every_day(periods: &[Period]) -> Rule {
    Rule {
        times: Some(Times {
            weekly: Weekly::every_day(periods),
            holidays: Vec::new(),
        }),
        ..Rule::default()
    }
}

/// Converts for a new device that decides itself, at noon of 27 November 2026 in Shanghai.
fn convert(person: &Person, rules: &[Rule]) -> Converted<PersonInfo> {
    convert_for(person, rules, false, true)
}

fn convert_for(
    person: &Person,
    rules: &[Rule],
    hub_decides: bool,
    new_database: bool,
) -> Converted<PersonInfo> {
    person_to_device(&Wanted {
        person,
        rules,
        zone: &shanghai(),
        photo: Some(DevicePhoto::Url("http://h/p.jpg")),
        now: at("2026-11-27T04:00:00Z"),
        hub_decides,
        new_database,
        customize_id: 77,
    })
}

fn held(converted: &Converted<PersonInfo>) -> &PersonInfo {
    match &converted.placement {
        Placement::Hold(info) => info,
        other => panic!("{other:?}"),
    }
}

fn losses(converted: &Converted<PersonInfo>) -> Vec<(&str, dialects::LossReason)> {
    let losses = converted.losses.iter();
    losses.map(|loss| (loss.field.as_str(), loss.reason)).collect()
}

#[test]
fn a_whole_person_is_said() {
    let person = Person {
        gender: Some(Gender::Female),
        birthday: Some("1990-11-04".parse().unwrap()),
        phone: Some("18888888888".to_owned()),
        ethnicity: Some("回族".to_owned()),
        native_place: Some("广东".to_owned()),
        address: Some("深圳宝安".to_owned()),
        remark: Some("备注".to_owned()),
        room: Some("1203".to_owned()),
        credentials: vec![
            credential(CredentialKind::IdCard, "430923199011044411"),
            credential(CredentialKind::IcCard, "7267E840"),
            credential(CredentialKind::RfCard, "519F7D29"),
            Credential {
                facility: Some(0x9A),
                bits: Some(34),
                ..credential(CredentialKind::Wiegand, "101165")
            },
            credential(CredentialKind::Qr, "whatever"),
        ],
        ..Person::new(id("p-1"), "张三")
    };
    let converted = convert(&person, &[Rule::default()]);
    assert_eq!(losses(&converted), []);
    assert_eq!(
        Value::Object(held(&converted).fields()),
        json!({
            "PersonUUID": "p-1", "CustomizeID": 77, "PersonType": 0, "Name": "张三", "Gender": 1, "Nation": 3,
            "CardType": 0, "IdCard": "430923199011044411", "Birthday": "1990-11-04", "Telnum": "18888888888",
            "Native": "广东", "Address": "深圳宝安", "Notes": "备注", "RoomNum": "1203", "AccessId": "7267E840",
            "RFCardMode": 1, "RFIDCard": "519F7D29", "MjCardFrom": 2, "WiegandType": 7, "CardMode": 0,
            "WGFacilityCode": 154, "MjCardNo": 101_165, "Tempvalid": 0, "isCheckSimilarity": 0,
            "picURI": "http://h/p.jpg",
        })
    );
    // And back: the terminal has the same person.
    let told = person_from_platform(held(&converted), id("p-1"), &shanghai());
    assert_eq!(told.wire_id, "p-1");
    assert_eq!(told.photo_url.as_deref(), Some("http://h/p.jpg"));
    let expected = Person {
        ethnicity: Some("回".to_owned()),
        credentials: told.person.credentials.clone(),
        ..person.clone()
    };
    assert_eq!(told.person, expected);
    for credential in person
        .credentials
        .iter()
        .filter(|one| one.kind != CredentialKind::Qr)
    {
        assert!(told.person.credentials.contains(credential), "{credential:?}");
    }
    assert_eq!(told.rules, [Rule::default()]);
}

#[test]
fn what_cannot_be_said_is_a_loss() {
    let person = Person {
        code: Some("E7".to_owned()),
        kind: PersonKind::Vip,
        gender: Some(Gender::Other),
        phone: Some("1".repeat(32)),
        email: Some("a@b".to_owned()),
        department: Some("D".to_owned()),
        greeting: Some("Hi".to_owned()),
        ethnicity: Some("Elvish".to_owned()),
        remark: Some("备".repeat(22)),
        verify: Verify::FaceAndCard,
        credentials: vec![
            credential(CredentialKind::Pin, "1234"),
            credential(CredentialKind::IcCard, &"7".repeat(24)),
            credential(CredentialKind::RfCard, "no digits"),
            credential(CredentialKind::Wiegand, "99999999999"),
            credential(CredentialKind::IdCard, "1"),
            credential(CredentialKind::IdCard, "2"),
        ],
        ..Person::new(id("p-1"), "门".repeat(11))
    };
    let converted = convert(&person, &[Rule::default()]);
    let info = held(&converted);
    assert_eq!(info.name.as_deref(), Some("门".repeat(10).as_str()));
    assert_eq!(info.notes.as_deref(), Some("备".repeat(21).as_str()));
    assert_eq!((info.id_card.as_deref(), info.card_from), (Some("1"), Some(3)));
    assert_eq!(
        (&info.phone, &info.rf_card, &info.access_card, &info.card_number),
        (&None, &None, &None, &None)
    );
    let mut lost = losses(&converted);
    lost.sort_by_key(|(field, _)| *field);
    assert_eq!(
        lost,
        [
            ("code", Unsupported),
            ("credentials.ic_card", LeftOut),
            ("credentials.id_card", LeftOut),
            ("credentials.pin", Unsupported),
            ("credentials.rf_card", LeftOut),
            ("credentials.wiegand", LeftOut),
            ("department", Unsupported),
            ("email", Unsupported),
            ("ethnicity", LeftOut),
            ("gender", Unsupported),
            ("greeting", Unsupported),
            ("kind", Unsupported),
            ("name", Cut),
            ("phone", LeftOut),
            ("remark", Cut),
            ("verify", Unsupported),
        ]
    );
}

#[test]
fn a_hexadecimal_wiegand_number_stays_one() {
    let person = |number: &str, facility: Option<u32>, bits: Option<u8>| Person {
        credentials: vec![Credential {
            facility,
            bits,
            ..credential(CredentialKind::Wiegand, number)
        }],
        ..Person::new(id("p-1"), "A")
    };
    let wire = |person: &Person| {
        let converted = convert(person, &[Rule::default()]);
        let call = dialects::facegate::AddPerson {
            person: held(&converted).clone(),
        };
        String::from_utf8(dialects::facegate::Operation::request(&call, None)).unwrap()
    };
    let text = wire(&person("018B2D", Some(0x9A), None));
    assert!(
        text.contains(r#""CardMode":1"#) && text.contains(r#""MjCardNo":018B2D"#),
        "{text}"
    );
    assert!(
        text.contains(r#""WGFacilityCode":9A"#) && text.contains(r#""WiegandType":7"#),
        "{text}"
    );
    let text = wire(&person("0012", None, Some(26)));
    assert!(
        text.contains(r#""MjCardNo":12"#) && text.contains(r#""WiegandType":0"#),
        "{text}"
    );
    let too_wide = convert(&person("16777216", None, Some(26)), &[Rule::default()]);
    assert_eq!(losses(&too_wide), [("credentials.wiegand", LeftOut)]);
}

/// `Tempvalid`, the two times and the count.
fn access(converted: &Converted<PersonInfo>) -> (i64, Option<&str>, Option<&str>, Option<i64>) {
    let info = held(converted);
    (
        info.validity.unwrap(),
        info.valid_begin.as_deref(),
        info.valid_end.as_deref(),
        info.passes,
    )
}

#[test]
fn each_kind_of_validity_is_said() {
    let always = Person::new(id("p-1"), "A");
    let until = Person {
        valid_until: Some(at("2026-12-24T10:00:00Z")),
        ..always.clone()
    };
    let twice = Person {
        pass_limit: Some(5),
        passes_used: 2,
        ..always.clone()
    };
    let both = Person {
        pass_limit: Some(5),
        ..until.clone()
    };
    let any = [Rule::default()];
    assert_eq!(access(&convert(&always, &any)), (0, None, None, None));
    let window = (1, Some("2000-01-01T00:00:00"), Some("2026-12-24T18:00:00"), None);
    assert_eq!(access(&convert(&until, &any)), window);
    assert_eq!(access(&convert(&twice, &any)), (3, None, None, Some(3)));
    // An old database has no counts; a count beside a window cannot be said: the hub counts.
    let old = convert_for(&twice, &any, false, false);
    assert_eq!(
        (access(&old), losses(&old)),
        ((0, None, None, None), vec![("pass_limit", EnforcedByHub)])
    );
    let counted = convert(&both, &any);
    assert_eq!(
        (access(&counted), losses(&counted)),
        (window, vec![("pass_limit", EnforcedByHub)])
    );
    let work = [every_day(&[period("09:00", "18:00")])];
    let daily = convert(&always, &work);
    assert_eq!(
        access(&daily),
        (2, Some("2000-01-01T09:00:00"), Some("2099-12-31T18:00:00"), None)
    );
    assert_eq!(losses(&daily), []);
    // Days are whole: the last hours are the hub's, which comes back for them.
    let daily = convert(&until, &work);
    assert_eq!(
        access(&daily),
        (2, Some("2000-01-01T09:00:00"), Some("2026-12-23T18:00:00"), None)
    );
    assert_eq!(losses(&daily), [("validity.time_of_day", EnforcedByHub)]);
    assert_eq!(daily.redo_at, Some(at("2026-12-23T16:00:00Z")));
    let night = convert(&always, &[every_day(&[period("22:00", "24:00")])]);
    assert_eq!(
        access(&night),
        (2, Some("2000-01-01T22:00:00"), Some("2099-12-31T23:59:59"), None)
    );
    let read = person_from_platform(held(&night), id("p-1"), &shanghai());
    let times = read.rules[0].times.as_ref().unwrap();
    assert_eq!(times.weekly.mon, [period("22:00", "24:00")]);
    // Of several periods the longest.
    let two = convert(
        &always,
        &[every_day(&[period("08:00", "12:00"), period("13:00", "18:00")])],
    );
    assert_eq!(access(&two).1, Some("2000-01-01T13:00:00"));
    assert_eq!(losses(&two), [("grants.schedule", Narrowed)]);
}

#[test]
fn who_may_not_be_said_is_not_there() {
    let person = Person::new(id("p-1"), "A");
    let used_up = Person {
        pass_limit: Some(2),
        passes_used: 2,
        ..person.clone()
    };
    assert_eq!(convert(&used_up, &[Rule::default()]).placement, Placement::Absent);
    assert_eq!(convert(&person, &[]).placement, Placement::Absent);
    let weekdays = Rule {
        times: Some(Times {
            weekly: Weekly {
                mon: vec![period("09:00", "18:00")],
                ..Weekly::default()
            },
            holidays: Vec::new(),
        }),
        ..Rule::default()
    };
    let unsupported = convert(&person, std::slice::from_ref(&weekdays));
    assert_eq!(unsupported.placement, Placement::Unsupported);
    assert_eq!(losses(&unsupported), [("grants.schedule", Unsupported)]);
    // Where the hub decides, it is the hub's (hub rule 25).
    let by_hub = convert_for(&person, std::slice::from_ref(&weekdays), true, true);
    assert_eq!(access(&by_hub), (0, None, None, None));
    assert_eq!(losses(&by_hub), [("grants.schedule", Unsupported)]);
    let old = convert_for(&person, &[every_day(&[period("09:00", "18:00")])], false, false);
    assert_eq!(old.placement, Placement::Unsupported);
    // A vip is bound by no schedule; a blocked person is there to be refused; an expired one to be told so.
    let of = |kind| Person {
        kind,
        ..person.clone()
    };
    assert_eq!(
        access(&convert(&of(PersonKind::Vip), &[weekdays])),
        (0, None, None, None)
    );
    let blocked = convert(&of(PersonKind::Blocked), &[]);
    assert_eq!((held(&blocked).person_type, access(&blocked).0), (Some(1), 0));
    let expired = Person {
        valid_until: Some(at("2026-01-01T00:00:00Z")),
        ..person
    };
    assert_eq!(
        access(&convert(&expired, &[Rule::default()])).2,
        Some("2026-01-01T08:00:00")
    );
}

#[test]
fn what_a_device_holds_is_imported() {
    let search = SearchPerson::default();
    let answer = answer_of(&search, &golden("3.19.1-SearchPerson.answer.json")).unwrap();
    let held = answer.0.unwrap();
    let told = person_from_device(&held, id("x"), &shanghai(), true);
    assert_eq!(
        (told.wire_id.as_str(), told.person.name.as_str()),
        ("LibID:1", "test")
    );
    assert_eq!(told.person.birthday.unwrap().to_string(), "2000-01-01");
    let numbers: Vec<(CredentialKind, &str)> = told
        .person
        .credentials
        .iter()
        .map(|one| (one.kind, one.number.as_str()))
        .collect();
    // 1923B is hexadecimal on this device.
    assert_eq!(
        numbers,
        [
            (CredentialKind::RfCard, "9A01923B"),
            (CredentialKind::Wiegand, "102971")
        ]
    );
    assert_eq!(told.person.credentials[1].facility, Some(0x9A));
    assert!(told.photo.is_some() && told.person.valid_from.is_none());
    let other = |fields: Value| {
        let person = PersonInfo::read(&fields).unwrap();
        person_from_device(&HeldPerson { person }, id("x"), &shanghai(), false)
    };
    assert_eq!(other(json!({"CustomizeID": 7, "LibID": 1})).wire_id, "7");
    // The door's public number is nobody's.
    assert_eq!(
        other(json!({"MjCardFrom": 0, "MjCardNo": 5})).person.credentials,
        []
    );
    assert_eq!(other(json!({"MjCardNo": 0})).person.credentials, []);
    assert_eq!(
        other(json!({"Tempvalid": 3, "EffectNumber": 4}))
            .person
            .pass_limit,
        Some(4)
    );
    assert_eq!(other(json!({"Tempvalid": 9})).rules, []);
    let night = other(
        json!({"Tempvalid": 2, "ValidBegin": "2026-01-01T22:00:00", "ValidEnd": "2026-01-31T06:00:00"}),
    );
    let rule = &night.rules[0];
    assert_eq!(
        rule.times.as_ref().unwrap().weekly.sun,
        [period("00:00", "06:00"), period("22:00", "24:00")]
    );
    assert_eq!(
        (rule.valid_from, rule.valid_until),
        (Some(at("2025-12-31T16:00:00Z")), Some(at("2026-01-31T16:00:00Z")))
    );
    let window = other(
        json!({"Tempvalid": 1, "ValidBegin": "1970-01-01T08:00:00", "ValidEnd": "2026-01-31T06:00:00"}),
    );
    assert_eq!(
        (window.person.valid_from, window.person.valid_until),
        (None, Some(at("2026-01-30T22:00:00Z")))
    );
}

#[test]
fn a_terminal_tells_what_it_was_told() {
    let Call::AddPerson(add) = ReceivedCall::read("AddPerson", &golden("3.10.1-AddPerson-3.call.json"))
        .unwrap()
        .call
    else {
        panic!()
    };
    let told = person_from_platform(&add.person, id("x"), &shanghai());
    assert_eq!(told.wire_id, "4476c20c-23ce-4178-8672-b292d33a3cd8");
    assert_eq!(told.person.pass_limit, Some(5));
    // On a terminal numbers stay as they are written: they compare as text.
    let wiegand = &told.person.credentials[2];
    assert_eq!(
        (wiegand.number.as_str(), wiegand.facility),
        ("0192B3", Some(0x9A))
    );
    let again = |told_id: &str, person: &Person, extra| {
        let wanted = Wanted {
            person,
            rules: &told.rules,
            zone: &shanghai(),
            photo: None,
            now: at("2026-11-27T04:00:00Z"),
            hub_decides: false,
            new_database: true,
            customize_id: 0,
        };
        person_to_platform(&wanted, told_id, extra, None)
    };
    let info = again(&told.wire_id, &told.person, &told.extra);
    let mut expected = add.person.fields();
    expected.remove("picURI");
    // What was the default is said.
    expected.insert("RFCardMode".to_owned(), 1.into());
    assert_eq!(Value::Object(info.fields()), Value::Object(expected));
    // Known by the number alone.
    let by_number = PersonInfo::read(&json!({"CustomizeID": 7, "Name": "B"})).unwrap();
    let told = person_from_platform(&by_number, id("7"), &shanghai());
    let info = again(&told.wire_id, &told.person, &told.extra);
    assert_eq!((info.customize_id, info.uuid), (Some(7), None));
}

#[test]
fn an_edit_changes_what_it_names() {
    let before =
        json!({"PersonUUID": "a", "Name": "A", "Notes": "n", "picinfo": "b2xk", "ChannelAuthority1": 1});
    let person = PersonInfo::read(&before).unwrap();
    let edit = |fields: Value| {
        let change = PersonInfo::read(&fields).unwrap();
        Value::Object(changed(&person, &change).unwrap().fields())
    };
    let mut renamed = before.clone();
    renamed["Name"] = json!("B");
    assert_eq!(edit(json!({"Name": "B"})), renamed);
    let other = edit(json!({"picURI": "http://h/new.jpg", "ChannelAuthority1": 0}));
    assert_eq!(
        (&other["picURI"], other.get("picinfo")),
        (&json!("http://h/new.jpg"), None)
    );
    assert_eq!(
        (&other["ChannelAuthority1"], &other["Notes"]),
        (&json!(0), &json!("n"))
    );
}

#[test]
fn a_minute_is_where_a_period_ends() {
    let read = |begin: &str, end: &str| {
        let fields = json!({"Tempvalid": 2, "ValidBegin": begin, "ValidEnd": end});
        let person = PersonInfo::read(&fields).unwrap();
        let told = person_from_platform(&person, id("x"), &shanghai());
        told.rules[0].times.clone().unwrap().weekly.wed
    };
    let minute = |text: &str| text.parse::<DayMinute>().unwrap();
    assert_eq!(
        read("2026-01-01T09:00:00", "2026-01-31T18:00:00"),
        [period("09:00", "18:00")]
    );
    assert_eq!(
        read("2026-01-01T09:00:01", "2026-01-31T17:59:58"),
        [period("09:01", "17:59")]
    );
    assert_eq!(
        read("2026-01-01T00:00:00", "2026-01-31T23:59:59")[0].until(),
        minute("24:00")
    );
    assert_eq!(read("2026-01-01T09:00:00", "2026-01-31T09:00:00"), []);
}
