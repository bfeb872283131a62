//! The hub alone against a lan terminal written from the document's bytes: the first word to it, its key, what it posts,
//! what it left during an outage, and devices that misbehave.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod http_device;
mod kit;

use http_device::{HttpDevice, Reaction};
use kit::{Answer, Client, TestHub};
use serde_json::{Value, json};

const DONE: &str = r#"{"status":0,"msg":"ok"}"#;
const REFUSED: &str = r#"{"status":103,"msg":"key error"}"#;
const INFO: &str = r#"{"data":{"APKVersion":"1.0.5","sn":"LAN-1","name":"door"},"msg":"ok","status":0}"#;

/// What a terminal answers that is at peace.
fn peaceful() -> Vec<(&'static str, String)> {
    let now = jiff::Timestamp::now().as_millisecond() as f64 / 1000.0;
    let mut answers = vec![
        ("/getDeviceInfo", INFO.to_owned()),
        (
            "/getTime",
            format!(r#"{{"data":{{"ts":{now}}},"msg":"ok","status":0}}"#),
        ),
        (
            "/listPerson",
            r#"{"data":{"person":[]},"msg":"ok","status":0}"#.to_owned(),
        ),
        (
            "/listRecord",
            r#"{"data":"{\"record\":[]}","msg":"ok","status":0}"#.to_owned(),
        ),
    ];
    for done in [
        "/setDeviceKey",
        "/setRecordCallback",
        "/setHeartBeat",
        "/removeRecord",
        "/open",
    ] {
        answers.push((done, DONE.to_owned()));
    }
    answers
}

async fn terminal() -> HttpDevice {
    let answers = peaceful();
    let answers: Vec<(&str, &str)> = answers
        .iter()
        .map(|(path, body)| (*path, body.as_str()))
        .collect();
    HttpDevice::start(&answers).await
}

/// A hub that fetches soon what an outage left.
async fn hub() -> (TestHub, Client) {
    let overrides =
        "[devices]\nfill_after_ms = 100\ndrain_quiet_ms = 50\ncall_seconds = 2\n[faces]\ncheck = \"off\"\n";
    let hub = TestHub::start_with(overrides).await;
    let admin = hub.admin().await;
    (hub, admin)
}

async fn enter(admin: &Client, device: &HttpDevice, credentials: Value) -> String {
    let body = json!({"dialect": "lan", "address": device.address.to_string(), "credentials": credentials});
    let entered = admin.post("/devices", &body).await.expect(201).json();
    assert_eq!(entered["pinned_address"], "127.0.0.1");
    format!("/devices/{}", entered["id"].as_str().unwrap())
}

/// Waits until the device has this status.
async fn until(admin: &Client, path: &str, status: &str) -> Value {
    let mut events = admin.events(None).await;
    loop {
        let shown = admin.get(path).await.expect(200).json();
        if shown["status"] == status {
            return shown;
        }
        events.next_named("device.status").await;
    }
}

fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut url = reqwest::Url::parse("http://x").unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap().as_bytes().to_vec()
}

/// What a terminal posts.
async fn push(url: &str, pairs: &[(&str, &str)]) -> Answer {
    let post = reqwest::Client::new().post(url).body(form(pairs));
    kit::send(post.header("Content-Type", "application/x-www-form-urlencoded")).await
}

/// The address that a call told the device.
async fn told(device: &mut HttpDevice, call: &str) -> String {
    device.asked(call).await.form()["url"].clone()
}

