//! The calls of chapter 9, each declared once; both sides use the same declaration.

use super::answer::{Answer, Ret};
use super::{alive, changes, compared, measured, stored};
use crate::fields::FieldError;
use crate::http::{Call, JSON, Method, Parameters, percent_decoded, percent_encoded, write_form};
use crate::lenient::{self, BodyError, LenientError};
use serde_json::{Map, Value};

/// One operation of chapter 9: the type is what a terminal says.
pub trait PlatformOperation: Sized {
    /// The wire name: the first part of the path, the second is the device.
    const NAME: &'static str;
    /// The section of the document.
    const SECTION: &'static str;
    /// The method.
    const METHOD: Method;
    /// The key that wraps the body in the document's example; with or without, it is read (QUIRKS O7).
    const WRAPPER: Option<&'static str> = None;
    /// What the platform answers.
    type Answer: Answer;

    /// Reads a call; `query` is its parameters, `body` its content without the wrapper.
    ///
    /// # Errors
    /// [`LenientError`] says which field is missing or malformed.
    fn read(query: &Parameters, body: &Value) -> Result<Self, LenientError>;

    /// The parameters of the query.
    fn query(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The content of the body, without the wrapper.
    fn body(&self) -> Option<Value>;

    /// Whether every field is within the document's limits.
    ///
    /// # Errors
    /// The first that is not.
    fn check(&self) -> Result<(), FieldError> {
        Ok(())
    }
}

/// Why a call of a terminal is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// No JSON.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A field is missing or malformed.
    #[error(transparent)]
    Malformed(#[from] LenientError),
    /// A field is outside the document's limits.
    #[error(transparent)]
    Limit(#[from] FieldError),
    /// There is no such call.
    #[error("there is no such call")]
    Unknown,
}

impl PushError {
    /// The answer to such a call.
    #[must_use]
    pub fn answer(&self) -> Ret {
        Ret::failure(self.to_string())
    }
}

/// A call of a terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceCall {
    /// The device, by the path, which is authoritative (QUIRKS O6).
    pub device: String,
    /// What it says.
    pub request: PlatformRequest,
    /// The body as it came, without its wrapper.
    pub message: Value,
}

/// An operation as it goes out, to be put behind the platform's address.
#[must_use]
pub fn call<O: PlatformOperation>(operation: &O, device: &str) -> Call {
    let query = operation.query();
    let query = write_form(query.iter().map(|(name, value)| (*name, value.as_str())));
    let mark = if query.is_empty() { "" } else { "?" };
    let body = operation.body().map(|body| match O::WRAPPER {
        Some(wrapper) => Value::Object(Map::from_iter([(wrapper.to_owned(), body)])),
        None => body,
    });
    Call {
        method: O::METHOD,
        target: format!("/{}/{}{mark}{query}", O::NAME, percent_encoded(device)),
        content_type: body.is_some().then_some(JSON),
        body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
    }
}

/// The name and the device at the end of a path.
fn ends(path: &str) -> Option<(&str, String)> {
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
    let device = percent_decoded(parts.next()?);
    Some((parts.next()?, device)).filter(|(_, device)| !device.trim().is_empty())
}

/// A body without its wrapper.
fn unwrapped<'a>(body: &'a Value, wrapper: Option<&str>) -> &'a Value {
    let inner = wrapper.and_then(|wrapper| {
        let fields = body.as_object()?;
        let found = fields
            .iter()
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(wrapper));
        found.map(|(_, inner)| inner)
    });
    inner.unwrap_or(body)
}

/// Whether a path has this name.
fn named<O: PlatformOperation>(name: &str) -> bool {
    O::NAME.eq_ignore_ascii_case(name)
}

macro_rules! requests {
    ($($variant:ident: $operation:ty,)*) => {
        /// What a terminal asks of its platform and reports to it.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "one value for each call, moved a few times")]
        pub enum PlatformRequest {
            $(#[doc = concat!("`", stringify!($variant), "`, see there.")] $variant($operation),)*
        }

        impl PlatformRequest {
            /// The wire names of all operations.
            pub const ALL: &[&str] = &[$(<$operation as PlatformOperation>::NAME),*];

            /// Reads a call leniently, without checking limits. A path counts by its last two parts, the name whatever
            /// its case; `query` is without `?`.
            ///
            /// # Errors
            /// [`PushError`] says what is wrong and where.
            pub fn read(path: &str, query: &str, body: &[u8]) -> Result<DeviceCall, PushError> {
                let (name, device) = ends(path).ok_or(PushError::Unknown)?;
                let query = Parameters::read(query, b"", &[])?;
                let body = match lenient::trim_padding(body) {
                    [] => Value::Null,
                    body => lenient::body(body)?,
                };
                $(if named::<$operation>(name) {
                    let message = unwrapped(&body, <$operation as PlatformOperation>::WRAPPER);
                    let request = <$operation as PlatformOperation>::read(&query, message)?;
                    return Ok(DeviceCall {
                        device,
                        request: Self::$variant(request),
                        message: message.clone(),
                    });
                })*
                Err(PushError::Unknown)
            }

            /// Whether every field is within the document's limits.
            ///
            /// # Errors
            /// The first that is not.
            pub fn check(&self) -> Result<(), FieldError> {
                match self {
                    $(Self::$variant(operation) => operation.check(),)*
                }
            }

            /// The wire name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$operation as PlatformOperation>::NAME,)*
                }
            }

            /// The section of the document.
            #[must_use]
            pub fn section(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$operation as PlatformOperation>::SECTION,)*
                }
            }

            /// The method of a path; `None` for one that is not known.
            #[must_use]
            pub fn method(path: &str) -> Option<Method> {
                let (name, _) = ends(path)?;
                $(if named::<$operation>(name) {
                    return Some(<$operation as PlatformOperation>::METHOD);
                })*
                None
            }

            /// The call as it goes out, to be put behind the platform's address.
            #[must_use]
            pub fn call(&self, device: &str) -> Call {
                match self {
                    $(Self::$variant(operation) => call(operation, device),)*
                }
            }
        }

        $(impl From<$operation> for PlatformRequest {
            fn from(operation: $operation) -> Self {
                Self::$variant(operation)
            }
        })*
    };
}

requests! {
    Changes: changes::SyRecord,
    Compared: compared::SyFace,
    Measured: measured::SyAttribute,
    Stored: stored::SyResult,
    Alive: alive::SyHeartbeat,
}
