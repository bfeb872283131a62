//! 9.3: somebody was not recognised, or nobody was to be: what the sensors said.

use super::answer::Ret;
use super::operation::PlatformOperation;
use super::{ID_CHARACTERS, NAME_CHARACTERS, PICTURE_BYTES, SHORT_CHARACTERS};
use crate::fields::FieldError;
use crate::http::{Method, Parameters};
use crate::lenient::{self, Base64Text, LenientError};
use crate::limits::{at_most, characters};
use crate::numbered::numbered;
use crate::openapi::operation::plain;
use crate::openapi::temperature::degrees;
use crate::openapi::time::Seconds;
use serde::{Deserialize, Serialize};
use serde_json::Value;

numbered! {
    /// What became of the door.
    OpenCode, else "未知" {
        /// It opened.
        Opened = 100 "开门成功",
        /// The temperature was not normal.
        Temperature = 101 "温度异常",
        /// No mask was worn.
        NoMask = 102 "未佩戴口罩",
    }
}

/// `syattribute`, in the wrapper `Info`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SyAttribute {
    /// The device; that of the path is authoritative.
    #[serde(rename = "deviceid")]
    pub device: String,
    /// The device's number, set on its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Body temperature, °C, with or without its unit.
    pub temperature: String,
    /// Whether a mask was worn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<bool>,
    /// The area's code, set on its page.
    #[serde(rename = "nationCode", skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// When.
    #[serde(rename = "screenTime")]
    pub at: Option<Seconds>,
    /// The picture just taken, at most 700 KB of Base64.
    pub img: Base64Text,
    /// What became of the door.
    #[serde(rename = "openCode", skip_serializing_if = "Option::is_none")]
    pub code: Option<OpenCode>,
    /// The same in words.
    #[serde(rename = "openMsg", skip_serializing_if = "Option::is_none")]
    pub msg: Option<String>,
}

impl SyAttribute {
    /// The temperature; `None` where it is none.
    #[must_use]
    pub fn degrees(&self) -> Option<f64> {
        degrees(&self.temperature)
    }
}

impl PlatformOperation for SyAttribute {
    const NAME: &'static str = "syattribute";
    const SECTION: &'static str = "9.3";
    const METHOD: Method = Method::Post;
    const WRAPPER: Option<&'static str> = Some("Info");
    type Answer = Ret;

    /// A spoiled field does not lose the message.
    fn read(_: &Parameters, body: &Value) -> Result<Self, LenientError> {
        lenient::salvage(body)
    }

    fn body(&self) -> Option<Value> {
        Some(Value::Object(plain(self)))
    }

    fn check(&self) -> Result<(), FieldError> {
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        let texts = [
            ("deviceid", self.device.clone(), ID_CHARACTERS),
            ("uuid", given(&self.uuid), ID_CHARACTERS),
            ("temperature", self.temperature.clone(), SHORT_CHARACTERS),
            ("nationCode", given(&self.area), NAME_CHARACTERS),
            ("openMsg", given(&self.msg), NAME_CHARACTERS),
        ];
        for (field, text, limit) in texts {
            characters(field, &text, limit)?;
        }
        at_most("img", self.img.as_text(), PICTURE_BYTES)
    }
}
