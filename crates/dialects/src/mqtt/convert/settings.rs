//! The settings that dialects share, in this one's fields (MODEL section 6).

use crate::fields::FieldError;
use crate::mqtt::dev_info::DevInfo;
use model::{DeviceSettings, Direction, SettingsChange, TemperatureCheck};
use serde_json::{Map, Value};

/// The shared settings that this dialect can change, by their names in [`DeviceSettings`].
pub const WRITABLE: &[&str] = &[
    "volume",
    "recognition_threshold",
    "liveness",
    "repeat_seconds",
    "open_ms",
    "direction",
    "strangers",
    "temperature",
];

const LOUDEST: f64 = 10.0;
const MOST_SIMILAR: f64 = 99.0;

/// Reads what a device said.
#[must_use]
pub fn read(settings: &DevInfo) -> DeviceSettings {
    let number = |name: &str| settings.number(name);
    let on = |name: &str| number(name).map(|value| value != 0);
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let share = |number: i64, most: f64| number as f64 / most;
    DeviceSettings {
        volume: number("voiceVolume").map(|volume| share(volume, LOUDEST)),
        recognition_threshold: number("faceRegisterConfidenceScore").map(|least| share(least, MOST_SIMILAR)),
        liveness: on("irLiveLevel"),
        repeat_seconds: number("recogIntervalTime").and_then(|seconds| u32::try_from(seconds).ok()),
        open_ms: number("openDoorTimeDelayMs").and_then(|open| u32::try_from(open).ok()),
        direction: number("entranceDirection").map(|direction| match direction {
            0 => Direction::Entry,
            _ => Direction::Exit,
        }),
        strangers: on("strangerRecogEnable"),
        temperature: on("faceTemperatureDetectEnable").map(|on| TemperatureCheck {
            on,
            max: settings
                .text("faceFeverTemperature")
                .and_then(|text| text.trim().parse().ok()),
        }),
        ..DeviceSettings::default()
    }
}

/// Writes a change as the fields to set.
///
/// # Errors
/// The setting that this dialect lacks or that is out of range, by its shared name.
pub fn write(change: &SettingsChange) -> Result<DevInfo, FieldError> {
    let lacks = [
        ("time_zone", change.time_zone.is_some()),
        ("mask", change.mask.is_some()),
        ("reboot", change.reboot.is_some()),
    ];
    if let Some((field, _)) = lacks.into_iter().find(|(_, is_set)| *is_set) {
        return Err(FieldError::new(field, "not in this dialect", "a change"));
    }
    let mut fields = Map::new();
    let mut set = |shared: &str, wire: &str, value: Value| -> Result<(), FieldError> {
        let one = Map::from_iter([(wire.to_owned(), value)]);
        let exact = DevInfo::change(&one).map_err(|error| FieldError {
            field: shared.to_owned(),
            ..error
        })?;
        fields.extend(exact.0);
        Ok(())
    };
    if let Some(volume) = change.volume {
        set("volume", "voiceVolume", scaled("volume", volume, LOUDEST)?.into())?;
    }
    if let Some(threshold) = change.recognition_threshold {
        let least = scaled("recognition_threshold", threshold, MOST_SIMILAR)?;
        set(
            "recognition_threshold",
            "faceRegisterConfidenceScore",
            least.into(),
        )?;
    }
    if let Some(liveness) = change.liveness {
        set("liveness", "irLiveLevel", i64::from(liveness).into())?;
    }
    if let Some(seconds) = change.repeat_seconds {
        set("repeat_seconds", "recogIntervalTime", seconds.into())?;
    }
    if let Some(open_ms) = change.open_ms {
        set("open_ms", "openDoorTimeDelayMs", open_ms.into())?;
    }
    if let Some(direction) = change.direction {
        let value = match direction {
            Direction::Entry => 0,
            Direction::Exit => 1,
            Direction::None => {
                return Err(FieldError::new("direction", "entry or exit", "none"));
            }
        };
        set("direction", "entranceDirection", value.into())?;
    }
    if let Some(strangers) = change.strangers {
        set("strangers", "strangerRecogEnable", i64::from(strangers).into())?;
    }
    if let Some(check) = change.temperature {
        set(
            "temperature",
            "faceTemperatureDetectEnable",
            i64::from(check.on).into(),
        )?;
        if let Some(max) = check.max {
            set("temperature.max", "faceFeverTemperature", max.into())?;
        }
    }
    Ok(DevInfo(fields))
}

fn scaled(field: &str, share: f64, most: f64) -> Result<i64, FieldError> {
    if !(0.0..=1.0).contains(&share) {
        return Err(FieldError::new(field, "0 to 1", share));
    }
    #[allow(clippy::cast_possible_truncation, reason = "at most 99")]
    Ok((share * most).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let change = DeviceSettings {
            volume: Some(0.5),
            recognition_threshold: Some(80.0 / 99.0),
            liveness: Some(true),
            repeat_seconds: Some(7),
            open_ms: Some(1500),
            direction: Some(Direction::Exit),
            strangers: Some(false),
            temperature: Some(TemperatureCheck {
                on: true,
                max: Some(37.3),
            }),
            ..DeviceSettings::default()
        };
        let written = write(&change).unwrap();
        assert_eq!(written.text("faceFeverTemperature"), Some("37.3"));
        assert_eq!(read(&written), change);
    }

    #[test]
    fn what_the_dialect_lacks_or_cannot_is_named() {
        let field = |change: DeviceSettings| write(&change).unwrap_err().field;
        let none = DeviceSettings::default;
        assert_eq!(
            field(DeviceSettings {
                mask: Some(true),
                ..none()
            }),
            "mask"
        );
        assert_eq!(
            field(DeviceSettings {
                volume: Some(-0.1),
                ..none()
            }),
            "volume"
        );
        assert_eq!(
            field(DeviceSettings {
                repeat_seconds: Some(100),
                ..none()
            }),
            "repeat_seconds"
        );
        assert_eq!(
            field(DeviceSettings {
                open_ms: Some(10_000),
                ..none()
            }),
            "open_ms"
        );
        assert_eq!(
            field(DeviceSettings {
                direction: Some(Direction::None),
                ..none()
            }),
            "direction"
        );
        let hot = TemperatureCheck {
            on: true,
            max: Some(60.0),
        };
        assert_eq!(
            field(DeviceSettings {
                temperature: Some(hot),
                ..none()
            }),
            "temperature.max"
        );
    }
}
