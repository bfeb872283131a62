//! Every range at its edges: what is inside is taken, what is outside is refused naming field and limit.

use dialects::facegate::device::{AddAccessPwd, OpenDoor, SetAudio, SetUserPwd, Upgrade};
use dialects::facegate::face::{GetImage, GetPictureSearch};
use dialects::facegate::person::{PersonIds, PersonInfo};
use dialects::facegate::settings::VERIFY_MODES;
use dialects::facegate::subscription::SubscribeUrls;
use dialects::facegate::{
    Call, DeletePerson, Operation, ReceivedCall, SetSettings, SettingsGroup, SettingsValues, Subscription,
    Topic,
};
use dialects::fields::{Field, Kind};
use dialects::lenient::Base64Text;
use serde_json::{Map, Value, json};

/// Values inside and outside a field's range.
fn edges(kind: Kind) -> (Vec<Value>, Vec<Value>) {
    match kind {
        Kind::Integer(first, last) => (
            vec![json!(first), json!(last.to_string())],
            vec![json!(first - 1), json!(last + 1), json!("many")],
        ),
        Kind::Stepped(first, last, step) => (
            vec![json!(first), json!(last)],
            vec![json!(first - step), json!(last + step), json!(first + 1)],
        ),
        Kind::OneOf(listed) => {
            let most = listed.iter().max().unwrap();
            (
                listed.iter().map(|number| json!(number)).collect(),
                vec![json!(most + 1), json!(-1)],
            )
        }
        Kind::Bit => (
            vec![json!(0), json!("1"), json!(true)],
            vec![json!(2), json!("on")],
        ),
        Kind::Text(bytes) => (
            vec![json!(""), json!("x".repeat(bytes))],
            vec![json!("x".repeat(bytes + 1))],
        ),
        Kind::Characters(count) => (
            vec![json!("门".repeat(count))],
            vec![json!("门".repeat(count + 1))],
        ),
        Kind::Decimal(first, last) => (
            vec![json!(first), json!(last.to_string())],
            vec![json!(last + 0.1)],
        ),
        Kind::TimeOfDay => (
            vec![json!("23:59:59"), json!("7:00")],
            vec![json!("24:00:00"), json!("noon")],
        ),
        Kind::List(_, count) => (
            vec![json!([]), json!(vec![json!({}); count])],
            vec![json!(vec![json!({}); count + 1]), json!("list")],
        ),
        other => panic!("{other:?}"),
    }
}

/// What a change of a group must name besides.
fn needed(group: SettingsGroup) -> Map<String, Value> {
    let fields = group.fields().iter().filter(|field| field.required);
    fields
        .map(|field| (field.name.to_owned(), edges(field.kind).0[0].clone()))
        .collect()
}

fn set(group: SettingsGroup, field: &Field, value: &Value) -> Result<(), (String, String)> {
    let mut info = needed(group);
    info.insert(field.name.to_owned(), value.clone());
    let call = json!({"operator": group.setter(), "info": info}).to_string();
    let call = ReceivedCall::read(group.setter(), call.as_bytes()).unwrap().call;
    call.check().map_err(|error| (error.field, error.limit))
}

