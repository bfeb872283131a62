//! Messages: what every payload has, and the four kinds of topics as enums of what may come by them.

use super::code::ErrorCode;
use super::{control, dev_info, person, record, session};
use crate::fields::FieldError;
use crate::lenient::{self, BodyError, LenientError};
pub(super) use crate::limits::{at_most, filled};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The longest `msgID`, bytes (QUIRKS M46).
pub const MSG_ID_BYTES: usize = 64;

/// Why a payload is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// No JSON object.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A field is missing or malformed.
    #[error(transparent)]
    Malformed(#[from] LenientError),
    /// A field is outside the document's limits.
    #[error(transparent)]
    Limit(#[from] FieldError),
}

/// One message of the document.
pub trait Message: Sized {
    /// `msgType`.
    const NAME: &'static str;
    /// Other names that the document prints for it.
    const ALIASES: &'static [&'static str] = &[];

    /// Reads the fields leniently, without checking limits.
    ///
    /// # Errors
    /// [`LenientError`] says which field is missing or malformed.
    fn read(fields: &Value) -> Result<Self, LenientError>;

    /// The fields beside `msgType`; scalars of any kind.
    fn fields(&self) -> Map<String, Value>;

    /// Whether every field is within the document's limits.
    ///
    /// # Errors
    /// The first field that is not.
    fn check(&self) -> Result<(), FieldError> {
        Ok(())
    }
}

/// The fields of a plain wire type.
pub(super) fn written<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// A plain wire type from the fields.
pub(super) fn plain<T: DeserializeOwned>(fields: &Value) -> Result<T, LenientError> {
    lenient::read(fields)
}

macro_rules! plain_messages {
    ($($type:ty: $name:literal $([$($alias:literal),*])?;)*) => {$(
        impl $crate::mqtt::message::Message for $type {
            const NAME: &'static str = $name;
            $(const ALIASES: &'static [&'static str] = &[$($alias),*];)?

            fn read(fields: &serde_json::Value) -> Result<Self, $crate::lenient::LenientError> {
                $crate::mqtt::message::plain(fields)
            }

            fn fields(&self) -> serde_json::Map<String, serde_json::Value> {
                $crate::mqtt::message::written(self)
            }

            fn check(&self) -> Result<(), $crate::fields::FieldError> {
                self.check_limits()
            }
        }
    )*};
}
pub(super) use plain_messages;

/// What a device answers to most messages (2.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The message answered.
    #[serde(rename = "msgID", default)]
    pub msg_id: String,
    /// The device.
    #[serde(rename = "deviceNo", default)]
    pub device_no: String,
    /// What the cloud gave at registration.
    #[serde(default)]
    pub token: String,
    /// What became of it. `code` where a device has no `errorCode` (QUIRKS M50).
    #[serde(rename = "errorCode", alias = "code")]
    pub code: ErrorCode,
    /// In words, for people.
    #[serde(default)]
    pub msg: String,
}

/// Every scalar as text (QUIRKS M9); nulls are left out.
pub(super) fn texts(value: Value) -> Option<Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => Value::String(u8::from(flag).to_string()),
        Value::Number(number) => Value::String(number.to_string()),
        text @ Value::String(_) => text,
        Value::Array(items) => Value::Array(items.into_iter().filter_map(texts).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter_map(|(key, value)| Some((key, texts(value)?)))
                .collect(),
        ),
    })
}

/// A message of this name, its scalars as text.
pub(super) fn whole(name: &str, fields: Map<String, Value>) -> Value {
    let mut message = Map::new();
    message.insert("msgType".to_owned(), Value::String(name.to_owned()));
    if let Some(Value::Object(fields)) = texts(Value::Object(fields)) {
        message.extend(fields);
    }
    Value::Object(message)
}

fn encode(name: &str, fields: Map<String, Value>) -> Vec<u8> {
    whole(name, fields).to_string().into_bytes()
}

/// The value of a key, blanks at its ends and its case aside.
fn field<'a>(fields: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = fields.as_object()?;
    fields.get(name).or_else(|| {
        let found = fields
            .iter()
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    })
}

fn text(fields: &Value, name: &str) -> Option<String> {
    let text: String = lenient::read(field(fields, name)?).ok()?;
    Some(text.trim().to_owned())
}

fn named<M: Message>(name: &str) -> bool {
    M::NAME.eq_ignore_ascii_case(name) || M::ALIASES.iter().any(|alias| alias.eq_ignore_ascii_case(name))
}

