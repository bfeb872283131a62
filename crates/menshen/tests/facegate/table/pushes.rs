//! What the terminal pushes (3.12, 3.14), and that the hub keeps it subscribed.

use super::{BAD_PARAMETER, Row, World, bytes_of, play, rows};
use crate::kit::until;
use axum::Router;
use axum::extract::State;
use axum::routing::any;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The seconds between heartbeats that the hub of these tests asks for.
const PERIOD: u64 = 3;
/// The topics that the hub subscribes.
const TOPICS: [&str; 6] = ["Snap", "Verify", "QRCode", "IDCard", "Card", "PassWord"];

pub(super) const ROWS: &[Row] = rows! {
    "GetSubscribe" => subscribed_by_the_hub,
    "VerifyPush" => somebody_told,
    "SnapPush" => stranger_told,
    "IDCardInfoPush" => document_told,
    "QRCodePush" => code_decided,
    "Subscribe" => subscribed_elsewhere,
    "HeartBeat" => alive,
    "Unsubscribe" => unsubscribed,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_push() {
    play(ROWS).await;
}

/// What is subscribed, asked of the terminal itself: an answer to the hub would be a sign of life.
async fn subscription(world: &World) -> Value {
    let device = world.device().await;
    let url = format!(
        "http://{}/action/GetSubscribe",
        device["address"].as_str().unwrap()
    );
    let request = reqwest::Client::new()
        .post(url)
        .basic_auth("admin", Some("admin"));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["info"].clone()
}

fn is_the_hubs(held: &Value) -> bool {
    let topics = held["Topics"].as_array().into_iter().flatten();
    let topics: BTreeSet<&str> = topics.filter_map(Value::as_str).collect();
    topics == BTreeSet::from(TOPICS)
}

/// Waits until the hub has noticed that the terminal pushes to it no more.
async fn subscribed_again(world: &World) {
    until("the hub to subscribe again", || async {
        is_the_hubs(&subscription(world).await).then_some(())
    })
    .await;
}

async fn subscribed_by_the_hub(world: &mut World) {
    let told = world.told("GetSubscribe", Value::Null).await;
    assert!(is_the_hubs(&told), "{told}");
    assert_eq!(
        (&told["BeatInterval"], &told["ResumefromBreakpoint"]),
        (&json!(PERIOD), &json!(1))
    );
    let address = told["SubscribeAddr"].as_str().unwrap();
    assert_eq!(address, format!("http://{}", crate::kit::here(world.pair.port)));
    // Each in its own place, which nobody can guess.
    let urls = told["SubscribeUrl"].as_object().unwrap();
    let different: BTreeSet<&str> = urls.values().filter_map(Value::as_str).collect();
    assert_eq!(different.len(), TOPICS.len() + 1);
}

/// With both pictures, as the terminal sent them.
async fn somebody_told(world: &mut World) {
    let number = "422823199012141054";
    let credentials = json!([{"kind": "id_card", "number": number}, {"kind": "qr", "number": "code of one"}]);
    let photo = world.photos[0][0].clone();
    world
        .enrolled("one", &json!({"credentials": credentials}), &photo)
        .await;
    let before = world.pair.drained().await.len();
    let frame = &world.photos[0][1];
    assert_eq!(world.pair.look(frame).await, "granted");
    let record = world.next_record(before).await;
    for (key, value) in [
        ("result", "granted"),
        ("method", "face"),
        ("person_id", "one"),
        ("person_name", "Name of one"),
    ] {
        assert_eq!(record[key], value, "{record}");
    }
    assert_eq!(record["late"], false, "{record}");
    assert!(record["score"].as_f64().unwrap() >= 0.8, "{record}");
    let native = &record["native"];
    assert_eq!(
        (
            &native["operator"],
            &native["info"]["VerfyType"],
            &native["info"]["VerifyStatus"]
        ),
        (&json!("VerifyPush"), &json!(1), &json!(1))
    );
    let taken = world.pair.api.bytes(record["photo_url"].as_str().unwrap()).await;
    assert_eq!(&taken, frame);
    let found = json!({"SearchType": 1, "SearchID": "one", "Picture": 1});
    let enrolled = world.pair.native("SearchPerson", &found).await["picinfo"].clone();
    let registered = record["registered_photo_url"].as_str().unwrap();
    assert_eq!(world.pair.api.bytes(registered).await, bytes_of(&enrolled));
}

async fn stranger_told(world: &mut World) {
    let before = world.pair.drained().await.len();
    let frame = &world.photos[1][0];
    assert_eq!(world.pair.look(frame).await, "stranger");
    let record = world.next_record(before).await;
    assert_eq!(
        (
            &record["result"],
            &record["method"],
            &record["person_id"],
            &record["native"]["operator"]
        ),
        (
            &json!("stranger"),
            &json!("face"),
            &Value::Null,
            &json!("SnapPush")
        )
    );
    let taken = world.pair.api.bytes(record["photo_url"].as_str().unwrap()).await;
    assert_eq!(&taken, frame);
}

/// What the card itself says comes before the pass, which says what the terminal knows.
async fn document_told(world: &mut World) {
    let before = world.pair.drained().await.len();
    let document = json!({"name": "张三", "gender": "女", "birthday": "1990-12-14", "authority": "深圳市公安局",
        "address": "广东省深圳市南山区", "valid_from": "2015.01.02", "valid_until": "2035.01.02"});
    let shown = json!({"kind": "id_card", "number": "422823199012141054", "document": document});
    assert_eq!(
        world.pair.kiosk.show(&shown).await["decision"]["result"],
        "granted"
    );
    let record = world.next_record(before).await;
    assert_eq!(
        (&record["result"], &record["method"], &record["person_id"]),
        (&json!("granted"), &json!("id_card"), &json!("one"))
    );
    let told = &record["document"];
    for (key, value) in [
        ("number", "422823199012141054"),
        ("name", "张三"),
        ("gender", "女"),
        ("authority", "深圳市公安局"),
        ("address", "广东省深圳市南山区"),
        ("valid_from", "20150102"),
        ("valid_until", "20350102"),
    ] {
        assert_eq!(told[key], value, "{record}");
    }
    // Of nobody whom the terminal knows.
    let before = world.pair.drained().await.len();
    let document = json!({"name": "李四", "authority": "北京市公安局"});
    let shown = json!({"kind": "id_card", "number": "110101200001011237", "document": document});
    assert_eq!(
        world.pair.kiosk.show(&shown).await["decision"]["result"],
        "not_authorised"
    );
    let record = world.next_record(before).await;
    let told = &record["document"];
    assert_eq!(
        (
            &told["number"],
            &told["name"],
            &told["authority"],
            &record["person_id"]
        ),
        (
            &json!("110101200001011237"),
            &json!("李四"),
            &json!("北京市公安局"),
            &Value::Null
        )
    );
}

/// The hub says yes by `OpenDoor`, no by a text, and keeps a record of either.
async fn code_decided(world: &mut World) {
    for (code, result, person, opens) in [
        ("code of one", "granted", json!("one"), 1),
        ("code of nobody", "denied", Value::Null, 0),
    ] {
        let (records, openings) = (world.pair.records().await.len(), world.openings().await);
        assert_eq!(world.presented("qr", code).await, result);
        assert_eq!(world.openings().await, openings + opens, "{code}");
        let record = world.next_record(records).await;
        assert_eq!(
            (
                &record["method"],
                &record["person_id"],
                &record["native"]["operator"]
            ),
            (&json!("qr"), &person, &json!("QRCodePush"))
        );
        assert_eq!(record["result"] == "granted", opens == 1, "{record}");
    }
}

/// A platform that acknowledges whatever it is told.
async fn platform() -> (String, mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (told, heard) = mpsc::unbounded_channel();
    let take = |State(told): State<mpsc::UnboundedSender<Value>>, body: String| async move {
        let _nobody_listens = told.send(serde_json::from_str(&body).unwrap());
        r#"{"code":200,"desc":"OK"}"#
    };
    let router = Router::new().fallback(any(take)).with_state(told);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, heard)
}

