//! Operations: what the platform calls (`POST /action/<Operator>`), each declared once with its wire name, its section
//! and its answer; both sides use the same declaration. [`super::Call`] lists them.

use super::body::{Body, DeviceId, Place, find};
use super::code::{FailureClass, SUCCESS, class_of};
use super::json::HexSpelling;
use crate::fields::FieldError;
use crate::lenient::{self, BodyError, LenientError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// One operation of the document: the type is its request.
pub trait Operation: Sized {
    /// What a successful answer gives back.
    type Answer: Answer;

    /// The wire name.
    fn operator(&self) -> &'static str;

    /// The document's section.
    fn section(&self) -> &'static str;

    /// Whether `DeviceID` stands beside `operator` instead of in `info`.
    fn device_beside(&self) -> bool {
        false
    }

    /// Reads the parameters leniently, without checking their limits; `None` where the operation has another name.
    ///
    /// # Errors
    /// [`LenientError`] says which field is missing or malformed.
    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>>;

    /// The message, without the number of the device.
    fn body(&self) -> Body;

    /// Whether every field is within the document's limits.
    ///
    /// # Errors
    /// The first field that is not.
    fn check(&self) -> Result<(), FieldError> {
        Ok(())
    }

    /// Reads what a successful answer gives back.
    ///
    /// # Errors
    /// [`LenientError`] says which field is missing or malformed.
    fn read_answer(&self, body: Body) -> Result<Self::Answer, LenientError> {
        Self::Answer::read(body)
    }

    /// The message's bytes for a device.
    fn request(&self, device: Option<&DeviceId>) -> Vec<u8> {
        self.request_with(device, HexSpelling::default())
    }

    /// The message's bytes for a device that wants hexadecimal card numbers otherwise (QUIRKS A1).
    fn request_with(&self, device: Option<&DeviceId>, hex: HexSpelling) -> Vec<u8> {
        let mut body = self.body();
        if let Some(device) = device {
            body.put_device_id(device, self.device_beside());
        }
        body.to_bytes_with(hex)
    }

    /// The path of the call.
    fn path(&self) -> String {
        format!("/action/{}", self.operator())
    }
}

/// What a successful answer gives back.
pub trait Answer: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// [`LenientError`] says which field is missing or malformed.
    fn read(body: Body) -> Result<Self, LenientError>;

    /// The whole answer, without `operator`.
    fn body(&self, device: &DeviceId) -> Body;

    /// What an answer that is no JSON means, where a device may answer like that.
    fn of_text(text: &[u8]) -> Option<Self> {
        let _ = text;
        None
    }

    /// What an answer without content means, where nothing found is told that way (QUIRKS A76).
    fn nothing() -> Option<Self> {
        None
    }
}

/// The answer that says yes and nothing else (B.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done;

impl Answer for Done {
    fn read(_: Body) -> Result<Self, LenientError> {
        Ok(Self)
    }

    fn body(&self, _: &DeviceId) -> Body {
        let mut body = Body::placed(
            "",
            Map::from_iter([("Result".to_owned(), "Ok".into())]),
            Place::INFO,
        );
        body.beside.insert("code".to_owned(), SUCCESS.into());
        body
    }
}

/// The successful answer to an operation, from the device that it was asked of.
pub fn success<O: Operation>(request: &O, answer: &O::Answer, device: &DeviceId) -> Body {
    Body {
        operator: answer_name(request.operator()).to_owned(),
        ..answer.body(device)
    }
}

/// The name under which an operator is answered: its own, but for one (QUIRKS A12).
fn answer_name(operator: &'static str) -> &'static str {
    match operator {
        "GetAccessTempPwd" => "GetTempPwd",
        other => other,
    }
}

/// The answer that says no (B.2), with the document's code where there is one (QUIRKS A67).
#[must_use]
pub fn failure(operator: &str, code: Option<i64>, detail: &str) -> Body {
    let fields = [("Result", "Fail"), ("Detail", detail)];
    let fields = fields.map(|(key, value)| (key.to_owned(), Value::from(value)));
    let mut body = Body::placed(operator, Map::from_iter(fields), Place::INFO);
    if let Some(code) = code {
        body.beside.insert("code".to_owned(), code.into());
    }
    body
}

/// An answer that says no, or says nothing that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The device does not know the user (B.1).
    #[error("{0}")]
    Authentication(String),
    /// The device's code and text.
    #[error("{}{detail}", code.map(|code| format!("{code}: ")).unwrap_or_default())]
    Failed {
        /// The wire name of the operator asked for.
        operator: &'static str,
        /// The code, where it sends one.
        code: Option<i64>,
        /// The text.
        detail: String,
    },
    /// The answer is no JSON.
    #[error("the answer cannot be read: {0}")]
    Body(#[from] BodyError),
    /// What it gave back cannot be read.
    #[error("the answer cannot be read: {0}")]
    Malformed(#[from] LenientError),
}

impl Refusal {
    /// What it means.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Authentication(_) => FailureClass::Authentication,
            Self::Failed {
                operator,
                code,
                detail,
            } => class_of(operator, *code, detail),
            Self::Body(_) | Self::Malformed(_) => FailureClass::Internal,
        }
    }

    /// The device's code.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Failed { code, .. } => *code,
            _ => None,
        }
    }
}

