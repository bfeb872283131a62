//! Calls to platforms, guarded: so long, so many bytes back, no redirects, and pictures that are pictures.

use crate::config::LimitsConfig;
use bytes::{Bytes, BytesMut};
use dialects::http::{Call, Method};
use dialects::lenient::PictureFormat;
use futures_util::StreamExt as _;
use std::net::IpAddr;
use std::time::Duration;

/// How long a platform may take to accept a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The address is none.
    #[error("not an http or https address")]
    Address,
    /// Nobody answered, or the answer broke off.
    #[error("{0}")]
    Network(String),
    /// The answer says that there is nothing.
    #[error("the server says {0}")]
    Status(u16),
    /// More bytes than may come.
    #[error("more than {0} bytes came")]
    TooLarge(usize),
    /// What came is not a picture of a known format.
    #[error("what came is no picture")]
    NotAPicture,
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        // The address of a platform holds secrets.
        Self::Network(chain(&error.without_url()))
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// What is posted.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    /// Where to.
    pub(crate) url: String,
    /// Its content type.
    pub(crate) content_type: &'static str,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Bytes,
}

/// A client for one dialect's platform.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    answer_bytes: usize,
    picture_bytes: usize,
}

impl Client {
    /// With the configured limits; `title_case` writes header names in title case.
    pub(crate) fn new(limits: &LimitsConfig, title_case: bool) -> Result<Self, CallError> {
        Self::from_address(limits, None, title_case)
    }

    /// The same with connections from this address, or any.
    pub(crate) fn from_address(
        limits: &LimitsConfig,
        from: Option<IpAddr>,
        title_case: bool,
    ) -> Result<Self, CallError> {
        let builder = builder(limits).local_address(from);
        let builder = if title_case {
            builder.http1_title_case_headers()
        } else {
            builder
        };
        Ok(Self {
            http: builder.build()?,
            answer_bytes: limits.message_bytes,
            picture_bytes: limits.picture_bytes,
        })
    }

    /// Posts something.
    pub(crate) async fn post(&self, post: Post) -> Result<Answer, CallError> {
        let request = self
            .http
            .post(address(&post.url)?)
            .header(reqwest::header::CONTENT_TYPE, post.content_type)
            .body(post.body);
        self.answer(request).await
    }

    /// Makes a dialect's call to the platform at `base`.
    pub(crate) async fn call(&self, base: &str, call: Call) -> Result<Answer, CallError> {
        let url = address(&format!("{base}{}", call.target))?;
        let request = match call.method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
        };
        let request = match call.content_type {
            Some(content_type) => request
                .header(reqwest::header::CONTENT_TYPE, content_type)
                .body(call.body),
            None => request,
        };
        self.answer(request).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Answer, CallError> {
        let response = request.send().await?;
        Ok(Answer {
            status: response.status().as_u16(),
            body: bounded(response, self.answer_bytes).await?,
        })
    }

    /// Fetches a picture; what it is, its bytes tell.
    pub(crate) async fn picture(&self, url: &str) -> Result<Bytes, CallError> {
        let response = self.http.get(address(url)?).send().await?;
        if !response.status().is_success() {
            return Err(CallError::Status(response.status().as_u16()));
        }
        let bytes = bounded(response, self.picture_bytes).await?;
        if PictureFormat::sniff(&bytes).is_none() {
            return Err(CallError::NotAPicture);
        }
        Ok(bytes)
    }
}

fn builder(limits: &LimitsConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(CONNECT_WITHIN)
        .timeout(Duration::from_secs(limits.push_seconds))
        .redirect(reqwest::redirect::Policy::none())
}

fn address(url: &str) -> Result<reqwest::Url, CallError> {
    let url = reqwest::Url::parse(url.trim()).map_err(|_| CallError::Address)?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_web.then_some(url).ok_or(CallError::Address)
}

async fn bounded(response: reqwest::Response, most: usize) -> Result<Bytes, CallError> {
    let mut whole = BytesMut::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if whole.len().saturating_add(chunk.len()) > most {
            return Err(CallError::TooLarge(most));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}
