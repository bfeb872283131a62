//! One row for each operation of the document, between two real processes: what a platform asks is asked through the hub's
//! API and seen at the terminal; what a terminal tells has its cause at the terminal and is seen at the hub. Chapters 7 and
//! 8 with a terminal that is called, chapter 9 with one that asks.

use crate::kit::{Pair, Wire, photos, until};
use crate::wires;
use dialects::openapi::platform::PlatformRequest;
use dialects::openapi::{Listen, Request};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;

/// The document's names of operations, as committed beside the dialect.
const NAMES: &str = include_str!("../../../dialects/tests/names/openapi.txt");

/// The terminal asks the hub.
const ASKING: Wire = Wire {
    terminal: |hub, own| {
        vec![
            format!("openapi.listen=127.0.0.1:{own}"),
            format!("openapi.push_listen=127.0.0.1:{}", own + 1),
            format!("openapi.platform=http://127.0.0.1:{hub}/openapi"),
            "openapi.poll_seconds=1".to_owned(),
            "openapi.heartbeat_seconds=1".to_owned(),
        ]
    },
    dialled: None,
    ..wires::OPENAPI
};

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

/// Of a terminal that is called, in the order in which they are looked at.
const CALLED: &[Row] = rows! {
    "/api/device/information" => described,
    "/api/device/network" => network,
    "/api/device/networkcfg" => network,
    "/api/device/syncTime" => clock_set,
    "/api/device/open" => door,
    "/api/device/jsonCmd" => any_command,
    "/api/user" => person_by_the_roster,
    "/api/user/list" => everybody_read,
    "/api/user/update/{userId}" => person_changed,
    "ws /api/record" => pass_pushed,
    "push record" => pass_pushed,
    "/api/record" => records_listed,
    "/api/user/delete/{userId}" => person_removed,
    "/api/device/smartface" => face_settings,
    "/api/device/smartfacecfg" => face_settings,
    "/api/device/perpara" => peripherals,
    "/api/device/perparacfg" => peripherals,
    "/api/device/reboot" => restarted,
    "ws heartbeat" => listened_again,
};

/// Of a terminal that asks.
const ASKED: &[Row] = rows! {
    "syrecord" => person_fetched,
    "syresult" => person_fetched,
    "syface" => decided_by_the_hub,
    "syattribute" => card_reported,
    "syheartbeat" => alive,
};

fn named(rows: &[Row]) -> BTreeSet<&'static str> {
    let names: BTreeSet<&str> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), rows.len(), "a row twice");
    names
}

#[test]
fn the_rows_are_the_documents_operations_and_the_codes() {
    let rows = &named(CALLED) | &named(ASKED);
    let committed: BTreeSet<&str> = NAMES.lines().collect();
    assert_eq!(rows, committed);
    let socket = [Listen::NAME, Listen::HEARTBEAT_NAME, Listen::RECORD_NAME];
    let lists = [Request::ALL, PlatformRequest::ALL, &socket];
    let declared: BTreeSet<&str> = lists.into_iter().flatten().copied().collect();
    assert_eq!(rows, declared);
}

