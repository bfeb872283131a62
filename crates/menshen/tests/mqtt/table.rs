//! One row for each message of the document, between two real processes: what the cloud asks is asked through the hub's
//! API and seen at the terminal; what a device says has its cause at the terminal and is seen at the hub. A question and
//! its answer are one exchange: they share what shows them.

use crate::kit::{Pair, photos, until};
use dialects::mqtt::{CloudRequest, CloudResponse, DeviceRequest, DeviceResponse, dev_info};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The document's names of messages, as committed beside the dialect.
const NAMES: &str = include_str!("../../../dialects/tests/names/mqtt.txt");

struct World {
    pair: Pair,
    photo: Vec<u8>,
    unseen: Vec<u8>,
}

type Row = (&'static str, for<'a> fn(&'a mut World) -> BoxFuture<'a, ()>);

macro_rules! rows {
    ($($name:literal => $row:ident),* $(,)?) => {
        &[$(($name, |world| Box::pin($row(world)))),*]
    };
}

/// In the order in which they are looked at; what deletes people or ends a connection comes last.
const ROWS: &[Row] = rows! {
    "register" => registered,
    "registerResp" => registered,
    "keepAlive" => alive,
    "keepAliveResp" => alive,
    "onlineOpen" => door,
    "onlineOpenResp" => door,
    "registerPersonInfo" => person_by_the_roster,
    "registerPersonInfoResp" => person_by_the_roster,
    "uploadRecord" => pass_by_face,
    "uploadRecordResp" => decided_by_the_hub,
    "onlineGetRegisterCount" => counted,
    "onlineGetRegisterCountResp" => counted,
    "onlineGetRegisterByIndex" => told_by_place,
    "onlineGetRegisterByIndexResp" => told_by_place,
    "onlineGetRegister" => imported,
    "onlineGetRegisterResp" => imported,
    "onlineStopGetRegister" => stopped,
    "onlineStopGetRegisterResp" => stopped,
    "onlineGetPhoto" => picture,
    "onlineGetPhotoResp" => picture,
    "onlineGetDevInfo" => settings_read,
    "onlineGetDevInfoResp" => settings_read,
    "onlineSetDevInfo" => settings_set,
    "onlineSetDevInfoResp" => settings_set,
    "onlineDeleteSnapRecord" => records_cleared,
    "onlineDeleteSnapRecordResp" => records_cleared,
    "onlineReboot" => restarted,
    "onlineRebootResp" => restarted,
    "onlineUpdate" => upgraded,
    "onlineUpdateResp" => upgraded,
};

#[test]
fn the_rows_are_the_documents_messages_and_the_codes() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows.len(), ROWS.len(), "a row twice");
    let committed: BTreeSet<&str> = NAMES.lines().collect();
    assert_eq!(rows, committed);
    let lists = [
        DeviceRequest::ALL,
        DeviceResponse::ALL,
        CloudRequest::ALL,
        CloudResponse::ALL,
    ];
    let declared: BTreeSet<&str> = lists.into_iter().flatten().copied().collect();
    assert_eq!(rows, declared);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_does_what_it_says_at_the_other_side() {
    let photos = photos().expect("the face models and sample photos");
    let pair = Pair::start(&["terminal.repeat_seconds=0", "mqtt.heartbeat_seconds=1"]).await;
    let mut world = World {
        pair,
        photo: photos[0][0].clone(),
        unseen: photos[0][1].clone(),
    };
    for (name, row) in ROWS {
        let begun = Instant::now();
        row(&mut world).await;
        eprintln!("{name}: {} ms", begun.elapsed().as_millis());
    }
}

impl World {
    fn at(&self, rest: &str) -> String {
        format!("/devices/{}{rest}", self.pair.device)
    }

    async fn device(&self) -> Value {
        self.pair.api.get(&self.at("")).await
    }

    /// A command, once it has ended.
    async fn command(&self, body: &Value) -> Value {
        let command = self.pair.api.post(&self.at("/commands"), body).await;
        self.ended(&command).await
    }

