//! What a call is answered with (8.1.7 and on).

use super::code::Code;
use super::operation::Operation;
use crate::lenient::{self, BodyError, LenientError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `desc` of a device that cannot do what it is asked (8.1.7).
pub const NOT_SUPPORTED: &str = "device-not-support";

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// What became of the call.
    pub code: Code,
    /// In words.
    #[serde(default)]
    pub message: String,
    /// More of it.
    #[serde(default)]
    pub desc: String,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// What came of a JSON command (8.1.10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
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
    /// The device's code and text.
    #[error("{code}: {message} {desc}")]
    Code {
        /// The code.
        code: Code,
        /// The text.
        message: String,
        /// More of it.
        desc: String,
    },
    /// The device agreed, but what it gave back cannot be read.
    #[error("the answer cannot be read: {0}")]
    Malformed(#[from] LenientError),
}

impl Reply {
    /// Done, with nothing to give back.
    #[must_use]
    pub fn done() -> Self {
        Self::of(Code::Success)
    }

    /// A code with the document's words.
    #[must_use]
    pub fn of(code: Code) -> Self {
        let desc = match code {
            Code::NotSupported => NOT_SUPPORTED,
            _ => "",
        };
        Self {
            code,
            message: code.text().to_owned(),
            desc: desc.to_owned(),
            data: None,
            json: None,
        }
    }

    /// A refusal with its reason.
    #[must_use]
    pub fn refusal(code: Code, reason: &str) -> Self {
        Self {
            desc: reason.to_owned(),
            ..Self::of(code)
        }
    }

    /// The successful answer to an operation.
    #[must_use]
    pub fn success<O: Operation>(answer: &O::Answer) -> Self {
        let given = serde_json::to_value(answer).ok().filter(|given| !given.is_null());
        let (data, json) = match O::ANSWERS_IN_JSON {
            true => (None, given),
            false => (given, None),
        };
        Self {
            data,
            json,
            ..Self::done()
        }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`ReplyError`] for what is no JSON object with a code.
    pub fn parse(body: &[u8]) -> Result<Self, ReplyError> {
        Ok(lenient::read(&lenient::body(body)?)?)
    }

    /// What an operation's answer gives back. A list of which nothing was found (50008) is an empty one.
    ///
    /// # Errors
    /// [`Refusal`] for a code other than 200, or an answer that cannot be read.
    pub fn answer<O: Operation>(&self) -> Result<O::Answer, Refusal> {
        match (self.code, O::nothing_found()) {
            (Code::Success, _) => {}
            (Code::NothingFound, Some(nothing)) => return Ok(nothing),
            (code, _) => {
                return Err(Refusal::Code {
                    code,
                    message: self.message.clone(),
                    desc: self.desc.clone(),
                });
            }
        }
        let given = match O::ANSWERS_IN_JSON {
            true => &self.json,
            false => &self.data,
        };
        Ok(lenient::read(given.as_ref().unwrap_or(&Value::Null))?)
    }

    /// The answer to an operation, read leniently and written exactly; the words are those that came.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn exact<O: Operation>(&self) -> Result<Self, Refusal> {
        let answer = self.answer::<O>()?;
        // A list of which nothing was found has none in its answer.
        if self.code != Code::Success {
            return Ok(self.clone());
        }
        Ok(Self {
            message: self.message.clone(),
            desc: self.desc.clone(),
            ..Self::success::<O>(&answer)
        })
    }

    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
