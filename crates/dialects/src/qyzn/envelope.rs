//! The envelope in a body: `{"message", "data"}` of requests and notifications (2.3, 2.4), `{"result", "desc",
//! "data"}` of answers (2.5), where real platforms repeat `message`.

use super::code::Code;
use crate::lenient::{self, BodyError, LenientError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What a request or a notification says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestBody {
    /// The operation's wire name.
    pub message: String,
    /// Its parameters; an object, empty where there are none.
    pub data: Value,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResponseBody {
    /// The operation's wire name, where the peer repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What became of the request.
    pub result: Code,
    /// A text; only for people (QUIRKS T43).
    pub desc: String,
    /// What is given back; an object (or an array, in `get_configs`), empty where there is nothing.
    pub data: Value,
    /// What kind of answer it is, in those of configuration (4.5.10); only for people (QUIRKS T9).
    #[serde(rename = "RspMsg", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// Why a body is no envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// No JSON.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// JSON of another shape.
    #[error(transparent)]
    Shape(#[from] LenientError),
}

#[derive(Deserialize)]
struct RawRequest {
    message: String,
}

#[derive(Deserialize)]
struct RawResponse {
    message: Option<String>,
    result: i64,
    desc: Option<String>,
    #[serde(rename = "RspMsg")]
    kind: Option<String>,
}

impl RequestBody {
    /// Reads a request's or notification's body.
    ///
    /// # Errors
    /// [`EnvelopeError`] where it is not JSON or has no `message`.
    pub fn parse(body: &[u8]) -> Result<Self, EnvelopeError> {
        let (data, envelope) = taken_apart(lenient::body(body)?);
        let raw: RawRequest = lenient::read(&envelope)?;
        Ok(Self {
            message: raw.message.trim().to_owned(),
            data: opened(data),
        })
    }

    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        bytes(self)
    }
}

impl ResponseBody {
    /// An answer with a code, its usual text and nothing else.
    #[must_use]
    pub fn of_code(code: Code) -> Self {
        Self::refusal(code, code.text())
    }

    /// An answer with a code and a reason.
    #[must_use]
    pub fn refusal(code: Code, reason: impl Into<String>) -> Self {
        Self {
            message: None,
            result: code,
            desc: reason.into(),
            data: Value::Object(Map::new()),
            kind: None,
        }
    }

    /// Done, with something given back.
    #[must_use]
    pub fn success(data: Value) -> Self {
        Self {
            data,
            ..Self::of_code(Code::Success)
        }
    }

    /// Busy: come again after some seconds (code 109).
    #[must_use]
    pub fn busy(wait_seconds: u32) -> Self {
        Self {
            data: json!({"waitSeconds": wait_seconds}),
            ..Self::of_code(Code::Busy)
        }
    }

    /// Reads an answer's body.
    ///
    /// # Errors
    /// [`EnvelopeError`] where it is not JSON or has no `result`.
    pub fn parse(body: &[u8]) -> Result<Self, EnvelopeError> {
        let (data, envelope) = taken_apart(lenient::body(body)?);
        let raw: RawResponse = lenient::read(&envelope)?;
        Ok(Self {
            message: raw.message,
            result: Code::from(raw.result),
            desc: raw.desc.unwrap_or_default(),
            data: opened(data),
            kind: raw.kind.map(|kind| kind.trim().to_owned()),
        })
    }

    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        bytes(self)
    }
}

/// The `data` of an envelope, which may hold megabytes of pictures and is not copied, and the rest.
fn taken_apart(mut envelope: Value) -> (Value, Value) {
    let fields = envelope.as_object_mut();
    let data = fields.and_then(|fields| {
        let key = match fields.contains_key("data") {
            true => "data".to_owned(),
            false => fields
                .keys()
                .find(|key| key.trim().eq_ignore_ascii_case("data"))?
                .clone(),
        };
        fields.remove(&key)
    });
    (data.unwrap_or_default(), envelope)
}

/// `data` as an object or array: text that holds JSON is opened, nothing is an empty object (QUIRKS T10).
fn opened(data: Value) -> Value {
    match data {
        Value::Null => Value::Object(Map::new()),
        Value::String(text) if text.trim().is_empty() => Value::Object(Map::new()),
        Value::String(text) => match lenient::body(text.as_bytes()) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => inner,
            _ => Value::String(text),
        },
        other => other,
    }
}

/// Text, numbers and JSON values always serialise.
fn bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(body: &str) -> Value {
        RequestBody::parse(body.as_bytes()).unwrap().data
    }

    #[test]
    fn data_comes_in_every_shape() {
        assert_eq!(data(r#"{"message":"x","data":{"a":1}}"#), json!({"a": 1}));
        assert_eq!(data(r#"{"message":"x","data":"{\"a\":1}"}"#), json!({"a": 1}));
        assert_eq!(data(r#"{"message":"x","data":[1]}"#), json!([1]));
        for body in [
            r#"{"message":"x"}"#,
            r#"{"message":"x","data":null}"#,
            r#"{" Message":"x","data":" "}"#,
        ] {
            assert_eq!(data(body), json!({}));
        }
    }

    #[test]
    fn answers_are_read_leniently_and_written_exactly() {
        let answer =
            ResponseBody::parse(b"\xEF\xBB\xBF{\"message\":\"login\",\"result\":\"100\"}\0").unwrap();
        assert_eq!(
            (answer.message.as_deref(), answer.result),
            (Some("login"), Code::Unregistered)
        );
        let text = String::from_utf8(ResponseBody::of_code(Code::Success).encode()).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, json!({"result": 0, "desc": "Success", "data": {}}));
    }

    #[test]
    fn what_is_no_envelope_is_an_error() {
        for body in [
            "",
            "[]",
            "7",
            "{}",
            "{\"data\":{}}",
            "{\"message\":[]}",
            "{\"message\":",
        ] {
            assert!(RequestBody::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(ResponseBody::parse(b"{\"desc\":\"Success\"}").is_err());
    }
}
