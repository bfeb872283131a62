//! Chapter 4.7: intercom calls, on devices that have an intercom.

use super::check::{self, FieldError};
use super::frame::Version;
use super::operation::{Done, Operation};
use crate::lenient::{self, Base64Text, LenientError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes of a room number, a call's id and other short texts of a call; the document names none.
const SHORT_TEXT_BYTES: usize = 128;
/// Results that one report may bring.
const RESULTS: usize = 64;

/// The room does not exist: what code 104 means in the answer to [`DeviceCallParam`] (QUIRKS T8).
pub const UNKNOWN_ROOM: i64 = 104;
/// Nobody can answer: what code 105 means in the answer to [`DeviceCallParam`] (QUIRKS T8).
pub const NOBODY_ANSWERS: i64 = 105;

/// `device_call_param` (4.7.1), device to platform, version 5: someone at the door calls a room; who is to be called?
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceCallParam {
    /// The room's number.
    #[serde(rename = "callNo")]
    pub room: String,
    /// The call's id, a UUID; each call has its own.
    #[serde(rename = "callRequestId")]
    pub call_id: String,
    /// What the camera sees, JPEG.
    pub picture: Base64Text,
}

/// The answer to [`DeviceCallParam`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceCallParamAnswer {
    /// The call's id, as it came.
    #[serde(rename = "callRequestId")]
    pub call_id: String,
    /// The room's number.
    #[serde(rename = "callNo")]
    pub room: String,
    /// The device, at the service that carries the call.
    #[serde(rename = "deviceId")]
    pub device_id: String,
    /// Its token there.
    #[serde(rename = "deviceToken")]
    pub device_token: String,
    /// Its name, as the called see it.
    #[serde(rename = "deviceName")]
    pub device_name: String,
    /// The longest call, seconds.
    #[serde(rename = "callMaxSeconds")]
    pub most_seconds: i64,
    /// Who is called. The table has `called` (QUIRKS T7).
    #[serde(rename = "calleds", alias = "called")]
    pub called: Vec<Called>,
}

/// Somebody who is called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Called {
    /// Who.
    #[serde(rename = "userId")]
    pub user_id: String,
    /// The token at the service that carries the call; empty for somebody who never signed in there.
    pub token: String,
    /// The telephone number.
    #[serde(rename = "phoneNo")]
    pub phone: String,
}

impl Operation for DeviceCallParam {
    const NAME: &'static str = "device_call_param";
    const SINCE: Version = Version::V5;
    type Answer = DeviceCallParamAnswer;

    fn check(&self) -> Result<(), FieldError> {
        check::filled("callNo", &self.room, SHORT_TEXT_BYTES)?;
        check::at_most("callRequestId", &self.call_id, SHORT_TEXT_BYTES)
    }
}

/// `device_call_result` (4.7.2), device to platform, version 5: how a call went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceCallResult {
    /// The room's number.
    #[serde(rename = "callNo")]
    pub room: String,
    /// The call's id, as in [`DeviceCallParam`].
    #[serde(rename = "callRequestId")]
    pub call_id: String,
    /// One for each attempt.
    #[serde(rename = "callRecords", deserialize_with = "one_or_many")]
    pub records: Vec<CallRecord>,
}

/// How one attempt of a call went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallRecord {
    /// Who was called; empty where that is not known.
    #[serde(rename = "userId")]
    pub user_id: String,
    /// 0 unknown, 1 hung up at the door, 2 the call failed, 3 answered in the app, 4 nobody in the app, 5 not answered
    /// in the app, 6 the app failed, 7 answered by telephone, 8 not answered, 9 the telephone failed.
    #[serde(rename = "callResult")]
    pub result: i64,
    /// 0 not connected, 1 app, 2 telephone.
    #[serde(rename = "callType")]
    pub call_type: i64,
    /// 0 the door was not opened, 1 it was, 2 that failed.
    #[serde(rename = "openStatus")]
    pub open_status: i64,
    /// When it was answered, `yyyyMMddHHmmss`.
    #[serde(rename = "startTime")]
    pub started: String,
    /// When it ended, `yyyyMMddHHmmss`.
    #[serde(rename = "endTime")]
    pub ended: String,
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<CallRecord>, D::Error> {
    use serde::de::Error as _;
    let read = |value: &Value| -> Result<CallRecord, LenientError> { lenient::read(value) };
    match Value::deserialize(deserializer)? {
        Value::Array(items) => items.iter().map(read).collect::<Result<_, _>>(),
        Value::Null => Ok(Vec::new()),
        single => read(&single).map(|record| vec![record]),
    }
    .map_err(D::Error::custom)
}

impl Operation for DeviceCallResult {
    const NAME: &'static str = "device_call_result";
    const SINCE: Version = Version::V5;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::at_most("callNo", &self.room, SHORT_TEXT_BYTES)?;
        check::at_most("callRequestId", &self.call_id, SHORT_TEXT_BYTES)?;
        if self.records.len() > RESULTS {
            return Err(FieldError::new(
                "callRecords",
                format!("at most {RESULTS}"),
                self.records.len(),
            ));
        }
        for record in &self.records {
            check::within("callResult", record.result, 0..=9)?;
            check::within("callType", record.call_type, 0..=2)?;
            check::within("openStatus", record.open_status, 0..=2)?;
        }
        Ok(())
    }
}
