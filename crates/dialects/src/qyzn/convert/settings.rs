//! The settings that dialects share, in this one's groups (MODEL section 6).

use crate::convert::zone;
use crate::fields::FieldError;
use crate::qyzn::config::{ConfigGroup, Configs};
use model::{DeviceSettings, RebootDay, ScheduledReboot, SettingsChange};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The groups that hold shared settings.
pub const GROUPS: &[ConfigGroup] = &[
    ConfigGroup::Time,
    ConfigGroup::Audio,
    ConfigGroup::Face,
    ConfigGroup::Switch,
    ConfigGroup::Stranger,
    ConfigGroup::Reboot,
];

/// The shared settings that this dialect can change, by their names in [`DeviceSettings`].
pub const WRITABLE: &[&str] = &[
    "volume",
    "recognition_threshold",
    "liveness",
    "open_ms",
    "time_zone",
    "strangers",
    "reboot",
];

const LOUDEST: f64 = 15.0;
const MOST_SIMILAR: f64 = 100.0;
/// `timezone` is the offset from UTC in hours plus this.
const ZONE_OFFSET: i64 = 12;
/// The longest opening, milliseconds (4.5.10.9).
const LONGEST_OPENING: u32 = 10_000;

/// Reads what a device said.
#[must_use]
pub fn read(configs: &Configs) -> DeviceSettings {
    let value = |group: ConfigGroup, key: &str| configs.group(group)?.get(key).cloned();
    let number = |group, key| value(group, key)?.as_i64();
    let on = |group, key| value(group, key)?.as_bool();
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let share = |number: i64, most: f64| number as f64 / most;
    let reboot = on(ConfigGroup::Reboot, "auto_reboot").map(|is_on| ScheduledReboot {
        day: if is_on {
            day(number(ConfigGroup::Reboot, "week").unwrap_or(0))
        } else {
            RebootDay::Never
        },
        at: value(ConfigGroup::Reboot, "time")
            .and_then(|time| time.as_str().and_then(|time| time.get(..5)).map(str::to_owned))
            .unwrap_or_default(),
    });
    DeviceSettings {
        volume: number(ConfigGroup::Audio, "level").map(|level| share(level, LOUDEST)),
        recognition_threshold: number(ConfigGroup::Face, "SimilarThres")
            .map(|least| share(least, MOST_SIMILAR)),
        liveness: number(ConfigGroup::Face, "LiveSwitch").map(|level| level != 0),
        open_ms: number(ConfigGroup::Switch, "outputInterval").and_then(|open| u32::try_from(open).ok()),
        time_zone: number(ConfigGroup::Time, "timezone").map(zone_name),
        strangers: on(ConfigGroup::Stranger, "strangerIdentifyEn"),
        reboot,
        ..DeviceSettings::default()
    }
}

/// Writes a change as groups with the fields to set.
///
/// # Errors
/// The setting that this dialect lacks or that is out of range, by its shared name.
pub fn write(change: &SettingsChange) -> Result<BTreeMap<ConfigGroup, Map<String, Value>>, FieldError> {
    let lacks = [
        ("repeat_seconds", change.repeat_seconds.is_some()),
        ("direction", change.direction.is_some()),
        ("temperature", change.temperature.is_some()),
        ("mask", change.mask.is_some()),
    ];
    if let Some((field, _)) = lacks.into_iter().find(|(_, is_set)| *is_set) {
        return Err(FieldError::new(field, "not in this dialect", "a change"));
    }
    let mut groups: BTreeMap<ConfigGroup, Map<String, Value>> = BTreeMap::new();
    let mut set = |group: ConfigGroup, key: &str, value: Value| {
        groups.entry(group).or_default().insert(key.to_owned(), value);
    };
    if let Some(volume) = change.volume {
        set(
            ConfigGroup::Audio,
            "level",
            scaled("volume", volume, LOUDEST)?.into(),
        );
    }
    if let Some(threshold) = change.recognition_threshold {
        let least = scaled("recognition_threshold", threshold, MOST_SIMILAR)?;
        set(ConfigGroup::Face, "SimilarThres", least.into());
    }
    if let Some(liveness) = change.liveness {
        set(ConfigGroup::Face, "LiveSwitch", i64::from(liveness).into());
    }
    if let Some(open_ms) = change.open_ms {
        if open_ms > LONGEST_OPENING {
            return Err(FieldError::new(
                "open_ms",
                format!("0 to {LONGEST_OPENING} ms"),
                open_ms,
            ));
        }
        set(ConfigGroup::Switch, "outputInterval", open_ms.into());
    }
    if let Some(name) = &change.time_zone {
        set(ConfigGroup::Time, "timezone", zone_number(name)?.into());
    }
    if let Some(strangers) = change.strangers {
        set(ConfigGroup::Stranger, "strangerIdentifyEn", strangers.into());
    }
    if let Some(reboot) = &change.reboot {
        set(
            ConfigGroup::Reboot,
            "auto_reboot",
            (reboot.day != RebootDay::Never).into(),
        );
        if reboot.day != RebootDay::Never {
            set(ConfigGroup::Reboot, "week", week(reboot.day).into());
            set(
                ConfigGroup::Reboot,
                "time",
                format!("{}:00", at(&reboot.at)?).into(),
            );
        }
    }
    Ok(groups)
}

