//! 3.16 and 3.17: the heartbeat.

use super::control::{address, bare};
use super::operation::{PICTURES, Refused, operation, plain};
use super::status::Status;
use crate::fields::FieldError;
use crate::http::{Parameters, write_form};
use crate::lenient;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The period of a device that was told none, seconds.
pub const DEFAULT_PERIOD: f64 = 15.0;
/// The shortest period that a device takes, seconds; the document says "more than 0".
pub const SHORTEST_PERIOD: f64 = 1.0;
/// The longest period, seconds: a day.
pub const LONGEST_PERIOD: f64 = 86_400.0;

/// `setHeartBeat` (3.16): where to, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetHeartBeat {
    /// Where; blank is nowhere (QUIRKS L27).
    pub url: String,
    /// Every so many seconds.
    pub period: f64,
}

impl SetHeartBeat {
    fn check_limits(&self) -> Result<(), FieldError> {
        if !(SHORTEST_PERIOD..=LONGEST_PERIOD).contains(&self.period) {
            let limit = format!("{SHORTEST_PERIOD} to {LONGEST_PERIOD} seconds");
            return Err(FieldError::new("period", limit, self.period));
        }
        address_or_off("url", &self.url)
    }
}

operation!(SetHeartBeat: "setHeartBeat", "3.16", [Post], ["url", "period"] -> ());

/// An address, or nothing.
pub(super) fn address_or_off(field: &str, url: &str) -> Result<(), FieldError> {
    if url.trim().is_empty() {
        return Ok(());
    }
    address(field, url)
}

bare! {
    /// `getHeartBeat` (3.17).
    GetHeartBeat = "getHeartBeat", "3.17", [Get] -> HeartBeatTarget;
}

/// What `getHeartBeat` gives back.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeartBeatTarget {
    /// Every so many seconds.
    pub period: f64,
    /// Where.
    pub url: String,
}

/// The heartbeat of a device (3.16): a form posted to the address of [`SetHeartBeat`]. Other fields may come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeartBeat {
    /// Seconds since the device started.
    #[serde(rename = "deviceElapsedRealtime", skip_serializing_if = "Option::is_none")]
    pub uptime: Option<f64>,
    /// Its operating system.
    #[serde(rename = "deviceSystemVersion", skip_serializing_if = "Option::is_none")]
    pub system_version: Option<String>,
    /// Its serial number.
    #[serde(rename = "deviceSn", skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Its program.
    #[serde(rename = "deviceAppVersion", skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Free space on the card; the unit is not said.
    #[serde(rename = "deviceRomAvailableSize", skip_serializing_if = "Option::is_none")]
    pub rom_available: Option<String>,
    /// Space on the card; the unit is not said.
    #[serde(rename = "deviceRomSize", skip_serializing_if = "Option::is_none")]
    pub rom_size: Option<String>,
    /// Its address.
    #[serde(rename = "deviceIpAddress", skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl HeartBeat {
    /// The operation's name in this catalogue; on the wire it has none.
    pub const NAME: &'static str = "heartBeat";

    /// Reads a push, in any encoding.
    ///
    /// # Errors
    /// [`Refused`] with status 102 for a body that cannot be read.
    pub fn parse(query: &str, body: &[u8]) -> Result<Self, Refused> {
        let parameters = Parameters::read(query, body, PICTURES)
            .map_err(|error| Refused::new(Status::Malformed, error.to_string()))?;
        lenient::salvage(parameters.value())
            .map_err(|error| Refused::new(Status::Malformed, error.to_string()))
    }

    /// The form that a device posts.
    #[must_use]
    pub fn to_form(&self) -> String {
        form(self)
    }
}

/// A plain wire type as a form.
pub(super) fn form<T: Serialize>(value: &T) -> String {
    let texts: Vec<(String, String)> = plain(value)
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        })
        .collect();
    write_form(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

/// What a platform answers to a heartbeat (QUIRKS L14).
pub const HEARTBEAT_ANSWER: &str = r#"{"status":0}"#;
