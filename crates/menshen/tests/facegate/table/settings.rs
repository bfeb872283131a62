//! Groups of settings (3.1, 3.2, 3.6, 3.7, 3.9, 3.23, 3.27, 3.28, 3.30, 3.31, 3.33 to 3.35): what holds at first, what is set
//! and read back, what it does at the door, what is refused, and what a restart keeps (3.24).

use super::{BAD_PARAMETER, Row, World, local, play, rows};
use crate::kit::until;
use dialects::facegate::SettingsGroup;
use serde_json::{Map, Value, json};

/// The card of the person at whom settings are tried.
const CARD: &str = "8899";

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = rows! {
    "GetSound" => first("Sound", json!({"Volume": 80, "VerifySuccAudio": 1, "VerifyTipContent": ""})),
    "GetDoorCondition" => first("DoorCondition", json!({"FaceThreshold": 80, "OpendoorWay": 2, "VerifyMode": 1})),
    "GetSysNTP" => first("SysNTP", json!({"NtpEnable": 0, "NtpPort": 123})),
    "GetCenter" => first("Center", json!({"ConnectCenter": 0, "CenterPort": 6666, "CenterUser": ""})),
    "GetSysParam" => first("SysParam", json!({"Version": concat!("V", env!("CARGO_PKG_VERSION"))})),
    "GetGeneralParam" => first("GeneralParam", json!({"AutoRebootDay": 0, "Direction": 0, "FaceThreshold": 80})),
    "GetTemperature" => first("Temperature", json!({"TemperatureHigh": 37.3, "TempFaceMinW": 350})),
    "GetHandSharkData" => first("HandSharkData", json!({"HandSharkInfo": ""})),
    "GetSysCfg" => first("SysCfg", json!({"LiveDetectType": 1, "WebTimeOut": 5, "LedTimeBeg": "00:00:00"})),
    "GetMQTTParam" => first("MQTTParam", json!({"MQEnable": 0, "MQPort": 1883, "Direction": 2})),
    "GetNetWiFi" => first("NetWiFi", json!({"Enable": 0, "SSID": "", "DHCP": 1})),
    "GetFaceParam" => first("FaceParam", json!({"recDistance": "200", "detectArea_w": 960})),
    "GetRTSPCfg" => first("RTSPCfg", json!({"OpenVerify": 0, "PackSize": 1500, "RTSPPort": 554})),
    "SetSound" => words_set,
    "SetDoorCondition" => door_set,
    "SetSysNTP" => zone_set,
    "SetCenter" => set("Center", json!({
        "ConnectCenter": 1, "CenterUrl": "http://10.0.0.9", "CenterPort": 7777, "CenterUser": "centre", "CenterPwd": "secret",
        "SendSnapImage": 1, "SendVerifyResult": 1,
    }), ("CenterUser", json!("x".repeat(30)))),
    "SetSysParam" => name_set,
    "SetGeneralParam" => general_set,
    "SetTemperature" => temperature_set,
    "SetHandSharkData" => set(
        "HandSharkData", json!({"HandSharkInfo": "话".repeat(1365)}), ("HandSharkInfo", json!("x".repeat(4097))),
    ),
    "SetSysCfg" => system_set,
    "SetMQTTParam" => set("MQTTParam", json!({
        "MQCloudID": "cloud", "MQAddr": "10.0.0.9", "MQPort": 61613, "MQUser": "broker", "MQPwd": "secret",
        "MQTopic": "door", "StrangerUploadType": 1, "RecordUploadType": 2, "Direction": 0, "QRCode": 1,
        "ResumefromBreakpoint": 1,
    }), ("RecordUploadType", json!(3))),
    "SetNetWiFi" => set("NetWiFi", json!({
        "Enable": 1, "SecurityMode": 1, "SSID": "TP-LINK_4755", "PassWord": "testpassword", "DHCP": 0,
        "IPAddr": "10.0.0.7", "NetMask": "255.255.0.0", "GateWay": "10.0.0.1", "DNS1": "10.0.0.2", "DNS2": "10.0.0.3",
    }), ("SecurityMode", json!(3))),
    "SetFaceParam" => area_set,
    "SetRTSPCfg" => stream_set,
    "RebootDevice" => kept_over_a_restart,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_group_of_settings() {
    play(ROWS).await;
}

/// Before anybody sets it, a group holds what it says: asked for as it stands in the document, and as the hub has it.
pub(super) async fn first(world: &mut World, group: &str, expected: Value) {
    let told = world.told(&format!("Get{group}"), Value::Null).await;
    let read = group_of(world, group).await;
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!((&told[key], &read[key]), (value, value), "{group}.{key}");
    }
}

async fn group_of(world: &World, group: &str) -> Value {
    let path = format!("/settings/native/{group}");
    world.pair.api.get(&world.pair.at(&path)).await
}

