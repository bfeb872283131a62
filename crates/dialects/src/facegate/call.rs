//! Everything that a platform can call, as one enum: the terminal dispatches on it, so that a missing arm does not
//! compile.

use super::body::{Body, DeviceId, Place, find};
use super::code::{AddPersonCode, BatchCode};
use super::operation::{Operation, Refusal, answer_of, failure, named, success};
use super::person::EDIT_PERSONS_NEW;
use super::{device, face, person, record, settings, subscription};
use crate::fields::FieldError;
use crate::lenient::{BodyError, LenientError};
use serde_json::Value;

/// Sections that print another operator than that of their path (QUIRKS A12).
const MISPRINTED: &str = "SearchPerson";

/// Why a call is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallProblem {
    /// There is no such operator, or the body names another than the path.
    #[error("Unknow operator")]
    UnknownOperator,
    /// The body is no JSON.
    #[error("Parameter error: {0}")]
    Body(#[from] BodyError),
    /// A field is missing or malformed.
    #[error("Parameter error: {0}")]
    Malformed(#[from] LenientError),
    /// A field is outside the document's limits.
    #[error("Parameter error: {0}")]
    Limit(#[from] FieldError),
    /// The call is another device's.
    #[error("Unkonw DeviceID")]
    Device,
}

/// A call that is not carried out, and the answer to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operator}: {problem}")]
pub struct Refused {
    /// The operator of the path.
    pub operator: String,
    /// Why.
    #[source]
    pub problem: CallProblem,
    /// The document's code.
    pub code: i64,
}

impl Refused {
    fn new(operator: &str, problem: CallProblem) -> Self {
        let is_batch = named(operator, &[EDIT_PERSONS_NEW]);
        let code = if is_batch {
            batch_code(&problem).number()
        } else {
            code(&problem).number()
        };
        Self {
            operator: operator.to_owned(),
            problem,
            code,
        }
    }

    /// The answer.
    #[must_use]
    pub fn answer(&self) -> Body {
        failure(&self.operator, Some(self.code), &self.problem.to_string())
    }
}

/// C.10.1.1.
fn code(problem: &CallProblem) -> AddPersonCode {
    match problem {
        CallProblem::UnknownOperator => AddPersonCode::UnknownOperator,
        CallProblem::Device => AddPersonCode::DeviceId,
        CallProblem::Limit(error) => AddPersonCode::of_limit(error),
        CallProblem::Body(_) | CallProblem::Malformed(_) => AddPersonCode::Parameter,
    }
}

/// C.10.6.1. The code of a limit stands in the error (see `EditPersonsNew`).
fn batch_code(problem: &CallProblem) -> BatchCode {
    match problem {
        CallProblem::UnknownOperator => BatchCode::UnknownOperator,
        CallProblem::Device => BatchCode::DeviceId,
        CallProblem::Limit(error) => error
            .got
            .parse::<i64>()
            .map_or(BatchCode::Parameter, BatchCode::from),
        CallProblem::Body(_) | CallProblem::Malformed(_) => BatchCode::Parameter,
    }
}

macro_rules! calls {
    ($($variant:ident: $operation:ty,)*) => {
        /// What a platform calls: `POST /action/<Operator>`.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "one value for each call, moved a few times")]
        pub enum Call {
            $(#[doc = concat!("`", stringify!($variant), "`, see there.")] $variant($operation),)*
        }

        impl Call {
            fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
                $(if let Some(read) = <$operation as Operation>::read(operator, body) {
                    return Some(read.map(Self::$variant));
                })*
                None
            }

            /// The wire name.
            #[must_use]
            pub fn operator(&self) -> &'static str {
                match self {
                    $(Self::$variant(call) => call.operator(),)*
                }
            }

            /// The document's section.
            #[must_use]
            pub fn section(&self) -> &'static str {
                match self {
                    $(Self::$variant(call) => call.section(),)*
                }
            }

            /// Whether every field is within the document's limits.
            ///
            /// # Errors
            /// The first field that is not.
            pub fn check(&self) -> Result<(), FieldError> {
                match self {
                    $(Self::$variant(call) => call.check(),)*
                }
            }

            /// A successful answer of this device, read leniently and written exactly.
            ///
            /// # Errors
            /// [`Refusal`] as of [`answer_of`].
            pub fn exact_answer(&self, bytes: &[u8], device: &DeviceId) -> Result<Body, Refusal> {
                match self {
                    $(Self::$variant(call) => answer_of(call, bytes).map(|answer| success(call, &answer, device)),)*
                }
            }

            /// The message's bytes for a device.
            #[must_use]
            pub fn request(&self, device: Option<&DeviceId>) -> Vec<u8> {
                match self {
                    $(Self::$variant(call) => call.request(device),)*
                }
            }
        }

        $(impl From<$operation> for Call {
            fn from(call: $operation) -> Self {
                Self::$variant(call)
            }
        })*
    };
}

