//! What settings mean for this terminal.

use crate::behaviour::{Behaviour, Identification, Lock, Occasion, Phrase};
use crate::endpoints::facegate::report::SIMILARITY;
use dialects::facegate::convert::settings::read;
use dialects::facegate::{OpenDoorWay, SettingsGroup, SettingsValues};
use model::{Direction, Verify};
use serde_json::{Map, Value};

/// In `VerifyMode`: a mask is asked for (3.2).
const MASK: i64 = 0x100;
/// In `VerifyMode`: the temperature is measured.
const TEMPERATURE: i64 = 0x200;

/// Settings that were set: what was changed, and as the groups are now whose fields belong together.
pub(super) struct Whole<'a> {
    pub(super) changed: &'a Map<String, Value>,
    pub(super) group: SettingsGroup,
    pub(super) door: SettingsValues,
    pub(super) temperature: SettingsValues,
    /// The engine's threshold, as configured.
    pub(super) accept: f32,
}

impl Whole<'_> {
    /// Acts upon what was changed.
    pub(super) fn act(&self, behaviour: &mut Behaviour) {
        self.act_on_shared(behaviour);
        match self.group {
            SettingsGroup::Sound => self.act_on_sound(behaviour),
            SettingsGroup::DoorCondition => self.act_on_door(behaviour),
            SettingsGroup::Temperature => self.act_on_temperature(behaviour),
            SettingsGroup::Broker => {
                if let Some(direction) = self.number("Direction") {
                    behaviour.direction = match direction {
                        0 => Direction::Entry,
                        1 => Direction::Exit,
                        _ => Direction::None,
                    };
                }
            }
            SettingsGroup::SysCfg => {
                if let Some(are_kept) = self.number("DataBaseEnable") {
                    behaviour.report_capture = Some(are_kept != 0);
                }
            }
            SettingsGroup::SysParam => {
                if let Some(name) = self.text("Name") {
                    behaviour.name = filled(&name);
                }
            }
            _ => {}
        }
    }

    /// What all dialects have in common.
    fn act_on_shared(&self, behaviour: &mut Behaviour) {
        let changed = read(&[SettingsValues {
            group: self.group,
            values: self.changed.clone(),
        }]);
        if changed.volume.is_some() {
            behaviour.volume = changed.volume;
        }
        if let Some(open_ms) = changed.open_ms {
            behaviour.lock.open_ms = Some(open_ms);
        }
        if changed.time_zone.is_some() {
            behaviour.time_zone = changed.time_zone;
        }
        if let Some(direction) = changed.direction {
            behaviour.direction = direction;
        }
        if self.changed.contains_key("AutoRebootDay") {
            behaviour.reboot = changed.reboot;
        }
        let thresholds = [SettingsGroup::DoorCondition, SettingsGroup::GeneralParam];
        #[allow(clippy::cast_precision_loss, reason = "50 to 100")]
        if let Some(threshold) = self
            .number("FaceThreshold")
            .filter(|_| thresholds.contains(&self.group))
        {
            behaviour.accept = Some(SIMILARITY.cosine(threshold as f32, self.accept));
        }
    }

    fn act_on_sound(&self, behaviour: &mut Behaviour) {
        let is_off = |name: &str| self.number(name).map(|number| number == 0);
        let prompts = &mut behaviour.prompts;
        if let Some(is_off) = is_off("VerifySuccAudio") {
            prompts.mute_welcome = is_off;
        }
        if let Some(is_off) = is_off("VerifyFailAudio") {
            prompts.mute_refusals = is_off;
        }
        if let Some(is_off) = is_off("VerifySuccGuiTip") {
            prompts.blank_welcome = is_off;
        }
        if let Some(is_off) = is_off("VerifyFailGuiTip") {
            prompts.blank_refusals = is_off;
        }
        if let Some(words) = self.text("VerifyTipContent") {
            prompts.granted = filled(&words);
        }
        for (occasion, name) in [
            (Occasion::Stranger, "UnregisterTipContent"),
            (Occasion::Blocked, "BlacklistTipContent"),
        ] {
            if let Some(words) = self.text(name) {
                prompts.occasions.entry(occasion).or_default().shown = filled(&words);
            }
        }
        if let Some(is_off) = is_off("UnregisteredGuiTip") {
            let phrase: &mut Phrase = prompts.occasions.entry(Occasion::Stranger).or_default();
            match (is_off, phrase.shown.as_deref()) {
                (true, _) => phrase.shown = Some(String::new()),
                (false, Some("")) => phrase.shown = None,
                (false, _) => {}
            }
        }
    }

    fn act_on_door(&self, behaviour: &mut Behaviour) {
        if let Some(way) = self.number("OpendoorWay") {
            // With 0 the door stays shut for everything (terminal rule 29).
            behaviour.lock.used = OpenDoorWay::from(way) != OpenDoorWay::Face;
        }
        if let Some(mode) = self.number("VerifyMode") {
            behaviour.identification = identification(mode & 0xFF);
            behaviour.mask = mode & MASK != 0;
            self.act_on_temperature(behaviour);
        }
        let intervals = ["VerifyResetTime", "SnapResetTime"];
        if intervals.iter().any(|name| self.changed.contains_key(*name)) {
            let seconds = intervals.iter().filter_map(|name| self.door.number(name)).max();
            behaviour.repeat_seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
        }
    }

    /// `TemperatureHigh` counts while `VerifyMode` asks for a temperature.
    fn act_on_temperature(&self, behaviour: &mut Behaviour) {
        let is_measured = self.door.number("VerifyMode").unwrap_or_default() & TEMPERATURE != 0;
        let limit = self.temperature.decimal("TemperatureHigh");
        #[allow(clippy::cast_possible_truncation, reason = "a temperature")]
        let limit = limit.map(|limit| limit as f32);
        behaviour.fever_from = limit.filter(|_| is_measured);
    }

    fn number(&self, name: &str) -> Option<i64> {
        dialects::lenient::read(self.changed.get(name)?).ok()
    }

    fn text(&self, name: &str) -> Option<String> {
        dialects::lenient::read(self.changed.get(name)?).ok()
    }
}

