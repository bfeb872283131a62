//! What is pushed, and where to (3.12, 3.13).

use super::failure::Failure;
use super::{DIALECT, Endpoint};
use dialects::facegate::subscription::{DEFAULT_BEAT_SECONDS, Subscribed};
use dialects::facegate::time::{any_wall_time, write_wall_time};
use dialects::facegate::{Done, Subscription, Topic};
use jiff::Timestamp;

impl Endpoint {
    /// `Subscribe`: records from its `BeginTime` on, those that were pushed before among them where pushes are resumed, or
    /// from now on; where pushes to the same address are resumed already,
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
        let reopened = begin.filter(|_| wanted.resumes == Some(true));
        let from = begin.unwrap_or(now);
        let subscription = Subscription {
            begin: Some(write_wall_time(zone.to_datetime(from))),
            beat_seconds: wanted.beat_seconds.or(Some(DEFAULT_BEAT_SECONDS)),
            ..before.followed_by(wanted)
        };
        self.memory
            .change(|memory| memory.subscription = subscription)
            .await?;
        if let Some(begin) = reopened {
            self.reopened.send_replace(Some(begin));
        }
        self.stir();
        self.device.wake_delivery();
        Ok(Done)
    }

    /// `GetSubscribe`: whoever looks is there, and may have been away. Once all that waited is delivered, records are wanted
    /// from the last one on (3.12).
    pub(super) async fn subscribed(&self) -> Result<Subscribed, Failure> {
        self.stir();
        let mut subscription = self.memory.get().subscription.clone();
        let is_resumed = !subscription.topics.is_empty() && subscription.resumes == Some(true);
        let journal = &self.device.journal;
        if is_resumed && journal.backlog(DIALECT).await? == 0 {
            let last = journal.entry(journal.newest().await?).await?;
            let last = last.and_then(|last| Timestamp::from_second(last.wire_second).ok());
            let last = last.map(|last| write_wall_time(self.device.zone().to_datetime(last)));
            // Written alike, times are in order as texts, too.
            subscription.begin = subscription.begin.max(last);
        }
        Ok(Subscribed(subscription))
    }

    /// `Unsubscribe`.
    pub(super) async fn unsubscribe(&self, topics: &[Topic]) -> Result<Done, Failure> {
        let left = self.memory.get().subscription.clone().without(topics);
        self.memory.change(|memory| memory.subscription = left).await?;
        self.stir();
        Ok(Done)
    }

    /// What waits for its pause to end goes out now.
    fn stir(&self) {
        self.stirred.send_modify(|count| *count = count.wrapping_add(1));
    }
}
