//! `terminal.toml`: every key, its default and its check.

use face::FaceConfig;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

mod facegate;
mod lan;
mod limits;
mod mqtt;
mod openapi;

pub use facegate::FacegateConfig;
pub use lan::LanConfig;
pub use limits::LimitsConfig;
pub use mqtt::{BrokerAddress, MqttConfig};
pub use openapi::OpenapiConfig;

/// The default configuration with a comment per key, as `menshen config show --default terminal` prints it.
///
/// The tables named in [`OPTIONAL_TABLES`] show the values that hold once a table is named: a program that lays this
/// text under a user's file leaves out those that the user does not name, since a dialect without a table is off.
pub const DEFAULT_TOML: &str = include_str!("terminal.toml");

/// Tables of [`DEFAULT_TOML`] that switch something on by being there.
pub const OPTIONAL_TABLES: &[&str] = &["qyzn", "mqtt", "facegate", "lan", "openapi"];

/// The longest serial that the dialects built so far can carry, in bytes (qyzn, 4.2.2).
const SERIAL_BYTES: usize = 32;

/// Everything that one terminal is told at its start.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TerminalConfig {
    /// `[terminal]`.
    pub terminal: DeviceConfig,
    /// `[kiosk]`.
    pub kiosk: KioskConfig,
    /// `[door]`.
    pub door: DoorConfig,
    /// `[face]`.
    pub face: FaceConfig,
    /// `[records]`.
    pub records: RecordsConfig,
    /// `[secrets]`.
    pub secrets: SecretsConfig,
    /// `[limits]`.
    pub limits: LimitsConfig,
    /// `[qyzn]`; `None` is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qyzn: Option<QyznConfig>,
    /// `[mqtt]`; `None` is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtt: Option<MqttConfig>,
    /// `[facegate]`; `None` is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facegate: Option<FacegateConfig>,
    /// `[lan]`; `None` is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lan: Option<LanConfig>,
    /// `[openapi]`; `None` is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openapi: Option<OpenapiConfig>,
}

/// `[terminal]`: what the device is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeviceConfig {
    /// What each dialect calls sn, serial, DeviceID, deviceSn or deviceID.
    pub serial: String,
    /// Its name on the screen.
    pub name: String,
    /// The folder of everything that is kept.
    pub data: PathBuf,
    /// IANA name of the wall clock at the door.
    pub time_zone: String,
    /// How many persons are held at most.
    pub capacity: u32,
    /// Language of what the door says: `zh` or `en`.
    pub language: String,
    /// Seconds within which a person who comes again is one pass; `None`: what dialects set, else five; 0: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_seconds: Option<u32>,
}

/// `[kiosk]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KioskConfig {
    /// Where the screen and `/api` are served; empty is off.
    pub listen: String,
}

/// `[door]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoorConfig {
    /// `log`.
    pub kind: String,
    /// How long the door stays open, in milliseconds.
    pub open_ms: u32,
}

/// `[records]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordsConfig {
    /// How many records are kept.
    pub keep: u64,
}

/// `[secrets]`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretsConfig {
    /// The master key's file.
    pub key_file: PathBuf,
    /// The master key in Base64, instead of a file.
    pub key: String,
}

impl std::fmt::Debug for SecretsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretsConfig")
            .field("key_file", &self.key_file)
            .finish_non_exhaustive()
    }
}

/// `[qyzn]`: the terminal dials a platform of that dialect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QyznConfig {
    /// `host:port` of the platform.
    pub platform: String,
    /// Seconds between heartbeats at most (document 2.2).
    pub heartbeat_seconds: u64,
    /// Seconds until a request without an answer is sent again (document 3.2).
    pub request_timeout_seconds: u64,
    /// Seconds of the first pause after a lost connection.
    pub reconnect_seconds: u64,
    /// 12 hexadecimal digits; empty: made from the serial.
    pub mac: String,
    /// The device type told at registration (4.2.2).
    #[serde(rename = "type")]
    pub device_type: String,
    /// Records on the wire at the same time.
    pub window: usize,
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self {
            serial: "MS-0001".into(),
            name: "Front gate".into(),
            data: "./menshen-terminal".into(),
            time_zone: "Asia/Shanghai".into(),
            capacity: 50_000,
            language: "zh".into(),
            repeat_seconds: None,
        }
    }
}

impl Default for KioskConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8090".into(),
        }
    }
}

impl Default for DoorConfig {
    fn default() -> Self {
        Self {
            kind: "log".into(),
            open_ms: 3000,
        }
    }
}

