//! 3.12: the topics and their paths.

use super::URL_BYTES;
use crate::fields::FieldError;
use crate::limits::optional;
use serde::{Deserialize, Serialize};

/// What a device can push.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Strangers: `SnapPush`.
    Snap,
    /// Results with both pictures: `VerifyPush`.
    Verify,
    /// Results with the picture taken.
    VerifyWithSnap,
    /// Results with the enrolled photo.
    VerifyWithReg,
    /// Results without a picture.
    VerifyNoPic,
    /// QR codes: `QRCodePush`.
    QrCode,
    /// Cards at a door station: `CardVerify`.
    Card,
    /// Passwords at a door station: `PwdVerify`.
    Password,
    /// Identity cards: `IDCardInfoPush`.
    IdCard,
    /// One that the document does not have.
    Other(String),
}

impl Topic {
    /// Every topic of the document.
    pub const ALL: [Self; 9] = [
        Self::Snap,
        Self::Verify,
        Self::VerifyWithSnap,
        Self::VerifyWithReg,
        Self::VerifyNoPic,
        Self::QrCode,
        Self::Card,
        Self::Password,
        Self::IdCard,
    ];

    /// The wire name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Snap => "Snap",
            Self::Verify => "Verify",
            Self::VerifyWithSnap => "VerifyWithSnap",
            Self::VerifyWithReg => "VerifyWithReg",
            Self::VerifyNoPic => "VerifyNoPic",
            Self::QrCode => "QRCode",
            Self::Card => "Card",
            Self::Password => "PassWord",
            Self::IdCard => "IDCard",
            Self::Other(name) => name,
        }
    }

    /// Which pictures come along: the one taken, the enrolled one.
    #[must_use]
    pub fn pictures(&self) -> (bool, bool) {
        match self {
            Self::Verify => (true, true),
            Self::VerifyWithReg => (false, true),
            Self::VerifyNoPic => (false, false),
            _ => (true, false),
        }
    }

    /// Whether it is one of the four kinds of results, of which a device keeps one.
    #[must_use]
    pub fn is_verify(&self) -> bool {
        matches!(
            self,
            Self::Verify | Self::VerifyWithSnap | Self::VerifyWithReg | Self::VerifyNoPic
        )
    }
}

impl From<String> for Topic {
    /// Blanks and case do not matter (QUIRKS A18).
    fn from(name: String) -> Self {
        let name = name.trim();
        Self::ALL
            .into_iter()
            .find(|topic| topic.name().eq_ignore_ascii_case(name))
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for Topic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Paths of the topics; all kinds of results share `Verify` (QUIRKS A17).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SubscribeUrls {
    /// `SnapPush`.
    #[serde(rename = "Snap", skip_serializing_if = "Option::is_none")]
    pub snap: Option<String>,
    /// `VerifyPush`.
    #[serde(rename = "Verify", skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// `HeartBeat`.
    #[serde(rename = "HeartBeat", skip_serializing_if = "Option::is_none")]
    pub heart_beat: Option<String>,
    /// `CardVerify`.
    #[serde(rename = "Card", skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// `QRCodePush`.
    #[serde(rename = "QRCode", skip_serializing_if = "Option::is_none")]
    pub qr_code: Option<String>,
    /// `PwdVerify`.
    #[serde(rename = "PassWord", skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// `IDCardInfoPush`.
    #[serde(rename = "IDCard", skip_serializing_if = "Option::is_none")]
    pub id_card: Option<String>,
}

impl SubscribeUrls {
    /// The path of a topic.
    #[must_use]
    pub fn of(&self, topic: &Topic) -> Option<&str> {
        let path = match topic {
            Topic::Snap => &self.snap,
            Topic::QrCode => &self.qr_code,
            Topic::Card => &self.card,
            Topic::Password => &self.password,
            Topic::IdCard => &self.id_card,
            Topic::Other(_) => &None,
            _ => &self.verify,
        };
        path.as_deref()
    }

    /// These, and of those that are not given the others.
    pub(super) fn over(mut self, mut others: Self) -> Self {
        for (path, other) in self.all_mut().into_iter().zip(others.all_mut()) {
            *path = path.take().or_else(|| other.take());
        }
        self
    }

    fn all_mut(&mut self) -> [&mut Option<String>; 7] {
        [
            &mut self.snap,
            &mut self.verify,
            &mut self.heart_beat,
            &mut self.card,
            &mut self.qr_code,
            &mut self.password,
            &mut self.id_card,
        ]
    }

    /// Without the blanks that the document prints within and around paths (QUIRKS A18).
    pub(super) fn trimmed(mut self) -> Self {
        for path in self.all_mut() {
            *path = path.take().map(|path| path.split_whitespace().collect());
        }
        self
    }

    pub(super) fn check(&self) -> Result<(), FieldError> {
        self.clone()
            .all_mut()
            .into_iter()
            .try_for_each(|path| optional("SubscribeUrl", path.as_deref(), URL_BYTES))
    }
}
