//! A calendar month (UTC): the unit in which captures are kept and dropped.

use jiff::{Timestamp, tz::TimeZone};
use std::fmt;
use std::str::FromStr;

/// A calendar month in UTC; reads and prints as `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

/// A text that is not a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a month like 2026-11 (years 0001 to 9999)")]
pub struct MonthError(String);

impl Month {
    /// The month in which an instant lies (UTC). Instants before the year 1 or after 9999 are moved to the nearest month.
    #[must_use]
    pub fn of(instant: Timestamp) -> Self {
        let date = TimeZone::UTC.to_datetime(instant);
        match date.year() {
            ..1 => Self { year: 1, month: 1 },
            year => Self {
                year,
                month: date.month(),
            },
        }
    }

    /// The month that lies `months` before this one; the earliest is January of the year 1.
    #[must_use]
    pub fn before(self, months: u32) -> Self {
        let count = i64::from(self.year) * 12 + i64::from(self.month) - 1 - i64::from(months);
        let count = count.max(12);
        let year = i16::try_from(count / 12).unwrap_or(1);
        let month = i8::try_from(count % 12 + 1).unwrap_or(1);
        Self { year, month }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let refuse = || MonthError(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(refuse)?;
        let digits =
            |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(refuse());
        }
        let year: i16 = year.parse().map_err(|_| refuse())?;
        let month: i8 = month.parse().map_err(|_| refuse())?;
        if year < 1 || !(1..=12).contains(&month) {
            return Err(refuse());
        }
        Ok(Self { year, month })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_as_it_prints() {
        let month = Month::of("2026-11-30T23:59:59.999Z".parse().unwrap());
        assert_eq!(month.to_string(), "2026-11");
        assert_eq!("2026-11".parse(), Ok(month));
        assert_eq!(month.before(11).to_string(), "2025-12");
        for bad in [
            "2026-13",
            "2026-1",
            "2026",
            "../../x",
            "0000-01",
            "+026-11",
            "2026-11-01",
        ] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }
}
