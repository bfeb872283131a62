//! The device itself: the door (3.20), sounds (3.1.3, 3.1.4), the clock (3.5), the user (3.3), the network (3.4), the program
//! (3.29), and the factory's defaults (3.8).

use super::{BAD_PARAMETER, Row, World, local, play, rows};
use crate::asking::serve;
use crate::kit::{free_port, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Who calls the terminal once that was changed.
const USER: (&str, &str) = ("hub", "correct horse");

pub(super) const ROWS: &[Row] = rows! {
    "OpenDoor" => door,
    "GetAudio" => sounds_told,
    "SetAudio" => sound_played,
    "GetSysTime" => clock_told,
    "SetSysTime" => clock_set,
    "SetUserPwd" => user_changed,
    "GetNetParam" => network_told,
    "SetNetParam" => network_changed,
    "Upgrade" => upgraded,
    "SetFactoryDefault" => reset,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_operator_on_the_device() {
    play(ROWS).await;
}

/// With a text on the screen; the text alone opens nothing.
async fn door(world: &mut World) {
    let before = world.openings().await;
    let records = world.pair.drained().await.len();
    let mut events = world.pair.kiosk.events().await;
    world
        .pair
        .done(&json!({"kind": "open_door", "message": "欢迎光临"}))
        .await;
    assert_eq!(events.named("announcement").await["message"], "欢迎光临");
    let state = world.pair.kiosk.state().await["door"].clone();
    assert_eq!(
        (&state["openings"], &state["last"]["method"]),
        (&json!(before + 1), &json!("remote"))
    );
    let record = world.next_record(records).await;
    assert_eq!(
        (&record["method"], &record["result"]),
        (&json!("remote"), &json!("granted"))
    );
    world
        .pair
        .done(&json!({"kind": "show_message", "text": "请稍候"}))
        .await;
    assert_eq!(events.named("announcement").await["message"], "请稍候");
    // The old form says nothing of opening, and opens.
    world.done("OpenDoor", json!({"msg": ""})).await;
    assert_eq!(world.openings().await, before + 2);
    let commands = world.pair.at("/commands");
    let long = json!({"kind": "open_door", "message": "x".repeat(64)});
    let answer = world.pair.api.send(Method::POST, &commands, &long).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    world
        .refused("OpenDoor", json!({"Chn": 10}), (BAD_PARAMETER, "Chn"))
        .await;
}

async fn sounds_told(world: &mut World) {
    let told = world.told("GetAudio", Value::Null).await;
    let names = told["AudioName"].as_array().unwrap();
    assert_eq!(told["AudioNum"], names.len());
    assert!(names.contains(&json!("granted.wav")), "{told}");
}

async fn sound_played(world: &mut World) {
    let mut events = world.pair.kiosk.events().await;
    world
        .pair
        .done(&json!({"kind": "play_audio", "audio": "granted.wav"}))
        .await;
    assert_eq!(events.named("output").await["sound"], "granted.wav");
    let unknown = world
        .pair
        .command(&json!({"kind": "play_audio", "audio": "no.wav"}))
        .await;
    assert!(unknown["error"].as_str().unwrap().contains("no.wav"), "{unknown}");
    let wrong = json!({"AudioType": 2, "AudioName": "granted.wav"});
    world
        .refused("SetAudio", wrong, (BAD_PARAMETER, "AudioType"))
        .await;
}

async fn clock(world: &World) -> Value {
    let mut told = world.told("GetSysTime", Value::Null).await;
    told.as_object_mut().unwrap().retain(|key, _| key != "DeviceID");
    told
}

async fn clock_told(world: &mut World) {
    let told = clock(world).await;
    let zone = world.pair.api.get(&world.pair.at("/settings")).await["time_zone"]["value"].clone();
    let now = local(zone.as_str().unwrap());
    let part = |key: &str| i8::try_from(told[key].as_i64().unwrap()).unwrap();
    let shown = jiff::civil::date(
        i16::try_from(told["Year"].as_i64().unwrap()).unwrap(),
        part("Month"),
        part("Day"),
    )
    .at(part("Hour"), part("Minute"), part("Second"), 0);
    let off = now.duration_since(shown).abs();
    assert!(off < jiff::SignedDuration::from_secs(10), "{told}");
}

/// By its parts; what is not named stays.
async fn clock_set(world: &mut World) {
    let parts = json!({"Year": 2030, "Month": 3, "Day": 25, "Hour": 20});
    world.done("SetSysTime", parts).await;
    let told = clock(world).await;
    assert_eq!(
        (&told["Year"], &told["Month"], &told["Hour"]),
        (&json!(2030), &json!(3), &json!(20))
    );
    // The clock of the terminal is seen on its screen, too.
    let now = world.pair.kiosk.state().await["now"].clone();
    assert!(now.as_str().unwrap().starts_with("2030-03-2"), "{now}");
    world
        .refused("SetSysTime", json!({"Month": 13}), (BAD_PARAMETER, "Month"))
        .await;
    world
        .refused("SetSysTime", json!({"Month": 2, "Day": 30}), ("", "time"))
        .await;
    world.pair.done(&json!({"kind": "sync_time"})).await;
    clock_told(world).await;
    let skew = world.device().await["clock_skew_ms"].as_i64().unwrap();
    assert!(skew.abs() < 5_000, "{skew}");
}

/// The status of a call by somebody.
async fn called_by(world: &World, (user, password): (&str, &str)) -> StatusCode {
    let device = world.device().await;
    let url = format!("http://{}/action/GetSound", device["address"].as_str().unwrap());
    let request = reqwest::Client::new().post(url).basic_auth(user, Some(password));
    request.send().await.unwrap().status()
}

/// The hub keeps up with a user that is set through it, over restarts, too; whoever has the old one is refused.
async fn user_changed(world: &mut World) {
    assert_eq!(called_by(world, ("admin", "admin")).await, StatusCode::OK);
    world
        .refused(
            "SetUserPwd",
            json!({"User": "a:b", "Pwd": "x"}),
            (BAD_PARAMETER, "User"),
        )
        .await;
    world
        .done("SetUserPwd", json!({"User": USER.0, "Pwd": USER.1}))
        .await;
    door(world).await;
    assert_eq!(
        called_by(world, ("admin", "admin")).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(called_by(world, USER).await, StatusCode::OK);
    let credentials = world.pair.api.get(&world.pair.at("/credentials")).await;
    assert_eq!(
        (&credentials["user"], &credentials["password"]),
        (&json!(USER.0), &json!(USER.1))
    );
    world.pair.restarts(&json!({"kind": "reboot"})).await;
    door(world).await;
}

async fn network_told(world: &mut World) {
    let told = world.told("GetNetParam", Value::Null).await;
    let address = world.device().await["address"].clone();
    let shown = format!("{}:{}", told["IPAddr"].as_str().unwrap(), told["WebPort"]);
    assert_eq!(address, shown);
}

/// The terminal says nothing, restarts, and is found at its new port.
async fn network_changed(world: &mut World) {
    let port = free_port();
    let started = world.pair.kiosk.state().await["started_at"].clone();
    let changes = json!({"WebPort": port, "Gateway": "10.0.0.1", "DefRoute": 1});
    let path = world.pair.at("/settings/native/NetParam");
    world.pair.api.patch(&path, &changes).await;
    until("the terminal to have restarted", || async {
        (world.pair.kiosk.try_state().await?["started_at"] != started).then_some(())
    })
    .await;
    let moved = format!("127.0.0.1:{port}");
    until("the hub to have followed", || async {
        let device = world.pair.api.try_get(&world.pair.at("")).await?;
        (device["address"] == moved && device["status"] == "online").then_some(())
    })
    .await;
    let told = world.told("GetNetParam", Value::Null).await;
    for (key, value) in changes.as_object().unwrap() {
        assert_eq!(&told[key], value, "{key}");
    }
    world
        .pair
        .out_of_range("NetParam", "WebPort", json!(65_536))
        .await;
    world.pair.restarts(&json!({"kind": "reboot"})).await;
    network_told(world).await;
}

async fn upgraded(world: &mut World) {
    let commands = world.pair.at("/commands");
    let wrong = json!({"kind": "upgrade", "url": "http://127.0.0.1/a.bin"});
    let answer = world.pair.api.send(Method::POST, &commands, &wrong).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["errors"][0]["path"], "url", "{problem}");
    let nowhere = format!("http://127.0.0.1:{}/v5.swx", free_port());
    let failed = world
        .pair
        .command(&json!({"kind": "upgrade", "url": nowhere, "version": "v5.0.1"}))
        .await;
    assert!(failed["error"].as_str().unwrap().starts_with("465"), "{failed}");
    let url = serve("v5.swx", vec![1; 5000]).await;
    world
        .pair
        .restarts(&json!({"kind": "upgrade", "url": url, "version": "v5.0.1"}))
        .await;
    assert_eq!(world.told("GetSysParam", Value::Null).await["Version"], "v5.0.1");
    until("the hub to know the version", || async {
        (world.device().await["firmware"] == "v5.0.1").then_some(())
    })
    .await;
}

/// The parts that are named, and no others; what the hub wants there comes back.
async fn reset(world: &mut World) {
    let photo = world.photos[0][0].clone();
    world.enrolled("one", &json!({}), &photo).await;
    assert_eq!(world.pair.look(&world.photos[0][1]).await, "granted");
    assert_eq!(world.pair.look(&world.photos[1][0]).await, "stranger");
    let records = world.pair.drained().await.len();
    world.pair.set("Sound", json!({"Volume": 35})).await;
    world.pair.set("Center", json!({"CenterPort": 7777})).await;
    world
        .done("SetFactoryDefault", json!({"DefaltSoundSet": 1}))
        .await;
    assert_eq!(world.told("GetSound", Value::Null).await["Volume"], 80);
    assert_eq!(world.told("GetCenter", Value::Null).await["CenterPort"], 7777);
    // The records that it forgets were brought to the hub before.
    world.pair.done(&json!({"kind": "clear_records"})).await;
    for (operator, key) in [
        ("SearchControlNum", "ControlNum"),
        ("SearchCaptureNum", "CaptureNum"),
    ] {
        let ever = json!({"BeginTime": "2020-01-01T00:00:00", "EndTime": "2099-12-31T23:59:59"});
        assert_eq!(world.told(operator, ever).await[key], 0, "{operator}");
    }
    assert_eq!(world.pair.records().await.len(), records);
    world
        .pair
        .native("SetFactoryDefault", &json!({"DefaltPerson": 1}))
        .await;
    world
        .pair
        .api
        .post(&world.pair.at("/roster/verify"), &json!({}))
        .await;
    world.pair.settled(1).await;
    assert_eq!(world.pair.look(&world.photos[0][1]).await, "granted");
}
