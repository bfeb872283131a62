//! The door: how long it stays open, and what is told of it. The kind `log` moves nothing.

use jiff::Timestamp;
use model::Method;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The last opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// How whoever opened it identified; `remote` from afar.
    pub method: Method,
    /// When, by the terminal's clock.
    pub at: Timestamp,
}

/// The door as `/api/state` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoorState {
    /// Whether it is open now.
    pub open: bool,
    /// Openings since the start.
    pub openings: u64,
    /// The last one.
    pub last: Option<Opening>,
}

#[derive(Default)]
struct Inner {
    open_until: Option<Instant>,
    openings: u64,
    last: Option<Opening>,
}

/// The one door of this terminal.
pub struct Door {
    open_for: Duration,
    inner: Mutex<Inner>,
    openings: watch::Sender<u64>,
}

impl Door {
    /// A closed door that opens for `open_for` each time.
    #[must_use]
    pub fn new(open_for: Duration) -> Self {
        Self {
            open_for,
            inner: Mutex::default(),
            openings: watch::Sender::new(0),
        }
    }

    /// Opens the door, for this time or as configured; an open one stays open for the whole time again.
    pub fn open(&self, method: Method, at: Timestamp, open_for: Option<Duration>) {
        let open_for = open_for.unwrap_or(self.open_for);
        tracing::info!(?method, open_ms = open_for.as_millis(), "door opens");
        metrics::counter!("menshen_terminal_door_openings_total").increment(1);
        let openings = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.open_until = Some(Instant::now() + open_for);
            inner.openings += 1;
            inner.last = Some(Opening { method, at });
            inner.openings
        };
        self.openings.send_replace(openings);
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> DoorState {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        DoorState {
            open: inner.open_until.is_some_and(|until| Instant::now() < until),
            openings: inner.openings,
            last: inner.last.clone(),
        }
    }

    /// Forgets the openings, as a reboot does.
    pub fn reset(&self) {
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner) = Inner::default();
        self.openings.send_replace(0);
    }

    /// Tells every opening: the value counts them.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.openings.subscribe()
    }

    /// When it closes by itself, where it is open.
    #[must_use]
    pub fn closes_at(&self) -> Option<Instant> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.open_until.filter(|until| Instant::now() < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn opens_counts_and_closes_by_itself() {
        let door = Door::new(Duration::from_millis(3000));
        assert!(!door.state().open);
        door.open(Method::Face, Timestamp::UNIX_EPOCH, None);
        tokio::time::advance(Duration::from_millis(2000)).await;
        door.open(Method::Remote, Timestamp::UNIX_EPOCH, None);
        tokio::time::advance(Duration::from_millis(2999)).await;
        assert!(door.state().open);
        tokio::time::advance(Duration::from_millis(1)).await;
        let state = door.state();
        assert!(!state.open);
        assert_eq!(state.openings, 2);
        assert_eq!(state.last.unwrap().method, Method::Remote);
    }
}