#[test]
fn ranges_of_settings_are_enforced_at_their_edges() {
    let mut looked_at = 0;
    for group in SettingsGroup::ALL {
        for field in group.fields().iter().filter(|field| field.writable) {
            let (inside, outside) = edges(field.kind);
            for value in inside {
                assert_eq!(
                    set(*group, field, &value),
                    Ok(()),
                    "{group:?} {} {value}",
                    field.name
                );
            }
            for value in outside {
                let expected = Err((field.name.to_owned(), field.kind.to_string()));
                assert_eq!(set(*group, field, &value), expected, "{group:?} {value}");
            }
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 147);
    assert_eq!(VERIFY_MODES.len(), 43);
    for mode in [0x105, 0x101, 0x205, 0x201, 0x305, 0x319] {
        assert!(VERIFY_MODES.contains(&mode));
    }
    assert!(!VERIFY_MODES.contains(&5) && !VERIFY_MODES.contains(&0x405));
}

#[test]
fn fields_of_cameras_and_kinds_are_within_their_ranges() {
    for (group, list) in [
        (SettingsGroup::EnterIpc, "IPC_Info"),
        (SettingsGroup::WorkType, "WorkTypeInfo"),
    ] {
        let Some(Kind::List(fields, _)) =
            dialects::fields::find(group.fields(), list).map(|field| field.kind)
        else {
            panic!()
        };
        for field in fields {
            let (inside, outside) = edges(field.kind);
            let change = |value: &Value| {
                group.change(&Map::from_iter([(list.to_owned(), json!([{field.name: value}]))]))
            };
            assert!(inside.iter().all(|value| change(value).is_ok()), "{}", field.name);
            assert!(
                outside.iter().all(|value| change(value).is_err()),
                "{}",
                field.name
            );
        }
    }
    // The old form numbered the keys, and called the list otherwise (QUIRKS A58).
    let old = json!({"ConInfo": [{"IPC_Channel": 1, "IPC_Enable1": "1", "IPC_URL1": "10.0.0.2"}]});
    let change = SettingsGroup::EnterIpc.change(old.as_object().unwrap()).unwrap();
    assert_eq!(
        Value::Object(change),
        json!({"IPC_Info": [{"IPC_Channel": 1, "IPC_Enable": 1, "IPC_URL": "10.0.0.2"}]})
    );
}

#[test]
fn a_change_names_what_it_must_and_only_what_there_is() {
    let change = |group: SettingsGroup, changes: Value, current: Option<Value>| {
        let current = current.map(|values| SettingsValues {
            group,
            values: values.as_object().unwrap().clone(),
        });
        SetSettings::new(group, changes.as_object().unwrap(), current.as_ref())
            .map(|change| Value::Object(change.values))
            .map_err(|error| error.to_string())
    };
    let ntp = SettingsGroup::SysNtp;
    assert_eq!(
        change(ntp, json!({"NtpTimeZone": 25}), None),
        Err("NtpInterval: is needed, got nothing".to_owned())
    );
    assert_eq!(
        change(
            ntp,
            json!({"NtpTimeZone": "25"}),
            Some(json!({"NtpInterval": 6, "NtpPort": 123}))
        ),
        Ok(json!({"NtpTimeZone": 25, "NtpInterval": 6}))
    );
    assert_eq!(
        change(SettingsGroup::SysParam, json!({"Version": "2"}), None),
        Err("SysParam.Version: read-only, got a change".to_owned())
    );
    assert_eq!(
        change(SettingsGroup::Sound, json!({"Loudness": 5}), None),
        Err("SysParam.Loudness".replace("SysParam", "Sound") + ": not in this group, got a change")
    );
    let face = json!({"recDistance": 100, "detectArea_x": 10, "detectArea_y": 0, "detectArea_w": 950, "detectArea_h": 1280});
    assert_eq!(
        change(SettingsGroup::FaceParam, face.clone(), None).unwrap()["recDistance"],
        "100",
        "a text, as in the example"
    );
    let mut wide = face;
    wide["detectArea_w"] = json!(952);
    assert_eq!(
        change(SettingsGroup::FaceParam, wide, None),
        Err("detectArea_w: at most 950, got 952".to_owned())
    );
    // A client that sends back all that it read loses nothing.
    let bytes = br#"{"info":{"Name":"gate","DeviceID":1300001,"Version":"v4"}}"#;
    let Call::SetSettings(back) = ReceivedCall::read("SetSysParam", bytes).unwrap().call else {
        panic!()
    };
    assert_eq!(Value::Object(back.exact().unwrap()), json!({"Name": "gate"}));
}

#[test]
fn the_clock_is_set_by_its_parts() {
    let now = jiff::civil::date(2026, 11, 27).at(23, 10, 30, 0);
    let call = SetSettings::time(now);
    assert_eq!(call.local_time(now), Some(now));
    assert!(call.check().is_ok());
    let part = |info: Value| {
        let bytes = json!({"info": info}).to_string();
        let Call::SetSettings(set) = ReceivedCall::read("SetSysTime", bytes.as_bytes()).unwrap().call else {
            panic!()
        };
        set.local_time(now)
    };
    assert_eq!(
        part(json!({"Hour": "7"})).unwrap().to_string(),
        "2026-11-27T07:10:30"
    );
    assert_eq!(part(json!({"Month": 2, "Day": 30})), None);
    assert_eq!(part(json!({"Hour": 24})), None);
}

fn person(change: impl Fn(&mut PersonInfo)) -> Result<(), String> {
    let mut person = PersonInfo::default();
    change(&mut person);
    person.check().map_err(|error| error.field)
}

#[test]
fn limits_of_people_are_enforced() {
    type Text = fn(&mut PersonInfo, String);
    let texts: [(&str, usize, Text); 11] = [
        ("PersonUUID", 48, |p, text| p.uuid = Some(text)),
        ("Name", 31, |p, text| p.name = Some(text)),
        ("IdCard", 31, |p, text| p.id_card = Some(text)),
        ("Telnum", 31, |p, text| p.phone = Some(text)),
        ("Native", 31, |p, text| p.native_place = Some(text)),
        ("Address", 71, |p, text| p.address = Some(text)),
        ("Notes", 63, |p, text| p.notes = Some(text)),
        ("RFIDCard", 17, |p, text| p.rf_card = Some(text)),
        ("AccessId", 23, |p, text| p.access_card = Some(text)),
        ("WardenId", 31, |p, text| p.warden_card = Some(text)),
        ("RoomNum", 23, |p, text| p.room = Some(text)),
    ];
    for (field, bytes, set) in texts {
        assert_eq!(person(|p| set(p, "x".repeat(bytes))), Ok(()), "{field}");
        assert_eq!(person(|p| set(p, "x".repeat(bytes + 1))), Err(field.to_owned()));
    }
    type Number = fn(&mut PersonInfo, i64);
    let numbers: [(&str, i64, i64, Number); 11] = [
        ("CustomizeID", 1, 4_294_967_295, |p, n| p.customize_id = Some(n)),
        ("LibID", 1, 4_294_967_295, |p, n| p.lib_id = Some(n)),
        ("PersonType", 0, 11, |p, n| p.person_type = Some(n)),
        ("Gender", 0, 1, |p, n| p.gender = Some(n)),
        ("Nation", 1, 57, |p, n| p.nation = Some(n)),
        ("CardType", 0, 0, |p, n| p.card_type = Some(n)),
        ("CardMode", 0, 1, |p, n| p.card_mode = Some(n)),
        ("RFCardMode", 0, 1, |p, n| p.rf_card_mode = Some(n)),
        ("EffectNumber", 1, 4_294_967_295, |p, n| p.passes = Some(n)),
        ("isCheckSimilarity", 0, 1, |p, n| p.check_similarity = Some(n)),
        ("MjCardFrom", 0, 1, |p, n| p.card_from = Some(n)),
    ];
    for (field, first, last, set) in numbers {
        assert_eq!(person(|p| set(p, first)), Ok(()), "{field}");
        assert_eq!(person(|p| set(p, last)), Ok(()), "{field}");
        assert_eq!(person(|p| set(p, first - 1)), Err(field.to_owned()));
        let above = if field == "MjCardFrom" { 4 } else { last + 1 };
        assert_eq!(person(|p| set(p, above)), Err(field.to_owned()));
    }
    assert_eq!(person(|p| p.validity = Some(4)), Err("Tempvalid".to_owned()));
    assert_eq!(
        person(|p| p.wiegand_type = Some(5)),
        Err("WiegandType".to_owned())
    );
    assert_eq!(
        person(|p| p.birthday = Some("1990-13-01".into())),
        Err("Birthday".to_owned())
    );
    for validity in [1, 2] {
        let window = |begin: &str, end: &str| {
            person(|p| {
                p.validity = Some(validity);
                p.valid_begin = Some(begin.to_owned());
                p.valid_end = Some(end.to_owned());
            })
        };
        assert_eq!(window("2026-01-01 00:00:00", "2026-12-31T23:59:59"), Ok(()));
        assert_eq!(window("2026-01-01T00:00:00", ""), Err("ValidEnd".to_owned()));
        assert_eq!(
            window("soon", "2026-12-31T23:59:59"),
            Err("ValidBegin".to_owned())
        );
    }
    assert_eq!(person(|p| p.validity = Some(3)), Err("EffectNumber".to_owned()));
    let large = Base64Text::encode(&vec![0; 1024 * 1024]);
    assert_eq!(person(|p| p.picture = Some(large.clone())), Ok(()));
    let larger = Base64Text::encode(&vec![0; 1024 * 1024 + 64]);
    assert_eq!(
        person(|p| p.picture = Some(larger.clone())),
        Err("picinfo".to_owned())
    );
}

#[test]
fn a_wiegand_number_fits_its_bits() {
    let wiegand = |kind: i64, mode: i64, facility: Option<&str>, number: &str| {
        person(|p| {
            p.card_from = Some(2);
            p.wiegand_type = Some(kind);
            p.card_mode = Some(mode);
            p.facility = facility.map(dialects::facegate::CardNumber::from_text);
            p.card_number = Some(dialects::facegate::CardNumber::from_text(number));
        })
    };
    let number = Err("MjCardNo".to_owned());
    let facility = Err("WGFacilityCode".to_owned());
    assert_eq!(wiegand(0, 1, None, "FFFFFF"), Ok(()));
    assert_eq!(wiegand(0, 1, None, "1000000"), number);
    assert_eq!(wiegand(1, 0, None, "4294967295"), Ok(()));
    assert_eq!(wiegand(1, 0, None, "4294967296"), number);
    assert_eq!(wiegand(6, 0, Some("255"), "65535"), Ok(()));
    assert_eq!(wiegand(6, 0, Some("255"), "65536"), number);
    assert_eq!(wiegand(6, 0, Some("256"), "1"), facility);
    assert_eq!(wiegand(7, 1, Some("9A"), "018B2D"), Ok(()));
    assert_eq!(wiegand(7, 1, None, "018B2D"), facility);
    assert_eq!(wiegand(7, 0, Some("9A"), "1"), facility, "not decimal");
}

fn subscription() -> Subscription {
    Subscription {
        topics: vec![Topic::Snap, Topic::Verify],
        address: Some("http://10.0.0.1:8081".to_owned()),
        urls: Some(SubscribeUrls {
            snap: Some("/s".to_owned()),
            verify: Some("/v".to_owned()),
            ..SubscribeUrls::default()
        }),
        resumes: Some(true),
        ..Subscription::default()
    }
}

#[test]
fn limits_of_a_subscription_are_enforced() {
    let field = |change: fn(&mut Subscription)| {
        let mut changed = subscription();
        change(&mut changed);
        dialects::facegate::Subscribe(changed)
            .check()
            .map_err(|error| error.field)
    };
    let wrong = |field: &str| Err(field.to_owned());
    assert_eq!(field(|_| {}), Ok(()));
    assert_eq!(field(|s| s.topics.clear()), wrong("Topics"));
    assert_eq!(
        field(|s| s.topics.push(Topic::Other("Doors".into()))),
        wrong("Topics")
    );
    assert_eq!(field(|s| s.topics = vec![Topic::VerifyNoPic]), Ok(()));
    assert_eq!(field(|s| s.topics = vec![Topic::QrCode]), wrong("SubscribeUrl"));
    assert_eq!(field(|s| s.address = None), wrong("SubscribeAddr"));
    assert_eq!(
        field(|s| s.address = Some("ftp://h".into())),
        wrong("SubscribeAddr")
    );
    assert_eq!(field(|s| s.beat_seconds = Some(0)), wrong("BeatInterval"));
    assert_eq!(field(|s| s.is_timed = Some(true)), wrong("PushInterval"));
    assert_eq!(field(|s| s.auth = Some("Digest".into())), wrong("Auth"));
    assert_eq!(field(|s| s.auth = Some("basic".into())), wrong("User"));
    assert_eq!(
        field(|s| {
            s.auth = Some("Basic".into());
            s.user = Some("u".repeat(64));
        }),
        wrong("User")
    );
    assert_eq!(field(|s| s.begin = Some("now".into())), wrong("BeginTime"));
    assert_eq!(
        field(|s| {
            s.auth = Some("Basic".into());
            s.user = Some("u".repeat(63));
            s.password = Some("p".repeat(63));
            s.begin = Some("2018-03-12T09:10:00".into());
        }),
        Ok(())
    );
}

#[test]
fn limits_of_other_calls_are_enforced() {
    let wrong = |field: &str| Err(field.to_owned());
    let open = |door: i64, message: &str| {
        let call = OpenDoor {
            door: Some(door),
            message: Some(message.to_owned()),
            ..OpenDoor::default()
        };
        call.check().map_err(|error| error.field)
    };
    assert_eq!(open(9, &"x".repeat(63)), Ok(()));
    assert_eq!(open(10, ""), wrong("Chn"));
    assert_eq!(open(0, &"x".repeat(64)), wrong("msg"));
    let user = |user: &str, password: &str| {
        let call = SetUserPwd {
            user: user.to_owned(),
            password: password.to_owned(),
        };
        call.check().map_err(|error| error.field)
    };
    assert_eq!(user(&"u".repeat(63), &"p".repeat(63)), Ok(()));
    assert_eq!(user(&"u".repeat(64), "p"), wrong("User"));
    assert_eq!(user("a:b", "p"), wrong("User"));
    assert_eq!(user("u", ""), wrong("Pwd"));
    let audio = |kind: i64, name: usize| {
        let call = SetAudio {
            kind,
            name: Some("n".repeat(name)),
        };
        call.check().map_err(|error| error.field)
    };
    assert_eq!(
        (audio(1, 64), audio(2, 1), audio(0, 65)),
        (Ok(()), wrong("AudioType"), wrong("AudioName"))
    );
    let upgrade = |url: &str| {
        Upgrade {
            name: String::new(),
            url: url.to_owned(),
        }
        .check()
        .is_ok()
    };
    assert!(upgrade("https://h/a.SWX") && upgrade("http://h/a.swx?t=1"));
    assert!(!upgrade("http://h/a.bin") && !upgrade("ftp://h/a.swx") && !upgrade(""));
    let passwords = |passwords: &[&str]| {
        let passwords = passwords.iter().map(|password| (*password).to_owned()).collect();
        AddAccessPwd { passwords }.check().is_ok()
    };
    assert!(passwords(&["1234", "12345678"]));
    assert!(!passwords(&["123"]) && !passwords(&["123456789"]) && !passwords(&["12a4"]) && !passwords(&[]));
    let delete = |ids| DeletePerson { ids }.check().map_err(|error| error.field);
    assert_eq!(delete(PersonIds::LibIds(vec![1; 256])), Ok(()));
    assert_eq!(delete(PersonIds::LibIds(vec![1; 257])), wrong("TotalNum"));
    assert_eq!(delete(PersonIds::LibIds(vec![0])), wrong("LibID"));
    assert_eq!(delete(PersonIds::CustomizeIds(vec![-2])), wrong("CustomizeID"));
    assert_eq!(
        delete(PersonIds::Uuids(vec![" ".to_owned()])),
        wrong("PersonUUID")
    );
    assert_eq!(delete(PersonIds::Uuids(Vec::new())), wrong("TotalNum"));
    let image = |kind| {
        GetImage {
            kind,
            ..GetImage::default()
        }
        .check()
        .is_ok()
    };
    assert!(image(2) && !image(3) && !image(-1));
    let search = |least: f64, most: i64| {
        let picture = Base64Text::encode(b"x");
        GetPictureSearch { least, most, picture }
            .check()
            .map_err(|error| error.field)
    };
    assert_eq!((search(100.0, 100), search(0.0, 1)), (Ok(()), Ok(())));
    assert_eq!(
        (search(100.1, 1), search(80.0, 101)),
        (wrong("MaxSimilarity"), wrong("MaxNum"))
    );
}

#[test]
fn limits_of_searches_are_enforced() {
    let check = |operator: &str, info: Value| {
        let mut whole = json!({"BeginTime": "2020-01-01T00:00:00", "EndTime": "2020-12-13T23:09:00"});
        for (key, value) in info.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let body = json!({"info": whole}).to_string();
        let call = ReceivedCall::read(operator, body.as_bytes()).unwrap().call;
        call.check().map_err(|error| error.field)
    };
    let wrong = |field: &str| Err(field.to_owned());
    for (operator, field, first, last) in [
        ("SearchControl", "RequestCount", 0, 100),
        ("SearchControl", "Picture", 0, 3),
        ("SearchControl", "Gender", 0, 2),
        ("SearchControl", "OpenDoor", 0, 2),
        ("SearchControl", "Channel", 0, 8),
        ("SearchControlNum", "Ascending", 0, 1),
        ("SearchCapture", "RequestCount", 0, 100),
        ("SearchCaptureNum", "Ascending", 0, 1),
        ("SearchPersonNum", "PersonType", 0, 2),
        ("SearchPersonList", "Gender", 0, 2),
    ] {
        for inside in [first, last] {
            assert_eq!(
                check(operator, json!({field: inside})),
                Ok(()),
                "{operator} {field}"
            );
        }
        for outside in [first - 1, last + 1] {
            assert_eq!(
                check(operator, json!({field: outside})),
                wrong(field),
                "{operator}"
            );
        }
    }
    assert_eq!(
        check("SearchControl", json!({"EndTime": "later"})),
        wrong("EndTime")
    );
    assert_eq!(check("SearchControl", json!({"Age": "old"})), wrong("Age"));
    assert_eq!(
        check("SearchControl", json!({"SearchType": 1, "IdType": 0})),
        wrong("IdType")
    );
    assert_eq!(
        check("SearchControl", json!({"SearchType": 1, "IdType": 1, "LibID": 0})),
        Ok(())
    );
    // More people than a page may be asked for: no more come (3.19.3).
    assert_eq!(check("SearchPersonList", json!({"RequestCount": 5000})), Ok(()));
}
