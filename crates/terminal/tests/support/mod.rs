//! A terminal on a port of its own, and what tests ask of its kiosk.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

pub mod broker;
pub mod http;
pub mod platform;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use model::access::Rule;
use model::{Credential, CredentialKind, Person, PersonId};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use terminal::config::{FacegateConfig, LanConfig, MqttConfig, OpenapiConfig, QyznConfig, TerminalConfig};
use terminal::people::Newcomer;
use terminal::{Running, StartOptions, Terminal};

/// Longer than anything here takes; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The engine, loaded once per process.
fn engine() -> Arc<face::Engine> {
    static ENGINE: OnceLock<Arc<face::Engine>> = OnceLock::new();
    let load = || {
        let folder = face::models::default_directory();
        let engine = face::Engine::load(
            &folder,
            face::Settings {
                threads: 1,
                ..face::Settings::default()
            },
        );
        Arc::new(engine.expect("the models are installed: menshen models install"))
    };
    Arc::clone(ENGINE.get_or_init(load))
}

/// A sample photo.
pub fn sample(name: &str) -> Vec<u8> {
    let path = face::samples::default_directory().join(name);
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}: cargo xtask test installs it", path.display()))
}

/// A picture without a face.
pub fn empty_picture() -> Vec<u8> {
    terminal::swarm::photo::jpeg(2_000)
}

/// A member who may always pass with an IC card.
pub fn card_holder(wire_id: &str, card: &str) -> Newcomer {
    let credential = Credential {
        kind: CredentialKind::IcCard,
        number: card.to_owned(),
        facility: None,
        bits: None,
    };
    let person = Person {
        credentials: vec![credential],
        ..Person::new(PersonId::new(wire_id).unwrap(), format!("Name of {wire_id}"))
    };
    Newcomer {
        dialect: "lan",
        wire_id: wire_id.to_owned(),
        person,
        rules: vec![Rule::default()],
        greeting: model::Greeting::default(),
        photos: Vec::new(),
    }
}

/// A member who may always pass, with a photo.
pub fn face_holder(wire_id: &str, photo: &str) -> Newcomer {
    Newcomer {
        photos: vec![("1".to_owned(), sample(photo))],
        ..card_holder(wire_id, &format!("card of {wire_id}"))
    }
}

/// A running terminal.
pub struct Door {
    pub running: Running,
    pub config: TerminalConfig,
    http: reqwest::Client,
}

/// A configuration on loopback with a data folder of its own; no models.
pub fn config(folder: &Path) -> TerminalConfig {
    let mut config = TerminalConfig::default();
    config.terminal.data = folder.to_owned();
    config.terminal.serial = "MS-TEST-1".to_owned();
    config.terminal.language = "en".to_owned();
    config.kiosk.listen = "127.0.0.1:0".to_owned();
    config.face.models = folder.join("no-models").display().to_string();
    config
}

/// The same, dialling a qyzn platform.
pub fn qyzn_config(folder: &Path, platform: String) -> TerminalConfig {
    let qyzn = QyznConfig {
        platform,
        reconnect_seconds: 0,
        ..QyznConfig::default()
    };
    TerminalConfig {
        qyzn: Some(qyzn),
        ..config(folder)
    }
}

/// The same, a client of an MQTT broker.
pub fn mqtt_config(folder: &Path, broker: String) -> TerminalConfig {
    let mqtt = MqttConfig {
        broker,
        reconnect_seconds: 0,
        ..MqttConfig::default()
    };
    TerminalConfig {
        mqtt: Some(mqtt),
        ..config(folder)
    }
}

/// The same, called over HTTP in its own network.
pub fn lan_config(folder: &Path) -> TerminalConfig {
    let lan = LanConfig {
        listen: "127.0.0.1:0".to_owned(),
        resend_seconds: 1,
    };
    TerminalConfig {
        lan: Some(lan),
        ..config(folder)
    }
}

/// The same, called at `/action/<Operator>`.
pub fn facegate_config(folder: &Path) -> TerminalConfig {
    let facegate = FacegateConfig {
        listen: "127.0.0.1:0".to_owned(),
        resend_seconds: 1,
        device_id: 1_300_001,
    };
    TerminalConfig {
        facegate: Some(facegate),
        ..config(folder)
    }
}