impl Default for RecordsConfig {
    fn default() -> Self {
        Self { keep: 100_000 }
    }
}

impl Default for SecretsConfig {
    fn default() -> Self {
        Self {
            key_file: "menshen.key".into(),
            key: String::new(),
        }
    }
}

impl Default for QyznConfig {
    fn default() -> Self {
        Self {
            platform: "127.0.0.1:7100".into(),
            heartbeat_seconds: 25,
            request_timeout_seconds: 20,
            reconnect_seconds: 5,
            mac: String::new(),
            device_type: "MENSHEN".into(),
            window: 1,
        }
    }
}

/// Why a configuration cannot be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value out of its range.
    #[error("{key}: {problem}")]
    Value {
        /// The key, in full.
        key: &'static str,
        /// What is wrong and what is right.
        problem: String,
    },
}

impl TerminalConfig {
    /// Refuses what cannot work.
    ///
    /// # Errors
    /// [`ConfigError`] names the key and says what is right.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.time_zone()?;
        self.check_device()?;
        self.face
            .thresholds()
            .check()
            .map_err(|error| value("face", error))?;
        if let Some(qyzn) = &self.qyzn {
            qyzn.check()?;
        }
        if let Some(mqtt) = &self.mqtt {
            mqtt.check(&self.terminal.serial)?;
        }
        if let Some(facegate) = &self.facegate {
            facegate.check()?;
        }
        if let Some(lan) = &self.lan {
            lan.check()?;
        }
        if let Some(openapi) = &self.openapi {
            openapi.check()?;
        }
        Ok(())
    }

    fn check_device(&self) -> Result<(), ConfigError> {
        let device = &self.terminal;
        if device.serial.is_empty() || device.serial.len() > SERIAL_BYTES {
            return Err(value(
                "terminal.serial",
                format!("1 to {SERIAL_BYTES} bytes, this has {}", device.serial.len()),
            ));
        }
        if !matches!(device.language.as_str(), "zh" | "en") {
            return Err(value(
                "terminal.language",
                format!("\"zh\" or \"en\", not {:?}", device.language),
            ));
        }
        check_listen("kiosk.listen", &self.kiosk.listen)?;
        match self.door.kind.as_str() {
            "log" => {}
            "gpio" | "http" => {
                return Err(value(
                    "door.kind",
                    format!("{:?} is not built yet; \"log\" is", self.door.kind),
                ));
            }
            other => return Err(value("door.kind", format!("\"log\", not {other:?}"))),
        }
        self.limits.check()
    }

    /// The wall clock at the door.
    ///
    /// # Errors
    /// [`ConfigError`] if no such zone is known.
    pub fn time_zone(&self) -> Result<TimeZone, ConfigError> {
        TimeZone::get(&self.terminal.time_zone).map_err(|error| value("terminal.time_zone", error))
    }

    /// A path of the configuration, taken from the data folder.
    #[must_use]
    pub fn in_data(&self, path: &Path) -> PathBuf {
        self.terminal.data.join(path)
    }
}

impl QyznConfig {
    fn check(&self) -> Result<(), ConfigError> {
        if !is_host_and_port(&self.platform) {
            return Err(value(
                "qyzn.platform",
                format!("host:port, not {:?}", self.platform),
            ));
        }
        let hexadecimal = self.mac.bytes().all(|b| b.is_ascii_hexdigit());
        let well_formed = self.mac.is_empty() || (self.mac.len() == 12 && hexadecimal);
        if !well_formed {
            return Err(value(
                "qyzn.mac",
                format!("12 hexadecimal digits or \"\", not {:?}", self.mac),
            ));
        }
        if self.device_type.len() > SERIAL_BYTES {
            return Err(value("qyzn.type", format!("at most {SERIAL_BYTES} bytes")));
        }
        if self.window == 0 || self.heartbeat_seconds == 0 || self.request_timeout_seconds == 0 {
            return Err(value(
                "qyzn",
                "heartbeat_seconds, request_timeout_seconds and window are at least 1",
            ));
        }
        Ok(())
    }
}

fn is_host_and_port(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// An address to listen on, or nothing.
fn check_listen(key: &'static str, address: &str) -> Result<(), ConfigError> {
    if address.is_empty() || is_host_and_port(address) {
        return Ok(());
    }
    Err(value(key, format!("host:port, or \"\" for off, not {address:?}")))
}

fn value(key: &'static str, problem: impl std::fmt::Display) -> ConfigError {
    ConfigError::Value {
        key,
        problem: problem.to_string(),
    }
}

#[cfg(test)]
mod tests;
