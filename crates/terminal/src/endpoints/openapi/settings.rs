//! The objects of 8.1: kept as they were set, and acted upon where this terminal has the thing.

use super::Endpoint;
use super::calls::{Outcome, failed};
use crate::behaviour::{Behaviour, CapturePart};
use dialects::openapi::{
    GetInformation, GetNetwork, GetPeripherals, GetSmartFace, Information, Network, Peripherals, Reply,
    SmartFace,
};
use serde_json::{Map, Value, json};

/// `imgType`: the face alone.
const FACE_ALONE: f64 = 0.0;
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

    fn smart_face_object(&self) -> SmartFace {
        let interval = self.device.repeat_interval().as_secs();
        let mut whole = laid_over(
            json!({
                "faceEnable": 1, "faceCmpEnable": 1, "faceThre": 5, "faceMinsize": 60, "faceMaxsize": 400,
                "faceInterval": 6, "imgType": 1, "maskDetecEnable": 0, "tempDetecEnable": 0, "tempWarnThre": 37.3,
                "ftpPutImgEnable": 0, "faceFrame": 1,
            }),
            &self.memory.get().smart_face,
        );
        // Other dialects set it, too; what this one cannot say it does not.
        if (6..=20).contains(&interval) {
            whole.insert("faceInterval".to_owned(), interval.into());
        }
        SmartFace(whole)
    }

    /// `smartface` (8.1.14).
    pub(super) fn smart_face(&self) -> Reply {
        Reply::success::<GetSmartFace>(&self.smart_face_object())
    }

    /// `smartfacecfg` (8.1.15).
    pub(super) async fn set_smart_face(&self, face: SmartFace) -> Outcome {
        let changed = SmartFace(changed(&self.smart_face_object().0, &face.0));
        let set = self.memory.change(|memory| memory.smart_face = face.0).await;
        set.map_err(|error| failed(&error))?;
        self.act(&changed.0, |behaviour| act_on_face(&changed, behaviour))
            .await
    }

    fn peripherals_object(&self) -> Peripherals {
        let behaviour = self.device.behaviour();
        let open_ms = behaviour.lock.open_ms.unwrap_or(self.device.config.door.open_ms);
        let mut whole = laid_over(
            json!({
                "detecTemMod": 0, "alarmType": 0, "voiceProswitch": 1, "tempNormal": 1, "maskNormal": 1,
                "cmpNormal": 1, "RecordOpen": 0, "unlockControl": 1, "unlockOuttime": 3,
            }),
            &self.memory.get().peripherals,
        );
        if open_ms.is_multiple_of(1000) && (1000..=30_000).contains(&open_ms) {
            whole.insert("unlockOuttime".to_owned(), (open_ms / 1000).into());
        }
        Peripherals(whole)
    }

    /// `perpara` (8.1.16).
    pub(super) fn peripherals(&self) -> Reply {
        Reply::success::<GetPeripherals>(&self.peripherals_object())
    }

    /// `perparacfg` (8.1.17).
    pub(super) async fn set_peripherals(&self, around: Peripherals) -> Outcome {
        let changed = Peripherals(changed(&self.peripherals_object().0, &around.0));
        let set = self.memory.change(|memory| memory.peripherals = around.0).await;
        set.map_err(|error| failed(&error))?;
        self.act(&changed.0, |behaviour| act_on_lock(&changed, behaviour))
            .await
    }

    /// Acts upon what was changed: objects come whole, and other dialects may have set what is not. What is looked for in
    /// one object is demanded in the other.
    async fn act(&self, changed: &Map<String, Value>, act_on: impl FnOnce(&mut Behaviour) + Send) -> Outcome {
        let (face, around) = (self.smart_face_object(), self.peripherals_object());
        let measures = MEASURED.iter().any(|name| changed.contains_key(*name));
        let acted = self.device.change_behaviour(|behaviour| {
            if measures {
                measure(&face, &around, behaviour);
            }
            act_on(behaviour);
        });
        acted.await.map_err(|error| failed(&error))?;
        Ok(Reply::done())
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

fn measure(face: &SmartFace, around: &Peripherals, behaviour: &mut Behaviour) {
    let demanded = |looked_for: Option<bool>, normal: Option<bool>| {
        looked_for.unwrap_or_default() && normal.unwrap_or(true)
    };
    behaviour.mask = demanded(face.is_on("maskDetecEnable"), around.is_on("maskNormal"));
    let temperature = demanded(face.is_on("tempDetecEnable"), around.is_on("tempNormal"));
    #[allow(clippy::cast_possible_truncation, reason = "37.0 to 37.5")]
    let limit = face.number("tempWarnThre").map(|limit| limit as f32);
    behaviour.fever_from = limit.filter(|_| temperature);
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
