//! A connected device, whatever it speaks.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{CommandKind, Decider, DeviceSettings, Person, SettingsChange, access};
use serde_json::{Map, Value};
use std::time::Duration;
use store::StoreError;
use store::hub::imports::Place;
use store::hub::roster::RosterWarning;

/// What a failed call means, whatever the dialect's code (the model's error classes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// Wrong credentials.
    Auth,
    /// The device wants to register again.
    ReRegister,
    /// The clocks differ too much.
    Clock,
    /// Not now.
    Busy,
    /// The device or its dialect has no such thing.
    Unsupported,
    /// The device does not like an argument.
    BadParameter,
    /// There is no such thing on the device.
    NotFound,
    /// It is there already.
    Exists,
    /// The device could not use the photo.
    PhotoRejected,
    /// The device holds no more.
    Full,
    /// A file could not be fetched.
    Download,
    /// A file is not what was announced.
    CheckFailed,
    /// The device took too long, or never answered.
    Timeout,
    /// Nobody stood before the camera.
    NothingSeen,
    /// Something in the device.
    Internal,
    /// The connection ended before the answer came.
    Disconnected,
}

impl Failure {
    /// The name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::ReRegister => "re_register",
            Self::Clock => "clock",
            Self::Busy => "busy",
            Self::Unsupported => "unsupported",
            Self::BadParameter => "bad_parameter",
            Self::NotFound => "not_found",
            Self::Exists => "exists",
            Self::PhotoRejected => "photo_rejected",
            Self::Full => "full",
            Self::Download => "download",
            Self::CheckFailed => "check_failed",
            Self::Timeout => "timeout",
            Self::NothingSeen => "nothing_seen",
            Self::Internal => "internal",
            Self::Disconnected => "disconnected",
        }
    }
}

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{text}", code.map(|code| format!("{code}: ")).unwrap_or_default())]
pub struct CallError {
    /// What it means.
    pub failure: Failure,
    /// The device's own code.
    pub code: Option<i64>,
    /// The device's own words, or ours where it said nothing.
    pub text: String,
    /// How long a busy device asks to wait.
    pub wait: Option<Duration>,
}

impl CallError {
    /// A failure on our side of the wire.
    #[must_use]
    pub fn ours(failure: Failure, text: impl Into<String>) -> Self {
        Self {
            failure,
            code: None,
            text: text.into(),
            wait: None,
        }
    }

    /// The connection ended.
    #[must_use]
    pub fn disconnected() -> Self {
        Self::ours(
            Failure::Disconnected,
            "the connection ended before the device answered",
        )
    }
}

/// A photo ready for a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutPhoto {
    /// The photo's id.
    pub id: String,
    /// A JPEG within the dialect's limits.
    pub jpeg: Vec<u8>,
}

/// A person on the way to a device.
#[derive(Debug, Clone)]
pub struct PersonPut {
    /// The person, under the id that the device uses, where that can be one of the hub's.
    pub person: Person,
    /// The id that the device uses, as it is there.
    pub wire_id: String,
    /// What lets them in there.
    pub rules: Vec<access::Rule>,
    /// Photos, the best first.
    pub photos: Vec<PutPhoto>,
    /// The device's zone.
    pub time_zone: TimeZone,
}

/// What became of a person on a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonDone {
    /// What the dialect could not express.
    pub warnings: Vec<RosterWarning>,
    /// When the person is to be sent again, because something begins or ends that the device was not told.
    pub redo_at: Option<Timestamp>,
}

/// What a conversion could not express, as the roster keeps it.
#[must_use]
pub fn warnings(losses: Vec<dialects::Loss>) -> Vec<RosterWarning> {
    let warning = |loss: dialects::Loss| {
        let reason = serde_json::to_value(loss.reason).ok();
        RosterWarning {
            field: loss.field,
            reason: reason
                .and_then(|reason| reason.as_str().map(str::to_owned))
                .unwrap_or_default(),
        }
    };
    losses.into_iter().map(warning).collect()
}

/// Someone whom a device says it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPerson {
    /// The id there.
    pub wire_id: String,
    /// The name there.
    pub name: String,
}

/// A whole person as a device holds them, on the way into the hub.
#[derive(Debug, Clone)]
pub struct DevicePerson {
    /// The id there.
    pub wire_id: String,
    /// The person, as far as the dialect says; its id is the hub's to choose.
    pub person: Person,
    /// Photos, the best first.
    pub photos: Vec<Vec<u8>>,
    /// How many come before in the device's list, where reading can go on from there ([`PeopleSink::reached`]).
    pub index: Option<u32>,
}

/// Where the people that a device holds go.
#[async_trait]
pub trait PeopleSink: Send + Sync {
    /// Takes one person; on disk when it returns. The same person may come again.
    ///
    /// # Errors
    /// [`StoreError`]; the person is to be sent again then.
    async fn take(&self, person: DevicePerson) -> Result<(), StoreError>;

    /// Who was taken last when reading was cut short, to go on after them where the device still has them there.
    fn reached(&self) -> Option<&Place>;

    /// The device is read from its first person on.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn start_over(&self) -> Result<(), StoreError>;
}

/// Where a command that takes its time says how far it is.
pub trait Progress: Send + Sync {
    /// How far it is, in the dialect's terms.
    fn report(&self, progress: Value);
}

