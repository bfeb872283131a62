//! The hub's settings, one struct per table of `hub.toml`. Unknown keys are refused in every table.
//!
//! Defaults are not written here: [`DEFAULT_TOML`] is complete, and whoever loads a configuration lays files,
//! variables and switches over it before it is read into [`HubConfig`].

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The default configuration, commented key by key.
pub const DEFAULT_TOML: &str = include_str!("hub.toml");

/// Everything that can be set about a hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubConfig {
    /// The site.
    pub hub: Site,
    /// The listener of people and programs.
    pub admin: Admin,
    /// The HTTP listener of devices, and what holds for all devices.
    pub devices: Devices,
    /// The qyzn listener.
    pub qyzn: Listen,
    /// The MQTT broker.
    pub mqtt: Mqtt,
    /// State and records.
    pub store: Url,
    /// Photos.
    pub blobs: Url,
    /// Events between nodes.
    pub bus: Url,
    /// The master key.
    pub secrets: Secrets,
    /// Photos of persons.
    pub faces: Faces,
    /// The face engine.
    pub face: face::FaceConfig,
    /// Webhooks.
    pub webhooks: Webhooks,
    /// How long things are kept.
    pub retention: Retention,
    /// Bounds.
    pub limits: Limits,
}

/// `[hub]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The data folder.
    pub data: PathBuf,
    /// The site's name.
    pub name: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Language of the console.
    pub language: String,
}

/// `[admin]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Address of the listener; empty is off.
    pub listen: String,
    /// Password of the user `admin`, first start only.
    pub password: String,
    /// Who may read `/metrics`.
    pub metrics: MetricsAccess,
    /// Hours until a sign-in ends.
    pub session_hours: u32,
}

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricsAccess {
    /// A bearer token with `metrics:read`.
    Token,
    /// Everyone who reaches the listener.
    Open,
}

/// `[devices]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Devices {
    /// Address of the listener; empty is off.
    pub listen: String,
    /// How devices reach it; empty is guessed.
    pub public_url: String,
    /// What happens to an unknown device.
    pub approve: Approval,
    /// Whether factory keys are replaced.
    pub replace_default_keys: bool,
    /// Milliseconds within which a device that asks is answered.
    pub decide_within_ms: u64,
    /// Milliseconds after which a record counts as late.
    pub late_after_ms: u64,
    /// Seconds between two signs of life that a device is told to give, or is asked for.
    pub period_seconds: u64,
    /// Seconds within which a device takes a connection.
    pub connect_seconds: u64,
    /// Seconds within which a device answers a call.
    pub call_seconds: u64,
    /// Milliseconds for which no record may have been pushed before what an outage left is fetched.
    pub fill_after_ms: u64,
    /// Milliseconds for which no record may come before a device's records are deleted.
    pub drain_quiet_ms: u64,
}

/// What happens to an unknown device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// It waits for an operator.
    Manual,
    /// It is approved at once.
    Automatic,
}

/// A table that holds one listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Address of the listener; empty is off.
    pub listen: String,
}

/// `[mqtt]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mqtt {
    /// Address of the embedded broker; empty is off.
    pub listen: String,
    /// Its address with TLS; empty is off.
    pub tls_listen: String,
    /// Certificate chain, PEM.
    pub tls_certificate: String,
    /// Private key, PEM.
    pub tls_key: String,
    /// An external broker's URL; empty is the embedded one.
    pub broker: String,
    /// The authority to trust an external broker by, PEM; empty are those of the system.
    pub broker_ca: String,
    /// Whether devices may connect without credentials.
    pub anonymous: bool,
    /// Whether wrong signatures are taken.
    pub accept_bad_sign: bool,
}

/// A table that holds one URL: `[store]`, `[blobs]`, `[bus]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Url {
    /// The URL.
    pub url: String,
}

/// `[secrets]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// The master key's file.
    pub key_file: PathBuf,
    /// The master key itself in Base64, instead of the file; empty is the file.
    pub key: String,
}

/// `[faces]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faces {
    /// How strictly photos of persons are checked.
    pub check: PhotoCheck,
}

