//! Chapter 5: times are seconds since 1970, UTC; milliseconds are read, too (QUIRKS O1).

use crate::epoch::Epoch;
use crate::fields::FieldError;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Whole seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(i64);

impl Seconds {
    /// So many seconds since 1970.
    #[must_use]
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The second that an instant is in.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(Epoch::of(at).as_second())
    }

    /// The first second that is not before an instant.
    #[must_use]
    pub fn not_before(at: Timestamp) -> Self {
        Self(Epoch::second_not_before(at).as_second())
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The instant; `None` outside the years that [`Timestamp`] covers.
    #[must_use]
    pub fn timestamp(self) -> Option<Timestamp> {
        Timestamp::from_second(self.0).ok()
    }

    /// Whether it is an instant that can be written in seconds again.
    pub(super) fn check(self, field: &str) -> Result<(), FieldError> {
        let latest = Epoch::LATEST.as_second();
        if (-latest..=latest).contains(&self.0) {
            return Ok(());
        }
        Err(FieldError::new(field, "a time in seconds since 1970", self.0))
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let at = Self(Epoch::deserialize(deserializer)?.as_second());
        at.check("time").map_err(|_| de::Error::custom("is no time"))?;
        Ok(at)
    }
}
