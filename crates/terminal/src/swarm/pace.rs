//! When one device of a swarm sends its records, and what it counts.

use super::fleet::Fleet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What one device counts.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) sent: u64,
    pub(super) duplicated: u64,
    pub(super) latencies: Vec<Duration>,
    pub(super) first_sent: Option<Instant>,
    pub(super) last_acknowledged: Option<Instant>,
}

/// A device's schedule.
pub(super) struct Pace {
    number: usize,
    fleet: Arc<Fleet>,
    arrived: bool,
    next_at: Option<Instant>,
    pub(super) tally: Tally,
}

impl Pace {
    pub(super) fn new(number: usize, fleet: Arc<Fleet>) -> Self {
        Self {
            number,
            fleet,
            arrived: false,
            next_at: None,
            tally: Tally::default(),
        }
    }

    /// The hub took the device.
    pub(super) fn arrive(&mut self) {
        if !self.arrived {
            self.arrived = true;
            self.fleet.arrived();
        }
    }

    /// The number of the next record, from 1, if it is time for it.
    pub(super) fn next_record(&mut self, now: Instant) -> Option<u64> {
        if !self.is_due(now) {
            return None;
        }
        self.tally.sent += 1;
        self.tally.first_sent = self.tally.first_sent.or(Some(now));
        let interval = self.interval();
        // Who is behind catches up by one record at most.
        let earliest = now.checked_sub(interval).unwrap_or(now);
        self.next_at = self.next_at.map(|at| (at + interval).max(earliest));
        Some(self.tally.sent)
    }

    /// The record that was sent at `since` first is acknowledged.
    pub(super) fn acknowledged(&mut self, since: Instant) {
        let now = Instant::now();
        self.tally.latencies.push(now - since);
        self.tally.last_acknowledged = Some(now);
    }

    /// Whether a new record is to be made.
    fn is_due(&mut self, now: Instant) -> bool {
        let options = &self.fleet.options;
        let Some(start) = self.fleet.start() else {
            return false;
        };
        let interval = self.interval();
        // Each device has its own place in the interval.
        let share = u32::try_from(self.number).unwrap_or(0);
        let count = u32::try_from(options.count).unwrap_or(1);
        let duration = options.duration;
        let next = *self.next_at.get_or_insert(start + interval * share / count);
        now >= next && now < start + duration && !self.has_sent_all()
    }

    fn interval(&self) -> Duration {
        let options = &self.fleet.options;
        if options.records_per_second <= 0.0 {
            return Duration::ZERO;
        }
        #[allow(clippy::cast_precision_loss, reason = "some thousands of devices")]
        Duration::from_secs_f64(options.count as f64 / options.records_per_second)
    }

    fn has_sent_all(&self) -> bool {
        let most = self.fleet.options.records_per_device;
        most.is_some_and(|most| self.tally.sent >= u64::from(most))
    }

    fn end_of_sending(&self) -> Option<Instant> {
        self.fleet
            .start()
            .map(|start| start + self.fleet.options.duration)
    }

    /// Whether the device has nothing to do any more; `waits`: for an acknowledgement.
    pub(super) fn is_done(&self, waits: bool) -> bool {
        let over = self.end_of_sending().is_some_and(|end| Instant::now() >= end);
        (!waits && self.arrived && (over || self.has_sent_all())) || self.is_late()
    }

    /// Whether no acknowledgement is waited for any more; for a device that never came in, whether it is given up.
    pub(super) fn is_late(&self) -> bool {
        let over = match self.arrived {
            true => self.end_of_sending(),
            false => self.fleet.start(),
        };
        over.is_some_and(|over| Instant::now() >= over + self.fleet.options.patience)
    }

    /// When something is to be done without anything coming in; `waits`: for an acknowledgement.
    pub(super) fn due(&self, waits: bool) -> Option<Instant> {
        let next = self.next_at.filter(|_| !waits && !self.has_sent_all());
        let end = self.end_of_sending();
        let late = end.map(|end| end + self.fleet.options.patience);
        let end = end.filter(|end| *end > Instant::now());
        [next.filter(|_| end.is_some()), end, late]
            .into_iter()
            .flatten()
            .min()
    }
}
