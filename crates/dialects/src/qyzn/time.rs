//! Times as this dialect writes them: wall clock of the device, no zone.

use jiff::civil::{Date, DateTime, Time};
use model::{DayMinute, Period};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Why a text is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct TimeError {
    /// The form that is expected.
    pub expected: &'static str,
}

macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

as_text! { WallTime DayRange Periods }

/// `yyyy-MM-dd HH:mm:ss`; single digits, `T`, `/` and fractions of a second are read, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(DateTime);

impl WallTime {
    /// A time in whole seconds.
    #[must_use]
    pub fn new(local: DateTime) -> Self {
        Self(local.with().subsec_nanosecond(0).build().unwrap_or(local))
    }

    /// The wall-clock time.
    #[must_use]
    pub fn local(self) -> DateTime {
        self.0
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, time) = (self.0.date(), self.0.time());
        write!(f, "{:04}-{:02}-{:02} ", day.year(), day.month(), day.day())?;
        write!(f, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
    }
}

impl FromStr for WallTime {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let parse = || {
            let (day, time) = text.trim().split_once(['T', ' '])?;
            Some(Self(
                parse_date(day, &['-', '/', '.'])?.to_datetime(parse_time(time.trim())?),
            ))
        };
        parse().ok_or(TimeError {
            expected: "yyyy-MM-dd HH:mm:ss",
        })
    }
}

/// For `#[serde(deserialize_with)]` of a time that may be missing; real devices write `0000-00-00 00:00:00` for none.
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WallTime>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let filled = text.filter(|text| !text.trim().is_empty() && !is_zero(text));
    filled
        .map(|text| text.parse().map_err(de::Error::custom))
        .transpose()
}

/// Nothing but zeros and what stands between them.
fn is_zero(text: &str) -> bool {
    text.contains('0') && text.chars().all(|c| "0-:/. T".contains(c))
}

fn digits<T: FromStr>(text: &str, most: usize) -> Option<T> {
    let plain = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn parse_date(text: &str, separators: &[char]) -> Option<Date> {
    let mut parts = text.trim().split(separators);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(digits(year, 4)?, digits(month, 2)?, digits(day, 2)?).ok()
}

fn parse_time(text: &str) -> Option<Time> {
    let text = text.split('.').next().unwrap_or_default();
    let mut parts = text.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

/// `yyyyMMddHHmmssSSS`, the form of `sync_time` (4.6.2); seconds alone (14 digits) and finer fractions are read, too.
#[must_use]
pub fn parse_sync_time(text: &str) -> Option<DateTime> {
    const SECONDS: usize = 14;
    const MILLISECONDS: usize = 3;
    let text = text.trim();
    if !(SECONDS..=SECONDS + 6).contains(&text.len()) {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to);
    let date = Date::new(
        digits(part(0, 4)?, 4)?,
        digits(part(4, 6)?, 2)?,
        digits(part(6, 8)?, 2)?,
    )
    .ok()?;
    let fraction: String = text
        .get(SECONDS..)?
        .chars()
        .chain("000".chars())
        .take(MILLISECONDS)
        .collect();
    let milliseconds: i32 = digits(&fraction, MILLISECONDS)?;
    let (hour, minute, second) = (
        digits(part(8, 10)?, 2)?,
        digits(part(10, 12)?, 2)?,
        digits(part(12, 14)?, 2)?,
    );
    Some(date.to_datetime(Time::new(hour, minute, second, milliseconds * 1_000_000).ok()?))
}

/// Writes the form of `sync_time`: 17 digits.
#[must_use]
pub fn format_sync_time(local: DateTime) -> String {
    let (day, time) = (local.date(), local.time());
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}{:03}",
        day.year(),
        day.month(),
        day.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

/// `yyyy.MM.dd~yyyy.MM.dd`, both days included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DayRange {
    /// The first day.
    pub first: Date,
    /// The last day, not before the first.
    pub last: Date,
}

impl fmt::Display for DayRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first: a, last: b } = self;
        write!(f, "{:04}.{:02}.{:02}~", a.year(), a.month(), a.day())?;
        write!(f, "{:04}.{:02}.{:02}", b.year(), b.month(), b.day())
    }
}

