//! Whether a record is late, and whether its time can be trusted (hub rule 41).

use crate::state::Hub;
use jiff::{SignedDuration, Timestamp};
use model::DeviceId;
use store::StoreError;

/// Nothing was built before it: an earlier time is a clock that was never set.
const FIRST_CREDIBLE_SECOND: i64 = 1_577_836_800; // 2020-01-01T00:00:00Z

/// Clocks further off than this are not trusted.
const MOST_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Steps of a clock are kept from here on, in milliseconds.
const SKEW_STEP_MS: u64 = 500;

/// Keeps how a device's clock stands: its time minus ours, in milliseconds, told as finely as `resolution_ms`.
///
/// # Errors
/// What the store says.
pub async fn clock_measured(
    hub: &Hub,
    device: &DeviceId,
    skew_ms: i64,
    resolution_ms: u64,
) -> Result<(), StoreError> {
    let devices = &hub.store.devices;
    let known = devices.device(device, None).await?;
    let before = known.and_then(|known| known.device.clock_skew_ms);
    let moved = before.is_none_or(|before| before.abs_diff(skew_ms) >= SKEW_STEP_MS + resolution_ms);
    let wrong_at = is_wrong(skew_ms).then(Timestamp::now);
    if !moved && wrong_at.is_none() {
        return Ok(());
    }
    devices.clock_found(device, Some(skew_ms), wrong_at).await
}

fn is_wrong(skew_ms: i64) -> bool {
    SignedDuration::from_millis(skew_ms).abs() > MOST_SKEW
}

/// What is known of a device's clock when a record arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Since when the device is connected.
    pub connected_at: Timestamp,
    /// The device's clock minus ours, in milliseconds, where it was measured.
    pub skew_ms: Option<i64>,
    /// Until when it was known to be wrong: it may have been set since, and what it told before has not.
    pub wrong_until: Option<Timestamp>,
    /// The wall-clock time happened twice, or never.
    pub ambiguous: bool,
    /// How finely the device tells the time, in milliseconds.
    pub resolution_ms: i64,
}

/// What follows for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Kept by the device for a while.
    pub late: bool,
    /// Its time cannot be trusted.
    pub suspect: bool,
}

impl Clock {
    /// Judges a record that happened, by the device's clock, at `occurred_at`.
    #[must_use]
    pub fn judge(&self, occurred_at: Timestamp, received_at: Timestamp, late_after_ms: u64) -> Timing {
        let corrected = occurred_at
            .as_millisecond()
            .saturating_sub(self.skew_ms.unwrap_or(0));
        let latest = corrected.saturating_add(self.resolution_ms);
        let before_connection = latest <= self.connected_at.as_millisecond();
        let age = received_at.as_millisecond().saturating_sub(latest);
        let old = self.skew_ms.is_some() && u64::try_from(age).is_ok_and(|age| age > late_after_ms);
        let late = before_connection || old;
        let unset = occurred_at.as_second() < FIRST_CREDIBLE_SECOND;
        let ahead = occurred_at.duration_since(received_at) > MOST_SKEW;
        let skewed = self.skew_ms.is_some_and(is_wrong);
        let told_at_latest = occurred_at.as_millisecond().saturating_add(self.resolution_ms);
        let was_wrong = self
            .wrong_until
            .is_some_and(|until| told_at_latest <= until.as_millisecond());
        Timing {
            late,
            suspect: unset || ahead || skewed || was_wrong || (late && self.ambiguous),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn clock(skew_ms: Option<i64>) -> Clock {
        Clock {
            connected_at: at("2026-11-23T10:00:00Z"),
            skew_ms,
            wrong_until: None,
            ambiguous: false,
            resolution_ms: 1000,
        }
    }

    fn judge(clock: Clock, occurred: &str, received: &str) -> (bool, bool) {
        let timing = clock.judge(at(occurred), at(received), 30_000);
        (timing.late, timing.suspect)
    }

    #[test]
    fn what_happened_before_the_connection_is_late() {
        assert_eq!(
            judge(clock(None), "2026-11-23T09:59:59Z", "2026-11-23T10:00:01Z"),
            (true, false)
        );
        assert_eq!(
            judge(clock(None), "2026-11-23T10:00:00Z", "2026-11-23T10:00:01Z"),
            (false, false)
        );
    }

    #[test]
    fn what_took_long_is_late_where_the_clock_was_measured() {
        let (then, now) = ("2026-11-23T10:01:00Z", "2026-11-23T10:02:00Z");
        assert_eq!(judge(clock(Some(0)), then, now), (true, false));
        assert_eq!(judge(clock(None), then, now), (false, false));
        // A clock one minute behind makes the record look a minute older than it is.
        assert_eq!(judge(clock(Some(-60_000)), then, now), (false, false));
    }

    #[test]
    fn a_clock_ten_years_off_is_suspect_and_its_records_are_not_late() {
        let skew = -10 * 365 * 86_400_000;
        assert_eq!(
            judge(clock(Some(skew)), "2016-11-25T10:02:00Z", "2026-11-23T10:02:00Z"),
            (false, true)
        );
        assert_eq!(
            judge(clock(None), "1970-01-01T00:00:05Z", "2026-11-23T10:02:00Z"),
            (true, true)
        );
        assert_eq!(
            judge(clock(None), "2036-11-23T10:00:00Z", "2026-11-23T10:02:00Z"),
            (false, true)
        );
    }

    #[test]
    fn what_a_clock_told_until_it_was_set_is_suspect() {
        let set = Clock {
            wrong_until: Some(at("2026-11-23T10:00:00Z")),
            ..clock(Some(0))
        };
        let received = "2026-11-23T10:00:09Z";
        assert_eq!(judge(set, "2026-11-20T10:00:00Z", received), (true, true));
        assert_eq!(judge(set, "2026-11-23T10:00:08Z", received), (false, false));
        // Within the second in which it was set.
        let set = Clock {
            wrong_until: Some(at("2026-11-23T10:00:00.4Z")),
            ..set
        };
        assert_eq!(judge(set, "2026-11-23T10:00:00Z", received), (false, false));
    }

    #[test]
    fn an_hour_that_came_twice_is_suspect_when_late() {
        let twice = Clock {
            ambiguous: true,
            ..clock(None)
        };
        assert_eq!(
            judge(twice, "2026-11-23T10:00:05Z", "2026-11-23T10:00:06Z"),
            (false, false)
        );
        assert_eq!(
            judge(twice, "2026-11-23T09:00:00Z", "2026-11-23T10:00:06Z"),
            (true, true)
        );
    }
}
