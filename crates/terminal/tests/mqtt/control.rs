//! The door, the program, the camera (2.1.3, 2.1.4, 2.3.2).

use crate::support::broker::{Broker, Wire};
use crate::support::{Door, PATIENCE, empty_picture, folder, mqtt_config, sample};
use crate::{base64, is_online};
use md5::{Digest, Md5};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::test]
async fn the_door_opens_and_says_what_it_is_told() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let mut events = door.events().await;
    let answer = wire.ask("onlineOpen", json!({"msg": "欢迎光临"})).await;
    assert_eq!(
        (answer.text("errorCode"), answer.text("msg")),
        ("100", "操作成功")
    );
    let said = loop {
        let (name, data) = events.next().await;
        if name == "announcement" {
            break data;
        }
    };
    assert_eq!(said, json!({"message": "欢迎光临", "speech": "欢迎光临"}));
    let state = door.state().await;
    assert_eq!(
        (&state["door"]["openings"], &state["door"]["last"]["method"]),
        (&json!(1), &json!("remote"))
    );
    let long = wire.ask("onlineOpen", json!({"msg": "欢".repeat(43)})).await;
    assert_eq!(long.text("errorCode"), "400");
    assert!(long.text("msg").contains("128"), "{}", long.text("msg"));
    assert_eq!(
        door.state().await["door"]["openings"],
        1,
        "a refused command changes nothing"
    );
}

#[tokio::test]
async fn the_camera_gives_what_it_sees() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start_with_faces(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let nothing = wire.ask("onlineGetPhoto", json!({"photoType": "1"})).await;
    assert_eq!((nothing.text("errorCode"), nothing.text("photo")), ("600", ""));
    door.frame(empty_picture()).await;
    let faceless = wire.ask("onlineGetPhoto", json!({"photoType": "0"})).await;
    assert_eq!(faceless.text("errorCode"), "601");
    let any = wire.ask("onlineGetPhoto", json!({"photoType": "1"})).await;
    assert_eq!(
        (any.text("errorCode"), any.text("photo")),
        ("100", base64(&empty_picture()).as_str())
    );
    let photo = sample("obama.jpg");
    door.frame(photo.clone()).await;
    let face = wire.ask("onlineGetPhoto", json!({"photoType": 0})).await;
    assert_eq!(
        (face.text("errorCode"), face.text("photo")),
        ("100", base64(&photo).as_str())
    );
    let wrong = wire.ask("onlineGetPhoto", json!({"photoType": "2"})).await;
    assert_eq!(wrong.text("errorCode"), "400");
}

/// Serves a file once, when it is let; gives the address and the permit.
async fn server(file: &'static [u8]) -> (String, tokio::sync::oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/fw/V9.1.0", listener.local_addr().unwrap());
    let (permit, let_go) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let _ = stream.read(&mut asked).await.unwrap();
        let _ = tokio::time::timeout(PATIENCE, let_go).await;
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            file.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(file).await.unwrap();
    });
    (url, permit)
}

/// The codes that an update is answered with, until one is final.
async fn codes(wire: &mut Wire, msg_id: &str) -> Vec<String> {
    let mut codes = Vec::new();
    loop {
        let answer = wire.answer_to("onlineUpdate", msg_id).await;
        let code = answer.text("errorCode").to_owned();
        let is_final = !matches!(code.as_str(), "500" | "501");
        codes.push(code);
        if is_final {
            return codes;
        }
    }
}

async fn update(wire: &mut Wire, url: &str, key: &str) -> Vec<String> {
    let fields = json!({"updateType": "1", "updateUrl": url, "updateKey": key});
    let msg_id = wire.command("onlineUpdate", fields).await;
    codes(wire, &msg_id).await
}

#[tokio::test]
async fn a_program_is_fetched_checked_and_installed_by_a_restart() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let before = door.state_where(is_online).await["started_at"].clone();
    let (url, permit) = server(b"a program").await;
    let fields = json!({"updateType": "1", "updateUrl": url, "updateKey": "9"});
    let msg_id = wire.command("onlineUpdate", fields).await;
    let first = wire.answer_to("onlineUpdate", &msg_id).await;
    assert_eq!((first.text("errorCode"), first.text("msg")), ("500", "下载中"));
    // Another one meanwhile.
    assert_eq!(update(&mut wire, &url, "9").await, ["507"]);
    permit.send(()).unwrap();
    assert_eq!(codes(&mut wire, &msg_id).await, ["501", "100"]);
    wire.closed().await;
    let mut wire = broker.accept().await;
    assert_eq!(wire.message("register").await.text("softwareVersion"), "V9.1.0");
    wire.answer_register("100").await;
    assert_ne!(door.state_where(is_online).await["started_at"], before);
}

#[tokio::test]
async fn a_program_that_is_not_the_one_announced_is_refused() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let served = || async {
        let (url, permit) = server(b"a program").await;
        permit.send(()).unwrap();
        url
    };
    assert_eq!(update(&mut wire, &served().await, "10").await, ["500", "503"]);
    assert_eq!(
        update(&mut wire, &served().await, &"0".repeat(32)).await,
        ["500", "504"]
    );
    assert_eq!(
        update(&mut wire, "http://127.0.0.1:1/x", "9").await,
        ["500", "502"]
    );
    assert_eq!(update(&mut wire, "ftp://127.0.0.1/x", "9").await, ["500", "502"]);
    assert_eq!(update(&mut wire, "http://127.0.0.1:1/x", "soon").await, ["400"]);
    assert_eq!(update(&mut wire, "", "9").await, ["400"]);
    let md5: String = Md5::digest(b"a program")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        update(&mut wire, &served().await, &md5).await,
        ["500", "501", "100"]
    );
    drop(door);
}