/// What was subscribed for another platform goes there, until the hub has noticed.
async fn subscribed_elsewhere(world: &mut World) {
    let (address, mut heard) = platform().await;
    let call = json!({
        "Num": 1, "Topics": ["Snap"], "SubscribeAddr": address, "SubscribeUrl": {"Snap": "/Subscribe/Snap"},
        "BeatInterval": 7, "Auth": "Basic", "User": "guest", "Pwd": "secret", "ResumefromBreakpoint": 0,
    });
    let mut wrong = call.clone();
    wrong["Topics"] = json!(["Weather"]);
    world.refused("Subscribe", wrong, (BAD_PARAMETER, "Topics")).await;
    world.done("Subscribe", call).await;
    let told = world.told("GetSubscribe", Value::Null).await;
    assert_eq!(
        (
            &told["Topics"],
            &told["SubscribeAddr"],
            &told["BeatInterval"],
            &told["User"]
        ),
        (&json!(["Snap"]), &json!(address), &json!(7), &json!("guest"))
    );
    assert_eq!(world.pair.look(&world.photos[1][0]).await, "stranger");
    let push = heard.recv().await.unwrap();
    assert_eq!(push["operator"], "SnapPush");
    assert_eq!(bytes_of(&push["SanpPic"]), world.photos[1][0]);
    subscribed_again(world).await;
    // What went elsewhere is fetched.
    world.pair.drained().await;
}