impl FromStr for DayRange {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        const SEPARATORS: &[char] = &['.', '-', '/'];
        let (first, last) = text.split_once('~').unwrap_or((text, text));
        match (parse_date(first, SEPARATORS), parse_date(last, SEPARATORS)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(TimeError {
                expected: "yyyy.MM.dd~yyyy.MM.dd, the first day not after the last",
            }),
        }
    }
}

/// `HH:MM~HH:MM,HH:MM~HH:MM`: periods of a day. Read as `from ≤ t < until`; `24:00` is the end of the day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Periods(pub Vec<Period>);

impl fmt::Display for Periods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, period) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}~{}", period.from(), period.until())?;
        }
        Ok(())
    }
}

impl FromStr for Periods {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        if text.len() > super::check::PERIODS_BYTES {
            return Err(TimeError {
                expected: "at most 256 bytes of periods",
            });
        }
        let parts = text
            .split([',', '，', ';'])
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let periods: Option<Vec<Period>> = parts.map(parse_period).collect();
        periods.map(Self).ok_or(TimeError {
            expected: "periods HH:MM~HH:MM, separated by commas, each starting before its end",
        })
    }
}

fn parse_period(text: &str) -> Option<Period> {
    let (from, until) = text.split_once(['~', '-', '～'])?;
    let minute = |text: &str| text.trim().parse::<DayMinute>().ok();
    Period::new(minute(from)?, minute(until)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round<T: FromStr + fmt::Display>(text: &str) -> Option<String> {
        text.parse::<T>().ok().map(|value| value.to_string())
    }

    #[test]
    fn wall_times() {
        let exact = Some("2019-01-02 03:04:05".to_owned());
        for text in [
            "2019-01-02 03:04:05",
            " 2019-1-2 3:4:5",
            "2019/01/02T03:04:05.678",
            "2019.1.2  3:04:05",
        ] {
            assert_eq!(round::<WallTime>(text), exact, "{text}");
        }
        for text in [
            "",
            "2019-13-01 00:00:00",
            "2019-02-30 00:00:00",
            "yyyy-MM-dd HH:mm:ss",
            "2019-01-01",
            "2019-01-01 24:00:01",
        ] {
            assert_eq!(round::<WallTime>(text), None, "{text}");
        }
    }

    #[test]
    fn sync_times() {
        let local = parse_sync_time("20190531145826123").unwrap();
        assert_eq!(local.to_string(), "2019-05-31T14:58:26.123");
        assert_eq!(format_sync_time(local), "20190531145826123");
        assert_eq!(
            parse_sync_time("20190531145826").unwrap().to_string(),
            "2019-05-31T14:58:26"
        );
        assert_eq!(
            parse_sync_time("20190531145826123456").unwrap().millisecond(),
            123
        );
        for text in [
            "",
            "2019053114582612x",
            "20190231145826123",
            "201905311458",
            "２０１９０５３１１４５８２６１２３",
        ] {
            assert_eq!(parse_sync_time(text), None, "{text}");
        }
    }

    #[test]
    fn periods_and_days() {
        let exact = Some("08:00~09:30,11:30~24:00".to_owned());
        assert_eq!(round::<Periods>("08:00~09:30,11:30~24:00"), exact);
        assert_eq!(round::<Periods>(" 8:00 ~ 9:30 , 11:30-24:00,"), exact);
        assert_eq!(round::<Periods>(""), Some(String::new()));
        for text in ["09:30~08:00", "08:00~08:00", "8~9", "25:00~26:00"] {
            assert_eq!(round::<Periods>(text), None, "{text}");
        }
        assert_eq!(
            round::<DayRange>("2019.10.1~2019-10-03"),
            Some("2019.10.01~2019.10.03".to_owned())
        );
        assert_eq!(
            round::<DayRange>("2019.12.25"),
            Some("2019.12.25~2019.12.25".to_owned())
        );
        assert_eq!(round::<DayRange>("2019.12.25~2019.12.24"), None);
    }
}
