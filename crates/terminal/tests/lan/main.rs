//! The `lan` endpoint against a platform written by hand from the document: calls as plain HTTP, pushes as plain bytes.
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
mod control;
mod examples;
mod people;
mod records;
mod settings;
mod table;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::{Door, PATIENCE};

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Whoever calls the device.
struct Caller {
    base: String,
    key: String,
    http: reqwest::Client,
}

impl Caller {
    fn of(door: &Door) -> Self {
        Self {
            base: format!("http://{}", door.running.listeners().lan.unwrap()),
            key: "abc".to_owned(),
            http: reqwest::Client::builder().timeout(PATIENCE).build().unwrap(),
        }
    }

    /// A POST with JSON; the key is added.
    async fn post(&self, name: &str, mut parameters: Value) -> Value {
        parameters["key"] = json!(self.key);
        let request = self.http.post(format!("{}/{name}", self.base));
        answer(
            request
                .header("content-type", "application/json")
                .body(parameters.to_string()),
        )
        .await
    }

    /// A GET; the key is added.
    async fn get(&self, name: &str, query: &str) -> Value {
        answer(
            self.http
                .get(format!("{}/{name}?key={}&{query}", self.base, self.key)),
        )
        .await
    }

    /// A POST that must succeed.
    async fn done(&self, name: &str, parameters: Value) -> Value {
        let answer = self.post(name, parameters).await;
        assert_eq!(answer["status"], 0, "{name}: {answer}");
        answer["data"].clone()
    }

    /// A GET that must succeed.
    async fn told(&self, name: &str, query: &str) -> Value {
        let answer = self.get(name, query).await;
        assert_eq!(answer["status"], 0, "{name}: {answer}");
        answer["data"].clone()
    }
}

/// HTTP 200 always, and JSON with a status and its words.
async fn answer(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert!(answer["status"].is_i64() && answer["msg"].is_string(), "{answer}");
    answer
}

/// `setPerson` as the document shows a person (3.7), without a photo.
fn person(id: &str) -> Value {
    json!({"id": id, "name": "胖虎", "IC_NO": "7267e840", "ID_NO": "990307189207026735", "passCount": 10000,
        "startTs": -1, "endTs": -1})
}

fn with(mut value: Value, field: &str, to: impl Into<Value>) -> Value {
    value[field] = to.into();
    value
}
