//! `[openapi]`: the terminal is called over HTTP, pushes its records over a WebSocket, and reports to a platform.

use super::{ConfigError, check_listen, value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of an id in the paths of chapter 9.
const ID_BYTES: usize = 32;

/// `[openapi]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenapiConfig {
    /// Where it is called (8); empty is off.
    pub listen: String,
    /// What calls are signed with (4.1).
    pub password: String,
    /// Where records are pushed over a WebSocket (8.3.3); empty is off.
    pub push_listen: String,
    /// The platform of chapter 9, to which `/syrecord/…` and so on are added; empty is off.
    pub platform: String,
    /// Seconds between questions for changes of the library (9.1).
    pub poll_seconds: u64,
    /// Seconds between heartbeats (9.5).
    pub heartbeat_seconds: u64,
    /// Seconds until a report that the platform did not take is sent again; it grows up to a minute.
    pub resend_seconds: u64,
    /// What the device is called here; empty: its serial.
    pub device_id: String,
}

impl Default for OpenapiConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8899".into(),
            password: dialects::openapi::sign::DEFAULT_PASSWORD.into(),
            push_listen: "127.0.0.1:9000".into(),
            platform: "http://127.0.0.1:8081/openapi".into(),
            poll_seconds: 10,
            heartbeat_seconds: 30,
            resend_seconds: 10,
            device_id: String::new(),
        }
    }
}

impl fmt::Debug for OpenapiConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenapiConfig")
            .field("listen", &self.listen)
            .field("push_listen", &self.push_listen)
            .field("platform", &self.platform)
            .finish_non_exhaustive()
    }
}

impl OpenapiConfig {
    /// What the device is called in this dialect.
    #[must_use]
    pub fn id<'a>(&'a self, serial: &'a str) -> &'a str {
        match self.device_id.as_str() {
            "" => serial,
            id => id,
        }
    }

    /// The platform of chapter 9, without a slash at its end; `None` where it is off.
    #[must_use]
    pub fn platform(&self) -> Option<&str> {
        Some(self.platform.trim().trim_end_matches('/')).filter(|platform| !platform.is_empty())
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        check_listen("openapi.listen", &self.listen)?;
        check_listen("openapi.push_listen", &self.push_listen)?;
        if self.password.is_empty() {
            return Err(value("openapi.password", "at least one character"));
        }
        let is_web = |url: &str| {
            let url = reqwest::Url::parse(url).ok();
            url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        };
        if self.platform().is_some_and(|url| !is_web(url)) {
            let problem = format!("http://host…, or \"\" for off, not {:?}", self.platform);
            return Err(value("openapi.platform", problem));
        }
        if self.device_id.len() > ID_BYTES {
            return Err(value("openapi.device_id", format!("at most {ID_BYTES} bytes")));
        }
        if self.poll_seconds == 0 || self.heartbeat_seconds == 0 || self.resend_seconds == 0 {
            return Err(value(
                "openapi",
                "poll_seconds, heartbeat_seconds and resend_seconds are at least 1",
            ));
        }
        Ok(())
    }
}
