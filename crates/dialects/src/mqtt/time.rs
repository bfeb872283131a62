//! Days, birthdays, periods and times as this dialect writes them (QUIRKS M10, M11, M12, M31).

use jiff::civil::{Date, DateTime};
use model::{DayMinute, Period};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Periods of one day at most (2.1.6, 2.2.1).
pub const PERIODS: usize = 5;
/// Days of a week.
const WEEK: usize = 7;

/// A text that is no such time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected}, got {got:?}")]
pub struct TimeError {
    expected: &'static str,
    got: String,
}

impl TimeError {
    fn new(expected: &'static str, got: &str) -> Self {
        Self {
            expected,
            got: crate::text::cut(got, 64).to_owned(),
        }
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A day: `2019_08_09`; read without zeros and with `-`, `/` or `.`, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub Date);

as_text!(Day);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}_{:02}_{:02}",
            self.0.year(),
            self.0.month(),
            self.0.day()
        )
    }
}

impl FromStr for Day {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let wrong = || TimeError::new("a day, YYYY_MM_DD", text);
        let mut parts = text.trim().split(['_', '-', '/', '.']);
        let (Some(year), Some(month), Some(day), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        if year.trim().len() != 4 {
            return Err(wrong());
        }
        date(year, month, day).map(Self).ok_or_else(wrong)
    }
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let number = |text: &str| text.trim().parse::<i8>().ok();
    Date::new(year.trim().parse().ok()?, number(month)?, number(day)?).ok()
}

/// A birthday, `1997年4月3日`, as text: with zeros, blanks, or as `19970403` from documents.
#[must_use]
pub fn birthday(text: &str) -> Option<Date> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if bare.len() == 8 && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return date(bare.get(..4)?, bare.get(4..6)?, bare.get(6..)?);
    }
    let (year, rest) = bare.split_once('年')?;
    let (month, day) = rest.split_once('月')?;
    date(year, month, day.trim_end_matches('日'))
}

/// A birthday as the document writes it.
#[must_use]
pub fn write_birthday(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// A minute of a day, in either notation.
fn minute(text: &str) -> Option<DayMinute> {
    let (hour, minute) = text.trim().split_once([':', '_'])?;
    DayMinute::new(hour.trim().parse().ok()?, minute.trim().parse().ok()?)
}

fn clock(minute: DayMinute, separator: char) -> String {
    format!(
        "{:02}{separator}{:02}",
        minute.minutes() / 60,
        minute.minutes() % 60
    )
}

/// The last minute that this dialect can write.
fn last_minute() -> Option<DayMinute> {
    DayMinute::new(23, 59)
}

/// A period from two texts. `00_00` to `23_59` is the document's own way to write a whole day.
fn period(from: &str, until: &str) -> Option<Period> {
    let (from, until) = (minute(from)?, minute(until)?);
    if from == DayMinute::MIDNIGHT && Some(until) == last_minute() {
        return Some(Period::ALL_DAY);
    }
    Period::new(from, until).ok()
}

fn end(period: Period) -> DayMinute {
    if period.until() == DayMinute::END {
        last_minute().unwrap_or(DayMinute::END)
    } else {
        period.until()
    }
}

/// A person's periods of one weekday (2.2.1): `06_00,09_00,18_00,21_00`. Nothing at all is the whole day, so that a day
/// on which nobody passes is a period of no length, `00_00,00_00` (our reading: the document has no other way).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayPeriods {
    /// The periods; none is the whole day, unless the day is closed.
    pub periods: Vec<Period>,
    /// Nobody passes.
    pub closed: bool,
}

as_text!(DayPeriods);

impl DayPeriods {
    /// What a day allows, as far as it can be written: the last minute of a day only as part of a whole one, and
    /// 00:00 to 23:59 not at all, which would be read as one.
    #[must_use]
    pub fn allowing(periods: Vec<Period>) -> Self {
        if periods == [Period::ALL_DAY] {
            return Self::default();
        }
        let writable = |period: Period| {
            let until = end(period);
            let whole = period.from() == DayMinute::MIDNIGHT && Some(until) == last_minute();
            let until = if whole { DayMinute::new(23, 58)? } else { until };
            Period::new(period.from(), until).ok()
        };
        let periods: Vec<Period> = periods.into_iter().filter_map(writable).collect();
        Self {
            closed: periods.is_empty(),
            periods,
        }
    }

    /// The periods in which one may pass.
    #[must_use]
    pub fn allowed(&self) -> Vec<Period> {
        match (self.closed, self.periods.is_empty()) {
            (true, _) => Vec::new(),
            (false, true) => vec![Period::ALL_DAY],
            (false, false) => self.periods.clone(),
        }
    }
}

impl fmt::Display for DayPeriods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.closed {
            return f.write_str("00_00,00_00");
        }
        for (at, period) in self.periods.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(
                f,
                "{comma}{},{}",
                clock(period.from(), '_'),
                clock(end(*period), '_')
            )?;
        }
        Ok(())
    }
}

impl FromStr for DayPeriods {
    type Err = TimeError;

    /// Pairs of times, joined by commas, `-` or `~`.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let wrong = || TimeError::new("pairs of times, HH_MM,HH_MM", text);
        let times: Vec<&str> = text
            .split([',', '-', '~', '，'])
            .map(str::trim)
            .filter(|time| !time.is_empty())
            .collect();
        let (pairs, rest) = times.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(wrong());
        }
        let mut periods = Vec::with_capacity(pairs.len());
        for [from, until] in pairs {
            if minute(from).is_some() && minute(from) == minute(until) {
                continue;
            }
            periods.push(period(from, until).ok_or_else(wrong)?);
        }
        Ok(Self {
            closed: periods.is_empty() && !pairs.is_empty(),
            periods,
        })
    }
}

/// The device's week (2.1.6): `HH:MM-HH:MM,…;…`, Monday first, six semicolons; an empty day is the whole day, and
/// `00:00-00:00` one on which nobody passes, as in [`DayPeriods`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WeekPeriods(pub [DayPeriods; WEEK]);

as_text!(WeekPeriods);

impl WeekPeriods {
    /// Whether every day is open throughout.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.0.iter().all(|day| day.allowed() == [Period::ALL_DAY])
    }
}

impl fmt::Display for WeekPeriods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, day) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(";")?;
            }
            if day.closed {
                f.write_str("00:00-00:00")?;
            }
            for (at, period) in day.periods.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                write!(
                    f,
                    "{comma}{}-{}",
                    clock(period.from(), ':'),
                    clock(end(*period), ':')
                )?;
            }
        }
        Ok(())
    }
}

impl FromStr for WeekPeriods {
    type Err = TimeError;

    /// Fewer than seven days: the rest is open; what follows the seventh is ignored (QUIRKS M12).
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let mut week: [DayPeriods; WEEK] = Default::default();
        for (day, text) in week.iter_mut().zip(text.split(';')) {
            *day = text.parse()?;
        }
        Ok(Self(week))
    }
}

/// When a record was made, in the device's zone: `2019-11-08 13:05:51.421`; read with `T` and without milliseconds, too.
#[must_use]
pub fn record_time(text: &str) -> Option<DateTime> {
    let text = text.trim().replacen(['T', '/'], " ", 1);
    let (day, time) = text.split_once(' ')?;
    let day: Day = day.parse().ok()?;
    let time: jiff::civil::Time = time.trim().parse().ok()?;
    Some(day.0.to_datetime(time))
}

/// When a record was made, as the document writes it.
#[must_use]
pub fn write_record_time(local: DateTime) -> String {
    local.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
}
