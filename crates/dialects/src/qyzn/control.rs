//! Chapter 4.5: the device is told what to do.

use super::check::{self, FieldError};
use super::frame::Version;
use super::operation::{Done, Operation};
use super::rule::PassRule;
use super::time::WallTime;
use crate::lenient;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// `device_restart` (4.5.1), platform to device: restart. Answered first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeviceRestart {}

impl Operation for DeviceRestart {
    const NAME: &'static str = "device_restart";
    const SINCE: Version = Version::V2;
    type Answer = Done;
}

/// `open_door` (4.5.6), platform to device: open once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OpenDoor {}

impl Operation for OpenDoor {
    const NAME: &'static str = "open_door";
    const SINCE: Version = Version::V2;
    type Answer = Done;
}

/// `online_openDoor` (4.5.7), platform to device: who decides on the door. The document's example writes
/// [`Self::EXAMPLE_NAME`]: on code 103 try that name once (QUIRKS T2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineOpenDoor {
    /// Whether the remote decider is there: 0 no, 1 yes.
    pub online: i64,
    /// 0: the device decides. 1: the remote decides while it is there. 2: the remote always decides.
    pub mode: i64,
}

impl OnlineOpenDoor {
    /// The name in the document's example.
    pub const EXAMPLE_NAME: &'static str = "online_open_door";
    /// The platform decides, the device alone while the link is down (hub rule 17).
    pub const HUB_DECIDES: Self = Self { online: 1, mode: 1 };
    /// The device decides (hub rule 17).
    pub const DEVICE_DECIDES: Self = Self { online: 0, mode: 0 };

    /// Whether the platform's word opens the door: mode 2, or mode 1 while the remote is there (terminal rule 25).
    #[must_use]
    pub fn platform_decides(self) -> bool {
        self.mode == 2 || (self.mode == 1 && self.online == 1)
    }
}

impl Operation for OnlineOpenDoor {
    const NAME: &'static str = "online_openDoor";
    const ALIASES: &'static [&'static str] = &[Self::EXAMPLE_NAME];
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::within("online", self.online, 0..=1)?;
        check::within("mode", self.mode, 0..=2)
    }
}

/// `device_upgrade` (4.5.2), platform to device: fetch a program and install it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceUpgrade {
    /// Where it is fetched, at most 128 bytes.
    pub url: String,
    /// Its version.
    pub version: String,
    /// The MD5 of the file, 32 hexadecimal digits.
    pub check: String,
}

impl Operation for DeviceUpgrade {
    const NAME: &'static str = "device_upgrade";
    const SINCE: Version = Version::V2;
    // It is answered once the file was fetched and checked; the document does not say how long that may take.
    const PATIENCE: Duration = Duration::from_secs(660);
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::filled("url", &self.url, check::URL_BYTES)?;
        check::filled("version", &self.version, check::VERSION_BYTES)?;
        if self.check.len() != 32 || !self.check.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(FieldError::new("check", "32 hexadecimal digits", &self.check));
        }
        Ok(())
    }
}

/// `serial_output` (4.5.3), platform to device: send bytes out of the serial port.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SerialOutput {
    /// Which port; there is one, 0.
    pub index: i64,
    /// The bytes, as upper-case hexadecimal digits, at most 256.
    pub content: String,
}

impl Operation for SerialOutput {
    const NAME: &'static str = "serial_output";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::within("index", self.index, 0..=0)?;
        check::hexadecimal("content", &self.content, 2..=check::SERIAL_DIGITS)
    }
}

/// `weigand_output` (4.5.4), platform to device: send a number out of the Wiegand port.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WiegandOutput {
    /// The number's bytes as upper-case hexadecimal digits: 6 with 26 bits, 8 with 34.
    pub content: String,
}

impl Operation for WiegandOutput {
    const NAME: &'static str = "weigand_output";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::hexadecimal("content", &self.content, 6..=8)
    }
}

/// `record_clear` (4.5.5), platform to device: forget all records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecordClear {}

impl Operation for RecordClear {
    const NAME: &'static str = "record_clear";
    const SINCE: Version = Version::V2;
    type Answer = Done;
}

/// `swiping_card` (4.5.8), platform to device: wait for a card and tell its number. Such a card is no pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwipingCard {
    /// How long to wait, seconds.
    #[serde(rename = "timeOut")]
    pub timeout_seconds: i64,
}

