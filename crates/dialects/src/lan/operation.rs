//! Operations: each declared once, with its name (which is its path), methods, parameters and answer; both sides use the
//! same declaration. [`Request`] lists what a platform calls, so that a missing arm does not compile.

use super::reply::{Refusal, Reply};
use super::status::Status;
use super::{control, device_info, heartbeat, key, person, record};
use crate::fields::FieldError;
use crate::http::{Call, FORM, JSON, Method, Parameters, write_form};
use crate::lenient::{BodyError, LenientError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The parameter that every call has (1.2).
pub const KEY: &str = "key";
/// What it was called before V1.3 (QUIRKS L12).
const OLD_KEY: &str = "oldKey";
/// Parameters that hold Base64.
pub(super) const PICTURES: &[&str] = &["photo"];

/// One operation of the document: the type is its parameters, the key apart.
pub trait Operation: Sized {
    /// The wire name: the path.
    const NAME: &'static str;
    /// The section of the document.
    const SECTION: &'static str;
    /// The methods that the document names, the one to use first.
    const METHODS: &'static [Method];
    /// Parameters without which the call is refused with status 101.
    const REQUIRED: &'static [&'static str] = &[];
    /// What a successful answer gives back.
    type Answer: Serialize + DeserializeOwned;

    /// Reads the parameters leniently, without checking their limits.
    ///
    /// # Errors
    /// [`LenientError`] says which parameter is malformed.
    fn read(parameters: &Value) -> Result<Self, LenientError>;

    /// The parameters as they go out.
    fn parameters(&self) -> Map<String, Value>;

    /// Whether every parameter is within the document's limits.
    ///
    /// # Errors
    /// The first that is not.
    fn check(&self) -> Result<(), FieldError> {
        Ok(())
    }
}

/// Why a call is not carried out: the status to answer with, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {reason}")]
pub struct Refused {
    /// The status.
    pub status: Status,
    /// The reason, for people.
    pub reason: String,
}

impl Refused {
    /// A refusal.
    #[must_use]
    pub fn new(status: Status, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: reason.into(),
        }
    }

    /// The answer.
    #[must_use]
    pub fn reply(&self) -> Reply {
        Reply::refusal(self.status, &self.reason)
    }
}

/// How the parameters of a POST go out; the document does not say which a device takes (QUIRKS L1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// As a form: what to begin with.
    #[default]
    Form,
    /// As JSON: for devices that answer a form with status 101.
    Json,
}

/// Reads the parameters of a call: query (without `?`) and body, in any encoding.
///
/// # Errors
/// [`Refused`] with status 102 for a body that cannot be read.
pub fn parameters(query: &str, body: &[u8]) -> Result<Parameters, Refused> {
    Parameters::read(query, body, PICTURES)
        .map_err(|error: BodyError| Refused::new(Status::Malformed, error.to_string()))
}

/// Whether a call has the device's key (1.2).
///
/// # Errors
/// [`Refused`] with status 101 where there is none, 103 for another.
pub fn authenticate(parameters: &Parameters, key: &str) -> Result<(), Refused> {
    use subtle::ConstantTimeEq as _;
    let given = parameters.text(KEY).or_else(|| parameters.text(OLD_KEY));
    let given = given.ok_or_else(|| Refused::new(Status::Missing, KEY))?;
    let is_key = |given: &str| bool::from(given.as_bytes().ct_eq(key.as_bytes()));
    if is_key(&given) || is_key(given.trim()) {
        return Ok(());
    }
    Err(Refused::new(Status::WrongKey, "another key"))
}

/// Reads an operation's parameters and checks them.
pub(super) fn parse<O: Operation>(parameters: &Parameters) -> Result<O, Refused> {
    for name in O::REQUIRED {
        if parameters.get(name).is_none_or(Value::is_null) {
            return Err(Refused::new(Status::Missing, *name));
        }
    }
    let operation = O::read(parameters.value())
        .map_err(|error| Refused::new(Status::malformed(first_step(&error.path)), error.to_string()))?;
    operation
        .check()
        .map_err(|error| Refused::new(Status::out_of_range(&error.field), error.to_string()))?;
    Ok(operation)
}

fn first_step(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

/// The name that a path means: without slashes and whatever its case.
fn names<O: Operation>(path: &str) -> bool {
    path.trim_matches('/').eq_ignore_ascii_case(O::NAME)
}

fn written(
    name: &str,
    method: Method,
    parameters: &Map<String, Value>,
    key: &str,
    encoding: Encoding,
) -> Call {
    let path = format!("/{name}");
    let form = || {
        let texts: Vec<(&str, String)> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), form_text(name, value)))
            .collect();
        let pairs = texts.iter().map(|(name, value)| (*name, value.as_str()));
        write_form([(KEY, key)].into_iter().chain(pairs))
    };
    let (target, content_type, body) = match (method, encoding) {
        (Method::Get, _) => (format!("{path}?{}", form()), None, Vec::new()),
        (Method::Post, Encoding::Form) => (path, Some(FORM), form().into_bytes()),
        (Method::Post, Encoding::Json) => {
            let mut all = parameters.clone();
            all.insert(KEY.to_owned(), Value::String(key.to_owned()));
            (path, Some(JSON), Value::Object(all).to_string().into_bytes())
        }
    };
    Call {
        method,
        target,
        content_type,
        body,
    }
}

