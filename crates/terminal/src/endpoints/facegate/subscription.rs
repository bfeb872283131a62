//! What is pushed, and where to (3.12, 3.13).

use super::failure::Failure;
use super::{DIALECT, Endpoint};
use dialects::facegate::subscription::{DEFAULT_BEAT_SECONDS, Subscribed};
use dialects::facegate::time::{any_wall_time, write_wall_time};
use dialects::facegate::{Done, Subscription, Topic};

impl Endpoint {
    /// `Subscribe`: records from its `BeginTime` on, or from now on; where pushes to the same address are resumed already,
    /// what waits still goes out.
    pub(super) async fn subscribe(&self, wanted: Subscription) -> Result<Done, Failure> {
        let before = self.memory.get().subscription.clone();
        let zone = self.device.zone();
        let now = self.device.clock.now();
        let resumed =
            !before.topics.is_empty() && before.resumes == Some(true) && before.address == wanted.address;
        let begin = wanted.begin.as_deref().and_then(any_wall_time);
        let begin = begin.and_then(|local| zone.to_timestamp(local).ok());
        if let Some(skipped) = begin.or_else(|| (!resumed).then_some(now)) {
            self.device.journal.acknowledge_until(DIALECT, skipped).await?;
        }
        let from = begin.unwrap_or(now);
        let subscription = Subscription {
            begin: Some(write_wall_time(zone.to_datetime(from))),
            beat_seconds: wanted.beat_seconds.or(Some(DEFAULT_BEAT_SECONDS)),
            ..before.followed_by(wanted)
        };
        self.memory
            .change(|memory| memory.subscription = subscription)
            .await?;
        self.device.wake_delivery();
        Ok(Done)
    }

    /// `GetSubscribe`.
    pub(super) fn subscribed(&self) -> Subscribed {
        Subscribed(self.memory.get().subscription.clone())
    }

    /// `Unsubscribe`.
    pub(super) async fn unsubscribe(&self, topics: &[Topic]) -> Result<Done, Failure> {
        let left = self.memory.get().subscription.clone().without(topics);
        self.memory.change(|memory| memory.subscription = left).await?;
        Ok(Done)
    }
}
