//! The hub's API.

use super::{PASSWORD, SERIAL, good, media_type, until};
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// The hub's API, signed in.
pub(crate) struct Api {
    base: String,
    http: Client,
    session: tokio::sync::RwLock<(String, String, String)>,
}

impl Api {
    /// Signs in as the first user.
    pub(crate) async fn sign_in(address: &str) -> Self {
        let base = format!("http://{address}");
        let http = Client::new();
        let api = Self {
            base,
            http,
            session: tokio::sync::RwLock::default(),
        };
        until("the hub to be ready", || async {
            api.is_ready().await.then_some(())
        })
        .await;
        let credentials = json!({ "username": "admin", "password": PASSWORD });
        let answer = api
            .http
            .post(format!("{}/api/v1/session", api.base))
            .json(&credentials)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()[SET_COOKIE]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let body: Value = answer.json().await.unwrap();
        let text = |key: &str| body[key].as_str().unwrap().to_owned();
        *api.session.write().await = (cookie, text("csrf_header"), text("csrf_token"));
        api
    }

    /// What `/metrics` prints.
    pub(crate) async fn metrics(&self) -> String {
        let session = self.session.read().await;
        let request = self.http.get(format!("{}/metrics", self.base));
        let answer = request.header(COOKIE, &session.0).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    /// How many records came again.
    pub(crate) async fn repeated(&self) -> u64 {
        let metrics = self.metrics().await;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix(r#"menshen_records_total{kind="repeated"} "#));
        line.map_or(0, |count| count.parse().unwrap())
    }

    pub(super) async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("{}/readyz", self.base)).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    async fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let session = self.session.read().await;
        let request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        request.header(COOKIE, &session.0).header(&session.1, &session.2)
    }

    /// Any request; the answer as it comes.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        self.request(method, path).await.json(body).send().await.unwrap()
    }

    /// `GET`; `None` where it fails.
    pub(crate) async fn try_get(&self, path: &str) -> Option<Value> {
        let answer = self.request(Method::GET, path).await.send().await.ok()?;
        if answer.status() == StatusCode::OK {
            answer.json().await.ok()
        } else {
            None
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).await.send().await.unwrap();
        good(&format!("GET {path}"), answer).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        good(&format!("POST {path}"), self.send(Method::POST, path, body).await).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Value {
        good(
            &format!("PATCH {path}"),
            self.send(Method::PATCH, path, body).await,
        )
        .await
    }

    pub(crate) async fn delete(&self, path: &str) {
        good(
            &format!("DELETE {path}"),
            self.request(Method::DELETE, path).await.send().await.unwrap(),
        )
        .await;
    }

    pub(crate) async fn upload(&self, path: &str, picture: Vec<u8>) -> Value {
        let request = self
            .request(Method::POST, path)
            .await
            .header(CONTENT_TYPE, media_type(&picture));
        good(
            &format!("POST {path}"),
            request.body(picture).send().await.unwrap(),
        )
        .await
    }

    /// `POST` of any bytes; the answer as it comes.
    pub(crate) async fn post_bytes(&self, path: &str, bytes: Vec<u8>) -> Response {
        let request = self
            .request(Method::POST, path)
            .await
            .header(CONTENT_TYPE, "image/jpeg");
        request.body(bytes).send().await.unwrap()
    }

    /// The bytes behind a URL of the API.
    pub(crate) async fn bytes(&self, url: &str) -> Vec<u8> {
        let path = url.trim_start_matches("/api/v1");
        let answer = self.request(Method::GET, path).await.send().await.unwrap();
        assert_eq!(answer.status(), 200, "GET {url}");
        answer.bytes().await.unwrap().to_vec()
    }

    /// All items of a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        self.try_all(path).await.expect("a whole list")
    }

    /// All items of a list; `None` where the hub does not answer.
    pub(crate) async fn try_all(&self, path: &str) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.try_get(&format!("{path}?limit=1000{cursor}")).await?;
            items.extend(page["items"].as_array()?.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Some(items),
            }
        }
    }

    /// The terminal as a device of this dialect, once it has come.
    pub(crate) async fn device(&self, dialect: &str) -> Option<Value> {
        let mut devices = self.try_all("/devices").await?.into_iter();
        devices.find(|device| device["serial"] == SERIAL && device["dialect"] == dialect)
    }
}
