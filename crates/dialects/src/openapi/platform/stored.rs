//! 9.4: what became of a change of 9.1.

use super::answer::Ret;
use super::operation::PlatformOperation;
use super::{ID_CHARACTERS, NAME_CHARACTERS};
use crate::fields::FieldError;
use crate::http::{Method, Parameters};
use crate::lenient::{self, LenientError};
use crate::limits::{characters, not_blank};
use crate::openapi::operation::plain;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Characters of a status.
pub const STATUS_CHARACTERS: usize = 8;
/// The status of success; the document names no other.
const DONE: &str = "100";
/// The status of a failure (assumed: QUIRKS O43).
const FAILED: &str = "101";

/// `syresult`, in the wrapper `resultList`: one result as an object, or several as a list (QUIRKS O9).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyResult {
    /// The results.
    pub results: Vec<StoreResult>,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreResult {
    /// Whose; `userId` elsewhere, which is read, too.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// "100" is success.
    #[serde(default)]
    pub status: String,
    /// In words.
    #[serde(default)]
    pub msg: String,
}

impl StoreResult {
    /// The change was made.
    #[must_use]
    pub fn done(user_id: impl Into<String>) -> Self {
        Self {
            user_id: user_id.into(),
            status: DONE.to_owned(),
            msg: "操作成功".to_owned(),
        }
    }

    /// The change was not made; the reason is cut to the document's length.
    #[must_use]
    pub fn failed(user_id: impl Into<String>, reason: &str) -> Self {
        Self {
            user_id: user_id.into(),
            status: FAILED.to_owned(),
            msg: reason.chars().take(NAME_CHARACTERS).collect(),
        }
    }

    /// Whether the change was made.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.status == DONE
    }

    /// Blanks come with every value.
    fn trimmed(self) -> Self {
        let trimmed = |text: String| text.trim().to_owned();
        Self {
            user_id: trimmed(self.user_id),
            status: trimmed(self.status),
            msg: trimmed(self.msg),
        }
    }
}

impl SyResult {
    /// One result, as the document shows it.
    #[must_use]
    pub fn one(result: StoreResult) -> Self {
        Self {
            results: vec![result],
        }
    }
}

impl PlatformOperation for SyResult {
    const NAME: &'static str = "syresult";
    const SECTION: &'static str = "9.4";
    const METHOD: Method = Method::Post;
    const WRAPPER: Option<&'static str> = Some("resultList");
    type Answer = Ret;

    fn read(_: &Parameters, body: &Value) -> Result<Self, LenientError> {
        let results: Vec<StoreResult> = lenient::read(body)?;
        Ok(Self {
            results: results.into_iter().map(StoreResult::trimmed).collect(),
        })
    }

    fn body(&self) -> Option<Value> {
        let results = self.results.iter().map(|result| Value::Object(plain(result)));
        Some(match self.results.as_slice() {
            [single] => Value::Object(plain(single)),
            _ => results.collect(),
        })
    }

    fn check(&self) -> Result<(), FieldError> {
        self.results.iter().try_for_each(|result| {
            not_blank("userID", &result.user_id)?;
            characters("userID", &result.user_id, ID_CHARACTERS)?;
            characters("status", &result.status, STATUS_CHARACTERS)?;
            characters("msg", &result.msg, NAME_CHARACTERS)
        })
    }
}
