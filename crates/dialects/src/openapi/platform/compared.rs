//! 9.2: somebody was recognised; the platform decides on the door.

use super::answer::{Answer, FAILURE, SUCCESS, SUCCESS_TEXT};
use super::operation::PlatformOperation;
use super::{ID_CHARACTERS, NAME_CHARACTERS, PICTURE_BYTES, SHORT_CHARACTERS};
use crate::fields::FieldError;
use crate::http::{Method, Parameters};
use crate::lenient::{self, Base64Text, LenientError};
use crate::limits::{at_most, characters, within};
use crate::openapi::operation::plain;
use crate::openapi::record::whole_number;
use crate::openapi::temperature::degrees;
use crate::openapi::time::Seconds;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::RangeInclusive;

/// How long the lock may stay open, milliseconds.
pub const UNLOCK_MS: RangeInclusive<i64> = 20..=5000;

/// `syface`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SyFace {
    /// Who.
    #[serde(rename = "userId")]
    pub user_id: String,
    /// The name.
    #[serde(rename = "userName")]
    pub name: String,
    /// What the person is, in the platform's words.
    #[serde(rename = "userType", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The device; that of the path is authoritative (QUIRKS O6).
    #[serde(rename = "deviceId")]
    pub device: String,
    /// The device's number, set on its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The area's code, set on its page.
    #[serde(rename = "nationCode", skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// 1 in, 2 out.
    #[serde(rename = "actionCode", skip_serializing_if = "Option::is_none")]
    pub action_code: Option<i64>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Body temperature, °C, with or without its unit (QUIRKS O10).
    pub temperature: String,
    /// Whether a mask was worn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<bool>,
    /// When.
    #[serde(rename = "screenTime")]
    pub at: Option<Seconds>,
    /// Similarity, 0 to 100.
    #[serde(serialize_with = "whole_number", skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
    /// The identity card; nested in the example, flat in the table (QUIRKS O8).
    #[serde(rename = "idCardInfo", skip_serializing_if = "Option::is_none")]
    pub id_card: Option<IdCardInfo>,
    /// The picture just taken, at most 700 KB of Base64.
    pub img: Base64Text,
}

/// An identity card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IdCardInfo {
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Gender, as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Ethnicity.
    #[serde(rename = "national", skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<String>,
    /// Day of birth, `yyyyMMdd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Number.
    #[serde(rename = "id", skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Issuing authority.
    #[serde(rename = "maker", skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Valid from, `yyyy.MM.dd`.
    #[serde(rename = "startDate", skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Valid until, `yyyy.MM.dd`.
    #[serde(rename = "endDate", skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

impl IdCardInfo {
    /// The fields with the characters that each may have.
    fn fields(&mut self) -> [(&'static str, &mut Option<String>, usize); 9] {
        [
            ("idCardInfo.name", &mut self.name, 30),
            ("idCardInfo.gender", &mut self.gender, 5),
            ("idCardInfo.national", &mut self.ethnicity, 12),
            ("idCardInfo.birthday", &mut self.birthday, SHORT_CHARACTERS),
            ("idCardInfo.address", &mut self.address, 140),
            ("idCardInfo.id", &mut self.number, 36),
            ("idCardInfo.maker", &mut self.authority, 30),
            ("idCardInfo.startDate", &mut self.valid_from, SHORT_CHARACTERS),
            ("idCardInfo.endDate", &mut self.valid_until, SHORT_CHARACTERS),
        ]
    }

    fn check(&self) -> Result<(), FieldError> {
        let mut copy = self.clone();
        copy.fields().into_iter().try_for_each(|(field, text, limit)| {
            characters(field, text.as_deref().unwrap_or_default(), limit)
        })
    }

    /// The same, cut to the document's limits.
    #[must_use]
    pub fn within_limits(mut self) -> Self {
        for (_, text, limit) in self.fields() {
            *text = text.take().map(|text| text.chars().take(limit).collect());
        }
        self
    }
}

impl SyFace {
    /// The temperature; `None` where it is none.
    #[must_use]
    pub fn degrees(&self) -> Option<f64> {
        degrees(&self.temperature)
    }
}

impl PlatformOperation for SyFace {
    const NAME: &'static str = "syface";
    const SECTION: &'static str = "9.2";
    const METHOD: Method = Method::Post;
    type Answer = FaceVerdict;

