//! Commands: what a device is told to do once.

use crate::{CommandId, DeviceId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// Open the door once.
    OpenDoor,
    /// Restart the device.
    Reboot,
    /// Set the device's clock.
    SyncTime,
    /// Take a picture.
    Snapshot,
    /// Install firmware.
    Upgrade,
    /// Delete the device's records.
    ClearRecords,
    /// Send records again.
    ResendRecords,
    /// Play a sound.
    PlayAudio,
    /// Show a text.
    ShowMessage,
    /// Send bytes out of the serial port.
    SerialOutput,
    /// Send a number out of the Wiegand port.
    WiegandOutput,
    /// Wait for a card and tell its number.
    ReadCard,
    /// Any operation of the device's dialect, as it stands in its document.
    Native,
}

impl CommandKind {
    /// Every kind, in the order of the contract's table.
    pub const ALL: [Self; 13] = [
        Self::OpenDoor,
        Self::Reboot,
        Self::SyncTime,
        Self::Snapshot,
        Self::Upgrade,
        Self::ClearRecords,
        Self::ResendRecords,
        Self::PlayAudio,
        Self::ShowMessage,
        Self::SerialOutput,
        Self::WiegandOutput,
        Self::ReadCard,
        Self::Native,
    ];

    /// The kind's name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenDoor => "open_door",
            Self::Reboot => "reboot",
            Self::SyncTime => "sync_time",
            Self::Snapshot => "snapshot",
            Self::Upgrade => "upgrade",
            Self::ClearRecords => "clear_records",
            Self::ResendRecords => "resend_records",
            Self::PlayAudio => "play_audio",
            Self::ShowMessage => "show_message",
            Self::SerialOutput => "serial_output",
            Self::WiegandOutput => "wiegand_output",
            Self::ReadCard => "read_card",
            Self::Native => "native",
        }
    }

    /// Seconds after which an unsent command of this kind is worthless: 10 for what happens at the door, a day for
    /// the rest (hub rule 32).
    #[must_use]
    pub fn default_expiry_seconds(self) -> u32 {
        if self.is_at_the_door() { 10 } else { 24 * 60 * 60 }
    }

    /// Whether somebody stands at the door and waits for it: such a command does not wait for one that takes its time.
    #[must_use]
    pub fn is_at_the_door(self) -> bool {
        matches!(
            self,
            Self::OpenDoor | Self::ShowMessage | Self::PlayAudio | Self::SerialOutput | Self::WiegandOutput
        )
    }
}

/// Where a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    /// Waits for the device.
    Queued,
    /// Was sent; the answer is awaited.
    Sent,
    /// The device did it.
    Done,
    /// The device refused, or it could not be told.
    Failed,
    /// Its time ran out before it was sent.
    Expired,
    /// A later command made it void.
    Superseded,
}

/// One thing that a device is told to do once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Its id.
    pub id: CommandId,
    /// The device told.
    pub device_id: DeviceId,
    /// What.
    pub kind: CommandKind,
    /// Where it stands.
    pub state: CommandState,
    /// What the device gave back.
    pub result: Option<serde_json::Value>,
    /// The device's own code and text, when it failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}
