//! Comparing whom a device holds with the roster (hub rule 27): on demand; after each reconnect and once a day by the
//! device's count, and by its list where the counts differ; once a day by the list where the dialect cannot count.

use super::calls::Asked;
use crate::links::{CallError, Failure, HeldPerson, LiveLink};
use crate::state::Hub;
use jiff::{SignedDuration, Timestamp};
use model::DeviceId;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::StoreError;
use store::hub::Actor;
use store::hub::roster::{Expected, Stray};
use tokio::sync::OwnedMutexGuard;

/// How often whom a device holds is looked after.
const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How soon it is looked after again that waited for others being listed.
const QUEUE_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// How soon it is tried again after it failed.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Why nothing was compared.
#[derive(Debug, thiserror::Error)]
enum CompareError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// When whom a connected device holds is looked after next: at once after it connected.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch(Arc<AtomicI64>);

impl Watch {
    /// How long until then.
    pub(super) fn due_in(&self, now: Timestamp) -> SignedDuration {
        let left = self
            .0
            .load(Ordering::Relaxed)
            .saturating_sub(now.as_millisecond());
        SignedDuration::from_millis(left.max(0))
    }

    fn set(&self, at: Timestamp) {
        self.0.store(at.as_millisecond(), Ordering::Relaxed);
    }
}

/// Looks after whom a device holds, beside everything else; nobody is put there or taken off meanwhile.
pub(super) fn look_after(hub: &Arc<Hub>, live: Arc<LiveLink>, people: OwnedMutexGuard<()>, watch: Watch) {
    let owned = Arc::clone(hub);
    hub.tasks.spawn(async move {
        let looked = tokio::select! {
            looked = look(&owned, &live) => looked,
            () = owned.shutdown.cancelled() => return,
        };
        let now = Timestamp::now();
        let next = looked.unwrap_or_else(|error| {
            tracing::warn!(device = %live.device, %error, "whom the device holds was not compared");
            now.saturating_add(AGAIN_AFTER).unwrap_or(now)
        });
        watch.set(next);
        drop(people);
        live.wake.notify_one();
    });
}

/// Counts, compares where there is reason to, and says when to look again.
async fn look(hub: &Arc<Hub>, live: &LiveLink) -> Result<Timestamp, CompareError> {
    let now = Timestamp::now();
    let tomorrow = now.saturating_add(EVERY).unwrap_or(now);
    let Some(expected) = hub.store.roster.expected(&live.device).await? else {
        return Ok(tomorrow);
    };
    let counted = {
        let _turn = live.turn.lock().await;
        live.link.count_persons().await
    };
    let counted = match counted {
        Ok(counted) => Some(counted),
        Err(error) if error.failure == Failure::Unsupported => None,
        Err(error) => return Err(error.into()),
    };
    match wanted(counted, expected, now) {
        Wanted::Nothing { until } => return Ok(until),
        Wanted::List => {}
    }
    if let Some(counted) = counted {
        tracing::info!(device = %live.device, counted, expected = expected.persons,
            "the device's count differs from the roster");
    }
    let Ok(_place) = hub.listings.try_acquire() else {
        return Ok(now.saturating_add(QUEUE_AGAIN_AFTER).unwrap_or(now));
    };
    match compare(hub, live, &Actor::hub()).await {
        Err(CompareError::Call(error)) if error.failure == Failure::Unsupported => {}
        other => other?,
    }
    Ok(tomorrow)
}

/// What a count asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// The list of whom the device holds.
    List,
    /// Nothing, until then.
    Nothing { until: Timestamp },
}

/// A count that differs asks for the list; without a count, the list is asked for once a day.
fn wanted(counted: Option<u32>, expected: Expected, now: Timestamp) -> Wanted {
    let (same, from) = match counted {
        Some(counted) => (counted == expected.persons, now),
        None => (now.duration_since(expected.since) < EVERY, expected.since),
    };
    match from.saturating_add(EVERY) {
        Ok(until) if same => Wanted::Nothing { until },
        _ => Wanted::List,
    }
}

/// Compares on demand, beside everything else.
pub(crate) fn verify(hub: &Arc<Hub>, live: Arc<LiveLink>, actor: Actor) {
    let owned = Arc::clone(hub);
    hub.tasks.spawn(async move {
        let Ok(_place) = owned.listings.acquire().await else {
            return;
        };
        let _people = live.people.lock().await;
        let compared = tokio::select! {
            compared = compare(&owned, &live, &actor) => compared,
            () = owned.shutdown.cancelled() => return,
        };
        if let Err(error) = compared {
            tracing::warn!(device = %live.device, %error, "the roster was not compared");
        }
        live.wake.notify_one();
    });
}

/// Lists and compares; whoever calls holds [`LiveLink::people`], so that nobody is put on the device or taken off it
/// between its answer and the comparison.
async fn compare(hub: &Arc<Hub>, live: &LiveLink, actor: &Actor) -> Result<(), CompareError> {
    let mut asked = Asked::default();
    let held = loop {
        match live.link.list_persons().await {
            Err(error) if let Some(wait) = asked.again_after(&error) => tokio::time::sleep(wait).await,
            listed => break listed?,
        }
    };
    let held = held.into_iter().map(stray).collect();
    let comparison = hub.store.roster.compared(actor, &live.device, held).await?;
    tracing::info!(device = %live.device, held = comparison.held, missing = comparison.missing,
        strays = comparison.strays, "the roster was compared");
    hub.outbox_grew();
    Ok(())
}

fn stray(HeldPerson { wire_id, name }: HeldPerson) -> Stray {
    Stray { wire_id, name }
}

/// Keeps somebody of whom a device told unasked (hub rule 29).
pub(crate) async fn keep_stray(hub: &Hub, device: &DeviceId, person: HeldPerson) -> Result<(), StoreError> {
    let wire_id = person.wire_id.clone();
    if hub.store.roster.keep_stray(device, stray(person)).await? {
        tracing::info!(%device, wire_id, "the device told of a stray");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_count_that_differs_and_a_day_without_a_count_ask_for_the_list() {
        let expected = Expected {
            persons: 7,
            since: at("2026-11-27T10:00:00Z"),
        };
        let now = at("2026-11-27T20:00:00Z");
        let tomorrow = Wanted::Nothing {
            until: at("2026-11-28T20:00:00Z"),
        };
        assert_eq!(wanted(Some(7), expected, now), tomorrow);
        assert_eq!(wanted(Some(6), expected, now), Wanted::List);
        assert_eq!(wanted(Some(8), expected, now), Wanted::List);
        let rest = Wanted::Nothing {
            until: at("2026-11-28T10:00:00Z"),
        };
        assert_eq!(wanted(None, expected, now), rest);
        assert_eq!(wanted(None, expected, at("2026-11-28T10:00:00Z")), Wanted::List);
    }

    #[test]
    fn a_device_that_connected_is_looked_after_at_once_and_then_when_it_was_said() {
        let (watch, now) = (Watch::default(), at("2026-11-27T20:00:00Z"));
        assert!(watch.due_in(now).is_zero());
        watch.set(at("2026-11-27T20:01:00Z"));
        assert_eq!(watch.due_in(now), SignedDuration::from_mins(1));
    }
}
