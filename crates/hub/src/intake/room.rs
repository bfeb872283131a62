//! How much may be under way between devices and the disk at a time. Past it the dialect says "busy": never memory.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The budgets, in KiB.
#[derive(Debug)]
pub struct Intake {
    /// Of records being committed.
    records: Arc<Semaphore>,
    /// Of large frames that are not complete.
    frames: Arc<Semaphore>,
}

impl Intake {
    /// Budgets of this many MiB each (`limits.intake_mb`).
    #[must_use]
    pub fn new(megabytes: usize) -> Self {
        let kilobytes = megabytes.saturating_mul(1024).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            records: Arc::new(Semaphore::new(kilobytes)),
            frames: Arc::new(Semaphore::new(kilobytes)),
        }
    }

    /// Room for a record of so many bytes, until the permit is dropped; `None` is busy.
    #[must_use]
    pub fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        take(&self.records, bytes.div_ceil(1024).max(1))
    }

    /// Room for so many KiB of a frame under way; `None` is none yet.
    #[must_use]
    pub fn frame_room(&self, kilobytes: usize) -> Option<OwnedSemaphorePermit> {
        take(&self.frames, kilobytes)
    }
}

fn take(budget: &Arc<Semaphore>, kilobytes: usize) -> Option<OwnedSemaphorePermit> {
    let permits = u32::try_from(kilobytes).ok()?;
    Arc::clone(budget).try_acquire_many_owned(permits).ok()
}

#[cfg(test)]
mod tests {
    use super::Intake;

    #[test]
    fn what_does_not_fit_is_busy_until_something_ends() {
        let intake = Intake::new(1);
        let first = intake.room(700 * 1024).unwrap();
        assert!(intake.room(700 * 1024).is_none());
        drop(first);
        assert!(intake.room(700 * 1024).is_some());
    }
}