#[tokio::test]
async fn the_factorys_key_is_replaced_before_anything_else() {
    let (hub, admin) = hub().await;
    let mut device = terminal().await;
    let path = enter(&admin, &device, json!({"key": "abc"})).await;

    let first = device.next().await;
    assert_eq!(
        (first.method.as_str(), first.path.as_str()),
        ("POST", "/setDeviceKey")
    );
    assert_eq!(
        first.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let first = first.form();
    assert_eq!(first["key"], "abc");
    let key = first["newKey"].clone();
    assert_eq!(key.len(), 20);
    let next = device.next().await;
    assert_eq!(
        (next.method.as_str(), next.path.as_str()),
        ("GET", "/getDeviceInfo")
    );
    assert_eq!(next.form()["key"], key);

    let devices = hub.running.listeners().devices.clone().unwrap();
    let records = device.asked("/setRecordCallback").await.form();
    assert_eq!(records["key"], key);
    let address = records["url"]
        .strip_prefix(&format!("http://{devices}/lan/"))
        .unwrap();
    let token = address.strip_suffix("/record").unwrap();
    assert!(token.len() >= 32, "unguessable");
    let heartbeats = device.asked("/setHeartBeat").await.form();
    assert_eq!(
        heartbeats["url"],
        format!("http://{devices}/lan/{token}/heartbeat")
    );
    assert_eq!(heartbeats["period"], "15.0");

    let shown = until(&admin, &path, "online").await;
    assert_eq!(shown["serial"], "LAN-1");
    assert_eq!(shown["name"], "LAN-1");
    assert_eq!(shown["firmware"], "1.0.5");
    assert!(shown["clock_skew_ms"].as_i64().unwrap().abs() < 60_000);
    let kept = admin.get(&format!("{path}/credentials")).await.expect(200).json();
    assert_eq!(kept["key"], key.as_str());
}

#[tokio::test]
async fn a_key_in_doubt_is_tried_and_the_old_one_too() {
    let (_hub, admin) = hub().await;
    let mut device = terminal().await;
    // The answer is lost: nobody knows whether the terminal took the key.
    device.on("/setDeviceKey", Reaction::HangUp);
    let path = enter(&admin, &device, json!({"key": "abc"})).await;
    let sent = device.asked("/setDeviceKey").await.form()["newKey"].clone();
    // It did not.
    device.answers("/getDeviceInfo", REFUSED);
    let tried = device.asked("/getDeviceInfo").await;
    assert_eq!(tried.form()["key"], sent);
    let again = device.asked("/setDeviceKey").await.form();
    assert_eq!(
        (again["key"].as_str(), again["newKey"].as_str()),
        ("abc", sent.as_str())
    );
    // Now it did.
    device.answers("/getDeviceInfo", INFO);
    until(&admin, &path, "online").await;
    let kept = admin.get(&format!("{path}/credentials")).await.expect(200).json();
    assert_eq!(kept["key"], sent.as_str());
}

#[tokio::test]
async fn a_wrong_key_keeps_the_device_offline_until_it_is_corrected() {
    let (_hub, admin) = hub().await;
    let mut device = terminal().await;
    device.answers("/getDeviceInfo", REFUSED);
    let path = enter(&admin, &device, json!({"key": "wrong"})).await;
    assert_eq!(device.asked("/getDeviceInfo").await.form()["key"], "wrong");
    device.asked("/getDeviceInfo").await;
    assert_eq!(admin.get(&path).await.json()["status"], "offline");
    device.answers("/getDeviceInfo", INFO);
    let right = json!({"credentials": {"key": "right"}});
    admin.patch(&path, &right).await.expect(200);
    loop {
        if device.asked("/getDeviceInfo").await.form()["key"] == "right" {
            break;
        }
    }
    until(&admin, &path, "online").await;
    // Disabled: nobody calls it any more; on again: it is dialled.
    admin
        .patch(&path, &json!({"status": "disabled"}))
        .await
        .expect(200);
    until(&admin, &path, "disabled").await;
    admin.patch(&path, &json!({"status": "online"})).await.expect(200);
    until(&admin, &path, "online").await;
}

#[tokio::test]
async fn what_is_posted_is_kept_once_and_acknowledged_then() {
    let (hub, admin) = hub().await;
    let mut device = terminal().await;
    let path = enter(&admin, &device, json!({"key": "k"})).await;
    let url = told(&mut device, "/setRecordCallback").await;
    let alive = told(&mut device, "/setHeartBeat").await;
    until(&admin, &path, "online").await;
    let ts = "1.54287105593E9";
    let record = [
        ("deviceSn", "LAN-1"),
        ("personID", "p-7"),
        ("ts", ts),
        ("passType", "0"),
        ("photo", "/9j/2wBDABQODxIPDRQ="),
    ];
    for _ in 0..2 {
        let answer = push(&url, &record).await.expect(200);
        assert_eq!(answer.text(), r#"{"status":0,"data":""}"#);
        assert_eq!(answer.header("content-type"), "application/json");
    }
    let kept = admin.all("/records").await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["occurred_at"], "2018-11-22T07:17:35.93Z");
    assert_eq!(kept[0]["result"], "granted");
    assert_eq!(kept[0]["method"], "face");
    assert_eq!(kept[0]["late"], true);
    let photo = kept[0]["photo_url"]
        .as_str()
        .unwrap()
        .trim_start_matches("/api/v1")
        .to_owned();
    assert_eq!(admin.get(&photo).await.expect(200).bytes[..2], [0xff, 0xd8]);

    let answer = push(&alive, &[("deviceSn", "LAN-1"), ("deviceAppVersion", "1")])
        .await
        .expect(200);
    assert_eq!(answer.text(), r#"{"status":0}"#);
    // A terminal set up by hand comes from the pinned address.
    let by_hand = format!(
        "http://{}/lan/record",
        hub.running.listeners().devices.clone().unwrap()
    );
    assert_eq!(push(&by_hand, &record).await.expect(200).json()["status"], 0);
    // Without a time, and under a token that nobody has.
    assert_eq!(
        push(&url, &[("personID", "7")]).await.expect(200).json()["status"],
        101
    );
    let token = url.split('/').nth_back(1).unwrap();
    push(&url.replace(token, "guessed"), &record).await.expect(404);
    assert_eq!(admin.all("/records").await.len(), 1);
}

#[tokio::test]
async fn an_unknown_terminal_is_pending_and_not_acknowledged() {
    let (hub, admin) = hub().await;
    let base = format!("http://{}/lan", hub.running.listeners().devices.clone().unwrap());
    let record = [
        ("deviceSn", "LAN-9"),
        ("personID", "p-7"),
        ("ts", "1542871055.93"),
    ];
    let answer = push(&format!("{base}/record"), &record).await.expect(200);
    assert_eq!(answer.json()["status"], 1);
    let beat = push(&format!("{base}/heartbeat"), &[("deviceSn", "LAN-9")])
        .await
        .expect(200);
    assert_eq!(beat.json()["status"], 1);
    let pending = admin.all("/devices").await;
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0]["status"], "pending");
    assert_eq!(pending[0]["address"], "127.0.0.1:8088");
    let path = format!("/devices/{}", pending[0]["id"].as_str().unwrap());
    let approved = admin
        .post(&format!("{path}/approve"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(approved["pinned_address"], "127.0.0.1");
    let answer = push(&format!("{base}/record"), &record).await.expect(200);
    assert_eq!(answer.json()["status"], 0);
    // Somebody else's address, or the own by its name; what is none is refused.
    for (pinned, status) in [("localhost", 200), ("localhost:80", 422), ("192.0.2.1", 200)] {
        let answer = admin
            .patch(&path, &json!({"pinned_address": pinned}))
            .await
            .expect(status);
        if pinned == "localhost" {
            assert_eq!(answer.json()["pinned_address"], "localhost");
        }
    }
    push(&format!("{base}/record"), &record).await.expect(404);
}

#[tokio::test]
async fn what_an_outage_left_is_fetched_and_only_that_is_deleted() {
    let (_hub, admin) = hub().await;
    let mut device = terminal().await;
    let listed = r#"{"data":{"record":[{"personID":"b","passType":0,"ts":1.5428711E9},{"name":"A","personID":"a","ts":1542871055.93}]},"msg":"ok","status":0}"#;
    device.answers("/listRecord", listed);
    let path = enter(&admin, &device, json!({"key": "k"})).await;
    let asked = device.asked("/listRecord").await;
    assert_eq!(asked.method, "GET");
    assert_eq!(
        (asked.form()["ts"].as_str(), asked.form()["count"].as_str()),
        ("0", "50")
    );
    let removed = device.asked("/removeRecord").await;
    assert_eq!(removed.form()["ts"], "1542871100");
    let kept = admin
        .all(&format!(
            "/records?device_id={}",
            path.rsplit('/').next().unwrap()
        ))
        .await;
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|record| record["late"] == true));
    assert_eq!(kept[1]["person_name"], "A");
}

