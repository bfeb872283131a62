//! The objects of 8.1: kept as they were set, and acted upon where this terminal has the thing.

use super::Endpoint;
use super::calls::{Outcome, failed};
use crate::behaviour::{Behaviour, CapturePart};
use dialects::openapi::{
    GetInformation, GetNetwork, GetPeripherals, GetSmartFace, Information, Network, Peripherals, Reply,
    SmartFace,
};
use serde_json::{Map, Value, json};

/// What `tempWarnThre` can say, °C.
const FEVER: std::ops::RangeInclusive<f64> = 37.0..=37.5;
/// `imgType`: the face alone.
const FACE_ALONE: f64 = 0.0;
/// The switches of finding faces and of comparing them.
const RECOGNISING: [&str; 2] = ["faceEnable", "faceCmpEnable"];
/// The fields that say what is measured and demanded.
const MEASURED: [&str; 5] = [
    "maskDetecEnable",
    "maskNormal",
    "tempDetecEnable",
    "tempNormal",
    "tempWarnThre",
];

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// What was set, over what holds from the start.
pub(super) fn laid_over(defaults: Value, kept: &Map<String, Value>) -> Map<String, Value> {
    let mut whole = object(defaults);
    whole.extend(kept.clone());
    whole
}

impl Endpoint {
    /// `information` (8.1.11).
    pub(super) fn information(&self) -> Reply {
        let behaviour = self.device.behaviour();
        let name = behaviour
            .name
            .as_deref()
            .unwrap_or(&self.device.config.terminal.name);
        let version = self.device.version();
        Reply::success::<GetInformation>(&Information(object(json!({
            "deviceID": self.id(), "deviceName": name, "appVer": version, "webVer": version,
            "deviceMoel": "MENSHEN",
        }))))
    }

    /// `network` (8.1.12).
    pub(super) fn network(&self) -> Reply {
        let ip = self.address.map(|address| address.ip().to_string());
        let defaults = json!({
            "dhcpEnable": 1, "ipAddress": ip.unwrap_or_default(), "subMask": "", "DNS1": "", "DNS2": "",
            "defRout": "",
        });
        let whole = laid_over(defaults, &self.memory.get().network);
        Reply::success::<GetNetwork>(&Network(whole))
    }

    /// `networkcfg` (8.1.13): kept; the computer's own network is not this program's to change.
    pub(super) async fn set_network(&self, network: Network) -> Outcome {
        let set = self.memory.change(|memory| memory.network = network.0).await;
        set.map(|()| Reply::done()).map_err(|error| failed(&error))
    }

    /// The two objects as they are told: other dialects set what they say, too. What this one cannot say it does not.
    fn objects(&self) -> (SmartFace, Peripherals) {
        let (behaviour, memory) = (self.device.behaviour(), self.memory.get());
        let mut face = SmartFace(laid_over(
            json!({
                "faceEnable": 1, "faceCmpEnable": 1, "faceThre": 5, "faceMinsize": 60, "faceMaxsize": 400,
                "faceInterval": 6, "imgType": 1, "maskDetecEnable": 0, "tempDetecEnable": 0, "tempWarnThre": 37.3,
                "ftpPutImgEnable": 0, "faceFrame": 1,
            }),
            &memory.smart_face,
        ));
        let mut around = Peripherals(laid_over(
            json!({
                "detecTemMod": 0, "alarmType": 0, "voiceProswitch": 1, "tempNormal": 1, "maskNormal": 1,
                "cmpNormal": 1, "RecordOpen": 0, "unlockControl": 1, "unlockOuttime": 3,
            }),
            &memory.peripherals,
        ));
        Demanded::at(&behaviour).tell(&mut face, &mut around);
        if ignores_faces(&face) && !behaviour.ignores_faces {
            face.0.extend(RECOGNISING.map(|name| (name.to_owned(), 1.into())));
        }
        let interval = self.device.repeat_interval().as_secs();
        if (6..=20).contains(&interval) {
            face.0.insert("faceInterval".to_owned(), interval.into());
        }
        let open_ms = behaviour.lock.open_ms.unwrap_or(self.device.config.door.open_ms);
        if open_ms.is_multiple_of(1000) && (1000..=30_000).contains(&open_ms) {
            around
                .0
                .insert("unlockOuttime".to_owned(), (open_ms / 1000).into());
        }
        (face, around)
    }

    /// `smartface` (8.1.14).
    pub(super) fn smart_face(&self) -> Reply {
        Reply::success::<GetSmartFace>(&self.objects().0)
    }

    /// `smartfacecfg` (8.1.15).
    pub(super) async fn set_smart_face(&self, face: SmartFace) -> Outcome {
        let (told, around) = self.objects();
        let changed = SmartFace(changed(&told.0, &face.0));
        let set = face.0.clone();
        let set = self.memory.change(|memory| memory.smart_face = set).await;
        set.map_err(|error| failed(&error))?;
        let demanded = Demanded::by(&face, &around);
        self.act(&changed.0, demanded, |behaviour| {
            act_on_face(&changed, behaviour);
            behaviour.ignores_faces = ignores_faces(&face);
        })
        .await
    }

    /// `perpara` (8.1.16).
    pub(super) fn peripherals(&self) -> Reply {
        Reply::success::<GetPeripherals>(&self.objects().1)
    }

