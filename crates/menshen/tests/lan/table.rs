//! One row for each operation of the document, between two real processes: what a platform asks is asked through the hub's
//! API and seen at the terminal; what a terminal pushes has its cause at the terminal and is seen at the hub.

use crate::asking::serve;
use crate::kit::{Pair, photos, until};
use dialects::lan::Request;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;

/// The document's names of operations, as committed beside the dialect.
const NAMES: &str = include_str!("../../../dialects/tests/names/lan.txt");
/// What a terminal pushes.
const PUSHES: [&str; 2] = ["recordCallback", "heartBeat"];
/// Another key.
const KEY: &str = "another-key";

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

/// In the order in which they are looked at; what ends a connection comes last.
const ROWS: &[Row] = rows! {
    "setHeartBeat" => heartbeats_told,
    "getHeartBeat" => heartbeats_told,
    "getDeviceInfo" => settings_read,
    "setDeviceInfo" => settings_set,
    "setTime" => clock_set,
    "getTime" => clock_set,
    "open" => door,
    "check" => photo_looked_at,
    "setPerson" => person_by_the_roster,
    "getPerson" => person_read,
    "listPerson" => everybody_read,
    "setRecordCallback" => pass_pushed,
    "getRecordCallback" => pass_pushed,
    "recordCallback" => pass_pushed,
    "listRecord" => records_listed,
    "photo" => picture,
    "removeRecord" => records_removed,
    "removePerson" => person_removed,
    "setDeviceKey" => key_changed,
    "reset" => reset,
    "reboot" => restarted,
    "heartBeat" => alive,
    "updateAPK" => upgraded,
};

#[test]
fn the_rows_are_the_documents_operations_and_the_codes() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows.len(), ROWS.len(), "a row twice");
    let committed: BTreeSet<&str> = NAMES.lines().collect();
    assert_eq!(rows, committed);
    let declared: BTreeSet<&str> = Request::ALL.iter().copied().chain(PUSHES).collect();
    assert_eq!(rows, declared);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_done_at_the_other_side() {
    let photos = photos().expect("the face models and sample photos");
    let pair = Pair::start(&["terminal.repeat_seconds=0"]).await;
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
    /// What a call gives.
    async fn told(&self, operation: &str, body: Value) -> Value {
        let answer = self.pair.native(operation, &body).await;
        assert_eq!(answer["status"], 0, "{answer}");
        answer["data"].clone()
    }
}

async fn heartbeats_told(world: &mut World) {
    let told = world.told("getHeartBeat", Value::Null).await;
    assert!(told["url"].as_str().unwrap().ends_with("/heartbeat"), "{told}");
    let short = json!({"url": told["url"], "period": 0.5});
    let why = world.pair.unsendable("setHeartBeat", &short).await;
    assert!(why.contains("period"), "{why}");
}

/// When a device was last seen is written down from time to time.
async fn alive(world: &mut World) {
    let device = world.pair.at("");
    let before = world.pair.api.get(&device).await["last_seen_at"].clone();
    until("a heartbeat", || async {
        (world.pair.api.get(&device).await["last_seen_at"] != before).then_some(())
    })
    .await;
}

async fn settings_read(world: &mut World) {
    let shared = world.pair.api.get(&world.pair.at("/settings")).await;
    let native = world.told("getDeviceInfo", Value::Null).await;
    let volume = native["deviceSoundSize"].as_f64().unwrap();
    assert!((shared["volume"]["value"].as_f64().unwrap() - volume / 100.0).abs() < 0.001);
    assert_eq!(native["sn"], crate::kit::SERIAL);
}