/// The basic mode (3.2); 5 is a mask or a temperature alone, which nobody in particular shows: a face is as good.
fn identification(mode: i64) -> Identification {
    match mode {
        2 => Identification::IdCard,
        3 => Identification::As(Verify::FaceAndIdCard),
        4 => Identification::FaceOrIdCard,
        21 | 24 => Identification::As(Verify::Card),
        22 | 25 => Identification::As(Verify::FaceAndCard),
        23 | 26 => Identification::As(Verify::FaceOrCard),
        _ => Identification::As(Verify::Face),
    }
}

/// What the factory's values mean that are none of this terminal's: as configured. Of 3.23 the maintenance alone is reset.
pub(super) fn reset(group: SettingsGroup, behaviour: &mut Behaviour) {
    match group {
        SettingsGroup::DoorCondition => {
            behaviour.accept = None;
            behaviour.lock = Lock::default();
            behaviour.repeat_seconds = None;
            behaviour.identification = Identification::Any;
        }
        SettingsGroup::Sound => behaviour.volume = None,
        SettingsGroup::GeneralParam => behaviour.reboot = None,
        SettingsGroup::SysCfg => behaviour.report_capture = None,
        _ => {}
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn acted(group: SettingsGroup, changed: Value) -> Behaviour {
        let Value::Object(changed) = changed else {
            panic!("an object")
        };
        let values = |group, values: &Map<String, Value>| SettingsValues {
            group,
            values: values.clone(),
        };
        let temperature = json!({"TemperatureHigh": 37.3});
        let whole = Whole {
            changed: &changed,
            group,
            door: values(SettingsGroup::DoorCondition, &changed),
            temperature: values(SettingsGroup::Temperature, temperature.as_object().unwrap()),
            accept: 0.5,
        };
        let mut behaviour = Behaviour::default();
        whole.act(&mut behaviour);
        behaviour
    }

    #[test]
    fn the_door_condition_is_acted_upon() {
        let door = SettingsGroup::DoorCondition;
        let behaviour = acted(
            door,
            json!({"FaceThreshold": 90, "VerifyMode": 793, "VerifyResetTime": 2, "SnapResetTime": 4, "IOStayTime": 200}),
        );
        assert!((behaviour.accept.unwrap() - 0.75).abs() < 1e-6);
        assert_eq!(behaviour.identification, Identification::As(Verify::FaceAndCard));
        assert!(behaviour.mask);
        assert_eq!(behaviour.fever_from, Some(37.3));
        assert_eq!(behaviour.repeat_seconds, Some(4));
        assert_eq!(behaviour.lock.open_ms, Some(200));
        assert!(behaviour.lock.used);
        let shut = acted(door, json!({"OpendoorWay": 0, "VerifyMode": 4}));
        assert!(!shut.lock.used);
        assert_eq!(shut.identification, Identification::FaceOrIdCard);
        assert_eq!(shut.fever_from, None);
    }

    #[test]
    fn words_and_sounds_are_acted_upon() {
        let changed = json!({
            "Volume": 50, "VerifySuccAudio": 0, "VerifyFailGuiTip": 0, "VerifyTipContent": "请通行",
            "BlacklistTipContent": "禁止通行", "UnregisteredGuiTip": 0,
        });
        let behaviour = acted(SettingsGroup::Sound, changed);
        assert_eq!(behaviour.volume, Some(0.5));
        assert!(behaviour.prompts.mute_welcome && behaviour.prompts.blank_refusals);
        assert_eq!(behaviour.prompts.granted.as_deref(), Some("请通行"));
        let shown = |occasion| behaviour.prompts.occasions[&occasion].shown.as_deref();
        assert_eq!(shown(Occasion::Blocked), Some("禁止通行"));
        assert_eq!(shown(Occasion::Stranger), Some(""));
    }

    #[test]
    fn pictures_are_not_told_where_none_are_to_be_kept() {
        let mut behaviour = acted(SettingsGroup::SysCfg, json!({"DataBaseEnable": 0}));
        assert_eq!(behaviour.report_capture, Some(false));
        reset(SettingsGroup::SysCfg, &mut behaviour);
        assert_eq!(behaviour.report_capture, None);
    }
}
