//! The terminal's one clock: an offset to the computer's, set from afar, kept over restarts (terminal rule 19).

use jiff::{SignedDuration, Timestamp};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use store::{StoreError, terminal::DeviceState};

/// Under which name the offset is kept.
const OFFSET: &str = "clock.offset_ms";

/// What time it is at this door.
pub struct Clock {
    offset_ms: AtomicI64,
    state: Arc<dyn DeviceState>,
}

impl Clock {
    /// The clock as it was set last.
    ///
    /// # Errors
    /// [`StoreError`] if the offset cannot be read.
    pub async fn load(state: Arc<dyn DeviceState>) -> Result<Self, StoreError> {
        let kept = state.get(OFFSET).await?;
        let offset = kept
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.parse().ok());
        Ok(Self {
            offset_ms: AtomicI64::new(offset.unwrap_or(0)),
            state,
        })
    }

    /// Now, at this door.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        shifted(Timestamp::now(), self.offset_ms())
    }

    /// This clock minus the computer's, in milliseconds.
    #[must_use]
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::Relaxed)
    }

    /// Sets the clock to `time`, which is now.
    ///
    /// # Errors
    /// [`StoreError`] if the offset cannot be kept; it holds until the next start nevertheless.
    pub async fn set(&self, time: Timestamp) -> Result<(), StoreError> {
        let offset = time
            .as_millisecond()
            .saturating_sub(Timestamp::now().as_millisecond());
        let before = self.offset_ms.swap(offset, Ordering::Relaxed);
        if before != offset {
            self.state
                .set(OFFSET, Some(offset.to_string().as_bytes()))
                .await?;
        }
        Ok(())
    }
}

fn shifted(time: Timestamp, offset_ms: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_millis(offset_ms))
        .unwrap_or(time)
}
