//! 2.1.6 and 2.1.7: all settings are read, one is changed, read back and put back.

use super::{Asked, Found, Looked};
use crate::probe::compare::Difference;
use crate::probe::look::within;
use crate::probe::row::{Effect, Row, Step, row};
use dialects::fields::{Field, Kind, Spelling};
use dialects::mqtt::dev_info::FIELDS;
use dialects::mqtt::{CloudRequest, DevInfo, OnlineGetDevInfo, OnlineSetDevInfo};
use serde_json::{Map, Value, json};

/// The setting that is changed and put back, and its largest value.
const VOLUME: (&str, i64) = ("voiceVolume", 10);

/// Settings that the table of 2.1.7 leaves free, or lacks (QUIRKS M20).
const OPTIONAL: &[&str] = &[
    "irLiveLevel",
    "recogDistance",
    "recogIntervalTime",
    "onlyRecogMaxSizeFaceEnable",
    "passTime",
    "alwaysOpenDoor",
    "autoDeleteNotValidRecord",
    "strangerDisplayContent",
    "alarmDisplayEnable",
    "alarmNotInPassTimeDisplayContent",
    "alarmNotInValidTimeVoiceContent",
    "alarmNotInValidTimeDisplayContent",
    "alarmNotAuthVoiceContent",
    "alarmNotAuthDisplayContent",
];

/// In the order in which they are tried.
pub(super) const ROWS: &[Row<CloudRequest, Found>] = &[
    row(
        "onlineGetDevInfo",
        "2.1.7",
        Effect::Restored,
        &[Step::looked_at(get, keep)],
    ),
    row(
        "onlineSetDevInfo",
        "2.1.6",
        Effect::Restored,
        &[
            Step::ask(|found| set(other_volume(found)?)),
            Step::looked_at(get, |found, answer| has(answer, other_volume(found).ok())),
            Step::ask(|found: &Found| set(volume(found)?)).always(),
            Step::looked_at(get, |found, answer| has(answer, volume(found).ok())),
        ],
    ),
];

fn get(_: &Found) -> Asked {
    Ok(OnlineGetDevInfo::default().into())
}

fn keep(found: &mut Found, answer: &Value) -> Looked {
    found.settings = DevInfo::of(answer);
    let told = &found.settings.0;
    FIELDS.iter().try_for_each(|field| fits(field, told))
}

fn fits(field: &Field, told: &Map<String, Value>) -> Looked {
    match told.get(field.name) {
        None if field.kind == Kind::Opaque || OPTIONAL.contains(&field.name) => Ok(()),
        None => Err(Difference::new(field.name, "is missing")),
        // What is not set is empty.
        Some(Value::String(text)) if text.is_empty() => Ok(()),
        Some(value) => within(field, value, Spelling::Text, || field.name.to_owned()),
    }
}

fn volume(found: &Found) -> Result<i64, String> {
    let volume = found.settings.number(VOLUME.0);
    volume
        .filter(|volume| (0..=VOLUME.1).contains(volume))
        .ok_or_else(|| format!("it does not tell a {} that could be put back", VOLUME.0))
}

/// Another volume than its own.
fn other_volume(found: &Found) -> Result<i64, String> {
    let volume = volume(found)?;
    Ok(if volume < VOLUME.1 { volume + 1 } else { volume - 1 })
}

fn set(volume: i64) -> Asked {
    let change = Map::from_iter([(VOLUME.0.to_owned(), json!(volume))]);
    let settings = DevInfo::change(&change).map_err(|error| error.to_string())?;
    Ok(OnlineSetDevInfo {
        msg_id: String::new(),
        device_no: String::new(),
        settings,
    }
    .into())
}

fn has(answer: &Value, wanted: Option<i64>) -> Looked {
    if DevInfo::of(answer).number(VOLUME.0) == wanted {
        return Ok(());
    }
    let text = format!("is not the {} that was set", wanted.unwrap_or_default());
    Err(Difference::new(VOLUME.0, text))
}
