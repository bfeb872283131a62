//! One row for each operation of the document, between two real processes: what the platform asks is asked through the
//! hub's API and seen at the terminal; what a device asks has its cause at the terminal and is seen at the hub.

use crate::kit::{Pair, photos, until};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dialects::qyzn::{ConfigGroup, DeviceRequest, PlatformRequest};
use futures_util::future::BoxFuture;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The document's names of operations, as committed beside the dialect.
const NAMES: &str = include_str!("../../../dialects/tests/names/qyzn.txt");

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

/// In the order in which they are looked at; what ends a connection or deletes people comes last.
const ROWS: &[Row] = rows! {
    "register" => registered,
    "login" => logged_in,
    "sync_time" => time_was_told,
    "HEARTBEAT" => heartbeat,
    "NOTIFICATION" => notification,
    "REQUEST" => door,
    "RESPONSE" => refusal,
    "open_door" => door,
    "add_person_face" => person_with_face,
    "snapshot_face" => pass_by_face,
    "add_person" => person_by_hand,
    "update_person" => person_changed,
    "add_face" => photo_added,
    "delete_face" => photo_deleted,
    "sync_person" => people_told,
    "device_sync_person" => people_told,
    "delete_person" => person_deleted,
    "snapshot_picture" => picture,
    "online_openDoor" => decider,
    "swiping_card" => card_read,
    "serial_output" => serial,
    "weigand_output" => wiegand,
    "qrcode_data" => code,
    "device_call_param" => call,
    "device_call_result" => call,
    "config_device_pass_rule" => device_rule,
    "get_configs:version" => version,
    "get_configs:netinfo" => network,
    "get_configs:time" => read_time,
    "config_system:time" => set_time,
    "get_configs:ledctl" => read_light,
    "config_system:ledctl" => set_light,
    "get_configs:serial" => read_serial,
    "config_system:serial" => set_serial,
    "get_configs:audioctl" => read_volume,
    "config_system:audioctl" => set_volume,
    "get_configs:weigand" => read_wiegand,
    "config_system:weigand" => set_wiegand,
    "get_configs:vaparam" => read_recognition,
    "config_system:vaparam" => set_recognition,
    "get_configs:switchCtrl" => read_lock,
    "config_system:switchCtrl" => set_lock,
    "get_configs:VoiceTips" => read_prompts,
    "config_system:VoiceTips" => set_prompts,
    "get_configs:ProductNameSet" => read_name,
    "config_system:ProductNameSet" => set_name,
    "get_configs:OpenDoorModeSet" => read_mode,
    "config_system:OpenDoorModeSet" => set_mode,
    "get_configs:StrangerParam" => read_strangers,
    "config_system:StrangerParam" => set_strangers,
    "get_configs:HttpPush" => read_push,
    "config_system:HttpPush" => set_push,
    "get_configs:system_reboot" => read_reboot,
    "config_system:system_reboot" => set_reboot,
    "get_configs:VerifyRetRspSet" => read_report,
    "config_system:VerifyRetRspSet" => set_report,
    "get_configs:ForbidIdCardSet" => read_forbidden,
    "config_system:ForbidIdCardSet" => set_forbidden,
    "reSend_record_set" => records_again,
    "record_clear" => records_cleared,
    "clear_person" => everybody_deleted,
    "device_restart" => restarted,
    "device_upgrade" => upgraded,
    "logout" => logged_out,
};

