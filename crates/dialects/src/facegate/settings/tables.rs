//! The fields of each group of settings, with the document's ranges; where it names none, ours keep values sane.

use crate::fields::{Field, FieldError, Kind};
use crate::lenient;
use serde_json::{Map, Value};

/// Bytes of texts for which the document names no limit.
const TEXT_BYTES: usize = 128;
/// The largest number of 32 bits.
const MOST: i64 = 4_294_967_295;
/// The longest opening of the door, milliseconds; the document names no limit.
const LONGEST_OPENING_MS: i64 = 600_000;
/// Seconds of a day.
const DAY: i64 = 86_400;
/// Cameras of a server (3.16).
const CAMERAS: usize = 9;
/// Kinds of people (3.17).
const KINDS: usize = 10;
/// Bytes that a platform may leave (3.28).
const HAND_SHARK_BYTES: usize = 4096;

const fn number(name: &'static str, first: i64, last: i64) -> Field {
    Field::new(name, Kind::Integer(first, last))
}

const fn bit(name: &'static str) -> Field {
    Field::new(name, Kind::Bit)
}

const fn text(name: &'static str, bytes: usize) -> Field {
    Field::new(name, Kind::Text(bytes))
}

const fn decimal(name: &'static str) -> Field {
    Field::new(name, Kind::Decimal(-100.0, 200.0))
}

const fn port(name: &'static str) -> Field {
    number(name, 1, 65_535)
}

const fn time(name: &'static str) -> Field {
    Field::new(name, Kind::TimeOfDay)
}

/// `VerifyMode` (3.2): how one identifies, with a mask (0x100) and a temperature (0x200) asked for besides; 5 is these
/// alone.
#[rustfmt::skip]
pub const VERIFY_MODES: [i64; 43] = [
    1, 2, 3, 4, 21, 22, 23, 24, 25, 26,
    257, 258, 259, 260, 261, 277, 278, 279, 280, 281, 282,
    513, 514, 515, 516, 517, 533, 534, 535, 536, 537, 538,
    769, 770, 771, 772, 773, 789, 790, 791, 792, 793, 794,
];

pub(super) const SOUND: &[Field] = &[
    bit("VerifySuccAudio"),
    bit("VerifyFailAudio"),
    bit("RemoteCtrlAudio"),
    Field::new("Volume", Kind::Stepped(5, 100, 5)),
    bit("VerifySuccGuiTip"),
    bit("VerifyFailGuiTip"),
    bit("UnregisteredGuiTip"),
    bit("IPHide"),
    number("IsShowName", 0, 2),
    bit("IsShowTitle"),
    bit("IsShowVersion"),
    bit("IsShowDate"),
    bit("IsShowTime"),
    bit("IDCardNumHide"),
    bit("ICCardNumHide"),
    bit("DisplayPicture"),
    bit("IsShowDeviceID"),
    bit("IsShowPersonNum"),
    text("VerifyTipContent", 32),
    text("UnregisterTipContent", 32),
    text("BlacklistTipContent", 32),
];

pub(super) const DOOR_CONDITION: &[Field] = &[
    number("FaceThreshold", 50, 100),
    number("IDCardThreshold", 50, 100),
    number("OpendoorWay", 0, 3),
    Field::new("VerifyMode", Kind::OneOf(&VERIFY_MODES)),
    number("VerifyResetTime", 1, 10),
    Field::new("Wiegand", Kind::OneOf(&[0, 1, 4, 5, 6, 7])),
    number("PublicMjCardNo", 0, MOST),
    number("AutoMjCardBgnNo", 0, MOST),
    number("AutoMjCardEndNo", 0, MOST),
    number("ControlType", 0, 2),
    bit("IOType"),
    number("IOStayTime", 0, LONGEST_OPENING_MS),
    bit("Endian"),
    bit("CardMode"),
    bit("IsOutFF"),
    number("SnapResetTime", 0, 15),
];

