//! Which of several cameras.

use serde::{Deserialize, Serialize};

/// The camera of a frame, where a terminal has several: 0 is the first (facegate 3.22: `Channel`, 0 to 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Channel(u8);

impl Channel {
    /// The last one.
    pub const LAST: u8 = 8;

    /// The camera of this number; `None` beyond [`Self::LAST`].
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (number <= Self::LAST).then_some(Self(number))
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}