/// How strictly photos of persons are checked (hub rule 30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoCheck {
    /// A photo without one good face is refused.
    Strict,
    /// It is kept with its reasons.
    Warn,
    /// Nobody looks.
    Off,
}

/// `[webhooks]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Whether private addresses are allowed.
    pub allow_private: bool,
}

/// `[retention]`, in days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Records.
    pub records_days: u32,
    /// Photos of records.
    pub captures_days: u32,
    /// Photos of strangers.
    pub strangers_days: u32,
}

/// `[limits]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// KiB of a request body.
    pub body_kb: usize,
    /// KiB of a photo or other upload.
    pub photo_kb: usize,
    /// Photos of one person.
    pub photos_per_person: usize,
    /// Connections of the admin listener.
    pub admin_connections: usize,
    /// Connections of the devices listener.
    pub devices_connections: usize,
    /// Connections of the qyzn listener.
    pub qyzn_connections: usize,
    /// Devices of the embedded broker.
    pub mqtt_connections: usize,
    /// Open event streams.
    pub event_streams: usize,
    /// Seconds for a request's headers.
    pub header_seconds: u64,
    /// Seconds for a request's body.
    pub body_seconds: u64,
    /// KiB of one qyzn message.
    pub qyzn_frame_kb: usize,
    /// KiB of one mqtt message.
    pub mqtt_packet_kb: usize,
    /// KiB of one push over HTTP.
    pub push_kb: usize,
    /// KiB of one answer of a device over HTTP.
    pub answer_kb: usize,
    /// MiB in flight between devices and the disk.
    pub intake_mb: usize,
    /// Records kept for a pending device.
    pub pending_records: u32,
    /// MiB of pictures kept for a pending device.
    pub pending_mb: u32,
    /// Pending devices.
    pub pending_devices: u32,
    /// Commands queued for one device.
    pub commands_per_device: u32,
    /// Changes waiting for the disk.
    pub write_queue: usize,
}

impl HubConfig {
    /// The defaults of [`DEFAULT_TOML`] with `overrides`, a TOML document that names only what differs, laid over.
    ///
    /// # Errors
    /// When `overrides` is not TOML, has a key that does not exist, or a value of the wrong kind.
    pub fn with(overrides: &str) -> Result<Self, toml::de::Error> {
        let mut table: toml::Table = DEFAULT_TOML.parse()?;
        lay_over(&mut table, overrides.parse()?);
        table.try_into()
    }

    /// A path of the configuration, relative to the data folder.
    #[must_use]
    pub fn path(&self, path: &Path) -> PathBuf {
        self.hub.data.join(path)
    }

    /// Bytes of a request body.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.limits.body_kb.saturating_mul(1024)
    }

    /// Bytes of a photo.
    #[must_use]
    pub fn photo_bytes(&self) -> usize {
        self.limits.photo_kb.saturating_mul(1024)
    }
}

/// Puts every value of `upper` into `lower`, table by table.
fn lay_over(lower: &mut toml::Table, upper: toml::Table) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_refuses_an_unknown_key() {
        let defaults: toml::Table = DEFAULT_TOML.parse().unwrap();
        for table in defaults.keys() {
            let error = HubConfig::with(&format!("[{table}]\nno_such_key = 1\n")).unwrap_err();
            assert!(error.to_string().contains("no_such_key"), "[{table}] {error}");
        }
        assert!(HubConfig::with("[no_such_table]\n").is_err());
    }

    #[test]
    fn the_face_table_has_the_defaults_of_the_engine() {
        assert_eq!(HubConfig::with("").unwrap().face, face::FaceConfig::default());
    }

    #[test]
    fn overrides_leave_the_rest_alone() {
        let config = HubConfig::with("[admin]\nlisten = \"127.0.0.1:0\"\n").unwrap();
        assert_eq!(config.admin.listen, "127.0.0.1:0");
        assert_eq!(config.admin.metrics, MetricsAccess::Token);
        assert_eq!(config.devices.decide_within_ms, 2000);
    }
}
