//! The objects of 8.1, and what they do at the door.

use crate::support::{Door, folder, openapi_config};
use crate::{Caller, network, peripherals, smart_face, user, with};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn objects_are_told_as_set_and_outlive_a_restart() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let info = caller.done("/api/device/information", json!({})).await;
    assert_eq!(
        (&info["deviceID"], &info["deviceName"]),
        (&json!("MS-TEST-1"), &json!("Front gate"))
    );
    let set = [
        ("network", network()),
        ("smartface", smart_face()),
        ("perpara", peripherals()),
    ];
    for (name, object) in &set {
        let fresh = caller.done(&format!("/api/device/{name}"), json!({})).await;
        assert_eq!(
            fresh.as_object().unwrap().keys().collect::<Vec<_>>(),
            object.as_object().unwrap().keys().collect::<Vec<_>>(),
            "{name} is whole from the start"
        );
        caller
            .done(&format!("/api/device/{name}cfg"), object.clone())
            .await;
    }
    let audio = json!({"cmd": "audiocfg", "param": {"aencEnable": 1, "aencType": 6, "sampleRate": 8000, "aencbitrate": 64000,
        "micLine": 0, "volumeIn": 3, "volumeOut": 15}});
    let answer = caller.post("/api/device/jsonCmd", audio.clone()).await;
    assert_eq!((&answer["code"], &answer["json"]), (&json!(200), &audio["param"]));
    let silent = json!({"cmd": "audiocfg", "param": {"volumeOut": 16}});
    assert_eq!(caller.post("/api/device/jsonCmd", silent).await["code"], 30003);
    door.running.stop().await;
    let door = Door::start(door.config).await;
    let caller = Caller::of(&door);
    for (name, object) in &set {
        assert_eq!(
            caller.done(&format!("/api/device/{name}"), json!({})).await,
            *object
        );
    }
    let told = caller.post("/api/device/jsonCmd", json!({"cmd": "audio"})).await;
    assert_eq!(told["json"], audio["param"]);
    assert_eq!(door.state().await["volume"], 1.0);
    let made = caller
        .post("/api/device/jsonCmd", json!({"cmd": "production"}))
        .await;
    assert_eq!(made["json"]["devSerialUUID"], "MS-TEST-1");
}

#[tokio::test]
async fn what_is_demanded_keeps_the_door_shut() {
    let (_folder, path) = folder();
    let mut config = openapi_config(&path, "");
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    caller.done("/api/user", user("1")).await;
    let sensors = async |measured: serde_json::Value| {
        let request = door.request(Method::PUT, "/api/sensors").json(&measured);
        assert!(request.send().await.unwrap().status().is_success());
    };
    let reason = async || door.card("card 1").await["decision"]["reason"].clone();
    sensors(json!({"temperature": 38.0, "mask": false})).await;
    assert_eq!(reason().await, "granted", "nothing is demanded yet");
    caller.done("/api/device/smartfacecfg", smart_face()).await;
    assert_eq!(reason().await, "fever");
    sensors(json!({"temperature": 36.5, "mask": false})).await;
    assert_eq!(reason().await, "mask");
    caller
        .done("/api/device/perparacfg", with(peripherals(), "maskNormal", 0))
        .await;
    assert_eq!(reason().await, "granted");
    caller.done("/api/device/open", json!({})).await;
    assert_eq!(door.state().await["door"]["last"]["method"], "remote");
}
