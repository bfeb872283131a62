//! `jsonCmd` (8.1.10): the document leaves the commands to the vendor. This one's reach the objects that no other call
//! has: `{"cmd": "audio"}`, `{"cmd": "audiocfg", "param": {…AudioObject…}}`, `{"cmd": "production"}`. Any other command
//! is code 40001.

use super::Endpoint;
use super::calls::{Outcome, failed};
use super::settings::{laid_over, object};
use dialects::openapi::{Audio, Code, JsonCommand, Production, Refused, Reply};
use serde_json::{Map, Value, json};

/// The highest `volumeOut`.
const LOUDEST: f64 = 15.0;

impl Endpoint {
    /// Carries a command out.
    pub(super) async fn command(&self, command: &JsonCommand) -> Outcome {
        let text = |name: &str| command.0.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("cmd") {
            "audio" => Ok(answered(self.audio())),
            "production" => Ok(answered(self.production())),
            "audiocfg" => {
                let missing = || Refused::new(Code::MissingParameter, "param");
                let given = command.0.get("param").and_then(Value::as_object);
                self.set_audio(Audio::whole(given.ok_or_else(missing)?)?).await
            }
            other => {
                tracing::info!(command = other, "there is no such command");
                Ok(Reply::of(Code::NotSupported))
            }
        }
    }

    fn audio(&self) -> Map<String, Value> {
        let mut whole = laid_over(
            json!({
                "aencEnable": 0, "aencType": 6, "sampleRate": 16_000, "aencbitrate": 64_000, "micLine": 0,
                "volumeIn": 8, "volumeOut": 12,
            }),
            &self.memory.get().audio,
        );
        if let Some(volume) = self.device.behaviour().volume {
            #[allow(clippy::cast_possible_truncation, reason = "0 to 15")]
            let volume = (volume * LOUDEST).round() as i64;
            whole.insert("volumeOut".to_owned(), volume.into());
        }
        whole
    }

    async fn set_audio(&self, audio: Audio) -> Outcome {
        let volume = audio.number("volumeOut").map(|volume| volume / LOUDEST);
        let set = self.memory.change(|memory| memory.audio = audio.0).await;
        set.map_err(|error| failed(&error))?;
        let acted = self
            .device
            .change_behaviour(|behaviour| behaviour.volume = volume);
        acted.await.map_err(|error| failed(&error))?;
        Ok(answered(self.audio()))
    }

    fn production(&self) -> Map<String, Value> {
        let english = self.device.config.terminal.language == "en";
        let address = self.address.map(|address| address.ip().to_string());
        let whole = json!({
            "deviceType": 0, "devSerialUUID": self.device.config.terminal.serial, "deviceName": "MENSHEN",
            "sensorType": 0, "screenSizeType": 0, "deviceCpuType": 0, "wifiFlage": 0, "wifiDefaultMode": 0,
            "defaultIPAddr": address.unwrap_or_default(), "languageType": u8::from(english), "GB28181Flage": 0,
            "P2PType": 0,
        });
        Production(object(whole)).0
    }
}

fn answered(json: Map<String, Value>) -> Reply {
    Reply::success::<JsonCommand>(&Value::Object(json))
}
