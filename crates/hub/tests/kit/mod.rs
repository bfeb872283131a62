//! What the hub's tests share: a real hub on port 0 over a fresh folder, and clients that talk to it over HTTP.

#![allow(dead_code, unreachable_pub)]

use hub::config::HubConfig;
use hub::{Hub, Running};
use reqwest::{Method, Response};
use serde_json::Value;
use std::time::Duration;

/// The password of the user `admin` in every test hub.
pub const ADMIN_PASSWORD: &str = "test-admin-password";

/// A running hub and its folder, which goes with it.
pub struct TestHub {
    pub running: Running,
    pub directory: tempfile::TempDir,
    pub base: String,
}

/// Somebody who calls: signed in or not.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    cookie: Option<String>,
    csrf: Option<String>,
    token: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub bytes: Vec<u8>,
}

/// The configuration of a test hub: loopback, port 0, and `overrides` (TOML) over it.
pub fn config(directory: &std::path::Path, overrides: &str) -> HubConfig {
    let mut config = HubConfig::with(overrides).unwrap();
    config.hub.data = directory.to_owned();
    config.admin.listen = "127.0.0.1:0".to_owned();
    config.devices.listen = "127.0.0.1:0".to_owned();
    config.qyzn.listen = "127.0.0.1:0".to_owned();
    if !overrides.contains("[mqtt]") {
        config.mqtt.listen = String::new();
    }
    if config.admin.password.is_empty() {
        config.admin.password = ADMIN_PASSWORD.to_owned();
    }
    config
}

impl TestHub {
    /// A hub with the defaults.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// A hub with `overrides` (TOML) over the defaults.
    pub async fn start_with(overrides: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::start_in(directory, overrides).await
    }

    /// A hub over a folder that may have been used before.
    pub async fn start_in(directory: tempfile::TempDir, overrides: &str) -> Self {
        let running = Hub::start(config(directory.path(), overrides), hub::Options::default())
            .await
            .unwrap();
        let base = format!("http://{}", running.listeners().admin.clone().unwrap());
        Self {
            running,
            directory,
            base,
        }
    }

    /// Stops the hub; its folder stays.
    pub async fn stop(self) -> tempfile::TempDir {
        self.running.stop().await;
        self.directory
    }

    /// Nobody in particular.
    pub fn nobody(&self) -> Client {
        Client::new(&self.base)
    }

    /// The first admin, signed in.
    pub async fn admin(&self) -> Client {
        self.sign_in("admin", ADMIN_PASSWORD).await
    }

    /// A user, signed in.
    pub async fn sign_in(&self, username: &str, password: &str) -> Client {
        self.nobody().sign_in(username, password).await
    }

    /// Makes a user of this role (and zone) and signs in.
    pub async fn user(&self, username: &str, role: &str, zone: Option<&str>) -> Client {
        let password = format!("password of {username}");
        let body = serde_json::json!({
            "username": username, "password": password, "role": role, "zone_id": zone,
        });
        self.admin().await.post("/users", &body).await.expect(201);
        self.sign_in(username, &password).await
    }
}

impl Client {
    /// Somebody who calls this address.
    pub fn new(base: &str) -> Self {
        // Several tests of one process install it; the first wins.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        Self {
            http,
            base: base.to_owned(),
            cookie: None,
            csrf: None,
            token: None,
        }
    }

    /// The same, signed in.
    pub async fn sign_in(&self, username: &str, password: &str) -> Self {
        let body = serde_json::json!({ "username": username, "password": password });
        let answer = self.post("/session", &body).await.expect(200);
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let csrf = answer.json()["csrf_token"].as_str().unwrap().to_owned();
        Self {
            cookie: Some(cookie),
            csrf: Some(csrf),
            ..self.clone()
        }
    }

    /// The same with a bearer token instead.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            cookie: None,
            csrf: None,
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same without the CSRF header.
    pub fn without_csrf(&self) -> Self {
        Self {
            csrf: None,
            ..self.clone()
        }
    }

    /// A request to a path of the API (`/persons`) or, where it begins with `//`, of the listener (`//readyz`).
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = match path.strip_prefix("//") {
            Some(path) => format!("{}/{path}", self.base),
            None => format!("{}/api/v1{path}", self.base),
        };
        let mut request = self.http.request(method, url);
        for (name, value) in [
            ("cookie", &self.cookie),
            ("x-csrf-token", &self.csrf),
            (
                "authorization",
                &self.token.as_ref().map(|token| format!("Bearer {token}")),
            ),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PATCH, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    /// Posts bytes as they are.
    pub async fn post_bytes(&self, path: &str, media_type: &str, bytes: Vec<u8>) -> Answer {
        send(
            self.request(Method::POST, path)
                .header("content-type", media_type)
                .body(bytes),
        )
        .await
    }

    /// All items of a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let page = match &cursor {
                Some(cursor) => self.get(&format!("{path}{mark}cursor={cursor}")).await,
                None => self.get(path).await,
            };
            let page = page.expect(200).json();
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return items,
            }
        }
    }

    /// Opens the event stream, after `last` if there is one.
    pub async fn events(&self, last: Option<i64>) -> Events {
        let mut request = self.request(Method::GET, "/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Events {
            response,
            text: String::new(),
        }
    }
}

/// Sends a request and reads the answer.
pub async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        bytes: response.bytes().await.unwrap().to_vec(),
    }
}

impl Answer {
    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Fails unless it is a problem with this status and code; gives the document.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let document = self.json();
        assert_eq!(document["code"], code, "{document}");
        assert_eq!(document["status"], status);
        document
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name}"))
            .to_str()
            .unwrap()
    }
}

/// An open event stream.
pub struct Events {
    response: Response,
    text: String,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub id: i64,
    pub event: String,
    pub data: Value,
}

impl Events {
    /// The next event; comments are passed over.
    pub async fn next(&mut self) -> Told {
        let next = async {
            loop {
                while let Some((block, rest)) = self.text.split_once("\n\n") {
                    let told = parse(block);
                    self.text = rest.to_owned();
                    if let Some(told) = told {
                        return told;
                    }
                }
                let chunk = self.response.chunk().await.unwrap().expect("the stream ended");
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(20), next)
            .await
            .expect("no event within 20 s")
    }

    /// The next event of this name.
    pub async fn next_named(&mut self, name: &str) -> Told {
        loop {
            let told = self.next().await;
            if told.event == name {
                return told;
            }
        }
    }

    /// Waits until the hub ends the stream.
    pub async fn end(mut self) {
        let end = async { while let Ok(Some(_)) = self.response.chunk().await {} };
        tokio::time::timeout(Duration::from_secs(20), end)
            .await
            .expect("the stream went on");
    }
}

fn parse(block: &str) -> Option<Told> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim_start))
    };
    Some(Told {
        id: field("id")?.parse().unwrap(),
        event: field("event")?.to_owned(),
        data: serde_json::from_str(field("data")?).unwrap(),
    })
}
