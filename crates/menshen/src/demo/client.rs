//! The hub and the kiosk, as any program outside sees them: HTTP.

use anyhow::{Context, Result, anyhow, bail};
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// No answer of a hub or kiosk on this machine takes longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A signed-in user of the hub's API.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    base: String,
    http: Client,
    cookie: String,
    csrf: (String, String),
}

impl Hub {
    /// Signs in at `http://address`.
    pub(crate) async fn sign_in(address: &str, username: &str, password: &str) -> Result<Self> {
        let http = Client::builder().build()?;
        let base = format!("http://{address}");
        let request = http.post(format!("{base}/api/v1/session")).timeout(ANSWER_WITHIN);
        let answer = request
            .json(&json!({ "username": username, "password": password }))
            .send()
            .await?;
        let cookies = answer
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|cookie| cookie.to_str().ok());
        let cookie = cookies
            .filter_map(|cookie| cookie.split(';').next())
            .collect::<Vec<_>>()
            .join("; ");
        let body = body(answer).await.context("signing in at the hub")?;
        let text = |key: &str| {
            body.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Self {
            base,
            http,
            cookie,
            csrf: (text("csrf_header"), text("csrf_token")),
        })
    }

    /// `GET`; what is not there is `None`.
    pub(crate) async fn find(&self, path: &str) -> Result<Option<Value>> {
        let answer = self.request(Method::GET, path).send().await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        body(answer)
            .await
            .map(Some)
            .with_context(|| format!("GET {path}"))
    }

    /// `GET`.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.find(path)
            .await?
            .ok_or_else(|| anyhow!("GET {path}: not found"))
    }

    /// The items of a list.
    pub(crate) async fn items(&self, path: &str) -> Result<Vec<Value>> {
        let page = self.get(path).await?;
        Ok(page
            .get("items")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default())
    }

    /// A changing request with a JSON body.
    pub(crate) async fn send(&self, method: Method, path: &str, message: &Value) -> Result<Value> {
        let context = format!("{method} {path}");
        body(self.request(method, path).json(message).send().await?)
            .await
            .context(context)
    }

    /// `POST` of a picture.
    pub(crate) async fn upload(&self, path: &str, picture: Vec<u8>) -> Result<Value> {
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, picture_type(&picture));
        body(request.body(picture).send().await?)
            .await
            .with_context(|| format!("POST {path}"))
    }

    /// `DELETE`; what is not there is deleted already.
    pub(crate) async fn delete(&self, path: &str) -> Result<()> {
        let answer = self.request(Method::DELETE, path).send().await?;
        if answer.status() != StatusCode::NOT_FOUND {
            body(answer).await.with_context(|| format!("DELETE {path}"))?;
        }
        Ok(())
    }

    /// The event stream, without a limit of time.
    pub(crate) async fn events(&self) -> Result<Response> {
        let url = format!("{}/api/v1/events", self.base);
        let answer = self.http.get(url).header(COOKIE, &self.cookie).send().await?;
        if !answer.status().is_success() {
            bail!("the event stream: {}", answer.status());
        }
        Ok(answer)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.base))
            .timeout(ANSWER_WITHIN);
        request
            .header(COOKIE, &self.cookie)
            .header(&self.csrf.0, &self.csrf.1)
    }
}

/// The terminal's camera and card reader.
#[derive(Debug, Clone)]
pub(crate) struct Kiosk {
    base: String,
    http: Client,
}

impl Kiosk {
    /// At `http://address`.
    pub(crate) fn new(address: &str) -> Result<Self> {
        Ok(Self {
            base: format!("http://{address}"),
            http: Client::builder().build()?,
        })
    }

    /// One camera frame.
    pub(crate) async fn frame(&self, picture: Vec<u8>) -> Result<Value> {
        let request = self
            .http
            .post(format!("{}/api/frames", self.base))
            .timeout(ANSWER_WITHIN);
        let request = request.header(CONTENT_TYPE, picture_type(&picture)).body(picture);
        body(request.send().await?).await.context("a frame at the kiosk")
    }

    /// A card presented.
    pub(crate) async fn card(&self, number: &str) -> Result<Value> {
        let request = self
            .http
            .post(format!("{}/api/credentials", self.base))
            .timeout(ANSWER_WITHIN);
        let request = request.json(&json!({ "kind": "ic_card", "number": number }));
        body(request.send().await?).await.context("a card at the kiosk")
    }
}

/// The body of a good answer; a bad one is an error with its problem's text.
async fn body(answer: Response) -> Result<Value> {
    let status = answer.status();
    let bytes = answer.bytes().await?;
    let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    if status.is_success() {
        return Ok(value);
    }
    Err(anyhow!(
        "{status}: {}",
        if value.is_null() {
            String::from_utf8_lossy(&bytes).into_owned()
        } else {
            value.to_string()
        }
    ))
}

fn picture_type(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"\x89PNG") {
        "image/png"
    } else {
        "image/jpeg"
    }
}
