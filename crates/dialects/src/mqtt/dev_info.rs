//! 2.1.6 and 2.1.7: the settings of a device, some seventy in one message.

mod values;

use super::control::replies;
use super::message::{MSG_ID_BYTES, Message, Reply, filled, plain, plain_messages, texts, written};
use crate::fields::{self, Field, FieldError, Kind, Spelling};
use crate::lenient::LenientError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

const fn number(name: &'static str, first: i64, last: i64) -> Field {
    Field::new(name, Kind::Integer(first, last))
}

const fn text(name: &'static str, bytes: usize) -> Field {
    Field::new(name, Kind::Text(bytes))
}

const fn characters(name: &'static str, count: usize) -> Field {
    Field::new(name, Kind::Characters(count))
}

const fn bit(name: &'static str) -> Field {
    Field::new(name, Kind::Bit)
}

/// Every setting of the document: those of 2.1.6 may be set, the others are only told (QUIRKS M20, M21). 0 in
/// `playVoiceEnable` is on (QUIRKS M23). The ranges of what only the examples have are not known.
pub const FIELDS: &[Field] = &[
    // 2.1.6
    text("devicePassword", 16).secret(),
    bit("ntpEnable"),
    number("ntpCycle", 0, 24),
    text("ntpAddress", 30),
    number("irLiveLevel", 0, 3),
    number("recogDistance", 0, 4),
    number("recogIntervalTime", 0, 99),
    bit("onlyRecogMaxSizeFaceEnable"),
    bit("faceTemperatureDetectEnable"),
    Field::new("faceFeverTemperature", Kind::Decimal(30.0, 45.0)),
    number("faceDetectBoxScore", 0, 99),
    number("faceDetectLandmardScore", 0, 99).or(&["faceDetectLandmarkScore"]),
    number("faceRegisterConfidenceScore", 0, 99),
    number("faceCardConfidenceScore", 0, 99),
    bit("strangerRecogEnable"),
    number("strangerVoiceTime", 0, 99),
    bit("alarmVoiceEnable"),
    number("jpegEncodeSizeMode", 0, 2),
    bit("startWdr1"),
    bit("startWdr2"),
    text("wdrTimeSet1", 11),
    text("wdrTimeSet2", 11),
    bit("playVoiceEnable"),
    number("registerVoiceMode", 0, 4),
    bit("registerVoiceNameSexEnable"),
    characters("registerVoiceContentBeforeName", 30),
    characters("registerVoiceContent", 30),
    bit("strangerVoiceMode"),
    characters("strangerVoiceContent", 30),
    number("displayTextMode", 0, 4),
    bit("displayNameSexEnable"),
    characters("displayTextContentBeforeName", 30),
    characters("displayTextContent", 30),
    characters("alarmNotInPassTimeContent", 30),
    characters("identificationVoiceSuccessContent", 30),
    characters("identificationVoiceFailedContent", 30),
    characters("identificationDisplayTextSuccessContent", 30),
    characters("identificationDisplayTextFailedContent", 30),
    text("installCity", 16),
    number("voiceVolume", 0, 10),
    number("entranceSerialBaudRate", 0, 10_000_000),
    text("objectId", 20),
    bit("entranceDirection"),
    bit("autoOpenDoorEnable"),
    number("openDoorTimeDelayMs", 0, 10_000),
    text("overlayDeviceName", 30),
    characters("banner", 256),
    bit("mainWindowUiEnable"),
    number("faceRFIDCardEnable", 0, 2),
    text("passTime", 512),
    bit("alwaysOpenDoor"),
    bit("autoDeleteNotValidRecord"),
    characters("strangerDisplayContent", 30),
    bit("alarmDisplayEnable"),
    characters("alarmNotInPassTimeDisplayContent", 30),
    characters("alarmNotInValidTimeVoiceContent", 30),
    characters("alarmNotInValidTimeDisplayContent", 30),
    characters("alarmNotAuthVoiceContent", 30),
    characters("alarmNotAuthDisplayContent", 30),
    // 2.1.7
    bit("wiredDhcpEnable").read_only(),
    text("wiredIpAddr", 30).read_only(),
    text("wiredNetmask", 30).read_only(),
    text("wiredGateway", 30).read_only(),
    text("wiredDnsServer", 30).read_only(),
    bit("apEnable").read_only(),
    bit("wirelessDhcpEnable").read_only(),
    text("wirelessSsid", 30).read_only(),
    text("wirelessPassword", 30).secret().read_only(),
    number("cloudPushMode", 0, 3).read_only(),
    text("httpMsgUrl", 200).read_only(),
    text("mqttMsgUrl", 200).read_only(),
    text("tcpMsgUrl", 200).read_only(),
    text("websocketMsgUrl", 200).read_only(),
    text("deviceNumber", 30).read_only(),
    text("deviceKey", 30).secret().read_only(),
    Field::new("wirelessIpAddr", Kind::Opaque).read_only(),
    Field::new("wirelessGateway", Kind::Opaque).read_only(),
    Field::new("wirelessDnsServer", Kind::Opaque).read_only(),
    Field::new("faceRecogEnable", Kind::Opaque).read_only(),
    Field::new("isDisplayIrImage", Kind::Opaque).read_only(),
    Field::new("checkIdentificationCardValidDateEnable", Kind::Opaque).read_only(),
    Field::new("checkIdentificationCardAgeEnable", Kind::Opaque).read_only(),
    Field::new("videoSnapJpegQp", Kind::Opaque).read_only(),
    Field::new("maxShutterMS", Kind::Opaque).read_only(),
    Field::new("maxGain", Kind::Opaque).read_only(),
    Field::new("NfStrength", Kind::Opaque).read_only(),
    Field::new("lumaValue", Kind::Opaque).read_only(),
    Field::new("abstract", Kind::Opaque).read_only(),
    Field::new("faceIdentificationCardEnable", Kind::Opaque).read_only(),
    Field::new("faceIdentificationCardDevice", Kind::Opaque).read_only(),
    Field::new("faceIdentificationCardInputPort", Kind::Opaque).read_only(),
    Field::new("RFIDCardEnable", Kind::Opaque).read_only(),
    Field::new("RFIDCardDevice", Kind::Opaque).read_only(),
    Field::new("RFIDCardDeviceInputPort", Kind::Opaque).read_only(),
    Field::new("faceRFIDCardDevice", Kind::Opaque).read_only(),
    Field::new("faceRFIDCardInputPort", Kind::Opaque).read_only(),
    Field::new("videoDecodeDisplayEnable", Kind::Opaque).read_only(),
    Field::new("videoDecodePlayMode", Kind::Opaque).read_only(),
    Field::new("entranceSerialMode", Kind::Opaque).read_only(),
    Field::new("entranceSerialContent", Kind::Opaque).read_only(),
    Field::new("entranceOutputWgContent", Kind::Opaque).read_only(),
    Field::new("deviceWorkMode", Kind::Opaque).read_only(),
];