async fn play(wire: &Wire, rows: &[Row]) {
    let photos = photos().expect("the face models and sample photos");
    let pair = Pair::start_over(wire, &["terminal.repeat_seconds=0"]).await;
    let mut world = World {
        pair,
        photo: photos[0][0].clone(),
        unseen: photos[0][1].clone(),
    };
    for (name, row) in rows {
        let begun = Instant::now();
        row(&mut world).await;
        eprintln!("{name}: {} ms", begun.elapsed().as_millis());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_is_called_does_every_operation() {
    play(crate::WIRE, CALLED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_asks_does_every_operation() {
    play(&ASKING, ASKED).await;
}

impl World {
    /// What a call gives.
    async fn told(&self, path: &str, body: Value) -> Value {
        let answer = self.pair.native(path, &body).await;
        assert_eq!(answer["code"], 200, "{answer}");
        answer["data"].clone()
    }

    async fn device(&self) -> Value {
        self.pair.api.get(&self.pair.at("")).await
    }
}

async fn described(world: &mut World) {
    let told = world.told("/api/device/information", Value::Null).await;
    let device = world.device().await;
    assert_eq!(device["serial"], crate::kit::SERIAL);
    assert!(told.to_string().contains(crate::kit::SERIAL), "{told}");
}

async fn face_settings(world: &mut World) {
    let pair = &world.pair;
    pair.set("smartface", json!({"faceThre": 7, "faceInterval": 8}))
        .await;
    pair.out_of_range("smartface", "faceThre", json!(11)).await;
    let shared = pair.api.get(&pair.at("/settings")).await;
    assert_eq!(shared["repeat_seconds"], json!({"value": 8, "writable": true}));
    for switch in ["faceEnable", "faceCmpEnable"] {
        for (is_on, decides) in [(0, false), (1, true)] {
            pair.set("smartface", json!({ switch: is_on })).await;
            let answer = pair.kiosk.frame(world.unseen.clone()).await;
            assert_eq!(
                answer["decision"].is_object(),
                decides,
                "{switch} {is_on}: {answer}"
            );
        }
    }
}

async fn peripherals(world: &mut World) {
    let pair = &world.pair;
    pair.set("perpara", json!({"unlockOuttime": 6})).await;
    let shared = pair.api.get(&pair.at("/settings")).await;
    assert_eq!(shared["open_ms"]["value"], 6000);
    pair.out_of_range("perpara", "unlockOuttime", json!(-1)).await;
}

async fn network(world: &mut World) {
    let pair = &world.pair;
    let read = pair.api.get(&pair.at("/settings/native/network")).await;
    let told = world.told("/api/device/network", Value::Null).await;
    assert_eq!(told, read);
    // What is set is what it is: the test would lose the terminal otherwise.
    pair.api.patch(&pair.at("/settings/native/network"), &read).await;
    pair.out_of_range("network", "dhcpEnable", json!(7)).await;
}

async fn clock_set(world: &mut World) {
    world.pair.done(&json!({"kind": "sync_time"})).await;
    let skew = world.device().await["clock_skew_ms"].as_i64().unwrap();
    assert!(skew.abs() < 2_000, "{skew}");
}

async fn door(world: &mut World) {
    let before = world.pair.kiosk.state().await["door"]["openings"]
        .as_u64()
        .unwrap();
    world
        .pair
        .done(&json!({"kind": "open_door", "message": "欢迎光临"}))
        .await;
    let door = world.pair.kiosk.state().await["door"].clone();
    assert_eq!(
        (&door["openings"], &door["last"]["method"]),
        (&json!(before + 1), &json!("remote"))
    );
    let long = json!({"kind": "open_door", "message": "x".repeat(300)});
    let commands = world.pair.at("/commands");
    let answer = world.pair.api.send(reqwest::Method::POST, &commands, &long).await;
    assert_eq!(answer.status(), 422);
}

async fn any_command(world: &mut World) {
    world.told("/api/device/jsonCmd", json!({"cmd": "audio"})).await;
}

async fn person_by_the_roster(world: &mut World) {
    let more = json!({"gender": "female", "credentials": [{"kind": "ic_card", "number": "8899"}]});
    world.pair.person("one", &more).await;
    let photos = "/persons/one/photos";
    world.pair.api.upload(photos, world.photo.clone()).await;
    world.pair.settled(1).await;
    assert_eq!(world.pair.look(&world.unseen).await, "granted");
    let nameless = json!({"userId": "x", "userType": 1});
    let error = world.pair.refused("/api/user", &nameless).await;
    assert!(error.starts_with("30003"), "{error}");
}

async fn everybody_read(world: &mut World) {
    let told = world.told("/api/user/list", Value::Null).await.to_string();
    assert!(told.contains("Name of one") && told.contains("8899"), "{told}");
    world
        .pair
        .api
        .post(&world.pair.at("/roster/verify"), &json!({}))
        .await;
}

async fn person_changed(world: &mut World) {
    world
        .pair
        .api
        .patch("/persons/one", &json!({"name": "李四"}))
        .await;
    world.pair.settled(1).await;
    until("the new name", || async {
        let told = world.told("/api/user/list", Value::Null).await;
        told.to_string().contains("李四").then_some(())
    })
    .await;
    let nobody = "/api/user/update/two";
    let error = world.pair.refused(nobody, &json!({"name": "x"})).await;
    assert!(error.starts_with("20001"), "{error}");
}

async fn pass_pushed(world: &mut World) {
    let before = world.pair.drained().await.len();
    assert_eq!(world.pair.look(&world.unseen).await, "granted");
    let records = world.pair.records_at_least(before + 1).await;
    let record = records.last().unwrap();
    assert_eq!(
        (&record["result"], &record["method"], &record["person_id"]),
        (&json!("granted"), &json!("face"), &json!("one"))
    );
    assert!(record["photo_url"].is_string() && record["registered_photo_url"].is_string());
}

/// What is asked for again is not stored twice.
async fn records_listed(world: &mut World) {
    let before = world.pair.drained().await.len();
    let until = jiff::Timestamp::now().to_string();
    let again = json!({"kind": "resend_records", "from": "2020-01-01T00:00:00Z", "until": until});
    world.pair.done(&again).await;
    assert_eq!(world.pair.records().await.len(), before);
    let error = world.pair.refused("/api/record", &json!({"page": 0})).await;
    assert!(error.starts_with("30001"), "{error}");
}

async fn person_removed(world: &mut World) {
    world.pair.api.delete("/persons/one").await;
    world.pair.settled(0).await;
    assert_eq!(world.pair.look(&world.unseen).await, "stranger");
    let error = world.pair.refused("/api/user/delete/one", &Value::Null).await;
    assert!(error.starts_with("20001"), "{error}");
}

async fn restarted(world: &mut World) {
    let path = world.pair.at("/settings/native/smartface");
    let before = world.pair.api.get(&path).await;
    let started = world.pair.kiosk.state().await["started_at"].clone();
    world.pair.done(&json!({"kind": "reboot"})).await;
    until("the terminal to have restarted", || async {
        (world.pair.kiosk.try_state().await?["started_at"] != started).then_some(())
    })
    .await;
    let again = || async { (world.pair.api.try_get(&path).await? == before).then_some(()) };
    until("the settings to be as they were", again).await;
}

/// The socket is held, and both sides say that they are there.
async fn listened_again(world: &mut World) {
    world.pair.online().await;
    let before = world.device().await["last_seen_at"].clone();
    until("a sign of life", || async {
        (world.device().await["last_seen_at"] != before).then_some(())
    })
    .await;
    assert_eq!(world.device().await["status"], "online");
}

async fn alive(world: &mut World) {
    let before = world.device().await["last_seen_at"].clone();
    until("a heartbeat", || async {
        (world.device().await["last_seen_at"] != before).then_some(())
    })
    .await;
}

async fn person_fetched(world: &mut World) {
    if world.pair.api.try_get("/persons/one").await.is_none() {
        let more = json!({"credentials": [{"kind": "ic_card", "number": "8899"}]});
        world.pair.person("one", &more).await;
        let photos = "/persons/one/photos";
        world.pair.api.upload(photos, world.photo.clone()).await;
    }
    // Applied is what the terminal has confirmed.
    world.pair.settled(1).await;
}

/// The terminal says "pending", and opens once the hub said yes.
async fn decided_by_the_hub(world: &mut World) {
    let before = world.pair.records().await.len();
    let opened = || async {
        world.pair.kiosk.state().await["door"]["openings"]
            .as_u64()
            .unwrap()
    };
    let openings = opened().await;
    assert_eq!(world.pair.look(&world.unseen).await, "pending");
    let records = world.pair.records_at_least(before + 1).await;
    let record = records.last().unwrap();
    assert_eq!(
        (&record["result"], &record["person_id"]),
        (&json!("granted"), &json!("one"))
    );
    until("the door to open", || async {
        (opened().await == openings + 1).then_some(())
    })
    .await;
    // Schedules are the hub's alone here: the terminal still has the person.
    let never = json!({"name": "Never", "weekly": {}});
    let never = world.pair.api.post("/schedules", &never).await;
    let grant = format!("/grants/{}", world.pair.grant);
    let closed = json!({"schedule_id": never["id"]});
    world.pair.api.patch(&grant, &closed).await;
    world.pair.settled(1).await;
    world.pair.look(&world.unseen).await;
    let records = world.pair.records_at_least(before + 2).await;
    assert_eq!(records.last().unwrap()["result"], "out_of_schedule");
    assert_eq!(opened().await, openings + 1);
    let open = json!({"schedule_id": null});
    world.pair.api.patch(&grant, &open).await;
}

/// Chapter 9 brings no cards: this one is nobody's, and the message names nobody (hub rule 43).
async fn card_reported(world: &mut World) {
    let before = world.pair.records().await.len();
    world.pair.kiosk.card("8899").await;
    let records = world.pair.records_at_least(before + 1).await;
    let record = records.last().unwrap();
    assert_eq!(
        (&record["result"], &record["person_id"]),
        (&json!("stranger"), &Value::Null)
    );
}