/// A value as it stands in a form. Blanks in Base64 mean nothing, and would be taken for `+` there (hub rule 49).
fn form_text(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) if PICTURES.contains(&name) => {
            text.chars().filter(|c| !c.is_whitespace()).collect()
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The parameters of a plain wire type.
pub(super) fn plain<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// An operation whose parameters are a plain wire type.
macro_rules! operation {
    ($type:ty: $name:literal, $section:literal, [$($method:ident),+], [$($required:literal),*] -> $answer:ty) => {
        impl $crate::lan::operation::Operation for $type {
            const NAME: &'static str = $name;
            const SECTION: &'static str = $section;
            const METHODS: &'static [$crate::http::Method] = &[$($crate::http::Method::$method),+];
            const REQUIRED: &'static [&'static str] = &[$($required),*];
            type Answer = $answer;

            fn read(parameters: &serde_json::Value) -> Result<Self, $crate::lenient::LenientError> {
                $crate::lenient::read(parameters)
            }

            fn parameters(&self) -> serde_json::Map<String, serde_json::Value> {
                $crate::lan::operation::plain(self)
            }

            fn check(&self) -> Result<(), $crate::fields::FieldError> {
                self.check_limits()
            }
        }
    };
}
pub(super) use operation;

macro_rules! requests {
    ($($variant:ident: $operation:ty,)*) => {
        /// What a platform asks of a device.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "one value for each call, moved a few times")]
        pub enum Request {
            $(#[doc = concat!("`", stringify!($variant), "`, see there.")] $variant($operation),)*
            /// A call that is not known; it survives as it came.
            Unknown {
                /// The path without slashes.
                name: String,
                /// Its parameters, the key apart.
                parameters: Map<String, Value>,
            },
        }

        impl Request {
            /// The wire names of all operations that are known.
            pub const ALL: &[&str] = &[$(<$operation as Operation>::NAME),*];

            /// Reads a call and checks it. A path counts whatever its case, with a slash at its end or none. What is
            /// read by GET is served to POST, too; what changes something is not changed by GET.
            ///
            /// # Errors
            /// [`Refused`], whose [`Refused::reply`] is the answer to give. An unknown call is no error.
            pub fn parse(method: Method, path: &str, parameters: &Parameters) -> Result<Self, Refused> {
                $(if names::<$operation>(path) {
                    let methods = <$operation as Operation>::METHODS;
                    if method == Method::Get && !methods.contains(&method) {
                        return Err(Refused::new(Status::ClientError, "POST is expected"));
                    }
                    return parse::<$operation>(parameters).map(Self::$variant);
                })*
                Ok(Self::Unknown {
                    name: path.trim_matches('/').to_owned(),
                    parameters: without_key(parameters),
                })
            }

            /// Makes a call by its name, as an operator who knows the document gives it.
            ///
            /// # Errors
            /// [`Refused`] for a known call whose parameters are missing or wrong.
            pub fn named(name: &str, parameters: Map<String, Value>) -> Result<Self, Refused> {
                Self::parse(Method::Post, name, &Parameters::from(parameters))
            }

            /// The wire name.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant(_) => <$operation as Operation>::NAME,)*
                    Self::Unknown { name, .. } => name,
                }
            }

            /// The section of the document.
            #[must_use]
            pub fn section(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant(_) => Some(<$operation as Operation>::SECTION),)*
                    Self::Unknown { .. } => None,
                }
            }

            /// What a successful answer gives back, read leniently and written exactly.
            ///
            /// # Errors
            /// [`Refusal`] for a status other than 0, or an answer that cannot be read.
            pub fn exact_answer(&self, reply: &Reply) -> Result<Value, Refusal> {
                match self {
                    $(Self::$variant(_) => reply
                        .answer::<$operation>()
                        .map(|answer| serde_json::to_value(answer).unwrap_or_default()),)*
                    Self::Unknown { .. } => Ok(reply.data.clone().unwrap_or_default()),
                }
            }

            /// The call as it goes out.
            #[must_use]
            pub fn call(&self, key: &str, encoding: Encoding) -> Call {
                match self {
                    $(Self::$variant(operation) => call(operation, key, encoding),)*
                    Self::Unknown { name, parameters } => {
                        written(name, Method::Post, parameters, key, encoding)
                    }
                }
            }
        }

        $(impl From<$operation> for Request {
            fn from(operation: $operation) -> Self {
                Self::$variant(operation)
            }
        })*
    };
}

/// An operation as it goes out.
#[must_use]
pub fn call<O: Operation>(operation: &O, key: &str, encoding: Encoding) -> Call {
    let method = O::METHODS.first().copied().unwrap_or(Method::Post);
    written(O::NAME, method, &operation.parameters(), key, encoding)
}

fn without_key(parameters: &Parameters) -> Map<String, Value> {
    let is_key = |name: &str| {
        [KEY, OLD_KEY]
            .iter()
            .any(|key| key.eq_ignore_ascii_case(name.trim()))
    };
    let all = parameters.value().as_object().into_iter().flatten();
    all.filter(|(name, _)| !is_key(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

requests! {
    SetDeviceKey: key::SetDeviceKey,
    SetDeviceInfo: device_info::SetDeviceInfo,
    GetDeviceInfo: device_info::GetDeviceInfo,
    SetTime: control::SetTime,
    GetTime: control::GetTime,
    SetPerson: person::SetPerson,
    GetPerson: person::GetPerson,
    ListPerson: person::ListPerson,
    RemovePerson: person::RemovePerson,
    ListRecord: record::ListRecord,
    RemoveRecord: record::RemoveRecord,
    SetRecordCallback: record::SetRecordCallback,
    GetRecordCallback: record::GetRecordCallback,
    Reboot: control::Reboot,
    Open: control::Open,
    SetHeartBeat: heartbeat::SetHeartBeat,
    GetHeartBeat: heartbeat::GetHeartBeat,
    UpdateApk: control::UpdateApk,
    Check: control::Check,
    Photo: control::TakePhotos,
    Reset: control::Reset,
}