/// Values other than the first ones are set through the hub and are at the terminal then; one that is out of range is
/// refused by the hub and by the terminal, naming the field, and changes nothing.
pub(super) async fn set(world: &mut World, group: &str, changes: Value, (field, wrong): (&str, Value)) {
    let before = group_of(world, group).await;
    for (key, value) in changes.as_object().unwrap() {
        assert_ne!(&before[key], value, "{group}.{key}: another value");
    }
    world.pair.set(group, changes.clone()).await;
    let told = world.told(&format!("Get{group}"), Value::Null).await;
    for (key, value) in changes.as_object().unwrap() {
        assert_eq!(&told[key], value, "{group}.{key}");
    }
    refused(world, group, field, wrong).await;
}

async fn refused(world: &World, group: &str, field: &str, wrong: Value) {
    let before = group_of(world, group).await;
    world.pair.out_of_range(group, field, wrong.clone()).await;
    let setter = format!("Set{group}");
    world
        .refused(&setter, json!({field: wrong}), (BAD_PARAMETER, field))
        .await;
    assert_eq!(group_of(world, group).await, before, "nothing is changed");
}

async fn shared(world: &World) -> Value {
    world.pair.api.get(&world.pair.at("/settings")).await
}

/// Changes settings that dialects share.
async fn share(world: &World, changes: Value) {
    world.pair.api.patch(&world.pair.at("/settings"), &changes).await;
}

async fn card(world: &World) -> Value {
    world.pair.kiosk.present("rf_card", CARD).await["decision"].clone()
}

async fn words_set(world: &mut World) {
    let photo = world.photos[0][0].clone();
    let more = json!({"credentials": [{"kind": "rf_card", "number": CARD}]});
    world.enrolled("one", &more, &photo).await;
    let changes = json!({"Volume": 50, "VerifyTipContent": "请通行", "IsShowName": 2, "VerifyFailAudio": 0, "IPHide": 1});
    set(world, "Sound", changes, ("Volume", json!(52))).await;
    let decision = card(world).await;
    assert!(
        decision["message"].as_str().unwrap().contains("请通行"),
        "{decision}"
    );
    assert_eq!(world.pair.kiosk.state().await["volume"], 0.5);
    share(world, json!({"volume": 0.6})).await;
    assert_eq!(world.told("GetSound", Value::Null).await["Volume"], 60);
}

async fn door_set(world: &mut World) {
    let changes = json!({"FaceThreshold": 90, "IOStayTime": 200, "VerifyMode": 22, "VerifyResetTime": 2});
    set(world, "DoorCondition", changes, ("OpendoorWay", json!(4))).await;
    let settings = shared(world).await;
    assert_eq!(
        (
            &settings["recognition_threshold"]["value"],
            &settings["open_ms"]["value"]
        ),
        (&json!(0.9), &json!(200))
    );
    // A face and a card together.
    assert_eq!(card(world).await["reason"], "second_factor_missing");
    world.pair.set("DoorCondition", json!({"VerifyMode": 21})).await;
    assert_eq!(card(world).await["reason"], "granted");
    until("the door to be shut again", || async {
        (world.pair.kiosk.state().await["door"]["open"] == false).then_some(())
    })
    .await;
    // Nothing opens the door but the terminal itself, and that nobody asked.
    world.pair.set("DoorCondition", json!({"OpendoorWay": 0})).await;
    let before = world.openings().await;
    world.pair.done(&json!({"kind": "open_door"})).await;
    assert_eq!(world.openings().await, before);
    world.pair.set("DoorCondition", json!({"OpendoorWay": 2})).await;
    world.pair.done(&json!({"kind": "open_door"})).await;
    assert_eq!(world.openings().await, before + 1);
}

/// The wall clock is in the zone that is set.
async fn zone_set(world: &mut World) {
    let zone = shared(world).await["time_zone"]["value"].clone();
    share(world, json!({"time_zone": "Asia/Tokyo"})).await;
    let told = world.told("GetSysTime", Value::Null).await;
    let there = local("Asia/Tokyo");
    let shown = told["Hour"].as_i64().unwrap() * 60 + told["Minute"].as_i64().unwrap();
    let expected = i64::from(there.hour()) * 60 + i64::from(there.minute());
    assert!(
        (shown - expected).rem_euclid(1440) <= 1 || (expected - shown).rem_euclid(1440) <= 1,
        "{told}"
    );
    share(world, json!({"time_zone": zone})).await;
    let changes = json!({"NtpEnable": 1, "NtpUrl": "ntp.example", "NtpPort": 124, "NtpInterval": 60});
    set(world, "SysNTP", changes, ("NtpTimeZone", json!(31))).await;
}

async fn name_set(world: &mut World) {
    set(
        world,
        "SysParam",
        json!({"Name": "北门"}),
        ("Name", json!("x".repeat(64))),
    )
    .await;
    assert_eq!(world.pair.kiosk.state().await["name"], "北门");
}

