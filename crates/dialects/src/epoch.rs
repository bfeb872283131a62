//! Instants as numbers since 1970, in whatever unit they come.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// From here on a number is one of milliseconds: 1e11 seconds are the year 5138, 1e11 milliseconds the year 1973.
const MILLISECONDS_FROM: f64 = 1e11;
/// The largest number of milliseconds that a float holds exactly.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// An instant as a number: milliseconds since 1970, which may be out of what [`Timestamp`] holds, or a mark like −1.
/// Written in seconds, with a fraction where there is one; read from a whole number, a fraction, an exponent, or a text
/// of any of them, in seconds or, from 1e11 on, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(i64);

impl Epoch {
    /// The latest instant that seconds can say: beyond it they would be read as milliseconds.
    pub const LATEST: Self = Self::from_second(100_000_000_000);

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn from_millisecond(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn from_second(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The instant to the millisecond, rounded down.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let milliseconds = at.as_nanosecond().div_euclid(1_000_000);
        Self(i64::try_from(milliseconds).unwrap_or(i64::MAX))
    }

    /// The first millisecond that is not before the instant.
    #[must_use]
    pub fn not_before(at: Timestamp) -> Self {
        let down = Self::of(at);
        let is_whole = at.as_nanosecond().rem_euclid(1_000_000) == 0;
        Self(down.0.saturating_add(i64::from(!is_whole)))
    }

    /// The first second that is not before the instant.
    #[must_use]
    pub fn second_not_before(at: Timestamp) -> Self {
        let seconds = Self::not_before(at).0;
        Self::from_second(-(-seconds).div_euclid(1000))
    }

    /// The same in whole seconds, rounded down.
    #[must_use]
    pub fn whole(self) -> Self {
        Self(self.0.div_euclid(1000).saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millisecond(self) -> i64 {
        self.0
    }

    /// Seconds since 1970, rounded down.
    #[must_use]
    pub fn as_second(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The instant; `None` outside the years that [`Timestamp`] covers.
    #[must_use]
    pub fn timestamp(self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.0).ok()
    }

    /// A number as it came.
    #[must_use]
    pub fn from_number(number: f64) -> Option<Self> {
        let milliseconds = if number.abs() > MILLISECONDS_FROM {
            number
        } else {
            number * 1000.0
        };
        #[allow(clippy::cast_possible_truncation, reason = "rounded and within ±2^53")]
        (milliseconds.abs() <= LARGEST).then(|| Self(milliseconds.round() as i64))
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "within ±2^53 where it came from the wire"
    )]
    fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 1000 {
            0 => (self.0 / 1000).fmt(f),
            _ => self.seconds().fmt(f),
        }
    }
}

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % 1000 {
            0 => serializer.serialize_i64(self.0 / 1000),
            _ => serializer.serialize_f64(self.seconds()),
        }
    }
}

impl<'de> Deserialize<'de> for Epoch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        Self::from_number(number).ok_or_else(|| de::Error::custom("is no time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lenient;
    use serde_json::json;

    #[test]
    fn every_spelling_is_the_same_instant() {
        let due = Epoch::from_millisecond(1_542_871_055_930);
        for value in [
            json!(1_542_871_055.93),
            json!("1.54287105593E9"),
            json!(1_542_871_055_930_i64),
            json!("1542871055930"),
            json!(" 1542871055.930 "),
        ] {
            assert_eq!(lenient::read::<Epoch>(&value).unwrap(), due, "{value}");
        }
        assert_eq!(json!(due), json!(1_542_871_055.93));
        assert_eq!(due.to_string(), "1542871055.93");
        assert_eq!(json!(due.whole()), json!(1_542_871_055));
        for at in [Epoch::from_second(-1), Epoch::LATEST, Epoch::from_millisecond(-1)] {
            assert_eq!(lenient::read::<Epoch>(&json!(at)).unwrap(), at);
        }
        for none in [json!("soon"), json!(1e300), json!(""), json!(null)] {
            assert!(lenient::read::<Epoch>(&none).is_err(), "{none}");
        }
    }

    #[test]
    fn rounding_never_widens() {
        let at: Timestamp = "2026-07-01T10:00:00.0000001Z".parse().unwrap();
        let second = at.as_second();
        assert_eq!(Epoch::of(at), Epoch::from_second(second));
        assert_eq!(Epoch::not_before(at), Epoch::from_millisecond(second * 1000 + 1));
        assert_eq!(Epoch::second_not_before(at), Epoch::from_second(second + 1));
        let before: Timestamp = "1969-12-31T23:59:59.5Z".parse().unwrap();
        assert_eq!(Epoch::of(before).whole(), Epoch::from_second(-1));
        assert_eq!(Epoch::second_not_before(before), Epoch::from_second(0));
    }
}
