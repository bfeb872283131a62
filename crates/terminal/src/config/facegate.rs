//! `[facegate]`: the terminal is called over HTTP at `/action/<Operator>`, and pushes what was subscribed.

use super::{ConfigError, check_listen, value};
use dialects::facegate::DeviceId;
use serde::{Deserialize, Serialize};

/// The largest number of a device.
const MOST: u64 = 2_147_483_647;

/// `[facegate]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FacegateConfig {
    /// Where it is called (2.1).
    pub listen: String,
    /// Seconds until a record that the platform did not acknowledge is pushed again; it grows up to a minute (3.12).
    pub resend_seconds: u64,
    /// `DeviceID` where the serial is no number; 0: made from the serial (terminal rule 3).
    pub device_id: u64,
}

impl Default for FacegateConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8000".into(),
            resend_seconds: 10,
            device_id: 0,
        }
    }
}

impl FacegateConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        check_listen("facegate.listen", &self.listen)?;
        if self.resend_seconds == 0 {
            return Err(value("facegate.resend_seconds", "at least 1"));
        }
        if self.device_id > MOST {
            return Err(value("facegate.device_id", format!("at most {MOST}")));
        }
        Ok(())
    }

    /// `DeviceID`: the serial where that is a number, else what is configured, else a number made from the serial.
    #[must_use]
    pub fn device(&self, serial: &str) -> DeviceId {
        let is_number = !serial.is_empty() && serial.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(number) = serial.parse::<i64>().ok().filter(|_| is_number) {
            return DeviceId::from(number);
        }
        let number = match self.device_id {
            0 => made_from(serial),
            number => number,
        };
        DeviceId::from(i64::try_from(number).unwrap_or(1))
    }
}

/// Seven digits, as the document's devices have; the same for ever (FNV-1a).
fn made_from(serial: &str) -> u64 {
    const FIRST: u64 = 1_000_000;
    const COUNT: u64 = 9_000_000;
    let hash = serial.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    FIRST + hash % COUNT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_device_is_its_serial_or_stable() {
        let made = FacegateConfig::default();
        assert_eq!(made.device("1300001"), DeviceId::from(1_300_001));
        assert_eq!(made.device("MS-0001"), made.device("MS-0001"));
        assert_ne!(made.device("MS-0001"), made.device("MS-0002"));
        assert_eq!(made.device("MS-0001").as_str().len(), 7);
        let given = FacegateConfig {
            device_id: 42,
            ..made
        };
        assert_eq!(given.device("MS-0001"), DeviceId::from(42));
        assert_eq!(given.device("7"), DeviceId::from(7));
    }
}
