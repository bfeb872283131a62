//! The choice for dialects that have a validity and no schedule.

use super::union::{Room, Union};
use super::window::{Bounds, choose};
use jiff::Timestamp;
use model::Period;
use model::access::{Rule, Times};

/// Enough for a schedule to be told from none.
const ROOM: Room = Room {
    periods: 8,
    holidays: 1024,
    holiday_name_bytes: 64,
};

/// A validity without a schedule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validity {
    /// From here; [`Timestamp::MIN`] is always.
    pub(crate) from: Timestamp,
    /// Until here; [`Timestamp::MAX`] is for ever.
    pub(crate) until: Timestamp,
    /// Whether grants that are valid now or later are not in it.
    pub(crate) narrowed: bool,
    /// When the choice is to be made again.
    pub(crate) redo_at: Option<Timestamp>,
}

/// What a device without schedules can be given.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Window {
    /// A validity.
    Open(Validity),
    /// Nothing: no grant leads here.
    Closed,
    /// Nothing: what grants there are hold at certain times only, which the dialect cannot say.
    Scheduled,
}

/// Chooses among the grants that hold at any time; those with a schedule are left out, which is a narrowing.
pub(crate) fn choose_window(rules: &[Rule], bounds: Bounds, now: Timestamp) -> Window {
    let is_free = |rule: &&Rule| bounds.vip || rule.times.as_ref().is_none_or(is_always);
    let (free, scheduled): (Vec<&Rule>, Vec<&Rule>) = rules.iter().partition(is_free);
    let is_waiting = scheduled.iter().any(|rule| is_live(rule, bounds, now));
    let free: Vec<Rule> = free
        .into_iter()
        .map(|rule| Rule {
            times: None,
            ..rule.clone()
        })
        .collect();
    match choose(&free, bounds, now, ROOM) {
        Some(choice) if choice.until > now || !is_waiting => Window::Open(Validity {
            from: choice.from,
            until: choice.until,
            narrowed: choice.narrowed || is_waiting,
            redo_at: choice.redo_at,
        }),
        _ if is_waiting => Window::Scheduled,
        _ => Window::Closed,
    }
}

/// Whether a grant still lets somebody in, now or later.
fn is_live(rule: &Rule, bounds: Bounds, now: Timestamp) -> bool {
    let from = rule.valid_from.into_iter().chain(bounds.from).max();
    let until = rule.valid_until.into_iter().chain(bounds.until).min();
    until.is_none_or(|until| until > now && from.is_none_or(|from| from < until))
}

/// Whether a schedule leaves out nothing.
fn is_always(times: &Times) -> bool {
    let union = Union::of(&[times], ROOM);
    let whole = |day: &Vec<Period>| day.as_slice() == [Period::ALL_DAY];
    union.week.iter().all(whole) && union.holidays.iter().all(|holiday| whole(&holiday.allowed))
}
