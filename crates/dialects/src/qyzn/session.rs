//! Chapter 4.2 and 3.2: a device makes itself known and goes.

use super::check::{self, FieldError};
use super::frame::Version;
use super::operation::{Done, Operation};
use super::sign;
use serde::{Deserialize, Serialize};

/// `register` (4.2.2), device to platform: a device asks for its uuid and passwd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The serial number.
    pub serial: String,
    /// The MAC address, upper-case hex without separators.
    #[serde(default)]
    pub mac: String,
    /// Unix seconds as text, by the device's clock.
    pub timestamp: String,
    /// See [`sign::register`].
    pub sign: String,
    /// The device's type, as `KG02`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
}

/// The answer to [`Register`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterAnswer {
    /// What the device is called on this platform.
    pub uuid: String,
    /// The secret that later logins are signed with.
    pub passwd: String,
}

impl std::fmt::Debug for RegisterAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisterAnswer")
            .field("uuid", &self.uuid)
            .finish_non_exhaustive()
    }
}

impl Operation for Register {
    const NAME: &'static str = "register";
    const SINCE: Version = Version::V2;
    type Answer = RegisterAnswer;

    fn check(&self) -> Result<(), FieldError> {
        check::filled("serial", &self.serial, check::SERIAL_BYTES)?;
        check::at_most("mac", &self.mac, check::DEVICE_TEXT_BYTES)?;
        check::at_most("timestamp", &self.timestamp, check::DEVICE_TEXT_BYTES)?;
        check::filled("sign", &self.sign, check::DEVICE_TEXT_BYTES)?;
        check::optional("type", self.device_type.as_deref(), check::DEVICE_TEXT_BYTES)
    }
}

impl Register {
    /// A signed request. `unix_seconds` is the device's clock.
    #[must_use]
    pub fn signed(serial: &str, mac: &str, device_type: &str, unix_seconds: u64) -> Self {
        let timestamp = unix_seconds.to_string();
        Self {
            sign: sign::register(serial, mac, &timestamp),
            serial: serial.to_owned(),
            mac: mac.to_owned(),
            timestamp,
            device_type: Some(device_type.to_owned()),
        }
    }

    /// Whether the signature is right.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        sign::verify(
            &self.sign,
            &sign::register(&self.serial, &self.mac, &self.timestamp),
        )
    }
}

/// `login` (4.2.3), device to platform: a registered device opens a connection. Code 100 sends it back to
/// [`Register`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// From [`RegisterAnswer`].
    pub uuid: String,
    /// The firmware's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Unix seconds as text, by the device's clock.
    pub timestamp: String,
    /// See [`sign::login`].
    pub sign: String,
}

impl Operation for Login {
    const NAME: &'static str = "login";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::filled("uuid", &self.uuid, check::DEVICE_TEXT_BYTES)?;
        check::optional("version", self.version.as_deref(), check::DEVICE_TEXT_BYTES * 2)?;
        check::at_most("timestamp", &self.timestamp, check::DEVICE_TEXT_BYTES)?;
        check::filled("sign", &self.sign, check::DEVICE_TEXT_BYTES)
    }
}

impl Login {
    /// A signed request. `unix_seconds` is the device's clock.
    #[must_use]
    pub fn signed(credentials: &RegisterAnswer, version: &str, unix_seconds: u64) -> Self {
        let timestamp = unix_seconds.to_string();
        Self {
            sign: sign::login(&credentials.uuid, &credentials.passwd, &timestamp),
            uuid: credentials.uuid.clone(),
            version: Some(version.to_owned()),
            timestamp,
        }
    }

    /// Whether the signature is right for this secret.
    #[must_use]
    pub fn is_signed(&self, passwd: &str) -> bool {
        sign::verify(&self.sign, &sign::login(&self.uuid, passwd, &self.timestamp))
    }
}

/// `logout` (3.2 item 4; QUIRKS T17), device to platform: the device goes. The platform answers and closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Logout {}

impl Operation for Logout {
    const NAME: &'static str = "logout";
    const SINCE: Version = Version::V2;
    type Answer = Done;
}