macro_rules! topics {
    ($($(#[$doc:meta])* $enum:ident { $($variant:ident: $message:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "one value for each message, moved a few times")]
        pub enum $enum {
            $(#[doc = concat!("`", stringify!($variant), "`, see there.")] $variant($message),)*
            /// A message that is not known; it survives as it came.
            Unknown {
                /// `msgType`.
                name: String,
                /// Everything.
                fields: Value,
            },
        }

        impl $enum {
            /// The names of all messages that are known here.
            pub const ALL: &[&str] = &[$(<$message as Message>::NAME),*];

            /// Reads a payload leniently, without checking limits.
            ///
            /// # Errors
            /// [`MessageError`] says what is wrong and where. An unknown message is no error.
            pub fn read(payload: &[u8]) -> Result<Self, MessageError> {
                let fields = lenient::body(payload)?;
                let name = text(&fields, "msgType").ok_or_else(|| LenientError {
                    path: "msgType".to_owned(),
                    problem: "is missing".to_owned(),
                })?;
                $(if named::<$message>(&name) {
                    return Ok(Self::$variant(<$message as Message>::read(&fields)?));
                })*
                Ok(Self::Unknown { name, fields })
            }

            /// Reads a payload leniently and checks the document's limits.
            ///
            /// # Errors
            /// [`MessageError`] says what is wrong and where. An unknown message is no error.
            pub fn parse(payload: &[u8]) -> Result<Self, MessageError> {
                let message = Self::read(payload)?;
                message.check()?;
                Ok(message)
            }

            /// Whether every field is within the document's limits.
            ///
            /// # Errors
            /// The first field that is not.
            pub fn check(&self) -> Result<(), FieldError> {
                match self {
                    $(Self::$variant(known) => known.check(),)*
                    Self::Unknown { .. } => Ok(()),
                }
            }

            /// `msgType`.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant(_) => <$message as Message>::NAME,)*
                    Self::Unknown { name, .. } => name,
                }
            }

            /// The payload.
            #[must_use]
            pub fn to_bytes(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant(message) => encode(<$message as Message>::NAME, message.fields()),)*
                    Self::Unknown { name, fields } => {
                        encode(name, fields.as_object().cloned().unwrap_or_default())
                    }
                }
            }
        }

        $(impl From<$message> for $enum {
            fn from(message: $message) -> Self {
                Self::$variant(message)
            }
        })*
    )*};
}

/// What a payload of whatever kind says of itself: `msgID` and `deviceNo`, where it has them.
#[must_use]
pub fn identity(payload: &[u8]) -> (Option<String>, Option<String>) {
    match lenient::body(payload) {
        Ok(fields) => (text(&fields, "msgID"), text(&fields, "deviceNo")),
        Err(_) => (None, None),
    }
}

/// What a payload of whatever kind calls itself: `msgType`, where it has one.
#[must_use]
pub fn name(payload: &[u8]) -> Option<String> {
    text(&lenient::body(payload).ok()?, "msgType")
}

topics! {
    /// What a device asks and reports: `face/{serial}/request`.
    DeviceRequest {
        Register: session::Register,
        KeepAlive: session::KeepAlive,
        UploadRecord: record::UploadRecord,
    }
    /// What a device answers: `face/{serial}/response`.
    DeviceResponse {
        OnlineOpenResp: control::OnlineOpenResp,
        OnlineUpdateResp: control::OnlineUpdateResp,
        OnlineRebootResp: control::OnlineRebootResp,
        OnlineSetDevInfoResp: dev_info::OnlineSetDevInfoResp,
        OnlineGetDevInfoResp: dev_info::OnlineGetDevInfoResp,
        RegisterPersonInfoResp: person::RegisterPersonInfoResp,
        OnlineGetRegisterResp: person::OnlineGetRegisterResp,
        OnlineStopGetRegisterResp: person::OnlineStopGetRegisterResp,
        OnlineGetRegisterCountResp: person::OnlineGetRegisterCountResp,
        OnlineGetRegisterByIndexResp: person::OnlineGetRegisterByIndexResp,
        OnlineGetPhotoResp: record::OnlineGetPhotoResp,
        OnlineDeleteSnapRecordResp: record::OnlineDeleteSnapRecordResp,
    }
    /// What the cloud asks of a device: `pass/{serial}/request`.
    CloudRequest {
        OnlineOpen: control::OnlineOpen,
        OnlineUpdate: control::OnlineUpdate,
        OnlineReboot: control::OnlineReboot,
        OnlineSetDevInfo: dev_info::OnlineSetDevInfo,
        OnlineGetDevInfo: dev_info::OnlineGetDevInfo,
        RegisterPersonInfo: person::RegisterPersonInfo,
        OnlineGetRegister: person::OnlineGetRegister,
        OnlineStopGetRegister: person::OnlineStopGetRegister,
        OnlineGetRegisterCount: person::OnlineGetRegisterCount,
        OnlineGetRegisterByIndex: person::OnlineGetRegisterByIndex,
        OnlineGetPhoto: record::OnlineGetPhoto,
        OnlineDeleteSnapRecord: record::OnlineDeleteSnapRecord,
    }
    /// What the cloud answers: `pass/{serial}/response`.
    CloudResponse {
        RegisterResp: session::RegisterResp,
        KeepAliveResp: session::KeepAliveResp,
        GetRegisterAck: person::GetRegisterAck,
        UploadRecordResp: record::UploadRecordResp,
    }
}