fn scaled(field: &str, share: f64, most: f64) -> Result<i64, FieldError> {
    if !(0.0..=1.0).contains(&share) {
        return Err(FieldError::new(field, "0 to 1", share));
    }
    #[allow(clippy::cast_possible_truncation, reason = "at most 100")]
    Ok((share * most).round() as i64)
}

fn at(text: &str) -> Result<&str, FieldError> {
    let is_time = text.len() == 5
        && text.split_once(':').is_some_and(|(hour, minute)| {
            hour.parse::<u8>().is_ok_and(|hour| hour < 24)
                && minute.parse::<u8>().is_ok_and(|minute| minute < 60)
        });
    if is_time {
        Ok(text)
    } else {
        Err(FieldError::new("reboot.at", "HH:MM", text))
    }
}

/// The zone that `timezone` means: so many hours from UTC, plus 12 (4.5.10.3).
#[must_use]
pub fn zone_name(timezone: i64) -> String {
    let hours = i32::try_from(timezone - ZONE_OFFSET).unwrap_or_default();
    zone::name(hours.saturating_mul(60)).unwrap_or_default()
}

/// A zone whose clock never changes and is whole hours from UTC; the device knows no others.
fn zone_number(name: &str) -> Result<i64, FieldError> {
    let wrong = || {
        FieldError::new(
            "time_zone",
            "a zone that is -12 to 12 whole hours from UTC the whole year",
            name,
        )
    };
    let minutes = i64::from(zone::steady_minutes(name).ok_or_else(wrong)?);
    let hours = minutes / 60;
    let fits = minutes % 60 == 0 && (-12..=12).contains(&hours);
    if fits {
        Ok(hours + ZONE_OFFSET)
    } else {
        Err(wrong())
    }
}

/// The day that `week` means (4.5.10.17).
#[must_use]
pub fn day(week: i64) -> RebootDay {
    match week {
        1 => RebootDay::Sun,
        2 => RebootDay::Mon,
        3 => RebootDay::Tue,
        4 => RebootDay::Wed,
        5 => RebootDay::Thu,
        6 => RebootDay::Fri,
        7 => RebootDay::Sat,
        _ => RebootDay::Daily,
    }
}

fn week(day: RebootDay) -> i64 {
    match day {
        RebootDay::Never | RebootDay::Daily => 0,
        RebootDay::Sun => 1,
        RebootDay::Mon => 2,
        RebootDay::Tue => 3,
        RebootDay::Wed => 4,
        RebootDay::Thu => 5,
        RebootDay::Fri => 6,
        RebootDay::Sat => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back() {
        let change = DeviceSettings {
            volume: Some(0.8),
            recognition_threshold: Some(0.85),
            liveness: Some(true),
            open_ms: Some(2500),
            time_zone: Some("Asia/Shanghai".to_owned()),
            strangers: Some(false),
            reboot: Some(ScheduledReboot {
                day: RebootDay::Sat,
                at: "03:30".to_owned(),
            }),
            ..DeviceSettings::default()
        };
        let groups = write(&change).unwrap();
        assert_eq!(groups[&ConfigGroup::Time]["timezone"], json!(20));
        let answer: Vec<Value> = groups
            .iter()
            .map(|(group, values)| {
                assert!(group.change(values).is_ok(), "{group:?}");
                let mut object = values.clone();
                object.insert("groupKey".to_owned(), group.name().into());
                Value::Object(object)
            })
            .collect();
        let read = read(&Configs::read(&Value::Array(answer)));
        let zone = Some("Etc/GMT-8".to_owned());
        assert_eq!(
            read,
            DeviceSettings {
                time_zone: zone,
                ..change
            }
        );
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
                volume: Some(1.1),
                ..none()
            }),
            "volume"
        );
        assert_eq!(
            field(DeviceSettings {
                open_ms: Some(10_001),
                ..none()
            }),
            "open_ms"
        );
        for zone in ["Asia/Kolkata", "Europe/Berlin", "Pacific/Kiritimati", "nowhere"] {
            assert_eq!(
                field(DeviceSettings {
                    time_zone: Some(zone.to_owned()),
                    ..none()
                }),
                "time_zone"
            );
        }
        let reboot = ScheduledReboot {
            day: RebootDay::Daily,
            at: "24:00".to_owned(),
        };
        assert_eq!(
            field(DeviceSettings {
                reboot: Some(reboot),
                ..none()
            }),
            "reboot.at"
        );
    }
}
