//! The `openapi` endpoint against a platform written by hand from the document: calls and pushes (8), and the other way
//! round (9).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod chapter9;
mod examples;
mod people;
mod records;
mod settings;
mod table;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dialects::openapi::sign::Stamps;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use support::{Door, PATIENCE};

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Milliseconds since 1970, by the computer's clock, each time others: what acts takes a signature once.
fn now() -> i64 {
    static STAMPS: Stamps = Stamps::new();
    let since: Duration = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    STAMPS.next(i64::try_from(since.as_millis()).unwrap())
}

/// `md5(timestamp#password)` (4.1).
fn sign(timestamp: i64, password: &str) -> String {
    let digest = Md5::digest(format!("{timestamp}#{password}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whoever calls the device.
struct Caller {
    base: String,
    http: reqwest::Client,
}

impl Caller {
    fn of(door: &Door) -> Self {
        Self {
            base: format!("http://{}", door.running.listeners().openapi.unwrap()),
            http: reqwest::Client::builder().timeout(PATIENCE).build().unwrap(),
        }
    }

    fn url(&self, path: &str, timestamp: i64, password: &str) -> String {
        let sign = sign(timestamp, password);
        format!("{}{path}?timestamp={timestamp}&sign={sign}", self.base)
    }

    async fn post(&self, path: &str, content: Value) -> Value {
        let url = self.url(path, now(), "123456");
        answer(self.http.post(url).body(content.to_string())).await
    }

    async fn get(&self, path: &str, query: &str) -> Value {
        let url = format!("{}&{query}", self.url(path, now(), "123456"));
        answer(self.http.get(url)).await
    }

    /// A POST that must succeed.
    async fn done(&self, path: &str, content: Value) -> Value {
        let answer = self.post(path, content).await;
        assert_eq!(answer["code"], 200, "{path}: {answer}");
        answer["data"].clone()
    }

    /// A GET that must succeed.
    async fn told(&self, path: &str, query: &str) -> Value {
        let answer = self.get(path, query).await;
        assert_eq!(answer["code"], 200, "{path}: {answer}");
        answer["data"].clone()
    }
}

/// HTTP 200 always, and JSON with a code and its words.
async fn answer(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert!(
        answer["code"].is_i64() && answer["message"].is_string(),
        "{answer}"
    );
    answer
}

/// A person in the form of 8.2.1, without a photo.
fn user(id: &str) -> Value {
    json!({"userId": id, "userType": 1, "name": "张三", "icNumber": format!("card {id}"), "jobNumber": "A7",
        "mobile": "18868681819", "remark": ""})
}

fn with(mut value: Value, field: &str, to: impl Into<Value>) -> Value {
    value[field] = to.into();
    value
}

/// `SmartFaceObject` (8.1.4), whole.
fn smart_face() -> Value {
    json!({"faceEnable": 1, "faceCmpEnable": 1, "faceThre": 5, "faceMinsize": 60, "faceMaxsize": 400,
        "faceInterval": 8, "imgType": 1, "maskDetecEnable": 1, "tempDetecEnable": 1, "tempWarnThre": 37.3,
        "ftpPutImgEnable": 0, "faceFrame": 1})
}

/// `PerParaObject` (8.1.5), whole.
fn peripherals() -> Value {
    json!({"detecTemMod": 0, "alarmType": 0, "voiceProswitch": 1, "tempNormal": 1, "maskNormal": 1, "cmpNormal": 1,
        "RecordOpen": 0, "unlockControl": 1, "unlockOuttime": 7})
}

/// `NetworkObject` (8.1.2), whole.
fn network() -> Value {
    json!({"dhcpEnable": 0, "ipAddress": "192.168.1.23", "subMask": "255.255.255.0", "DNS1": "114.114.114.114",
        "DNS2": "", "defRout": "192.168.1.1"})
}
