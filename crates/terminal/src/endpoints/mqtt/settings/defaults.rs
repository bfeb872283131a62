//! What this terminal says of itself before a platform has set anything.

use crate::device::Device;
use serde_json::{Map, Value, json};

/// The highest volume.
pub(super) const LOUDEST: f64 = 10.0;
/// `faceRegisterConfidenceScore` that stands for the engine's `accept` (terminal rule 12).
pub(super) const DEFAULT_THRESHOLD: i64 = 80;
/// `cloudPushMode` of this dialect.
const THIS_DIALECT: &str = "2";

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Every setting of the document with the value that holds from the start.
pub(super) fn of(device: &Device) -> Map<String, Value> {
    let mut all = recognition();
    all.extend(words());
    all.extend(door(device));
    all.extend(network(device));
    all
}

fn recognition() -> Map<String, Value> {
    object(json!({
        "irLiveLevel": "0", "recogDistance": "4", "recogIntervalTime": "5", "onlyRecogMaxSizeFaceEnable": "1",
        "faceTemperatureDetectEnable": "0", "faceFeverTemperature": "37.3", "faceDetectBoxScore": "80",
        "faceDetectLandmardScore": "80", "faceRegisterConfidenceScore": DEFAULT_THRESHOLD.to_string(),
        "faceCardConfidenceScore": "80", "strangerRecogEnable": "1", "strangerVoiceTime": "0",
        "jpegEncodeSizeMode": "2", "faceRFIDCardEnable": "1", "startWdr1": "0", "startWdr2": "0", "wdrTimeSet1": "",
        "wdrTimeSet2": "",
    }))
}

fn words() -> Map<String, Value> {
    object(json!({
        "playVoiceEnable": "0", "registerVoiceMode": "0", "registerVoiceNameSexEnable": "0",
        "registerVoiceContentBeforeName": "", "registerVoiceContent": "", "strangerVoiceMode": "0",
        "strangerVoiceContent": "", "strangerDisplayContent": "", "displayTextMode": "0", "displayNameSexEnable": "0",
        "displayTextContentBeforeName": "", "displayTextContent": "", "alarmVoiceEnable": "1",
        "alarmDisplayEnable": "1", "alarmNotInPassTimeContent": "", "alarmNotInPassTimeDisplayContent": "",
        "alarmNotInValidTimeVoiceContent": "", "alarmNotInValidTimeDisplayContent": "",
        "alarmNotAuthVoiceContent": "", "alarmNotAuthDisplayContent": "", "identificationVoiceSuccessContent": "",
        "identificationVoiceFailedContent": "", "identificationDisplayTextSuccessContent": "",
        "identificationDisplayTextFailedContent": "", "banner": "", "mainWindowUiEnable": "0",
    }))
}

fn door(device: &Device) -> Map<String, Value> {
    object(json!({
        "devicePassword": "", "ntpEnable": "0", "ntpCycle": "24", "ntpAddress": "", "installCity": "",
        "entranceSerialBaudRate": "9600", "objectId": "", "entranceDirection": "0", "autoOpenDoorEnable": "1",
        "openDoorTimeDelayMs": device.config.door.open_ms.to_string(), "passTime": ";;;;;;", "alwaysOpenDoor": "0",
        "autoDeleteNotValidRecord": "0",
    }))
}

fn network(device: &Device) -> Map<String, Value> {
    let broker = device.config.mqtt.as_ref().map_or("", |config| &config.broker);
    object(json!({
        "wiredDhcpEnable": "1", "wiredIpAddr": "", "wiredNetmask": "", "wiredGateway": "", "wiredDnsServer": "",
        "apEnable": "0", "wirelessDhcpEnable": "0", "wirelessSsid": "", "wirelessPassword": "", "wirelessIpAddr": "",
        "wirelessGateway": "", "wirelessDnsServer": "", "cloudPushMode": THIS_DIALECT, "httpMsgUrl": "",
        "mqttMsgUrl": broker, "tcpMsgUrl": "", "websocketMsgUrl": "", "deviceKey": "",
        "deviceNumber": device.config.terminal.serial,
    }))
}

/// What other dialects, or the other side of this one, may have changed since.
pub(super) fn live(device: &Device) -> Map<String, Value> {
    let behaviour = device.behaviour();
    #[allow(clippy::cast_possible_truncation, reason = "0 to 10")]
    let volume = (behaviour.volume.unwrap_or(0.8) * LOUDEST).round() as i64;
    let name = behaviour.name.as_deref().unwrap_or(&device.config.terminal.name);
    let auto = if super::decides(device) { "0" } else { "1" };
    object(json!({"voiceVolume": volume.to_string(), "overlayDeviceName": name, "autoOpenDoorEnable": auto}))
}