/// A heartbeat on its way to the hub, which answers as the document says, and to nobody else.
async fn alive(world: &mut World) {
    let hubs = world.told("GetSubscribe", Value::Null).await;
    let (address, mut heard) = platform().await;
    let call = json!({
        "Num": 1, "Topics": ["Snap"], "SubscribeAddr": address,
        "SubscribeUrl": {"Snap": "/Subscribe/Snap", "HeartBeat": "/Subscribe/heartbeat"}, "BeatInterval": 1,
    });
    world.done("Subscribe", call).await;
    heard.recv().await.unwrap();
    let beat = heard.recv().await.unwrap();
    assert_eq!(beat["operator"], "HeartBeat");
    assert_eq!(beat["info"]["Time"].as_str().unwrap().len(), 19);
    let path = hubs["SubscribeUrl"]["HeartBeat"].as_str().unwrap();
    let url = format!("{}{path}", hubs["SubscribeAddr"].as_str().unwrap());
    let post = |url: String| reqwest::Client::new().post(url).json(&beat).send();
    let answer: Value = post(url.clone()).await.unwrap().json().await.unwrap();
    assert_eq!(
        answer,
        json!({"operator": "HeartBeat", "code": 200, "desc": "OK", "info": {"Result": "Ok"}})
    );
    let guessed = url.replace(path, "/facegate/00000000000000000000000000000000/heartbeat");
    assert_eq!(post(guessed).await.unwrap().status(), 404);
    subscribed_again(world).await;
    assert_eq!(world.device().await["status"], "online");
}

async fn unsubscribed(world: &mut World) {
    world
        .refused(
            "Unsubscribe",
            json!({"Num": 0, "Topics": []}),
            (BAD_PARAMETER, "Topics"),
        )
        .await;
    world
        .done("Unsubscribe", json!({"Num": 2, "Topics": ["Snap", "Card"]}))
        .await;
    let told = world.told("GetSubscribe", Value::Null).await;
    assert_eq!(
        (&told["Num"], told["Topics"].as_array().unwrap().len()),
        (&json!(4), 4)
    );
    for pair in [["Verify", "QRCode"], ["IDCard", "PassWord"]] {
        world.done("Unsubscribe", json!({"Num": 2, "Topics": pair})).await;
    }
    assert_eq!(world.told("GetSubscribe", Value::Null).await, json!({"Num": 0}));
    subscribed_again(world).await;
    let before = world.pair.drained().await.len();
    world.pair.look(&world.photos[0][1]).await;
    let record = world.next_record(before).await;
    assert_eq!(record["native"]["operator"], "VerifyPush", "{record}");
}