async fn settings_set(world: &mut World) {
    let pair = &world.pair;
    pair.set(
        "deviceInfo",
        json!({"deviceSoundSize": 40, "appWelcomeMsg": "欢迎,@"}),
    )
    .await;
    pair.out_of_range("deviceInfo", "deviceSoundSize", json!(101))
        .await;
    let shared = json!({"volume": 0.6, "repeat_seconds": 0});
    pair.api.patch(&pair.at("/settings"), &shared).await;
    let native = world.told("getDeviceInfo", Value::Null).await;
    assert_eq!(native["deviceSoundSize"], 60);
    let high = json!({"faceFeaturePairNumber": 1.5});
    let why = pair.unsendable("setDeviceInfo", &high).await;
    assert!(why.contains("faceFeaturePairNumber"), "{why}");
}

async fn clock_set(world: &mut World) {
    let pair = &world.pair;
    let now = || jiff::Timestamp::now().as_second();
    pair.native("setTime", &json!({"ts": now() - 86_400})).await;
    let told = world.told("getTime", Value::Null).await["ts"].as_f64().unwrap();
    assert!(told < (now() - 80_000) as f64, "{told}");
    pair.done(&json!({"kind": "sync_time"})).await;
    let told = world.told("getTime", Value::Null).await["ts"].as_f64().unwrap();
    assert!((told - now() as f64).abs() < 5.0, "{told}");
}

async fn door(world: &mut World) {
    let before = world.pair.kiosk.state().await["door"]["openings"]
        .as_u64()
        .unwrap();
    world.pair.done(&json!({"kind": "open_door"})).await;
    let door = world.pair.kiosk.state().await["door"].clone();
    assert_eq!(
        (&door["openings"], &door["last"]["method"]),
        (&json!(before + 1), &json!("remote"))
    );
}

/// The hub asks before it enrols; the terminal's reason is the roster's.
async fn photo_looked_at(world: &mut World) {
    use base64::Engine as _;
    let empty = image::DynamicImage::new_rgb8(320, 320);
    let mut jpeg = Vec::new();
    empty
        .write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg)
        .unwrap();
    let photo = base64::engine::general_purpose::STANDARD.encode(jpeg);
    let checked = world.told("check", json!({"photo": photo})).await;
    assert_ne!(checked["isValid"], 0, "{checked}");
    let photo = base64::engine::general_purpose::STANDARD.encode(&world.photo);
    let checked = world.told("check", json!({"photo": photo})).await;
    assert_eq!(checked, json!({"isValid": 0, "isExist": false}));
}

async fn person_by_the_roster(world: &mut World) {
    let more = json!({"credentials": [{"kind": "ic_card", "number": "8899"}]});
    world.pair.person("one", &more).await;
    let photos = "/persons/one/photos";
    world.pair.api.upload(photos, world.photo.clone()).await;
    world.pair.settled(1).await;
    assert_eq!(world.pair.look(&world.unseen).await, "granted");
    let nameless = json!({"name": "nobody's"});
    assert!(world.pair.unsendable("setPerson", &nameless).await.contains("id"));
}

async fn person_read(world: &mut World) {
    let told = world.told("getPerson", json!({"id": "one"})).await;
    assert_eq!(
        (&told["name"], &told["IC_NO"]),
        (&json!("Name of one"), &json!("8899"))
    );
    assert!(
        world
            .pair
            .refused("getPerson", &json!({"id": "two"}))
            .await
            .contains("126")
    );
}

async fn everybody_read(world: &mut World) {
    let told = world.told("listPerson", Value::Null).await;
    assert_eq!(told["person"][0]["id"], "one", "{told}");
    let verified = world.pair.at("/roster/verify");
    world.pair.api.post(&verified, &json!({})).await;
}

async fn pass_pushed(world: &mut World) {
    let told = world.told("getRecordCallback", Value::Null).await;
    assert!(told["url"].as_str().unwrap().ends_with("/record"), "{told}");
    let nowhere = json!({"url": "nowhere"});
    assert!(
        world
            .pair
            .unsendable("setRecordCallback", &nowhere)
            .await
            .contains("url")
    );
    let before = world.pair.drained().await.len();
    assert_eq!(world.pair.look(&world.unseen).await, "granted");
    let records = world.pair.records_at_least(before + 1).await;
    let record = records.last().unwrap();
    assert_eq!(
        (&record["result"], &record["method"], &record["person_id"]),
        (&json!("granted"), &json!("face"), &json!("one"))
    );
    assert!(record["photo_url"].is_string(), "{record}");
}