#[test]
fn the_rows_are_the_documents_operations_and_the_codes() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows.len(), ROWS.len(), "a row twice");
    let committed: BTreeSet<&str> = NAMES.lines().collect();
    assert_eq!(rows, committed);
    for name in DeviceRequest::ALL.iter().chain(PlatformRequest::ALL) {
        assert!(
            rows.contains(name) || ["get_configs", "config_system"].contains(name),
            "{name}"
        );
    }
    for group in ConfigGroup::ALL {
        assert!(rows.contains(format!("get_configs:{}", group.name()).as_str()));
        let settable = rows.contains(format!("config_system:{}", group.name()).as_str());
        assert_eq!(settable, group.is_writable());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_done_at_the_other_side() {
    let photos = photos().expect("the face models and sample photos");
    let pair = Pair::start(&["terminal.repeat_seconds=0", "qyzn.heartbeat_seconds=1"]).await;
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
        let path = format!("/commands/{}", command["id"].as_str().unwrap());
        let ended = || async {
            let command = self.pair.api.get(&path).await;
            (!matches!(command["state"].as_str(), Some("queued" | "sent"))).then_some(command)
        };
        until(&format!("{body} to end"), ended).await
    }

    async fn done(&self, body: &Value) -> Value {
        let command = self.command(body).await;
        assert_eq!(command["state"], "done", "{command}");
        command["result"].clone()
    }

    /// An operation as it stands in the document: the device's `data`.
    async fn native(&self, operation: &str, body: &Value) -> Value {
        let result = self
            .done(&json!({"kind": "native", "operation": operation, "body": body}))
            .await;
        assert_eq!(result["result"], 0, "{result}");
        result["data"].clone()
    }

    /// The error of an operation that the device refuses.
    async fn refused(&self, operation: &str, body: &Value) -> String {
        let command = self
            .command(&json!({"kind": "native", "operation": operation, "body": body}))
            .await;
        assert_eq!(command["state"], "failed", "{command}");
        command["error"].as_str().unwrap().to_owned()
    }

    async fn group(&self, group: &str) -> Value {
        let path = self.at(&format!("/settings/native/{group}"));
        let read = self.pair.api.get(&path).await;
        let native = self.native(&format!("get_configs:{group}"), &Value::Null).await;
        assert_eq!(native[0]["groupKey"], group);
        for (key, value) in read.as_object().unwrap() {
            if key != "currenttime" {
                assert_eq!(&native[0][key], value, "{group}.{key}");
            }
        }
        read
    }

    /// Every group, but for the clock.
    async fn groups(&self) -> Vec<Value> {
        let mut groups = Vec::new();
        for name in ConfigGroup::NAMES {
            let mut group = self.group(name).await;
            group.as_object_mut().unwrap().remove("currenttime");
            groups.push(group);
        }
        groups
    }

    /// Sets fields of a group through the API, and reads them back.
    async fn set(&self, group: &str, changes: Value) {
        let path = self.at(&format!("/settings/native/{group}"));
        let read = self.pair.api.patch(&path, &changes).await;
        for (key, value) in changes.as_object().unwrap() {
            assert_eq!(&read[key], value, "{group}.{key}");
        }
    }

    /// A value out of range is refused naming the field and its range, and changes nothing.
    async fn out_of_range(&self, group: &str, field: &str, value: Value, range: &str) {
        let before = self.group(group).await;
        let path = self.at(&format!("/settings/native/{group}"));
        let answer = self
            .pair
            .api
            .send(reqwest::Method::PATCH, &path, &json!({ field: value }))
            .await;
        assert_eq!(answer.status(), 422);
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["path"], field, "{problem}");
        let message = problem["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(range), "{message}");
        // The terminal itself refuses it, too, and names the field.
        let system = json!({ group: { field: value } });
        let error = self.refused("config_system", &system).await;
        assert!(error.starts_with("104") && error.contains(field), "{error}");
        let mut after = self.group(group).await;
        if let Some(now) = before.get("currenttime") {
            after["currenttime"] = now.clone();
        }
        assert_eq!(after, before);
    }

    async fn state(&self) -> Value {
        self.pair.kiosk.state().await
    }

    async fn persons(&self, count: usize) {
        until(&format!("{count} people at the terminal"), || async {
            (self.state().await["counts"]["persons"] == count).then_some(())
        })
        .await;
    }

    /// A frame's result.
    async fn look(&self, picture: &[u8]) -> String {
        let answer = self.pair.kiosk.frame(picture.to_vec()).await;
        answer["decision"]["result"].as_str().unwrap_or("none").to_owned()
    }

    /// What the door says to a card.
    async fn card(&self, number: &str) -> String {
        let answer = self.pair.kiosk.card(number).await;
        answer["decision"]["result"].as_str().unwrap_or("none").to_owned()
    }

    async fn online_again(&self, started: &Value) {
        until("the terminal to have restarted", || async {
            let state = self.pair.kiosk.try_state().await?;
            (state["started_at"] != *started && state["connections"]["qyzn"]["online"] == true).then_some(())
        })
        .await;
        self.pair.online().await;
    }
}

async fn registered(world: &mut World) {
    let device = world.device().await;
    assert_eq!(device["serial"], crate::kit::SERIAL);
    assert_eq!(device["mac"].as_str().unwrap().len(), 12);
}

async fn logged_in(world: &mut World) {
    let device = world.device().await;
    assert_eq!(device["status"], "online");
    assert_eq!(device["firmware"], concat!("V", env!("CARGO_PKG_VERSION")));
}

async fn time_was_told(world: &mut World) {
    let skew = until("a measured clock", || async {
        world.device().await["clock_skew_ms"].as_i64()
    })
    .await;
    assert!(skew.abs() < 5_000, "{skew}");
}

async fn heartbeat(world: &mut World) {
    let before = world.device().await["last_seen_at"].clone();
    until("a heartbeat to be noted", || async {
        let now = world.device().await["last_seen_at"].clone();
        (now != before).then_some(())
    })
    .await;
}

