//! When doors may be passed: periods, weekly schedules, holidays, and the grants that join people and doors.

use crate::{GrantId, GroupId, HolidayId, ScheduleId, ZoneId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

pub use jiff::civil::{Date, Weekday};

/// A minute of a day, 0 (00:00) to 1440 (24:00). Text form `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DayMinute(u16);

/// Why a period is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Not `HH:MM` between 00:00 and 24:00.
    #[error("{0:?} is not a time of day between 00:00 and 24:00, written HH:MM")]
    Time(String),
    /// The start is not before the end.
    #[error("a period starts before it ends; {from} to {until} does not (a night is two periods)")]
    Order {
        /// The start.
        from: DayMinute,
        /// The end.
        until: DayMinute,
    },
}

impl DayMinute {
    /// 00:00.
    pub const MIDNIGHT: Self = Self(0);
    /// 24:00, the end of the day.
    pub const END: Self = Self(24 * 60);

    /// From hours and minutes; `24:00` is the latest.
    #[must_use]
    pub fn new(hour: u8, minute: u8) -> Option<Self> {
        let value = u16::from(hour) * 60 + u16::from(minute);
        (minute < 60 && value <= Self::END.0).then_some(Self(value))
    }

    /// Minutes since midnight.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl std::str::FromStr for DayMinute {
    type Err = PeriodError;
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let parse = || {
            let (hour, minute) = text.split_once(':')?;
            let digits =
                |s: &str| (matches!(s.len(), 1 | 2) && s.bytes().all(|b| b.is_ascii_digit())).then_some(());
            digits(hour)?;
            digits(minute)?;
            Self::new(hour.parse().ok()?, minute.parse().ok()?)
        };
        parse().ok_or_else(|| PeriodError::Time(text.to_owned()))
    }
}

impl TryFrom<String> for DayMinute {
    type Error = PeriodError;
    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl From<DayMinute> for String {
    fn from(minute: DayMinute) -> Self {
        minute.to_string()
    }
}

impl fmt::Display for DayMinute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A span of wall-clock time within one day: `from ≤ t < until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawPeriod")]
pub struct Period {
    from: DayMinute,
    until: DayMinute,
}

#[derive(Deserialize)]
struct RawPeriod {
    from: DayMinute,
    until: DayMinute,
}

impl TryFrom<RawPeriod> for Period {
    type Error = PeriodError;
    fn try_from(raw: RawPeriod) -> Result<Self, PeriodError> {
        Self::new(raw.from, raw.until)
    }
}

impl Period {
    /// The whole day.
    pub const ALL_DAY: Self = Self {
        from: DayMinute::MIDNIGHT,
        until: DayMinute::END,
    };

    /// A period; the start must be before the end.
    ///
    /// # Errors
    /// [`PeriodError::Order`] otherwise: a night is two periods.
    pub fn new(from: DayMinute, until: DayMinute) -> Result<Self, PeriodError> {
        if from >= until {
            Err(PeriodError::Order { from, until })
        } else {
            Ok(Self { from, until })
        }
    }

    /// The first minute inside.
    #[must_use]
    pub fn from(self) -> DayMinute {
        self.from
    }

    /// The first minute after.
    #[must_use]
    pub fn until(self) -> DayMinute {
        self.until
    }

    /// Whether a wall-clock time lies inside.
    #[must_use]
    pub fn contains(self, time: jiff::civil::Time) -> bool {
        let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
        i32::from(self.from.0) <= minute && minute < i32::from(self.until.0)
    }
}

/// The periods of each weekday; a day without any is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weekly {
    /// Monday.
    #[serde(default)]
    pub mon: Vec<Period>,
    /// Tuesday.
    #[serde(default)]
    pub tue: Vec<Period>,
    /// Wednesday.
    #[serde(default)]
    pub wed: Vec<Period>,
    /// Thursday.
    #[serde(default)]
    pub thu: Vec<Period>,
    /// Friday.
    #[serde(default)]
    pub fri: Vec<Period>,
    /// Saturday.
    #[serde(default)]
    pub sat: Vec<Period>,
    /// Sunday.
    #[serde(default)]
    pub sun: Vec<Period>,
}

impl Weekly {
    /// The same periods on every day.
    #[must_use]
    pub fn every_day(periods: &[Period]) -> Self {
        let day = || periods.to_vec();
        Self {
            mon: day(),
            tue: day(),
            wed: day(),
            thu: day(),
            fri: day(),
            sat: day(),
            sun: day(),
        }
    }

    /// The periods of one weekday.
    #[must_use]
    pub fn day(&self, weekday: Weekday) -> &[Period] {
        match weekday {
            Weekday::Monday => &self.mon,
            Weekday::Tuesday => &self.tue,
            Weekday::Wednesday => &self.wed,
            Weekday::Thursday => &self.thu,
            Weekday::Friday => &self.fri,
            Weekday::Saturday => &self.sat,
            Weekday::Sunday => &self.sun,
        }
    }
}

/// What a holiday makes of its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolidayMode {
    /// No passing.
    Closed,
    /// Passing all day.
    Open,
    /// Passing within the holiday's own periods.
    Periods,
}

/// Days on which other times hold. A holiday beats the weekday; of two holidays the stricter wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// Its id.
    pub id: HolidayId,
    /// Its name.
    pub name: String,
    /// The first day (inclusive), in the door's zone.
    pub first_day: Date,
    /// The last day (inclusive).
    pub last_day: Date,
    /// What holds on these days.
    pub mode: HolidayMode,
    /// The periods, where the mode is `periods`.
    #[serde(default)]
    pub periods: Vec<Period>,
}

/// When passing is allowed, by the wall clock of the door's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// Its name.
    pub name: String,
    /// The periods of the week.
    pub weekly: Weekly,
    /// The holidays that override the week.
    #[serde(default)]
    pub holidays: Vec<HolidayId>,
}

/// A group of persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A set of doors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its id.
    pub id: ZoneId,
    /// Its name.
    pub name: String,
}

/// Joins a group of persons and a zone of doors: who may pass where and when. No schedule means always.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Who.
    pub group_id: GroupId,
    /// Where.
    pub zone_id: ZoneId,
    /// When; null is always.
    #[serde(default)]
    pub schedule_id: Option<ScheduleId>,
    /// The grant holds from here (inclusive).
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    /// The grant holds until here (exclusive).
    #[serde(default)]
    pub valid_until: Option<Timestamp>,
}
