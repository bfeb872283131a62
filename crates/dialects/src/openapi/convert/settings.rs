//! The settings that dialects share, in this one's objects (MODEL section 6).

use crate::fields::FieldError;
use crate::openapi::object::{Peripherals, SmartFace};
use model::{DeviceSettings, SettingsChange, TemperatureCheck};
use serde_json::{Map, Value};

/// The shared settings that this dialect can change, by their names in [`DeviceSettings`].
pub const WRITABLE: &[&str] = &["repeat_seconds", "open_ms", "temperature", "mask"];

/// The lock's time is in whole seconds.
const SECOND_MS: u32 = 1000;

/// The objects to be set, whole, as the calls demand them; `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// How the device looks for faces.
    pub smart_face: Option<SmartFace>,
    /// What is around it.
    pub peripherals: Option<Peripherals>,
}

/// Reads what a device said.
#[must_use]
pub fn read(face: &SmartFace, around: &Peripherals) -> DeviceSettings {
    DeviceSettings {
        repeat_seconds: face.number("faceInterval").and_then(whole),
        open_ms: around
            .number("unlockOuttime")
            .and_then(whole)
            .map(|seconds| seconds.saturating_mul(SECOND_MS)),
        temperature: face.is_on("tempDetecEnable").map(|on| TemperatureCheck {
            on,
            max: face.number("tempWarnThre"),
        }),
        mask: face
            .is_on("maskDetecEnable")
            .zip(around.is_on("maskNormal"))
            .map(|(looked_for, demanded)| looked_for && demanded),
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

/// Writes a change over what the device has.
///
/// # Errors
/// The setting that this dialect lacks or that is out of range, by its shared name.
pub fn write(change: &SettingsChange, face: &SmartFace, around: &Peripherals) -> Result<Changed, FieldError> {
    let lacks = [
        ("volume", change.volume.is_some()),
        ("recognition_threshold", change.recognition_threshold.is_some()),
        ("liveness", change.liveness.is_some()),
        ("time_zone", change.time_zone.is_some()),
        ("direction", change.direction.is_some()),
        ("strangers", change.strangers.is_some()),
        ("reboot", change.reboot.is_some()),
    ];
    if let Some((field, _)) = lacks.into_iter().find(|(_, is_set)| *is_set) {
        return Err(FieldError::new(field, "not in this dialect", "a change"));
    }
    let bit = |on: bool| Value::from(u8::from(on));
    let check = change.temperature;
    let of_face = [
        (
            "repeat_seconds",
            "faceInterval",
            change.repeat_seconds.map(Value::from),
        ),
        ("temperature", "tempDetecEnable", check.map(|check| bit(check.on))),
        (
            "temperature.max",
            "tempWarnThre",
            check.and_then(|check| check.max).map(Value::from),
        ),
        ("mask", "maskDetecEnable", change.mask.map(bit)),
    ];
    let seconds = change.open_ms.map(seconds).transpose()?;
    let of_around = [
        ("open_ms", "unlockOuttime", seconds.map(Value::from)),
        ("mask", "maskNormal", change.mask.map(bit)),
    ];
    Ok(Changed {
        smart_face: changed(face.clone(), of_face, SmartFace::with)?,
        peripherals: changed(around.clone(), of_around, Peripherals::with)?,
    })
}

fn seconds(open_ms: u32) -> Result<u32, FieldError> {
    if !open_ms.is_multiple_of(SECOND_MS) {
        return Err(FieldError::new("open_ms", "whole seconds", open_ms));
    }
    Ok(open_ms / SECOND_MS)
}

/// The object with those fields changed; `None` where none is.
fn changed<T, const N: usize>(
    object: T,
    fields: [(&str, &str, Option<Value>); N],
    with: fn(&T, &Map<String, Value>) -> Result<T, FieldError>,
) -> Result<Option<T>, FieldError> {
    let mut changed = None;
    for (shared, wire, value) in fields {
        let Some(value) = value else { continue };
        let one = Map::from_iter([(wire.to_owned(), value)]);
        let next = with(changed.as_ref().unwrap_or(&object), &one).map_err(|error| FieldError {
            field: shared.to_owned(),
            ..error
        })?;
        changed = Some(next);
    }
    Ok(changed)
}
