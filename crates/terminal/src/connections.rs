//! How each dialect's connection stands, for the kiosk and for whoever decides through it.

use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// One dialect's connection as `/api/state` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Connection {
    /// Whether the platform is there and knows this terminal.
    pub online: bool,
    /// Where the platform is.
    pub address: String,
    /// Since when it is as it is.
    pub since: Option<Timestamp>,
    /// What went wrong last.
    pub problem: Option<String>,
}

/// All dialects' connections.
#[derive(Debug, Default)]
pub struct Connections(Mutex<BTreeMap<&'static str, Connection>>);

impl Connections {
    /// Changes what is known of one.
    pub fn set(&self, dialect: &'static str, connection: Connection) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(dialect, connection);
    }

    /// Whether a dialect's platform is there.
    #[must_use]
    pub fn is_online(&self, dialect: &str) -> bool {
        let connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connections
            .get(dialect)
            .is_some_and(|connection| connection.online)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> BTreeMap<&'static str, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
