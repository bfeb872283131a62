//! 3.12, 3.13: what a device pushes, and where to.

mod topic;

pub use topic::{SubscribeUrls, Topic};

use super::body::{Body, Place};
use super::operation::{Done, Operation, named, operations, written};
use super::time::wall_time;
use crate::facegate::check::optional_within;
use crate::fields::FieldError;
use crate::lenient::{self, LenientError};
use crate::limits::{filled, optional};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// Bytes of the topics together (3.12).
pub const TOPICS_BYTES: usize = 128;
/// Bytes of a user and of a password.
pub const USER_BYTES: usize = 63;
/// Bytes of an address or a path; the document names no limit.
pub const URL_BYTES: usize = 256;
/// Seconds between heartbeats where nothing is said.
pub const DEFAULT_BEAT_SECONDS: i64 = 30;
/// The longest interval that a device takes, seconds; the document names none.
const LONGEST_SECONDS: i64 = 86_400;

/// What is subscribed: `info` of `Subscribe` (3.12) and of the answer to `GetSubscribe` (3.12.9).
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscription {
    /// What; their number on the wire is not believed (QUIRKS A20).
    #[serde(rename = "Topics")]
    pub topics: Vec<Topic>,
    /// Where to: `http://ip:port`.
    #[serde(rename = "SubscribeAddr", skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Which path for what.
    #[serde(rename = "SubscribeUrl", skip_serializing_if = "Option::is_none")]
    pub urls: Option<SubscribeUrls>,
    /// Seconds between heartbeats.
    #[serde(rename = "BeatInterval", skip_serializing_if = "Option::is_none")]
    pub beat_seconds: Option<i64>,
    /// Whether records are pushed at intervals.
    #[serde(
        rename = "bTimedPush",
        skip_serializing_if = "Option::is_none",
        with = "super::bit::optional"
    )]
    pub is_timed: Option<bool>,
    /// The interval; its unit is not said, seconds assumed (QUIRKS A70).
    #[serde(rename = "PushInterval", skip_serializing_if = "Option::is_none")]
    pub push_interval: Option<i64>,
    /// `none` or `Basic`, whatever the case (QUIRKS A19).
    #[serde(rename = "Auth", skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// With `Basic`: who pushes.
    #[serde(rename = "User", skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// With `Basic`: the password.
    #[serde(rename = "Pwd", skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether `SnapPush` and `VerifyPush` come again until they are acknowledged, in order, nothing left out.
    #[serde(
        rename = "ResumefromBreakpoint",
        skip_serializing_if = "Option::is_none",
        with = "super::bit::optional"
    )]
    pub resumes: Option<bool>,
    /// From when on records are pushed, `YYYY-MM-DDThh:mm:ss`; by default the time of the subscription.
    #[serde(rename = "BeginTime", skip_serializing_if = "Option::is_none")]
    pub begin: Option<String>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the password.
        f.debug_struct("Subscription")
            .field("topics", &self.topics)
            .field("address", &self.address)
            .field("urls", &self.urls)
            .field("auth", &self.auth)
            .field("resumes", &self.resumes)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    /// Whether pushes are authenticated.
    #[must_use]
    pub fn is_basic(&self) -> bool {
        self.auth
            .as_deref()
            .is_some_and(|auth| auth.trim().eq_ignore_ascii_case("Basic"))
    }

    /// The URL that a topic is pushed to.
    #[must_use]
    pub fn url(&self, topic: &Topic) -> Option<String> {
        self.joined(self.urls.as_ref()?.of(topic)?)
    }

    /// The URL that heartbeats are pushed to.
    #[must_use]
    pub fn heart_beat_url(&self) -> Option<String> {
        self.joined(self.urls.as_ref()?.heart_beat.as_deref()?)
    }

    fn joined(&self, path: &str) -> Option<String> {
        let address = self.address.as_deref()?.trim().trim_end_matches('/');
        Some(format!("{address}/{}", path.trim_start_matches('/')))
    }

    /// What is subscribed after a further call (QUIRKS A75): to the same address topics are added, and of the kinds of
    /// results the last one counts; all else is as the last call says.
    #[must_use]
    pub fn followed_by(self, later: Self) -> Self {
        if self.address != later.address {
            return later;
        }
        let replaces = later.topics.iter().any(Topic::is_verify);
        let mut topics = self.topics;
        topics.retain(|topic| !(later.topics.contains(topic) || replaces && topic.is_verify()));
        topics.extend(later.topics);
        let urls = match (later.urls, self.urls) {
            (Some(later), Some(before)) => Some(later.over(before)),
            (later, before) => later.or(before),
        };
        Self {
            topics,
            urls,
            ..later
        }
    }

    /// What is subscribed without these topics; one kind of results stands for all. Nothing at all once the last topic is
    /// gone: there is no heartbeat alone (3.14).
    #[must_use]
    pub fn without(mut self, topics: &[Topic]) -> Self {
        let has_verify = topics.iter().any(Topic::is_verify);
        self.topics
            .retain(|topic| !(topics.contains(topic) || has_verify && topic.is_verify()));
        if self.topics.is_empty() {
            return Self::default();
        }
        self
    }

    fn read(body: &mut Body) -> Result<Self, LenientError> {
        let raw: Self = lenient::read(&std::mem::take(body).flat(Place::INFO))?;
        Ok(Self {
            urls: raw.urls.map(SubscribeUrls::trimmed),
            address: raw.address.map(|address| address.trim().to_owned()),
            ..raw
        })
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = written(self);
        fields.insert("Num".to_owned(), self.topics.len().into());
        fields
    }

    fn check_limits(&self) -> Result<(), FieldError> {
        check_topics(&self.topics)?;
        let address = self.address.as_deref().unwrap_or_default();
        filled("SubscribeAddr", address, URL_BYTES)?;
        let is_http = address
            .get(..7)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
            || address
                .get(..8)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        if !is_http {
            return Err(FieldError::new("SubscribeAddr", "http://ip:port", address));
        }
        let urls = self.urls.clone().unwrap_or_default();
        urls.check()?;
        if let Some(topic) = self.topics.iter().find(|topic| urls.of(topic).is_none()) {
            let limit = format!("a path for {}", topic.name());
            return Err(FieldError::new("SubscribeUrl", limit, "none"));
        }
        optional_within("BeatInterval", self.beat_seconds, 1..=LONGEST_SECONDS)?;
        optional_within("PushInterval", self.push_interval, 1..=LONGEST_SECONDS)?;
        if self.is_timed == Some(true) && self.push_interval.is_none() {
            return Err(FieldError::new("PushInterval", "is needed", "nothing"));
        }
        self.check_auth()?;
        match self.begin.as_deref() {
            Some(text) if wall_time(text).is_none() => {
                Err(FieldError::new("BeginTime", "YYYY-MM-DDThh:mm:ss", text))
            }
            _ => Ok(()),
        }
    }

    fn check_auth(&self) -> Result<(), FieldError> {
        optional("User", self.user.as_deref(), USER_BYTES)?;
        optional("Pwd", self.password.as_deref(), USER_BYTES)?;
        let auth = self.auth.as_deref().unwrap_or("none").trim();
        if self.is_basic() {
            filled("User", self.user.as_deref().unwrap_or_default(), USER_BYTES)?;
            return filled("Pwd", self.password.as_deref().unwrap_or_default(), USER_BYTES);
        }
        if auth.eq_ignore_ascii_case("none") {
            return Ok(());
        }
        Err(FieldError::new("Auth", "none or Basic", auth))
    }
}

