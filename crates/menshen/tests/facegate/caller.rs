//! Whoever else calls the terminal, with the credentials that the hub has.

use crate::kit::Pair;
use serde_json::{Value, json};

/// Another caller.
pub(crate) struct Caller {
    actions: String,
    user: String,
    password: String,
    serial: Value,
}

impl Caller {
    /// Of a pair's terminal; the hub must be there to say how it is called.
    pub(crate) async fn of(pair: &Pair) -> Self {
        let device = pair.api.get(&format!("/devices/{}", pair.device)).await;
        let credentials = pair.credentials().await["credentials"].clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            actions: format!("http://{}/action", text(&device["address"])),
            user: text(&credentials["user"]),
            password: text(&credentials["password"]),
            serial: device["serial"].clone(),
        }
    }

    /// A call with these fields in `info`; what it is answered.
    pub(crate) async fn call(&self, operator: &str, mut info: Value) -> Value {
        info["DeviceID"] = self.serial.clone();
        let answer = reqwest::Client::new()
            .post(format!("{}/{operator}", self.actions))
            .basic_auth(&self.user, Some(&self.password))
            .json(&json!({"operator": operator, "info": info}))
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    /// A call that must succeed.
    pub(crate) async fn done(&self, operator: &str, info: Value) {
        let answer = self.call(operator, info).await;
        assert_eq!(answer["code"], 200, "{answer}");
    }
}
