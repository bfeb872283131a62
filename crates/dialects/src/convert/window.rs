//! Which validity and which schedules a device is given, where several grants have their own.

use super::union::{Room, Union};
use jiff::{SignedDuration, Timestamp};
use model::access::{Rule, Times};

/// Choices are compared by the passing time that they allow in the days ahead.
const HORIZON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Minutes of a week.
const WEEK_MINUTES: i64 = 7 * 24 * 60;

/// One grant with its whole validity.
#[derive(Debug, Clone)]
struct Span<'a> {
    from: Timestamp,
    until: Timestamp,
    times: Option<&'a Times>,
}

/// What a device is given.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// Valid from here; [`Timestamp::MIN`] is always.
    pub(crate) from: Timestamp,
    /// Valid until here; [`Timestamp::MAX`] is for ever.
    pub(crate) until: Timestamp,
    /// When; `None` is at any time.
    pub(crate) times: Option<Union>,
    /// Whether grants that are valid now or later are not in it.
    pub(crate) narrowed: bool,
    /// When the choice is to be made again.
    pub(crate) redo_at: Option<Timestamp>,
}

/// The person's own limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    /// No schedule binds a vip.
    pub(crate) vip: bool,
}

/// Chooses among the rules; `None` where there is none at all. A device holds one validity and one schedule, so of
/// grants with several validities those are joined that together allow most from now on, for as long as all of them
/// hold.
pub(crate) fn choose(rules: &[Rule], bounds: Bounds, now: Timestamp, room: Room) -> Option<Choice> {
    let spans = joined(spans(rules, bounds));
    let live: Vec<&Span<'_>> = spans.iter().filter(|span| span.until > now).collect();
    if live.is_empty() {
        // All has ended: the device still holds the person, so that it can say "expired".
        let last = spans.iter().max_by_key(|span| span.until)?;
        return Some(choice(&[last], last.from, last.until, room));
    }
    let soonest = live.iter().map(|span| span.from).min()?;
    let start = now.max(soonest);
    let active: Vec<&Span<'_>> = live.iter().copied().filter(|span| span.from <= start).collect();
    let candidates = active.iter().map(|bound| {
        let members: Vec<&Span<'_>> = active
            .iter()
            .copied()
            .filter(|span| span.until >= bound.until)
            .collect();
        let from = members.iter().map(|span| span.from).max().unwrap_or(start);
        let narrowed = members.len() < live.len();
        Choice {
            narrowed,
            ..choice(&members, from, bound.until, room)
        }
    });
    let best = candidates.max_by_key(|choice| (worth(choice, start), choice.until))?;
    let redo_at = if live.len() > 1 {
        next_change(&live, now)
    } else {
        None
    };
    Some(Choice { redo_at, ..best })
}

fn spans<'a>(rules: &'a [Rule], bounds: Bounds) -> Vec<Span<'a>> {
    let within = rules.iter().map(|rule| Span {
        from: rule
            .valid_from
            .into_iter()
            .chain(bounds.from)
            .max()
            .unwrap_or(Timestamp::MIN),
        until: rule
            .valid_until
            .into_iter()
            .chain(bounds.until)
            .min()
            .unwrap_or(Timestamp::MAX),
        times: rule.times.as_ref().filter(|_| !bounds.vip),
    });
    within.filter(|span| span.from < span.until).collect()
}

/// Spans with the same times that overlap or touch are one.
fn joined(mut spans: Vec<Span<'_>>) -> Vec<Span<'_>> {
    spans.sort_by_key(|span| span.from);
    let mut result: Vec<Span<'_>> = Vec::with_capacity(spans.len());
    for span in spans {
        let same = result
            .iter_mut()
            .find(|other| other.times == span.times && span.from <= other.until);
        match same {
            Some(other) => other.until = other.until.max(span.until),
            None => result.push(span),
        }
    }
    result
}

fn choice(members: &[&Span<'_>], from: Timestamp, until: Timestamp, room: Room) -> Choice {
    let times: Option<Vec<&Times>> = members.iter().map(|span| span.times).collect();
    // One grant without a schedule allows at any time, whatever the others say.
    let times = times.map(|times| Union::of(&times, room));
    Choice {
        from,
        until,
        times,
        narrowed: false,
        redo_at: None,
    }
}

/// Minutes of passing within the horizon, roughly: holidays do not count.
fn worth(choice: &Choice, start: Timestamp) -> i64 {
    let horizon = start.saturating_add(HORIZON).unwrap_or(Timestamp::MAX);
    let seconds = choice.until.min(horizon).as_second() - start.as_second();
    let weekly = choice.times.as_ref().map_or(WEEK_MINUTES, Union::weekly_minutes);
    weekly.saturating_mul(seconds)
}

fn next_change(live: &[&Span<'_>], now: Timestamp) -> Option<Timestamp> {
    let edges = live.iter().flat_map(|span| [span.from, span.until]);
    edges.filter(|edge| *edge > now && *edge < Timestamp::MAX).min()
}
