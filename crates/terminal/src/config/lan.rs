//! `[lan]`: the terminal is called over HTTP in its own network.

use super::{ConfigError, check_listen, value};
use serde::{Deserialize, Serialize};

/// `[lan]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LanConfig {
    /// Where it is called (1.2); empty is off.
    pub listen: String,
    /// Seconds until a record that the platform did not take is pushed again; it grows up to a minute (3.12).
    pub resend_seconds: u64,
}

impl Default for LanConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8088".into(),
            resend_seconds: 10,
        }
    }
}

impl LanConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        check_listen("lan.listen", &self.listen)?;
        if self.resend_seconds == 0 {
            return Err(value("lan.resend_seconds", "at least 1"));
        }
        Ok(())
    }
}
