//! What a platform answers: `ret` "0" is success, as a text; anything else means that the call is made again.

use crate::lenient::{self, BodyError, LenientError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `ret` of success.
pub(super) const SUCCESS: &str = "0";
/// `ret` of a failure; the document names no number.
pub(super) const FAILURE: &str = "1";
/// `desc` of success.
pub(super) const SUCCESS_TEXT: &str = "Success";

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// No JSON.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// No answer.
    #[error(transparent)]
    Malformed(#[from] LenientError),
}

/// An answer of a platform.
pub trait Answer: Sized {
    /// Reads it leniently.
    ///
    /// # Errors
    /// [`LenientError`] says what is malformed.
    fn read(body: &Value) -> Result<Self, LenientError>;

    /// As it goes out.
    fn written(&self) -> Value;

    /// Reads a body.
    ///
    /// # Errors
    /// [`AnswerError`] for what is no JSON or no answer.
    fn parse(body: &[u8]) -> Result<Self, AnswerError> {
        Ok(Self::read(&lenient::body(body)?)?)
    }

    /// The body.
    fn to_bytes(&self) -> Vec<u8> {
        self.written().to_string().into_bytes()
    }
}

/// An answer that says no more than how it went (9.3 to 9.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ret {
    /// "0" is success; also as a number (QUIRKS O16).
    pub ret: String,
    /// In words.
    #[serde(default)]
    pub desc: String,
}

impl Ret {
    /// Taken: nothing is to be sent again.
    #[must_use]
    pub fn success() -> Self {
        Self {
            ret: SUCCESS.to_owned(),
            desc: SUCCESS_TEXT.to_owned(),
        }
    }

    /// Not taken.
    #[must_use]
    pub fn failure(desc: impl Into<String>) -> Self {
        Self {
            ret: FAILURE.to_owned(),
            desc: desc.into(),
        }
    }

    /// Whether it was taken.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.ret.trim() == SUCCESS
    }
}

impl Answer for Ret {
    fn read(body: &Value) -> Result<Self, LenientError> {
        lenient::read(body)
    }

    fn written(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