/// A notification is heard and not answered (2.3): what comes back is the answer to the request behind it.
async fn notification(world: &mut World) {
    let listeners = std::fs::read(world.pair.folder.path().join("hub/listeners.json")).unwrap();
    let listeners: Value = serde_json::from_slice(&listeners).unwrap();
    let mut stream = TcpStream::connect(listeners["qyzn"].as_str().unwrap())
        .await
        .unwrap();
    let frame = |kind: u8, sequence: u32, body: &str| {
        let mut bytes = b"QYZN".to_vec();
        bytes.extend([2, kind, 1, 0, 0, 0, 0, 0]);
        bytes.extend(sequence.to_le_bytes());
        bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        bytes.extend(body.as_bytes());
        bytes
    };
    let mut bytes = frame(2, 7, r#"{"message":"door_bell","data":{}}"#);
    bytes.extend(frame(3, 8, r#"{"message":"make_coffee","data":{}}"#));
    stream.write_all(&bytes).await.unwrap();
    let mut header = [0; 20];
    stream.read_exact(&mut header).await.unwrap();
    assert_eq!((header[5], &header[12..16]), (4, &8_u32.to_le_bytes()[..]));
    let mut body = vec![0; u32::from_le_bytes(header[16..20].try_into().unwrap()) as usize];
    stream.read_exact(&mut body).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["result"], 103);
}

async fn door(world: &mut World) {
    let before = world.state().await["door"]["openings"].as_u64().unwrap();
    world.done(&json!({"kind": "open_door"})).await;
    let door = world.state().await["door"].clone();
    assert_eq!(
        (&door["openings"], &door["last"]["method"]),
        (&json!(before + 1), &json!("remote"))
    );
}

async fn refusal(world: &mut World) {
    assert!(world.refused("make_coffee", &json!({})).await.starts_with("103"));
}

async fn person_with_face(world: &mut World) {
    let card = json!({"credentials": [{"kind": "ic_card", "number": "3141592653"}]});
    world.pair.person("face", &card).await;
    world
        .pair
        .api
        .upload("/persons/face/photos", world.photo.clone())
        .await;
    world.pair.settled(1).await;
    let error = world
        .refused(
            "add_person_face",
            &json!({"personId": "", "personCode": "1", "name": "N", "type": 1}),
        )
        .await;
    assert!(error.starts_with("104") && error.contains("personId"), "{error}");
}

async fn pass_by_face(world: &mut World) {
    let before = world.pair.records().await.len();
    assert_eq!(world.look(&world.unseen.clone()).await, "granted");
    let records = world.pair.records_at_least(before + 1).await;
    let record = records.last().unwrap();
    assert_eq!(
        (&record["person_id"], &record["result"], &record["method"]),
        (&json!("face"), &json!("granted"), &json!("face"))
    );
    assert!(record["photo_url"].is_string() && record["score"].as_f64().unwrap() > 0.8);
}

fn wire_person(id: &str, card: &str) -> Value {
    json!({"personId": id, "personCode": "C1", "name": "手工", "type": 1, "icNum": card, "passNum": 2})
}

async fn person_by_hand(world: &mut World) {
    let person = wire_person("by-hand", "27182818");
    world.native("add_person", &person).await;
    assert_eq!(world.card("27182818").await, "granted");
    assert!(world.refused("add_person", &person).await.starts_with("101"));
}

async fn person_changed(world: &mut World) {
    let change = json!({"personId": "by-hand", "personCode": "C2", "icNum": "16180339"});
    world.native("update_person", &change).await;
    assert_eq!(world.card("27182818").await, "not_authorised");
    // One of two passes was used before the change, which says nothing of them.
    assert_eq!(world.card("16180339").await, "granted");
    assert_eq!(world.card("16180339").await, "expired");
    let never =
        json!({"personId": "by-hand", "personCode": "C2", "passNum": 9, "expireTime": "2019-01-01 00:00:00"});
    world.native("update_person", &never).await;
    assert_eq!(world.card("16180339").await, "expired");
    let again = json!({"personId": "by-hand", "personCode": "C2", "expireTime": "2099-01-01 00:00:00",
        "passMonday": false, "passTuesday": false, "passWednesday": false, "passThursday": false, "passFriday": false,
        "passSaturday": false, "passSunday": false});
    world.native("update_person", &again).await;
    assert_eq!(world.card("16180339").await, "out_of_schedule");
    let unknown = json!({"personId": "nobody", "personCode": "C2"});
    assert!(world.refused("update_person", &unknown).await.starts_with("105"));
}

async fn photo_added(world: &mut World) {
    let others = photos().unwrap();
    let (photo, unseen) = (&others[1][0], others[1].get(1).unwrap_or(&others[1][0]));
    let open = json!({"personId": "by-hand", "personCode": "C2", "passMonday": true, "passTuesday": true,
        "passWednesday": true, "passThursday": true, "passFriday": true, "passSaturday": true, "passSunday": true});
    world.native("update_person", &open).await;
    assert_eq!(world.look(unseen).await, "stranger");
    let face = json!({"personId": "by-hand", "faceId": "f1", "image": STANDARD.encode(photo)});
    world.native("add_face", &face).await;
    assert_eq!(world.look(unseen).await, "granted");
    let blank = json!({"personId": "by-hand", "faceId": "f2", "image": "bm8gcGljdHVyZQ=="});
    assert!(world.refused("add_face", &blank).await.starts_with("110"));
    let nobody = json!({"personId": "nobody", "faceId": "f1", "image": STANDARD.encode(photo)});
    assert!(world.refused("add_face", &nobody).await.starts_with("105"));
}

async fn photo_deleted(world: &mut World) {
    let others = photos().unwrap();
    let unseen = others[1].get(1).unwrap_or(&others[1][0]);
    assert!(
        world
            .refused("delete_face", &json!({"faceId": "f9"}))
            .await
            .starts_with("102")
    );
    world.native("delete_face", &json!({"faceId": "f1"})).await;
    assert_eq!(world.look(unseen).await, "stranger");
    assert_eq!(world.card("16180339").await, "granted", "the person stays");
}

/// The hub asks whom the device holds: the person added by hand is a stray.
async fn people_told(world: &mut World) {
    let verify = world
        .pair
        .api
        .send(reqwest::Method::POST, &world.at("/roster/verify"), &json!({}))
        .await;
    assert_eq!(verify.status(), 202);
    until("the stray to be found", || async {
        let strays = world.pair.api.get(&world.at("/strays")).await;
        (strays["items"] == json!([{"wire_id": "by-hand", "name": "手工"}])).then_some(())
    })
    .await;
    world.pair.settled_at(1, 2).await;
}

async fn person_deleted(world: &mut World) {
    assert!(
        world
            .refused("delete_person", &json!({"idSet": ["nobody"]}))
            .await
            .starts_with("105")
    );
    world
        .native("delete_person", &json!({"idSet": ["by-hand"]}))
        .await;
    world.persons(1).await;
    assert_eq!(world.card("16180339").await, "not_authorised");
}

async fn picture(world: &mut World) {
    world.look(&world.unseen.clone()).await;
    let result = world.done(&json!({"kind": "snapshot", "timeout": 5})).await;
    let photo = world.pair.api.bytes(result["photo_url"].as_str().unwrap()).await;
    assert!(face::decode::media_type(&photo).is_some());
}

async fn decider(world: &mut World) {
    world
        .pair
        .api
        .patch(&world.at(""), &json!({"decision": "hub"}))
        .await;
    until("the terminal to be told", || async {
        (world.state().await["decider"]["platform"]["dialect"] == "qyzn").then_some(())
    })
    .await;
    let before = world.state().await["door"]["openings"].as_u64().unwrap();
    world.card("3141592653").await;
    until("the hub to open", || async {
        (world.state().await["door"]["openings"].as_u64()? == before + 1).then_some(())
    })
    .await;
    world
        .pair
        .api
        .patch(&world.at(""), &json!({"decision": "device"}))
        .await;
    until("the terminal to decide again", || async {
        (world.state().await["decider"] == "terminal").then_some(())
    })
    .await;
    assert!(
        world
            .refused("online_openDoor", &json!({"online": 1, "mode": 3}))
            .await
            .contains("mode")
    );
}

async fn card_read(world: &mut World) {
    let command = world
        .pair
        .api
        .post(
            &world.at("/commands"),
            &json!({"kind": "read_card", "timeout": 15}),
        )
        .await;
    let path = format!("/commands/{}", command["id"].as_str().unwrap());
    // Shown again and again until the terminal waits for one; that one is no pass.
    let result = until("the card to be read", || async {
        let answer = world.pair.kiosk.card("5550001").await;
        let command = world.pair.api.get(&path).await;
        (answer["decision"].is_null() || command["state"] == "done").then_some(())?;
        let command = world.pair.api.get(&path).await;
        (command["state"] == "done").then(|| command["result"].clone())
    })
    .await;
    assert_eq!(result, json!({"kind": "ic_card", "number": "5550001"}));
    let late = world.command(&json!({"kind": "read_card", "timeout": 1})).await;
    assert!(late["error"].as_str().unwrap().starts_with("107"), "{late}");
}

/// What goes out of a port is told by the kiosk's events.
async fn output(world: &World, command: &Value, port: &str, hex: &str) {
    let mut events = world.pair.kiosk.events().await;
    world.done(command).await;
    let told = events.named("output").await;
    assert_eq!(told, json!({"port": port, "hex": hex}));
}

async fn serial(world: &mut World) {
    output(
        world,
        &json!({"kind": "serial_output", "hex": "1234ef"}),
        "serial",
        "1234EF",
    )
    .await;
    let error = world
        .refused("serial_output", &json!({"index": 1, "content": "12"}))
        .await;
    assert!(error.starts_with("104") && error.contains("index"), "{error}");
}

async fn wiegand(world: &mut World) {
    output(
        world,
        &json!({"kind": "wiegand_output", "hex": "1234EF"}),
        "wiegand",
        "1234EF",
    )
    .await;
    let error = world
        .refused("weigand_output", &json!({"content": "12345"}))
        .await;
    assert!(error.starts_with("104") && error.contains("content"), "{error}");
}

async fn code(world: &mut World) {
    let until_tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let visitor = json!({"name": "访客", "host_id": "face", "valid_until": until_tomorrow, "groups": [world.pair.group]});
    let visitor = world.pair.api.post("/visitors", &visitor).await;
    assert_eq!(visitor["cannot"], json!([]));
    let number = visitor["credentials"][0]["number"].as_str().unwrap();
    let before = world.state().await["door"]["openings"].as_u64().unwrap();
    let answer = world.pair.kiosk.present("qr", number).await;
    assert_eq!(answer["decision"]["result"], "granted", "{answer}");
    assert_eq!(world.state().await["door"]["openings"], before + 1);
    let record = until("the code's record", || async {
        world
            .pair
            .records()
            .await
            .into_iter()
            .rev()
            .find(|record| record["method"] == "qr")
    })
    .await;
    assert_eq!(
        (&record["person_id"], &record["result"]),
        (&visitor["id"], &json!("granted"))
    );
    let answer = world.pair.kiosk.present("qr", "somebody else's").await;
    assert_eq!(answer["decision"]["reason"], "platform_denied");
    assert_eq!(world.state().await["door"]["openings"], before + 1);
    world
        .pair
        .api
        .delete(&format!("/persons/{}", visitor["id"].as_str().unwrap()))
        .await;
    world.pair.settled(1).await;
}

/// Calls that somebody answered by telephone, as the terminal told them (4.7.2).
async fn calls_answered(world: &World) -> u64 {
    let metrics = world.pair.api.metrics().await;
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix(r#"menshen_calls_total{result="7"} "#));
    line.map_or(0, |count| count.parse().unwrap())
}

async fn call(world: &mut World) {
    let answered = calls_answered(world).await;
    let (status, answer) = world.pair.kiosk.call("304").await;
    assert_eq!((status, &answer["result"]), (200, &json!("unknown_room")));
    world
        .pair
        .api
        .patch("/persons/face", &json!({"phone": "13800000000"}))
        .await;
    world.pair.settled(1).await;
    world
        .pair
        .api
        .post(
            "/rooms",
            &json!({"number": "304", "answers": [{"person_id": "face"}]}),
        )
        .await;
    let (status, answer) = world.pair.kiosk.call("304").await;
    assert_eq!(
        (status, answer),
        (200, json!({"answered_by": "face", "result": "answered"}))
    );
    until("the result to be counted", || async {
        (calls_answered(world).await == answered + 1).then_some(())
    })
    .await;
    world.pair.api.delete("/rooms/304").await;
}

async fn device_rule(world: &mut World) {
    let closed = json!({"id": "r", "name": "nobody", "weekly": {"mon": {"mode": 0}}});
    world.native("config_device_pass_rule", &closed).await;
    assert_eq!(world.card("3141592653").await, "out_of_schedule");
    let wrong = json!({"weekly": {"mon": {"mode": 2, "periods": "25:00~26:00"}}});
    assert!(
        world
            .refused("config_device_pass_rule", &wrong)
            .await
            .starts_with("104")
    );
    world.native("config_device_pass_rule", &json!({})).await;
    assert_eq!(world.card("3141592653").await, "granted");
}

async fn version(world: &mut World) {
    let version = world.group("version").await;
    assert_eq!(version["license"], crate::kit::SERIAL);
    assert_eq!(version["appVer"], world.device().await["firmware"]);
    assert!(
        world
            .refused("get_configs", &json!({"groupKey": ["what"]}))
            .await
            .starts_with("103")
    );
}

async fn network(world: &mut World) {
    let card = world.group("netinfo").await["item"][0].clone();
    assert_eq!(
        (&card["name"], &card["ipaddr"]),
        (&json!("eth0"), &json!("127.0.0.1"))
    );
}

async fn read_time(world: &mut World) {
    let time = world.group("time").await;
    assert_eq!(time["timezone"], 20);
    assert_eq!(time["currenttime"].as_str().unwrap().len(), 19);
}

async fn set_time(world: &mut World) {
    world
        .set(
            "time",
            json!({"timezone": 13, "ntpServer": "192.168.1.250", "ntpPort": 3030, "time_control": 1}),
        )
        .await;
    assert_eq!(world.group("time").await["timezone"], 13);
    world.set("time", json!({"timezone": 20})).await;
    world.out_of_range("time", "timezone", json!(25), "0 to 24").await;
    world.done(&json!({"kind": "sync_time"})).await;
    let now: jiff::Timestamp = world.state().await["now"].as_str().unwrap().parse().unwrap();
    assert!(now.duration_since(jiff::Timestamp::now()).abs() < jiff::SignedDuration::from_secs(5));
}

async fn read_light(world: &mut World) {
    assert_eq!(world.group("ledctl").await["mode"], 2);
}

async fn set_light(world: &mut World) {
    world.set("ledctl", json!({"mode": 1, "closeScreen": 5})).await;
    world
        .out_of_range("ledctl", "closeScreen", json!(3), "0, 1, 2, 5, 10")
        .await;
}

async fn read_serial(world: &mut World) {
    assert_eq!(world.group("serial").await["baudrate"], 3);
}

async fn set_serial(world: &mut World) {
    world
        .set(
            "serial",
            json!({"baudrate": 7, "databit": 7, "stopbit": 2, "checktype": 4, "putOutType": 10}),
        )
        .await;
    world.out_of_range("serial", "databit", json!(9), "5 to 8").await;
}

async fn read_volume(world: &mut World) {
    assert_eq!(world.group("audioctl").await["level"], 12);
}

async fn set_volume(world: &mut World) {
    world.set("audioctl", json!({"level": 3})).await;
    assert_eq!(world.state().await["volume"], json!(0.2));
    world
        .out_of_range("audioctl", "level", json!(16), "0 to 15")
        .await;
    let shared = world
        .pair
        .api
        .patch(&world.at("/settings"), &json!({"volume": 0.4}))
        .await;
    assert_eq!(shared["volume"], json!({"value": 0.4, "writable": true}));
    assert_eq!(shared["mask"], Value::Null);
    assert_eq!(world.group("audioctl").await["level"], 6);
    let answer = world
        .pair
        .api
        .send(
            reqwest::Method::PATCH,
            &world.at("/settings"),
            &json!({"volume": 1.5}),
        )
        .await;
    assert_eq!(answer.status(), 422);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["errors"][0]["path"], "volume");
}

async fn read_wiegand(world: &mut World) {
    assert_eq!(world.group("weigand").await["type"], 0);
}

async fn set_wiegand(world: &mut World) {
    world
        .set("weigand", json!({"type": 1, "InputType": 3, "putOutType": 2}))
        .await;
    world
        .out_of_range("weigand", "InputType", json!(0), "1 to 3")
        .await;
}

async fn read_recognition(world: &mut World) {
    assert_eq!(world.group("vaparam").await["SimilarThres"], 80);
}

async fn set_recognition(world: &mut World) {
    world
        .set("vaparam", json!({"SimilarThres": 100, "safetyhatDecect": true}))
        .await;
    assert_ne!(
        world.look(&world.unseen.clone()).await,
        "granted",
        "nobody is that alike"
    );
    world.set("vaparam", json!({"SimilarThres": 80})).await;
    assert_eq!(world.look(&world.unseen.clone()).await, "granted");
    world
        .out_of_range("vaparam", "SimilarThres", json!(101), "0 to 100")
        .await;
}

async fn read_lock(world: &mut World) {
    assert_eq!(world.group("switchCtrl").await["switchOutput"], true);
}

async fn set_lock(world: &mut World) {
    world.set("switchCtrl", json!({"switchOutput": false})).await;
    let before = world.state().await["door"]["openings"].clone();
    assert_eq!(world.card("3141592653").await, "granted");
    assert_eq!(
        world.state().await["door"]["openings"],
        before,
        "the output is off"
    );
    world
        .set("switchCtrl", json!({"switchOutput": true, "outputInterval": 500}))
        .await;
    assert_eq!(world.card("3141592653").await, "granted");
    until("the door to open and close", || async {
        let door = world.state().await["door"].clone();
        (door["openings"] != before && door["open"] == false).then_some(())
    })
    .await;
    world
        .out_of_range("switchCtrl", "outputDelay", json!(5001), "0 to 5000")
        .await;
}

async fn read_prompts(world: &mut World) {
    assert_eq!(world.group("VoiceTips").await["SuccessTips"], 2);
}

async fn set_prompts(world: &mut World) {
    world
        .set("VoiceTips", json!({"SuccessTips": 4, "FailTips": 0}))
        .await;
    let answer = world.pair.kiosk.card("3141592653").await;
    assert!(
        answer["decision"]["message"]
            .as_str()
            .unwrap()
            .contains("欢迎光临"),
        "{answer}"
    );
    let answer = world.pair.kiosk.card("nobody's").await;
    assert_eq!(answer["decision"]["message"], "未授权");
    world
        .out_of_range("VoiceTips", "SuccessTips", json!(9), "1 to 8")
        .await;
}

async fn read_name(world: &mut World) {
    assert_eq!(
        world.group("ProductNameSet").await["UIName"],
        world.state().await["name"]
    );
}

async fn set_name(world: &mut World) {
    world
        .set("ProductNameSet", json!({"UIName": "动态人脸识别终端"}))
        .await;
    assert_eq!(world.state().await["name"], "动态人脸识别终端");
    world
        .out_of_range("ProductNameSet", "UIName", json!("x".repeat(101)), "100 bytes")
        .await;
}

async fn read_mode(world: &mut World) {
    assert_eq!(world.group("OpenDoorModeSet").await["OpenDoor"], 5);
}

async fn set_mode(world: &mut World) {
    world
        .set("OpenDoorModeSet", json!({"OpenDoor": 1, "CardVerify": 0}))
        .await;
    assert_eq!(world.card("3141592653").await, "denied", "a face is missing");
    assert_eq!(world.look(&world.unseen.clone()).await, "granted");
    world.set("OpenDoorModeSet", json!({"OpenDoor": 0})).await;
    assert_eq!(world.card("3141592653").await, "denied");
    world.set("OpenDoorModeSet", json!({"OpenDoor": 5})).await;
    assert_eq!(world.card("3141592653").await, "granted");
    world
        .out_of_range("OpenDoorModeSet", "OpenDoor", json!(7), "0 to 6")
        .await;
}

async fn read_strangers(world: &mut World) {
    assert_eq!(world.group("StrangerParam").await["strangerOpenDoorEn"], false);
}

async fn set_strangers(world: &mut World) {
    let stranger = photos().unwrap()[2][0].clone();
    world
        .set(
            "StrangerParam",
            json!({"strangerIdentifyEn": true, "strangerOpenDoorEn": true}),
        )
        .await;
    let before = world.state().await["door"]["openings"].as_u64().unwrap();
    assert_eq!(world.look(&stranger).await, "stranger");
    assert_eq!(world.state().await["door"]["openings"], before + 1);
    world
        .set(
            "StrangerParam",
            json!({"strangerIdentifyEn": false, "strangerOpenDoorEn": false}),
        )
        .await;
    let records = world.state().await["counts"]["records"].clone();
    assert_eq!(world.look(&stranger).await, "stranger");
    assert_eq!(world.state().await["counts"]["records"], records, "no record");
    world
        .set("StrangerParam", json!({"strangerIdentifyEn": true}))
        .await;
    world
        .out_of_range("StrangerParam", "strangerOpenDoorEn", json!(2), "true or false")
        .await;
}

async fn read_push(world: &mut World) {
    assert_eq!(world.group("HttpPush").await["httpPushEnable"], false);
}

/// Records are posted to the address that was set.
async fn set_push(world: &mut World) {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    let push =
        json!({"httpPushEnable": true, "httpServerAddr": "127.0.0.1", "httpServerPort": port, "timeout": 5});
    world.set("HttpPush", push).await;
    let posted = tokio::spawn(async move {
        let (mut stream, _) = server.accept().await.unwrap();
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let count = stream.read(&mut buffer).await.unwrap();
            bytes.extend_from_slice(&buffer[..count]);
            if count == 0 || String::from_utf8_lossy(&bytes).contains("\"person_id\":\"face\"") {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    .await
                    .unwrap();
                return String::from_utf8_lossy(&bytes).into_owned();
            }
        }
    });
    world.card("3141592653").await;
    let posted = tokio::time::timeout(Duration::from_secs(20), posted)
        .await
        .unwrap()
        .unwrap();
    assert!(posted.starts_with("POST / HTTP/1.1"), "{posted}");
    world.set("HttpPush", json!({"httpPushEnable": false})).await;
    world
        .out_of_range("HttpPush", "httpServerPort", json!(65_536), "0 to 65535")
        .await;
}

async fn read_reboot(world: &mut World) {
    assert_eq!(world.group("system_reboot").await["auto_reboot"], false);
}

async fn set_reboot(world: &mut World) {
    world
        .set(
            "system_reboot",
            json!({"auto_reboot": false, "time": "03:02:01", "week": 4, "log_level": 2}),
        )
        .await;
    world
        .out_of_range("system_reboot", "time", json!("25:00:00"), "HH:MM:SS")
        .await;
}

async fn read_report(world: &mut World) {
    assert_eq!(world.group("VerifyRetRspSet").await["SnapshotPic"], true);
}

async fn set_report(world: &mut World) {
    world.set("VerifyRetRspSet", json!({"SnapshotPic": false})).await;
    let before = world.pair.drained().await.len();
    assert_eq!(world.look(&world.unseen.clone()).await, "granted");
    let records = world.pair.records_at_least(before + 1).await;
    assert_eq!(records.last().unwrap()["photo_url"], Value::Null);
    world.set("VerifyRetRspSet", json!({"SnapshotPic": true})).await;
    world
        .out_of_range("VerifyRetRspSet", "SnapshotPic", json!("maybe"), "true or false")
        .await;
}

async fn read_forbidden(world: &mut World) {
    assert_eq!(world.group("ForbidIdCardSet").await["NumPrefix"], json!([]));
}

async fn set_forbidden(world: &mut World) {
    let number = "440500199001011234";
    let cards = json!([{"kind": "ic_card", "number": "3141592653"}, {"kind": "id_card", "number": number}]);
    world
        .pair
        .api
        .patch("/persons/face", &json!({"credentials": cards}))
        .await;
    until("the card to be known", || async {
        let answer = world.pair.kiosk.present("id_card", number).await;
        (answer["decision"]["result"] == "granted").then_some(())
    })
    .await;
    world
        .set("ForbidIdCardSet", json!({"NumPrefix": ["44", "4405"]}))
        .await;
    let answer = world.pair.kiosk.present("id_card", number).await;
    assert_eq!(answer["decision"]["result"], "not_authorised");
    world.set("ForbidIdCardSet", json!({"NumPrefix": []})).await;
    world
        .out_of_range(
            "ForbidIdCardSet",
            "NumPrefix",
            json!(["4".repeat(13)]),
            "12 bytes",
        )
        .await;
}

async fn records_again(world: &mut World) {
    let before = world.pair.drained().await.len();
    let (from, until_now) = (
        "2020-01-01T00:00:00Z",
        jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24),
    );
    let told = world.pair.api.repeated().await;
    world
        .done(&json!({"kind": "resend_records", "from": from, "until": until_now}))
        .await;
    until("records to come again", || async {
        (world.pair.api.repeated().await > told).then_some(())
    })
    .await;
    assert_eq!(world.pair.records().await.len(), before, "each is recognised");
    let wrong = json!({"recordType": 3, "snapStartTime": "2021-01-01 08:30:20", "snapEndTime": "2021-01-02 08:30:20"});
    assert!(
        world
            .refused("reSend_record_set", &wrong)
            .await
            .contains("recordType")
    );
}

