//! What the hub asks of a device: the dialect's operations as a [`Link`].

use super::broker::Broker;
use super::client::Publisher;
use super::conversation::{Conversation, Open, good, refused, succeeded, unreadable};
use super::declared::operation;
use super::people;
use crate::links::{
    CallError, CommandDone, Failure, HeldPerson, Link, PeopleSink, PersonDone, PersonPut, Progress, warnings,
};
use async_trait::async_trait;
use dialects::lenient;
use dialects::mqtt::convert::{DevicePhoto, Wanted, person_to_device, settings as unified};
use dialects::mqtt::person::{OnlineGetRegisterCountResp, Operate};
use dialects::mqtt::topic::Part;
use dialects::mqtt::{
    CloudRequest, CloudResponse, DevInfo, ErrorCode, Message as _, OnlineDeleteSnapRecord, OnlineGetDevInfo,
    OnlineGetDevInfoResp, OnlineGetPhoto, OnlineGetPhotoResp, OnlineGetRegisterCount, OnlineOpen,
    OnlineReboot, OnlineSetDevInfo, OnlineStopGetRegister, OnlineUpdate, PersonInfo, RegisterPersonInfo,
    RegisterResp, Reply, Topic,
};
use dialects::placement::Placement;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{CommandKind, Decider, DeviceSettings, SettingsChange};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a device may take to answer.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take to enrol a person with photos.
const ENROL_WITHIN: Duration = Duration::from_secs(60);
/// How long it may say nothing while it fetches and installs a program.
const UPDATE_WITHIN: Duration = Duration::from_secs(600);
/// The program; for the file system and the kernel there is the native message (2.1.4).
const APPLICATION: i64 = 1;
/// Any picture (2.3.2).
const ANY_PICTURE: i64 = 1;
/// The one group of this dialect's settings (hub rule 36).
pub(super) const SETTINGS: &str = "devInfo";

/// The hub's end of a device's session.
pub(super) struct MqttLink {
    pub(super) serial: String,
    publisher: Publisher,
    broker: Option<Arc<Broker>>,
    open: Arc<Open>,
    closing: CancellationToken,
    /// The wall clock at the device's door.
    zone: Mutex<TimeZone>,
    hub_decides: AtomicBool,
    /// Somebody asked the device whom it holds, and takes them.
    is_read: AtomicBool,
    /// What the device sends along, once it was admitted.
    token: Mutex<String>,
}

impl MqttLink {
    pub(super) fn new(serial: String, publisher: Publisher, broker: Option<Arc<Broker>>) -> Arc<Self> {
        Arc::new(Self {
            serial,
            publisher,
            broker,
            open: Arc::default(),
            closing: CancellationToken::new(),
            zone: Mutex::new(TimeZone::UTC),
            hub_decides: AtomicBool::new(false),
            is_read: AtomicBool::new(false),
            token: Mutex::default(),
        })
    }

    /// The wall clock at the device's door, as the hub has it.
    pub(super) fn set_zone(&self, zone: TimeZone) {
        *self.zone.lock().unwrap_or_else(PoisonError::into_inner) = zone;
    }

    pub(super) fn zone(&self) -> TimeZone {
        self.zone.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who decides on passes at the device's door.
    pub(super) fn note_decider(&self, decider: Decider) {
        self.hub_decides.store(decider == Decider::Hub, Ordering::Relaxed);
    }

    /// What the device is to send along once it is admitted.
    pub(super) fn set_token(&self, token: String) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// Resolves once the hub wants the session ended.
    pub(super) async fn closed(&self) {
        self.closing.cancelled().await;
    }

    /// Nobody answers any more.
    pub(super) fn end(&self) {
        self.open.end();
    }

    /// Takes a device's answer.
    pub(super) fn answered(&self, msg_id: &str, answer: Value) -> bool {
        self.open.answered(msg_id, answer)
    }

    /// Notes, until it is dropped, that the device is asked whom it holds.
    pub(super) fn reading(&self) -> Reading<'_> {
        self.is_read.store(true, Ordering::Relaxed);
        Reading(self)
    }

    /// Stops a device that tells of people whom nobody takes any more: without acknowledgements it would never end.
    pub(super) async fn stop_unread(&self) {
        if !self.is_read.load(Ordering::Relaxed) {
            self.stop_telling().await;
        }
    }

    /// Has the device tell of no more people; its answer is not waited for.
    pub(super) async fn stop_telling(&self) {
        let asked = self
            .ask(|id| OnlineStopGetRegister {
                msg_id: id.to_owned(),
                device_no: self.device_no(),
            })
            .await;
        if let Err(error) = asked {
            tracing::debug!(serial = self.serial, %error, "the device was not stopped");
        }
    }

