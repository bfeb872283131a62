//! A call as it comes in: what is in its path, its query and its body.

use super::code::Code;
use super::operation::is_windowed;
use super::reply::Reply;
use super::sign::Signed;
use crate::http::{Method, Parameters};
use crate::lenient;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Parameters that hold Base64.
const PICTURES: &[&str] = &["photo", "img"];
/// The field of a form that may hold the JSON object (QUIRKS O19).
const JSON_FIELD: &str = "json";

/// Why a call is not carried out: the code to answer with, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct Refused {
    /// The code.
    pub code: Code,
    /// The reason, for people.
    pub reason: String,
}

impl Refused {
    /// A refusal.
    #[must_use]
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    /// The answer.
    #[must_use]
    pub fn reply(&self) -> Reply {
        Reply::refusal(self.code, &self.reason)
    }
}

/// A call before it is known what it asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The parameters of the query and of a form.
    pub parameters: Parameters,
    /// The JSON object of the body, whatever its content type; also as the field `json` of a form.
    pub content: Option<Map<String, Value>>,
}

impl Incoming {
    /// Takes a call apart; `query` is without `?`.
    ///
    /// # Errors
    /// [`Refused`] with code 30001 for a body that begins like JSON and is no object.
    pub fn read(method: Method, path: &str, query: &str, body: &[u8]) -> Result<Self, Refused> {
        let invalid = |error: lenient::BodyError| Refused::new(Code::InvalidParameter, error.to_string());
        let trimmed = lenient::trim_padding(body);
        let is_json = matches!(trimmed.first(), Some(b'{' | b'['));
        let in_query = Parameters::read(query, b"", PICTURES).map_err(invalid)?;
        let body = Parameters::read("", trimmed, PICTURES).map_err(invalid)?;
        let content = match is_json {
            true => body.value().as_object().cloned(),
            false => form_content(&body),
        };
        let parameters = match is_json {
            true => in_query,
            false => Parameters::read(query, trimmed, PICTURES).map_err(invalid)?,
        };
        Ok(Self {
            method,
            path: path.to_owned(),
            parameters,
            content,
        })
    }

    /// Checks signature and time (4). `syncTime` is exempt from the window.
    ///
    /// # Errors
    /// As [`Signed::of`] and [`Signed::verify`].
    pub fn authenticate(&self, password: &str, now: Timestamp) -> Result<Signed, Refused> {
        let signed = Signed::of(&self.parameters)?;
        signed.verify(password, now, is_windowed(&self.path))?;
        Ok(signed)
    }

    /// The JSON object.
    ///
    /// # Errors
    /// [`Refused`] with code 30003 where there is none.
    pub fn content(&self) -> Result<&Map<String, Value>, Refused> {
        self.content
            .as_ref()
            .ok_or_else(|| Refused::new(Code::MissingParameter, JSON_FIELD))
    }
}

/// The JSON object in the field `json` of a form, or the form's fields.
fn form_content(form: &Parameters) -> Option<Map<String, Value>> {
    let fields = form.value().as_object().filter(|fields| !fields.is_empty())?;
    let text = form.text(JSON_FIELD);
    match text.and_then(|text| lenient::body(text.as_bytes()).ok()) {
        Some(Value::Object(object)) => Some(object),
        _ => Some(fields.clone()),
    }
}
