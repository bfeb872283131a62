//! One row for each call of chapter 8: a success and a documented refusal, and what is refused changes nothing.

use crate::support::{Door, empty_picture, folder, openapi_config};
use crate::{Caller, base64, network, now, peripherals, smart_face, user, with};
use dialects::openapi::Request;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The operation, its path, content that is taken, a path and content that are not, and the code then.
type Row = (&'static str, &'static str, Value, &'static str, Value, i64);

fn rows() -> Vec<Row> {
    let without = |whole: Value, field: &str| {
        let mut whole = whole;
        whole.as_object_mut().unwrap().remove(field);
        whole
    };
    let add = "/api/user";
    let update = "/api/user/update/{userId}";
    let delete = "/api/user/delete/{userId}";
    let photo = base64(&empty_picture());
    vec![
        (
            add,
            add,
            with(user("1"), "photo", photo),
            add,
            without(user("2"), "name"),
            30003,
        ),
        (add, add, user("1"), add, with(user("2"), "userType", 4), 30001),
        (
            add,
            add,
            user("1"),
            add,
            with(user("2"), "photo", base64(b"no picture")),
            30004,
        ),
        (add, add, user("1"), add, with(user("2"), "photo", "*"), 30004),
        (add, add, user("1"), add, with(user("all"), "name", "x"), 30001),
        (
            update,
            "/api/user/update/1",
            json!({"name": "李四"}),
            "/api/user/update/2",
            json!({"name": "x"}),
            20001,
        ),
        (
            update,
            "/api/user/update/1",
            json!({"mobile": ""}),
            "/api/user/update/1",
            json!({"userId": "2"}),
            20002,
        ),
        (
            delete,
            "/api/user/delete/1",
            Value::Null,
            "/api/user/delete/2",
            Value::Null,
            20001,
        ),
        (
            "/api/user/list",
            "/api/user/list",
            Value::Null,
            "/api/user/list?type=9",
            Value::Null,
            30001,
        ),
        (
            "/api/record",
            "/api/record?startTime=0",
            Value::Null,
            "/api/record?page=0",
            Value::Null,
            30001,
        ),
        (
            "/api/device/open",
            "/api/device/open",
            json!({}),
            "/api/device/open?remark=",
            json!({}),
            30001,
        ),
        (
            "/api/device/syncTime",
            "/api/device/syncTime",
            json!({}),
            "",
            Value::Null,
            50004,
        ),
        (
            "/api/device/reboot",
            "",
            Value::Null,
            "/api/device/reboot",
            Value::Null,
            50004,
        ),
        (
            "/api/device/jsonCmd",
            "/api/device/jsonCmd",
            json!({"cmd": "audio"}),
            "/api/device/jsonCmd",
            json!({"cmd": "fly"}),
            40001,
        ),
        (
            "/api/device/information",
            "/api/device/information",
            json!({}),
            "/api/device/information",
            Value::Null,
            50004,
        ),
        (
            "/api/device/network",
            "/api/device/network",
            json!({}),
            "/api/device/network",
            Value::Null,
            50004,
        ),
        (
            "/api/device/networkcfg",
            "/api/device/networkcfg",
            network(),
            "/api/device/networkcfg",
            with(network(), "ipAddress", "300.1.1.1"),
            30001,
        ),
        (
            "/api/device/smartface",
            "/api/device/smartface",
            json!({}),
            "/api/device/smartface",
            Value::Null,
            50004,
        ),
        (
            "/api/device/smartfacecfg",
            "/api/device/smartfacecfg",
            smart_face(),
            "/api/device/smartfacecfg",
            without(smart_face(), "faceThre"),
            30003,
        ),
        (
            "/api/device/smartfacecfg",
            "/api/device/smartfacecfg",
            smart_face(),
            "/api/device/smartfacecfg",
            with(smart_face(), "faceInterval", 5),
            30001,
        ),
        (
            "/api/device/perpara",
            "/api/device/perpara",
            json!({}),
            "/api/device/perpara",
            Value::Null,
            50004,
        ),
        (
            "/api/device/perparacfg",
            "/api/device/perparacfg",
            peripherals(),
            "/api/device/perparacfg",
            without(peripherals(), "unlockOuttime"),
            30003,
        ),
        (
            "/api/device/perparacfg",
            "/api/device/perparacfg",
            peripherals(),
            "/api/device/perparacfg",
            with(peripherals(), "unlockOuttime", 31),
            30001,
        ),
    ]
}

/// A call with content is a POST, one without a GET.
async fn called(caller: &Caller, target: &str, content: &Value) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let long = "r".repeat(256);
    let query = if query == "remark=" {
        format!("remark={long}")
    } else {
        query.to_owned()
    };
    let url = format!("{}&{query}", caller.url(path, now(), "123456"));
    let request = match content {
        Value::Null => caller.http.get(url),
        content => caller.http.post(url).body(content.to_string()),
    };
    crate::answer(request).await
}

#[tokio::test]
async fn every_call_succeeds_and_is_refused_as_documented() {
    let (_folder, path) = folder();
    let mut config = openapi_config(&path, "");
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    caller.done("/api/user", user("1")).await;
    door.card("card 1").await;
    let mut seen = BTreeSet::new();
    for (name, target, taken, refused_target, refused, code) in rows() {
        seen.insert(name);
        if !target.is_empty() {
            let answer = called(&caller, target, &taken).await;
            assert_eq!(answer["code"], 200, "{target} {taken}: {answer}");
        }
        if name.contains("delete") {
            caller.done("/api/user", user("1")).await;
        }
        let held = async || {
            [
                caller.told("/api/user/list", "").await,
                caller.done("/api/device/network", json!({})).await,
                caller.done("/api/device/smartface", json!({})).await,
                caller.done("/api/device/perpara", json!({})).await,
            ]
        };
        let before = held().await;
        if !refused_target.is_empty() {
            let answer = called(&caller, refused_target, &refused).await;
            assert_eq!(answer["code"], code, "{refused_target} {refused}: {answer}");
            assert!(answer.get("data").is_none(), "{answer}");
        }
        assert_eq!(
            held().await,
            before,
            "{refused_target} {refused} changed something"
        );
    }
    assert_eq!(seen, Request::ALL.iter().copied().collect());
}

#[tokio::test]
async fn more_people_than_the_door_holds_are_refused() {
    let (_folder, path) = folder();
    let mut config = openapi_config(&path, "");
    config.terminal.capacity = 1;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    caller.done("/api/user", user("1")).await;
    assert_eq!(caller.post("/api/user", user("2")).await["code"], 50009);
}
