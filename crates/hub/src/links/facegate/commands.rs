//! What a terminal is told to do once (hub rule 34).

use super::calls::FacegateLink;
use super::contact::{measure, replace_user};
use super::settings;
use super::wire::{as_it_came, refused};
use crate::links::dialled::records::range_of;
use crate::links::{BodyFault, CallError, CommandDone, Failure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dialects::facegate::body::Body;
use dialects::facegate::call::OPERATORS;
use dialects::facegate::device::{
    AUDIO_NAME_BYTES, OpenDoor, RebootDevice, SetAudio, SetFactoryDefault, Upgrade,
};
use dialects::facegate::face::FrontalFaceSnap;
use dialects::facegate::operation::{Answer, Done, Operation, Refusal, answer_of};
use dialects::facegate::record::ManualPushRecords;
use dialects::facegate::{Call, DeviceId, ReceivedCall, SetSettings, native};
use dialects::lenient::{BodyError, LenientError};
use jiff::Timestamp;
use model::CommandKind;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a terminal may take to fetch and install a program.
const UPDATE_WITHIN: Duration = Duration::from_secs(600);
/// How long it is waited for an answer that need not come (3.4, QUIRKS A38).
const UNANSWERED_WITHIN: Duration = Duration::from_secs(3);
/// A sound of the terminal's own, and one of its owner's (3.1.4).
const SOUNDS: [i64; 2] = [0, 1];

fn text<'a>(body: &'a Value, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Value::as_str)
}

/// The call of `open_door`.
pub(super) fn door(body: &Value) -> OpenDoor {
    OpenDoor::open(Some(text(body, "message").unwrap_or_default()))
}

/// The call of `show_message`.
pub(super) fn shown(body: &Value) -> OpenDoor {
    OpenDoor::show(text(body, "text").unwrap_or_default())
}

/// The call of `upgrade`.
pub(super) fn upgrade(body: &Value) -> Upgrade {
    Upgrade {
        name: text(body, "version").unwrap_or_default().trim().to_owned(),
        url: text(body, "url").unwrap_or_default().trim().to_owned(),
    }
}

/// The sound of `play_audio`: the dialect carries none, it names one that the terminal has (3.1.4), as it is or in Base64.
///
/// # Errors
/// Where it is no such name.
pub(super) fn audio_name(body: &Value) -> Result<String, BodyFault> {
    let given = text(body, "audio").unwrap_or_default().trim();
    let is_name = |name: &str| {
        (1..=AUDIO_NAME_BYTES).contains(&name.len()) && name.to_ascii_lowercase().ends_with(".wav")
    };
    if is_name(given) {
        return Ok(given.to_owned());
    }
    let decoded = STANDARD.decode(given).ok();
    decoded
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|name| is_name(name))
        .ok_or_else(|| {
            let limit =
                format!("the name of a sound that the device has, ….wav, at most {AUDIO_NAME_BYTES} bytes");
            BodyFault::new("audio", limit)
        })
}

/// The call of a `native` command.
pub(super) struct NativeCall {
    operator: String,
    body: Value,
    /// What it is, where it is one of the document's and can be read.
    known: Option<Call>,
}

/// Reads a `native` command.
///
/// # Errors
/// Where the operator is no name, or the body no object.
pub(super) fn native_call(body: &Value) -> Result<NativeCall, BodyFault> {
    let operator = text(body, "operation").unwrap_or_default().trim().to_owned();
    let is_name = !operator.is_empty() && operator.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_name {
        let what = "the operator's name as it stands in the document";
        return Err(BodyFault::new("operation", what));
    }
    let body = match body.get("body") {
        None | Some(Value::Null) => json!({}),
        Some(body @ Value::Object(_)) => body.clone(),
        Some(_) => return Err(BodyFault::new("body", "an object, the call's fields")),
    };
    let written = native(&operator, &body, None).to_bytes();
    let known = ReceivedCall::read(&operator, &written).ok().map(|read| read.call);
    Ok(NativeCall {
        operator,
        body,
        known,
    })
}

/// Whether a `native` command destroys records that the terminal holds (3.8, 3.11).
pub(super) fn clears_records(body: &Value) -> bool {
    match native_call(body).ok().and_then(|call| call.known) {
        Some(Call::DeletePerson(_) | Call::DeleteAllPerson(_)) => true,
        Some(Call::SetFactoryDefault(reset)) => reset.captures || reset.people || reset.records,
        _ => false,
    }
}