/// Keys of a message that are no settings.
const ENVELOPE: &[&str] = &[
    "msgtype",
    "msgid",
    "deviceno",
    "token",
    "errorcode",
    "code",
    "msg",
];

/// Settings by wire name.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DevInfo(pub Map<String, Value>);

impl fmt::Debug for DevInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Secrets stay out of logs (QUIRKS M47).
        let mut map = f.debug_map();
        for (key, value) in &self.0 {
            match fields::find(FIELDS, key) {
                Some(field) if field.secret => map.entry(key, &"…"),
                _ => map.entry(key, value),
            };
        }
        map.finish()
    }
}

impl DevInfo {
    /// A change of some settings as it is to be written.
    ///
    /// # Errors
    /// The first field that is unknown, read-only, outside its range or longer than the document has it (QUIRKS M26).
    pub fn change(changes: &Map<String, Value>) -> Result<Self, FieldError> {
        if let Some(unknown) = fields::unknown(FIELDS, changes) {
            return Err(FieldError::new(
                unknown,
                "not a setting of this dialect",
                "a change",
            ));
        }
        let exact = exact(changes)?;
        values::check_lengths(&exact)?;
        Ok(exact)
    }

    /// The settings of a message: everything that is not its envelope, with the document's names.
    #[must_use]
    pub fn of(message: &Value) -> Self {
        let settings: Map<String, Value> = message
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| !ENVELOPE.contains(&key.trim().to_ascii_lowercase().as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let read = fields::reading(FIELDS, &settings, Spelling::Text);
        Self(
            read.into_iter()
                .filter_map(|(key, value)| Some((key, texts(value)?)))
                .collect(),
        )
    }

    /// A setting's text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A setting's whole number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }
}

/// Exact names and values; what is no setting is left out.
fn exact(changes: &Map<String, Value>) -> Result<DevInfo, FieldError> {
    let bare = values::without_scheme(changes);
    let exact = fields::change(FIELDS, &bare, Spelling::Text).map(DevInfo)?;
    values::check(&exact)?;
    Ok(exact)
}

/// `onlineSetDevInfo` (2.1.6), cloud to device: sets what is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineSetDevInfo {
    /// The message's id.
    pub msg_id: String,
    /// The device.
    pub device_no: String,
    /// The settings, as they came.
    pub settings: DevInfo,
}