    async fn ended(&self, command: &Value) -> Value {
        let path = format!("/commands/{}", command["id"].as_str().unwrap());
        let ended = || async {
            let command = self.pair.api.get(&path).await;
            (!matches!(command["state"].as_str(), Some("queued" | "sent"))).then_some(command)
        };
        until(&format!("{path} to end"), ended).await
    }

    async fn done(&self, body: &Value) -> Value {
        let command = self.command(body).await;
        assert_eq!(command["state"], "done", "{command}");
        command["result"].clone()
    }

    /// A message as it stands in the document: the device's answer.
    async fn native(&self, operation: &str, body: &Value) -> Value {
        self.done(&json!({"kind": "native", "operation": operation, "body": body}))
            .await
    }

    /// The error of a message that the device refuses.
    async fn refused(&self, operation: &str, body: &Value) -> String {
        let command = self
            .command(&json!({"kind": "native", "operation": operation, "body": body}))
            .await;
        assert_eq!(command["state"], "failed", "{command}");
        command["error"].as_str().unwrap().to_owned()
    }

    async fn state(&self) -> Value {
        self.pair.kiosk.state().await
    }

    async fn settings(&self) -> Value {
        self.pair.api.get(&self.at("/settings/native/devInfo")).await
    }

    async fn look(&self, picture: &[u8]) -> String {
        let answer = self.pair.kiosk.frame(picture.to_vec()).await;
        answer["decision"]["result"].as_str().unwrap_or("none").to_owned()
    }

    async fn online_again(&self, started: &Value) {
        until("the terminal to have restarted", || async {
            let state = self.pair.kiosk.try_state().await?;
            (state["started_at"] != *started && state["connections"]["mqtt"]["online"] == true).then_some(())
        })
        .await;
        self.pair.online().await;
    }
}

async fn registered(world: &mut World) {
    let device = world.device().await;
    assert_eq!(
        (&device["serial"], &device["status"]),
        (&json!(crate::kit::SERIAL), &json!("online"))
    );
    assert!(
        device["firmware"]
            .as_str()
            .unwrap()
            .contains(env!("CARGO_PKG_VERSION")),
        "{device}"
    );
    // A registration tells no time: the first keepAlive does.
    let skew = until("the terminal's clock to be known", || async {
        world.device().await["clock_skew_ms"].as_i64()
    })
    .await;
    assert!(skew.abs() < 5_000, "{skew}");
}

async fn alive(world: &mut World) {
    let before = world.device().await["last_seen_at"].clone();
    until("a sign of life to be noted", || async {
        let now = world.device().await["last_seen_at"].clone();
        (now != before).then_some(())
    })
    .await;
}

async fn door(world: &mut World) {
    let before = world.state().await["door"]["openings"].as_u64().unwrap();
    let mut told = world.pair.kiosk.events().await;
    world
        .done(&json!({"kind": "open_door", "message": "欢迎光临"}))
        .await;
    let door = world.state().await["door"].clone();
    assert_eq!(
        (&door["openings"], &door["last"]["method"]),
        (&json!(before + 1), &json!("remote"))
    );
    assert!(told.named("announcement").await.to_string().contains("欢迎光临"));
}

async fn person_by_the_roster(world: &mut World) {
    let more = json!({"gender": "female", "phone": "18868681819", "greeting": "欢迎您的参观",
        "credentials": [{"kind": "ic_card", "number": "8899"}]});
    if world.pair.api.try_get("/persons/one").await.is_none() {
        world.pair.person("one", &more).await;
        world
            .pair
            .api
            .upload("/persons/one/photos", world.photo.clone())
            .await;
    }
    world.pair.settled(1).await;
    let answer = world.pair.kiosk.frame(world.unseen.clone()).await;
    assert_eq!(answer["decision"]["result"], "granted", "{answer}");
    assert!(
        answer["decision"]["speech"]
            .as_str()
            .unwrap()
            .contains("欢迎您的参观"),
        "{answer}"
    );
    // Somebody without a photo is refused with the document's code.
    let nobody = json!({"personInfoCount": "1", "personInfoData": [{"operateType": "0", "idNumber": "x", "name": "X",
        "sex": "男", "birthday": "", "phone": "", "validDateStart": "2019_08_09", "validDateEnd": "2029_08_09"}]});
    assert!(
        world
            .refused("registerPersonInfo", &nobody)
            .await
            .starts_with("300")
    );
}

