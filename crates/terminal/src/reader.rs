//! The card reader, when a platform asks for a card: the next one is told to it and is no pass.

use crate::pass::Presented;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// The one reader of this terminal.
#[derive(Debug, Default)]
pub struct Reader {
    wanted: Mutex<Option<oneshot::Sender<Presented>>>,
}

impl Reader {
    /// Waits for the next card; `None` when none comes in time, or another platform asks meanwhile.
    pub async fn next(&self, patience: Duration) -> Option<Presented> {
        let (sender, card) = oneshot::channel();
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        tokio::time::timeout(patience, card).await.ok()?.ok()
    }

    /// Gives a card to whoever waits; it comes back where nobody does.
    pub fn offer(&self, card: Presented) -> Option<Presented> {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner).take();
        match wanted {
            Some(waiting) => waiting.send(card).err(),
            None => Some(card),
        }
    }
}
