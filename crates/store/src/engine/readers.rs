//! Reader threads: each has a connection of its own and shows one consistent state per piece of work.

use super::gate::Gate;
use super::queue::{Next, Queue};
use crate::error::StoreError;
use rusqlite::Connection;
use std::sync::Arc;

/// A piece of reading work, which does not panic; answers its caller itself. `Err` when the transaction could not be begun.
pub(super) type Look = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) queue: Arc<Queue<Look>>,
    pub(super) gate: Arc<Gate>,
}

impl Reader {
    /// Runs until the queue is closed and empty.
    pub(super) fn run(self) {
        while let Next::Item(look) = self.queue.next(None) {
            let _visit = self.gate.enter();
            self.show(look);
            self.end();
        }
    }

    fn show(&self, look: Look) {
        match self
            .connection
            .prepare_cached("BEGIN")
            .and_then(|mut begin| begin.execute([]))
        {
            Ok(_) => look(Ok(&self.connection)),
            Err(error) => look(Err(error.into())),
        }
    }

    fn end(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self
            .connection
            .prepare_cached("ROLLBACK")
            .and_then(|mut end| end.execute([]))
        {
            tracing::error!(%error, "a reader could not end its transaction");
        }
    }
}
