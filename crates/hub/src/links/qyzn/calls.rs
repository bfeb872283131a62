//! What the hub asks of a device: the dialect's operations as a [`Link`].

use super::declared::SNAPSHOT_SECONDS;
use super::native;
use super::people::Learnt;
use super::refusal::refused;
use super::sync::{Heard, Listening, ToldPeople};
use crate::links::{
    CallError, CommandDone, Failure, HeldPerson, Link, PeopleSink, PersonDone, PersonPut, Progress,
};
use crate::state::Hub;
use async_trait::async_trait;
use dialects::qyzn::control::{CardType, RecordSelection};
use dialects::qyzn::convert::settings as unified;
use dialects::qyzn::operation::answer_of;
use dialects::qyzn::time::WallTime;
use dialects::qyzn::{
    Code, ConfigGroup, ConfigSystem, DeletePerson, DeviceRestart, DeviceSyncPerson, DeviceUpgrade,
    GetConfigs, OnlineOpenDoor, OpenDoor, Operation, ParseError, PlatformRequest, RecordClear, Refusal,
    RequestBody, ResendRecords, ResponseBody, SerialOutput, SnapshotPicture, SwipingCard, SyncPerson,
    Version, WiegandOutput,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{CommandKind, Decider, DeviceId, DeviceSettings, SettingsChange};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Calls that wait for the connection's task; the device does one at a time.
const CALLS_WAITING: usize = 2;

/// How long a snapshot waits for a face when nobody says, in seconds.
const DEFAULT_SNAPSHOT_SECONDS: i64 = 10;

/// No device has a record from before: 2000-01-01T00:00:00Z.
const FIRST_RECORDS: Timestamp = Timestamp::constant(946_684_800, 0);

/// A request of the hub on its way to the connection's task.
pub(super) struct Call {
    pub(super) body: RequestBody,
    pub(super) needs: Version,
    pub(super) reply: oneshot::Sender<Result<ResponseBody, CallError>>,
}

/// The hub's end of a connection.
pub(super) struct QyznLink {
    calls: mpsc::Sender<Box<Call>>,
    /// Held from a request to its answer: while people are read others call, too, and the device does one thing at a time.
    one: tokio::sync::Mutex<()>,
    closing: CancellationToken,
    listening: Listening,
    /// The wall clock at the device's door, as the hub had it last.
    zone: Mutex<TimeZone>,
    pub(super) hub: Arc<Hub>,
    /// Whose connection it is, once it signed in.
    pub(super) device: OnceLock<DeviceId>,
    pub(super) learnt: Learnt,
}

impl QyznLink {
    pub(super) fn new(hub: Arc<Hub>) -> (Arc<Self>, mpsc::Receiver<Box<Call>>) {
        let (calls, receiver) = mpsc::channel(CALLS_WAITING);
        (
            Arc::new(Self {
                calls,
                one: tokio::sync::Mutex::default(),
                closing: CancellationToken::new(),
                listening: Listening::default(),
                zone: Mutex::new(hub.time_zone()),
                hub,
                device: OnceLock::new(),
                learnt: Learnt::default(),
            }),
            receiver,
        )
    }

    /// Takes a person that the device tells of (4.3.7).
    pub(super) async fn told_of(&self, person: DeviceSyncPerson) -> Heard {
        self.listening.take(person).await
    }

    /// Somebody of whom the device tells cannot be read.
    pub(super) async fn told_of_unreadable(&self, data: &Value, problem: &ParseError) {
        let person = data.get("personId").and_then(Value::as_str);
        tracing::warn!(device = ?self.device.get(), ?person, %problem, "a device holds somebody who cannot be read");
        metrics::counter!("menshen_people_unreadable_total", "dialect" => super::NAME).increment(1);
        self.listening.passed_over().await;
    }

    /// The connection has ended.
    pub(super) fn ended(&self) {
        self.listening.end();
    }

    /// Whose connection it is.
    pub(super) fn signed_in(&self, device: &DeviceId) {
        // A connection speaks for one device.
        let _ = self.device.set(device.clone());
    }

    /// The wall clock at the device's door.
    pub(super) fn zone(&self) -> TimeZone {
        self.zone.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Resolves once the hub wants the connection closed.
    pub(super) async fn closed(&self) {
        self.closing.cancelled().await;
    }

    async fn request(&self, body: RequestBody, needs: Version) -> Result<ResponseBody, CallError> {
        // A device that fetches a program has a hand free for the door.
        let waits_long = PlatformRequest::patience(&body.message) > Duration::ZERO;
        let _one = match waits_long {
            true => None,
            false => Some(self.one.lock().await),
        };
        let (reply, answer) = oneshot::channel();
        let call = Box::new(Call { body, needs, reply });
        self.calls
            .send(call)
            .await
            .map_err(|_| CallError::disconnected())?;
        answer.await.unwrap_or_else(|_| Err(CallError::disconnected()))
    }

    /// Calls an operation and reads its answer.
    pub(super) async fn ask<O: Operation>(&self, operation: &O) -> Result<O::Answer, CallError> {
        self.ask_as::<O>(O::NAME, operation).await
    }

    async fn ask_as<O: Operation>(&self, name: &str, operation: &O) -> Result<O::Answer, CallError> {
        let body = RequestBody {
            message: name.to_owned(),
            data: operation.data(),
        };
        let answer = self.request(body, O::SINCE).await?;
        answer_of::<O>(&answer).map_err(refused)
    }

    async fn snapshot(&self, body: &Value) -> Result<CommandDone, CallError> {
        let seconds = body
            .get("timeout")
            .and_then(Value::as_i64)
            .unwrap_or(DEFAULT_SNAPSHOT_SECONDS);
        let timeout_seconds = seconds.clamp(1, SNAPSHOT_SECONDS);
        let answer = self.ask(&SnapshotPicture { timeout_seconds }).await?;
        let photo = answer.image.decode().map_err(|error| {
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

    /// The hub's time now, in the device's zone (4.5.10.3).
    async fn sync_time(&self) -> Result<CommandDone, CallError> {
        let now = WallTime::new(self.zone().to_datetime(Timestamp::now())).to_string();
        let changes = Map::from_iter([("currenttime".to_owned(), Value::String(now))]);
        self.configure(ConfigGroup::Time, &changes).await?;
        Ok(CommandDone::default())
    }

    async fn configure(&self, group: ConfigGroup, changes: &Map<String, Value>) -> Result<(), CallError> {
        let system = ConfigSystem::one(group, changes)
            .map_err(|error| CallError::ours(Failure::BadParameter, error.to_string()))?;
        self.ask(&system).await?;
        Ok(())
    }

    /// The device fetches, checks, answers and restarts (4.5.2).
    async fn upgrade(&self, body: &Value) -> Result<CommandDone, CallError> {
        let text = |key: &str| {
            body.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let upgrade = DeviceUpgrade {
            url: text("url"),
            version: text("version"),
            check: text("md5").to_ascii_lowercase(),
        };
        self.ask(&upgrade).await?;
        Ok(CommandDone {
            result: Some(json!({"version": upgrade.version})),
            photo: None,
        })
    }

    /// Records of a time come again as ordinary ones (4.5.11).
    async fn resend(&self, body: &Value) -> Result<CommandDone, CallError> {
        let edge = |key: &str| {
            let text = body.get(key).and_then(Value::as_str).unwrap_or_default();
            text.parse::<Timestamp>()
                .map_err(|_| CallError::ours(Failure::BadParameter, format!("{key}: an RFC 3339 instant")))
        };
        self.resend_between(edge("from")?, edge("until")?).await?;
        Ok(CommandDone::default())
    }

    async fn resend_between(&self, from: Timestamp, until: Timestamp) -> Result<(), CallError> {
        let zone = self.zone();
        let wall = |at| WallTime::new(zone.to_datetime(at));
        self.ask(&ResendRecords {
            selection: RecordSelection::All,
            from: wall(from),
            until: wall(until),
        })
        .await?;
        Ok(())
    }

    /// The next card held to the reader (4.5.8).
    async fn read_card(&self, body: &Value) -> Result<CommandDone, CallError> {
        let seconds = body.get("timeout").and_then(Value::as_i64);
        let timeout_seconds = seconds
            .unwrap_or(DEFAULT_SNAPSHOT_SECONDS)
            .clamp(1, SNAPSHOT_SECONDS);
        let card = self.ask(&SwipingCard { timeout_seconds }).await?;
        let result = match card.card_type {
            CardType::IcCard => json!({"kind": "ic_card", "number": card.number}),
            _ => json!({"kind": "id_card", "number": card.number, "document": {
                "name": card.name, "gender": card.gender, "ethnicity": card.ethnicity, "birthday": card.birthday,
                "address": card.address, "authority": card.authority, "validity": card.validity,
            }}),
        };
        Ok(CommandDone {
            result: Some(result),
            photo: None,
        })
    }

    /// Asks whom the device holds; they follow one by one (4.3.6, 4.3.7).
    pub(super) async fn ask_for_people(&self) -> Result<ToldPeople, CallError> {
        let told = self.listening.begin();
        let expected = self.ask(&SyncPerson {}).await?.persons;
        Ok(ToldPeople::new(told, expected))
    }

    /// The digits that go out of a port, as the wire has them.
    fn digits(body: &Value) -> String {
        let hex = body.get("hex").and_then(Value::as_str).unwrap_or_default();
        hex.to_ascii_uppercase()
    }

    /// Any operation, by its wire name.
    async fn native(&self, body: &Value) -> Result<CommandDone, CallError> {
        let request = native::request(body);
        let needs = native::needs(&request.message);
        let answer = self.request(request, needs).await?;
        if answer.result != Code::Success {
            return Err(refused(Refusal::Code {
                code: answer.result,
                desc: answer.desc,
                wait_seconds: None,
            }));
        }
        let result = serde_json::to_value(&answer).unwrap_or_default();
        Ok(CommandDone {
            result: Some(result),
            photo: None,
        })
    }
}

#[async_trait]
impl Link for QyznLink {
    async fn put_person(&self, put: PersonPut) -> Result<PersonDone, CallError> {
        self.put(&put).await
    }

    async fn remove_person(&self, wire_id: &str) -> Result<(), CallError> {
        self.ask(&DeletePerson::one(wire_id)).await?;
        Ok(())
    }

    async fn command(
        &self,
        kind: CommandKind,
        body: &Value,
        _progress: &dyn Progress,
    ) -> Result<CommandDone, CallError> {
        match kind {
            CommandKind::OpenDoor => {
                self.ask(&OpenDoor {}).await?;
                Ok(CommandDone::default())
            }
            CommandKind::Reboot => {
                self.ask(&DeviceRestart {}).await?;
                Ok(CommandDone::default())
            }
            CommandKind::Snapshot => self.snapshot(body).await,
            CommandKind::Native => self.native(body).await,
            CommandKind::SyncTime => self.sync_time().await,
            CommandKind::Upgrade => self.upgrade(body).await,
            CommandKind::ResendRecords => self.resend(body).await,
            CommandKind::ReadCard => self.read_card(body).await,
            CommandKind::ClearRecords => {
                self.ask(&RecordClear {}).await?;
                Ok(CommandDone::default())
            }
            CommandKind::SerialOutput => {
                let index = body.get("index").and_then(Value::as_i64).unwrap_or(0);
                let content = Self::digits(body);
                self.ask(&SerialOutput { index, content }).await?;
                Ok(CommandDone::default())
            }
            CommandKind::WiegandOutput => {
                let content = Self::digits(body);
                self.ask(&WiegandOutput { content }).await?;
                Ok(CommandDone::default())
            }
            _ => Err(CallError::ours(
                Failure::Unsupported,
                "this dialect has no such command",
            )),
        }
    }

    /// Unsent records come by themselves; the device is asked for those once more that happened since the newest one
    /// here, or for all where there is none. Devices of before V3.6 do not know the message: they are only waited for.
    async fn recall_records(&self, since: Option<Timestamp>) -> Result<(), CallError> {
        let from = since.unwrap_or(FIRST_RECORDS);
        match self.resend_between(from, Timestamp::now()).await {
            Err(error) if matches!(error.failure, Failure::Unsupported | Failure::BadParameter) => Ok(()),
            other => other,
        }
    }

    async fn read_native_settings(&self, group: &str) -> Result<Value, CallError> {
        let Some(group) = ConfigGroup::of(group) else {
            return Err(CallError::ours(Failure::NotFound, "there is no such group"));
        };
        let configs = self.ask(&GetConfigs::one(group)).await?;
        let values = configs.group(group).cloned();
        values
            .map(Value::Object)
            .ok_or_else(|| CallError::ours(Failure::NotFound, "the device told nothing of this group"))
    }

    async fn write_native_settings(
        &self,
        group: &str,
        changes: &Map<String, Value>,
    ) -> Result<(), CallError> {
        let Some(group) = ConfigGroup::of(group) else {
            return Err(CallError::ours(Failure::NotFound, "there is no such group"));
        };
        self.configure(group, changes).await
    }

    async fn read_settings(&self) -> Result<DeviceSettings, CallError> {
        let groups: Vec<String> = unified::GROUPS
            .iter()
            .map(|group| group.name().to_owned())
            .collect();
        let configs = self.ask(&GetConfigs { groups }).await?;
        Ok(unified::read(&configs))
    }

    async fn write_settings(&self, change: &SettingsChange) -> Result<(), CallError> {
        let groups = unified::write(change)
            .map_err(|error| CallError::ours(Failure::BadParameter, error.to_string()))?;
        for (group, changes) in groups {
            self.configure(group, &changes).await?;
        }
        Ok(())
    }

    async fn list_persons(&self) -> Result<Vec<HeldPerson>, CallError> {
        self.list().await
    }

    async fn read_people(&self, sink: &dyn PeopleSink) -> Result<u32, CallError> {
        self.read(sink).await
    }

    fn set_zone(&self, zone: TimeZone) {
        *self.zone.lock().unwrap_or_else(PoisonError::into_inner) = zone;
    }

    async fn set_decider(&self, decider: Decider) -> Result<(), CallError> {
        let told = match decider {
            Decider::Hub => OnlineOpenDoor::HUB_DECIDES,
            Decider::Device => OnlineOpenDoor::DEVICE_DECIDES,
        };
        match self.ask(&told).await {
            Err(error) if error.failure == Failure::Unsupported => {
                self.ask_as::<OnlineOpenDoor>(OnlineOpenDoor::EXAMPLE_NAME, &told)
                    .await?;
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    fn close(&self) {
        self.closing.cancel();
    }
}