async fn pass_by_face(world: &mut World) {
    let before = world.pair.records().await.len();
    assert_eq!(world.look(&world.unseen).await, "granted");
    let records = world.pair.records_at_least(before + 1).await;
    let record = records.last().unwrap();
    assert_eq!(
        (&record["result"], &record["method"], &record["person_id"]),
        (&json!("granted"), &json!("face"), &json!("one"))
    );
    assert!(record["photo_url"].is_string() && record["registered_photo_url"].is_string());
    world.pair.kiosk.card("nobody's").await;
    let records = world.pair.records_at_least(before + 2).await;
    let record = records.last().unwrap();
    assert_eq!(
        (&record["result"], &record["method"], &record["card"]),
        (&json!("not_authorised"), &json!("ic_card"), &json!("nobody's"))
    );
}

/// The hub's verdict comes with the acknowledgement (`controlState`).
async fn decided_by_the_hub(world: &mut World) {
    world
        .pair
        .api
        .patch(&world.at(""), &json!({"decision": "hub"}))
        .await;
    until("the terminal to be told", || async {
        (world.settings().await["autoOpenDoorEnable"] == "0").then_some(())
    })
    .await;
    for (grant, verdict) in [(true, "granted"), (false, "denied")] {
        if !grant {
            world
                .pair
                .api
                .patch("/persons/one", &json!({"valid_from": "2099-01-01T00:00:00Z"}))
                .await;
        }
        let before = world.state().await["door"]["openings"].as_u64().unwrap();
        let count = world.pair.records().await.len();
        let answer = world.pair.kiosk.card("8899").await;
        if !grant && answer["decision"]["result"] != "pending" {
            // The hub has taken the person off the terminal already.
            continue;
        }
        assert_eq!(answer["decision"]["result"], "pending", "{answer}");
        let records = world.pair.records_at_least(count + 1).await;
        let opened = until("the verdict", || async {
            let state = world.state().await;
            let last = state["last"].clone();
            (last["result"] != "pending").then(|| state["door"]["openings"].as_u64().unwrap() > before)
        })
        .await;
        assert_eq!(opened, verdict == "granted", "{:?}", records.last());
    }
    world
        .pair
        .api
        .patch("/persons/one", &json!({"valid_from": null}))
        .await;
    world
        .pair
        .api
        .patch(&world.at(""), &json!({"decision": "device"}))
        .await;
    world.pair.settled(1).await;
    until("the terminal to be told", || async {
        (world.settings().await["autoOpenDoorEnable"] == "1").then_some(())
    })
    .await;
}

async fn counted(world: &mut World) {
    let answer = world.native("onlineGetRegisterCount", &Value::Null).await;
    assert_eq!(answer["personNum"], "1");
}

async fn told_by_place(world: &mut World) {
    let answer = world
        .native("onlineGetRegisterByIndex", &json!({"index": "0"}))
        .await;
    for (field, value) in [
        ("idNumber", "one"),
        ("sex", "女"),
        ("phone", "18868681819"),
        ("normalNumber", "8899"),
    ] {
        assert_eq!(answer[field], value, "{field}");
    }
    assert!(answer["registerPhoto1"].as_str().unwrap().len() > 1000);
    let error = world
        .refused("onlineGetRegisterByIndex", &json!({"index": "999"}))
        .await;
    assert!(error.starts_with("400"), "{error}");
}

