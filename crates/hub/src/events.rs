//! Telling people and programs what happened: each announcement of the outbox becomes an event with the resource as
//! it is when it is sent (hub rule 44).

use crate::api::permission::Caller;
use crate::api::problem::Problem;
use crate::state::Hub;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::hub::Event;
use store::hub::outbox::Announcement;
use tokio::sync::watch;

/// How often the outbox is looked at when nobody pokes: other processes may write to it (hub rule 2).
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the outbox is kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often what is older is forgotten, in looks.
const PRUNE_EVERY_LOOKS: u32 = 600;

/// Finds what an event is about.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// The resource as the API shows it; `None` when it is gone since, or the caller may not see it.
    async fn resolve(&self, hub: &Hub, caller: &Caller, row: &Announcement)
    -> Result<Option<Value>, Problem>;
}

/// Which resolver is for which event.
#[derive(Clone, Default)]
pub struct Resolvers(HashMap<Event, Arc<dyn Resolver>>);

impl fmt::Debug for Resolvers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Resolvers {
    /// Registers the resolver of an event.
    pub fn add(&mut self, event: Event, resolver: impl Resolver + 'static) {
        self.0.insert(event, Arc::new(resolver));
    }

    /// Whether an event has its resolver.
    #[must_use]
    pub fn knows(&self, event: Event) -> bool {
        self.0.contains_key(&event)
    }

    /// What a row of the outbox tells this caller; `None` is nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn resolve(
        &self,
        hub: &Hub,
        caller: &Caller,
        row: &Announcement,
    ) -> Result<Option<(Event, Value)>, Problem> {
        let Some(event) = row.event else { return Ok(None) };
        let Some(resolver) = self.0.get(&event) else {
            return Ok(None);
        };
        Ok(resolver
            .resolve(hub, caller, row)
            .await?
            .map(|value| (event, value)))
    }
}

/// Announcements that a follower reads at a time.
const PAGE: u32 = 500;

/// Reads announcements one after the other, from when it was made on.
#[derive(Debug)]
pub(crate) struct Follower {
    hub: Arc<Hub>,
    head: watch::Receiver<i64>,
    place: i64,
    rows: VecDeque<Announcement>,
}

impl Follower {
    /// What is announced from now on.
    pub(crate) fn new(hub: &Arc<Hub>) -> Self {
        let mut head = hub.outbox_head.subscribe();
        let place = *head.borrow_and_update();
        Self {
            hub: Arc::clone(hub),
            head,
            place,
            rows: VecDeque::new(),
        }
    }

    /// The next announcement; `None` when the hub stops.
    pub(crate) async fn next(&mut self) -> Option<Announcement> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                self.place = self.place.max(row.seq);
                return Some(row);
            }
            match self.hub.store.outbox.after(self.place, PAGE).await {
                Ok(rows) if !rows.is_empty() => {
                    self.rows = rows.into();
                    continue;
                }
                Ok(_) => {}
                Err(StoreError::Closed) => return None,
                Err(error) => tracing::error!(%error, "the outbox could not be read"),
            }
            tokio::select! {
                () = self.hub.shutdown.cancelled() => return None,
                changed = self.head.changed() => changed.ok()?,
            }
        }
    }
}

/// Watches the outbox grow, and forgets what is older than [`KEPT`].
pub(crate) async fn watch_outbox(hub: Arc<Hub>) {
    let mut looks = 0;
    loop {
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = hub.outbox_poke.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        match hub.store.outbox.extent().await {
            Ok(extent) => {
                hub.outbox_head
                    .send_if_modified(|head| std::mem::replace(head, extent.last) != extent.last);
            }
            Err(error) => tracing::error!(%error, "the outbox could not be looked at"),
        }
        if looks % PRUNE_EVERY_LOOKS == 0 {
            let pruned = hub.store.outbox.prune(Timestamp::now() - KEPT).await;
            if let Err(error) = pruned {
                tracing::error!(%error, "old announcements could not be forgotten");
            }
        }
        looks = looks.wrapping_add(1);
    }
}
