//! A moment without readers.
//!
//! The write-ahead log can be emptied only while nobody reads from it. Where reads overlap all the time that moment
//! never comes by itself: then new ones are held at the gate for a little while.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    inside: usize,
    shut: bool,
}

/// A reader that is inside; leaves when dropped.
pub(super) struct Visit<'a>(&'a Gate);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.lock().inside -= 1;
        self.0.changed.notify_all();
    }
}

impl Gate {
    /// Goes in, after waiting while the gate is shut.
    pub(super) fn enter(&self) -> Visit<'_> {
        let mut state = self.lock();
        while state.shut {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.inside += 1;
        Visit(self)
    }

    /// Shuts the gate, waits at most `patience` until nobody is inside, runs `work` (whether or not), and opens again.
    pub(super) fn alone<T>(&self, patience: Duration, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let mut state = self.lock();
        state.shut = true;
        while state.inside > 0 {
            let left = patience.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        drop(state);
        let outcome = work();
        self.lock().shut = false;
        self.changed.notify_all();
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
