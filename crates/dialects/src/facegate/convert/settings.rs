//! The settings that dialects share, in this one's groups (MODEL section 6). Strangers are no setting here: whether they
//! make records is a matter of the subscription.

use crate::convert::zone;
use crate::facegate::settings::{SetSettings, SettingsGroup, SettingsValues};
use crate::facegate::time::{zone_minutes, zone_number};
use crate::fields::FieldError;
use model::{DeviceSettings, Direction, RebootDay, ScheduledReboot, SettingsChange, TemperatureCheck};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The groups that hold shared settings.
pub const GROUPS: &[SettingsGroup] = &[
    SettingsGroup::Sound,
    SettingsGroup::DoorCondition,
    SettingsGroup::SysNtp,
    SettingsGroup::GeneralParam,
    SettingsGroup::Temperature,
    SettingsGroup::SysCfg,
];

/// The shared settings that this dialect can change, by their names in [`DeviceSettings`].
pub const WRITABLE: &[&str] = &[
    "volume",
    "recognition_threshold",
    "liveness",
    "repeat_seconds",
    "open_ms",
    "time_zone",
    "direction",
    "temperature",
    "mask",
    "reboot",
];

const LOUDEST: f64 = 100.0;
const VOLUME_STEP: f64 = 5.0;
const MOST_SIMILAR: f64 = 100.0;
/// In `VerifyMode`: a mask is asked for.
const MASK: i64 = 0x100;
/// In `VerifyMode`: the temperature is measured.
const TEMPERATURE: i64 = 0x200;
/// In `VerifyMode`: nothing but these two.
const CHECK_ALONE: i64 = 5;
/// In `VerifyMode`: a face.
const FACE: i64 = 1;
/// `LiveDetectType` of no liveness (QUIRKS X8).
const NOT_LIVE: i64 = 1;

/// Reads what a device said of [`GROUPS`]; a group that it lacks is left out.
#[must_use]
pub fn read(groups: &[SettingsValues]) -> DeviceSettings {
    let number = |group, key: &str| of(groups, group)?.number(key);
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let share = |number: i64, most: f64| number as f64 / most;
    let whole = |group, key| number(group, key).and_then(|number| u32::try_from(number).ok());
    let mode = number(SettingsGroup::DoorCondition, "VerifyMode");
    let max = of(groups, SettingsGroup::Temperature).and_then(|group| group.decimal("TemperatureHigh"));
    DeviceSettings {
        volume: number(SettingsGroup::Sound, "Volume").map(|volume| share(volume, LOUDEST)),
        recognition_threshold: number(SettingsGroup::DoorCondition, "FaceThreshold")
            .map(|least| share(least, MOST_SIMILAR)),
        liveness: number(SettingsGroup::SysCfg, "LiveDetectType").map(|kind| kind != NOT_LIVE),
        repeat_seconds: whole(SettingsGroup::DoorCondition, "VerifyResetTime"),
        open_ms: whole(SettingsGroup::DoorCondition, "IOStayTime"),
        time_zone: number(SettingsGroup::SysNtp, "NtpTimeZone")
            .and_then(zone_minutes)
            .and_then(zone::name),
        direction: number(SettingsGroup::GeneralParam, "Direction").map(|direction| match direction {
            1 => Direction::Entry,
            2 => Direction::Exit,
            _ => Direction::None,
        }),
        strangers: None,
        temperature: mode.map(|mode| TemperatureCheck {
            on: mode & TEMPERATURE != 0,
            max,
        }),
        mask: mode.map(|mode| mode & MASK != 0),
        reboot: number(SettingsGroup::GeneralParam, "AutoRebootDay").map(|day| ScheduledReboot {
            day: reboot_day(day),
            at: format!(
                "{:02}:00",
                number(SettingsGroup::GeneralParam, "AutoRebootHour").unwrap_or_default()
            ),
        }),
    }
}

fn of(groups: &[SettingsValues], group: SettingsGroup) -> Option<&SettingsValues> {
    groups.iter().find(|values| values.group == group)
}

/// The groups that must be read before a change can be written: what goes with it, or stands in the same number.
#[must_use]
pub fn needed(change: &SettingsChange) -> Vec<SettingsGroup> {
    let mut groups = Vec::new();
    if change.time_zone.is_some() {
        groups.push(SettingsGroup::SysNtp);
    }
    if change.mask.is_some() || change.temperature.is_some() {
        groups.push(SettingsGroup::DoorCondition);
    }
    groups
}

/// The fields to set, by group.
#[derive(Default)]
struct Changes(BTreeMap<SettingsGroup, Map<String, Value>>);

impl Changes {
    fn set(&mut self, group: SettingsGroup, key: &str, value: impl Into<Value>) {
        self.0
            .entry(group)
            .or_default()
            .insert(key.to_owned(), value.into());
    }

    /// Adds a field whose range is the group's to check, under the shared name.
    fn checked(
        &mut self,
        shared: &str,
        group: SettingsGroup,
        key: &str,
        value: impl Into<Value>,
    ) -> Result<(), FieldError> {
        let one = Map::from_iter([(key.to_owned(), value.into())]);
        let exact = group.change(&one).map_err(|error| FieldError {
            field: shared.to_owned(),
            ..error
        })?;
        self.0.entry(group).or_default().extend(exact);
        Ok(())
    }
}

