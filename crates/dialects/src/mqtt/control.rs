//! 2.1.3 to 2.1.5: the door, the program, a restart.

use super::message::{MSG_ID_BYTES, Reply, at_most, filled, plain_messages, within};
use crate::fields::FieldError;
use serde::{Deserialize, Serialize};

/// Bytes of a text that is spoken (2.1.3).
pub const SPOKEN_BYTES: usize = 128;
/// Bytes of a program's address (2.1.4).
pub const URL_BYTES: usize = 256;
/// Bytes of what a program is checked by (2.1.4).
pub const KEY_BYTES: usize = 32;

/// A device's answer that says no more than how it went.
macro_rules! replies {
    ($($(#[$doc:meta])* $name:ident = $message:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $crate::mqtt::message::Reply);

        impl $name {
            fn check_limits(&self) -> Result<(), $crate::fields::FieldError> {
                $crate::mqtt::message::at_most("msgID", &self.0.msg_id, $crate::mqtt::message::MSG_ID_BYTES)
            }
        }

        $crate::mqtt::message::plain_messages! { $name: $message; }
    )*};
}
pub(super) use replies;

/// `onlineOpen` (2.1.3), cloud to device: open the door, and say something.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OnlineOpen {
    /// The message's id.
    #[serde(rename = "msgID")]
    pub msg_id: String,
    /// The device.
    #[serde(rename = "deviceNo")]
    pub device_no: String,
    /// What is spoken, at most 128 bytes.
    pub msg: String,
}

impl OnlineOpen {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)?;
        at_most("msg", &self.msg, SPOKEN_BYTES)
    }
}

/// `onlineUpdate` (2.1.4), cloud to device: fetch a program and install it. Answered several times (QUIRKS M42).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OnlineUpdate {
    /// The message's id.
    #[serde(rename = "msgID")]
    pub msg_id: String,
    /// The device; the document leaves it out (QUIRKS M18).
    #[serde(rename = "deviceNo")]
    pub device_no: String,
    /// 0 file system, 1 program, 3 kernel (QUIRKS M41).
    #[serde(rename = "updateType")]
    pub update_type: i64,
    /// Where it is fetched, at most 256 bytes.
    #[serde(rename = "updateUrl")]
    pub url: String,
    /// Its length; 32 hexadecimal digits are its MD5 (QUIRKS M41).
    #[serde(rename = "updateKey")]
    pub key: String,
}

impl OnlineUpdate {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)?;
        within("updateType", self.update_type, 0, 99)?;
        filled("updateUrl", &self.url, URL_BYTES)?;
        filled("updateKey", &self.key, KEY_BYTES)
    }

    /// The length that the file is to have, where the key is one.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.key.trim().parse().ok()
    }

    /// The MD5 that the file is to have, where the key is one.
    #[must_use]
    pub fn md5(&self) -> Option<&str> {
        let key = self.key.trim();
        (key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(key)
    }
}

/// `onlineReboot` (2.1.5), cloud to device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OnlineReboot {
    /// The message's id.
    #[serde(rename = "msgID")]
    pub msg_id: String,
    /// The device; the document leaves it out (QUIRKS M18).
    #[serde(rename = "deviceNo", skip_serializing_if = "String::is_empty")]
    pub device_no: String,
}

impl OnlineReboot {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)
    }
}

plain_messages! {
    OnlineOpen: "onlineOpen";
    OnlineUpdate: "onlineUpdate";
    OnlineReboot: "onlineReboot";
}

replies! {
    /// `onlineOpenResp` (2.1.3).
    OnlineOpenResp = "onlineOpenResp";
    /// `onlineUpdateResp` (2.1.4).
    OnlineUpdateResp = "onlineUpdateResp";
    /// `onlineRebootResp` (2.1.5).
    OnlineRebootResp = "onlineRebootResp";
}

impl Reply {
    /// Done.
    #[must_use]
    pub fn done(msg_id: &str, device_no: &str, token: &str) -> Self {
        Self::of(super::ErrorCode::Success, msg_id, device_no, token)
    }

    /// A code with the document's words.
    #[must_use]
    pub fn of(code: super::ErrorCode, msg_id: &str, device_no: &str, token: &str) -> Self {
        Self {
            msg_id: msg_id.to_owned(),
            device_no: device_no.to_owned(),
            token: token.to_owned(),
            code,
            msg: code.text().to_owned(),
        }
    }
}
