//! 2.3: records, and pictures on demand.

use super::code::ErrorCode;
use super::control::{SPOKEN_BYTES, replies};
use super::message::{MSG_ID_BYTES, Message, at_most, filled, plain_messages, within, written};
use super::person::bare;
use crate::fields::FieldError;
use crate::lenient::{self, Base64Text, LenientError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `uploadRecord` (2.3.1), device to cloud: until it is acknowledged.
///
/// The cloud reads whatever comes: a record with a strange field is still a record, and what is not acknowledged comes
/// for ever (QUIRKS M36). A field that cannot be read is taken for missing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UploadRecord {
    /// The record's id; the same each time it is sent.
    #[serde(rename = "msgID")]
    pub msg_id: String,
    /// The version of this protocol.
    pub version: String,
    /// The device.
    #[serde(rename = "deviceNo")]
    pub device_no: String,
    /// What the cloud gave at registration.
    pub token: String,
    /// 0 face, 1 face and identity card, 2 face and IC card, 3 stranger, 4 IC card (QUIRKS M34).
    #[serde(rename = "snapType")]
    pub snap_type: Option<i64>,
    /// 0 granted, 1 not, 2 outside the periods, 3 outside the validity, 4 not authorised (QUIRKS M35).
    #[serde(rename = "compareResult")]
    pub result: Option<i64>,
    /// When, as text: it enters the duplicate key as it came.
    #[serde(rename = "passTime")]
    pub time: String,
    /// The person's id.
    #[serde(rename = "idNumber")]
    pub person_id: String,
    /// The name.
    pub name: String,
    /// 男 or 女.
    pub sex: String,
    /// Day of birth; `birthday` in the person (QUIRKS M31).
    #[serde(alias = "birthday")]
    pub birth: String,
    /// Company.
    pub company: String,
    /// Department.
    pub department: String,
    /// Telephone number.
    pub phone: String,
    /// The first day of the validity, as text.
    #[serde(rename = "validDateStart")]
    pub valid_from: String,
    /// The last day of the validity, as text.
    #[serde(rename = "validDateEnd")]
    pub valid_until: String,
    /// What was spoken.
    #[serde(rename = "visitorVoiceText")]
    pub spoken: String,
    /// 0 unknown, 1 in, 2 out (QUIRKS M24).
    #[serde(rename = "inOutMode")]
    pub direction: i64,
    /// The picture taken.
    #[serde(rename = "recognitionPhoto")]
    pub capture: Base64Text,
    /// The enrolled photo.
    #[serde(rename = "comparePhoto")]
    pub registered: Base64Text,
    /// Body temperature, °C.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<String>,
    /// 0 not measured, 1 normal, 2 not.
    #[serde(rename = "temperatureResult", skip_serializing_if = "Option::is_none")]
    pub temperature_result: Option<i64>,
    /// Identity number.
    #[serde(rename = "rfIdNumber", skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
    /// Ethnicity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<String>,
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Who issued the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Longitude.
    #[serde(rename = "locationx", skip_serializing_if = "Option::is_none")]
    pub longitude: Option<String>,
    /// Latitude.
    #[serde(rename = "locationy", skip_serializing_if = "Option::is_none")]
    pub latitude: Option<String>,
    /// The IC card presented.
    #[serde(rename = "normalNumber", skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
}

impl Message for UploadRecord {
    const NAME: &'static str = "uploadRecord";

    fn read(fields: &Value) -> Result<Self, LenientError> {
        lenient::salvage(fields)
    }

    fn fields(&self) -> Map<String, Value> {
        written(self)
    }

    fn check(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)
    }
}

/// `uploadRecordResp` (2.3.1), cloud to device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadRecordResp {
    /// The record's id: without it the record comes for ever (QUIRKS M36).
    #[serde(rename = "msgID", default)]
    pub msg_id: String,
    /// The device.
    #[serde(rename = "deviceNo", default)]
    pub device_no: String,
    /// How it went.
    #[serde(rename = "errorCode", alias = "code")]
    pub code: ErrorCode,
    /// `open`, `close`, or empty where the device decides.
    #[serde(rename = "controlState", default)]
    pub control: String,
    /// What is spoken; empty where the device decides.
    #[serde(default)]
    pub msg: String,
}

impl UploadRecordResp {
    /// The verdict, where the cloud decides.
    #[must_use]
    pub fn verdict(&self) -> Option<bool> {
        match self.control.trim() {
            control if control.eq_ignore_ascii_case("open") => Some(true),
            control if control.eq_ignore_ascii_case("close") => Some(false),
            _ => None,
        }
    }

    fn check_limits(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)?;
        at_most("msg", &self.msg, SPOKEN_BYTES)
    }
}

/// `onlineGetPhoto` (2.3.2), cloud to device: take a picture.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OnlineGetPhoto {
    /// The message's id.
    #[serde(rename = "msgID")]
    pub msg_id: String,
    /// The device; the document leaves it out (QUIRKS M18).
    #[serde(rename = "deviceNo", skip_serializing_if = "String::is_empty")]
    pub device_no: String,
    /// 0 with a face, 1 any (QUIRKS M43).
    #[serde(rename = "photoType")]
    pub photo_type: i64,
}

impl OnlineGetPhoto {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)?;
        within("photoType", self.photo_type, 0, 1)
    }
}

/// `onlineGetPhotoResp` (2.3.2), device to cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineGetPhotoResp {
    /// The message answered.
    #[serde(rename = "msgID", default)]
    pub msg_id: String,
    /// The device.
    #[serde(rename = "deviceNo", default)]
    pub device_no: String,
    /// What the cloud gave at registration.
    #[serde(default)]
    pub token: String,
    /// How it went; 601 where nobody was seen.
    #[serde(rename = "errorCode", alias = "code")]
    pub code: ErrorCode,
    /// In words.
    #[serde(default)]
    pub msg: String,
    /// The picture, JPEG; empty for none.
    #[serde(default)]
    pub photo: Base64Text,
}

impl OnlineGetPhotoResp {
    fn check_limits(&self) -> Result<(), FieldError> {
        at_most("msgID", &self.msg_id, MSG_ID_BYTES)
    }
}

plain_messages! {
    UploadRecordResp: "uploadRecordResp";
    OnlineGetPhoto: "onlineGetPhoto";
    OnlineGetPhotoResp: "onlineGetPhotoResp";
}

bare! {
    /// `onlineDeleteSnapRecord` (2.3.3), cloud to device: forget all records.
    OnlineDeleteSnapRecord = "onlineDeleteSnapRecord";
}

replies! {
    /// `onlineDeleteSnapRecordResp` (2.3.3).
    OnlineDeleteSnapRecordResp = "onlineDeleteSnapRecordResp";
}