fn check_topics(topics: &[Topic]) -> Result<(), FieldError> {
    if topics.is_empty() || topics.len() > Topic::ALL.len() {
        let limit = format!("1 to {} topics", Topic::ALL.len());
        return Err(FieldError::new("Topics", limit, topics.len()));
    }
    if let Some(Topic::Other(name)) = topics.iter().find(|topic| matches!(topic, Topic::Other(_))) {
        return Err(FieldError::new("Topics", "the document's topics", name));
    }
    let bytes: usize = topics.iter().map(|topic| topic.name().len()).sum();
    if bytes > TOPICS_BYTES {
        let limit = format!("at most {TOPICS_BYTES} bytes");
        return Err(FieldError::new("Topics", limit, format!("{bytes} bytes")));
    }
    Ok(())
}

/// `Subscribe` (3.12): push these from now on. Whether a second call replaces the first is not said (QUIRKS A75).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subscribe(pub Subscription);

impl Operation for Subscribe {
    type Answer = Done;

    fn operator(&self) -> &'static str {
        "Subscribe"
    }

    fn section(&self) -> &'static str {
        "3.12"
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["Subscribe"]).then(|| Subscription::read(body).map(Self))
    }

    fn body(&self) -> Body {
        Body::placed(self.operator(), self.0.fields(), Place::INFO)
    }

    fn check(&self) -> Result<(), FieldError> {
        self.0.check_limits()
    }
}

/// `GetSubscribe` (3.12.9): what is subscribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetSubscribe {}

/// The answer to [`GetSubscribe`]; without topics nothing is subscribed, and `Num` 0 is all that is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subscribed(pub Subscription);

impl super::operation::Answer for Subscribed {
    fn read(mut body: Body) -> Result<Self, LenientError> {
        Subscription::read(&mut body).map(Self)
    }

    fn body(&self, _: &super::body::DeviceId) -> Body {
        let mut fields = self.0.fields();
        if self.0.topics.is_empty() {
            fields.retain(|key, _| key == "Num");
        }
        Body::placed("", fields, Place::INFO)
    }
}

/// `Unsubscribe` (3.13): push these no longer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unsubscribe {
    /// What.
    pub topics: Vec<Topic>,
}

#[derive(Deserialize)]
struct RawTopics {
    #[serde(rename = "Topics")]
    topics: Vec<Topic>,
}

impl Operation for Unsubscribe {
    type Answer = Done;

    fn operator(&self) -> &'static str {
        "Unsubscribe"
    }

    fn section(&self) -> &'static str {
        "3.13"
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["Unsubscribe"]).then(|| {
            let raw: RawTopics = lenient::read(&std::mem::take(body).flat(Place::INFO))?;
            Ok(Self { topics: raw.topics })
        })
    }

    fn body(&self) -> Body {
        let fields = Map::from_iter([
            ("Num".to_owned(), self.topics.len().into()),
            (
                "Topics".to_owned(),
                self.topics.iter().map(Topic::name).collect::<Value>(),
            ),
        ]);
        Body::placed(self.operator(), fields, Place::INFO)
    }

    fn check(&self) -> Result<(), FieldError> {
        check_topics(&self.topics)
    }
}

operations! {
    GetSubscribe: "GetSubscribe" "3.12.9" Place::INFO => Subscribed;
}