/// An answer of any operator, kept as it came.
struct Whole(Value);

impl Answer for Whole {
    fn read(body: Body) -> Result<Self, LenientError> {
        Ok(Self(body.to_value()))
    }

    fn body(&self, _: &DeviceId) -> Body {
        Body::default()
    }
}

/// A call of any operator.
struct AnyCall {
    operator: &'static str,
}

impl Operation for AnyCall {
    type Answer = Whole;

    fn operator(&self) -> &'static str {
        self.operator
    }

    fn section(&self) -> &'static str {
        ""
    }

    fn read(_: &str, _: &mut Body) -> Option<Result<Self, LenientError>> {
        None
    }

    fn body(&self) -> Body {
        Body::new(self.operator)
    }
}

impl FacegateLink {
    pub(super) async fn commanded(&self, kind: CommandKind, body: &Value) -> Result<CommandDone, CallError> {
        let wire = &self.wire;
        match kind {
            CommandKind::OpenDoor => wire.call(&door(body)).await?,
            CommandKind::ShowMessage => wire.call(&shown(body)).await?,
            CommandKind::Reboot => self.reboot().await?,
            CommandKind::Upgrade => {
                let done = wire.call_within(&upgrade(body), UPDATE_WITHIN).await?;
                self.restarts.notify_one();
                done
            }
            CommandKind::ClearRecords => wire.call(&SetFactoryDefault::records()).await?,
            CommandKind::SyncTime => {
                let now = wire.line.zone().to_datetime(Timestamp::now());
                wire.call(&SetSettings::time(now)).await?;
                measure(wire).await?;
                return Ok(CommandDone::default());
            }
            CommandKind::Snapshot => return self.snapshot().await,
            CommandKind::PlayAudio => return self.play(body).await,
            CommandKind::ResendRecords => return self.resend(body).await,
            CommandKind::Native => return self.native(body).await,
            _ => {
                let text = "this dialect has no such command";
                return Err(CallError::ours(Failure::Unsupported, text));
            }
        };
        Ok(CommandDone::default())
    }

    /// A terminal that took the call and hangs up instead of answering does what it was told (QUIRKS A38).
    async fn reboot(&self) -> Result<Done, CallError> {
        let begun_ms = now_ms();
        let told = self.wire.call(&RebootDevice::NOW).await;
        match told {
            Err(error) if error.failure == Failure::Disconnected && self.wire.was_reached_since(begun_ms) => {
                Ok(Done)
            }
            other => other,
        }
    }

    async fn snapshot(&self) -> Result<CommandDone, CallError> {
        let taken = self.wire.call(&FrontalFaceSnap { whole: true }).await?;
        let photo = taken.picture.decode().map_err(|error| {
            CallError::ours(Failure::Internal, format!("the picture cannot be read: {error}"))
        })?;
        if photo.is_empty() {
            return Err(CallError::ours(
                Failure::NothingSeen,
                "the device sent no picture",
            ));
        }
        Ok(CommandDone {
            result: Some(json!({})),
            photo: Some(photo),
        })
    }