    /// A spoiled field does not lose the message.
    fn read(_: &Parameters, body: &Value) -> Result<Self, LenientError> {
        let mut face: Self = lenient::salvage(body)?;
        if face.id_card.is_none() {
            let flat: IdCardInfo = lenient::salvage(body)?;
            face.id_card = Some(flat).filter(|card| *card != IdCardInfo::default());
        }
        Ok(face)
    }

    fn body(&self) -> Option<Value> {
        Some(Value::Object(plain(self)))
    }

    fn check(&self) -> Result<(), FieldError> {
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        let texts = [
            ("userId", self.user_id.clone(), ID_CHARACTERS),
            ("userName", self.name.clone(), NAME_CHARACTERS),
            ("userType", given(&self.kind), NAME_CHARACTERS),
            ("deviceId", self.device.clone(), ID_CHARACTERS),
            ("uuid", given(&self.uuid), ID_CHARACTERS),
            ("nationCode", given(&self.area), NAME_CHARACTERS),
            ("action", given(&self.action), SHORT_CHARACTERS),
            ("temperature", self.temperature.clone(), SHORT_CHARACTERS),
        ];
        for (field, text, limit) in texts {
            characters(field, &text, limit)?;
        }
        within("actionCode", self.action_code.unwrap_or(1), 1..=2)?;
        self.id_card.as_ref().map_or(Ok(()), IdCardInfo::check)?;
        at_most("img", self.img.as_text(), PICTURE_BYTES)
    }
}

/// The answer to `syface`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceVerdict {
    /// "0" is success; also as a number (QUIRKS O16). Anything else: it is asked again.
    pub ret: String,
    /// In words.
    #[serde(default)]
    pub desc: String,
    /// 1 opens; 0 and none do not.
    #[serde(rename = "openDoor", default, skip_serializing_if = "Option::is_none")]
    pub open_door: Option<i64>,
    /// For how long, milliseconds.
    #[serde(rename = "unlockDelay", default, skip_serializing_if = "Option::is_none")]
    pub unlock_ms: Option<i64>,
}

impl FaceVerdict {
    fn taken(open_door: i64, unlock_ms: i64) -> Self {
        Self {
            ret: SUCCESS.to_owned(),
            desc: SUCCESS_TEXT.to_owned(),
            open_door: Some(open_door),
            unlock_ms: Some(unlock_ms.clamp(*UNLOCK_MS.start(), *UNLOCK_MS.end())),
        }
    }

    /// The door is to open for so many milliseconds, as near as the document allows.
    #[must_use]
    pub fn open(unlock_ms: u32) -> Self {
        Self::taken(1, i64::from(unlock_ms))
    }

    /// The door stays shut.
    #[must_use]
    pub fn shut() -> Self {
        Self::taken(0, *UNLOCK_MS.start())
    }

    /// Not taken: it is to be asked again.
    #[must_use]
    pub fn failure(desc: impl Into<String>) -> Self {
        Self {
            ret: FAILURE.to_owned(),
            desc: desc.into(),
            open_door: None,
            unlock_ms: None,
        }
    }

    /// Whether the pass was taken.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.ret.trim() == SUCCESS
    }

    /// Whether the door is to open.
    #[must_use]
    pub fn opens(&self) -> bool {
        self.is_success() && self.open_door == Some(1)
    }

    /// For how long, milliseconds, within the document's limits; `None` leaves it to the device.
    #[must_use]
    pub fn unlock(&self) -> Option<u64> {
        let within = self.unlock_ms?.clamp(*UNLOCK_MS.start(), *UNLOCK_MS.end());
        u64::try_from(within).ok()
    }
}

impl Answer for FaceVerdict {
    fn read(body: &Value) -> Result<Self, LenientError> {
        lenient::salvage(body)
    }

    fn written(&self) -> Value {
        Value::Object(plain(self))
    }
}
