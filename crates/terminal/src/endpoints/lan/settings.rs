//! The settings of 3.2 and 3.3: kept as they were set, and acted upon where this terminal has the thing.

use super::Endpoint;
use super::calls::{Outcome, failed};
use crate::behaviour::{Behaviour, Identification, NAME_PLACE};
use crate::device::Device;
use crate::endpoints::threshold::Scale;
use dialects::lan::device_info::{DeviceInfo, GetDeviceInfo, SetDeviceInfo};
use dialects::lan::operation::Refused;
use dialects::lan::{Reply, Status};
use model::{RebootDay, ScheduledReboot, Verify};
use serde_json::{Map, Value, json};

/// `faceFeaturePairNumber` (terminal rule 12).
const SIMILARITY: Scale = Scale {
    default: 0.6,
    highest: 1.0,
};
/// The highest `deviceSoundSize`.
const LOUDEST: f64 = 100.0;
/// What stands for the name in `appWelcomeMsg`.
const NAME: &str = "@";
/// The document that is spoken.
const DOCUMENT_VERSION: &str = "1.3";

impl Endpoint {
    /// `getDeviceInfo`.
    pub(super) fn info(&self) -> Reply {
        let mut all = defaults();
        all.extend(self.memory.get().settings.clone());
        all.extend(live(&self.device));
        Reply::success::<GetDeviceInfo>(&DeviceInfo(all))
    }

