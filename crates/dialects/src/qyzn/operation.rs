//! Operations: each declared once, with its wire name, the version that it needs, and its answer; both sides use the
//! same declaration. [`DeviceRequest`] and [`PlatformRequest`] list them, so that a missing arm does not compile.

use super::check::FieldError;
use super::code::Code;
use super::envelope::ResponseBody;
use super::frame::Version;
use super::{call, config, control, face, person, record, registered, session};
use crate::lenient::{self, LenientError};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::time::Duration;

/// One operation of the document: the type is its request.
pub trait Operation: Serialize + DeserializeOwned {
    /// The wire name.
    const NAME: &'static str;
    /// Other wire names that the document prints for it.
    const ALIASES: &'static [&'static str] = &[];
    /// The protocol version that the receiver must speak.
    const SINCE: Version;
    /// How long the answer may take, where that is longer than the request is sent again.
    const PATIENCE: Duration = Duration::ZERO;
    /// What a successful answer gives back.
    type Answer: Serialize + DeserializeOwned;

    /// Whether every field is within the document's limits.
    ///
    /// # Errors
    /// The first field that is not; the request is to be refused with code 104.
    fn check(&self) -> Result<(), FieldError> {
        Ok(())
    }

    /// The parameters as they stand in `data`.
    fn data(&self) -> Value {
        written(self)
    }

    /// Reads parameters leniently, without checking their limits.
    ///
    /// # Errors
    /// [`LenientError`] says which field is missing or malformed.
    fn read(data: &Value) -> Result<Self, LenientError> {
        lenient::read(&flattened(data))
    }

    /// Reads what a successful answer gives back.
    ///
    /// # Errors
    /// [`LenientError`] says which field is missing or malformed.
    fn read_answer(data: &Value) -> Result<Self::Answer, LenientError> {
        lenient::read(&flattened(data))
    }
}

/// An answer that gives nothing back: `{}`, null or nothing at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done;

impl Serialize for Done {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Map::new().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Done {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Why a request is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A field is missing or malformed.
    #[error(transparent)]
    Malformed(#[from] LenientError),
    /// A field is outside the document's limits.
    #[error(transparent)]
    Limit(#[from] FieldError),
}

impl ParseError {
    /// The answer to such a request: code 104 and the reason.
    #[must_use]
    pub fn answer(&self) -> ResponseBody {
        ResponseBody::refusal(Code::InvalidParameter, self.to_string())
    }
}

/// An answer that says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The peer's code and text.
    #[error("{code}: {desc}")]
    Code {
        /// The code.
        code: Code,
        /// The text.
        desc: String,
        /// With [`Code::Busy`]: the seconds to wait, as the peer says or else [`DEFAULT_WAIT_SECONDS`].
        wait_seconds: Option<u32>,
    },
    /// The peer agreed, but what it gave back cannot be read.
    #[error("the answer cannot be read: {0}")]
    Malformed(#[from] LenientError),
}

/// How long to wait for a busy peer that does not say (QUIRKS T44).
pub const DEFAULT_WAIT_SECONDS: u32 = 3;

/// The longest wait that a busy peer is granted, seconds.
pub const MAX_WAIT_SECONDS: u32 = 3600;

/// Reads the answer to an operation.
///
/// # Errors
/// [`Refusal`] for a code other than 0, or an answer that cannot be read.
pub fn answer_of<O: Operation>(body: &ResponseBody) -> Result<O::Answer, Refusal> {
    if body.result == Code::Success {
        return Ok(O::read_answer(&body.data)?);
    }
    let wait_seconds = (body.result == Code::Busy).then(|| wait_seconds(&body.data));
    Err(Refusal::Code {
        code: body.result,
        desc: body.desc.clone(),
        wait_seconds,
    })
}

fn wait_seconds(data: &Value) -> u32 {
    #[derive(Deserialize)]
    struct Wait {
        #[serde(rename = "waitSeconds")]
        seconds: Option<u32>,
    }
    let seconds = lenient::read::<Wait>(data).ok().and_then(|wait| wait.seconds);
    seconds.unwrap_or(DEFAULT_WAIT_SECONDS).min(MAX_WAIT_SECONDS)
}

/// The successful answer to an operation.
pub fn success<O: Operation>(answer: &O::Answer) -> ResponseBody {
    ResponseBody::success(written(answer))
}

/// A wire type as JSON. Wire types are structs of plain values, which always serialise.
pub(super) fn written<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_else(|_| Value::Object(Map::new()))
}

/// Parameters as one object: the first object of an array; objects nested under unknown keys stay where they are
/// ([`record`] looks into them).
pub(super) fn flattened(data: &Value) -> std::borrow::Cow<'_, Value> {
    match data {
        Value::Array(items) => items.iter().find(|item| item.is_object()).map_or_else(
            || std::borrow::Cow::Owned(Value::Object(Map::new())),
            std::borrow::Cow::Borrowed,
        ),
        other => std::borrow::Cow::Borrowed(other),
    }
}

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident: $operation:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "one value for each message, moved a few times")]
        pub enum $name {
            $(#[doc = concat!("`", stringify!($variant), "`, see there.")] $variant($operation),)*
            /// A message that is not known; it survives as it came.
            Unknown {
                /// The wire name.
                message: String,
                /// The parameters.
                data: Value,
            },
        }

        impl $name {
            /// The wire names of all operations that are known.
            pub const ALL: &[&str] = &[$(<$operation as Operation>::NAME),*];

            /// Reads a request leniently, without checking limits.
            ///
            /// # Errors
            /// [`LenientError`] says which field is missing or malformed. An unknown message is no error.
            pub fn read(message: &str, data: &Value) -> Result<Self, LenientError> {
                $(if names::<$operation>(message) {
                    return <$operation as Operation>::read(data).map(Self::$variant);
                })*
                Ok(Self::Unknown { message: message.to_owned(), data: data.clone() })
            }

            /// Reads a request leniently and checks the document's limits.
            ///
            /// # Errors
            /// [`ParseError`], whose [`ParseError::answer`] is the answer to give. An unknown message is no error.
            pub fn parse(message: &str, data: &Value) -> Result<Self, ParseError> {
                let request = Self::read(message, data)?;
                request.check()?;
                Ok(request)
            }

            /// Whether every field is within the document's limits.
            ///
            /// # Errors
            /// The first field that is not.
            pub fn check(&self) -> Result<(), FieldError> {
                match self {
                    $(Self::$variant(request) => request.check(),)*
                    Self::Unknown { .. } => Ok(()),
                }
            }

            /// The wire name.
            #[must_use]
            pub fn message(&self) -> &str {
                match self {
                    $(Self::$variant(_) => <$operation as Operation>::NAME,)*
                    Self::Unknown { message, .. } => message,
                }
            }

            /// How long the answer to a message may take ([`Operation::PATIENCE`]).
            #[must_use]
            pub fn patience(message: &str) -> Duration {
                $(if names::<$operation>(message) {
                    return <$operation as Operation>::PATIENCE;
                })*
                Duration::ZERO
            }

            /// The parameters as they stand in `data`.
            #[must_use]
            pub fn data(&self) -> Value {
                match self {
                    $(Self::$variant(request) => request.data(),)*
                    Self::Unknown { data, .. } => data.clone(),
                }
            }

            /// What was given back to this, read leniently and written exactly: `data`.
            ///
            /// # Errors
            /// [`Refusal`] for a code other than 0, or an answer that cannot be read.
            pub fn exact_answer(&self, body: &ResponseBody) -> Result<Value, Refusal> {
                match self {
                    $(Self::$variant(_) => answer_of::<$operation>(body).map(|answer| written(&answer)),)*
                    Self::Unknown { .. } => Ok(body.data.clone()),
                }
            }

            /// The protocol version that the receiver must speak.
            #[must_use]
            pub fn since(&self) -> Version {
                match self {
                    $(Self::$variant(_) => <$operation as Operation>::SINCE,)*
                    Self::Unknown { .. } => Version::V2,
                }
            }
        }

        $(impl From<$operation> for $name {
            fn from(request: $operation) -> Self {
                Self::$variant(request)
            }
        })*
    )*};
}