async fn records_cleared(world: &mut World) {
    world.pair.drained().await;
    world.done(&json!({"kind": "clear_records"})).await;
    let told = world.pair.api.repeated().await;
    let (from, until_now) = (
        "2020-01-01T00:00:00Z",
        jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24),
    );
    world
        .done(&json!({"kind": "resend_records", "from": from, "until": until_now}))
        .await;
    // Whatever came again would come before this one.
    let before = world.pair.records().await.len();
    world.card("3141592653").await;
    world.pair.records_at_least(before + 1).await;
    assert_eq!(
        world.pair.api.repeated().await,
        told,
        "nothing is left to come again"
    );
}

async fn everybody_deleted(world: &mut World) {
    world.native("clear_person", &json!({})).await;
    world.persons(0).await;
}

async fn restarted(world: &mut World) {
    let started = world.state().await["started_at"].clone();
    let before = world.groups().await;
    world.done(&json!({"kind": "reboot"})).await;
    world.online_again(&started).await;
    // What was set survived.
    assert_eq!(world.groups().await, before);
    assert_eq!(world.group("serial").await["baudrate"], 7);
    assert_eq!(world.state().await["name"], "动态人脸识别终端");
}

/// Serves a file over HTTP, as often as it is asked for.
async fn server(content: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let count = stream.read(&mut request).await.unwrap();
            let found = request[..count].starts_with(b"GET /file.bin ");
            let head = match found {
                true => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len()),
                false => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
            };
            stream.write_all(head.as_bytes()).await.unwrap();
            if found {
                stream.write_all(content).await.unwrap();
            }
        }
    });
    format!("http://{address}")
}