    /// One of the terminal's own sounds; where it has none of this name, one of its owner's.
    async fn play(&self, body: &Value) -> Result<CommandDone, CallError> {
        let name = audio_name(body).map_err(of_fault)?;
        let mut refusal = None;
        for kind in SOUNDS {
            let sound = SetAudio {
                kind,
                name: Some(name.clone()),
            };
            match self.wire.call(&sound).await {
                Ok(_) => return Ok(CommandDone::default()),
                Err(error) if error.code.is_some() || error.failure == Failure::Internal => {
                    refusal.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(refusal.unwrap_or_else(CallError::disconnected))
    }

    /// Has the records of some time pushed again (3.32).
    async fn resend(&self, body: &Value) -> Result<CommandDone, CallError> {
        let (from, until) = range_of(body).map_err(of_fault)?;
        let wall_clock = |at: Timestamp| self.wire.wall_clock(self.wire.there_ms(at));
        let again = ManualPushRecords::between(wall_clock(from), wall_clock(until));
        let pushed = self.wire.call(&again).await?;
        Ok(CommandDone {
            result: Some(json!({"records": pushed.found})),
            photo: None,
        })
    }

    /// Any call, as it stands in the document. The hub keeps up with a user and an address that are set so.
    async fn native(&self, body: &Value) -> Result<CommandDone, CallError> {
        let call = native_call(body).map_err(of_fault)?;
        let result = match &call.known {
            Some(Call::SetUserPwd(new)) => replace_user(&self.wire, new, self.any(&call)).await?,
            Some(Call::SetSettings(change)) if settings::moves(change.group, &change.values) => {
                self.set_network(&call, change).await?
            }
            _ => self.any(&call).await?,
        };
        if call.known.as_ref().is_some_and(Call::reboots) {
            self.restarts.notify_one();
        }
        Ok(CommandDone {
            result: Some(result),
            photo: None,
        })
    }

    /// The answer as it came, if it says that all is well.
    async fn any(&self, call: &NativeCall) -> Result<Value, CallError> {
        self.any_within(call, UPDATE_WITHIN).await
    }

    async fn any_within(&self, call: &NativeCall, within: Duration) -> Result<Value, CallError> {
        let message = native(&call.operator, &call.body, self.wire.device().as_ref());
        let answered = self.wire.any(&call.operator, &message, within).await?;
        let known = OPERATORS
            .iter()
            .find(|name| name.eq_ignore_ascii_case(&call.operator));
        let asked = AnyCall {
            operator: known.copied().unwrap_or_default(),
        };
        match answer_of(&asked, &answered.body) {
            Ok(Whole(answer)) => Ok(answer),
            // Past the end of a list nothing is said (QUIRKS A76).
            Err(Refusal::Body(BodyError::Empty)) if answered.status == 200 => Ok(Value::Null),
            Err(Refusal::Body(_)) if answered.status == 200 => Ok(as_it_came(&answered)),
            Err(refusal) => Err(refused(&refusal, answered.status)),
        }
    }

    async fn set_network(&self, call: &NativeCall, change: &SetSettings) -> Result<Value, CallError> {
        let begun_ms = now_ms();
        let told = self.any_within(call, UNANSWERED_WITHIN).await;
        let result = self.unanswered(begun_ms, told, Value::Null)?;
        settings::follow(&self.wire, &change.values).await?;
        Ok(result)
    }

    /// Changes the network, of which the terminal says nothing; the hub follows it by what was asked for.
    pub(super) async fn change_network(
        &self,
        change: &SetSettings,
        asked: &Map<String, Value>,
    ) -> Result<(), CallError> {
        let begun_ms = now_ms();
        let told = self.wire.call_within(change, UNANSWERED_WITHIN).await;
        self.unanswered(begun_ms, told.map(|_| ()), ())?;
        settings::follow(&self.wire, asked).await
    }

    /// Silence after a call that reached the terminal and need not be answered is no failure.
    fn unanswered<T>(&self, begun_ms: i64, answer: Result<T, CallError>, silence: T) -> Result<T, CallError> {
        match answer {
            Err(error) if error.failure == Failure::Timeout && self.wire.was_reached_since(begun_ms) => {
                Ok(silence)
            }
            other => other,
        }
    }
}

/// Connections are noted by the millisecond.
fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

fn of_fault(fault: BodyFault) -> CallError {
    CallError::ours(Failure::BadParameter, fault.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_is_one_that_the_terminal_has() {
        let name = |audio: &str| audio_name(&json!({ "audio": audio }));
        assert_eq!(name("welcome.wav").unwrap(), "welcome.wav");
        assert_eq!(name("d2VsY29tZS53YXY=").unwrap(), "welcome.wav");
        assert_eq!(name("UklGRg==").unwrap_err().path, "audio");
    }

    #[test]
    fn what_destroys_records_is_known_by_what_it_does() {
        let clears =
            |operation: &str, body: Value| clears_records(&json!({"operation": operation, "body": body}));
        assert!(clears("DeletePerson", json!({"IdType": 2, "PersonUUID": ["a"]})));
        assert!(clears("deleteallperson", json!({"DeleteAllPersonCheck": 1})));
        assert!(clears("SetFactoryDefault", json!({"info": {"DefaltPerson": 1}})));
        assert!(!clears("SetFactoryDefault", json!({"DefaltSoundSet": 1})));
        assert!(!clears("GetSound", Value::Null));
    }
}