async fn imported(world: &mut World) {
    world.pair.api.post(&world.at("/import"), &json!({})).await;
    let state = until("the import to end", || async {
        let state = world.pair.api.try_get(&world.at("/import")).await?;
        (state["state"] != "running").then_some(state)
    })
    .await;
    assert_eq!((&state["state"], &state["persons"]), (&json!("done"), &json!(1)));
    assert_eq!(world.pair.api.all("/persons").await.len(), 1, "the same person");
}

async fn stopped(world: &mut World) {
    let answer = world.native("onlineStopGetRegister", &Value::Null).await;
    assert_eq!(answer["errorCode"], "100");
}

async fn picture(world: &mut World) {
    world.look(&world.unseen).await;
    let result = world.done(&json!({"kind": "snapshot"})).await;
    let picture = world.pair.api.bytes(result["photo_url"].as_str().unwrap()).await;
    assert!(face::decode::media_type(&picture).is_some());
}

async fn settings_read(world: &mut World) {
    let settings = world.settings().await;
    for field in dev_info::FIELDS.iter().filter(|field| field.writable) {
        assert!(settings[field.name].is_string(), "{}: {settings}", field.name);
    }
    let shared = world.pair.api.get(&world.at("/settings")).await;
    assert_eq!(shared["volume"]["writable"], true, "{shared}");
}

/// A value for each setting of 2.1.6, none of them the default.
const SET: &[(&str, &str)] = &[
    ("devicePassword", "12345"),
    ("ntpEnable", "1"),
    ("ntpCycle", "24"),
    ("ntpAddress", "ntp1.aliyun.com"),
    ("irLiveLevel", "1"),
    ("recogDistance", "1"),
    ("recogIntervalTime", "3"),
    ("onlyRecogMaxSizeFaceEnable", "1"),
    ("faceTemperatureDetectEnable", "0"),
    ("faceFeverTemperature", "37.5"),
    ("faceDetectBoxScore", "81"),
    ("faceDetectLandmardScore", "82"),
    ("faceRegisterConfidenceScore", "80"),
    ("faceCardConfidenceScore", "83"),
    ("strangerRecogEnable", "1"),
    ("strangerVoiceTime", "10"),
    ("alarmVoiceEnable", "1"),
    ("jpegEncodeSizeMode", "2"),
    ("startWdr1", "1"),
    ("startWdr2", "1"),
    ("wdrTimeSet1", "21:56-21:57"),
    ("wdrTimeSet2", "21:58-21:59"),
    ("playVoiceEnable", "0"),
    ("registerVoiceMode", "4"),
    ("registerVoiceNameSexEnable", "1"),
    ("registerVoiceContentBeforeName", "您好"),
    ("registerVoiceContent", "欢迎您的光临"),
    ("strangerVoiceMode", "1"),
    ("strangerVoiceContent", "请注意"),
    ("displayTextMode", "4"),
    ("displayNameSexEnable", "1"),
    ("displayTextContentBeforeName", "您好"),
    ("displayTextContent", "欢迎您的光临"),
    ("alarmNotInPassTimeContent", "禁止通行"),
    ("identificationVoiceSuccessContent", "人证比对成功"),
    ("identificationVoiceFailedContent", "人证比对失败"),
    ("identificationDisplayTextSuccessContent", "人证比对成功"),
    ("identificationDisplayTextFailedContent", "人证比对失败"),
    ("installCity", "shenzhen"),
    ("voiceVolume", "5"),
    ("entranceSerialBaudRate", "96000"),
    ("objectId", "111"),
    ("entranceDirection", "1"),
    ("openDoorTimeDelayMs", "1000"),
    ("overlayDeviceName", "前闸门"),
    ("banner", "人脸识别管理系统"),
    ("mainWindowUiEnable", "1"),
    ("faceRFIDCardEnable", "1"),
    ("passTime", "00:00-23:59;;;;;;"),
    ("alwaysOpenDoor", "0"),
    ("autoDeleteNotValidRecord", "0"),
    ("strangerDisplayContent", "陌生人"),
    ("alarmDisplayEnable", "1"),
    ("alarmNotInPassTimeDisplayContent", "不在通行时间"),
    ("alarmNotInValidTimeVoiceContent", "已过期"),
    ("alarmNotInValidTimeDisplayContent", "已过期"),
    ("alarmNotAuthVoiceContent", "无记录"),
    ("alarmNotAuthDisplayContent", "无记录"),
    ("autoOpenDoorEnable", "1"),
];

