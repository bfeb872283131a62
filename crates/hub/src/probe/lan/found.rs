//! What a terminal said of itself, and what later calls make of it.

use dialects::lan::SetHeartBeat;
use serde_json::{Map, Value};

/// The setting that is changed and put back, and its largest value (3.2).
pub(super) const VOLUME: (&str, f64) = ("deviceSoundSize", 100.0);

/// What the terminal said of itself.
#[derive(Default)]
pub(super) struct Found {
    pub(super) key: String,
    pub(super) info: Map<String, Value>,
    /// What its clock says minus what ours does, milliseconds.
    pub(super) skew_ms: Option<i64>,
    pub(super) record_url: Option<String>,
    pub(super) heartbeat: Option<(String, f64)>,
}

impl Found {
    pub(super) fn volume(&self) -> Result<f64, String> {
        let volume = self.info.get(VOLUME.0).and_then(Value::as_f64);
        volume.ok_or_else(|| format!("it does not tell its {}", VOLUME.0))
    }

    /// Another volume than its own.
    pub(super) fn other_volume(&self) -> Result<f64, String> {
        let volume = self.volume()?;
        Ok(if volume < VOLUME.1 {
            volume + 1.0
        } else {
            volume - 1.0
        })
    }

    pub(super) fn beat(&self) -> Result<SetHeartBeat, String> {
        let (url, period) = self.heartbeat.clone().ok_or("it does not tell its heartbeat")?;
        Ok(SetHeartBeat { url, period })
    }
}
