//! The access decision: one pure, total function for terminal and hub.

use crate::{Decision, Denial, Holiday, HolidayMode, PersonKind, Weekly};
use jiff::{Timestamp, ZonedDateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// What the decision needs to know of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Member, visitor, vip or blocked.
    pub kind: PersonKind,
    /// Start of the validity (inclusive).
    pub valid_from: Option<Timestamp>,
    /// End of the validity (exclusive).
    pub valid_until: Option<Timestamp>,
    /// Passes in all; `None` is unlimited.
    pub pass_limit: Option<u32>,
    /// Passes granted so far.
    pub passes_used: u32,
}

/// When a rule allows passing, its schedule and holidays resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// Periods of the week.
    pub weekly: Weekly,
    /// Days that override the week.
    pub holidays: Vec<Holiday>,
}

/// One reason to be let in at this door: a grant, or what a dialect's person message says. Any one suffices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rule {
    /// When; `None` is always.
    pub times: Option<Times>,
    /// The rule holds from here (inclusive).
    pub valid_from: Option<Timestamp>,
    /// The rule holds until here (exclusive).
    pub valid_until: Option<Timestamp>,
}

/// What the decision needs to know of the door.
#[derive(Debug, Clone)]
pub struct Door {
    /// The zone whose wall clock the schedules are read in.
    pub time_zone: TimeZone,
    /// A rule that binds everyone at this door, vips apart; `None` is no such rule.
    pub device_times: Option<Times>,
}

/// May this person pass this door now?
///
/// Blocked beats everything; then the person's validity, then the passes used, then the rules: any one that holds
/// now suffices, so their order has no influence. Of several reasons to refuse, the one closest to being let in is
/// named: out of schedule, not yet valid, expired, not authorised. A vip needs a rule that is valid now, but no
/// schedule binds a vip.
#[must_use]
pub fn decide(subject: &Subject, rules: &[Rule], door: &Door, now: Timestamp) -> Decision {
    if subject.kind == PersonKind::Blocked {
        return Decision::Denied(Denial::Blocked);
    }
    if subject.valid_until.is_some_and(|end| now >= end) {
        return Decision::Denied(Denial::Expired);
    }
    if subject.valid_from.is_some_and(|start| now < start) {
        return Decision::Denied(Denial::NotYetValid);
    }
    if subject
        .pass_limit
        .is_some_and(|limit| subject.passes_used >= limit)
    {
        return Decision::Denied(Denial::UsedUp);
    }
    let local = now.to_zoned_datetime(door.time_zone.clone());
    let vip = subject.kind == PersonKind::Vip;
    let verdict = rules
        .iter()
        .map(|rule| judge(rule, vip, &local))
        .min_by_key(|verdict| closeness(*verdict))
        .unwrap_or(Decision::Denied(Denial::NotAuthorised));
    match &door.device_times {
        Some(times) if verdict.is_granted() && !vip && !times.allow(&local) => {
            Decision::Denied(Denial::OutOfSchedule)
        }
        _ => verdict,
    }
}

/// What one rule alone says.
fn judge(rule: &Rule, vip: bool, local: &ZonedDateTime) -> Decision {
    let now = local.timestamp();
    if rule.valid_until.is_some_and(|end| now >= end) {
        return Decision::Denied(Denial::Expired);
    }
    if rule.valid_from.is_some_and(|start| now < start) {
        return Decision::Denied(Denial::NotYetValid);
    }
    match &rule.times {
        Some(times) if !vip && !times.allow(local) => Decision::Denied(Denial::OutOfSchedule),
        _ => Decision::Granted,
    }
}

/// Orders verdicts of single rules: smaller is closer to being let in.
fn closeness(verdict: Decision) -> u8 {
    match verdict {
        Decision::Granted => 0,
        Decision::Denied(Denial::OutOfSchedule) => 1,
        Decision::Denied(Denial::NotYetValid) => 2,
        Decision::Denied(Denial::Expired) => 3,
        Decision::Denied(_) => 4,
    }
}

impl Times {
    /// Whether passing is allowed at a wall-clock time. A holiday beats the weekday; of several holidays on one day
    /// all must allow it.
    #[must_use]
    pub fn allow(&self, local: &ZonedDateTime) -> bool {
        let (day, time) = (local.date(), local.time());
        let mut holidays = self
            .holidays
            .iter()
            .filter(|h| h.first_day <= day && day <= h.last_day)
            .peekable();
        if holidays.peek().is_none() {
            return self
                .weekly
                .day(local.weekday())
                .iter()
                .any(|period| period.contains(time));
        }
        holidays.all(|holiday| match holiday.mode {
            HolidayMode::Closed => false,
            HolidayMode::Open => true,
            HolidayMode::Periods => holiday.periods.iter().any(|period| period.contains(time)),
        })
    }
}
