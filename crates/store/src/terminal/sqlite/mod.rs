//! The terminal's repositories on the engine.

mod device_state;
mod erase;
mod extras;
mod journal;
mod library;
mod rows;

use super::{DeviceState, Journal, Library};
use crate::{MasterKey, Migration, OpenError, Options, Store};
use std::path::PathBuf;
use std::sync::Arc;

/// The schema, oldest step first.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("../schema/0001.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("../schema/0002.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("../schema/0003.sql"),
    },
];

/// The database's name in the data folder.
const FILE_NAME: &str = "terminal.db";

/// Reader threads: the kiosk, the endpoints and little else read.
const READERS: usize = 2;

/// Everything that a terminal keeps.
#[derive(Clone)]
pub struct TerminalStore {
    /// Whom it knows.
    pub library: Arc<dyn Library>,
    /// What happened.
    pub journal: Arc<dyn Journal>,
    /// What it remembers of itself.
    pub state: Arc<dyn DeviceState>,
    store: Store,
}

impl TerminalStore {
    /// Opens the store in a data folder, making it where there is none.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do.
    pub async fn open(directory: impl Into<PathBuf>, key: MasterKey) -> Result<Self, OpenError> {
        let options = Options {
            readers: READERS,
            ..Options::new(directory, FILE_NAME, key, MIGRATIONS)
        };
        let database = options.database();
        let store = Store::open(options)?;
        let journal = journal::SqliteJournal::load(store.clone())
            .await
            .map_err(|error| OpenError::Unknown {
                path: database,
                reason: error.to_string(),
            })?;
        Ok(Self {
            library: Arc::new(library::SqliteLibrary::new(store.clone())),
            journal: Arc::new(journal),
            state: Arc::new(device_state::SqliteDeviceState::new(store.clone())),
            store,
        })
    }

    /// Where the database of a data folder is.
    #[must_use]
    pub fn database(directory: &std::path::Path) -> PathBuf {
        directory.join(FILE_NAME)
    }

    /// Finishes what was accepted and closes the files.
    pub async fn close(self) {
        self.store.close().await;
    }
}

#[cfg(test)]
mod tests;
