//! 3.12.3, 3.12.4: strangers and results.

use super::{PushMessage, plain_fields, plain_pushes};
use crate::facegate::body::{Body, Place};
use crate::facegate::person::PersonInfo;
use crate::lenient::{self, Base64Text, LenientError};
use serde::{Deserialize, Serialize};

/// `SnapPush` (3.12.3): somebody whom the device does not know.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SnapPush {
    /// When, as text: it enters the duplicate key as it came.
    #[serde(rename = "CreateTime")]
    pub time: String,
    /// 0 no match, 1 a blocked person, 2 a person, 3 identity card and face differ, 4 they match.
    #[serde(rename = "PictureType")]
    pub picture_type: i64,
    /// Body temperature, °C.
    #[serde(rename = "Temperature", skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 1 over the threshold.
    #[serde(rename = "TemperatureAlarm", skip_serializing_if = "Option::is_none")]
    pub temperature_alarm: Option<i64>,
    /// Which camera (servers).
    #[serde(rename = "SnapChannel", skip_serializing_if = "Option::is_none")]
    pub channel: Option<i64>,
    /// 0 pushed more than 10 s after it happened, 1 at once.
    #[serde(rename = "Sendintime", skip_serializing_if = "Option::is_none")]
    pub in_time: Option<i64>,
    /// 0 not said, 1 in, 2 out.
    #[serde(rename = "Direction", skip_serializing_if = "Option::is_none")]
    pub direction: Option<i64>,
    /// The picture (QUIRKS A3).
    #[serde(
        rename = "SanpPic",
        alias = "SnapPic",
        skip_serializing_if = "Option::is_none"
    )]
    pub picture: Option<Base64Text>,
}

/// `VerifyStatus` (3.12.4): how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum VerifyStatus {
    /// 0: none.
    #[default]
    None,
    /// 1: let in.
    Granted,
    /// 2: not let in.
    Denied,
    /// 3: not registered.
    Stranger,
    /// 22: the platform is to decide, in its answer (`OpendoorWay` 3).
    Pending,
    /// 24: not at this time.
    OutOfSchedule,
    /// A number that the document does not have.
    Other(i64),
}

impl From<i64> for VerifyStatus {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::None,
            1 => Self::Granted,
            2 => Self::Denied,
            3 => Self::Stranger,
            22 => Self::Pending,
            24 => Self::OutOfSchedule,
            other => Self::Other(other),
        }
    }
}

impl From<VerifyStatus> for i64 {
    fn from(status: VerifyStatus) -> Self {
        match status {
            VerifyStatus::None => 0,
            VerifyStatus::Granted => 1,
            VerifyStatus::Denied => 2,
            VerifyStatus::Stranger => 3,
            VerifyStatus::Pending => 22,
            VerifyStatus::OutOfSchedule => 24,
            VerifyStatus::Other(number) => number,
        }
    }
}

/// `VerfyType` (3.12.4): how somebody identified, with what was checked besides (QUIRKS A28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VerifyType(pub i64);

impl VerifyType {
    /// A face.
    pub const FACE: i64 = 1;
    /// An identity card.
    pub const ID_CARD: i64 = 2;
    /// Face and identity card.
    pub const FACE_AND_ID_CARD: i64 = 3;
    /// A mask or a temperature alone.
    pub const CHECK_ALONE: i64 = 5;
    /// A card of the built-in reader.
    pub const RF_CARD: i64 = 21;
    /// Such a card and a face.
    pub const RF_CARD_AND_FACE: i64 = 22;
    /// A card over the Wiegand line.
    pub const WIEGAND: i64 = 24;
    /// Such a card and a face.
    pub const WIEGAND_AND_FACE: i64 = 25;
    /// Opened by the platform.
    pub const REMOTE: i64 = 27;
    /// A mask was looked for, and worn.
    pub const MASK: i64 = 0x100;
    /// The temperature was measured.
    pub const TEMPERATURE: i64 = 0x200;

    /// The kind without what was checked besides.
    #[must_use]
    pub fn base(self) -> i64 {
        self.0 & 0xFF
    }

    /// Whether a mask was worn, as far as it says.
    #[must_use]
    pub fn mask(self) -> Option<bool> {
        (self.0 & Self::MASK != 0).then_some(true)
    }
}

