//! 9.5: the heartbeat.

use super::ID_CHARACTERS;
use super::answer::Ret;
use super::changes::URL_CHARACTERS;
use super::operation::PlatformOperation;
use crate::fields::FieldError;
use crate::http::{Method, Parameters};
use crate::lenient::{self, LenientError};
use crate::limits::characters;
use crate::openapi::operation::plain;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `syheartbeat`, in the wrapper `Heartinfo`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SyHeartbeat {
    /// The device; that of the path is authoritative.
    #[serde(rename = "deviceid")]
    pub device: String,
    /// Where heartbeats go.
    #[serde(rename = "ServerURL", skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

impl PlatformOperation for SyHeartbeat {
    const NAME: &'static str = "syheartbeat";
    const SECTION: &'static str = "9.5";
    const METHOD: Method = Method::Post;
    const WRAPPER: Option<&'static str> = Some("Heartinfo");
    type Answer = Ret;

    /// An empty body is a heartbeat, too.
    fn read(_: &Parameters, body: &Value) -> Result<Self, LenientError> {
        match body {
            Value::Null => Ok(Self::default()),
            body => lenient::salvage(body),
        }
    }

    fn body(&self) -> Option<Value> {
        Some(Value::Object(plain(self)))
    }

    fn check(&self) -> Result<(), FieldError> {
        characters("deviceid", &self.device, ID_CHARACTERS)?;
        characters(
            "ServerURL",
            self.server.as_deref().unwrap_or_default(),
            URL_CHARACTERS,
        )
    }
}