/// What kind of card was swiped (4.5.8 `cardType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum CardType {
    /// 0: an identity card.
    IdCard,
    /// 1: a residence permit.
    ResidencePermit,
    /// 2: a travel permit of Hong Kong and Macau.
    TravelPermit,
    /// 3: an IC card.
    IcCard,
    /// A number that the document does not have.
    Other(i64),
}

impl From<i64> for CardType {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::IdCard,
            1 => Self::ResidencePermit,
            2 => Self::TravelPermit,
            3 => Self::IcCard,
            other => Self::Other(other),
        }
    }
}

impl From<CardType> for i64 {
    fn from(card: CardType) -> Self {
        match card {
            CardType::IdCard => 0,
            CardType::ResidencePermit => 1,
            CardType::TravelPermit => 2,
            CardType::IcCard => 3,
            CardType::Other(number) => number,
        }
    }
}

/// The answer to [`SwipingCard`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwipedCard {
    /// What kind of card.
    #[serde(rename = "cardType")]
    pub card_type: CardType,
    /// The holder's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The number: of the document, or of the IC card.
    #[serde(rename = "idNum", default)]
    pub number: String,
    /// Ethnicity.
    #[serde(rename = "ethnic", default, skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<String>,
    /// Gender, as text; 1 is male (QUIRKS T35).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Day of birth, `yyyyMMdd`; hyphens are accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Who issued the document.
    #[serde(rename = "idIssuingOrgan", default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// From when to when the document is valid, `yyyyMMdd~yyyyMMdd`.
    #[serde(rename = "idUsefulLife", default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<String>,
}

impl Operation for SwipingCard {
    const NAME: &'static str = "swiping_card";
    const SINCE: Version = Version::V2;
    type Answer = SwipedCard;

    fn check(&self) -> Result<(), FieldError> {
        check::within(
            "timeOut",
            self.timeout_seconds,
            1..=i64::from(check::SNAPSHOT_SECONDS),
        )
    }
}

/// `config_device_pass_rule` (4.5.9), platform to device, version 4: when anybody may pass. Holidays go before the
/// week. An empty rule lifts it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConfigDevicePassRule(pub PassRule);

impl Operation for ConfigDevicePassRule {
    const NAME: &'static str = "config_device_pass_rule";
    const SINCE: Version = Version::V4;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        self.0.check("")
    }
}

/// Which records [`ResendRecords`] means (QUIRKS T63).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum RecordSelection {
    /// 0: those that were not let in.
    Failed,
    /// 1: those that were.
    Granted,
    /// 2: all.
    All,
    /// A number that the document does not have.
    Other(i64),
}

impl From<i64> for RecordSelection {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::Failed,
            1 => Self::Granted,
            2 => Self::All,
            other => Self::Other(other),
        }
    }
}

impl From<RecordSelection> for i64 {
    fn from(selection: RecordSelection) -> Self {
        match selection {
            RecordSelection::Failed => 0,
            RecordSelection::Granted => 1,
            RecordSelection::All => 2,
            RecordSelection::Other(number) => number,
        }
    }
}

/// `reSend_record_set` (4.5.11), platform to device: send records again, acknowledged ones, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResendRecords {
    /// Which.
    #[serde(rename = "recordType")]
    pub selection: RecordSelection,
    /// From this wall-clock time of the device, inclusive.
    #[serde(rename = "snapStartTime", deserialize_with = "one_time")]
    pub from: WallTime,
    /// Until this wall-clock time, inclusive.
    #[serde(rename = "snapEndTime", deserialize_with = "one_time")]
    pub until: WallTime,
}

/// A time, or an array with one (QUIRKS T36).
fn one_time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<WallTime, D::Error> {
    use serde::de::Error as _;
    let value = Value::deserialize(deserializer)?;
    let single = match &value {
        Value::Array(items) => items.first().unwrap_or(&Value::Null),
        other => other,
    };
    let text: String = lenient::read(single).map_err(D::Error::custom)?;
    text.parse().map_err(D::Error::custom)
}

impl Operation for ResendRecords {
    const NAME: &'static str = "reSend_record_set";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        if let RecordSelection::Other(number) = self.selection {
            return Err(FieldError::new("recordType", "0 to 2", number));
        }
        if self.until.local() < self.from.local() {
            return Err(FieldError::new(
                "snapEndTime",
                "not before snapStartTime",
                self.until,
            ));
        }
        Ok(())
    }
}
