//! The groups of settings (3.1 to 3.35), the clock, the program and the factory's defaults.

use crate::pushes::door_with_one;
use crate::support::http::Receiver;
use crate::support::{Door, facegate_config, folder};
use crate::{CARD, Caller};
use dialects::facegate::SettingsGroup;
use serde_json::{Value, json};

/// A value that a group takes, and one that it refuses.
pub(crate) fn changes(group: SettingsGroup) -> (Value, Value) {
    match group {
        SettingsGroup::Sound => (
            json!({"Volume": 50, "VerifyTipContent": "请通行"}),
            json!({"Volume": 52}),
        ),
        SettingsGroup::DoorCondition => (
            json!({"FaceThreshold": 85, "IOStayTime": 200}),
            json!({"FaceThreshold": 49}),
        ),
        SettingsGroup::NetParam => (json!({}), json!({"WebPort": 70_000})),
        SettingsGroup::SysTime => (json!({}), json!({"Month": 13})),
        SettingsGroup::SysNtp => (
            json!({"NtpTimeZone": 14, "NtpInterval": 1}),
            json!({"NtpTimeZone": 31, "NtpInterval": 1}),
        ),
        SettingsGroup::Centre => (
            json!({"ConnectCenter": 1, "CenterPort": 6666}),
            json!({"CenterUser": "x".repeat(30)}),
        ),
        SettingsGroup::SysParam => (json!({"Name": "North gate"}), json!({"Name": "x".repeat(64)})),
        SettingsGroup::EnterIpc => (
            json!({"TotalNum": 1, "IPC_Info": [{"IPC_Channel": 0, "IPC_Enable": 1, "IPC_URL": "192.168.1.1",
                "IPC_Port": 5000, "IPC_Username": "admin", "IPC_Password": "admin", "IPC_Name": "ipc1"}]}),
            json!({"TotalNum": 10}),
        ),
        SettingsGroup::ServerBasicPara => (json!({"Channelselection": 4}), json!({"Channelselection": 3})),
        SettingsGroup::WorkType => (
            json!({"TotalNum": 1, "WorkTypeInfo": [{"WorkTypeIndex": 0, "WorktypeEnable": 1, "Worktype": "经理", "Num": 0}]}),
            json!({"TotalNum": 1}),
        ),
        SettingsGroup::GeneralParam => (
            json!({"Direction": 2, "AutoRebootDay": 3, "AutoRebootHour": 4}),
            json!({"AutoRebootDay": 9}),
        ),
        SettingsGroup::Temperature => (json!({"TemperatureHigh": 37.5}), json!({"TemperatureLow": 28.0})),
        SettingsGroup::HandShark => (
            json!({"HandSharkInfo": "x".repeat(4096)}),
            json!({"HandSharkInfo": "x".repeat(4097)}),
        ),
        SettingsGroup::SysCfg => (
            json!({"LiveDetectType": 2, "LedTimeBeg": "18:00:00"}),
            json!({"WebTimeOut": 1}),
        ),
        SettingsGroup::Broker => (
            json!({"StrangerUploadType": 1, "MQPort": 61_613}),
            json!({"RecordUploadType": 3}),
        ),
        SettingsGroup::NetWifi => (
            json!({"Enable": 1, "WorkMode": 0, "SecurityMode": 1, "SSID": "TP-LINK_4755", "PassWord": "testpassword", "DHCP": 1}),
            json!({"Enable": 1}),
        ),
        SettingsGroup::FaceParam => (
            json!({"recDistance": "150", "detectArea_x": 0, "detectArea_y": 0, "detectArea_w": 960, "detectArea_h": "1280"}),
            json!({"recDistance": "150", "detectArea_x": 2, "detectArea_y": 0, "detectArea_w": 960, "detectArea_h": "1280"}),
        ),
        SettingsGroup::Rtsp => (json!({}), json!({"OpenVerify": 1})),
    }
}

#[tokio::test]
async fn every_group_keeps_what_it_takes_over_a_restart_and_refuses_the_rest() {
    let (_folder, path) = folder();
    let config = facegate_config(&path);
    let door = Door::start(config.clone()).await;
    let caller = Caller::of(&door);
    for group in SettingsGroup::ALL {
        let (good, bad) = changes(*group);
        let before = caller.told(group.getter(), json!({})).await;
        assert_eq!(caller.refused(group.setter(), bad).await, 462, "{group:?}");
        assert_eq!(
            key_count(&caller.told(group.getter(), json!({})).await),
            key_count(&before),
            "{group:?}"
        );
        if !good.as_object().unwrap().is_empty() {
            caller.done(group.setter(), good).await;
        }
    }
    door.running.stop().await;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    for group in SettingsGroup::ALL {
        let told = caller.told(group.getter(), json!({})).await;
        for (key, value) in changes(*group).0.as_object().unwrap() {
            assert_eq!(told[key], *value, "{group:?}.{key}");
        }
    }
    assert_eq!(
        door.state().await["name"].as_str().unwrap_or("North gate"),
        "North gate"
    );
}