pub(super) const NET_PARAM: &[Field] = &[
    text("IPAddr", 64),
    text("Submask", 32),
    text("Gateway", 32),
    port("ListenPort"),
    port("WebPort"),
    bit("DHCP"),
    number("DefRoute", 0, 2),
];

pub(super) const SYS_TIME: &[Field] = &[
    number("Year", 1900, 9999),
    number("Month", 1, 12),
    number("Day", 1, 31),
    number("Hour", 0, 23),
    number("Minute", 0, 59),
    number("Second", 0, 59),
];

pub(super) const SYS_NTP: &[Field] = &[
    bit("NtpEnable"),
    text("NtpUrl", 64),
    port("NtpPort"),
    number("NtpTimeZone", 1, 30),
    number("NtpInterval", 0, MOST).required(),
];

pub(super) const CENTRE: &[Field] = &[
    bit("ConnectCenter"),
    text("CenterUrl", 64),
    port("CenterPort"),
    text("CenterUser", 29),
    text("CenterPwd", 29).secret(),
    bit("SendSnapImage"),
    bit("SendVerifyResult"),
];

pub(super) const SYS_PARAM: &[Field] = &[
    text("Name", 63),
    Field::new("DeviceID", Kind::Opaque).read_only(),
    text("Version", TEXT_BYTES).read_only(),
];

/// A camera.
const CAMERA: &[Field] = &[
    number("IPC_Channel", 0, 8).required(),
    bit("IPC_Enable"),
    text("IPC_URL", 64),
    port("IPC_Port"),
    text("IPC_Username", 32),
    text("IPC_Password", 32).secret(),
    text("IPC_Name", 32),
];

pub(super) const ENTER_IPC: &[Field] = &[
    number("TotalNum", 0, 9),
    // Passwords of cameras are in it.
    Field::new("IPC_Info", Kind::List(CAMERA, CAMERAS))
        .or(&["ConInfo"])
        .secret(),
];

pub(super) const SERVER_BASIC_PARA: &[Field] = &[
    Field::new("InformationRelease", Kind::Characters(128)),
    Field::new("Channelselection", Kind::OneOf(&[0, 1, 2, 4, 9])),
    bit("DisplaySnapVerify"),
];

/// A kind of people.
const KIND: &[Field] = &[
    number("WorkTypeIndex", 0, 9),
    bit("WorktypeEnable"),
    text("Worktype", 32),
    number("Num", 0, MOST),
];

pub(super) const WORK_TYPE: &[Field] = &[
    number("TotalNum", 0, 10),
    Field::new("WorkTypeInfo", Kind::List(KIND, KINDS))
        .or(&["ConInfo"])
        .required(),
];

pub(super) const GENERAL_PARAM: &[Field] = &[
    number("FaceThreshold", 50, 100),
    number("IDCardThreshold", 50, 100),
    number("ControlType", 0, 2),
    decimal("LiveThreshold").read_only(),
    number("LiveFrameNum", 0, MOST).read_only(),
    number("AutoRebootDay", 0, 8),
    number("AutoRebootHour", 0, 23),
    number("Direction", 0, 2),
    text("IPAddr", 64),
    text("Submask", 32),
    text("Gateway", 32),
    text("DNS", 32),
    number("DHCP", 0, 2),
];

pub(super) const TEMPERATURE: &[Field] = &[
    bit("TemperatureMode"),
    bit("ShowAbnormalTemp"),
    decimal("TemperatureCheck"),
    decimal("TemperatureLow"),
    bit("TempAutoLow"),
    bit("TempWay"),
    decimal("BDHC"),
    decimal("BDLC"),
    decimal("TemperatureHigh").required(),
    decimal("EnvTemperature"),
    decimal("EnvTemperatureCheck"),
    bit("OpenLaser"),
    number("TempFaceMinW", 100, 500),
    number("TempFaceMinH", 50, 1000),
];

