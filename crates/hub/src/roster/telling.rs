//! Telling a device who decides on its door, until it has taken it (hub rule 17).

use super::calls::wait_after;
use crate::links::{Failure, LiveLink};
use model::Decider;
use std::time::{Duration, Instant};

/// How long to rest when the connection broke and the device may still be there.
const REST_AFTER_BREAK: Duration = Duration::from_secs(1);

/// Who decides, as the device was told on this connection.
#[derive(Debug, Default)]
pub(super) struct Telling {
    told: Option<Decider>,
    /// What the device did not take, how often, and when it is told again.
    refused: Option<(Decider, u32, Instant)>,
}

impl Telling {
    /// How long until the device is to be told; `None` where it knows.
    pub(super) fn due_in(&self, decider: Decider) -> Option<Duration> {
        if self.told == Some(decider) {
            return None;
        }
        let again = self.refused.filter(|(refused, ..)| *refused == decider);
        Some(again.map_or(Duration::ZERO, |(_, _, at)| {
            at.saturating_duration_since(Instant::now())
        }))
    }

    /// Tells the device. One without such a switch keeps deciding as it is set.
    pub(super) async fn tell(&mut self, live: &LiveLink, decider: Decider) {
        let answer = {
            let _turn = live.turn.lock().await;
            live.link.set_decider(decider).await
        };
        let error = match answer {
            Ok(()) => {
                (self.told, self.refused) = (Some(decider), None);
                return;
            }
            Err(error) => error,
        };
        tracing::warn!(device = %live.device, %error, ?decider, "the device was not told who decides");
        // Until it is told, nobody knows how it decides.
        self.told = (error.failure == Failure::Unsupported).then_some(decider);
        let before = self.refused.filter(|(refused, ..)| *refused == decider);
        let times = before.map_or(1, |(_, times, _)| times.saturating_add(1));
        let wait = wait_after(&error, times).map_or(REST_AFTER_BREAK, |wait| wait.unsigned_abs());
        self.refused = Some((decider, times, Instant::now() + wait.max(REST_AFTER_BREAK)));
    }
}