calls! {
    GetSettings: settings::GetSettings,
    SetSettings: settings::SetSettings,
    GetAudio: device::GetAudio,
    SetAudio: device::SetAudio,
    SetUserPwd: device::SetUserPwd,
    SetFactoryDefault: device::SetFactoryDefault,
    AddPerson: person::AddPerson,
    AddPersons: person::AddPersons,
    EditPerson: person::EditPerson,
    GetDatabaseVer: person::GetDatabaseVer,
    EditPersonsNew: person::EditPersonsNew,
    DeletePerson: person::DeletePerson,
    DeleteAllPerson: person::DeleteAllPerson,
    Subscribe: subscription::Subscribe,
    GetSubscribe: subscription::GetSubscribe,
    Unsubscribe: subscription::Unsubscribe,
    GetFaceSignature: face::GetFaceSignature,
    GetSignatureSimilarity: face::GetSignatureSimilarity,
    GetImage: face::GetImage,
    SearchPerson: person::SearchPerson,
    SearchPersonNum: person::SearchPersonNum,
    SearchPersonList: person::SearchPersonList,
    OpenDoor: device::OpenDoor,
    GetAccessTempPwd: device::GetAccessTempPwd,
    AddAccessPwd: device::AddAccessPwd,
    DelAccessPwd: device::DelAccessPwd,
    ClearAccessPwd: device::ClearAccessPwd,
    SearchControlNum: record::SearchControlNum,
    SearchControl: record::SearchControl,
    RebootDevice: device::RebootDevice,
    GetPictureSimilarity: face::GetPictureSimilarity,
    GetPictureSearch: face::GetPictureSearch,
    DetectFaceFromPic: face::DetectFaceFromPic,
    FrontalFaceSnap: face::FrontalFaceSnap,
    SearchCaptureNum: record::SearchCaptureNum,
    SearchCapture: record::SearchCapture,
    Upgrade: device::Upgrade,
    ManualPushRecords: record::ManualPushRecords,
}

impl Call {
    /// Whether the device answers: it says nothing to new network parameters (3.4, QUIRKS A38).
    #[must_use]
    pub fn is_answered(&self) -> bool {
        !matches!(self, Self::SetSettings(change) if change.group == settings::SettingsGroup::NetParam)
    }

    /// Whether the device reboots after it, as far as the document says (3.4, 3.11.2, 3.24, 3.29, 3.30, 3.35).
    #[must_use]
    pub fn reboots(&self) -> bool {
        match self {
            Self::SetSettings(change) => change.reboots(),
            Self::RebootDevice(reboot) => reboot.reboots(),
            Self::DeleteAllPerson(_) | Self::Upgrade(_) => true,
            _ => false,
        }
    }
}

/// The wire names of all calls, in the document's order.
pub const OPERATORS: [&str; 72] = [
    "GetSound",
    "SetSound",
    "GetAudio",
    "SetAudio",
    "GetDoorCondition",
    "SetDoorCondition",
    "SetUserPwd",
    "GetNetParam",
    "SetNetParam",
    "GetSysTime",
    "SetSysTime",
    "GetSysNTP",
    "SetSysNTP",
    "GetCenter",
    "SetCenter",
    "SetFactoryDefault",
    "GetSysParam",
    "SetSysParam",
    "AddPerson",
    "AddPersons",
    "EditPerson",
    "GetDatabaseVer",
    "EditPersonsNew",
    "DeletePerson",
    "DeleteAllPerson",
    "Subscribe",
    "GetSubscribe",
    "Unsubscribe",
    "GetEnterIPC",
    "SetEnterIPC",
    "GetServerBasicPara",
    "SetServerBasicPara",
    "GetWorktype",
    "SetWorktype",
    "GetFaceSignature",
    "GetSignatureSimilarity",
    "GetImage",
    "SearchPerson",
    "SearchPersonNum",
    "SearchPersonList",
    "OpenDoor",
    "GetAccessTempPwd",
    "AddAccessPwd",
    "DelAccessPwd",
    "ClearAccessPwd",
    "SearchControlNum",
    "SearchControl",
    "GetGeneralParam",
    "SetGeneralParam",
    "RebootDevice",
    "GetPictureSimilarity",
    "GetPictureSearch",
    "DetectFaceFromPic",
    "FrontalFaceSnap",
    "SearchCaptureNum",
    "SearchCapture",
    "GetTemperature",
    "SetTemperature",
    "GetHandSharkData",
    "SetHandSharkData",
    "Upgrade",
    "GetSysCfg",
    "SetSysCfg",
    "GetMQTTParam",
    "SetMQTTParam",
    "ManualPushRecords",
    "GetNetWiFi",
    "SetNetWiFi",
    "GetFaceParam",
    "SetFaceParam",
    "GetRTSPCfg",
    "SetRTSPCfg",
];

