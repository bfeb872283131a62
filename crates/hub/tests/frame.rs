//! What holds for the whole listener: problems, limits, headers, health, metrics, starting and stopping.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod kit;

use kit::TestHub;
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn every_kind_of_wrong_input_has_its_answer() {
    let hub = TestHub::start_with("[limits]\nbody_kb = 4\n").await;
    let admin = hub.admin().await;
    admin.get("/nothing").await.problem(404, "not_found");
    hub.nobody().get("//api/nothing").await.problem(404, "not_found");
    hub.nobody().get("//nothing").await.problem(404, "not_found");
    let wrong = admin.put("/users", &json!({})).await;
    assert!(wrong.header("allow").contains("GET"), "{:?}", wrong.headers);
    wrong.problem(405, "method_not_allowed");
    admin
        .get("/users?cursor=nonsense")
        .await
        .problem(400, "bad_cursor");
    for limit in ["0", "1001", "-1", "many"] {
        let problem = admin
            .get(&format!("/users?limit={limit}"))
            .await
            .problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "limit", "{problem}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(2000), "]".repeat(2000));
    for text in ["", "{", "nonsense", &deep] {
        admin
            .post_bytes("/users", "application/json", text.into())
            .await
            .problem(400, "not_json");
    }
    let problem = admin
        .post("/users", &json!({ "username": 1 }))
        .await
        .problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "username");
    admin
        .post_bytes("/users", "application/json", vec![b' '; 5000])
        .await
        .problem(413, "too_large");
    // Who writes it all before reading learns it, too.
    admin
        .post_bytes("/users", "application/json", vec![b' '; 20_000_000])
        .await
        .problem(413, "too_large");
    let odd = admin
        .request(Method::PATCH, "/settings")
        .header("if-match", "new")
        .json(&json!({}));
    kit::send(odd).await.problem(400, "bad_if_match");
}

#[tokio::test]
async fn json_of_ten_thousand_levels_is_not_understood() {
    let hub = TestHub::start().await;
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    hub.nobody()
        .post_bytes("/session", "application/json", deep.into())
        .await
        .problem(400, "not_json");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    for n in 0..5 {
        let user =
            json!({ "username": format!("user{n}"), "password": "two painted gods", "role": "viewer" });
        admin.post("/users", &user).await.expect(201);
    }
    let first = admin.get("/users?limit=4").await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 4);
    assert!(first["next_cursor"].is_string());
    let names: Vec<_> = admin
        .all("/users?limit=2")
        .await
        .iter()
        .map(|user| user["username"].clone())
        .collect();
    assert_eq!(names, ["admin", "user0", "user1", "user2", "user3", "user4"]);
    assert!(admin.get("/users?limit=6").await.json()["next_cursor"].is_null());
}

#[tokio::test]
async fn health_metrics_and_pages_are_where_the_contract_says() {
    let hub = TestHub::start().await;
    let nobody = hub.nobody();
    for path in [
        "//healthz",
        "//readyz",
        "//",
        "//app.js",
        "//app.css",
        "//api/openapi.json",
        "//api/docs",
    ] {
        let answer = nobody.get(path).await.expect(200);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'none'"),
            "{path}"
        );
    }
    nobody.get("//metrics").await.problem(401, "not_signed_in");
    let admin = hub.admin().await;
    for (scope, status) in [("users:read", 403), ("metrics:read", 200)] {
        let made = admin
            .post("/tokens", &json!({ "name": "m", "scopes": [scope] }))
            .await
            .expect(201)
            .json();
        let answer = nobody
            .with_token(made["token"].as_str().unwrap())
            .get("//metrics")
            .await
            .expect(status);
        if status == 200 {
            assert!(
                answer.text().contains("menshen_api_requests_total"),
                "{}",
                answer.text()
            );
        }
    }
}

#[tokio::test]
async fn metrics_can_be_open_and_two_hubs_share_a_process() {
    let first = TestHub::start_with("[admin]\nmetrics = \"open\"\n").await;
    let second = TestHub::start_with("[admin]\nmetrics = \"open\"\n").await;
    for hub in [first, second] {
        hub.nobody().get("//healthz").await.expect(200);
        assert!(
            hub.nobody()
                .get("//metrics")
                .await
                .expect(200)
                .text()
                .contains("/healthz")
        );
    }
}

