//! The bytes between devices and the hub. A device that publishes while there is no room waits, and with it what it
//! sends next: the network's own back pressure, and never memory.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, TryAcquireError};

/// How long a device waits for room before its connection is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A budget of KiB.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    room: Arc<Semaphore>,
    kilobytes: usize,
}

impl Budget {
    /// Of so many MiB (`limits.intake_mb`).
    pub(super) fn new(megabytes: usize) -> Self {
        let kilobytes = megabytes.saturating_mul(1024).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            room: Arc::new(Semaphore::new(kilobytes)),
            kilobytes,
        }
    }

    /// Takes room for a message; `false` where none came about in time.
    pub(super) async fn take(&self, bytes: usize) -> bool {
        let permits = self.permits(bytes);
        match self.room.try_acquire_many(permits) {
            Ok(taken) => {
                taken.forget();
                return true;
            }
            Err(TryAcquireError::Closed) => return false,
            Err(TryAcquireError::NoPermits) => {
                metrics::counter!("menshen_intake_busy_total").increment(1);
            }
        }
        match tokio::time::timeout(PATIENCE, self.room.acquire_many(permits)).await {
            Ok(Ok(taken)) => {
                taken.forget();
                true
            }
            _ => false,
        }
    }

    /// Gives room back.
    pub(super) fn give_back(&self, bytes: usize) {
        let missing = self.kilobytes.saturating_sub(self.room.available_permits());
        let permits = usize::try_from(self.permits(bytes)).unwrap_or(missing);
        self.room.add_permits(permits.min(missing));
    }

    /// Gives all room back: nothing is on its way to a hub that is not there.
    pub(super) fn reset(&self) {
        let missing = self.kilobytes.saturating_sub(self.room.available_permits());
        self.room.add_permits(missing);
    }

    fn permits(&self, bytes: usize) -> u32 {
        let permits = bytes.div_ceil(1024).clamp(1, self.kilobytes);
        u32::try_from(permits).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[tokio::test(start_paused = true)]
    async fn whoever_finds_no_room_waits_for_it() {
        let budget = Budget::new(1);
        assert!(budget.take(700 * 1024).await);
        let waiting = budget.clone();
        let second = tokio::spawn(async move { waiting.take(700 * 1024).await });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        budget.give_back(700 * 1024);
        assert!(second.await.unwrap());
        assert!(!budget.take(700 * 1024).await, "nothing is given back any more");
        budget.reset();
        assert!(budget.take(1024 * 1024).await);
        budget.give_back(usize::MAX);
        assert!(budget.take(1024 * 1024).await, "never more than there is");
    }
}
