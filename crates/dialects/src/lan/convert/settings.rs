//! The settings that dialects share, in this one's fields (MODEL section 6).

use crate::fields::FieldError;
use crate::lan::device_info::DeviceInfo;
use model::{DeviceSettings, RebootDay, ScheduledReboot, SettingsChange};
use serde_json::{Map, Value};

/// The shared settings that this dialect can change, by their names in [`DeviceSettings`].
pub const WRITABLE: &[&str] = &[
    "volume",
    "recognition_threshold",
    "liveness",
    "repeat_seconds",
    "open_ms",
    "reboot",
];

const LOUDEST: f64 = 100.0;

/// Reads what a device said.
#[must_use]
pub fn read(info: &DeviceInfo) -> DeviceSettings {
    let share = |name: &str, most: f64| {
        let value = info.number(name)? / most;
        (0.0..=1.0).contains(&value).then_some(value)
    };
    DeviceSettings {
        volume: share("deviceSoundSize", LOUDEST),
        recognition_threshold: share("faceFeaturePairNumber", 1.0),
        // 0 is on (QUIRKS X8); other numbers come and say nothing (QUIRKS L7).
        liveness: match info.number("cameraDetectType") {
            Some(0.0) => Some(true),
            Some(1.0) => Some(false),
            _ => None,
        },
        repeat_seconds: info
            .number("faceFeaturePairSuccessOrFailWaitTime")
            .and_then(whole),
        open_ms: info
            .number("openDoorContinueTime")
            .and_then(|seconds| whole(seconds * 1000.0)),
        reboot: info
            .text("deviceDefendTime")
            .filter(|at| !at.trim().is_empty())
            .map(|at| ScheduledReboot {
                day: RebootDay::Daily,
                at,
            }),
        ..DeviceSettings::default()
    }
}

fn whole(number: f64) -> Option<u32> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded and within u32"
    )]
    (0.0..=f64::from(u32::MAX))
        .contains(&number)
        .then(|| number.round() as u32)
}

/// Writes a change as the fields to set.
///
/// # Errors
/// The setting that this dialect lacks or that is out of range, by its shared name.
pub fn write(change: &SettingsChange) -> Result<DeviceInfo, FieldError> {
    let lacks = [
        ("time_zone", change.time_zone.is_some()),
        ("direction", change.direction.is_some()),
        ("strangers", change.strangers.is_some()),
        ("temperature", change.temperature.is_some()),
        ("mask", change.mask.is_some()),
    ];
    if let Some((field, _)) = lacks.into_iter().find(|(_, is_set)| *is_set) {
        return Err(FieldError::new(field, "not in this dialect", "a change"));
    }
    let reboot = change.reboot.as_ref().map(daily).transpose()?;
    let fields = [
        (
            "volume",
            "deviceSoundSize",
            change.volume.map(percent).transpose()?,
        ),
        (
            "recognition_threshold",
            "faceFeaturePairNumber",
            change.recognition_threshold.map(Value::from),
        ),
        (
            "liveness",
            "cameraDetectType",
            change.liveness.map(|on| Value::from(u8::from(!on))),
        ),
        (
            "repeat_seconds",
            "faceFeaturePairSuccessOrFailWaitTime",
            change.repeat_seconds.map(Value::from),
        ),
        (
            "open_ms",
            "openDoorContinueTime",
            change.open_ms.map(|open| Value::from(f64::from(open) / 1000.0)),
        ),
        ("reboot.at", "deviceDefendTime", reboot),
    ];
    let mut exact = Map::new();
    for (shared, wire, value) in fields {
        let Some(value) = value else { continue };
        let one = DeviceInfo::change(&Map::from_iter([(wire.to_owned(), value)]));
        let one = one.map_err(|error| FieldError {
            field: shared.to_owned(),
            ..error
        })?;
        exact.extend(one.0);
    }
    Ok(DeviceInfo(exact))
}

fn percent(volume: f64) -> Result<Value, FieldError> {
    if !(0.0..=1.0).contains(&volume) {
        return Err(FieldError::new("volume", "0 to 1", volume));
    }
    Ok(Value::from(whole(volume * LOUDEST).unwrap_or_default()))
}

/// The dialect has a time and no way to say "never".
fn daily(reboot: &ScheduledReboot) -> Result<Value, FieldError> {
    match reboot.day {
        RebootDay::Daily => Ok(Value::from(reboot.at.clone())),
        _ => Err(FieldError::new("reboot.day", "daily", "another day")),
    }
}
