//! What an access decision says.

use serde::{Deserialize, Serialize};

/// Why somebody is not let in. The set is closed; each dialect maps every member to its own code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The person is blocked.
    Blocked,
    /// The person's validity, or every grant's, has ended.
    Expired,
    /// The validity has not begun.
    NotYetValid,
    /// All passes are used.
    UsedUp,
    /// No rule leads to this door.
    NotAuthorised,
    /// A rule leads here, but not at this time.
    OutOfSchedule,
    /// Nobody that this door knows.
    Stranger,
    /// A card, code or PIN that belongs to nobody.
    UnknownCredential,
    /// Not sure enough who it is, or too close to a second person.
    LookAgain,
    /// The face did not prove to be alive.
    Liveness,
    /// The temperature is too high.
    Fever,
    /// The mask rule is not met.
    Mask,
    /// A second factor is required and missing.
    SecondFactorMissing,
    /// The deciding platform said no.
    PlatformDenied,
    /// The deciding platform did not answer in time.
    PlatformSilent,
}

/// The answer to "may this person pass here now?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Let in.
    Granted,
    /// Not let in, and why.
    Denied(Denial),
}

impl Decision {
    /// Whether the door opens.
    #[must_use]
    pub fn is_granted(self) -> bool {
        matches!(self, Self::Granted)
    }
}
