//! Whole days inside a validity: `Tempvalid` 2 has days and one period, so that the beginning and the end of a day are the
//! hub's to enforce, by sending the person at those times (hub rule 25).

use crate::convert::window::Choice;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// The first day where there is no beginning: past 1970, which means no time (QUIRKS A50).
pub(super) const ALWAYS: Date = Date::constant(2000, 1, 1);
/// The last day where there is no end.
pub(super) const FOR_EVER: Date = Date::constant(2099, 12, 31);

/// The days that a device is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) first: Date,
    pub(super) last: Date,
    /// When the person is to be sent again.
    pub(super) redo_at: Option<Timestamp>,
    /// Whether a part of a day is left to the hub.
    pub(super) by_hub: bool,
}

impl Days {
    /// The days of a choice that serve from now on.
    pub(super) fn of(choice: &Choice, zone: &TimeZone, now: Timestamp) -> Self {
        let (first, begins) = first(choice.from, zone, now);
        let (last, ends) = last(choice.until, zone, now);
        let has_begun = now >= choice.from;
        Self {
            // A validity that has begun needs no beginning, so that an ended one is still a range.
            first: if has_begun { first.min(last) } else { first },
            last,
            redo_at: begins.into_iter().chain(ends).filter(|at| *at > now).min(),
            by_hub: begins.is_some() || ends.is_some(),
        }
    }
}

/// The first day, and the time within the day before at which the hub is to come again.
fn first(from: Timestamp, zone: &TimeZone, now: Timestamp) -> (Date, Option<Timestamp>) {
    if from == Timestamp::MIN {
        return (ALWAYS, None);
    }
    let day = zone.to_datetime(from).date();
    let is_whole = midnight(day, zone).is_some_and(|midnight| midnight >= from);
    if is_whole || now >= from {
        (day.max(ALWAYS), None)
    } else {
        (day.tomorrow().unwrap_or(day), Some(from))
    }
}

/// The last day, and the time at which the hub is to come again: before it for its last hours, and at their end.
fn last(until: Timestamp, zone: &TimeZone, now: Timestamp) -> (Date, Option<Timestamp>) {
    if until == Timestamp::MAX {
        return (FOR_EVER, None);
    }
    let before = |day: Date| day.yesterday().unwrap_or(day);
    let today = zone.to_datetime(now).date();
    let day = zone.to_datetime(until).date();
    if until <= now {
        return (before(day).min(before(today)).min(FOR_EVER), None);
    }
    let is_whole = midnight(day, zone).is_some_and(|midnight| midnight >= until);
    if is_whole {
        (before(day).min(FOR_EVER), None)
    } else if today < day {
        (before(day).min(FOR_EVER), midnight(day, zone))
    } else {
        (day.min(FOR_EVER), Some(until))
    }
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(day.to_datetime(Time::midnight())).ok()
}
