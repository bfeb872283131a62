//! 1.2: what every call is answered with, whatever the content type says (real devices write a broken one).

use super::operation::Operation;
use super::status::Status;
use crate::lenient::{self, BodyError, LenientError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// What became of the call.
    pub status: Status,
    /// In words, for people.
    #[serde(default)]
    pub msg: String,
    /// What was asked for. An object, or a text that holds one (QUIRKS L13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// Why bytes are no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// No JSON.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// No answer.
    #[error(transparent)]
    Malformed(#[from] LenientError),
}

/// An answer that says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The device's status and text.
    #[error("{status}: {msg}")]
    Status {
        /// The status.
        status: Status,
        /// The text.
        msg: String,
    },
    /// The device agreed, but what it gave back cannot be read.
    #[error("the answer cannot be read: {0}")]
    Malformed(#[from] LenientError),
}

impl Reply {
    /// Done, with nothing to give back.
    #[must_use]
    pub fn done() -> Self {
        Self::of(Status::Success)
    }

    /// A status with the document's words.
    #[must_use]
    pub fn of(status: Status) -> Self {
        Self {
            status,
            msg: status.text().to_owned(),
            data: None,
        }
    }

    /// A refusal with its reason.
    #[must_use]
    pub fn refusal(status: Status, reason: &str) -> Self {
        Self {
            msg: format!("{}: {reason}", status.text()),
            ..Self::of(status)
        }
    }

    /// The successful answer to an operation.
    #[must_use]
    pub fn success<O: Operation>(answer: &O::Answer) -> Self {
        let data = serde_json::to_value(answer).unwrap_or_default();
        Self {
            data: Some(data).filter(|data| !data.is_null()),
            ..Self::done()
        }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`ReplyError`] for what is no JSON object with a status.
    pub fn parse(body: &[u8]) -> Result<Self, ReplyError> {
        let mut reply: Self = lenient::read(&lenient::body(body)?)?;
        if let Some(Value::String(text)) = &reply.data
            && let Ok(data @ (Value::Object(_) | Value::Array(_))) = lenient::body(text.as_bytes())
        {
            reply.data = Some(data);
        }
        Ok(reply)
    }

    /// What an operation's answer gives back.
    ///
    /// # Errors
    /// [`Refusal`] for a status other than 0, or an answer that cannot be read.
    pub fn answer<O: Operation>(&self) -> Result<O::Answer, Refusal> {
        if self.status != Status::Success {
            return Err(Refusal::Status {
                status: self.status,
                msg: self.msg.clone(),
            });
        }
        Ok(lenient::read(self.data.as_ref().unwrap_or(&Value::Null))?)
    }

    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
