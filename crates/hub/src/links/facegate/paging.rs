//! Lists with pictures, page by page. How many pictures an answer of the terminal holds before it is too large for the hub,
//! or takes too long, is not known before: pictures have up to 1.5 MB (QUIRKS A82).

use super::wire::Wire;
use crate::links::{CallError, Failure};
use dialects::facegate::operation::Operation;
use jiff::Timestamp;

/// How many are asked for at first where each has a picture.
const WITH_PICTURES: u32 = 16;

/// Asks for pages, smaller ones once one was too much.
pub(super) struct Pages<'a> {
    wire: &'a Wire,
    count: u32,
}

impl<'a> Pages<'a> {
    pub(super) fn with_pictures(wire: &'a Wire) -> Self {
        Self {
            wire,
            count: WITH_PICTURES,
        }
    }

    /// The page that `ask` makes of how many it is to hold.
    ///
    /// # Errors
    /// Those of the call, for one alone at last.
    pub(super) async fn next<O: Operation>(
        &mut self,
        ask: impl Fn(u32) -> O,
    ) -> Result<O::Answer, CallError> {
        loop {
            let begun_ms = Timestamp::now().as_millisecond();
            match self.wire.call(&ask(self.count)).await {
                Err(error) if self.count > 1 && self.was_too_much(&error, begun_ms) => {
                    self.count /= 2;
                    tracing::info!(device = %self.wire.line.device.device.id, %error, count = self.count, "a smaller page is asked for");
                }
                answered => return answered,
            }
        }
    }

    /// An answer that has more bytes than are taken, or was not whole in time; nothing that the terminal itself says.
    fn was_too_much(&self, error: &CallError, begun_ms: i64) -> bool {
        match error.failure {
            Failure::Internal => error.code.is_none(),
            Failure::Timeout => self.wire.was_reached_since(begun_ms),
            _ => false,
        }
    }
}