impl CloudRequest {
    /// `msgID` and `deviceNo`; either may be empty (QUIRKS M18).
    #[must_use]
    pub fn address(&self) -> (&str, &str) {
        let (msg_id, device_no) = match self {
            Self::OnlineOpen(message) => (&message.msg_id, &message.device_no),
            Self::OnlineUpdate(message) => (&message.msg_id, &message.device_no),
            Self::OnlineReboot(message) => (&message.msg_id, &message.device_no),
            Self::OnlineSetDevInfo(message) => (&message.msg_id, &message.device_no),
            Self::OnlineGetDevInfo(message) => (&message.msg_id, &message.device_no),
            Self::RegisterPersonInfo(message) => (&message.msg_id, &message.device_no),
            Self::OnlineGetRegister(message) => (&message.msg_id, &message.device_no),
            Self::OnlineStopGetRegister(message) => (&message.msg_id, &message.device_no),
            Self::OnlineGetRegisterCount(message) => (&message.msg_id, &message.device_no),
            Self::OnlineGetRegisterByIndex(message) => (&message.msg_id, &message.device_no),
            Self::OnlineGetPhoto(message) => (&message.msg_id, &message.device_no),
            Self::OnlineDeleteSnapRecord(message) => (&message.msg_id, &message.device_no),
            Self::Unknown { fields, .. } => {
                let text = |name| field(fields, name).and_then(Value::as_str).unwrap_or_default();
                return (text("msgID").trim(), text("deviceNo").trim());
            }
        };
        (msg_id.trim(), device_no.trim())
    }
}

impl CloudResponse {
    /// `deviceNo`, or nothing.
    #[must_use]
    pub fn device_no(&self) -> &str {
        let device_no = match self {
            Self::RegisterResp(message) => &message.device_no,
            Self::KeepAliveResp(message) => &message.device_no,
            Self::GetRegisterAck(message) => &message.device_no,
            Self::UploadRecordResp(message) => &message.device_no,
            Self::Unknown { .. } => return "",
        };
        device_no.trim()
    }
}

impl DeviceResponse {
    /// Puts in the token of the present connection: an answer may outlive the one on which it was asked for.
    pub fn set_token(&mut self, token: &str) {
        let place = match self {
            Self::OnlineOpenResp(answer) => &mut answer.0.token,
            Self::OnlineUpdateResp(answer) => &mut answer.0.token,
            Self::OnlineRebootResp(answer) => &mut answer.0.token,
            Self::OnlineSetDevInfoResp(answer) => &mut answer.0.token,
            Self::OnlineGetDevInfoResp(answer) => &mut answer.reply.token,
            Self::RegisterPersonInfoResp(answer) => &mut answer.0.token,
            Self::OnlineGetRegisterResp(answer) => &mut answer.0.reply.token,
            Self::OnlineStopGetRegisterResp(answer) => &mut answer.0.token,
            Self::OnlineGetRegisterCountResp(answer) => &mut answer.token,
            Self::OnlineGetRegisterByIndexResp(answer) => &mut answer.0.reply.token,
            Self::OnlineGetPhotoResp(answer) => &mut answer.token,
            Self::OnlineDeleteSnapRecordResp(answer) => &mut answer.0.token,
            Self::Unknown { fields, .. } => {
                if let Some(fields) = fields.as_object_mut() {
                    fields.insert("token".to_owned(), token.into());
                }
                return;
            }
        };
        token.clone_into(place);
    }
}

/// A number within a range.
pub(super) fn within(field: &str, number: i64, first: i64, last: i64) -> Result<(), FieldError> {
    if (first..=last).contains(&number) {
        return Ok(());
    }
    Err(FieldError::new(field, format!("{first} to {last}"), number))
}
