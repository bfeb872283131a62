//! What is told live: passes, and the state after each change.

use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Events that a slow reader may be behind before it loses some.
const QUEUE: usize = 256;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `record.created`, `state`, `announcement` or `output`.
    pub name: &'static str,
    /// What it tells.
    pub data: Value,
}

/// Where events are told.
pub struct Events(broadcast::Sender<Arc<Event>>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::Sender::new(QUEUE))
    }
}

impl Events {
    /// Tells an event to whoever listens.
    pub fn tell(&self, name: &'static str, data: &impl Serialize) {
        // By way of text, as the answers go: a measured 36.7 must not become 36.70000076293945.
        match serde_json::to_string(data).and_then(|text| serde_json::from_str(&text)) {
            // Nobody listening is no failure.
            Ok(data) => drop(self.0.send(Arc::new(Event { name, data }))),
            Err(error) => tracing::error!(name, %error, "an event could not be written"),
        }
    }

    /// Whether anybody listens.
    #[must_use]
    pub fn has_listeners(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.0.subscribe()
    }
}
