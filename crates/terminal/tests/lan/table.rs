//! One row for each call: a success and a documented refusal, and what is refused changes nothing.

use crate::Caller;
use crate::support::{Door, empty_picture, folder, lan_config};
use crate::{base64, person, with};
use dialects::lan::Request;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The call, parameters that are taken, parameters that are not, and the status then.
fn rows() -> Vec<(&'static str, Value, Value, i64)> {
    let photo = base64(&empty_picture());
    vec![
        (
            "setPerson",
            with(person("1"), "photo", photo.clone()),
            with(person("2"), "endTs", -2),
            112,
        ),
        ("setPerson", person("1"), with(person("2"), "startTs", -5), 110),
        (
            "setPerson",
            person("1"),
            with(person("2"), "passCount", 10_001),
            108,
        ),
        (
            "setPerson",
            person("1"),
            with(person("2"), "passCount", "many"),
            107,
        ),
        (
            "setPerson",
            person("1"),
            with(person("2"), "startTs", "soon"),
            109,
        ),
        (
            "setPerson",
            person("1"),
            with(person("2"), "photo", base64(b"no picture")),
            124,
        ),
        ("setPerson", person("1"), json!({"name": "no id"}), 101),
        ("getPerson", json!({"id": "1"}), json!({"id": "2"}), 126),
        ("listPerson", json!({}), json!({"key": "wrong"}), 103),
        ("check", json!({"photo": photo}), json!({}), 101),
        ("removePerson", json!({"id": "1"}), json!({"id": ["1", "2"]}), 126),
        ("removePerson", json!({"id": []}), json!({"id": ""}), 102),
        (
            "setTime",
            json!({"ts": 1.54287105593E9}),
            json!({"ts": "noon"}),
            102,
        ),
        ("getTime", json!({}), json!({"key": "wrong"}), 103),
        (
            "setDeviceInfo",
            json!({"deviceSoundSize": 30}),
            json!({"deviceSoundSize": 101}),
            102,
        ),
        (
            "setDeviceInfo",
            json!({"faceFeaturePairNumber": 0.5}),
            json!({"faceFeaturePairNumber": 1.5}),
            116,
        ),
        (
            "setDeviceInfo",
            json!({}),
            json!({"faceFeaturePairNumber": "high"}),
            115,
        ),
        (
            "setDeviceInfo",
            json!({}),
            json!({"idCardFaceFeaturePairNumber": "high"}),
            113,
        ),
        (
            "setDeviceInfo",
            json!({}),
            json!({"idCardFaceFeaturePairNumber": 2}),
            114,
        ),
        ("getDeviceInfo", json!({}), json!({"key": "wrong"}), 103),
        (
            "setRecordCallback",
            json!({"url": ""}),
            json!({"url": "nowhere"}),
            122,
        ),
        ("getRecordCallback", json!({}), json!({"key": "wrong"}), 103),
        ("listRecord", json!({"ts": 0, "count": 10}), json!({"ts": 0}), 101),
        ("removeRecord", json!({"ts": 1}), json!({}), 101),
        (
            "setHeartBeat",
            json!({"url": "", "period": 50}),
            json!({"url": "", "period": 0.5}),
            121,
        ),
        ("getHeartBeat", json!({}), json!({"key": "wrong"}), 103),
        ("open", json!({}), json!({"key": "wrong"}), 103),
        (
            "updateAPK",
            Value::Null,
            json!({"url": "ftp://host/app.apk"}),
            122,
        ),
        ("photo", Value::Null, json!({"count": 4}), 102),
        ("reset", json!({}), json!({"key": "wrong"}), 103),
        ("reboot", Value::Null, json!({"key": "wrong"}), 103),
        (
            "setDeviceKey",
            json!({"newKey": "abc"}),
            json!({"newKey": ""}),
            102,
        ),
    ]
}

#[tokio::test]
async fn every_call_succeeds_and_is_refused_as_documented() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let mut called = BTreeSet::new();
    for (name, taken, refused, status) in rows() {
        called.insert(name);
        // What takes its time has a test of its own.
        if !taken.is_null() {
            caller.done(name, taken).await;
        }
        let people = caller.told("listPerson", "").await;
        let info = caller.told("getDeviceInfo", "").await;
        let request = caller.http.post(format!("{}/{name}", caller.base));
        let mut parameters = json!({"key": "abc"});
        parameters
            .as_object_mut()
            .unwrap()
            .extend(refused.as_object().unwrap().clone());
        let answer = crate::answer(request.body(parameters.to_string())).await;
        assert_eq!(answer["status"], status, "{name} {parameters}: {answer}");
        assert_eq!(
            caller.told("listPerson", "").await,
            people,
            "{name} changed people"
        );
        assert_eq!(
            caller.told("getDeviceInfo", "").await,
            info,
            "{name} changed settings"
        );
        if name == "removePerson" {
            caller.done("setPerson", person("1")).await;
        }
    }
    assert_eq!(called, Request::ALL.iter().copied().collect());
}

#[tokio::test]
async fn more_people_than_the_door_holds_are_refused() {
    let (_folder, path) = folder();
    let mut config = lan_config(&path);
    config.terminal.capacity = 1;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    caller.done("setPerson", person("1")).await;
    assert_eq!(caller.post("setPerson", person("2")).await["status"], 128);
    caller.done("setPerson", with(person("1"), "name", "again")).await;
}
