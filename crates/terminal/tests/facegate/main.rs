//! The `facegate` endpoint against a platform written by hand from the document: calls as plain HTTP, pushes as plain
//! bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../support/mod.rs"]
mod support;

mod broker;
mod deciders;
mod envelope;
mod faces;
mod factory;
mod network;
mod passwords;
mod people;
mod photos;
mod pushes;
mod records;
mod settings;
mod table;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::{Door, PATIENCE};

const PREFIX: &str = "data:image/jpeg;base64,";
const DEVICE: i64 = 1_300_001;

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn picture(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", base64(bytes))
}

/// Whoever calls the device.
struct Caller {
    base: String,
    user: String,
    password: String,
    http: reqwest::Client,
}

impl Caller {
    fn of(door: &Door) -> Self {
        Self {
            base: format!("http://{}", door.running.listeners().facegate.unwrap()),
            user: "admin".to_owned(),
            password: "admin".to_owned(),
            http: reqwest::Client::builder().timeout(PATIENCE).build().unwrap(),
        }
    }

    fn request(&self, operator: &str, body: String) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}/action/{operator}", self.base));
        request
            .basic_auth(&self.user, Some(&self.password))
            .header("content-type", "application/json")
            .body(body)
    }

    /// A call with a body as it stands.
    async fn raw(&self, operator: &str, body: &str) -> Value {
        let response = self.request(operator, body.to_owned()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let text = response.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{operator}: {error}: {text}"))
    }

    /// A call with these fields in `info`.
    async fn call(&self, operator: &str, info: Value) -> Value {
        let body = json!({"operator": operator, "info": info});
        self.raw(operator, &body.to_string()).await
    }

    /// A call that must succeed with the answer of B.2.
    async fn done(&self, operator: &str, info: Value) {
        let answer = self.call(operator, info).await;
        assert_eq!(
            answer,
            json!({"operator": operator, "code": 200, "info": {"Result": "Ok"}})
        );
    }

    /// A call that must tell something.
    async fn told(&self, operator: &str, info: Value) -> Value {
        let answer = self.call(operator, info).await;
        assert_ne!(answer["info"]["Result"], "Fail", "{operator}: {answer}");
        answer["info"].clone()
    }

    /// A call that must fail; the code.
    async fn refused(&self, operator: &str, info: Value) -> Value {
        let answer = self.call(operator, info).await;
        failed(&answer, operator)
    }
}

/// The code of a failure (B.2).
fn failed(answer: &Value, operator: &str) -> Value {
    assert_eq!(answer["operator"], operator, "{answer}");
    assert_eq!(answer["info"]["Result"], "Fail", "{answer}");
    assert!(answer["info"]["Detail"].is_string(), "{answer}");
    answer["code"].clone()
}

/// The RF card of the person `u-1`.
const CARD: &str = "752D31";

/// The number of a person's RF card, hexadecimal.
fn rf(uuid: &str) -> String {
    uuid.bytes().take(8).map(|byte| format!("{byte:02X}")).collect()
}

/// `AddPerson` as the document shows it (3.10.1), with a photo.
fn person(uuid: &str, photo: &[u8]) -> Value {
    json!({
        "operator": "AddPerson",
        "info": {
            "DeviceID": DEVICE, "PersonType": 0, "Name": format!("Name {uuid}"), "Gender": 1, "Nation": 1,
            "CardType": 0, "IdCard": "422823199012141054", "Birthday": "1990-12-14", "Telnum": "18888888888",
            "Native": "广东深圳", "Address": "广东省深圳市南山区", "Notes": "测试名单", "MjCardFrom": 2,
            "WiegandType": 1, "CardMode": 0, "MjCardNo": 1_234_567, "RFCardMode": 1, "RFIDCard": rf(uuid),
            "Tempvalid": 0, "PersonUUID": uuid, "isCheckSimilarity": 0,
        },
        "picinfo": picture(photo),
    })
}

fn with(mut body: Value, field: &str, to: impl Into<Value>) -> Value {
    body["info"][field] = to.into();
    body
}

/// A picture that nothing looks at, where there is no engine.
fn any_photo() -> Vec<u8> {
    support::empty_picture()
}
