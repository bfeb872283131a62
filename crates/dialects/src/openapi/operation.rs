//! Operations: each declared once, with its path, method, content and answer; both sides use the same declaration.
//! [`Request`] lists what a platform calls, so that a missing arm does not compile.

use super::code::Code;
use super::incoming::{Incoming, Refused};
use super::reply::{Refusal, Reply};
use super::sign::{SIGN, TIMESTAMP, signature};
use super::{device, people, record};
use crate::http::{Call, FORM, JSON, Method, percent_decoded, percent_encoded, write_form};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The part of a path that names a person.
const USER_ID: &str = "{userId}";

/// One operation of the document: the type is what it asks.
pub trait Operation: Sized {
    /// The path, as the document prints it.
    const NAME: &'static str;
    /// The section of the document.
    const SECTION: &'static str;
    /// The method.
    const METHOD: Method;
    /// Whether the answer is under `json` instead of `data`.
    const ANSWERS_IN_JSON: bool = false;
    /// What a successful answer gives back.
    type Answer: Serialize + DeserializeOwned;

    /// Reads a call; `id` is the part of the path that names a person.
    ///
    /// # Errors
    /// [`Refused`] for what is missing, malformed or out of its range.
    fn read(incoming: &Incoming, id: Option<&str>) -> Result<Self, Refused>;

    /// What goes out.
    fn outgoing(&self) -> Outgoing;

    /// What stands for an answer of code 50008, where that is no failure.
    #[must_use]
    fn nothing_found() -> Option<Self::Answer> {
        None
    }
}

/// What a call says, beside its path and its signature.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outgoing {
    /// The person that the path names.
    pub id: Option<String>,
    /// Parameters of the query.
    pub query: Vec<(&'static str, String)>,
    /// The JSON object of the body.
    pub content: Option<Map<String, Value>>,
}

impl Outgoing {
    /// A JSON object alone.
    #[must_use]
    pub fn content(content: Map<String, Value>) -> Self {
        Self {
            content: Some(content),
            ..Self::default()
        }
    }
}

/// Whether a path is the operation's, and the person that it names.
fn matched<O: Operation>(path: &str) -> Option<Option<String>> {
    let path = path.trim_matches('/');
    let name = O::NAME.trim_matches('/');
    let Some(fixed) = name.strip_suffix(USER_ID) else {
        return path.eq_ignore_ascii_case(name).then_some(None);
    };
    let (start, id) = path.split_at_checked(fixed.len())?;
    let is_id = start.eq_ignore_ascii_case(fixed) && !id.is_empty() && !id.contains('/');
    is_id.then(|| Some(percent_decoded(id)))
}

/// Whether a call must be made within five minutes of the device's clock: every one but that which sets the clock.
pub(super) fn is_windowed(path: &str) -> bool {
    matched::<device::SyncTime>(path).is_none()
}

fn written(method: Method, path: &str, outgoing: &Outgoing, timestamp_ms: i64, password: &str) -> Call {
    let timestamp = timestamp_ms.to_string();
    let sign = signature(&timestamp, password);
    let path = match &outgoing.id {
        Some(id) => path.replace(USER_ID, &percent_encoded(id)),
        None => path.to_owned(),
    };
    let own = outgoing.query.iter().map(|(name, value)| (*name, value.as_str()));
    let query = write_form(
        [(TIMESTAMP, timestamp.as_str()), (SIGN, sign.as_str())]
            .into_iter()
            .chain(own),
    );
    let (content_type, body) = match (&outgoing.content, method) {
        (Some(content), _) => (
            Some(JSON),
            Value::Object(content.clone()).to_string().into_bytes(),
        ),
        (None, Method::Post) => (Some(FORM), Vec::new()),
        (None, Method::Get) => (None, Vec::new()),
    };
    Call {
        method,
        target: format!("{path}?{query}"),
        content_type,
        body,
    }
}

/// A plain wire type as an object.
pub(super) fn plain<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

