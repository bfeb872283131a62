//! Time zones of devices that know a distance from UTC and nothing of summer time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// 1 January 2026, a time from which a year is looked at.
const YEAR: i64 = 1_767_225_600;
/// Seconds of a twelfth of a year.
const MONTH: i64 = 2_629_800;

/// Zones whose distance is no whole number of hours and always the same, for which there is no `Etc/GMT`.
const BETWEEN: [(i32, &str); 4] = [
    (210, "Asia/Tehran"),
    (270, "Asia/Kabul"),
    (330, "Asia/Kolkata"),
    (570, "Australia/Darwin"),
];

/// Minutes from UTC of a zone whose clock never changes.
pub(crate) fn steady_minutes(name: &str) -> Option<i32> {
    let zone = TimeZone::get(name).ok()?;
    let mut seconds = (0..12)
        .filter_map(|month| Timestamp::from_second(YEAR + month * MONTH).ok())
        .map(|at| zone.to_offset(at).seconds());
    let first = seconds.next()?;
    (first % 60 == 0 && seconds.all(|other| other == first)).then_some(first / 60)
}

/// A zone that is always so many minutes from UTC. Those of whole hours have names whose sign is the other way round.
pub(crate) fn name(minutes: i32) -> Option<String> {
    match (minutes / 60, minutes % 60) {
        (0, 0) => Some("Etc/GMT".to_owned()),
        (ahead, 0) if ahead > 0 => Some(format!("Etc/GMT-{ahead}")),
        (behind, 0) => Some(format!("Etc/GMT+{}", behind.abs())),
        _ => BETWEEN
            .iter()
            .find(|(offset, _)| *offset == minutes)
            .map(|(_, name)| (*name).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{name, steady_minutes};

    #[test]
    fn names_and_distances_agree() {
        for minutes in [-720, -60, 0, 60, 480, 840, 210, 270, 330, 570] {
            assert_eq!(steady_minutes(&name(minutes).unwrap()), Some(minutes));
        }
        assert_eq!(steady_minutes("Asia/Shanghai"), Some(480));
        assert_eq!(
            (steady_minutes("Europe/Berlin"), steady_minutes("nowhere")),
            (None, None)
        );
        assert_eq!(name(345), None);
    }
}
