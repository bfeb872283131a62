//! As many pictures at the same time as there are workers, and no more: memory and processors stay bounded.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rten::ThreadPool;

/// Idle workers. Each runs one network at a time on its own thread.
#[derive(Debug)]
pub(crate) struct Workers {
    idle: Mutex<Vec<Arc<ThreadPool>>>,
    returned: Condvar,
}

/// A worker while it is held; goes back when dropped.
pub(crate) struct Worker<'a> {
    workers: &'a Workers,
    pool: Option<Arc<ThreadPool>>,
}

impl Workers {
    /// `count` workers; 0: one per processor.
    pub(crate) fn new(count: usize) -> Self {
        let count = if count == 0 {
            std::thread::available_parallelism().map_or(1, Into::into)
        } else {
            count
        };
        let idle = (0..count)
            .map(|_| Arc::new(ThreadPool::with_num_threads(1)))
            .collect();
        Self {
            idle: Mutex::new(idle),
            returned: Condvar::new(),
        }
    }

    /// Waits for a worker.
    pub(crate) fn take(&self) -> Worker<'_> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut idle = self
            .returned
            .wait_while(idle, |idle| idle.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        Worker {
            workers: self,
            pool: idle.pop(),
        }
    }
}

impl Worker<'_> {
    /// The thread to run a network on.
    pub(crate) fn pool(&self) -> Option<Arc<ThreadPool>> {
        self.pool.clone()
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            self.workers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(pool);
            self.workers.returned.notify_one();
        }
    }
}
