//! Records, asked for (8.3.2) and pushed (8.3.3).

use crate::support::{Door, PATIENCE, folder, openapi_config, sample};
use crate::{Caller, base64, now, sign, user, with};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

/// A platform that listens.
struct Listener(WebSocketStream<TcpStream>);

impl Listener {
    async fn open(door: &Door, password: &str) -> Self {
        let address = door.running.listeners().openapi_push.unwrap();
        let timestamp = now();
        let sign = sign(timestamp, password);
        let url = format!("ws://{address}/api/record?timestamp={timestamp}&sign={sign}");
        let stream = TcpStream::connect(address).await.unwrap();
        Self(tokio_tungstenite::client_async(url, stream).await.unwrap().0)
    }

    async fn greeted(door: &Door) -> Self {
        let mut listener = Self::open(door, "123456").await;
        assert_eq!(listener.next().await.unwrap()["code"], 20000);
        listener
    }

    /// The next message; `None` after the farewell.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next())
                .await
                .expect("in time");
            match message {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_))) | None | Some(Err(Error::Protocol(_) | Error::Io(_))) => {
                    return None;
                }
                other => drop(other),
            }
        }
    }
}

#[tokio::test]
async fn several_platforms_listen_and_each_is_told_every_recognition() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let enrolled = sample("obama.jpg");
    caller
        .done("/api/user", with(user("1"), "photo", base64(&enrolled)))
        .await;
    let (mut one, mut two) = (Listener::greeted(&door).await, Listener::greeted(&door).await);
    two.0.send(Message::text("{}")).await.unwrap();
    let photo = sample("obama2.jpg");
    door.frame(photo.clone()).await;
    door.frame(sample("biden.jpg")).await;
    let pushed = one.next().await.unwrap();
    assert_eq!(
        (&pushed["code"], &pushed["message"]),
        (&json!(30000), &json!("push record"))
    );
    let record = &pushed["data"];
    let fields = ["userId", "name", "userType", "type", "inputType"].map(|name| &record[name]);
    assert_eq!(
        fields,
        [&json!("1"), &json!("张三"), &json!(1), &json!(1), &json!(1)]
    );
    assert_eq!(record["signAvatar"], base64(&photo));
    assert_eq!(record["photo"], base64(&enrolled));
    assert_eq!(record["deviceMark"], "MS-TEST-1");
    assert!((80..=100).contains(&record["similarity"].as_i64().unwrap()));
    let stranger = one.next().await.unwrap()["data"].clone();
    assert_eq!(
        (&stranger["userId"], &stranger["type"]),
        (&json!("0"), &json!(-1))
    );
    assert_eq!(two.next().await.unwrap()["data"], *record);
    assert_eq!(two.next().await.unwrap()["data"], stranger);
    // The same records, the newest first, to whoever asks.
    let listed = caller.told("/api/record", "").await;
    assert_eq!(listed["total"], 2);
    assert_eq!(listed["data"], json!([stranger, record]));
}

#[tokio::test]
async fn whoever_does_not_know_the_password_is_told_after_the_upgrade() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let mut stranger = Listener::open(&door, "wrong").await;
    let refusal = stranger.next().await.unwrap();
    assert_eq!(
        (&refusal["code"], &refusal["message"]),
        (&json!(20002), &json!("Permission Denied!"))
    );
    assert_eq!(stranger.next().await, None);
    // A stop says farewell to those who listen.
    let mut listener = Listener::greeted(&door).await;
    door.running.stop().await;
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn records_are_listed_by_time_by_person_and_by_page() {
    let (_folder, path) = folder();
    let mut config = openapi_config(&path, "");
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    for id in ["1", "2"] {
        caller
            .done("/api/user", with(user(id), "name", format!("name {id}")))
            .await;
    }
    for _ in 0..12 {
        door.card("card 1").await;
    }
    door.card("card 2").await;
    door.card("unknown").await;
    let seconds = now() / 1000;
    let page = caller.told("/api/record", "size=5&page=3").await;
    assert_eq!(
        ["total", "size", "pageSize", "totalPage"].map(|name| page[name].as_i64().unwrap()),
        [14, 4, 5, 3]
    );
    let of = async |query: &str| {
        let answer = caller.get("/api/record", query).await;
        let total = answer["data"]["total"].as_i64();
        total.unwrap_or_else(|| i64::from(answer["code"] != 50008))
    };
    assert_eq!(of("userId=2").await, 1);
    assert_eq!(of("userId=0").await, 14);
    assert_eq!(of("username=name%201").await, 12);
    assert_eq!(of("type=-1").await, 1);
    assert_eq!(
        of(&format!("startTime={}&endTime={}", seconds - 60, seconds + 60)).await,
        14
    );
    assert_eq!(of(&format!("endTime={}", seconds - 60)).await, 0);
    assert_eq!(of(&format!("startTime={}", seconds + 60)).await, 0);
    let newest = caller.told("/api/record", "size=1").await["data"][0].clone();
    assert_eq!(
        (&newest["type"], &newest["inputType"], &newest["icNumber"]),
        (&json!(-1), &json!(3), &json!("unknown"))
    );
}
