//! The swarms of the dialects over HTTP against hubs written from the documents.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::http::{Received, Receiver};
use terminal::swarm::{SwarmOptions, SwarmReport, facegate, lan, openapi};

const DEVICES: usize = 5;
const RECORDS: u32 = 3;

/// How often each record came.
type Seen = Arc<Mutex<BTreeMap<String, usize>>>;

fn options(hub: &Receiver) -> SwarmOptions {
    SwarmOptions {
        hub: hub.url("").trim_start_matches("http://").to_owned(),
        count: DEVICES,
        records_per_second: 0.0,
        records_per_device: Some(RECORDS),
        duration: Duration::from_secs(60),
        photo_bytes: 6_000,
        serial_prefix: "S".to_owned(),
        ..SwarmOptions::default()
    }
}

fn check(report: &SwarmReport, seen: &Seen) {
    let all = DEVICES as u64 * u64::from(RECORDS);
    assert_eq!((report.devices, report.connected), (DEVICES, DEVICES));
    assert_eq!((report.sent, report.acknowledged, report.lost), (all, all, 0));
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len() as u64, all, "{seen:?}");
    // The very first was refused once, and came again.
    assert_eq!(seen.values().sum::<usize>() as u64, all + 1);
}

/// Notes a record; whether it is taken.
fn note(seen: &Seen, id: String) -> bool {
    let mut seen = seen.lock().unwrap();
    let is_first = seen.is_empty();
    *seen.entry(id).or_default() += 1;
    !is_first
}

async fn openapi_hub(mut request: Received, seen: &Seen) {
    let (path, _) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut parts = path.trim_start_matches("/openapi/").split('/');
    let answer = match (parts.next().unwrap(), parts.next().unwrap()) {
        ("syrecord", _) => json!({"serviceResponse": {"list": [], "lastQueryTime": 1}}),
        ("syheartbeat", _) => json!({"ret": "0", "desc": "Success"}),
        ("syface", serial) => {
            let face = request.json();
            assert_eq!(face["deviceId"], serial);
            assert!(face["img"].as_str().unwrap().len() > 6_000);
            let taken = note(seen, face["userId"].as_str().unwrap().to_owned());
            json!({"ret": if taken { "0" } else { "1" }, "desc": "", "openDoor": 1, "unlockDelay": 20})
        }
        other => panic!("{other:?}"),
    };
    request.answer(&answer.to_string()).await;
}

#[tokio::test]
async fn devices_of_chapter_9_deliver_every_record() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let hub = Receiver::listen().await;
    let (options, seen) = (options(&hub), Seen::default());
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            openapi_hub(hub.next_ever().await, &noted).await;
        }
    });
    check(&openapi::run(options).await.unwrap(), &seen);
}

#[tokio::test]
async fn lan_devices_that_are_dialled_deliver_every_record() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let hub = Receiver::listen().await;
    let (options, seen) = (options(&hub), Seen::default());
    let (noted, records) = (Arc::clone(&seen), hub.url("/lan/record"));
    tokio::spawn(async move {
        let mut dialled = BTreeSet::new();
        loop {
            let mut request = hub.next_ever().await;
            let form = request.form();
            if request.target == "/lan/record" {
                assert!(form["photo"].len() > 6_000);
                let taken = note(&noted, form["personID"].clone());
                request
                    .answer(&json!({"status": u8::from(!taken)}).to_string())
                    .await;
                continue;
            }
            assert_eq!(request.target, "/lan/heartbeat");
            request.answer("{\"status\":0}").await;
            if dialled.insert(form["deviceSn"].clone()) {
                let address = form["deviceIpAddress"].clone();
                let set = [("key", "abc"), ("url", records.as_str())];
                let url =
                    reqwest::Url::parse_with_params(&format!("http://{address}:8088/setRecordCallback"), set);
                let answer = reqwest::Client::new().post(url.unwrap()).send().await.unwrap();
                let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
                assert_eq!(answer["status"], 0);
            }
        }
    });
    check(&lan::run(options).await.unwrap(), &seen);
}

/// Subscribes at a device as the document has it (3.12).
async fn subscribe(device: IpAddr, hub: &str) {
    let path = |what: &str| format!("/facegate/token/{what}");
    let body = json!({"operator": "Subscribe", "info": {
        "Num": 2, "Topics": ["Snap", "Verify"], "SubscribeAddr": hub,
        "SubscribeUrl": {"Snap": path("snap"), "Verify": path("verify"), "HeartBeat": path("heartbeat")},
        "BeatInterval": 30, "ResumefromBreakpoint": 1, "Auth": "none",
    }});
    let call = reqwest::Client::new()
        .post(format!("http://{device}/action/Subscribe"))
        .basic_auth("admin", Some("admin"))
        .body(body.to_string());
    let answer = call.send().await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        (&answer["code"], &answer["info"]["Result"]),
        (&json!(200), &json!("Ok"))
    );
}

#[tokio::test]
async fn facegate_devices_that_are_dialled_deliver_every_record() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let hub = Receiver::listen().await;
    let (options, seen) = (options(&hub), Seen::default());
    let (noted, address) = (Arc::clone(&seen), hub.url(""));
    tokio::spawn(async move {
        let mut dialled = BTreeSet::new();
        loop {
            let mut request = hub.next_ever().await;
            assert!(request.head.contains("\r\nContent-Length: "), "{}", request.head);
            let push = request.json();
            let device = push["info"]["DeviceID"].as_i64().unwrap();
            let answer = if push["operator"] == "VerifyPush" {
                assert_eq!(request.target, "/facegate/token/verify");
                assert!(push["SanpPic"].as_str().unwrap().len() > 6_000);
                let id = format!("{device} {}", push["info"]["PersonUUID"]);
                let taken = note(&noted, id);
                json!({"code": if taken { 200 } else { 500 }, "desc": "OK"})
            } else {
                assert_eq!(push["operator"], "HeartBeat");
                json!({"operator": "HeartBeat", "code": 200, "desc": "OK"})
            };
            request.answer(&answer.to_string()).await;
            if dialled.insert(device) {
                assert_eq!(request.target, "/facegate/heartbeat");
                subscribe(request.peer(), &address).await;
            }
        }
    });
    check(&facegate::run(options).await.unwrap(), &seen);
}
