//! Times on the wire: wall-clock times of the device, days, and the list of time zones (3.6).

use jiff::civil::{Date, DateTime};

/// Reads `YYYY-MM-DDThh:mm:ss`; the separator may be a blank or `/`, numbers unpadded, the seconds or the whole time of
/// day missing (QUIRKS A42, A44). Blank and 1 or 2 January 1970 mean no time (A50).
#[must_use]
pub fn wall_time(text: &str) -> Option<DateTime> {
    let time = any_wall_time(text)?;
    let is_none = time.year() == 1970 && time.month() == 1 && time.day() <= 2;
    (!is_none).then_some(time)
}

/// The same, also of the days in 1970 that mean no time of a person: when a record was made, by a clock that was never
/// set.
#[must_use]
pub fn any_wall_time(text: &str) -> Option<DateTime> {
    let numbers = numbers(text)?;
    let part = |at: usize| numbers.get(at).copied().unwrap_or_default();
    if !matches!(numbers.len(), 3 | 5 | 6) {
        return None;
    }
    let small = |at: usize| i8::try_from(part(at)).ok();
    DateTime::new(part(0), small(1)?, small(2)?, small(3)?, small(4)?, small(5)?, 0).ok()
}

/// Writes `YYYY-MM-DDThh:mm:ss`; fractions of a second are dropped.
#[must_use]
pub fn write_wall_time(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Writes `YYYY-MM-DD/hh:mm:ss`, as `GetPictureSearch` has it alone (QUIRKS A42).
#[must_use]
pub fn write_slashed(time: DateTime) -> String {
    time.strftime("%Y-%m-%d/%H:%M:%S").to_string()
}

/// Writes `YYYY-MM-DD hh:mm:ss`, as the period of a temporary password has it (3.21.1).
#[must_use]
pub fn write_blank(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Reads a day, `YYYY-MM-DD`, unpadded too (QUIRKS A52).
#[must_use]
pub fn day(text: &str) -> Option<Date> {
    match numbers(text)?.as_slice() {
        [year, month, day] => Date::new(*year, i8::try_from(*month).ok()?, i8::try_from(*day).ok()?).ok(),
        _ => None,
    }
}

/// Writes a day, padded.
#[must_use]
pub fn write_day(day: Date) -> String {
    day.strftime("%Y-%m-%d").to_string()
}

/// The groups of digits of a text that has nothing else but what stands between the parts of a time.
fn numbers(text: &str) -> Option<Vec<i16>> {
    let text = text.trim();
    let is_time = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"-/:Tt ".contains(&byte));
    if !is_time || !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.parse().ok())
        .collect()
}

/// The zones of `NtpTimeZone`, number 1 first: minutes from UTC (3.6, QUIRKS A48).
pub const ZONES: [i32; 30] = [
    -720, -660, -600, -540, -480, -420, -360, -300, -240, -210, -180, -120, -60, 0, 60, 120, 180, 210, 240,
    270, 300, 330, 360, 420, 480, 540, 570, 600, 660, 720,
];

/// The number of a zone that is so many minutes from UTC.
#[must_use]
pub fn zone_number(minutes: i32) -> Option<i64> {
    let at = ZONES.iter().position(|zone| *zone == minutes)?;
    i64::try_from(at + 1).ok()
}

/// Minutes from UTC of a zone's number.
#[must_use]
pub fn zone_minutes(number: i64) -> Option<i32> {
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    ZONES.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_spelling_and_written_in_one() {
        for text in [
            "2020-07-28T09:00:00",
            "2020-07-28T9:00:00",
            " 2020-07-28 09:00:00 ",
            "2020-7-28/9:0:0",
            "2020-07-28T09:00",
        ] {
            assert_eq!(write_wall_time(wall_time(text).unwrap()), "2020-07-28T09:00:00");
        }
        let noon = DateTime::constant(2018, 3, 12, 9, 9, 20, 0);
        assert_eq!(write_slashed(noon), "2018-03-12/09:09:20");
        for none in [
            "",
            " ",
            "1970-01-01T08:00:00",
            "0000-00-00T00:00:00",
            "2020-13-01T00:00:00",
            "now",
            "-1",
            "2020-07-28T24:00:00",
        ] {
            assert_eq!(wall_time(none), None, "{none}");
        }
        assert!(any_wall_time("1970-01-01T00:00:07").is_some());
        assert_eq!(write_day(day("2018-1-1").unwrap()), "2018-01-01");
        assert_eq!(day("2018-1-1T"), Some(day("2018-01-01").unwrap()));
        assert_eq!(day("18990"), None);
    }

    #[test]
    fn zones_go_both_ways() {
        assert_eq!((zone_number(480), zone_minutes(25)), (Some(25), Some(480)));
        assert_eq!((zone_number(0), zone_number(345)), (Some(14), None));
        assert_eq!((zone_minutes(0), zone_minutes(31)), (None, None));
        for number in 1..=30 {
            assert_eq!(zone_number(zone_minutes(number).unwrap()), Some(number));
        }
    }
}
