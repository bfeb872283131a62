//! Settings: what a device is told to be, whatever its dialect calls it.

use crate::Direction;
use serde::{Deserialize, Serialize};

/// A temperature check at the door.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TemperatureCheck {
    /// Whether temperatures are measured.
    pub on: bool,
    /// From how many degrees Celsius on nobody passes.
    #[serde(default)]
    pub max: Option<f64>,
}

/// The day of a scheduled reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebootDay {
    /// Never.
    Never,
    /// Every day.
    Daily,
    /// Mondays.
    Mon,
    /// Tuesdays.
    Tue,
    /// Wednesdays.
    Wed,
    /// Thursdays.
    Thu,
    /// Fridays.
    Fri,
    /// Saturdays.
    Sat,
    /// Sundays.
    Sun,
}

/// A scheduled reboot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledReboot {
    /// On which days.
    pub day: RebootDay,
    /// The wall clock of the device, `HH:MM`.
    pub at: String,
}

/// The settings that dialects share. In what a device says, `None` is what its dialect lacks; in a change, what stays
/// as it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeviceSettings {
    /// How loud, 0 to 1.
    pub volume: Option<f64>,
    /// From which similarity on a face is somebody's, 0 to 1 of the device's own scale.
    pub recognition_threshold: Option<f64>,
    /// Whether pictures of faces are told from faces.
    pub liveness: Option<bool>,
    /// Seconds within which a person who comes again is the same pass.
    pub repeat_seconds: Option<u32>,
    /// How long the lock stays open, milliseconds.
    pub open_ms: Option<u32>,
    /// The device's time zone, an IANA name.
    pub time_zone: Option<String>,
    /// Which way people pass.
    pub direction: Option<Direction>,
    /// Whether strangers make records.
    pub strangers: Option<bool>,
    /// The temperature check.
    pub temperature: Option<TemperatureCheck>,
    /// Whether a mask is demanded.
    pub mask: Option<bool>,
    /// The scheduled reboot.
    pub reboot: Option<ScheduledReboot>,
}

/// A change of shared settings: `Some` is changed.
pub type SettingsChange = DeviceSettings;
