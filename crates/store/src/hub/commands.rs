//! Commands: what devices are told to do once, from the wish to the outcome (hub rules 32 to 35).
//!
//! A command is marked sent in a transaction of its own before anything reaches the wire. So after a crash it is
//! known which ones may have been done, and none of them is told a second time.

mod sqlite;

pub use sqlite::SqliteCommands;
pub(in crate::hub) use sqlite::{drop_results, erase_results};

use super::accounts::Actor;
use crate::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;
use model::{Command, CommandId, CommandKind, CommandState, DeviceId, ZoneId};
use serde_json::Value;

/// A command as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCommand {
    /// Grows with creation.
    pub seq: i64,
    /// Grows with every step.
    pub revision: i64,
    /// Not sent after this instant.
    pub expires_at: Timestamp,
    /// Whether a picture came back.
    pub has_photo: bool,
    /// The command.
    pub command: Command,
}

/// A command to be kept.
#[derive(Debug, Clone)]
pub struct NewCommand {
    /// The device to be told.
    pub device_id: DeviceId,
    /// What.
    pub kind: CommandKind,
    /// Its arguments.
    pub body: Value,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Not sent after this instant.
    pub expires_at: Timestamp,
    /// Whether it is worthless already: it is kept as expired and never sent.
    pub expired: bool,
    /// At most so many wait for one device.
    pub most_queued: u32,
}

/// A command that is to be sent now.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedCommand {
    /// Its id.
    pub id: CommandId,
    /// What.
    pub kind: CommandKind,
    /// Its arguments.
    pub body: Value,
    /// Not sent after this instant.
    pub expires_at: Timestamp,
}

/// Which of the waiting commands are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// All, in their order.
    All,
    /// Those for which somebody stands at the door ([`CommandKind::is_at_the_door`]).
    AtTheDoor,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Done, failed or expired.
    pub state: CommandState,
    /// What the device gave back.
    pub result: Option<Value>,
    /// The device's own code and text.
    pub error: Option<String>,
    /// A picture that came back.
    pub photo: Option<Vec<u8>>,
    /// When.
    pub at: Timestamp,
}

/// The commands of all devices.
///
/// Where a method takes `bound`, a device of another zone does not exist for it (hub rule 8).
#[async_trait]
pub trait Commands: Send + Sync {
    /// Keeps a command. An earlier one of a kind that makes no sense twice, still waiting, is superseded.
    ///
    /// # Errors
    /// Not found; busy where too many wait.
    async fn queue(&self, actor: &Actor, command: NewCommand) -> Result<StoredCommand, StoreError>;

    /// One command.
    ///
    /// # Errors
    /// Only what the database says.
    async fn command(
        &self,
        id: &CommandId,
        bound: Option<ZoneId>,
    ) -> Result<Option<StoredCommand>, StoreError>;

    /// A device's commands by creation, after this place.
    ///
    /// # Errors
    /// Only what the database says.
    async fn list(
        &self,
        device: &DeviceId,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredCommand>, StoreError>;

    /// Whether a command waits for a device.
    ///
    /// # Errors
    /// Only what the database says.
    async fn waiting(&self, device: &DeviceId, which: Waiting) -> Result<bool, StoreError>;

    /// Takes the next command of a device that has not expired, marked sent.
    ///
    /// # Errors
    /// Only what the database says.
    async fn claim(
        &self,
        device: &DeviceId,
        which: Waiting,
        now: Timestamp,
    ) -> Result<Option<ClaimedCommand>, StoreError>;

    /// Ends a command.
    ///
    /// # Errors
    /// Only what the database says.
    async fn finish(&self, id: &CommandId, finished: Finished) -> Result<(), StoreError>;

    /// Keeps how far a command is that was sent: `{"progress": …}` as its result until it ends.
    ///
    /// # Errors
    /// Only what the database says.
    async fn progress(&self, id: &CommandId, progress: Value) -> Result<(), StoreError>;

    /// Ends what has expired unsent; how many.
    ///
    /// # Errors
    /// Only what the database says.
    async fn expire(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Ends what was sent when the hub stopped: nobody knows whether it was done, so it is not told again.
    ///
    /// # Errors
    /// Only what the database says.
    async fn interrupted(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// The picture that came back; that it was looked at is audited.
    ///
    /// # Errors
    /// What the database or the blob store says.
    async fn photo(
        &self,
        actor: &Actor,
        id: &CommandId,
        bound: Option<ZoneId>,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// How many commands wait or are being done.
    ///
    /// # Errors
    /// Only what the database says.
    async fn open_count(&self, bound: Option<ZoneId>) -> Result<u32, StoreError>;
}