/// Reads the answer to an operation.
///
/// # Errors
/// [`Refusal`] for a failure, or an answer that cannot be read.
pub fn answer_of<O: Operation>(request: &O, bytes: &[u8]) -> Result<O::Answer, Refusal> {
    if lenient::trim_padding(bytes).is_empty() {
        return O::Answer::nothing().ok_or(Refusal::Body(BodyError::Empty));
    }
    let body = match Body::parse(bytes) {
        Ok(body) => body,
        Err(error) => return O::Answer::of_text(bytes).ok_or(Refusal::Body(error)),
    };
    match refusal(request.operator(), &body) {
        None => Ok(request.read_answer(body)?),
        // A search that finds nothing may be told as a failure without a cause.
        Some(failed) => match (O::Answer::nothing(), failed.class(), failed.code()) {
            (Some(nothing), FailureClass::Internal, None) => Ok(nothing),
            _ => Err(failed),
        },
    }
}

/// Whether a body says no: success is code 200 or "Ok", whatever else stands there (QUIRKS A60).
fn refusal(operator: &'static str, body: &Body) -> Option<Refusal> {
    let text = |key: &str| {
        let text: Option<String> = body.get(key).and_then(|value| lenient::read(value).ok());
        text.unwrap_or_default().trim().to_owned()
    };
    if body.operator.eq_ignore_ascii_case(super::auth::AUTHENTICATION) {
        return Some(Refusal::Authentication(text("Detail")));
    }
    let result = text("Result");
    let code = code_of(body);
    let is_ok = result.eq_ignore_ascii_case("Ok") || matches!(code, None | Some(0 | SUCCESS));
    if is_ok && !result.eq_ignore_ascii_case("Fail") {
        return None;
    }
    Some(Refusal::Failed {
        operator,
        code: code.filter(|code| *code != 0 && *code != SUCCESS),
        detail: text("Detail"),
    })
}

/// `code` or `errcode`, at the top, in `info`, or in its first element (QUIRKS A67).
fn code_of(body: &Body) -> Option<i64> {
    let within = |fields: &Map<String, Value>| {
        ["errcode", "code"]
            .iter()
            .find_map(|key| lenient::read::<i64>(find(fields, key)?).ok())
    };
    within(&body.beside).or_else(|| match &body.info {
        Some(Value::Object(info)) => within(info),
        _ => None,
    })
}

/// A wire type's fields. Wire types are structs of plain values, which always serialise.
pub(super) fn written<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// A wire type out of a body's fields.
pub(super) fn plain<T: DeserializeOwned>(body: &mut Body, place: Place) -> Result<T, LenientError> {
    lenient::read(&std::mem::take(body).flat(place))
}

/// Whether a name is one of these, blanks and case aside.
pub(super) fn named(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name.trim()))
}

/// Declares operations whose request is a plain struct; `checked`: with a `check_limits` of its own.
macro_rules! operations {
    ($($type:ty: $name:literal $([$($alias:literal),*])? $section:literal $place:expr => $answer:ty $(, $checked:ident)?;)*) => {$(
        impl $crate::facegate::operation::Operation for $type {
            type Answer = $answer;

            fn operator(&self) -> &'static str {
                $name
            }

            fn section(&self) -> &'static str {
                $section
            }

            fn device_beside(&self) -> bool {
                $place == $crate::facegate::body::Place::Beside
            }

            fn read(
                operator: &str,
                body: &mut $crate::facegate::body::Body,
            ) -> Option<Result<Self, $crate::lenient::LenientError>> {
                let is_named = $crate::facegate::operation::named(operator, &[$name $($(, $alias)*)?]);
                is_named.then(|| $crate::facegate::operation::plain(body, $place))
            }

            fn body(&self) -> $crate::facegate::body::Body {
                let fields = $crate::facegate::operation::written(self);
                $crate::facegate::body::Body::placed($name, fields, $place)
            }

            $($crate::facegate::operation::operations!(@$checked);)?
        }
    )*};
    (@checked) => {
        fn check(&self) -> Result<(), $crate::fields::FieldError> {
            self.check_limits()
        }
    };
}
pub(super) use operations;

/// Declares answers that are plain structs; with `device`, they name the device.
macro_rules! answers {
    ($($type:ty: $place:expr $(, $device:ident)? $(, nothing $nothing:expr)?;)*) => {$(
        impl $crate::facegate::operation::Answer for $type {
            fn read(mut body: $crate::facegate::body::Body) -> Result<Self, $crate::lenient::LenientError> {
                $crate::facegate::operation::plain(&mut body, $place)
            }

            #[allow(unused_mut, unused_variables, reason = "most answers do not name the device")]
            fn body(&self, device: &$crate::facegate::body::DeviceId) -> $crate::facegate::body::Body {
                let fields = $crate::facegate::operation::written(self);
                let mut body = $crate::facegate::body::Body::placed("", fields, $place);
                $($crate::facegate::operation::answers!(@$device body, device);)?
                body
            }

            $(fn nothing() -> Option<Self> {
                Some($nothing)
            })?
        }
    )*};
    (@device $body:ident, $device_id:ident) => {
        $body.put_device_id($device_id, false)
    };
}
pub(super) use answers;
