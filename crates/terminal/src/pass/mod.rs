//! A pass, from what somebody shows to the door, the screen and the journal.

mod attempt;
mod channel;
mod conditions;
mod credential;
mod factors;
mod frame;
mod opening;
mod record;
mod repeats;
mod ruling;
mod verdict;
mod words;

pub use attempt::{Answer, PassError, Saying};
pub use channel::{Channel, ShutChannels};
pub use conditions::{Conditions, Sensors};
pub use credential::Presented;
pub use factors::{Factor, Factors, Proof, SECOND_FACTOR_WINDOW};
pub use frame::{FrameAnswer, SeenFace};
pub use record::{Details, Pass, Private};
pub use repeats::{Claim, First, Repeats, Visitor};
pub use ruling::Ruling;
pub use words::{Hearer, Language, Words, words};
