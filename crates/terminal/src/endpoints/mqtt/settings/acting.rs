//! What settings mean for this terminal.

use super::defaults::{DEFAULT_THRESHOLD, LOUDEST};
use crate::behaviour::{Behaviour, CapturePart, Identification, Occasion, Phrase};
use crate::endpoints::threshold::Scale;
use dialects::mqtt::DevInfo;
use dialects::mqtt::convert::wording;
use dialects::mqtt::time::WeekPeriods;
use model::access::Times;
use model::{Direction, Verify, Weekly, Welcome};
use serde_json::{Map, Value};

/// The thresholds of the wire, 0 to 99.
const THRESHOLDS: Scale = Scale {
    default: DEFAULT_THRESHOLD as f32,
    highest: 99.0,
};

/// The settings that say what is spoken and what is shown.
const OCCASIONS: [(Occasion, &str, &str); 6] = [
    (
        Occasion::Stranger,
        "strangerVoiceContent",
        "strangerDisplayContent",
    ),
    (
        Occasion::OutOfSchedule,
        "alarmNotInPassTimeContent",
        "alarmNotInPassTimeDisplayContent",
    ),
    (
        Occasion::Expired,
        "alarmNotInValidTimeVoiceContent",
        "alarmNotInValidTimeDisplayContent",
    ),
    (
        Occasion::NotAuthorised,
        "alarmNotAuthVoiceContent",
        "alarmNotAuthDisplayContent",
    ),
    (
        Occasion::DocumentMatches,
        "identificationVoiceSuccessContent",
        "identificationDisplayTextSuccessContent",
    ),
    (
        Occasion::DocumentDiffers,
        "identificationVoiceFailedContent",
        "identificationDisplayTextFailedContent",
    ),
];

/// Settings that were set: as they all are now, and what was changed.
pub(super) struct Told<'a> {
    pub(super) whole: Map<String, Value>,
    pub(super) changed: &'a DevInfo,
    /// The engine's threshold, as configured.
    pub(super) accept: f32,
}

