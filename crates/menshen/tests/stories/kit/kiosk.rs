//! The terminal's own page.

use super::{PATIENCE, good, media_type};
use crate::WIRE;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

/// The terminal's camera, reader and state.
#[derive(Clone)]
pub(crate) struct Kiosk {
    base: String,
    http: Client,
}

impl Kiosk {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            base: format!("http://{address}"),
            http: Client::new(),
        }
    }

    pub(crate) async fn frame(&self, picture: Vec<u8>) -> Value {
        let request = self
            .http
            .post(format!("{}/api/frames", self.base))
            .header(CONTENT_TYPE, media_type(&picture));
        good("a frame", request.body(picture).send().await.unwrap()).await
    }

    /// Something of a kind, presented to the reader.
    pub(crate) async fn present(&self, kind: &str, number: &str) -> Value {
        self.show(&json!({ "kind": kind, "number": number })).await
    }

    /// The same with whatever else it says.
    pub(crate) async fn show(&self, credential: &Value) -> Value {
        let request = self.http.post(format!("{}/api/credentials", self.base));
        let answer = request.json(credential).send().await.unwrap();
        good("a credential", answer).await
    }

    /// What the sensors measure from now on.
    pub(crate) async fn senses(&self, measured: &Value) {
        let request = self.http.put(format!("{}/api/sensors", self.base));
        good("sensors", request.json(measured).send().await.unwrap()).await;
    }

    /// Somebody at the door calls a room.
    pub(crate) async fn call(&self, room: &str) -> (u16, Value) {
        let request = self.http.post(format!("{}/api/calls", self.base));
        let answer = request.json(&json!({ "room": room })).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// What is told live, from now on.
    pub(crate) async fn events(&self) -> Told {
        let answer = self
            .http
            .get(format!("{}/api/events", self.base))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        Told {
            answer,
            text: String::new(),
        }
    }

    /// A person's card.
    pub(crate) async fn card(&self, person: &str) -> Value {
        self.try_card(person).await.expect("an answer to a card")
    }

    /// A person's card; `None` where the terminal did not answer.
    pub(crate) async fn try_card(&self, person: &str) -> Option<Value> {
        let (kind, number) = (WIRE.card)(person);
        let body = json!({ "kind": kind, "number": number });
        let answer = self
            .http
            .post(format!("{}/api/credentials", self.base))
            .json(&body)
            .send()
            .await
            .ok()?;
        if answer.status() == StatusCode::OK {
            answer.json().await.ok()
        } else {
            None
        }
    }

    pub(crate) async fn state(&self) -> Value {
        self.try_state().await.expect("the kiosk's state")
    }

    pub(crate) async fn try_state(&self) -> Option<Value> {
        let answer = self
            .http
            .get(format!("{}/api/state", self.base))
            .send()
            .await
            .ok()?;
        answer.json().await.ok()
    }
}

/// A stream of events.
pub(crate) struct Told {
    answer: Response,
    text: String,
}

impl Told {
    /// The next event of this name.
    pub(crate) async fn named(&mut self, name: &str) -> Value {
        let start = format!("event: {name}\n");
        loop {
            if let Some(at) = self.text.find(&start)
                && let Some(end) = self.text[at..].find("\n\n")
            {
                let event = self.text[at..at + end].to_owned();
                self.text.drain(..at + end);
                let data = event
                    .lines()
                    .find_map(|line| line.strip_prefix("data: "))
                    .unwrap();
                return serde_json::from_str(data).unwrap();
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await;
            let chunk = chunk
                .expect("an event in time")
                .unwrap()
                .expect("the stream goes on");
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}
