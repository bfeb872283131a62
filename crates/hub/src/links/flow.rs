//! The records of one device on their way to the disk: whether any are under way, and since when none came. Whoever is
//! about to destroy what a device holds waits until nothing more comes (hub rule 33).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What comes of a device's records.
#[derive(Debug)]
pub struct RecordFlow(Mutex<State>);

#[derive(Debug)]
struct State {
    under_way: u32,
    /// Nothing came since then; ahead of us where the device was told to wait.
    quiet_since: Instant,
}

/// A record under way, until it is dropped.
#[derive(Debug)]
pub struct UnderWay<'a>(&'a RecordFlow);

impl Default for RecordFlow {
    fn default() -> Self {
        Self(Mutex::new(State {
            under_way: 0,
            quiet_since: Instant::now(),
        }))
    }
}

impl RecordFlow {
    /// A record came and is being taken.
    pub fn begin(&self) -> UnderWay<'_> {
        self.with(|state| state.under_way += 1);
        UnderWay(self)
    }

    /// Something came that may become a record: a piece of one.
    pub fn stir(&self) {
        self.postpone(Duration::ZERO);
    }

    /// The device was told to come again after this time with the record that it has.
    pub fn postpone(&self, wait: Duration) {
        let until = Instant::now() + wait;
        self.with(|state| state.quiet_since = state.quiet_since.max(until));
    }

    /// Waits until nothing came for so long, counted from now on.
    pub async fn quiet_for(&self, quiet: Duration) {
        self.stir();
        loop {
            let left = self.with(|state| match state.under_way {
                0 => quiet.checked_sub(Instant::now().saturating_duration_since(state.quiet_since)),
                _ => Some(quiet),
            });
            let ahead = self.with(|state| state.quiet_since.saturating_duration_since(Instant::now()));
            match left.map(|left| left + ahead) {
                Some(left) if !left.is_zero() => tokio::time::sleep(left).await,
                _ => return,
            }
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.under_way = state.under_way.saturating_sub(1);
            state.quiet_since = state.quiet_since.max(Instant::now());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const QUIET: Duration = Duration::from_secs(5);

    /// How long it took until the flow was quiet, while `device` did its part.
    async fn waited(device: impl AsyncFnOnce(&RecordFlow)) -> Duration {
        let flow = Arc::new(RecordFlow::default());
        let begun = Instant::now();
        tokio::join!(flow.quiet_for(QUIET), device(&flow));
        begun.elapsed()
    }

    fn near(found: Duration, expected: Duration) {
        assert!(
            found >= expected && found < expected + Duration::from_millis(50),
            "{found:?}, not {expected:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn quiet_begins_after_the_last_record_was_taken() {
        near(waited(async |_| {}).await, QUIET);
        let three = waited(async |flow| {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(4)).await;
                let record = flow.begin();
                tokio::time::sleep(Duration::from_secs(2)).await;
                drop(record);
            }
        });
        near(three.await, Duration::from_secs(18) + QUIET);
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_that_takes_long_and_a_device_that_was_told_to_wait_are_waited_for() {
        let long = waited(async |flow| {
            let record = flow.begin();
            tokio::time::sleep(Duration::from_secs(30)).await;
            drop(record);
        });
        near(long.await, Duration::from_secs(30) + QUIET);
        let told = waited(async |flow| flow.postpone(Duration::from_secs(60)));
        near(told.await, Duration::from_secs(60) + QUIET);
    }
}
