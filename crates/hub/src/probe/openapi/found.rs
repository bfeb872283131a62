//! What the terminal said of itself, and its settings with a change.

use dialects::fields::FieldError;
use dialects::openapi::{Network, Peripherals, SmartFace};
use serde_json::{Map, Value, json};

/// The detection threshold, which is changed and put back, and its largest value (8.1.4).
pub(super) const THRESHOLD: (&str, i64) = ("faceThre", 10);
/// The switch that is changed and put back (8.1.5).
pub(super) const VOICE: &str = "voiceProswitch";

/// What the terminal said of itself.
#[derive(Default)]
pub(super) struct Found {
    /// Whether its clock can be set without changing it, or may be changed.
    pub(super) tells_time: bool,
    pub(super) network: Option<Network>,
    pub(super) face: Option<SmartFace>,
    pub(super) around: Option<Peripherals>,
}

impl Found {
    pub(super) fn face(&self) -> Result<&SmartFace, String> {
        let face = self.face.as_ref();
        face.ok_or_else(|| "it does not tell how it looks for faces".to_owned())
    }

    pub(super) fn around(&self) -> Result<&Peripherals, String> {
        let around = self.around.as_ref();
        around.ok_or_else(|| "it does not tell what is around it".to_owned())
    }

    pub(super) fn other_face(&self) -> Result<SmartFace, String> {
        let face = self.face()?;
        let now = face.number(THRESHOLD.0).ok_or("it does not tell its threshold")?;
        #[allow(clippy::cast_possible_truncation, reason = "0 to 10, and saturating")]
        let now = now.round() as i64;
        let other = if now < THRESHOLD.1 { now + 1 } else { now - 1 };
        changed(face.with(&one(THRESHOLD.0, json!(other))))
    }

    pub(super) fn other_around(&self) -> Result<Peripherals, String> {
        let around = self.around()?;
        let spoken = around.is_on(VOICE).ok_or("it does not tell whether it speaks")?;
        changed(around.with(&one(VOICE, json!(u8::from(!spoken)))))
    }
}

/// A change of one field.
pub(super) fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

fn changed<T>(changed: Result<T, FieldError>) -> Result<T, String> {
    changed.map_err(|error| error.to_string())
}