    /// Asks the device for anything at all; whatever it says is heard by its session.
    pub(super) async fn ask_for_a_word(&self) {
        let asked = self
            .ask(|id| OnlineGetRegisterCount {
                msg_id: id.to_owned(),
                device_no: self.device_no(),
            })
            .await;
        if let Err(error) = asked {
            tracing::debug!(serial = self.serial, %error, "the device was not asked");
        }
    }

    /// Tells the device something that it does not answer.
    pub(super) async fn tell(&self, message: impl Into<CloudResponse>) {
        let topic = Topic::of_cloud(self.serial.as_str(), Part::Response);
        // Without a broker the device asks again.
        let _ = self.publisher.publish(&topic, message.into().to_bytes()).await;
    }

    /// The answer to `register` (2.1.1): the token, and the time.
    pub(super) async fn tell_registered(&self, code: ErrorCode) {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.tell(RegisterResp {
            device_no: self.serial.clone(),
            token,
            time: Timestamp::now().as_millisecond().to_string(),
            code,
        })
        .await;
    }

    /// Asks; the answers follow.
    pub(super) async fn ask<M: Into<CloudRequest>>(
        &self,
        question: impl FnOnce(&str) -> M,
    ) -> Result<Conversation, CallError> {
        let conversation = self.open.begin();
        let request: CloudRequest = question(&conversation.msg_id).into();
        self.send(&request).await?;
        Ok(conversation)
    }

    async fn send(&self, request: &CloudRequest) -> Result<(), CallError> {
        let topic = Topic::of_cloud(self.serial.as_str(), Part::Request);
        let payload = request.to_bytes();
        let sent = if is_of_this_moment(request.name()) {
            self.publisher.publish_now_or_never(&topic, payload).await
        } else {
            self.publisher.publish(&topic, payload).await
        };
        sent.map_err(|_| CallError::disconnected())
    }

    /// Asks for what has one answer.
    pub(super) async fn one<M: Into<CloudRequest>>(
        &self,
        within: Duration,
        question: impl FnOnce(&str) -> M,
    ) -> Result<Value, CallError> {
        self.ask(question).await?.next(within).await
    }

    async fn done<M: Into<CloudRequest>>(
        &self,
        within: Duration,
        question: impl FnOnce(&str) -> M,
    ) -> Result<CommandDone, CallError> {
        succeeded(&self.one(within, question).await?)?;
        Ok(CommandDone::default())
    }

    fn device_no(&self) -> String {
        self.serial.clone()
    }

    async fn person(&self, operate: Operate, person: PersonInfo) -> Result<(), CallError> {
        let person = PersonInfo {
            operate: Some(operate),
            ..person
        };
        let answer = self
            .one(ENROL_WITHIN, |id| {
                RegisterPersonInfo::one(id, &self.serial, person)
            })
            .await?;
        succeeded(&answer)
    }

    /// Adds a person; whom the device has already it changes.
    async fn put(&self, person: PersonInfo) -> Result<(), CallError> {
        let first = match self.person(Operate::Add, person.clone()).await {
            Err(error) if may_be_there(&error) => error,
            other => return other,
        };
        match self.person(Operate::Change, person).await {
            // They were not there, then: the first answer says what is wrong.
            Err(error) if may_be_there(&error) => Err(first),
            other => other,
        }
    }

    /// Adds a person of whom there is no photo, afresh: a change leaves the photos that the device has, and whoever's
    /// photos were deleted is not to be let in by them. The document asks for a photo, some devices do with a card.
    async fn put_without_photos(&self, person: PersonInfo) -> Result<(), CallError> {
        self.absent(&person.id).await?;
        self.person(Operate::Add, person).await.map_err(|error| {
            if may_be_there(&error) {
                let text = "photos: the device takes nobody without one";
                return CallError {
                    text: format!("{text} ({})", error.text),
                    failure: Failure::PhotoRejected,
                    ..error
                };
            }
            error
        })
    }

    /// Sees to it that somebody is not there.
    async fn absent(&self, wire_id: &str) -> Result<(), CallError> {
        match self.delete(wire_id).await {
            Err(error) if error.failure == Failure::NotFound => Ok(()),
            other => other,
        }
    }

    async fn delete(&self, wire_id: &str) -> Result<(), CallError> {
        let person = PersonInfo {
            id: wire_id.to_owned(),
            ..PersonInfo::default()
        };
        match self.person(Operate::Delete, person).await {
            // The document has no code of its own for somebody who is not there.
            Err(error) if error.code == Some(ErrorCode::InvalidPerson.number()) => Err(CallError {
                failure: Failure::NotFound,
                ..error
            }),
            other => other,
        }
    }

