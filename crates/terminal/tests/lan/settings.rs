//! `setDeviceInfo` and `getDeviceInfo` (3.2, 3.3) and what they do at the door (terminal rules 10, 12 and 31).

use crate::support::{Door, folder, lan_config, sample};
use crate::{Caller, base64, person, with};
use serde_json::json;
use terminal::behaviour::{Identification, NAME_PLACE};

#[tokio::test]
async fn settings_are_told_as_set_and_outlive_a_restart() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let info = caller.told("getDeviceInfo", "").await;
    assert_eq!(
        (&info["sn"], &info["doorType"]),
        (&json!("MS-TEST-1"), &json!(26))
    );
    assert_eq!(info["faceFeaturePairNumber"], 0.6);
    let set = json!({
        "cameraDetectType": 0, "faceFeaturePairNumber": 0.7, "faceFeaturePairSuccessOrFailWaitTime": 3.0,
        "openDoorType": 3, "openDoorContinueTime": 2.5, "doorType": 34, "idCardFaceFeaturePairNumber": 0.8,
        "appWelcomeMsg": "请通行,@", "deviceSoundSize": 40, "deviceDefendTime": "21:50", "deviceName": "1号机",
        "appFailMsg": "抱歉，识别失败",
    });
    caller.done("setDeviceInfo", set.clone()).await;
    door.running.stop().await;
    let door = Door::start(door.config).await;
    let told = Caller::of(&door).told("getDeviceInfo", "").await;
    for (name, value) in set.as_object().unwrap() {
        let told = if name == "deviceName" {
            &told["name"]
        } else {
            &told[name]
        };
        assert_eq!(told, value, "{name}");
    }
    let state = door.state().await;
    assert_eq!((&state["name"], &state["volume"]), (&json!("1号机"), &json!(0.4)));
}

#[tokio::test]
async fn how_one_opens_and_what_is_said() {
    let (_folder, path) = folder();
    let mut config = lan_config(&path);
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start_with_faces(config).await;
    let caller = Caller::of(&door);
    caller
        .done(
            "setPerson",
            with(person("1"), "photo", base64(&sample("obama.jpg"))),
        )
        .await;
    let by_face = async || door.frame(sample("obama2.jpg")).await["decision"].clone();
    let by_card = async |kind: &str, number: &str| door.present(kind, number).await["decision"].clone();
    let (ic, id) = (("ic_card", "7267e840"), ("id_card", "990307189207026735"));
    // A fresh terminal takes anything.
    assert_eq!(by_card(ic.0, ic.1).await["result"], "granted");
    caller
        .done(
            "setDeviceInfo",
            json!({"openDoorType": 1, "appWelcomeMsg": "请通行,@", "appFailMsg": "抱歉"}),
        )
        .await;
    assert_ne!(by_face().await["result"], "granted");
    assert_ne!(by_card(ic.0, ic.1).await["result"], "granted");
    let granted = by_card(id.0, id.1).await;
    assert_eq!(
        (&granted["result"], &granted["message"]),
        (&json!("granted"), &json!("请通行,胖虎"))
    );
    assert_eq!(by_card("ic_card", "nobody's").await["message"], "抱歉");
    caller.done("setDeviceInfo", json!({"openDoorType": 0})).await;
    assert_eq!(by_face().await["result"], "granted");
    assert_ne!(by_card(ic.0, ic.1).await["result"], "granted");
    caller.done("setDeviceInfo", json!({"openDoorType": 3})).await;
    assert_eq!(by_face().await["reason"], "second_factor_missing");
    assert_eq!(by_card(id.0, id.1).await["result"], "granted");
}

#[tokio::test]
async fn what_another_dialect_set_since_is_told() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let set = json!({"openDoorType": 3, "appWelcomeMsg": "请通行,@", "appFailMsg": "抱歉"});
    caller.done("setDeviceInfo", set).await;
    let changed = door.running.device().change_behaviour(|behaviour| {
        behaviour.identification = Identification::As(model::Verify::Card);
        behaviour.prompts.welcome = Some(format!("{NAME_PLACE}!"));
        behaviour.prompts.denied = None;
    });
    changed.await.unwrap();
    let told = caller.told("getDeviceInfo", "").await;
    let told = ["openDoorType", "appWelcomeMsg", "appFailMsg"].map(|name| told[name].clone());
    assert_eq!(told, [json!(2), json!("@!"), json!("")]);
}