    /// `setDeviceInfo`: all of the message, or nothing of it.
    pub(super) async fn set_info(&self, message: &SetDeviceInfo) -> Outcome {
        let changed = message
            .exact()
            .map_err(|error| Refused::new(Status::out_of_range(&error.field), error.to_string()))?;
        let kept = self
            .memory
            .change(|memory| memory.settings.extend(changed.0.clone()));
        kept.await.map_err(|error| failed(&error))?;
        let accept = self.device.configured_thresholds.accept;
        let acted = self
            .device
            .change_behaviour(|behaviour| act(&changed, accept, behaviour));
        acted.await.map_err(|error| failed(&error))?;
        Ok(Reply::done())
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// What holds before a platform has set anything.
fn defaults() -> Map<String, Value> {
    object(json!({
        "cameraDetectType": 1, "openDoorType": 0, "doorType": 26, "idCardFaceFeaturePairNumber": 0.6,
    }))
}

/// What other dialects may have changed since, and what cannot be set.
fn live(device: &Device) -> Map<String, Value> {
    let behaviour = device.behaviour();
    let configured = device.configured_thresholds.accept;
    let threshold = SIMILARITY.wire(device.thresholds().accept, configured);
    let open_ms = behaviour.lock.open_ms.unwrap_or(device.config.door.open_ms);
    let reboot = behaviour.reboot.as_ref();
    let reboot = reboot.filter(|schedule| schedule.day != RebootDay::Never);
    #[allow(clippy::cast_possible_truncation, reason = "0 to 100")]
    let volume = (behaviour.volume.unwrap_or(0.8) * LOUDEST).round() as i64;
    let mut live = object(json!({
        "appWelcomeMsg": behaviour.prompts.welcome.as_deref().unwrap_or_default().replace(NAME_PLACE, NAME),
        "appFailMsg": behaviour.prompts.denied.as_deref().unwrap_or_default(),
        "faceFeaturePairNumber": (f64::from(threshold) * 10_000.0).round() / 10_000.0,
        "faceFeaturePairSuccessOrFailWaitTime": device.repeat_interval().as_secs_f64(),
        "openDoorContinueTime": f64::from(open_ms) / 1000.0,
        "deviceSoundSize": volume,
        "deviceDefendTime": reboot.map_or("", |schedule| &schedule.at),
        "deviceName": behaviour.name.as_deref().unwrap_or(&device.config.terminal.name),
        "APKVersion": device.version(),
        "sn": device.config.terminal.serial,
        "version": DOCUMENT_VERSION,
    }));
    if let Some(kind) = open_door_type(behaviour.identification) {
        live.insert("openDoorType".to_owned(), kind.into());
    }
    live
}

/// Acts upon what was changed.
fn act(changed: &DeviceInfo, accept: f32, behaviour: &mut Behaviour) {
    let number = |name: &str| changed.number(name);
    if let Some(volume) = number("deviceSoundSize") {
        behaviour.volume = Some(volume / LOUDEST);
    }
    #[allow(clippy::cast_possible_truncation, reason = "0 to 1")]
    if let Some(threshold) = number("faceFeaturePairNumber") {
        behaviour.accept = Some(SIMILARITY.cosine(threshold as f32, accept));
    }
    if let Some(seconds) = number("faceFeaturePairSuccessOrFailWaitTime") {
        behaviour.repeat_seconds = Some(whole(seconds.ceil()));
    }
    if let Some(seconds) = number("openDoorContinueTime") {
        behaviour.lock.open_ms = Some(whole(seconds * 1000.0));
    }
    if let Some(kind) = number("openDoorType") {
        behaviour.identification = identification(whole(kind));
    }
    if let Some(name) = changed.text("deviceName") {
        behaviour.name = filled(&name).map(str::to_owned);
    }
    if let Some(words) = changed.text("appWelcomeMsg") {
        behaviour.prompts.welcome = filled(&words).map(|words| words.replace(NAME, NAME_PLACE));
    }
    if let Some(words) = changed.text("appFailMsg") {
        behaviour.prompts.denied = filled(&words).map(str::to_owned);
    }
    if let Some(at) = changed.text("deviceDefendTime") {
        behaviour.reboot = filled(&at).map(|at| ScheduledReboot {
            day: RebootDay::Daily,
            at: at.to_owned(),
        });
    }
}

/// `openDoorType` (terminal rule 31); a job number comes from whatever reads one.
fn identification(kind: u32) -> Identification {
    match kind {
        0 => Identification::As(Verify::Face),
        1 => Identification::IdCard,
        2 => Identification::As(Verify::Card),
        3 => Identification::As(Verify::FaceAndIdCard),
        _ => Identification::As(Verify::FaceAndCard),
    }
}

/// The same the other way round; `None` for a way that the dialect has no word for.
fn open_door_type(identification: Identification) -> Option<u32> {
    (0..=4).find(|kind| self::identification(*kind) == identification)
}

/// A number within the document's range, rounded.
fn whole(number: f64) -> u32 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to some millions"
    )]
    let whole = number.round() as u32;
    whole
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acted(changed: Value) -> Behaviour {
        let mut behaviour = Behaviour::default();
        act(&DeviceInfo(object(changed)), 0.5, &mut behaviour);
        behaviour
    }

    #[test]
    fn only_what_is_changed_is_acted_upon() {
        assert_eq!(acted(json!({})), Behaviour::default());
        let behaviour = acted(json!({
            "faceFeaturePairNumber": 0.8, "openDoorContinueTime": 1.5, "deviceSoundSize": 30,
            "faceFeaturePairSuccessOrFailWaitTime": 2.2, "openDoorType": 1, "deviceDefendTime": "23:50",
            "appWelcomeMsg": "请通行,@", "appFailMsg": " ",
        }));
        assert!((behaviour.accept.unwrap() - 0.75).abs() < 1e-6);
        assert_eq!(
            (behaviour.lock.open_ms, behaviour.volume),
            (Some(1500), Some(0.3))
        );
        assert_eq!(behaviour.repeat_seconds, Some(3));
        assert_eq!(behaviour.identification, Identification::IdCard);
        assert_eq!(behaviour.reboot.unwrap().at, "23:50");
        assert_eq!(behaviour.prompts.welcome.as_deref(), Some("请通行,{name}"));
        assert_eq!(behaviour.prompts.denied, None);
    }
}
