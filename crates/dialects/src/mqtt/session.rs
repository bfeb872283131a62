//! 2.1.1 and 2.1.2: a device registers, and says that it is alive.

use super::code::ErrorCode;
use super::message::{at_most, filled, plain_messages};
use super::sign::sign;
use super::topic::SERIAL_BYTES;
use crate::fields::FieldError;
use serde::{Deserialize, Serialize};

/// The version of this protocol, as devices tell it.
pub const PROTOCOL_VERSION: &str = "V1.0";

/// Bytes of most short texts (2.1.1).
const SHORT_BYTES: usize = 32;
/// Bytes of the random text and of the signature.
const LONG_BYTES: usize = 64;

/// `register` (2.1.1), device to cloud: after each connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Register {
    /// The serial number.
    #[serde(rename = "deviceNo")]
    pub device_no: String,
    /// The device's clock, seconds since 1970 as text; 12 digits and more are milliseconds (QUIRKS M15).
    #[serde(rename = "registerTime")]
    pub time: String,
    /// A random text.
    pub rand: String,
    /// The version of this protocol.
    #[serde(rename = "protocolVersion")]
    pub protocol: String,
    /// The hardware's version.
    #[serde(rename = "hardwareVersion")]
    pub hardware: String,
    /// The program's version.
    #[serde(rename = "softwareVersion")]
    pub software: String,
    /// The algorithm's version.
    #[serde(rename = "algVersion")]
    pub algorithm: String,
    /// Another serial number; only in the example (QUIRKS M16).
    #[serde(rename = "serialNo", skip_serializing_if = "Option::is_none")]
    pub serial_no: Option<String>,
    /// The signature.
    pub sign: String,
}

/// Milliseconds since 1970 of a text in seconds or milliseconds (QUIRKS M15).
fn milliseconds(time: &str) -> Option<i64> {
    /// Digits from which on a time is in milliseconds.
    const MILLISECOND_DIGITS: usize = 12;
    let text = time.trim();
    let number: i64 = text.parse().ok()?;
    if text.len() >= MILLISECOND_DIGITS {
        Some(number)
    } else {
        number.checked_mul(1000)
    }
}

impl Register {
    /// Signs the message.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.sign = sign(&self.device_no, &self.time, &self.rand);
        self
    }

    /// Whether the signature is right, in either case.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        sign(self.device_no.trim(), self.time.trim(), self.rand.trim()).eq_ignore_ascii_case(self.sign.trim())
    }

    /// The device's clock in milliseconds since 1970, where it tells one.
    #[must_use]
    pub fn milliseconds(&self) -> Option<i64> {
        milliseconds(&self.time)
    }

    fn check_limits(&self) -> Result<(), FieldError> {
        filled("deviceNo", &self.device_no, SERIAL_BYTES)?;
        at_most("registerTime", &self.time, SHORT_BYTES)?;
        at_most("rand", &self.rand, LONG_BYTES)?;
        at_most("protocolVersion", &self.protocol, SHORT_BYTES)?;
        at_most("hardwareVersion", &self.hardware, SHORT_BYTES)?;
        // Newer programs have longer versions than the table's 32 bytes.
        at_most("softwareVersion", &self.software, LONG_BYTES)?;
        at_most("algVersion", &self.algorithm, LONG_BYTES)?;
        at_most("sign", &self.sign, LONG_BYTES)
    }
}

/// `registerResp` (2.1.1), cloud to device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterResp {
    /// The serial number.
    #[serde(rename = "deviceNo", default)]
    pub device_no: String,
    /// What the device sends along from now on.
    #[serde(default)]
    pub token: String,
    /// The cloud's clock, milliseconds since 1970; the device sets its own by it.
    #[serde(rename = "registerTime", default)]
    pub time: String,
    /// 100: registered; anything else: not (QUIRKS M17).
    #[serde(rename = "errorCode")]
    pub code: ErrorCode,
}

impl RegisterResp {
    /// The cloud's clock in milliseconds since 1970, where it tells one.
    #[must_use]
    pub fn milliseconds(&self) -> Option<i64> {
        milliseconds(&self.time)
    }

    fn check_limits(&self) -> Result<(), FieldError> {
        at_most("token", &self.token, SHORT_BYTES)?;
        at_most("registerTime", &self.time, SHORT_BYTES)
    }
}

/// `keepAlive` (2.1.2), device to cloud: every 30 s.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeepAlive {
    /// The serial number.
    #[serde(rename = "deviceNo")]
    pub device_no: String,
    /// What the cloud gave at registration.
    pub token: String,
    /// Longitude, degrees, at most six decimals.
    #[serde(rename = "locationx", skip_serializing_if = "Option::is_none")]
    pub longitude: Option<String>,
    /// Latitude, degrees, at most six decimals.
    #[serde(rename = "locationy", skip_serializing_if = "Option::is_none")]
    pub latitude: Option<String>,
}

impl KeepAlive {
    fn check_limits(&self) -> Result<(), FieldError> {
        at_most("deviceNo", &self.device_no, SERIAL_BYTES)
    }
}

/// `keepAliveResp` (2.1.2), cloud to device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeepAliveResp {
    /// The serial number.
    #[serde(rename = "deviceNo")]
    pub device_no: String,
}

impl KeepAliveResp {
    #[allow(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "one shape for every message"
    )]
    fn check_limits(&self) -> Result<(), FieldError> {
        Ok(())
    }
}

plain_messages! {
    Register: "register";
    RegisterResp: "registerResp";
    KeepAlive: "keepAlive";
    KeepAliveResp: "keepAliveResp";
}
