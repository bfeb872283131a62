//! Taking over whom a device holds (hub rule 29). An import that is cut short, by the connection or by the hub's stop,
//! goes on when the device is there again.

use super::calls::Asked;
use crate::config::PhotoCheck;
use crate::links::{DevicePerson, Failure, LiveLink, PeopleSink};
use crate::people;
use crate::state::Hub;
use async_trait::async_trait;
use axum::body::Bytes;
use model::PersonId;
use std::sync::Arc;
use store::StoreError;
use store::hub::Actor;
use store::hub::imports::{ImportState, Place, Took};
use uuid::Uuid;

/// A device whose connection ends each time is not asked for its people more often than this.
const MOST_ATTEMPTS: u32 = 10;

/// Begins to take over whom a device holds; `false` where that is under way.
pub(crate) async fn begin(hub: &Arc<Hub>, live: Arc<LiveLink>, actor: &Actor) -> Result<bool, StoreError> {
    let begun = hub.store.imports.begin(actor, &live.device).await?;
    if begun {
        hub.outbox_grew();
        spawn(hub, live);
    }
    Ok(begun)
}

/// Goes on with an import that was cut short.
pub(super) async fn resume(hub: &Arc<Hub>, live: &Arc<LiveLink>) -> Result<(), StoreError> {
    let last = hub.store.imports.last(&live.device).await?;
    if last.is_some_and(|import| import.state == ImportState::Running) {
        tracing::info!(device = %live.device, "an import goes on");
        spawn(hub, Arc::clone(live));
    }
    Ok(())
}

fn spawn(hub: &Arc<Hub>, live: Arc<LiveLink>) {
    let owned = Arc::clone(hub);
    // Before the device's worker compares whom it holds.
    let at_once = Arc::clone(&live.people).try_lock_owned().ok();
    hub.tasks.spawn(async move {
        let _people = match at_once {
            Some(people) => people,
            None => Arc::clone(&live.people).lock_owned().await,
        };
        let imported = tokio::select! {
            imported = import(&owned, &live) => imported,
            () = owned.shutdown.cancelled() => return,
        };
        if let Err(error) = imported {
            tracing::error!(device = %live.device, %error, "how an import went was not kept");
        }
        live.wake.notify_one();
    });
}

async fn import(hub: &Arc<Hub>, live: &LiveLink) -> Result<(), StoreError> {
    let imports = &hub.store.imports;
    let Some(import) = imports.go_on(&live.device).await? else {
        return Ok(());
    };
    if import.attempts > MOST_ATTEMPTS {
        let why = format!("the connection ended {MOST_ATTEMPTS} times before everybody was read");
        return imports.end(&live.device, Err(why)).await;
    }
    let sink = Sink {
        hub,
        live,
        reached: import.reached,
        actor: import.actor,
    };
    if sink.reached.is_none() {
        sink.start_over().await?;
    }
    // As the hub has it now: an import begins beside the device's worker.
    if let Some(device) = hub.store.devices.device(&live.device, None).await? {
        live.link.set_zone(hub.zone_of(&device.device));
    }
    let mut asked = Asked::default();
    let read = loop {
        match live.link.read_people(&sink).await {
            Err(error) if let Some(wait) = asked.again_after(&error) => tokio::time::sleep(wait).await,
            read => break read,
        }
    };
    let outcome = match read {
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::warn!(device = %live.device, %error, "an import ended early");
            if error.failure == Failure::Disconnected {
                return Ok(());
            }
            Err(error.to_string())
        }
    };
    imports.end(&live.device, outcome).await
}

struct Sink<'a> {
    hub: &'a Arc<Hub>,
    live: &'a LiveLink,
    reached: Option<Place>,
    actor: Actor,
}

#[async_trait]
impl PeopleSink for Sink<'_> {
    async fn take(&self, person: DevicePerson) -> Result<(), StoreError> {
        let id = self.whose(&person).await?;
        let known = self.hub.store.people.person(&id, None).await?;
        if known.is_none() {
            self.create(&id, &person).await?;
        }
        let photos = self.hub.store.people.photos(&id, None).await?;
        let mut took = Took {
            place: person.index.map(|index| Place {
                index,
                wire_id: person.wire_id.clone(),
            }),
            ..Took::default()
        };
        if photos.is_none_or(|photos| photos.is_empty()) {
            for photo in person.photos {
                match self.photo(&id, photo).await? {
                    true => took.photos += 1,
                    false => took.refused += 1,
                }
            }
        }
        self.hub.store.imports.took(&self.live.device, took).await?;
        self.hub.outbox_grew();
        Ok(())
    }

    fn reached(&self) -> Option<&Place> {
        self.reached.as_ref()
    }

    async fn start_over(&self) -> Result<(), StoreError> {
        self.hub.store.imports.start_over(&self.live.device).await
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
            .map_wire_id(&self.live.device, &person.wire_id, &candidate)
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

    /// Whether a photo could be used. The device took it once, so that what the hub finds wanting does not lose it.
    async fn photo(&self, id: &PersonId, bytes: Vec<u8>) -> Result<bool, StoreError> {
        let bytes = Bytes::from(bytes);
        let check = match self.hub.config.faces.check {
            PhotoCheck::Strict => PhotoCheck::Warn,
            other => other,
        };
        let Ok(look) = people::look_at(&self.hub.recognition, check, bytes.clone()).await else {
            return Ok(false);
        };
        people::keep_photo(self.hub, &self.actor, None, id, bytes, look).await?;
        Ok(true)
    }
}