impl OnlineSetDevInfo {
    /// The change as it is to be kept: exact names and values. What is no setting of this dialect is left out.
    ///
    /// # Errors
    /// The first field that is read-only or outside its range.
    pub fn exact(&self) -> Result<DevInfo, FieldError> {
        exact(&self.settings.0)
    }
}

#[derive(Serialize, Deserialize)]
struct Asked {
    #[serde(rename = "msgID", default)]
    msg_id: String,
    #[serde(rename = "deviceNo", default)]
    device_no: String,
}

impl Message for OnlineSetDevInfo {
    const NAME: &'static str = "onlineSetDevInfo";

    fn read(message: &Value) -> Result<Self, LenientError> {
        let asked: Asked = plain(message)?;
        Ok(Self {
            msg_id: asked.msg_id,
            device_no: asked.device_no,
            settings: DevInfo::of(message),
        })
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = written(&Asked {
            msg_id: self.msg_id.clone(),
            device_no: self.device_no.clone(),
        });
        fields.extend(self.settings.0.clone());
        fields
    }

    fn check(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)?;
        self.exact().map(|_| ())
    }
}

/// `onlineGetDevInfo` (2.1.7), cloud to device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OnlineGetDevInfo {
    /// The message's id.
    #[serde(rename = "msgID")]
    pub msg_id: String,
    /// The device; the document leaves it out (QUIRKS M18).
    #[serde(rename = "deviceNo", skip_serializing_if = "String::is_empty")]
    pub device_no: String,
}

impl OnlineGetDevInfo {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)
    }
}

plain_messages! {
    OnlineGetDevInfo: "onlineGetDevInfo";
}

replies! {
    /// `onlineSetDevInfoResp` (2.1.6).
    OnlineSetDevInfoResp = "onlineSetDevInfoResp";
}

/// `onlineGetDevInfoResp` (2.1.7), device to cloud: the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineGetDevInfoResp {
    /// How it went.
    pub reply: Reply,
    /// The settings.
    pub settings: DevInfo,
}

impl Message for OnlineGetDevInfoResp {
    const NAME: &'static str = "onlineGetDevInfoResp";

    fn read(message: &Value) -> Result<Self, LenientError> {
        Ok(Self {
            reply: plain(message)?,
            settings: DevInfo::of(message),
        })
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = written(&self.reply);
        fields.extend(self.settings.0.clone());
        fields
    }
}
