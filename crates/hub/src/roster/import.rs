//! Taking over whom a device holds (hub rule 29), and comparing it with the roster (hub rule 27).

use crate::links::{CallError, DevicePerson, HeldPerson, LiveLink, PeopleSink};
use crate::people;
use crate::state::Hub;
use async_trait::async_trait;
use axum::body::Bytes;
use model::{DeviceId, PersonId};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use store::StoreError;
use store::hub::Actor;
use store::hub::roster::Stray;
use uuid::Uuid;

/// How an import stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ImportState {
    /// `running`, `done` or `failed`.
    pub(crate) state: &'static str,
    /// People taken so far.
    pub(crate) persons: u32,
    /// Photos taken so far.
    pub(crate) photos: u32,
    /// Photos that the hub could not use.
    pub(crate) photos_refused: u32,
    /// Why it failed.
    pub(crate) error: Option<String>,
}

/// The imports of this process, by device.
#[derive(Debug, Default)]
pub(crate) struct Imports(Mutex<HashMap<DeviceId, Arc<Counters>>>);

/// How far an import is.
#[derive(Debug, Default)]
struct Counters {
    persons: AtomicU32,
    photos: AtomicU32,
    refused: AtomicU32,
    ended: Mutex<Option<Result<(), String>>>,
}

impl Counters {
    fn state(&self) -> ImportState {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (state, error) = match ended {
            None => ("running", None),
            Some(Ok(())) => ("done", None),
            Some(Err(error)) => ("failed", Some(error)),
        };
        ImportState {
            state,
            persons: self.persons.load(Ordering::Relaxed),
            photos: self.photos.load(Ordering::Relaxed),
            photos_refused: self.refused.load(Ordering::Relaxed),
            error,
        }
    }
}

impl Imports {
    /// How a device's last import stands; `None` where there was none since the hub's start.
    #[must_use]
    pub(crate) fn state(&self, device: &DeviceId) -> Option<ImportState> {
        let imports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        imports.get(device).map(|counters| counters.state())
    }

    /// Begins one; `None` while one runs.
    fn begin(&self, device: &DeviceId) -> Option<Arc<Counters>> {
        let mut imports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if imports
            .get(device)
            .is_some_and(|counters| counters.state().state == "running")
        {
            return None;
        }
        let counters = Arc::new(Counters::default());
        imports.insert(device.clone(), Arc::clone(&counters));
        Some(counters)
    }
}

/// Begins to take over whom a device holds; `false` where that is under way.
pub(crate) fn begin(hub: &Arc<Hub>, live: Arc<LiveLink>, actor: Actor) -> bool {
    let Some(counters) = hub.imports.begin(&live.device) else {
        return false;
    };
    let owned = Arc::clone(hub);
    hub.tasks.spawn(async move {
        let _turn = live.turn.lock().await;
        let sink = Sink {
            hub: &owned,
            device: &live.device,
            actor,
            counters: &counters,
        };
        let outcome = tokio::select! {
            outcome = live.link.read_people(&sink) => outcome.map(|_| ()).map_err(|error| error.to_string()),
            () = owned.shutdown.cancelled() => Err("the hub stopped; import again".to_owned()),
        };
        if let Err(error) = &outcome {
            tracing::warn!(device = %live.device, error, "an import ended early");
        }
        *counters.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    });
    true
}

struct Sink<'a> {
    hub: &'a Arc<Hub>,
    device: &'a DeviceId,
    actor: Actor,
    counters: &'a Counters,
}

#[async_trait]
impl PeopleSink for Sink<'_> {
    async fn take(&self, person: DevicePerson) -> Result<(), StoreError> {
        let id = self.whose(&person).await?;
        let known = self.hub.store.people.person(&id, None).await?;
        if known.is_none() {
            self.create(&id, &person).await?;
        }
        let has_photos = self
            .hub
            .store
            .people
            .photos(&id, None)
            .await?
            .is_some_and(|photos| !photos.is_empty());
        if !has_photos {
            for photo in person.photos {
                self.photo(&id, photo).await?;
            }
        }
        self.counters.persons.fetch_add(1, Ordering::Relaxed);
        self.hub.outbox_grew();
        Ok(())
    }
}

impl Sink<'_> {
    /// The person that an id on the device means: whom an import mapped; somebody of the same id *and* name; else
    /// somebody new, under the same id where it is free.
    async fn whose(&self, person: &DevicePerson) -> Result<PersonId, StoreError> {
        let made = || PersonId::from_random(Uuid::now_v7().as_u128());
        let candidate = match PersonId::new(person.wire_id.as_str()) {
            Err(_) => made(),
            Ok(id) => match self.hub.store.people.person(&id, None).await? {
                Some(other) if other.person.name != person.person.name => made(),
                _ => id,
            },
        };
        self.hub
            .store
            .roster
            .map_wire_id(self.device, &person.wire_id, &candidate)
            .await
    }

    /// A code that another person has is left out.
    async fn create(&self, id: &PersonId, person: &DevicePerson) -> Result<(), StoreError> {
        let mut new = person.person.clone();
        new.id = id.clone();
        match self.hub.store.people.create(&self.actor, new.clone(), None).await {
            Err(StoreError::Conflict { .. }) if new.code.is_some() => {
                new.code = None;
                self.hub
                    .store
                    .people
                    .create(&self.actor, new, None)
                    .await
                    .map(|_| ())
            }
            other => other.map(|_| ()),
        }
    }

    /// The device took the photo once, so that what the hub finds wanting does not lose it.
    async fn photo(&self, id: &PersonId, bytes: Vec<u8>) -> Result<(), StoreError> {
        let bytes = Bytes::from(bytes);
        let check = match self.hub.config.faces.check {
            crate::config::PhotoCheck::Strict => crate::config::PhotoCheck::Warn,
            other => other,
        };
        let Ok(look) = people::look_at(&self.hub.recognition, check, bytes.clone()).await else {
            self.counters.refused.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        };
        people::keep_photo(self.hub, &self.actor, None, id, bytes, look).await?;
        self.counters.photos.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Compares whom a device holds with the roster, beside everything else (hub rule 27).
pub(crate) fn verify(hub: &Arc<Hub>, live: Arc<LiveLink>, actor: Actor) {
    let owned = Arc::clone(hub);
    hub.tasks.spawn(async move {
        let compared = tokio::select! {
            compared = compare(&owned, &live, &actor) => compared,
            () = owned.shutdown.cancelled() => return,
        };
        if let Err(error) = compared {
            tracing::warn!(device = %live.device, %error, "the roster was not compared");
        }
    });
}

#[derive(Debug, thiserror::Error)]
enum CompareError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

async fn compare(hub: &Arc<Hub>, live: &LiveLink, actor: &Actor) -> Result<(), CompareError> {
    let turn = live.turn.lock().await;
    let held = live.link.list_persons().await?;
    let held = held
        .into_iter()
        .map(|HeldPerson { wire_id, name }| Stray { wire_id, name })
        .collect();
    // Nobody is put on the device or taken off it between its answer and the comparison.
    let comparison = hub.store.roster.compared(actor, &live.device, held).await?;
    drop(turn);
    tracing::info!(device = %live.device, held = comparison.held, missing = comparison.missing,
        strays = comparison.strays, "the roster was compared");
    hub.outbox_grew();
    hub.links.wake(&live.device);
    Ok(())
}