/// A national health code (special versions).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCode {
    /// 0 none, 1 yellow, 2 red, 3 green.
    #[serde(rename = "nQRCodeType", skip_serializing_if = "Option::is_none")]
    pub colour: Option<i64>,
    /// The masked name.
    #[serde(rename = "guoKangCodeName", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The masked identity number.
    #[serde(rename = "guoKangCodeIDCard", skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
    /// Where somebody was in 14 days.
    #[serde(rename = "guoKangCodeAddr", skip_serializing_if = "Option::is_none")]
    pub places: Option<String>,
    /// Of when that is, `yyyy-MM-dd HH:mm:ss`.
    #[serde(rename = "guoKangCodeDate", skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// `VerifyPush` (3.12.4): somebody was compared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VerifyPush {
    /// The result.
    pub result: VerifyResult,
    /// The person as the device holds them, without `LibID`.
    pub person: PersonInfo,
    /// The health code.
    pub health: HealthCode,
}

/// What a `VerifyPush` says beside the person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VerifyResult {
    /// The device's number of the person, `LibID` elsewhere.
    #[serde(rename = "PersonID", skip_serializing_if = "Option::is_none")]
    pub person_id: Option<i64>,
    /// When, as text: it enters the duplicate key as it came.
    #[serde(rename = "CreateTime")]
    pub time: String,
    /// Similarity to the enrolled photo, 0 to 100.
    #[serde(rename = "Similarity1", skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
    /// Similarity to the identity card, 0 to 100.
    #[serde(rename = "Similarity2", skip_serializing_if = "Option::is_none")]
    pub card_similarity: Option<f64>,
    /// How it ended.
    #[serde(rename = "VerifyStatus", alias = "VerifyStation")]
    pub status: VerifyStatus,
    /// How somebody identified (QUIRKS A4).
    #[serde(
        rename = "VerfyType",
        alias = "VerifyType",
        skip_serializing_if = "Option::is_none"
    )]
    pub verify_type: Option<VerifyType>,
    /// Which camera (servers).
    #[serde(rename = "AccessChannel", skip_serializing_if = "Option::is_none")]
    pub channel: Option<i64>,
    /// Body temperature, °C.
    #[serde(rename = "Temperature", skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 1 over the threshold.
    #[serde(rename = "TemperatureAlarm", skip_serializing_if = "Option::is_none")]
    pub temperature_alarm: Option<i64>,
    /// 0 pushed more than 10 s after it happened, 1 at once.
    #[serde(rename = "Sendintime", skip_serializing_if = "Option::is_none")]
    pub in_time: Option<i64>,
    /// 0 not said, 1 in, 2 out.
    #[serde(rename = "Direction", skip_serializing_if = "Option::is_none")]
    pub direction: Option<i64>,
    /// 2 pushed because of `ManualPushRecords`.
    #[serde(rename = "PushType", skip_serializing_if = "Option::is_none")]
    pub push_type: Option<i64>,
    /// The picture taken (QUIRKS A3).
    #[serde(
        rename = "SanpPic",
        alias = "SnapPic",
        skip_serializing_if = "Option::is_none"
    )]
    pub capture: Option<Base64Text>,
    /// The enrolled photo.
    #[serde(rename = "RegisteredPic", skip_serializing_if = "Option::is_none")]
    pub registered: Option<Base64Text>,
}

/// `PushType` of what `ManualPushRecords` brought.
pub(in crate::facegate) const BY_HAND: i64 = 2;

impl VerifyPush {
    /// Whether the answer may open the door: not that of a late record, of one pushed by hand, or of an opening by the
    /// platform itself (3.2.3, QUIRKS A24).
    #[must_use]
    pub fn may_open(&self) -> bool {
        let base = self.result.verify_type.unwrap_or_default().base();
        self.result.status == VerifyStatus::Pending
            && self.result.in_time == Some(1)
            && self.result.push_type != Some(BY_HAND)
            && base != VerifyType::REMOTE
    }
}

/// Where the pictures stand.
const PLACE: Place = Place::InfoBut(&["SanpPic", "RegisteredPic"]);

impl PushMessage for VerifyPush {
    const OPERATOR: &'static str = "VerifyPush";
    const SECTION: &'static str = "3.12.4";

    fn read(body: &mut Body) -> Result<Self, LenientError> {
        let fields = std::mem::take(body).flat(PLACE);
        Ok(Self {
            result: lenient::salvage(&fields)?,
            person: PersonInfo::salvage(&fields)?,
            health: lenient::salvage(&fields)?,
        })
    }

    fn body(&self) -> Body {
        let mut fields = self.person.told();
        fields.extend(plain_fields(&self.result));
        fields.extend(plain_fields(&self.health));
        Body::placed(Self::OPERATOR, fields, PLACE)
    }
}

plain_pushes! {
    SnapPush: "SnapPush" "3.12.3" Place::InfoBut(&["SanpPic"]);
}