#[tokio::test]
async fn the_listeners_are_written_down_before_the_hub_is_ready() {
    let hub = TestHub::start().await;
    let text = std::fs::read_to_string(hub.directory.path().join("listeners.json")).unwrap();
    let listeners: serde_json::Value = serde_json::from_str(&text).unwrap();
    for name in ["admin", "devices", "qyzn"] {
        let address: std::net::SocketAddr = listeners[name].as_str().unwrap().parse().unwrap();
        assert_ne!(address.port(), 0);
        TcpStream::connect(address).await.unwrap();
    }
    assert!(listeners.get("mqtt").is_none(), "{listeners}");
    let devices = format!("http://{}", listeners["devices"].as_str().unwrap());
    // The two listeners are never mixed.
    kit::Client::new(&devices)
        .get("/users")
        .await
        .problem(404, "not_found");
    kit::Client::new(&devices)
        .get("//readyz")
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_second_hub_over_the_same_folder_is_refused() {
    let hub = TestHub::start().await;
    let config = kit::config(hub.directory.path(), "");
    let error = hub::Hub::start(config, hub::Options::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("in use"), "{error}");
    hub.nobody().get("//readyz").await.expect(200);
}

#[tokio::test]
async fn settings_that_cannot_be_are_named() {
    for (overrides, key) in [
        ("[hub]\ntime_zone = \"Mars/Olympus\"\n", "hub.time_zone"),
        ("[store]\nurl = \"postgres://x\"\n", "store.url"),
        ("[blobs]\nurl = \"s3://x\"\n", "blobs.url"),
        ("[bus]\nurl = \"nats://x\"\n", "bus.url"),
        ("[face]\naccept = 0.1\n", "face.accept"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let config = kit::config(folder.path(), overrides);
        let error = hub::Hub::start(config, hub::Options::default())
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(key), "{error}");
    }
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = kit::config(folder.path(), "");
    config.admin.listen = taken.local_addr().unwrap().to_string();
    let error = hub::Hub::start(config, hub::Options::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("admin.listen"), "{error}");
    // The first start has not happened yet: the next one makes the password and gives it.
    let mut config = kit::config(folder.path(), "");
    config.admin.password = String::new();
    let running = hub::Hub::start(config, hub::Options::default()).await.unwrap();
    assert!(running.first_password().is_some());
    running.stop().await;
}

#[tokio::test]
async fn stopping_ends_streams_and_lets_go_of_the_folder() {
    let hub = TestHub::start().await;
    let events = hub.admin().await.events(None).await;
    let address = hub.running.listeners().admin.clone().unwrap();
    let begun = Instant::now();
    let (folder, ()) = tokio::join!(hub.stop(), events.end());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(TcpStream::connect(address).await.is_err());
    TestHub::start_in(folder, "")
        .await
        .admin()
        .await
        .get("/users")
        .await
        .expect(200);
}

#[tokio::test]
async fn slow_headers_and_slow_bodies_are_cut_off() {
    let hub = TestHub::start_with("[limits]\nheader_seconds = 1\nbody_seconds = 1\n").await;
    let address = hub.running.listeners().admin.clone().unwrap();
    let mut answers = Vec::new();
    for text in [
        "GET /healthz HTTP/1.1\r\nHost: x\r\n",
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        read.expect("the hub still waits").unwrap();
        answers.push(String::from_utf8_lossy(&answer).into_owned());
    }
    assert!(answers[1].starts_with("HTTP/1.1 408"), "{}", answers[1]);
}

#[tokio::test]
async fn more_connections_than_there_are_places_wait() {
    let hub = TestHub::start_with("[limits]\nadmin_connections = 2\n").await;
    let address = hub.running.listeners().admin.clone().unwrap();
    let idle = [
        TcpStream::connect(&address).await.unwrap(),
        TcpStream::connect(&address).await.unwrap(),
    ];
    let request = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut third = TcpStream::connect(&address).await.unwrap();
    third.write_all(request.as_bytes()).await.unwrap();
    let mut byte = [0; 1];
    let early = tokio::time::timeout(Duration::from_millis(300), third.read(&mut byte)).await;
    assert!(early.is_err(), "the third was served at once");
    drop(idle);
    let served = tokio::time::timeout(Duration::from_secs(10), third.read(&mut byte)).await;
    assert_eq!(served.expect("never served").unwrap(), 1);
}

#[tokio::test]
async fn a_file_that_is_no_request_costs_nothing() {
    let hub = TestHub::start().await;
    let address = hub.running.listeners().admin.clone().unwrap();
    for garbage in [
        &b"\x00\xff\x12\x34"[..],
        b"\r\n\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        &[b'A'; 100_000],
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let _ = stream.write_all(garbage).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer))
            .await
            .unwrap();
    }
    hub.nobody().get("//readyz").await.expect(200);
}