async fn general_set(world: &mut World) {
    // Never while this runs, and not midnight, which it is already.
    let hour = (jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).hour() + 12) % 24;
    let hour = hour.max(1);
    let changes = json!({"AutoRebootDay": 8, "AutoRebootHour": hour, "Direction": 2, "IDCardThreshold": 60, "DNS": "10.0.0.1"});
    set(world, "GeneralParam", changes, ("AutoRebootDay", json!(9))).await;
    let settings = shared(world).await;
    assert_eq!(
        (
            &settings["direction"]["value"],
            &settings["reboot"]["value"]["day"]
        ),
        (&json!("exit"), &json!("sun"))
    );
    assert_eq!(
        group_of(world, "DoorCondition").await["IDCardThreshold"],
        60,
        "of both groups"
    );
    let before = world.pair.drained().await.len();
    card(world).await;
    assert_eq!(world.next_record(before).await["direction"], "exit");
}

/// It counts once the door asks for it.
async fn temperature_set(world: &mut World) {
    let changes =
        json!({"TemperatureHigh": 37.8, "TemperatureLow": 30.5, "TempFaceMinW": 200, "OpenLaser": 1});
    set(world, "Temperature", changes, ("TempFaceMinW", json!(99))).await;
    world.pair.kiosk.senses(&json!({"temperature": 38.2})).await;
    assert_eq!(card(world).await["reason"], "granted");
    share(world, json!({"temperature": {"on": true}})).await;
    assert_eq!(
        shared(world).await["temperature"]["value"],
        json!({"on": true, "max": 37.8})
    );
    let before = world.pair.drained().await.len();
    assert_eq!(card(world).await["reason"], "fever");
    let record = world.next_record(before).await;
    assert_eq!(
        (&record["temperature"], &record["temperature_alarm"]),
        (&json!(38.2), &json!("high"))
    );
    world.pair.kiosk.senses(&json!({"temperature": 37.7})).await;
    assert_eq!(card(world).await["reason"], "granted");
    share(world, json!({"temperature": {"on": false}})).await;
}

/// Another language is one after a restart.
async fn system_set(world: &mut World) {
    let changes =
        json!({"LiveDetectType": 2, "LedTimeBeg": "18:00:00", "ScreenBrightness": 33, "CardReaderType": 7});
    set(world, "SysCfg", changes, ("WebTimeOut", json!(1))).await;
    assert_eq!(shared(world).await["liveness"]["value"], true);
    world.pair.set("SysCfg", json!({"LiveDetectType": 1})).await;
    restarting(world, "SysCfg", json!({"Language": 1})).await;
}

/// The area must lie in the picture.
async fn area_set(world: &mut World) {
    let area = |x: i64, w: i64| json!({"recDistance": "150", "faceMinPixel": "80", "detectArea_x": x, "detectArea_y": 20, "detectArea_w": w, "detectArea_h": "640"});
    set(world, "FaceParam", area(100, 400), ("recDistance", json!("201"))).await;
    world
        .refused("SetFaceParam", area(100, 900), (BAD_PARAMETER, "detectArea_w"))
        .await;
    assert_eq!(group_of(world, "FaceParam").await["detectArea_w"], 400);
}

async fn stream_set(world: &mut World) {
    refused(world, "RTSPCfg", "PackSize", json!(1501)).await;
    let changes = json!({"OpenVerify": 1, "PackSize": 1400, "RTSPPort": 8554});
    restarting(world, "RTSPCfg", changes).await;
}

/// Settings after which the terminal restarts: they are set, and the hub loses nothing.
async fn restarting(world: &World, group: &str, changes: Value) {
    let started = world.pair.kiosk.state().await["started_at"].clone();
    world.pair.set(group, changes).await;
    until("the terminal to have restarted", || async {
        (world.pair.kiosk.try_state().await?["started_at"] != started).then_some(())
    })
    .await;
    world.pair.online().await;
}

async fn groups(world: &World) -> Map<String, Value> {
    let mut groups = Map::new();
    let all = SettingsGroup::ALL.iter();
    for group in all.filter(|group| **group != SettingsGroup::SysTime) {
        let values = group_of(world, group.name()).await;
        groups.insert(group.name().to_owned(), values);
    }
    groups
}

/// Every group, as the rows before have set it.
async fn kept_over_a_restart(world: &mut World) {
    let before = groups(world).await;
    let no = json!({"IsRebootDevice": 0});
    let started = world.pair.kiosk.state().await["started_at"].clone();
    world.done("RebootDevice", no).await;
    assert_eq!(world.pair.kiosk.state().await["started_at"], started);
    world.pair.restarts(&json!({"kind": "reboot"})).await;
    assert_eq!(groups(world).await, before);
    assert_eq!(before["NetWiFi"]["SSID"], "TP-LINK_4755");
    assert_eq!(world.pair.kiosk.state().await["name"], "北门");
    assert_eq!(card(world).await["reason"], "granted");
}