requests! {
    /// What a device asks of the platform.
    DeviceRequest {
        Register: session::Register,
        Login: session::Login,
        Logout: session::Logout,
        SnapshotFace: record::SnapshotFace,
        SyncTime: record::SyncTime,
        QrCodeData: record::QrCodeData,
        DeviceSyncPerson: registered::DeviceSyncPerson,
        DeviceCallParam: call::DeviceCallParam,
        DeviceCallResult: call::DeviceCallResult,
    }
    /// What the platform asks of a device.
    PlatformRequest {
        DeletePerson: person::DeletePerson,
        ClearPerson: person::ClearPerson,
        SnapshotPicture: person::SnapshotPicture,
        AddPerson: registered::AddPerson,
        UpdatePerson: registered::UpdatePerson,
        AddPersonFace: person::AddPersonFace,
        SyncPerson: registered::SyncPerson,
        AddFace: face::AddFace,
        DeleteFace: face::DeleteFace,
        DeviceRestart: control::DeviceRestart,
        DeviceUpgrade: control::DeviceUpgrade,
        SerialOutput: control::SerialOutput,
        WiegandOutput: control::WiegandOutput,
        RecordClear: control::RecordClear,
        OpenDoor: control::OpenDoor,
        OnlineOpenDoor: control::OnlineOpenDoor,
        SwipingCard: control::SwipingCard,
        ConfigDevicePassRule: control::ConfigDevicePassRule,
        GetConfigs: config::GetConfigs,
        ConfigSystem: config::ConfigSystem,
        ResendRecords: control::ResendRecords,
    }
}

/// Whether a message names an operation, in any of the document's spellings, whatever the case.
fn names<O: Operation>(message: &str) -> bool {
    let message = message.trim();
    O::NAME.eq_ignore_ascii_case(message)
        || O::ALIASES.iter().any(|alias| alias.eq_ignore_ascii_case(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qyzn::{ConfigGroup, GetConfigs, SyncPerson};
    use serde_json::json;

    #[test]
    fn an_answer_is_read_leniently_and_written_exactly() {
        let exact = |request: PlatformRequest, body: &str| {
            let body = ResponseBody::parse(body.as_bytes()).unwrap();
            request.exact_answer(&body)
        };
        let get: PlatformRequest = GetConfigs::one(ConfigGroup::Face).into();
        let body =
            r#"{"result":"0","data":[{"groupKey":" VaParam ","safetyhatDelect":"1","DetThres":"65"}]}"#;
        assert_eq!(
            exact(get.clone(), body).unwrap(),
            json!([{"groupKey": "vaparam", "safetyhatDecect": true, "DetThres": 65}])
        );
        let refused = exact(get, r#"{"result":103,"desc":"no"}"#).unwrap_err();
        assert_eq!(refused.to_string(), "103 (Unknown command): no");
        let told = exact(SyncPerson {}.into(), r#"{"result":0,"data":{"person_num":"7"}}"#);
        assert_eq!(told.unwrap(), json!({"person_num": 7}));
        let unreadable = exact(SyncPerson {}.into(), r#"{"result":0,"data":{}}"#);
        assert!(matches!(unreadable, Err(Refusal::Malformed(_))));
    }
}