#[tokio::test]
async fn misbehaving_devices_delay_no_other() {
    let (_hub, admin) = hub().await;
    let mut good = terminal().await;
    let path = enter(&admin, &good, json!({"key": "k"})).await;
    until(&admin, &path, "online").await;
    let mut bad = Vec::new();
    let redirect =
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec();
    for reaction in [
        Reaction::Endless,
        Reaction::Flood,
        Reaction::HangUp,
        Reaction::Raw(redirect),
        Reaction::Raw(b"\0\xff not HTTP at all\r\n\r\n".to_vec()),
        Reaction::Answer("[".repeat(100_000)),
    ] {
        let device = terminal().await;
        device.on("/getDeviceInfo", reaction);
        bad.push((enter(&admin, &device, json!({"key": "k"})).await, device));
    }
    // All of them are being called.
    for (_, device) in &mut bad {
        device.asked("/getDeviceInfo").await;
    }
    let begun = std::time::Instant::now();
    let door = json!({"kind": "open_door"});
    admin.post(&format!("{path}/commands"), &door).await.expect(202);
    let asked = good.asked("/open").await;
    assert_eq!(
        (asked.method.as_str(), asked.form()["key"].as_str()),
        ("POST", "k")
    );
    assert!(begun.elapsed() < std::time::Duration::from_secs(2));
    // They are called again, and again in vain.
    for (path, device) in &mut bad {
        device.asked("/getDeviceInfo").await;
        assert_eq!(admin.get(path).await.json()["status"], "offline");
    }
}

#[tokio::test]
async fn what_cannot_be_dialled_is_refused_by_name() {
    let (_hub, admin) = hub().await;
    let refused = async |body: Value| {
        let problem = admin.post("/devices", &body).await.expect(422).json();
        problem["errors"][0]["path"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(json!({"dialect": "lan"})).await, "address");
    assert_eq!(
        refused(json!({"dialect": "lan", "address": "http://x/"})).await,
        "address"
    );
    let at = |more: Value| {
        let mut body = json!({"dialect": "lan", "address": "192.0.2.1:8088"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(
        refused(at(json!({"credentials": {"key": ""}}))).await,
        "credentials.key"
    );
    assert_eq!(
        refused(at(json!({"credentials": {"user": "x"}}))).await,
        "credentials"
    );
    assert_eq!(
        refused(at(json!({"push_address": "192.0.2.1:9000"}))).await,
        "push_address"
    );
    assert_eq!(refused(at(json!({"decision": "hub"}))).await, "decision");
    admin.post("/devices", &at(json!({}))).await.expect(201);
    admin.post("/devices", &at(json!({}))).await.expect(409);
}