    async fn snapshot(&self) -> Result<CommandDone, CallError> {
        let answer = self
            .one(ANSWER_WITHIN, |id| OnlineGetPhoto {
                msg_id: id.to_owned(),
                device_no: self.device_no(),
                photo_type: ANY_PICTURE,
            })
            .await?;
        let answer: OnlineGetPhotoResp = good(&answer)?;
        let photo = answer
            .photo
            .decode()
            .map_err(|error| unreadable(&format!("the picture: {error}")))?;
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

    /// A program, answered several times: how far it is, then how it ended (QUIRKS M42).
    async fn update(&self, body: &Value, progress: &dyn Progress) -> Result<CommandDone, CallError> {
        let update = update_of(body);
        let mut answers = self
            .ask(|id| OnlineUpdate {
                msg_id: id.to_owned(),
                device_no: self.device_no(),
                ..update
            })
            .await?;
        loop {
            let answer = answers.next(UPDATE_WITHIN).await?;
            let reply: Reply = lenient::read(&answer).map_err(|error| unreadable(&error.to_string()))?;
            match reply.code {
                ErrorCode::Success => break,
                code if code.is_progress() => progress.report(json!({
                    "code": code.number(),
                    "text": if reply.msg.trim().is_empty() { code.text() } else { reply.msg.trim() },
                })),
                code => return Err(refused(code, &reply.msg)),
            }
        }
        Ok(CommandDone {
            result: Some(json!({"version": body.get("version").cloned().unwrap_or_default()})),
            photo: None,
        })
    }

    /// Any message as it stands in the document; id and device are filled in.
    async fn native(&self, body: &Value) -> Result<CommandDone, CallError> {
        let name = operation(body);
        let mut fields = body
            .get("body")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        fields.insert("deviceNo".to_owned(), self.device_no().into());
        let named = |id: &str| {
            fields.insert("msgID".to_owned(), id.into());
            CloudRequest::Unknown {
                name: name.to_owned(),
                fields: Value::Object(fields),
            }
        };
        let answer = self.one(ENROL_WITHIN, named).await?;
        succeeded(&answer)?;
        Ok(CommandDone {
            result: Some(answer),
            photo: None,
        })
    }

    async fn settings(&self) -> Result<DevInfo, CallError> {
        let answer = self
            .one(ANSWER_WITHIN, |id| OnlineGetDevInfo {
                msg_id: id.to_owned(),
                device_no: self.device_no(),
            })
            .await?;
        good::<OnlineGetDevInfoResp>(&answer).map(|answer| answer.settings)
    }

    async fn set(&self, settings: DevInfo) -> Result<(), CallError> {
        let answer = self
            .one(ANSWER_WITHIN, |id| OnlineSetDevInfo {
                msg_id: id.to_owned(),
                device_no: self.device_no(),
                settings,
            })
            .await?;
        succeeded(&answer)
    }
}

/// Whether a message is of no use later, or does harm then: a door that was to open once is not to open whenever the
/// device comes back, and what destroys records is not to destroy those that came up meanwhile (hub rule 33).
fn is_of_this_moment(name: &str) -> bool {
    [
        OnlineOpen::NAME,
        OnlineReboot::NAME,
        OnlineUpdate::NAME,
        OnlineDeleteSnapRecord::NAME,
    ]
    .iter()
    .any(|moment| moment.eq_ignore_ascii_case(name.trim()))
}

/// A device is asked whom it holds while this lives.
pub(super) struct Reading<'a>(&'a MqttLink);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.is_read.store(false, Ordering::Relaxed);
    }
}

/// The message of an upgrade; its key is the file's length (QUIRKS M41), else its MD5.
pub(super) fn update_of(body: &Value) -> OnlineUpdate {
    let text = |key: &str| {
        let text = body.get(key).and_then(Value::as_str).unwrap_or_default();
        text.trim().to_owned()
    };
    let size = body.get("size").and_then(Value::as_u64);
    OnlineUpdate {
        // To be replaced by the conversation's.
        msg_id: "0".to_owned(),
        device_no: String::new(),
        update_type: APPLICATION,
        url: text("url"),
        key: size.map_or_else(|| text("md5").to_ascii_lowercase(), |size| size.to_string()),
    }
}

#[async_trait]
impl Link for MqttLink {
    fn set_zone(&self, zone: TimeZone) {
        Self::set_zone(self, zone);
    }