/// The same, called and listened to, with a platform of chapter 9 or none.
pub fn openapi_config(folder: &Path, platform: &str) -> TerminalConfig {
    let openapi = OpenapiConfig {
        listen: "127.0.0.1:0".to_owned(),
        push_listen: "127.0.0.1:0".to_owned(),
        platform: platform.to_owned(),
        poll_seconds: 1,
        heartbeat_seconds: 1,
        resend_seconds: 1,
        ..OpenapiConfig::default()
    };
    TerminalConfig {
        openapi: Some(openapi),
        ..config(folder)
    }
}

impl Door {
    /// Without a face engine.
    pub async fn start(config: TerminalConfig) -> Self {
        Self::start_with(config, StartOptions::default()).await
    }

    /// With the face engine.
    pub async fn start_with_faces(config: TerminalConfig) -> Self {
        Self::start_with(
            config,
            StartOptions {
                engine: Some(engine()),
            },
        )
        .await
    }

    async fn start_with(config: TerminalConfig, options: StartOptions) -> Self {
        // Several tests of one process install it; the first wins.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let running = Terminal::start(config.clone(), options).await.unwrap();
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        Self {
            running,
            config,
            http,
        }
    }

    pub async fn put(&self, newcomer: Newcomer) {
        self.running.device().put_person(newcomer).await.unwrap();
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let address = self.running.listeners().kiosk.unwrap();
        self.http.request(method, format!("http://{address}{path}"))
    }

    pub async fn frame(&self, picture: Vec<u8>) -> Value {
        self.frame_at("/api/frames", picture).await
    }

    /// A frame of one of several cameras.
    pub async fn frame_of(&self, channel: u8, picture: Vec<u8>) -> Value {
        self.frame_at(&format!("/api/frames?channel={channel}"), picture)
            .await
    }

    async fn frame_at(&self, path: &str, picture: Vec<u8>) -> Value {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "image/jpeg");
        ok(request.body(picture).send().await.unwrap()).await
    }

    /// Something of a kind, presented to the reader.
    pub async fn present(&self, kind: &str, number: &str) -> Value {
        let body = json!({ "kind": kind, "number": number });
        let answer = self.request(Method::POST, "/api/credentials").json(&body);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// Somebody at the door calls a room.
    pub async fn call(&self, room: &str) -> Value {
        let answer = self
            .request(Method::POST, "/api/calls")
            .json(&json!({ "room": room }));
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    pub async fn card(&self, number: &str) -> Value {
        let body = json!({ "kind": "ic_card", "number": number });
        ok(self
            .request(Method::POST, "/api/credentials")
            .json(&body)
            .send()
            .await
            .unwrap())
        .await
    }

    pub async fn state(&self) -> Value {
        ok(self.request(Method::GET, "/api/state").send().await.unwrap()).await
    }

    /// Waits for a state in which `holds`.
    pub async fn state_where(&self, holds: impl Fn(&Value) -> bool) -> Value {
        let mut events = self.events().await;
        loop {
            let (name, data) = events.next().await;
            if name == "state" && holds(&data) {
                return data;
            }
        }
    }

    /// The live events, from now on.
    pub async fn events(&self) -> Events {
        let request = self
            .request(Method::GET, "/api/events")
            .timeout(Duration::from_secs(300));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Events {
            body: Box::pin(response.bytes_stream()),
            buffer: String::new(),
        }
    }
}

async fn ok(response: Response) -> Value {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Server-sent events.
pub struct Events {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    buffer: String,
}

impl Events {
    pub async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|value| value.trim_start().to_owned())
                };
                let event = field("event:").zip(field("data:"));
                self.buffer = rest.to_owned();
                if let Some((name, data)) = event {
                    return (name, serde_json::from_str(&data).unwrap());
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next())
                .await
                .expect("an event in time");
            self.buffer
                .push_str(std::str::from_utf8(&chunk.expect("the stream goes on").unwrap()).unwrap());
        }
    }

    /// The next pass.
    pub async fn pass(&mut self) -> Value {
        loop {
            let (name, data) = self.next().await;
            if name == "record.created" {
                return data;
            }
        }
    }
}

/// A folder that goes with the test.
pub fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    (folder, path)
}
