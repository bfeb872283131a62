//! A simulated device that posts its records over HTTP, one at a time: the answer to the call is the acknowledgement.

use super::fleet::Fleet;
use super::pace::{Pace, Tally};
use crate::endpoints::at;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The pause before a hub that does not know the device yet is told of it again.
const PAUSE: Duration = Duration::from_secs(2);
/// A record that was not taken is sent again after this.
const RESEND: Duration = Duration::from_secs(10);

/// What a dialect's device says.
#[async_trait::async_trait]
pub(super) trait Voice: Send + Sized + 'static {
    /// A record, ready to be sent.
    type Record: Send + Sync;

    /// Tells the hub that the device is there; whether the hub takes its records now.
    async fn arrive(&mut self) -> bool;

    /// A heartbeat; when the next one is due.
    async fn beat(&mut self) -> Instant;

    /// A record of its own, by its number from 1.
    fn record(&self, number: u64) -> Self::Record;

    /// Sends a record; whether the hub has it.
    async fn send(&mut self, record: &Self::Record) -> bool;
}

/// A record that is not acknowledged yet.
struct Open<R> {
    record: R,
    since: Instant,
    again_at: Instant,
}

/// Lives until its records are through, or its time is over.
pub(super) async fn run<V: Voice>(number: usize, fleet: Arc<Fleet>, mut voice: V) -> Tally {
    let mut pace = Pace::new(number, Arc::clone(&fleet));
    if !fleet.may_connect().await {
        return pace.tally;
    }
    while !voice.arrive().await {
        if pace.is_late() {
            return pace.tally;
        }
        tokio::time::sleep(PAUSE).await;
    }
    pace.arrive();
    let mut start = fleet.starting();
    let mut open: Option<Open<V::Record>> = None;
    let mut beat_at = Instant::now();
    loop {
        let now = Instant::now();
        if beat_at <= now {
            beat_at = voice.beat().await;
        }
        if open.is_none()
            && let Some(number) = pace.next_record(now)
        {
            open = Some(Open {
                record: voice.record(number),
                since: now,
                again_at: now,
            });
        }
        if let Some(waiting) = open.as_mut().filter(|open| open.again_at <= now) {
            match voice.send(&waiting.record).await {
                true => {
                    pace.acknowledged(waiting.since);
                    open = None;
                    continue;
                }
                false => waiting.again_at = Instant::now() + RESEND,
            }
        }
        if pace.is_done(open.is_some()) {
            return pace.tally;
        }
        let resend = open.as_ref().map(|open| open.again_at);
        let wake = [Some(beat_at), resend, pace.due(open.is_some())];
        tokio::select! {
            () = at(wake.into_iter().flatten().min()) => {}
            _ = start.changed() => {}
        }
    }
}