fn key_count(told: &Value) -> usize {
    told.as_object().unwrap().len()
}

#[tokio::test]
async fn what_was_told_can_be_set_again_whole() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    for group in SettingsGroup::ALL {
        if matches!(
            group,
            SettingsGroup::NetParam | SettingsGroup::Rtsp | SettingsGroup::SysCfg
        ) {
            continue;
        }
        let told = caller.told(group.getter(), json!({})).await;
        caller.done(group.setter(), told).await;
    }
}

#[tokio::test]
async fn settings_are_acted_upon() {
    let (_folder, path) = folder();
    let mut config = facegate_config(&path);
    config.terminal.repeat_seconds = Some(0);
    let (door, caller) = door_with_one(config).await;
    caller
        .done(
            "SetSound",
            json!({"VerifyTipContent": "welcome to the tower", "BlacklistTipContent": "go away"}),
        )
        .await;
    let shown = door.present("rf_card", CARD).await;
    assert!(
        shown["decision"]["message"]
            .as_str()
            .unwrap()
            .contains("welcome to the tower"),
        "{shown}"
    );
    caller
        .done(
            "EditPerson",
            json!({"IdType": 2, "PersonUUID": "u-1", "PersonType": 1}),
        )
        .await;
    let shown = door.present("rf_card", CARD).await;
    assert!(
        shown["decision"]["message"].as_str().unwrap().contains("go away"),
        "{shown}"
    );
    caller
        .done(
            "EditPerson",
            json!({"IdType": 2, "PersonUUID": "u-1", "PersonType": 0}),
        )
        .await;
    // Face and card together: a card alone does not do.
    caller.done("SetDoorCondition", json!({"VerifyMode": 22})).await;
    let shown = door.present("rf_card", CARD).await;
    assert_eq!(shown["decision"]["reason"], "second_factor_missing");
    // A temperature is asked for besides.
    caller
        .done("SetDoorCondition", json!({"VerifyMode": 21 + 0x200}))
        .await;
    let sensors = door
        .request(reqwest::Method::PUT, "/api/sensors")
        .json(&json!({"temperature": 38.2}));
    assert!(sensors.send().await.unwrap().status().is_success());
    assert_eq!(door.present("rf_card", CARD).await["decision"]["reason"], "fever");
    // The factory's defaults of one part.
    caller
        .done("SetFactoryDefault", json!({"DefaltDoorSet": 1}))
        .await;
    assert_eq!(caller.told("GetDoorCondition", json!({})).await["VerifyMode"], 1);
    assert_eq!(
        door.present("rf_card", CARD).await["decision"]["reason"],
        "granted"
    );
    assert_eq!(
        caller.told("GetSound", json!({})).await["VerifyTipContent"],
        "welcome to the tower"
    );
}

#[tokio::test]
async fn the_clock_is_set_by_its_parts() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    caller
        .done(
            "SetSysTime",
            json!({"Year": 2030, "Month": 3, "Day": 25, "Hour": 20, "Minute": 30, "Second": 50}),
        )
        .await;
    let told = caller.told("GetSysTime", json!({})).await;
    assert_eq!(
        (&told["Year"], &told["Hour"], &told["Minute"]),
        (&json!(2030), &json!(20), &json!(30))
    );
    assert_eq!(
        caller.call("SetSysTime", json!({"Month": 2, "Day": 30})).await["info"]["Result"],
        "Fail"
    );
}

#[tokio::test]
async fn sounds_programs_and_streams() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let sounds = caller.told("GetAudio", json!({})).await;
    let first = sounds["AudioName"][0].clone();
    caller
        .done("SetAudio", json!({"AudioType": 0, "AudioName": first}))
        .await;
    assert_eq!(caller.refused("SetAudio", json!({"AudioType": 2})).await, 462);
    let unknown = caller
        .call("SetAudio", json!({"AudioType": 0, "AudioName": "no.wav"}))
        .await;
    assert_eq!(unknown["info"]["Result"], "Fail");
    assert_eq!(
        caller
            .refused("Upgrade", json!({"Name": "v5", "Path": "http://10.0.0.1/a.bin"}))
            .await,
        462
    );
    assert_eq!(
        caller
            .refused(
                "Upgrade",
                json!({"Name": "v5", "Path": "http://127.0.0.1:1/a.swx"})
            )
            .await,
        465
    );
    let server = Receiver::listen().await;
    let url = server.url("/v5.swx");
    server.serve("application/octet-stream", vec![1; 5000]);
    let started = door.state().await["started_at"].clone();
    caller
        .done("Upgrade", json!({"Name": "v5.0.1", "Path": url}))
        .await;
    let state = door.state_where(|state| state["started_at"] != started).await;
    while caller.request("GetSysParam", String::new()).send().await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(caller.told("GetSysParam", json!({})).await["Version"], "v5.0.1");
    caller
        .done(
            "SetRTSPCfg",
            json!({"OpenVerify": 1, "PackSize": 1400, "RTSPPort": 8554}),
        )
        .await;
    door.state_where(|now| now["started_at"] != state["started_at"])
        .await;
}
