//! Chapter 4.5: the device is told what to do.

use super::check::{self, FieldError};
use super::frame::Version;
use super::operation::{Done, Operation};
use serde::{Deserialize, Serialize};

/// `device_restart` (4.5.1), platform to device: restart. Answered first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeviceRestart {}

impl Operation for DeviceRestart {
    const NAME: &'static str = "device_restart";
    const SINCE: Version = Version::V2;
    type Answer = Done;
}

/// `open_door` (4.5.6), platform to device: open once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OpenDoor {}

impl Operation for OpenDoor {
    const NAME: &'static str = "open_door";
    const SINCE: Version = Version::V2;
    type Answer = Done;
}

/// `online_openDoor` (4.5.7), platform to device: who decides on the door. The document's example writes
/// [`Self::EXAMPLE_NAME`]: on code 103 try that name once (QUIRKS T2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineOpenDoor {
    /// Whether the remote decider is there: 0 no, 1 yes.
    pub online: i64,
    /// 0: the device decides. 1: the remote decides while it is there. 2: the remote always decides.
    pub mode: i64,
}

impl OnlineOpenDoor {
    /// The name in the document's example.
    pub const EXAMPLE_NAME: &'static str = "online_open_door";
    /// The platform decides, the device alone while the link is down (hub rule 17).
    pub const HUB_DECIDES: Self = Self { online: 1, mode: 1 };
    /// The device decides (hub rule 17).
    pub const DEVICE_DECIDES: Self = Self { online: 0, mode: 0 };

    /// Whether the platform's word opens the door: mode 2, or mode 1 while the remote is there (terminal rule 25).
    #[must_use]
    pub fn platform_decides(self) -> bool {
        self.mode == 2 || (self.mode == 1 && self.online == 1)
    }
}

impl Operation for OnlineOpenDoor {
    const NAME: &'static str = "online_openDoor";
    const ALIASES: &'static [&'static str] = &[Self::EXAMPLE_NAME];
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::within("online", self.online, 0..=1)?;
        check::within("mode", self.mode, 0..=2)
    }
}