    /// One person a message (QUIRKS M29). Whether the device has the person is not asked: whom it cannot add it changes.
    async fn put_person(&self, put: PersonPut) -> Result<PersonDone, CallError> {
        let photos: Vec<DevicePhoto<'_>> = put
            .photos
            .iter()
            .map(|photo| DevicePhoto {
                id: &photo.id,
                jpeg: &photo.jpeg,
            })
            .collect();
        let converted = person_to_device(&Wanted {
            person: &put.person,
            rules: &put.rules,
            zone: &put.time_zone,
            photos: &photos,
            now: Timestamp::now(),
            hub_decides: self.hub_decides.load(Ordering::Relaxed),
        });
        match converted.placement {
            // The hub keeps the person away until the days that the device is told allow no more than the grants.
            Placement::Absent => self.absent(put.person.id.as_str()).await?,
            Placement::Unsupported => {
                self.absent(put.person.id.as_str()).await?;
                let text = "the dialect cannot say when this person may pass";
                return Err(CallError::ours(Failure::Unsupported, text));
            }
            Placement::Hold(person) if photos.is_empty() => self.put_without_photos(*person).await?,
            Placement::Hold(person) => self.put(*person).await?,
        }
        Ok(PersonDone {
            warnings: warnings(converted.losses),
            redo_at: converted.redo_at,
        })
    }

    async fn remove_person(&self, wire_id: &str) -> Result<(), CallError> {
        self.delete(wire_id).await
    }

    async fn count_persons(&self) -> Result<u32, CallError> {
        let answer = self
            .one(ANSWER_WITHIN, |id| OnlineGetRegisterCount {
                msg_id: id.to_owned(),
                device_no: self.device_no(),
            })
            .await?;
        good::<OnlineGetRegisterCountResp>(&answer).map(|answer| answer.people)
    }

    async fn list_persons(&self) -> Result<Vec<HeldPerson>, CallError> {
        people::list(self).await
    }

    async fn read_people(&self, sink: &dyn PeopleSink) -> Result<u32, CallError> {
        people::read(self, sink).await
    }

    async fn command(
        &self,
        kind: CommandKind,
        body: &Value,
        progress: &dyn Progress,
    ) -> Result<CommandDone, CallError> {
        let text = |key: &str| {
            let text = body.get(key).and_then(Value::as_str).unwrap_or_default();
            text.to_owned()
        };
        match kind {
            CommandKind::OpenDoor => {
                self.done(ANSWER_WITHIN, |id| OnlineOpen {
                    msg_id: id.to_owned(),
                    device_no: self.device_no(),
                    msg: text("message"),
                })
                .await
            }
            CommandKind::Reboot => {
                self.done(ANSWER_WITHIN, |id| OnlineReboot {
                    msg_id: id.to_owned(),
                    device_no: self.device_no(),
                })
                .await
            }
            CommandKind::ClearRecords => {
                self.done(ANSWER_WITHIN, |id| OnlineDeleteSnapRecord {
                    msg_id: id.to_owned(),
                    device_no: self.device_no(),
                })
                .await
            }
            CommandKind::Snapshot => self.snapshot().await,
            CommandKind::Upgrade => self.update(body, progress).await,
            CommandKind::Native => self.native(body).await,
            _ => Err(CallError::ours(
                Failure::Unsupported,
                "this dialect has no such command",
            )),
        }
    }

    async fn read_settings(&self) -> Result<DeviceSettings, CallError> {
        Ok(unified::read(&self.settings().await?))
    }

    async fn write_settings(&self, change: &SettingsChange) -> Result<(), CallError> {
        let settings = unified::write(change)
            .map_err(|error| CallError::ours(Failure::BadParameter, error.to_string()))?;
        self.set(settings).await
    }

    async fn read_native_settings(&self, group: &str) -> Result<Value, CallError> {
        only_group(group)?;
        Ok(Value::Object(self.settings().await?.0))
    }

    async fn write_native_settings(
        &self,
        group: &str,
        changes: &Map<String, Value>,
    ) -> Result<(), CallError> {
        only_group(group)?;
        let settings = DevInfo::change(changes)
            .map_err(|error| CallError::ours(Failure::BadParameter, error.to_string()))?;
        self.set(settings).await
    }

    async fn set_decider(&self, decider: Decider) -> Result<(), CallError> {
        self.note_decider(decider);
        let itself = u8::from(decider == Decider::Device).to_string();
        let changes = Map::from_iter([("autoOpenDoorEnable".to_owned(), Value::from(itself))]);
        self.write_native_settings(SETTINGS, &changes).await
    }

    /// A device that asked while it was pending was told no; it need not wait until it asks again.
    async fn admitted(&self) {
        self.tell_registered(ErrorCode::Success).await;
    }

    fn close(&self) {
        self.closing.cancel();
        if let Some(broker) = &self.broker {
            broker.hang_up(&self.serial);
        }
    }
}

/// Codes by which a device may mean that it has the person already: the document has none for it.
fn may_be_there(error: &CallError) -> bool {
    let code = error.code.map(ErrorCode::from);
    matches!(code, Some(ErrorCode::Failed | ErrorCode::InvalidPerson))
}

fn only_group(group: &str) -> Result<(), CallError> {
    if group == SETTINGS {
        return Ok(());
    }
    Err(CallError::ours(Failure::NotFound, "there is no such group"))
}