macro_rules! requests {
    ($($variant:ident: $operation:ty,)*) => {
        /// What a platform asks of a device.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "one value for each call, moved a few times")]
        pub enum Request {
            $(#[doc = concat!("`", stringify!($variant), "`, see there.")] $variant($operation),)*
        }

        impl Request {
            /// The paths of all operations.
            pub const ALL: &[&str] = &[$(<$operation as Operation>::NAME),*];

            /// Reads a call and checks it. A path counts whatever its case, with a slash at its end or none.
            ///
            /// # Errors
            /// [`Refused`], whose [`Refused::reply`] is the answer to give: code 50004 for an unknown path and for
            /// another method.
            pub fn parse(incoming: &Incoming) -> Result<Self, Refused> {
                $(if let Some(id) = matched::<$operation>(&incoming.path) {
                    let method = <$operation as Operation>::METHOD;
                    if incoming.method != method {
                        return Err(Refused::new(Code::MethodNotAllowed, format!("{method} is expected")));
                    }
                    return <$operation as Operation>::read(incoming, id.as_deref()).map(Self::$variant);
                })*
                Err(Refused::new(Code::MethodNotAllowed, "no such call"))
            }

            /// The path, as the document prints it.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$operation as Operation>::NAME,)*
                }
            }

            /// The section of the document.
            #[must_use]
            pub fn section(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$operation as Operation>::SECTION,)*
                }
            }

            /// The method of a path; `None` for one that is not known.
            #[must_use]
            pub fn method(path: &str) -> Option<Method> {
                $(if matched::<$operation>(path).is_some() {
                    return Some(<$operation as Operation>::METHOD);
                })*
                None
            }

            /// A successful answer, read leniently and written exactly.
            ///
            /// # Errors
            /// [`Refusal`] as of [`Reply::answer`].
            pub fn exact_answer(&self, reply: &Reply) -> Result<Reply, Refusal> {
                match self {
                    $(Self::$variant(_) => reply.exact::<$operation>(),)*
                }
            }

            /// The call as it goes out at a time, milliseconds since 1970.
            #[must_use]
            pub fn call(&self, timestamp_ms: i64, password: &str) -> Call {
                match self {
                    $(Self::$variant(operation) => call(operation, timestamp_ms, password),)*
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
pub fn call<O: Operation>(operation: &O, timestamp_ms: i64, password: &str) -> Call {
    written(O::METHOD, O::NAME, &operation.outgoing(), timestamp_ms, password)
}

/// A call by its path, as an operator who knows the document gives it, unchecked: the device says what it thinks of it.
/// `parameters` go into the query of a GET and into the body of a POST; an unknown path is a POST.
#[must_use]
pub fn named(path: &str, parameters: Map<String, Value>, timestamp_ms: i64, password: &str) -> Call {
    let path = format!("/{}", path.trim_matches('/'));
    let method = Request::method(&path).unwrap_or(Method::Post);
    if method == Method::Post {
        let outgoing = Outgoing {
            content: Some(parameters).filter(|content| !content.is_empty()),
            ..Outgoing::default()
        };
        return written(method, &path, &outgoing, timestamp_ms, password);
    }
    let call = written(method, &path, &Outgoing::default(), timestamp_ms, password);
    let texts: Vec<(String, String)> = parameters
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        })
        .collect();
    let own = write_form(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    Call {
        target: match own.is_empty() {
            true => call.target,
            false => format!("{}&{own}", call.target),
        },
        ..call
    }
}

requests! {
    OpenDoor: device::OpenDoor,
    SyncTime: device::SyncTime,
    Reboot: device::Reboot,
    JsonCommand: device::JsonCommand,
    GetInformation: device::GetInformation,
    GetNetwork: device::GetNetwork,
    SetNetwork: device::SetNetwork,
    GetSmartFace: device::GetSmartFace,
    SetSmartFace: device::SetSmartFace,
    GetPeripherals: device::GetPeripherals,
    SetPeripherals: device::SetPeripherals,
    AddUser: people::AddUser,
    UpdateUser: people::UpdateUser,
    DeleteUser: people::DeleteUser,
    ListUsers: people::ListUsers,
    ListRecords: record::ListRecords,
}
