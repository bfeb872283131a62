//! Pauses between connections: growing, with jitter, for ever.

use std::time::Duration;

/// The longest pause, unless the first one is longer.
const LONGEST: Duration = Duration::from_secs(60);

/// The shortest pause, whatever is configured.
const SHORTEST: Duration = Duration::from_millis(100);

/// The pauses between attempts.
#[derive(Debug)]
pub(crate) struct Pauses {
    first: Duration,
    next: Duration,
}

impl Pauses {
    /// Starting with `first`.
    pub(crate) fn new(first: Duration) -> Self {
        let first = first.max(SHORTEST);
        Self { first, next: first }
    }

    /// After a connection that worked.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    /// The next pause: between half and all of the present step, as `random` has it, or what the platform `wanted`
    /// if that is longer. The step doubles.
    pub(crate) fn next(&mut self, wanted: Option<Duration>, random: u16) -> Duration {
        let pause = self.next / 2 + self.next * u32::from(random) / (2 * u32::from(u16::MAX));
        self.next = (self.next * 2).min(LONGEST.max(self.first));
        pause.max(wanted.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_start_over() {
        let mut pauses = Pauses::new(Duration::from_secs(5));
        let most: Vec<u64> = (0..6).map(|_| pauses.next(None, u16::MAX).as_secs()).collect();
        assert_eq!(most, [5, 10, 20, 40, 60, 60]);
        assert_eq!(pauses.next(None, 0), Duration::from_secs(30), "jitter");
        assert_eq!(
            pauses.next(Some(Duration::from_secs(90)), 0),
            Duration::from_secs(90)
        );
        pauses.reset();
        assert_eq!(pauses.next(None, u16::MAX), Duration::from_secs(5));
    }
}
