//! Wall-clock times without a zone, as most dialects write them.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// An instant that a wall-clock time was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The instant.
    pub at: Timestamp,
    /// The wall clock shows this time exactly once; where it does not, a late record is suspect (hub rule 41).
    pub unique: bool,
}

/// The two instants between which every sensible reading of a wall-clock time lies (equal but around a change of the
/// clock). `None` outside the years that [`Timestamp`] covers.
#[must_use]
pub fn readings(local: DateTime, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let ambiguous = zone.to_ambiguous_zoned_datetime(local);
    let (a, b) = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { offset } => (offset, offset),
        AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => (before, after),
    };
    let (a, b) = (a.to_timestamp(local).ok()?, b.to_timestamp(local).ok()?);
    Some((a.min(b), a.max(b)))
}

/// Reads a device's wall-clock time: of two possible instants the one nearest before `received_at`, a time that the
/// clock skipped moved forward by the gap (hub rule 41). `None` outside the years that [`Timestamp`] covers.
#[must_use]
pub fn read(local: DateTime, zone: &TimeZone, received_at: Timestamp) -> Option<Reading> {
    let (earlier, later) = readings(local, zone)?;
    let unique = earlier == later;
    let offset = zone.to_ambiguous_zoned_datetime(local).offset();
    let gap = matches!(offset, AmbiguousOffset::Gap { .. });
    let at = if gap || later <= received_at {
        later
    } else {
        earlier
    };
    Some(Reading { at, unique })
}

/// A wall-clock time, whole seconds, that no reading places before `start`: what a device may be told as the first
/// moment of a validity. At most a day later than the exact one, and that only around a change of the clock.
#[must_use]
pub fn not_before(start: Timestamp, zone: &TimeZone) -> DateTime {
    let local = zone.to_datetime(start);
    let whole = local.with().subsec_nanosecond(0).build().unwrap_or(local);
    let up = if whole < local {
        SignedDuration::from_secs(1)
    } else {
        SignedDuration::ZERO
    };
    let first = whole.checked_add(up).unwrap_or(whole);
    step(first, SignedDuration::from_mins(1), |local| {
        readings(local, zone).is_none_or(|(earliest, _)| earliest >= start)
    })
}

/// A wall-clock time, whole seconds, that no reading places after `end`: what a device may be told as the end of a
/// validity. At most a day earlier than the exact one.
#[must_use]
pub fn not_after(end: Timestamp, zone: &TimeZone) -> DateTime {
    let local = zone.to_datetime(end);
    let whole = local.with().subsec_nanosecond(0).build().unwrap_or(local);
    step(whole, SignedDuration::from_mins(-1), |local| {
        readings(local, zone).is_none_or(|(_, latest)| latest <= end)
    })
}

/// Steps from `first` until `fits`, at most a day and an hour.
fn step(first: DateTime, by: SignedDuration, fits: impl Fn(DateTime) -> bool) -> DateTime {
    const STEPS: usize = 25 * 60;
    let mut local = first;
    for _ in 0..STEPS {
        if fits(local) {
            break;
        }
        local = local.checked_add(by).unwrap_or(local);
    }
    local
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn local(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    #[test]
    fn an_hour_that_comes_twice_is_the_one_before_receipt() {
        // Clocks go back from 03:00 to 02:00 on 25 October 2026: 02:30 is 00:30Z and 01:30Z.
        let twice = local("2026-10-25T02:30:00");
        assert_eq!(
            read(twice, &berlin(), at("2026-10-25T00:31:00Z")).unwrap().at,
            at("2026-10-25T00:30:00Z")
        );
        let second = read(twice, &berlin(), at("2026-10-25T01:31:00Z")).unwrap();
        assert_eq!(
            second,
            Reading {
                at: at("2026-10-25T01:30:00Z"),
                unique: false
            }
        );
    }

    #[test]
    fn an_hour_that_never_comes_is_moved_by_the_gap() {
        // 02:30 on 29 March 2026 does not exist; moved forward it is 03:30 = 01:30Z.
        let never = local("2026-03-29T02:30:00");
        let got = read(never, &berlin(), at("2026-03-29T08:00:00Z")).unwrap();
        assert_eq!(
            got,
            Reading {
                at: at("2026-03-29T01:30:00Z"),
                unique: false
            }
        );
    }

    #[test]
    fn a_validity_is_never_widened() {
        let zone = berlin();
        // The second 02:30 of the doubled hour: no wall-clock time before 03:00 is safe as a start.
        assert_eq!(
            not_before(at("2026-10-25T01:30:00Z"), &zone),
            local("2026-10-25T03:00:00")
        );
        assert_eq!(
            not_before(at("2026-10-25T00:30:00Z"), &zone),
            local("2026-10-25T02:30:00")
        );
        assert_eq!(
            not_after(at("2026-10-25T00:30:00Z"), &zone),
            local("2026-10-25T01:59:00")
        );
        assert_eq!(
            not_before(at("2026-07-01T10:00:00.001Z"), &zone),
            local("2026-07-01T12:00:01")
        );
        assert_eq!(
            not_after(at("2026-07-01T10:00:00.999Z"), &zone),
            local("2026-07-01T12:00:00")
        );
    }
}
