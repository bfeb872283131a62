//! A bounded queue between callers and the threads of the engine.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Why an item was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// As many items as the limit wait already.
    Full,
    /// The queue is closed.
    Closed,
}

/// What [`Queue::next`] found.
pub(crate) enum Next<T> {
    Item(T),
    /// Nothing came in time.
    Idle,
    /// Closed and empty: nothing will come any more.
    Closed,
}

pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    limit: usize,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new(limit: usize) -> Self {
        let state = State {
            items: VecDeque::new(),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            arrived: Condvar::new(),
            limit,
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Takes an item, or refuses it at once.
    pub(crate) fn push(&self, item: T) -> Result<(), Refusal> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refusal::Closed);
        }
        if state.items.len() >= self.limit {
            return Err(Refusal::Full);
        }
        state.items.push_back(item);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next item, without waiting.
    pub(crate) fn try_next(&self) -> Option<T> {
        self.lock().items.pop_front()
    }

    /// Waits for the next item, at most `patience` if given.
    pub(crate) fn next(&self, patience: Option<Duration>) -> Next<T> {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Next::Item(item);
            }
            if state.closed {
                return Next::Closed;
            }
            let Some(patience) = patience else {
                state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (after, waited) = self
                .arrived
                .wait_timeout(state, patience)
                .unwrap_or_else(PoisonError::into_inner);
            state = after;
            if waited.timed_out() && state.items.is_empty() && !state.closed {
                return Next::Idle;
            }
        }
    }

    /// Takes nothing more; what waits is still handed out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // The state is whole between any two statements: a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
