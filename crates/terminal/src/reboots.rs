//! The scheduled reboot.

use crate::device::Device;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::{RebootDay, ScheduledReboot};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The clock and the schedule may be set at any time: how often both are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Reboots when it is time, until `shutdown`.
pub(crate) async fn keep(device: Arc<Device>, shutdown: CancellationToken) {
    let mut looked_at = device.clock.now();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let now = device.clock.now();
        let behaviour = device.behaviour();
        // A clock that was set far ahead or back makes no reboot.
        let steady = now.duration_since(looked_at).unsigned_abs() < 6 * LOOK_EVERY;
        if let Some(schedule) = behaviour.reboot.as_ref().filter(|_| steady)
            && falls_due(schedule, &device.zone(), looked_at, now)
        {
            tracing::info!("the scheduled reboot");
            device.reboot();
        }
        looked_at = now;
    }
}

/// Whether the schedule's time lies after `since`, up to `now`.
fn falls_due(schedule: &ScheduledReboot, zone: &TimeZone, since: Timestamp, now: Timestamp) -> bool {
    let Some(at) = schedule.at.get(..5).and_then(|at| at.split_once(':')) else {
        return false;
    };
    let (Ok(hour), Ok(minute)) = (at.0.parse::<i8>(), at.1.parse::<i8>()) else {
        return false;
    };
    let today = zone.to_datetime(now).date();
    [today.checked_sub(1.day()).ok(), Some(today)]
        .into_iter()
        .flatten()
        .filter(|date| falls_on(schedule.day, date.weekday()))
        .filter_map(|date| {
            jiff::civil::Time::new(hour, minute, 0, 0)
                .ok()
                .map(|time| date.to_datetime(time))
        })
        .filter_map(|local| zone.to_timestamp(local).ok())
        .any(|due| since < due && due <= now)
}

fn falls_on(day: RebootDay, weekday: Weekday) -> bool {
    match day {
        RebootDay::Never => false,
        RebootDay::Daily => true,
        RebootDay::Mon => weekday == Weekday::Monday,
        RebootDay::Tue => weekday == Weekday::Tuesday,
        RebootDay::Wed => weekday == Weekday::Wednesday,
        RebootDay::Thu => weekday == Weekday::Thursday,
        RebootDay::Fri => weekday == Weekday::Friday,
        RebootDay::Sat => weekday == Weekday::Saturday,
        RebootDay::Sun => weekday == Weekday::Sunday,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reboot_falls_due_once_on_its_day() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let schedule = |day, at: &str| ScheduledReboot {
            day,
            at: at.to_owned(),
        };
        // 2026-11-24 is a Tuesday; 03:00 there is 19:00 UTC the day before.
        let (before, after) = (at("2026-11-23T18:59:55Z"), at("2026-11-23T19:00:05Z"));
        assert!(falls_due(
            &schedule(RebootDay::Daily, "03:00"),
            &zone,
            before,
            after
        ));
        assert!(falls_due(
            &schedule(RebootDay::Tue, "03:00"),
            &zone,
            before,
            after
        ));
        assert!(!falls_due(
            &schedule(RebootDay::Mon, "03:00"),
            &zone,
            before,
            after
        ));
        assert!(!falls_due(
            &schedule(RebootDay::Never, "03:00"),
            &zone,
            before,
            after
        ));
        assert!(!falls_due(
            &schedule(RebootDay::Daily, "03:00"),
            &zone,
            after,
            at("2026-11-23T19:00:15Z")
        ));
        assert!(!falls_due(
            &schedule(RebootDay::Daily, "soon"),
            &zone,
            before,
            after
        ));
    }
}
