//! Every range of every group of settings at its edges: what is inside is taken, what is outside is refused naming field
//! and limit.

use dialects::facegate::settings::VERIFY_MODES;
use dialects::facegate::{
    Call, OpenDoorWay, Operation, ReceivedCall, SetSettings, SettingsGroup, SettingsValues,
};
use dialects::fields::{Field, Kind};
use model::Decider;
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

#[test]
fn who_decides_is_a_number() {
    for number in 0..5 {
        assert_eq!(i64::from(OpenDoorWay::from(number)), number);
    }
    assert_eq!(i64::from(OpenDoorWay::of(Decider::Hub)), 3);
    assert_eq!(i64::from(OpenDoorWay::of(Decider::Device)), 2);
    let opens = [0, 1, 2, 3].map(|number| OpenDoorWay::from(number).opens_remotely());
    assert_eq!(opens, [false, true, true, true]);
}