/// Writes a change as calls; `current` holds what the device said of the groups of [`needed`].
///
/// # Errors
/// The setting that this dialect lacks or that is out of range, by its shared name.
pub fn write(change: &SettingsChange, current: &[SettingsValues]) -> Result<Vec<SetSettings>, FieldError> {
    if change.strangers.is_some() {
        return Err(FieldError::new("strangers", "not in this dialect", "a change"));
    }
    let mut changes = Changes::default();
    recognition(change, &mut changes)?;
    checks(change, current, &mut changes)?;
    whereabouts(change, &mut changes)?;
    let calls = changes.0.iter();
    calls
        .map(|(group, values)| SetSettings::new(*group, values, of(current, *group)))
        .collect()
}

fn recognition(change: &SettingsChange, changes: &mut Changes) -> Result<(), FieldError> {
    const DOOR: SettingsGroup = SettingsGroup::DoorCondition;
    if let Some(volume) = change.volume {
        // Nothing is quieter than the first step.
        let steps = scaled("volume", volume, LOUDEST / VOLUME_STEP)?.max(1);
        changes.set(SettingsGroup::Sound, "Volume", steps * 5);
    }
    if let Some(threshold) = change.recognition_threshold {
        let least = scaled("recognition_threshold", threshold, MOST_SIMILAR)?;
        changes.checked("recognition_threshold", DOOR, "FaceThreshold", least)?;
    }
    if let Some(liveness) = change.liveness {
        let kind = if liveness { 0 } else { NOT_LIVE };
        changes.set(SettingsGroup::SysCfg, "LiveDetectType", kind);
    }
    if let Some(seconds) = change.repeat_seconds {
        changes.checked("repeat_seconds", DOOR, "VerifyResetTime", seconds)?;
    }
    if let Some(open_ms) = change.open_ms {
        changes.checked("open_ms", DOOR, "IOStayTime", open_ms)?;
    }
    Ok(())
}

/// Mask and temperature are bits of the mode in which people identify.
fn checks(
    change: &SettingsChange,
    current: &[SettingsValues],
    changes: &mut Changes,
) -> Result<(), FieldError> {
    if let Some(max) = change.temperature.and_then(|check| check.max) {
        changes.checked(
            "temperature.max",
            SettingsGroup::Temperature,
            "TemperatureHigh",
            max,
        )?;
    }
    let flags = [
        (MASK, change.mask),
        (TEMPERATURE, change.temperature.map(|check| check.on)),
    ];
    if flags.iter().all(|(_, is_on)| is_on.is_none()) {
        return Ok(());
    }
    let mode = of(current, SettingsGroup::DoorCondition).and_then(|door| door.number("VerifyMode"));
    let mut mode = mode.ok_or_else(|| FieldError::new("mask", "a device that tells VerifyMode", "none"))?;
    for (flag, is_on) in flags {
        match is_on {
            Some(true) => mode |= flag,
            Some(false) => mode &= !flag,
            None => {}
        }
    }
    if mode == CHECK_ALONE {
        mode = FACE;
    }
    changes.checked("mask", SettingsGroup::DoorCondition, "VerifyMode", mode)
}

fn whereabouts(change: &SettingsChange, changes: &mut Changes) -> Result<(), FieldError> {
    const GENERAL: SettingsGroup = SettingsGroup::GeneralParam;
    if let Some(name) = &change.time_zone {
        let number = zone::steady_minutes(name).and_then(zone_number);
        let number = number.ok_or_else(|| {
            FieldError::new(
                "time_zone",
                "a zone of the document's list that is the same the whole year",
                name,
            )
        })?;
        changes.set(SettingsGroup::SysNtp, "NtpTimeZone", number);
    }
    if let Some(direction) = change.direction {
        let number = match direction {
            Direction::None => 0,
            Direction::Entry => 1,
            Direction::Exit => 2,
        };
        changes.set(GENERAL, "Direction", number);
    }
    if let Some(reboot) = &change.reboot {
        changes.set(GENERAL, "AutoRebootDay", day_number(reboot.day));
        if reboot.day != RebootDay::Never {
            changes.set(GENERAL, "AutoRebootHour", full_hour(&reboot.at)?);
        }
    }
    Ok(())
}

fn scaled(field: &str, share: f64, most: f64) -> Result<i64, FieldError> {
    if !(0.0..=1.0).contains(&share) {
        return Err(FieldError::new(field, "0 to 1", share));
    }
    #[allow(clippy::cast_possible_truncation, reason = "at most 100")]
    Ok((share * most).round() as i64)
}

/// Reboots happen at full hours (3.23).
fn full_hour(at: &str) -> Result<i64, FieldError> {
    let hour = at
        .strip_suffix(":00")
        .filter(|hour| hour.len() == 2)
        .and_then(|hour| hour.parse().ok());
    hour.filter(|hour| (0..24).contains(hour))
        .ok_or_else(|| FieldError::new("reboot.at", "a full hour, HH:00", at))
}

/// The day that `AutoRebootDay` means: 2 is Monday, 8 is Sunday (QUIRKS A66).
fn reboot_day(number: i64) -> RebootDay {
    match number {
        1 => RebootDay::Daily,
        2 => RebootDay::Mon,
        3 => RebootDay::Tue,
        4 => RebootDay::Wed,
        5 => RebootDay::Thu,
        6 => RebootDay::Fri,
        7 => RebootDay::Sat,
        8 => RebootDay::Sun,
        _ => RebootDay::Never,
    }
}

fn day_number(day: RebootDay) -> i64 {
    match day {
        RebootDay::Never => 0,
        RebootDay::Daily => 1,
        RebootDay::Mon => 2,
        RebootDay::Tue => 3,
        RebootDay::Wed => 4,
        RebootDay::Thu => 5,
        RebootDay::Fri => 6,
        RebootDay::Sat => 7,
        RebootDay::Sun => 8,
    }
}
