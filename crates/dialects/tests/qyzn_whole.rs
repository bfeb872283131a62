//! Every operation and every example of the document: the names that the code declares are the document's, each example
//! is read and written again, and each group's ranges are enforced.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use dialects::fields::Kind;
use dialects::qyzn::call::{NOBODY_ANSWERS, UNKNOWN_ROOM};
use dialects::qyzn::control::{CardType, RecordSelection};
use dialects::qyzn::operation::{answer_of, success};
use dialects::qyzn::{
    Code, ConfigGroup, ConfigSystem, Configs, DeviceCallParam, DeviceRequest, DeviceSyncPerson,
    DeviceUpgrade, GetConfigs, Operation, ParseError, PlatformRequest, QrCodeData, Refusal, RequestBody,
    ResendRecords, ResponseBody, SwipingCard, SyncPerson, UpdatePerson,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn golden(name: &str) -> Vec<u8> {
    let path = folder("golden/qyzn").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn request<O: Operation>(name: &str) -> O {
    let body = RequestBody::parse(&golden(name)).unwrap();
    let operation = O::read(&body.data).unwrap();
    operation.check().unwrap();
    operation
}

fn answer<O: Operation>(name: &str) -> O::Answer {
    answer_of::<O>(&ResponseBody::parse(&golden(name)).unwrap()).unwrap()
}

fn fixtures(ending: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder("golden/qyzn"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(ending))
        .collect();
    names.sort();
    names
}

#[test]
fn the_code_declares_the_names_of_the_document() {
    let committed = std::fs::read_to_string(folder("names/qyzn.txt")).unwrap();
    let committed: BTreeSet<&str> = committed.lines().collect();
    let mut declared: BTreeSet<String> = ["HEARTBEAT", "NOTIFICATION", "REQUEST", "RESPONSE"]
        .map(str::to_owned)
        .into();
    for name in DeviceRequest::ALL.iter().chain(PlatformRequest::ALL) {
        if !["get_configs", "config_system"].contains(name) {
            declared.insert((*name).to_owned());
        }
    }
    for group in ConfigGroup::ALL {
        declared.insert(format!("get_configs:{}", group.name()));
        if group.is_writable() {
            declared.insert(format!("config_system:{}", group.name()));
        }
    }
    let declared: BTreeSet<&str> = declared.iter().map(String::as_str).collect();
    assert_eq!(declared, committed);
}

/// What the document's own examples have that is read, and written otherwise: one spelling of a key (QUIRKS T4).
fn written_otherwise(file: &str, data: &mut Value) {
    if file == "4.5.10.16-config_system-HttpPush.request.json" {
        rename(&mut data["HttpPush"], "appsecret", "appSecret");
    }
}

fn rename(object: &mut Value, from: &str, to: &str) {
    let object = object.as_object_mut().unwrap();
    let value = object.remove(from).unwrap();
    object.insert(to.to_owned(), value);
}

#[test]
fn every_request_of_the_document_is_known_and_written_again() {
    let files = fixtures(".request.json");
    assert!(files.len() > 50, "{}", files.len());
    for file in files {
        let body = RequestBody::parse(&golden(&file)).unwrap();
        let device =
            DeviceRequest::parse(&body.message, &body.data).unwrap_or_else(|error| panic!("{file}: {error}"));
        let data = match device {
            DeviceRequest::Unknown { .. } => {
                match PlatformRequest::parse(&body.message, &body.data)
                    .unwrap_or_else(|error| panic!("{file}: {error}"))
                {
                    PlatformRequest::Unknown { .. } => panic!("{file}: not known"),
                    // What a terminal reads is what it acts upon: the exact form.
                    PlatformRequest::ConfigSystem(system) => {
                        let exact = system.exact().unwrap();
                        json!(
                            exact
                                .into_iter()
                                .map(|(group, values)| (group.name(), Value::Object(values)))
                                .collect::<std::collections::BTreeMap<_, _>>()
                        )
                    }
                    known => known.data(),
                }
            }
            known => known.data(),
        };
        if ["4.3.8-", "4.6.1-"]
            .iter()
            .any(|section| file.starts_with(section))
        {
            // Their own tests say what is written otherwise.
            continue;
        }
        let mut due = body.data.clone();
        written_otherwise(&file, &mut due);
        assert_eq!(without_defaults(data, &due), due, "{file}");
    }
}

/// Fields that the document has with every person and that an example leaves out.
fn without_defaults(mut data: Value, due: &Value) -> Value {
    if let (Some(fields), Some(due)) = (data.as_object_mut(), due.as_object())
        && !due.contains_key("passMode")
        && fields.get("passMode") == Some(&json!(255))
    {
        fields.remove("passMode");
    }
    data
}

#[test]
fn every_configuration_answer_of_the_document_is_read_and_written_again() {
    for file in fixtures(".response.json")
        .iter()
        .filter(|file| file.contains("get_configs"))
    {
        let body = ResponseBody::parse(&golden(file)).unwrap();
        let configs = answer_of::<GetConfigs>(&body).unwrap();
        let [group] = configs.0.as_slice() else {
            panic!("{file}")
        };
        let group = group.known().unwrap_or_else(|| panic!("{file}: unknown group"));
        assert!(file.contains(&format!("get_configs-{}.", group.name())), "{file}");
        let written = success::<GetConfigs>(&configs);
        let again = answer_of::<GetConfigs>(&ResponseBody::parse(&written.encode()).unwrap()).unwrap();
        assert_eq!(again, configs, "{file}");
        // QUIRKS T9: the document's own texts, blanks aside.
        let printed = body.kind.clone().unwrap().replace(' ', "");
        assert_eq!(group.get_reply(), printed, "{file}");
    }
    for file in fixtures(".response.json")
        .iter()
        .filter(|file| file.contains("config_system"))
    {
        let name = file
            .split("config_system-")
            .nth(1)
            .unwrap()
            .trim_end_matches(".response.json");
        let body = ResponseBody::parse(&golden(file)).unwrap();
        assert_eq!(body.result, Code::Success, "{file}");
        assert_eq!(
            ConfigGroup::of(name).unwrap().set_reply(),
            body.kind.unwrap(),
            "{file}"
        );
    }
}

#[test]
fn odd_examples_mean_what_the_quirks_say() {
    let configs = |file: &str| answer::<GetConfigs>(file);
    // T3: the helmet's key; T20: 2 is within FailTips; T19: 65 is not a mode, and stays as it came.
    let face = configs("4.5.10.8-get_configs-vaparam.response.json");
    let face = face.group(ConfigGroup::Face).unwrap();
    assert_eq!(face["safetyhatDecect"], json!(false));
    assert_eq!(
        (face["SimilarThres"].clone(), face["Distance"].clone()),
        (json!(80), json!(1))
    );
    let lock = configs("4.5.10.9-get_configs-switchCtrl.response.json");
    assert_eq!(
        lock.group(ConfigGroup::Switch).unwrap()["switchOutMode"],
        json!(65)
    );
    let tips = configs("4.5.10.10-get_configs-VoiceTips.response.json");
    assert_eq!(tips.group(ConfigGroup::VoiceTips).unwrap()["FailTips"], json!(2));
    // T4: numbers where texts belong.
    let push = configs("4.5.10.16-get_configs-HttpPush.response.json");
    let push = push.group(ConfigGroup::HttpPush).unwrap();
    assert_eq!(
        (push["appid"].clone(), push["appSecret"].clone()),
        (json!("0"), json!("30"))
    );
    // T18: a blank in the name of the group.
    let serial = configs("4.5.10.5-get_configs-serial.response.json");
    assert_eq!(serial.group(ConfigGroup::Serial).unwrap()["stopbit"], json!(2));
    let network = configs("4.5.10.2-get_configs-netinfo.response.json");
    assert_eq!(
        network.group(ConfigGroup::NetInfo).unwrap()["item"][0]["ipaddr"],
        json!("192.168.1.249")
    );
}

#[test]
fn secrets_stay_out_of_logs() {
    let text = format!(
        "{:?}",
        answer::<GetConfigs>("4.5.10.16-get_configs-HttpPush.response.json")
    );
    assert!(
        text.contains("httpServerAddr") && !text.contains("\"30\""),
        "{text}"
    );
}

#[test]
fn people_and_calls_read_field_by_field() {
    let update: UpdatePerson = request("4.3.2-update_person.request.json");
    assert_eq!(
        (update.person_id.as_str(), update.name.as_deref()),
        ("100001", Some("张三"))
    );
    assert_eq!(
        update.days(),
        [
            Some(true),
            Some(true),
            Some(true),
            Some(true),
            Some(true),
            Some(false),
            Some(false)
        ]
    );
    assert!(update.changes_rule());
    assert_eq!(
        answer::<SyncPerson>("4.3.6-sync_person.response.json").persons,
        125
    );
    let told: DeviceSyncPerson = request("4.3.7-device_sync_person.request.json");
    assert_eq!(told.0.faces[0].face_id.as_deref(), Some("3000004"));
    let renamed = answer::<DeviceSyncPerson>("4.3.7-device_sync_person.response.json");
    assert_eq!(
        (renamed.original_id.as_str(), renamed.new_id.as_str()),
        ("100001", "100002")
    );
    assert_eq!(renamed.faces[1].new_id, "3000006");
    let card = answer::<SwipingCard>("4.5.8-swiping_card.response.json");
    assert_eq!(card.card_type, CardType::ResidencePermit);
    assert_eq!(
        (card.number.as_str(), card.gender.as_deref()),
        ("420381198802141789", Some("1"))
    );
    assert_eq!(card.birthday.as_deref(), Some("1989-10-10"));
    let upgrade: DeviceUpgrade = request("4.5.2-device_upgrade.request.json");
    assert_eq!(upgrade.check, "e10adc3949ba59abbe56e057f20f883e");
    let again: ResendRecords = request("4.5.11-reSend_record_set.request.json");
    assert_eq!(again.selection, RecordSelection::Granted);
    assert_eq!(again.from.to_string(), "2021-01-01 08:30:20");
    assert_eq!(
        answer::<QrCodeData>("4.6.3-qrcode_data.response.json").open_door,
        1
    );
    let called = answer::<DeviceCallParam>("4.7.1-device_call_param.response.json");
    assert_eq!((called.most_seconds, called.called.len()), (60, 1));
    // T7: the table's spelling.
    let data = json!({"callRequestId": "1", "called": [{"userId": "u", "phoneNo": "13800000000"}]});
    assert_eq!(
        DeviceCallParam::read_answer(&data).unwrap().called[0].phone,
        "13800000000"
    );
    assert_eq!((UNKNOWN_ROOM, NOBODY_ANSWERS), (104, 105));
}

/// Each field of each group: what is just outside is refused naming the group, the field and the range; what is on the
/// edge is taken.
#[test]
fn ranges_are_enforced_at_their_edges() {
    let mut looked_at = 0;
    for group in ConfigGroup::ALL.iter().filter(|group| group.is_writable()) {
        for field in group.fields() {
            let (inside, outside) = match field.kind {
                Kind::Integer(first, last) => (
                    vec![json!(first), json!(last), json!(last.to_string())],
                    vec![json!(first - 1), json!(last + 1), json!("many"), json!(null)],
                ),
                Kind::OneOf(numbers) | Kind::Renumbered(numbers, _) => (
                    numbers.iter().map(|number| json!(number)).collect(),
                    vec![json!(-1), json!(99)],
                ),
                Kind::Switch | Kind::Bit => (
                    vec![json!(true), json!(0), json!("1")],
                    vec![json!(2), json!("on")],
                ),
                Kind::Text(bytes) => (
                    vec![json!("x".repeat(bytes))],
                    vec![json!("x".repeat(bytes + 1)), json!([])],
                ),
                Kind::TimeOfDay => (
                    vec![json!("23:59:59"), json!("3:02")],
                    vec![json!("24:00:00"), json!("3")],
                ),
                Kind::Texts(bytes, count) => (
                    vec![json!([]), json!(["4".repeat(bytes)])],
                    vec![
                        json!(["4".repeat(bytes + 1)]),
                        json!(vec!["44"; count + 1]),
                        json!(7),
                    ],
                ),
                other => panic!("{}: {other:?}", field.name),
            };
            let set = |value: &Value| {
                let data = json!({ group.name(): { field.name: value } });
                PlatformRequest::parse("config_system", &data)
            };
            for value in inside {
                assert!(set(&value).is_ok(), "{} {} {value}", group.name(), field.name);
            }
            for value in outside {
                let Err(error @ ParseError::Limit(_)) = set(&value) else {
                    panic!("{} {} {value} was taken", group.name(), field.name);
                };
                let text = error.to_string();
                assert!(
                    text.starts_with(&format!("{}.{}: ", group.name(), field.name)),
                    "{text}"
                );
                assert!(text.contains(&field.kind.to_string()), "{text}");
                assert_eq!(error.answer().result, Code::InvalidParameter);
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 55, "{looked_at}");
}

#[test]
fn what_only_a_device_tells_cannot_be_set() {
    for group in [ConfigGroup::Version, ConfigGroup::NetInfo] {
        let data = json!({ group.name(): { "devType": "X" } });
        assert!(PlatformRequest::parse("config_system", &data).is_err());
        assert!(ConfigSystem::one(group, &Map::new()).is_err());
    }
    let Ok(PlatformRequest::ConfigSystem(system)) = PlatformRequest::parse(
        "config_system",
        &json!({"what": {"a": 1}, "audioctl": {"level": "3"}}),
    ) else {
        panic!()
    };
    assert_eq!(
        system.exact().unwrap(),
        [(
            ConfigGroup::Audio,
            Map::from_iter([("level".to_owned(), json!(3))])
        )]
    );
}

#[test]
fn several_groups_come_in_one_answer() {
    let body = RequestBody::parse(&golden(
        "4.5.10.12-get_configs-version+OpenDoorModeSet.request.json",
    ))
    .unwrap();
    assert_eq!(
        GetConfigs::read(&body.data).unwrap().groups,
        ["version", "OpenDoorModeSet"]
    );
    assert_eq!(
        GetConfigs::read(&json!({"groupKey": " serial "})).unwrap().groups,
        ["serial"]
    );
    let read =
        Configs::read(&json!([{"groupKey": "audioctl", "level": "3"}, {"groupKey": ["what"], "x": 1}, 7]));
    assert_eq!(read.0.len(), 2);
    assert_eq!(read.group(ConfigGroup::Audio).unwrap()["level"], json!(3));
    assert_eq!(read.0[1].known(), None);
}

#[test]
fn a_refused_answer_keeps_its_code() {
    let body = ResponseBody::parse(br#"{"result": 104, "message": "device_call_param"}"#).unwrap();
    let Err(Refusal::Code { code, .. }) = answer_of::<DeviceCallParam>(&body) else {
        panic!()
    };
    assert_eq!(code.number(), UNKNOWN_ROOM);
}