async fn upgraded(world: &mut World) {
    let content = b"a new program";
    let base = server(content).await;
    let md5 = hex::encode(Md5::digest(content));
    let upgrade = |url: String, md5: &str| json!({"kind": "upgrade", "url": url, "version": "V9.9_test", "md5": md5, "size": content.len()});
    let free = crate::kit::free_port();
    for (url, md5, code) in [
        ("ftp://127.0.0.1/file.bin".to_owned(), md5.as_str(), "200"),
        (format!("http://127.0.0.1:{free}/file.bin"), md5.as_str(), "201"),
        (format!("{base}/other.bin"), md5.as_str(), "202"),
        (
            format!("{base}/file.bin"),
            "00000000000000000000000000000000",
            "203",
        ),
    ] {
        let command = world.command(&upgrade(url, md5)).await;
        assert!(command["error"].as_str().unwrap().starts_with(code), "{command}");
    }
    let started = world.state().await["started_at"].clone();
    world.done(&upgrade(format!("{base}/file.bin"), &md5)).await;
    world.online_again(&started).await;
    assert_eq!(world.group("version").await["appVer"], "V9.9_test");
    until("the hub to know the version", || async {
        (world.device().await["firmware"] == "V9.9_test").then_some(())
    })
    .await;
}

async fn logged_out(world: &mut World) {
    world.pair.terminal.stop();
    world.pair.status("offline").await;
    world.pair.terminal.restart();
    world.pair.kiosk_ready().await;
    world.pair.online().await;
    assert_eq!(
        world.group("serial").await["baudrate"],
        7,
        "kept over the restart"
    );
}