/// A call as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedCall {
    /// The device that it is for, where it says.
    pub device: Option<DeviceId>,
    /// What is called.
    pub call: Call,
}

impl ReceivedCall {
    /// Reads a call leniently, without checking limits. `operator` is the last part of the path, which decides; the body
    /// may be empty, leave the operator out, or print that of another section (QUIRKS A12, A74).
    ///
    /// # Errors
    /// [`Refused`], whose [`Refused::answer`] is the answer to give.
    pub fn read(operator: &str, bytes: &[u8]) -> Result<Self, Refused> {
        Self::received(operator, bytes, None)
    }

    /// Whose call it is counts before what it says.
    fn received(operator: &str, bytes: &[u8], own: Option<&DeviceId>) -> Result<Self, Refused> {
        let operator = operator.trim();
        let refused = |problem| Refused::new(operator, problem);
        let mut body = Body::parse(bytes).map_err(|error| refused(error.into()))?;
        let given = std::mem::take(&mut body.operator);
        let device = body.take_device_id();
        let Some(call) = Call::read(operator, &mut body) else {
            return Err(refused(CallProblem::UnknownOperator));
        };
        if device
            .as_ref()
            .zip(own)
            .is_some_and(|(device, own)| device != own)
        {
            return Err(refused(CallProblem::Device));
        }
        let call = call.map_err(|error| refused(error.into()))?;
        let is_same = given.is_empty()
            || named(&given, &[operator, call.operator(), MISPRINTED])
            || named(&given, &[&format!("Http{}", call.operator())]);
        if is_same {
            Ok(Self { device, call })
        } else {
            Err(refused(CallProblem::UnknownOperator))
        }
    }

    /// Reads a call leniently and checks the document's limits, and that it is for this device, or names none.
    ///
    /// # Errors
    /// [`Refused`], whose [`Refused::answer`] is the answer to give.
    pub fn parse(operator: &str, bytes: &[u8], own: &DeviceId) -> Result<Self, Refused> {
        let received = Self::received(operator, bytes, Some(own))?;
        let refused = |problem| Refused::new(received.call.operator(), problem);
        received.call.check().map_err(|error| refused(error.into()))?;
        Ok(received)
    }
}

/// A call of any operator with a body as it stands in the document, whole or the fields of `info` alone; the number of the
/// device is added where the body has none. What is not known goes as it is.
#[must_use]
pub fn native(operator: &str, body: &Value, device: Option<&DeviceId>) -> Body {
    const PICTURES: Place = Place::InfoBut(&["picinfo", "picURI"]);
    const WITHOUT_INFO: [&str; 4] = [
        "AddPersons",
        "GetFaceSignature",
        "GetSignatureSimilarity",
        "GetPictureSimilarity",
    ];
    const DEVICE_BESIDE: [&str; 3] = [EDIT_PERSONS_NEW, "SetGeneralParam", "SetRTSPCfg"];
    let fields = body.as_object().cloned().unwrap_or_default();
    let has_no_info = named(operator, &WITHOUT_INFO);
    let is_whole = find(&fields, "info").is_some();
    let mut message = if is_whole {
        Body::of(fields)
    } else {
        Body::placed(
            operator,
            fields,
            if has_no_info { Place::Beside } else { PICTURES },
        )
    };
    message.operator = operator.to_owned();
    if let (Some(device), None) = (device, message.get("DeviceID")) {
        message.put_device_id(device, has_no_info || named(operator, &DEVICE_BESIDE));
    }
    message
}