impl Told<'_> {
    /// Acts upon what was changed.
    pub(super) fn act(&self, behaviour: &mut Behaviour) {
        self.act_on_numbers(behaviour);
        self.act_on_switches(behaviour);
        self.act_on_words(behaviour);
        if let Some(week) = self.changed.text("passTime") {
            behaviour.times = week.parse().ok().and_then(times);
        }
        if let Some(name) = self.changed.text("overlayDeviceName") {
            behaviour.name = filled(name);
        }
    }

    fn act_on_numbers(&self, behaviour: &mut Behaviour) {
        let changed = |name| self.changed.number(name);
        #[allow(clippy::cast_precision_loss, reason = "0 to 10")]
        if let Some(volume) = changed("voiceVolume") {
            behaviour.volume = Some(volume as f64 / LOUDEST);
        }
        #[allow(clippy::cast_precision_loss, reason = "0 to 99")]
        if let Some(threshold) = changed("faceRegisterConfidenceScore") {
            behaviour.accept = Some(THRESHOLDS.cosine(threshold as f32, self.accept));
        }
        if let Some(seconds) = changed("recogIntervalTime") {
            behaviour.repeat_seconds = u32::try_from(seconds).ok();
        }
        if let Some(open_ms) = changed("openDoorTimeDelayMs") {
            behaviour.lock.open_ms = u32::try_from(open_ms).ok();
        }
        if self.touches(&["faceTemperatureDetectEnable", "faceFeverTemperature"]) {
            let on = self.number("faceTemperatureDetectEnable") == 1;
            let limit = self.text("faceFeverTemperature").trim().parse().ok();
            behaviour.fever_from = limit.filter(|_| on);
        }
    }

    fn act_on_switches(&self, behaviour: &mut Behaviour) {
        let changed = |name| self.changed.number(name);
        let on = |name| changed(name).map(|value| value == 1);
        if let Some(mode) = changed("faceRFIDCardEnable") {
            behaviour.identification = Identification::As(match mode {
                0 => Verify::Face,
                1 => Verify::FaceOrCard,
                _ => Verify::FaceAndCard,
            });
        }
        if let Some(recorded) = on("strangerRecogEnable") {
            behaviour.strangers.recorded = recorded;
        }
        if let Some(exit) = on("entranceDirection") {
            behaviour.direction = if exit { Direction::Exit } else { Direction::Entry };
        }
        if let Some(open) = on("alwaysOpenDoor") {
            behaviour.always_open = open;
        }
        if let Some(delete) = on("autoDeleteNotValidRecord") {
            behaviour.delete_expired = delete;
        }
        if let Some(mode) = changed("jpegEncodeSizeMode") {
            behaviour.report_capture = Some(mode != 0);
            behaviour.capture_part = if mode == 1 {
                CapturePart::Face
            } else {
                CapturePart::Whole
            };
        }
        // 1 forbids, whatever the name says (QUIRKS M23).
        if let Some(forbidden) = on("playVoiceEnable") {
            behaviour.prompts.mute = forbidden;
        }
        if let Some(spoken) = on("alarmVoiceEnable") {
            behaviour.prompts.mute_refusals = !spoken;
        }
        if let Some(shown) = on("alarmDisplayEnable") {
            behaviour.prompts.blank_refusals = !shown;
        }
    }

    fn act_on_words(&self, behaviour: &mut Behaviour) {
        let prompts = &mut behaviour.prompts;
        let voice = [
            "registerVoiceMode",
            "registerVoiceNameSexEnable",
            "registerVoiceContentBeforeName",
            "registerVoiceContent",
        ];
        let display = [
            "displayTextMode",
            "displayNameSexEnable",
            "displayTextContentBeforeName",
            "displayTextContent",
        ];
        if self.touches(&voice) || self.touches(&display) {
            // The last dialect that says how people are greeted wins.
            prompts.welcome = None;
        }
        if self.touches(&voice) {
            prompts.greeting.spoken = self.welcome(voice);
        }
        if self.touches(&display) {
            prompts.greeting.shown = self.welcome(display);
        }
        for (occasion, spoken, shown) in OCCASIONS {
            let switched = occasion == Occasion::Stranger && self.touches(&["strangerVoiceMode"]);
            if switched || self.touches(&[spoken, shown]) {
                prompts
                    .occasions
                    .insert(occasion, self.phrase(occasion, spoken, shown));
            }
        }
    }

    fn phrase(&self, occasion: Occasion, spoken: &str, shown: &str) -> Phrase {
        // What is spoken to strangers has a switch of its own.
        let is_own = occasion != Occasion::Stranger || self.number("strangerVoiceMode") == 1;
        Phrase {
            spoken: filled(self.text(spoken)).filter(|_| is_own),
            shown: filled(self.text(shown)),
        }
    }

    /// The names of a mode, a title, what is before and what is after the name.
    fn welcome(&self, [mode, title, before, after]: [&str; 4]) -> Welcome {
        Welcome {
            wording: wording(self.number(mode)),
            with_title: self.number(title) == 1,
            before: self.text(before).trim().to_owned(),
            after: self.text(after).trim().to_owned(),
        }
    }

    fn touches(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.changed.0.contains_key(*name))
    }

    fn text(&self, name: &str) -> &str {
        self.whole.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, name: &str) -> i64 {
        self.text(name).trim().parse().unwrap_or_default()
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The week that binds everybody; `None` where it binds nobody.
fn times(week: WeekPeriods) -> Option<Times> {
    if week.is_always() {
        return None;
    }
    let [mon, tue, wed, thu, fri, sat, sun] = week.0.map(|day| day.allowed());
    Some(Times {
        weekly: Weekly {
            mon,
            tue,
            wed,
            thu,
            fri,
            sat,
            sun,
        },
        holidays: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Wording;
    use serde_json::json;

    fn acted(whole: Value, changed: Value) -> Behaviour {
        let (Value::Object(mut whole), Value::Object(changed)) = (whole, changed) else {
            panic!()
        };
        whole.extend(changed.clone());
        let mut behaviour = Behaviour::default();
        let changed = DevInfo(changed);
        let told = Told {
            whole,
            changed: &changed,
            accept: 0.5,
        };
        told.act(&mut behaviour);
        behaviour
    }

    #[test]
    fn only_what_is_changed_is_acted_upon() {
        assert_eq!(
            acted(json!({"voiceVolume": "3"}), json!({})),
            Behaviour::default()
        );
        let behaviour = acted(
            json!({"faceFeverTemperature": "37.3", "registerVoiceContent": "欢迎"}),
            json!({
                "voiceVolume": "5", "recogIntervalTime": "3", "openDoorTimeDelayMs": "1500",
                "faceTemperatureDetectEnable": "1", "playVoiceEnable": "1", "registerVoiceMode": "4",
                "jpegEncodeSizeMode": "0", "entranceDirection": "1", "faceRFIDCardEnable": "2",
            }),
        );
        assert_eq!((behaviour.volume, behaviour.repeat_seconds), (Some(0.5), Some(3)));
        assert_eq!(
            (behaviour.lock.open_ms, behaviour.fever_from),
            (Some(1500), Some(37.3))
        );
        assert!(behaviour.prompts.mute && !behaviour.prompts.mute_refusals);
        let spoken = &behaviour.prompts.greeting.spoken;
        assert_eq!(
            (spoken.wording, spoken.after.as_str()),
            (Some(Wording::NameAndFixed), "欢迎")
        );
        assert_eq!(behaviour.report_capture, Some(false));
        assert_eq!(behaviour.direction, Direction::Exit);
        assert_eq!(behaviour.identification, Identification::As(Verify::FaceAndCard));
    }

    #[test]
    fn strangers_are_spoken_to_in_own_words_where_that_is_on() {
        let words = json!({"strangerVoiceContent": "请注意", "strangerDisplayContent": "陌生人"});
        let said = |mode: &str| {
            let mut changed = words.clone();
            changed["strangerVoiceMode"] = json!(mode);
            let prompts = acted(json!({}), changed).prompts;
            prompts.occasions[&Occasion::Stranger].clone()
        };
        assert_eq!(said("0").spoken, None);
        assert_eq!(said("1").spoken.as_deref(), Some("请注意"));
        assert_eq!(said("0").shown.as_deref(), Some("陌生人"));
    }

    #[test]
    fn a_week_binds_or_is_lifted() {
        let week = |text: &str| acted(json!({}), json!({"passTime": text})).times;
        let bound = week("06:00-09:00;00:00-00:00;;;;;").unwrap().weekly;
        assert_eq!((bound.mon.len(), bound.tue.len(), bound.wed.len()), (1, 0, 1));
        assert_eq!(week(";;;;;;"), None);
        assert_eq!(week(""), None);
    }
}
