//! 8.3.3: records as they happen, over a WebSocket on port 9000. Nothing is acknowledged and nothing is sent again: a
//! platform fills gaps with [`super::ListRecords`].

use super::incoming::Refused;
use super::record::SignRecord;
use super::sign::{SIGN, Signed, TIMESTAMP, signature};
use crate::http::{Parameters, write_form};
use crate::lenient::{self, BodyError, LenientError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How often a client says something, seconds.
pub const HEARTBEAT_SECONDS: u64 = 10;
/// After so many seconds without a word the connection is broken.
pub const SILENT_SECONDS: u64 = 33;
/// What a client says; the document does not name it (QUIRKS O25).
pub const HEARTBEAT: &str = "{}";
/// The port of a device.
pub const PORT: u16 = 9000;

/// Code of the greeting.
const CONNECTED: i64 = 20_000;
/// Code of the refusal; over HTTP the same number means another thing (QUIRKS O3).
const DENIED: i64 = 20_002;
/// Code of a record.
const RECORD: i64 = 30_000;

/// The opening of the connection: `/api/record` with timestamp and signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listen;

impl Listen {
    /// The operation's name in this catalogue.
    pub const NAME: &'static str = "ws /api/record";
    /// The name of the client's word.
    pub const HEARTBEAT_NAME: &'static str = "ws heartbeat";
    /// The name of a pushed record.
    pub const RECORD_NAME: &'static str = "push record";
    /// The path.
    pub const PATH: &'static str = "/api/record";

    /// Path and query at a time, milliseconds since 1970.
    #[must_use]
    pub fn target(timestamp_ms: i64, password: &str) -> String {
        let timestamp = timestamp_ms.to_string();
        let sign = signature(&timestamp, password);
        let query = write_form([(TIMESTAMP, timestamp.as_str()), (SIGN, sign.as_str())]);
        format!("{}?{query}", Self::PATH)
    }

    /// Whether a client may listen; the answer is [`SocketMessage::Connected`] or [`SocketMessage::Denied`], after the
    /// upgrade in both cases (QUIRKS O42).
    ///
    /// # Errors
    /// [`Refused`] as for any other call.
    pub fn authenticate(query: &str, password: &str, now: Timestamp) -> Result<Signed, Refused> {
        let parameters = Parameters::read(query, b"", &[])
            .map_err(|error| Refused::new(super::Code::InvalidParameter, error.to_string()))?;
        let signed = Signed::of(&parameters)?;
        signed.verify(password, now, true)?;
        Ok(signed)
    }
}

/// What a device sends.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "nearly all are records")]
pub enum SocketMessage {
    /// The client may listen.
    Connected,
    /// The client may not; the device closes.
    Denied {
        /// Why.
        desc: String,
    },
    /// Somebody was recognised.
    Record {
        /// The record.
        record: SignRecord,
        /// The same as it came.
        data: Value,
    },
    /// A code that the document does not have.
    Other {
        /// The code.
        code: i64,
        /// Everything.
        message: Value,
    },
}

/// Why a message cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// No JSON.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// No message.
    #[error(transparent)]
    Malformed(#[from] LenientError),
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    desc: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

impl SocketMessage {
    /// A record to be pushed.
    #[must_use]
    pub fn record(record: SignRecord) -> Self {
        Self::Record {
            data: serde_json::to_value(&record).unwrap_or_default(),
            record,
        }
    }

    /// Reads a text message.
    ///
    /// # Errors
    /// [`SocketError`] for what is no JSON object with a code, and for a record that cannot be read.
    pub fn parse(text: &[u8]) -> Result<Self, SocketError> {
        let message = lenient::body(text)?;
        let envelope: Envelope = lenient::read(&message)?;
        Ok(match envelope.code {
            CONNECTED => Self::Connected,
            DENIED => Self::Denied { desc: envelope.desc },
            RECORD => {
                let data = envelope.data.unwrap_or_default();
                Self::Record {
                    record: lenient::read(&data)?,
                    data,
                }
            }
            code => Self::Other { code, message },
        })
    }

    /// The text message.
    #[must_use]
    pub fn to_text(&self) -> String {
        let envelope = |code, message: &str, desc: &str, data| {
            json!(Envelope {
                code,
                message: message.to_owned(),
                desc: desc.to_owned(),
                data,
            })
        };
        let message = match self {
            Self::Connected => envelope(CONNECTED, " Connected!", "Connected!", None),
            Self::Denied { desc } => envelope(DENIED, "Permission Denied!", desc, None),
            Self::Record { record, .. } => {
                let data = serde_json::to_value(record).unwrap_or_default();
                envelope(RECORD, "push record", "", Some(data))
            }
            Self::Other { message, .. } => message.clone(),
        };
        message.to_string()
    }
}