    /// `perparacfg` (8.1.17).
    pub(super) async fn set_peripherals(&self, around: Peripherals) -> Outcome {
        let (face, told) = self.objects();
        let changed = Peripherals(changed(&told.0, &around.0));
        let set = around.0.clone();
        let set = self.memory.change(|memory| memory.peripherals = set).await;
        set.map_err(|error| failed(&error))?;
        let demanded = Demanded::by(&face, &around);
        self.act(&changed.0, demanded, |behaviour| act_on_lock(&changed, behaviour))
            .await
    }

    /// Acts upon what was changed: objects come whole, and other dialects may have set what is not.
    async fn act(
        &self,
        changed: &Map<String, Value>,
        demanded: Demanded,
        act_on: impl FnOnce(&mut Behaviour) + Send,
    ) -> Outcome {
        let measures = MEASURED.iter().any(|name| changed.contains_key(*name));
        let acted = self.device.change_behaviour(|behaviour| {
            if measures {
                behaviour.mask = demanded.mask;
                behaviour.fever_from = demanded.fever_from;
            }
            act_on(behaviour);
        });
        acted.await.map_err(|error| failed(&error))?;
        Ok(Reply::done())
    }
}

/// What the door demands of whoever passes. What is looked for in one object is demanded in the other.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Demanded {
    mask: bool,
    fever_from: Option<f32>,
}

impl Demanded {
    /// What the objects say.
    fn by(face: &SmartFace, around: &Peripherals) -> Self {
        let demanded = |looked_for: Option<bool>, normal: Option<bool>| {
            looked_for.unwrap_or_default() && normal.unwrap_or(true)
        };
        let temperature = demanded(face.is_on("tempDetecEnable"), around.is_on("tempNormal"));
        #[allow(clippy::cast_possible_truncation, reason = "37.0 to 37.5")]
        let limit = face.number("tempWarnThre").map(|limit| limit as f32);
        Self {
            mask: demanded(face.is_on("maskDetecEnable"), around.is_on("maskNormal")),
            fever_from: limit.filter(|_| temperature),
        }
    }

    /// What holds now, whoever set it.
    fn at(behaviour: &Behaviour) -> Self {
        Self {
            mask: behaviour.mask,
            fever_from: behaviour.fever_from,
        }
    }

    /// Has the objects say it; they stay as they are where they do already.
    fn tell(self, face: &mut SmartFace, around: &mut Peripherals) {
        let said = Self::by(face, around);
        let mut switch = |looked_for: &str, normal: &str, is_on: bool| {
            face.0.insert(looked_for.to_owned(), u8::from(is_on).into());
            if is_on {
                around.0.insert(normal.to_owned(), 1.into());
            }
        };
        if said.mask != self.mask {
            switch("maskDetecEnable", "maskNormal", self.mask);
        }
        if said.fever_from.is_some() != self.fever_from.is_some() {
            switch("tempDetecEnable", "tempNormal", self.fever_from.is_some());
        }
        if let Some(limit) = self.fever_from.filter(|_| said.fever_from != self.fever_from) {
            let limit = (f64::from(limit) * 10.0).round() / 10.0;
            if FEVER.contains(&limit) {
                face.0.insert("tempWarnThre".to_owned(), limit.into());
            }
        }
    }
}

/// The fields that are not what was told.
fn changed(told: &Map<String, Value>, set: &Map<String, Value>) -> Map<String, Value> {
    let is_changed = |(name, value): &(&String, &Value)| told.get(*name) != Some(*value);
    let fields = set.iter().filter(is_changed);
    fields
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Whether faces are not to be found, or not to be compared.
fn ignores_faces(face: &SmartFace) -> bool {
    RECOGNISING.iter().any(|name| face.is_on(name) == Some(false))
}

fn act_on_face(face: &SmartFace, behaviour: &mut Behaviour) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "6 to 20")]
    if let Some(seconds) = face.number("faceInterval") {
        behaviour.repeat_seconds = Some(seconds.round() as u32);
    }
    if let Some(kind) = face.number("imgType") {
        behaviour.capture_part = if kind == FACE_ALONE {
            CapturePart::Face
        } else {
            CapturePart::Whole
        };
    }
}

fn act_on_lock(around: &Peripherals, behaviour: &mut Behaviour) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 30")]
    if let Some(seconds) = around.number("unlockOuttime") {
        behaviour.lock.open_ms = Some(seconds.round() as u32 * 1000);
    }
    if let Some(spoken) = around.is_on("voiceProswitch") {
        behaviour.prompts.mute = !spoken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_dialect_demands_is_told() {
        let objects = |face: Value, around: Value| (SmartFace(object(face)), Peripherals(object(around)));
        let fresh = || {
            objects(
                json!({"maskDetecEnable": 0, "tempDetecEnable": 0, "tempWarnThre": 37.3}),
                json!({"maskNormal": 0, "tempNormal": 1}),
            )
        };
        let nothing = Demanded {
            mask: false,
            fever_from: None,
        };
        let (mut face, mut around) = fresh();
        nothing.tell(&mut face, &mut around);
        assert_eq!((&face, &around), (&fresh().0, &fresh().1));
        let all = Demanded {
            mask: true,
            fever_from: Some(37.1),
        };
        all.tell(&mut face, &mut around);
        assert_eq!(Demanded::by(&face, &around), all);
        assert_eq!(face.number("tempWarnThre"), Some(37.1));
        nothing.tell(&mut face, &mut around);
        assert_eq!(Demanded::by(&face, &around), nothing);
    }
}
