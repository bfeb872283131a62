//! 3.12.5 to 3.12.8, 3.14: codes, documents, cards and passwords, and the heartbeat.

use super::plain_pushes;
use crate::facegate::body::Place;
use crate::facegate::nation;
use crate::lenient::Base64Text;
use crate::told::filled;
use model::IdentityDocument;
use serde::{Deserialize, Serialize};

/// `QRCodePush` (3.12.5): somebody showed a code; it is not a record until the platform decided.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QrCodePush {
    /// What it says (QUIRKS A62).
    #[serde(rename = "QRcodeInfo")]
    pub content: String,
}

/// `IDCardInfoPush` (3.12.6): somebody's identity card was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IdCardInfoPush {
    /// Its number.
    #[serde(rename = "IDCard_Idno")]
    pub number: String,
    /// The name.
    #[serde(rename = "IDCard_Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 0 male, 1 female (assumed, QUIRKS A47).
    #[serde(rename = "IDCard_Gender", skip_serializing_if = "Option::is_none")]
    pub gender: Option<i64>,
    /// The people, by number (D.1).
    #[serde(rename = "IDCard_Nation", skip_serializing_if = "Option::is_none")]
    pub nation: Option<i64>,
    /// Day of birth, `YYYY-MM-DD`.
    #[serde(rename = "IDCard_Birthday", skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// Address.
    #[serde(rename = "IDCard_Address", skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Who issued it.
    #[serde(rename = "IDCard_Idissue", skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// From when to when it is valid, `YYYYMMDD-YYYYMMDD`.
    #[serde(rename = "IDCard_Idperiod", skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Its picture.
    #[serde(rename = "IDCard_photo", skip_serializing_if = "Option::is_none")]
    pub photo: Option<Base64Text>,
}

impl IdCardInfoPush {
    /// What the card says.
    #[must_use]
    pub fn document(&self) -> IdentityDocument {
        let text = |text: &Option<String>| text.as_deref().and_then(filled);
        let (first, last) = self.validity().unzip();
        IdentityDocument {
            number: filled(&self.number),
            name: text(&self.name),
            gender: self.gender.and_then(printed_gender).map(str::to_owned),
            ethnicity: self.nation.and_then(nation::name).map(str::to_owned),
            birthday: text(&self.birthday),
            address: text(&self.address),
            authority: text(&self.authority),
            valid_from: first.and_then(filled),
            valid_until: last.and_then(filled),
        }
    }

    /// The first and the last day of the validity, as they are printed.
    #[must_use]
    pub fn validity(&self) -> Option<(&str, &str)> {
        let (first, last) = self.period.as_deref()?.split_once('-')?;
        Some((first.trim(), last.trim()))
    }
}

/// A gender as identity cards print it (assumed, QUIRKS A47).
pub(in crate::facegate) fn printed_gender(number: i64) -> Option<&'static str> {
    match number {
        0 => Some("男"),
        1 => Some("女"),
        _ => None,
    }
}

/// `CardVerify` (3.12.7): a card passed at a door station.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CardVerify {
    /// When, as text.
    #[serde(rename = "CreateTime")]
    pub time: String,
    /// The card's number, at most 24 bytes.
    #[serde(rename = "CardNo")]
    pub card: String,
    /// Whether there is a picture.
    #[serde(rename = "HasPic", with = "crate::facegate::bit")]
    pub has_picture: bool,
    /// The picture.
    #[serde(
        rename = "SanpPic",
        alias = "SnapPic",
        skip_serializing_if = "Option::is_none"
    )]
    pub picture: Option<Base64Text>,
}

/// `PwdVerify` (3.12.8): a password passed at a door station; whose is not said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PwdVerify {
    /// When, as text.
    #[serde(rename = "CreateTime")]
    pub time: String,
    /// Whether there is a picture.
    #[serde(rename = "HasPic", with = "crate::facegate::bit")]
    pub has_picture: bool,
    /// The picture.
    #[serde(
        rename = "SanpPic",
        alias = "SnapPic",
        skip_serializing_if = "Option::is_none"
    )]
    pub picture: Option<Base64Text>,
}

/// `HeartBeat` (3.14): the device is there; only while something else is subscribed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeartBeat {
    /// The device's wall clock, `YYYY-MM-DDThh:mm:ss`.
    #[serde(rename = "Time")]
    pub time: String,
}

plain_pushes! {
    QrCodePush: "QRCodePush" "3.12.5" Place::INFO;
    IdCardInfoPush: "IDCardInfoPush" "3.12.6" Place::InfoBut(&["IDCard_photo"]);
    CardVerify: "CardVerify" "3.12.7" Place::INFO;
    PwdVerify: "PwdVerify" "3.12.8" Place::INFO;
    HeartBeat: "HeartBeat" "3.14" Place::INFO;
}