pub(super) const HAND_SHARK: &[Field] = &[text("HandSharkInfo", HAND_SHARK_BYTES).required().secret()];

pub(super) const SYS_CFG: &[Field] = &[
    number("Language", 0, 9),
    bit("DataBaseEnable"),
    number("IDcardType", 0, 3),
    number("CardReaderType", 0, 255),
    bit("CardOpenDoorWay"),
    bit("FaceDisplay"),
    number("LiveDetectType", 0, 2),
    time("LiveDetectTimeBeg"),
    time("LiveDetectTimeEnd"),
    // "90.000000" in the example, 0 to 1 in 3.23 (QUIRKS A54).
    Field::new("LiveThreshold", Kind::Opaque).read_only(),
    number("LiveFrameNum", 0, MOST).read_only(),
    number("LedLightType", 0, 5),
    number("LedBrightness", 0, 100),
    time("LedTimeBeg"),
    time("LedTimeEnd"),
    number("LedDisableAfterSec", 0, DAY),
    bit("LcdBLDisable"),
    number("LcdBLDisableAfterSec", 0, DAY),
    number("ScreenBrightness", 0, 100),
    number("WebTimeOut", 2, 10),
];

pub(super) const BROKER: &[Field] = &[
    bit("MQEnable"),
    text("MQCloudID", TEXT_BYTES),
    text("MQAddr", TEXT_BYTES),
    port("MQPort"),
    text("MQUser", TEXT_BYTES),
    text("MQPwd", TEXT_BYTES).secret(),
    text("MQTopic", TEXT_BYTES),
    bit("StrangerUploadType"),
    number("RecordUploadType", 0, 2),
    number("Direction", 0, 2),
    bit("QRCode"),
    bit("ResumefromBreakpoint"),
    text("BeginTime", 32),
];

pub(super) const NET_WIFI: &[Field] = &[
    bit("Enable"),
    number("WorkMode", 0, 0).required(),
    number("SecurityMode", 0, 2).required(),
    text("SSID", 32).required(),
    text("PassWord", 128).required().secret(),
    bit("DHCP").required(),
    text("IPAddr", 16),
    text("NetMask", 16),
    text("GateWay", 16),
    text("DNS1", 64),
    text("DNS2", 64),
];

/// The picture in which faces are looked for (3.34).
const WIDTH: i64 = 960;
const HEIGHT: i64 = 1280;

/// Three of the numbers are texts in the examples (QUIRKS A56).
pub(super) const FACE_PARAM: &[Field] = &[
    number("recDistance", 30, 200).required().as_text(),
    number("faceMinPixel", 0, 960).as_text(),
    Field::new("detectArea_x", Kind::Stepped(0, WIDTH, 2)).required(),
    Field::new("detectArea_y", Kind::Stepped(0, HEIGHT, 2)).required(),
    Field::new("detectArea_w", Kind::Stepped(0, WIDTH, 2)).required(),
    Field::new("detectArea_h", Kind::Stepped(0, HEIGHT, 2))
        .required()
        .as_text(),
];

/// The area must lie in the picture (3.34).
pub(super) fn check_area(values: &Map<String, Value>) -> Result<(), FieldError> {
    let number = |key: &str| values.get(key).and_then(|value| lenient::read::<i64>(value).ok());
    for (from, length, most) in [
        ("detectArea_x", "detectArea_w", WIDTH),
        ("detectArea_y", "detectArea_h", HEIGHT),
    ] {
        let (Some(from), Some(size)) = (number(from), number(length)) else {
            continue;
        };
        if from + size > most {
            let limit = format!("at most {}", most - from);
            return Err(FieldError::new(length, limit, size));
        }
    }
    Ok(())
}

pub(super) const RTSP: &[Field] = &[
    bit("OpenVerify").required(),
    number("PackSize", 1, 1500).required(),
    port("RTSPPort").required(),
];