/// Each writable setting: set through the API, read back; out of range refused by hub and terminal, naming the field.
async fn settings_set(world: &mut World) {
    let path = world.at("/settings/native/devInfo");
    let changes: Value = SET.iter().copied().collect();
    let writable: BTreeSet<&str> = dev_info::FIELDS
        .iter()
        .filter(|field| field.writable)
        .map(|field| field.name)
        .collect();
    let set: BTreeSet<&str> = changes.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(set, writable, "every one of 2.1.6");
    let read = world.pair.api.patch(&path, &changes).await;
    for (key, value) in changes.as_object().unwrap() {
        assert_eq!(&read[key], value, "{key}");
    }
    for (field, value, range) in [
        ("voiceVolume", json!("11"), "0 to 10"),
        ("recogIntervalTime", json!(100), "0 to 99"),
        ("irLiveLevel", json!("4"), "0 to 3"),
        ("banner", json!("字".repeat(257)), "256 characters"),
        ("faceFeverTemperature", json!("60"), "45"),
    ] {
        let answer = world
            .pair
            .api
            .send(reqwest::Method::PATCH, &path, &json!({ field: value }))
            .await;
        assert_eq!(answer.status(), 422, "{field}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["path"], field, "{problem}");
        assert!(
            problem["errors"][0]["message"].as_str().unwrap().contains(range),
            "{problem}"
        );
        let error = world.refused("onlineSetDevInfo", &json!({ field: value })).await;
        assert!(error.starts_with("400") && error.contains(field), "{error}");
    }
    assert_eq!(
        world.settings().await["banner"],
        "人脸识别管理系统",
        "a refused call changes nothing"
    );
    // Kept over a restart of the process.
    world.pair.terminal.stop();
    world.pair.status("offline").await;
    world.pair.terminal.restart();
    world.pair.kiosk_ready().await;
    world.pair.online().await;
    let kept = world.settings().await;
    for (key, value) in changes.as_object().unwrap() {
        assert_eq!(&kept[key], value, "{key}");
    }
}

async fn records_cleared(world: &mut World) {
    world.look(&world.unseen).await;
    world.done(&json!({"kind": "clear_records"})).await;
    let made = world.state().await["counts"]["records"].as_u64().unwrap();
    let stored = world.pair.drained().await.len();
    assert!(
        stored as u64 >= made,
        "drained before they were cleared: {stored} of {made}"
    );
}

async fn restarted(world: &mut World) {
    let started = world.state().await["started_at"].clone();
    let before = world.settings().await;
    world.done(&json!({"kind": "reboot"})).await;
    world.online_again(&started).await;
    // What was set survived.
    assert_eq!(world.settings().await, before);
}

/// A server that has one file.
async fn serve(file: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                file.len()
            );
            let _written = stream.write_all(&[head.as_bytes(), &file].concat()).await;
        }
    });
    format!("http://{address}/menshen-2.bin")
}

async fn upgraded(world: &mut World) {
    let file = vec![7_u8; 100_000];
    let url = serve(file.clone()).await;
    let wrong = json!({"kind": "upgrade", "url": url, "version": "2", "size": file.len() + 1});
    let command = world.command(&wrong).await;
    assert_eq!(command["state"], "failed");
    assert!(command["error"].as_str().unwrap().starts_with("503"), "{command}");
    let started = world.state().await["started_at"].clone();
    let right = json!({"kind": "upgrade", "url": url, "version": "2", "size": file.len()});
    let command = world.command(&right).await;
    assert_eq!(command["state"], "done", "{command}");
    world.online_again(&started).await;
    until("the new version to be known", || async {
        let firmware = world.device().await["firmware"].clone();
        firmware.as_str()?.contains("menshen-2").then_some(())
    })
    .await;
}
