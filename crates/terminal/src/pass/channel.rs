//! Which of several cameras.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

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

/// The cameras that are shut to people: a dialect whose devices have several says so of a person (facegate 3.10.1:
/// `ChannelAuthorityX`), and looks after it.
#[derive(Debug, Default)]
pub struct ShutChannels(RwLock<HashMap<String, Vec<Channel>>>);

impl ShutChannels {
    /// These and no others are shut to a person of the library.
    pub fn set(&self, wire_id: &str, shut: Vec<Channel>) {
        let mut people = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if shut.is_empty() {
            people.remove(wire_id);
        } else {
            people.insert(wire_id.to_owned(), shut);
        }
    }

    /// Whether a camera is shut to a person.
    #[must_use]
    pub fn contain(&self, wire_id: &str, channel: Channel) -> bool {
        let people = self.0.read().unwrap_or_else(PoisonError::into_inner);
        people.get(wire_id).is_some_and(|shut| shut.contains(&channel))
    }
}