/// What a command brought back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CommandDone {
    /// The device's answer, as far as it is worth keeping.
    pub result: Option<Value>,
    /// A picture.
    pub photo: Option<Vec<u8>>,
}

fn unsupported(text: &str) -> CallError {
    CallError::ours(Failure::Unsupported, text)
}

/// A live connection to a device. One call at a time: the caller sees to it. Only while people are read
/// ([`Link::list_persons`], [`Link::read_people`]), which may take minutes, other calls come beside; the link sees to it
/// that they do not meet on the wire where the dialect does not allow it.
#[async_trait]
pub trait Link: Send + Sync {
    /// Brings a person onto the device, or up to date there.
    ///
    /// # Errors
    /// [`CallError`] says what it means and what the device said.
    async fn put_person(&self, person: PersonPut) -> Result<PersonDone, CallError>;

    /// The same for several people, as many as [`super::Dialect::people_at_once`] says; what became of each, in their order.
    async fn put_persons(&self, people: Vec<PersonPut>) -> Vec<Result<PersonDone, CallError>> {
        let mut done = Vec::with_capacity(people.len());
        for person in people {
            done.push(self.put_person(person).await);
        }
        done
    }

    /// Takes a person off the device.
    ///
    /// # Errors
    /// [`CallError`]; [`Failure::NotFound`] where the device has no such person.
    async fn remove_person(&self, wire_id: &str) -> Result<(), CallError>;

    /// How many persons the device holds.
    ///
    /// # Errors
    /// [`Failure::Unsupported`] where the dialect cannot say.
    async fn count_persons(&self) -> Result<u32, CallError> {
        Err(CallError::ours(
            Failure::Unsupported,
            "this dialect does not count persons",
        ))
    }

    /// Whom the device holds.
    ///
    /// # Errors
    /// [`Failure::Unsupported`] where the dialect cannot say.
    async fn list_persons(&self) -> Result<Vec<HeldPerson>, CallError> {
        Err(CallError::ours(
            Failure::Unsupported,
            "this dialect does not list persons",
        ))
    }

    /// Asks for the records that the device still holds, before something destroys them (hub rule 33). `since` is when
    /// the newest one happened that the hub has of the device. A dialect in which the hub fetches records has fetched
    /// them when this returns; where the device pushes them, whoever calls waits until no more come, and there may be
    /// nothing to ask for.
    ///
    /// # Errors
    /// [`CallError`]; the records are not destroyed then.
    async fn recall_records(&self, since: Option<Timestamp>) -> Result<(), CallError> {
        let _ = since;
        Ok(())
    }

    /// Tells the device to do something once.
    ///
    /// # Errors
    /// [`CallError`].
    async fn command(
        &self,
        kind: CommandKind,
        body: &Value,
        progress: &dyn Progress,
    ) -> Result<CommandDone, CallError>;

    /// Reads whole persons off the device, with photos where the dialect has them; the device is told that one was
    /// taken once the sink has it. Returns how many came.
    ///
    /// # Errors
    /// [`CallError`]; what was taken stays taken, and reading again goes on or begins anew.
    async fn read_people(&self, sink: &dyn PeopleSink) -> Result<u32, CallError> {
        let _ = sink;
        Err(unsupported("this dialect does not hand out persons"))
    }

    /// The shared settings (hub rule 37).
    ///
    /// # Errors
    /// [`CallError`].
    async fn read_settings(&self) -> Result<DeviceSettings, CallError> {
        Err(unsupported("this dialect has no settings"))
    }

    /// Changes shared settings, all or, as far as the dialect can, none.
    ///
    /// # Errors
    /// [`CallError`].
    async fn write_settings(&self, change: &SettingsChange) -> Result<(), CallError> {
        let _ = change;
        Err(unsupported("this dialect has no settings"))
    }

    /// One group of the dialect's own settings, as it stands on the wire (hub rule 36).
    ///
    /// # Errors
    /// [`CallError`].
    async fn read_native_settings(&self, group: &str) -> Result<Value, CallError> {
        let _ = group;
        Err(unsupported("this dialect has no settings"))
    }

    /// Changes some fields of one group of the dialect's own settings.
    ///
    /// # Errors
    /// [`CallError`].
    async fn write_native_settings(
        &self,
        group: &str,
        changes: &Map<String, Value>,
    ) -> Result<(), CallError> {
        let _ = (group, changes);
        Err(unsupported("this dialect has no settings"))
    }

    /// The wall clock at the device's door, as the hub has it now: said before each piece of work, since operators
    /// change it while the device is connected.
    fn set_zone(&self, zone: TimeZone) {
        let _ = zone;
    }

    /// Tells the device who decides on its door (hub rule 17).
    ///
    /// # Errors
    /// [`Failure::Unsupported`] where the dialect has no such switch.
    async fn set_decider(&self, decider: Decider) -> Result<(), CallError>;

    /// Whether the device fetches its people by itself: nobody is put there or taken off over this link.
    fn fetches_people(&self) -> bool {
        false
    }

    /// The device was approved while it is connected: from now on it is served.
    async fn admitted(&self) {}

    /// The device was started again while it is on the line: what it says of itself may have changed.
    ///
    /// # Errors
    /// [`CallError`].
    async fn restarted(&self) -> Result<(), CallError> {
        Ok(())
    }

    /// Ends the connection.
    fn close(&self);
}
