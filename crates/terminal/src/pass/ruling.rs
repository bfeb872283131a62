//! How an attempt ends: the outcome, and the reason.

use model::{Decision, Denial, Outcome};
use serde::{Deserialize, Serialize};

/// How an attempt stands: decided, or waiting for the platform that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Let in.
    Granted,
    /// Not let in, and why.
    Denied(Denial),
    /// A platform has yet to decide.
    Pending,
}

impl From<Decision> for Ruling {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Granted => Self::Granted,
            Decision::Denied(denial) => Self::Denied(denial),
        }
    }
}

impl Ruling {
    /// The outcome that the record states (terminal rule 7).
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Granted => Outcome::Granted,
            Self::Pending => Outcome::Pending,
            Self::Denied(denial) => match denial {
                Denial::Blocked => Outcome::Blocked,
                Denial::Expired | Denial::UsedUp => Outcome::Expired,
                Denial::NotYetValid | Denial::OutOfSchedule => Outcome::OutOfSchedule,
                Denial::NotAuthorised | Denial::UnknownCredential => Outcome::NotAuthorised,
                Denial::Stranger => Outcome::Stranger,
                Denial::LookAgain
                | Denial::Liveness
                | Denial::Fever
                | Denial::Mask
                | Denial::SecondFactorMissing
                | Denial::PlatformDenied
                | Denial::PlatformSilent => Outcome::Denied,
            },
        }
    }

    /// The reason, as the kiosk's answer names it; `None` while a platform decides.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Pending => None,
            Self::Granted => Some("granted"),
            Self::Denied(denial) => Some(match denial {
                Denial::Blocked => "blocked",
                Denial::Expired => "expired",
                Denial::NotYetValid => "not_yet_valid",
                Denial::UsedUp => "used_up",
                Denial::NotAuthorised => "not_authorised",
                Denial::OutOfSchedule => "out_of_schedule",
                Denial::Stranger => "stranger",
                Denial::UnknownCredential => "unknown_credential",
                Denial::LookAgain => "look_again",
                Denial::Liveness => "liveness",
                Denial::Fever => "fever",
                Denial::Mask => "mask",
                Denial::SecondFactorMissing => "second_factor_missing",
                Denial::PlatformDenied => "platform_denied",
                Denial::PlatformSilent => "platform_silent",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_follow_the_contract() {
        for (denial, outcome) in [
            (Denial::Expired, Outcome::Expired),
            (Denial::UsedUp, Outcome::Expired),
            (Denial::NotYetValid, Outcome::OutOfSchedule),
            (Denial::OutOfSchedule, Outcome::OutOfSchedule),
            (Denial::Blocked, Outcome::Blocked),
            (Denial::Stranger, Outcome::Stranger),
            (Denial::UnknownCredential, Outcome::NotAuthorised),
            (Denial::Fever, Outcome::Denied),
            (Denial::PlatformSilent, Outcome::Denied),
        ] {
            assert_eq!(Ruling::Denied(denial).outcome(), outcome);
        }
    }

    #[test]
    fn reasons_are_the_names_that_the_model_writes() {
        for denial in [
            Denial::UsedUp,
            Denial::NotYetValid,
            Denial::PlatformSilent,
            Denial::LookAgain,
        ] {
            let written = serde_json::to_value(denial).unwrap();
            assert_eq!(written.as_str(), Ruling::Denied(denial).reason());
        }
    }
}
