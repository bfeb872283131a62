//! When a person may pass, as the dialect says it (`Tempvalid`), and back.

use super::days::{ALWAYS, Days, FOR_EVER};
use super::wanted::Wanted;
use crate::Loss;
use crate::convert::note::{enforced_by_hub, narrowed};
use crate::convert::union::{Room, Union, longest};
use crate::convert::window::{Bounds, Choice, choose};
use crate::facegate::person::{PersonInfo, Validity};
use crate::facegate::time::write_wall_time;
use crate::local_time;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{DayMinute, Period, PersonKind};

/// Enough for a schedule that the dialect can say to be told from others.
const ROOM: Room = Room {
    periods: 64,
    holidays: 1024,
    holiday_name_bytes: 64,
};

/// What came of the grants.
pub(super) enum Access {
    /// Nobody on the device now; the time is when to look again.
    Absent(Option<Timestamp>),
    /// The dialect cannot say when.
    Unsupported,
    /// This, until the time.
    Given(Told, Option<Timestamp>),
}

/// When a person may pass, as the dialect says it; the kinds exclude each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Always,
    Window(DateTime, DateTime),
    Daily(Date, Date, Period),
    Count(u32),
}

/// The largest rule that the dialect can say within the grants' union (hub rule 24).
pub(super) fn access(wanted: &Wanted<'_>, losses: &mut Vec<Loss>) -> Access {
    let person = wanted.person;
    if person.kind == PersonKind::Blocked {
        // Recognised at any time, in order to be refused.
        return Access::Given(Told::Always, None);
    }
    let passes = person
        .pass_limit
        .map(|limit| limit.saturating_sub(person.passes_used));
    let bounds = Bounds {
        from: person.valid_from,
        until: person.valid_until,
        vip: person.kind == PersonKind::Vip,
    };
    let choice = choose(wanted.rules, bounds, wanted.now, ROOM);
    let Some(choice) = choice.filter(|_| passes != Some(0)) else {
        return Access::Absent(None);
    };
    if choice.narrowed {
        losses.push(narrowed("grants"));
    }
    match daily(choice.times.as_ref(), wanted, losses) {
        Times::Unsupported => Access::Unsupported,
        Times::Any => at_any_time(wanted, &choice, passes, losses),
        Times::Daily(period) => every_day(wanted, &choice, period, passes, losses),
    }
}

/// What the dialect can say of a schedule.
enum Times {
    Any,
    Daily(Period),
    Unsupported,
}

/// One period, the same every day (`Tempvalid` 2); of several the longest. Weekdays and holidays that differ are lacking
/// (hub rule 25).
fn daily(times: Option<&Union>, wanted: &Wanted<'_>, losses: &mut Vec<Loss>) -> Times {
    let Some(times) = times else {
        return Times::Any;
    };
    let [monday, rest @ ..] = &times.week;
    let is_same = rest.iter().all(|day| day == monday)
        && times.holidays.iter().all(|holiday| holiday.allowed == *monday);
    if is_same && monday.as_slice() == [Period::ALL_DAY] {
        return Times::Any;
    }
    let (kept, is_cut) = longest(monday.clone(), 1);
    match kept.first() {
        Some(period) if is_same && wanted.new_database && !(is_cut && wanted.hub_decides) => {
            if is_cut || times.narrowed {
                losses.push(narrowed("grants.schedule"));
            }
            Times::Daily(*period)
        }
        _ if wanted.hub_decides => {
            losses.push(Loss::unsupported("grants.schedule"));
            Times::Any
        }
        _ => Times::Unsupported,
    }
}

/// No schedule: always, from and to, or a count. From, to and a count at once cannot be said: then the hub counts.
fn at_any_time(wanted: &Wanted<'_>, choice: &Choice, passes: Option<u32>, losses: &mut Vec<Loss>) -> Access {
    let is_open = choice.from == Timestamp::MIN && choice.until == Timestamp::MAX;
    let told = match passes {
        Some(passes) if is_open && wanted.new_database => Told::Count(passes),
        _ => {
            count_by_hub(passes, losses);
            if is_open {
                Told::Always
            } else {
                window(choice, wanted.zone)
            }
        }
    };
    Access::Given(told, choice.redo_at)
}

fn every_day(
    wanted: &Wanted<'_>,
    choice: &Choice,
    period: Period,
    passes: Option<u32>,
    losses: &mut Vec<Loss>,
) -> Access {
    let days = Days::of(choice, wanted.zone, wanted.now);
    let redo_at = choice.redo_at.into_iter().chain(days.redo_at).min();
    if days.first > days.last {
        return Access::Absent(redo_at);
    }
    count_by_hub(passes, losses);
    if days.by_hub {
        losses.push(enforced_by_hub("validity.time_of_day"));
    }
    Access::Given(Told::Daily(days.first, days.last, period), redo_at)
}

/// The hub takes the person off the device at the last pass (hub rule 25).
fn count_by_hub(passes: Option<u32>, losses: &mut Vec<Loss>) {
    if passes.is_some() {
        losses.push(enforced_by_hub("pass_limit"));
    }
}

/// The validity by the device's wall clock; wherever that is ambiguous, the shorter one.
fn window(choice: &Choice, zone: &TimeZone) -> Told {
    let earliest = ALWAYS.to_datetime(Time::midnight());
    let latest = FOR_EVER.at(23, 59, 59, 0);
    let epoch = Timestamp::UNIX_EPOCH;
    let told = |local: DateTime| local.clamp(earliest, latest);
    let begin = if choice.from == Timestamp::MIN {
        earliest
    } else {
        told(local_time::not_before(choice.from.max(epoch), zone))
    };
    let end = if choice.until == Timestamp::MAX {
        latest
    } else {
        told(local_time::not_after(choice.until.max(epoch), zone))
    };
    // An ended validity is still one: the device says "expired".
    Told::Window(begin.min(end), end)
}

impl Told {
    pub(super) fn write(&self, info: &mut PersonInfo) {
        let (validity, window) = match self {
            Self::Always => (Validity::Permanent, None),
            Self::Window(begin, end) => (Validity::Window, Some((*begin, *end))),
            Self::Daily(first, last, period) => {
                let (from, until) = edges(*period);
                let window = (first.to_datetime(from), last.to_datetime(until));
                (Validity::Daily, Some(window))
            }
            Self::Count(passes) => {
                info.passes = Some((*passes).into());
                (Validity::Count, None)
            }
        };
        info.validity = Some(validity.into());
        (info.valid_begin, info.valid_end) = window
            .map(|(begin, end)| (write_wall_time(begin), write_wall_time(end)))
            .unzip();
    }
}

/// Where a period begins and ends. A day has no 24:00 on the wire: it ends with its last second.
fn edges(period: Period) -> (Time, Time) {
    const LAST: i64 = 24 * 60 * 60 - 1;
    let time = |minute: DayMinute| {
        let second = (i64::from(minute.minutes()) * 60).min(LAST);
        Time::midnight().saturating_add(SignedDuration::from_secs(second))
    };
    (time(period.from()), time(period.until()))
}
