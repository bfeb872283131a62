//! 3.2.3: who opens the door.

use model::Decider;

/// `OpendoorWay` of the door condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenDoorWay {
    /// 0: the device; [`crate::facegate::device::OpenDoor`] does nothing.
    Face,
    /// 1: the platform, which is told of strangers only; a match opens, too, and makes no record (QUIRKS A25).
    Remote,
    /// 2: the device, and the platform besides.
    FaceOrRemote,
    /// 3: the platform, in its answer to each result; resuming must be on.
    Platform,
    /// A number that the document does not have.
    Other(i64),
}

impl From<i64> for OpenDoorWay {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::Face,
            1 => Self::Remote,
            2 => Self::FaceOrRemote,
            3 => Self::Platform,
            other => Self::Other(other),
        }
    }
}

impl From<OpenDoorWay> for i64 {
    fn from(way: OpenDoorWay) -> Self {
        match way {
            OpenDoorWay::Face => 0,
            OpenDoorWay::Remote => 1,
            OpenDoorWay::FaceOrRemote => 2,
            OpenDoorWay::Platform => 3,
            OpenDoorWay::Other(number) => number,
        }
    }
}

impl OpenDoorWay {
    /// What a device is told (hub rule 17).
    #[must_use]
    pub fn of(decider: Decider) -> Self {
        match decider {
            Decider::Device => Self::FaceOrRemote,
            Decider::Hub => Self::Platform,
        }
    }

    /// Whether the platform may open the door with `OpenDoor`: it is void with 0 alone, and need not be called with 3, where
    /// nothing else answers a code (3.2.3, 3.12.5).
    #[must_use]
    pub fn opens_remotely(self) -> bool {
        matches!(self, Self::Remote | Self::FaceOrRemote | Self::Platform)
    }
}