/// What the hub has taken is deleted there; what is asked for again is not stored twice.
async fn records_listed(world: &mut World) {
    let before = world.pair.records().await.len();
    let (from, until) = ("2020-01-01T00:00:00Z", jiff::Timestamp::now().to_string());
    let again = json!({"kind": "resend_records", "from": from, "until": until});
    world.pair.done(&again).await;
    assert_eq!(world.pair.records().await.len(), before);
    let listed = world.told("listRecord", json!({"ts": 0, "count": 10})).await;
    assert!(listed.is_object(), "{listed}");
    assert!(
        world
            .pair
            .unsendable("listRecord", &json!({"ts": 0}))
            .await
            .contains("count")
    );
}

async fn picture(world: &mut World) {
    world.pair.look(&world.unseen).await;
    let result = world.pair.done(&json!({"kind": "snapshot"})).await;
    let url = result["photo_url"].as_str().unwrap().to_owned();
    assert!(face::decode::media_type(&world.pair.api.bytes(&url).await).is_some());
    let told = world.told("photo", json!({"count": 2})).await;
    assert_eq!(told["photos"].as_array().unwrap().len(), 2);
}

async fn records_removed(world: &mut World) {
    world.pair.look(&world.unseen).await;
    world.pair.done(&json!({"kind": "clear_records"})).await;
    world.pair.drained().await;
    let listed = world.told("listRecord", json!({"ts": 0, "count": 10})).await;
    assert_eq!(listed["records"].as_array().map_or(0, Vec::len), 0, "{listed}");
}

async fn person_removed(world: &mut World) {
    world.pair.api.delete("/persons/one").await;
    world.pair.settled(0).await;
    assert_eq!(world.pair.look(&world.unseen).await, "stranger");
    assert!(
        world
            .pair
            .refused("removePerson", &json!({"id": "one"}))
            .await
            .contains("126")
    );
}

/// The hub keeps up with a key that is set through it; whoever has the old one is refused.
async fn key_changed(world: &mut World) {
    world.told("setDeviceKey", json!({"newKey": KEY})).await;
    door(world).await;
    let device = world.pair.api.get(&world.pair.at("")).await;
    let url = format!("http://{}/getTime?key=abc", device["address"].as_str().unwrap());
    let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], 103, "{answer}");
}

async fn reset(world: &mut World) {
    world.told("reset", Value::Null).await;
    world.pair.online().await;
    door(world).await;
}

async fn restarted(world: &mut World) {
    let before = world
        .pair
        .api
        .get(&world.pair.at("/settings/native/deviceInfo"))
        .await;
    world.pair.restarts(&json!({"kind": "reboot"})).await;
    let after = world
        .pair
        .api
        .get(&world.pair.at("/settings/native/deviceInfo"))
        .await;
    for key in ["deviceSoundSize", "appWelcomeMsg", "sn"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    door(world).await;
}

async fn upgraded(world: &mut World) {
    let wrong = serve("app.apk", b"<html>not found</html>".to_vec()).await;
    let command = world
        .pair
        .command(&json!({"kind": "upgrade", "url": wrong}))
        .await;
    assert_eq!(command["state"], "failed", "{command}");
    let right = serve("app-2.0.apk", b"PK\x03\x04 and so on".to_vec()).await;
    world
        .pair
        .restarts(&json!({"kind": "upgrade", "url": right}))
        .await;
    until("the new version to be known", || async {
        let firmware = world.pair.api.get(&world.pair.at("")).await["firmware"].clone();
        firmware.as_str()?.contains("app-2.0").then_some(())
    })
    .await;
}
