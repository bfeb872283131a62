//! [`Rules`] on the embedded engine.

use super::names::{self, Kind, Named};
use super::{GrantDraft, HolidayDraft, Rules, ScheduleDraft, calendars, grants};
use crate::hub::{Page, PageRequest, Revised, accounts::Actor};
use crate::{Store, StoreError};
use async_trait::async_trait;
use model::{Grant, GrantId, Group, GroupId, Holiday, HolidayId, Schedule, ScheduleId, Zone, ZoneId};

/// Rules in the hub's SQLite database.
#[derive(Clone)]
pub struct SqliteRules {
    store: Store,
}

impl SqliteRules {
    /// Rules of this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn named(&self, kind: Kind, page: PageRequest) -> Result<Page<Revised<Named>>, StoreError> {
        self.store.read(move |conn| names::list(conn, kind, page)).await
    }

    async fn one_named(&self, kind: Kind, id: &str) -> Result<Option<Revised<Named>>, StoreError> {
        let id = id.to_owned();
        self.store.read(move |conn| names::get(conn, kind, &id)).await
    }

    async fn create_named(
        &self,
        actor: &Actor,
        kind: Kind,
        name: String,
    ) -> Result<Revised<Named>, StoreError> {
        let actor = actor.clone();
        self.store
            .write(move |tx| names::create(tx, &actor, kind, &name))
            .await
    }

    async fn rename(
        &self,
        actor: &Actor,
        kind: Kind,
        id: &str,
        name: String,
        expected: Option<i64>,
    ) -> Result<Revised<Named>, StoreError> {
        let (actor, id) = (actor.clone(), id.to_owned());
        self.store
            .write(move |tx| names::rename(tx, &actor, kind, &id, &name, expected))
            .await
    }
}

fn group(kept: Revised<Named>) -> Revised<Group> {
    let (id, name) = kept.object;
    Revised {
        revision: kept.revision,
        object: Group {
            id: GroupId::new(id),
            name,
        },
    }
}

fn zone(kept: Revised<Named>) -> Revised<Zone> {
    let (id, name) = kept.object;
    Revised {
        revision: kept.revision,
        object: Zone {
            id: ZoneId::new(id),
            name,
        },
    }
}

#[async_trait]
impl Rules for SqliteRules {
    async fn groups(&self, page: PageRequest) -> Result<Page<Revised<Group>>, StoreError> {
        Ok(self.named(Kind::Group, page).await?.map(group))
    }

    async fn group(&self, id: &GroupId) -> Result<Option<Revised<Group>>, StoreError> {
        Ok(self.one_named(Kind::Group, id.as_str()).await?.map(group))
    }

    async fn create_group(&self, actor: &Actor, name: String) -> Result<Revised<Group>, StoreError> {
        self.create_named(actor, Kind::Group, name).await.map(group)
    }

    async fn rename_group(
        &self,
        actor: &Actor,
        id: &GroupId,
        name: String,
        expected: Option<i64>,
    ) -> Result<Revised<Group>, StoreError> {
        self.rename(actor, Kind::Group, id.as_str(), name, expected)
            .await
            .map(group)
    }

    async fn delete_group(
        &self,
        actor: &Actor,
        id: &GroupId,
        expected: Option<i64>,
    ) -> Result<(), StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| names::delete_group(tx, &actor, id.as_str(), expected))
            .await
    }

    async fn zones(&self, page: PageRequest) -> Result<Page<Revised<Zone>>, StoreError> {
        Ok(self.named(Kind::Zone, page).await?.map(zone))
    }

    async fn zone(&self, id: &ZoneId) -> Result<Option<Revised<Zone>>, StoreError> {
        Ok(self.one_named(Kind::Zone, id.as_str()).await?.map(zone))
    }

    async fn create_zone(&self, actor: &Actor, name: String) -> Result<Revised<Zone>, StoreError> {
        self.create_named(actor, Kind::Zone, name).await.map(zone)
    }

    async fn rename_zone(
        &self,
        actor: &Actor,
        id: &ZoneId,
        name: String,
        expected: Option<i64>,
    ) -> Result<Revised<Zone>, StoreError> {
        self.rename(actor, Kind::Zone, id.as_str(), name, expected)
            .await
            .map(zone)
    }

    async fn delete_zone(&self, actor: &Actor, id: &ZoneId, expected: Option<i64>) -> Result<(), StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| names::delete_zone(tx, &actor, id.as_str(), expected))
            .await
    }

    async fn schedules(&self, page: PageRequest) -> Result<Page<Revised<Schedule>>, StoreError> {
        self.store
            .read(move |conn| calendars::schedules(conn, page))
            .await
    }

    async fn schedule(&self, id: &ScheduleId) -> Result<Option<Revised<Schedule>>, StoreError> {
        let id = id.clone();
        self.store.read(move |conn| calendars::schedule(conn, &id)).await
    }

    async fn create_schedule(
        &self,
        actor: &Actor,
        draft: ScheduleDraft,
    ) -> Result<Revised<Schedule>, StoreError> {
        let actor = actor.clone();
        self.store
            .write(move |tx| calendars::create_schedule(tx, &actor, &draft))
            .await
    }

    async fn replace_schedule(
        &self,
        actor: &Actor,
        id: &ScheduleId,
        draft: ScheduleDraft,
        expected: Option<i64>,
    ) -> Result<Revised<Schedule>, StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| calendars::replace_schedule(tx, &actor, &id, &draft, expected))
            .await
    }

    async fn delete_schedule(
        &self,
        actor: &Actor,
        id: &ScheduleId,
        expected: Option<i64>,
    ) -> Result<(), StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| calendars::delete_schedule(tx, &actor, &id, expected))
            .await
    }

    async fn holidays(&self, page: PageRequest) -> Result<Page<Revised<Holiday>>, StoreError> {
        self.store.read(move |conn| calendars::holidays(conn, page)).await
    }

    async fn holiday(&self, id: &HolidayId) -> Result<Option<Revised<Holiday>>, StoreError> {
        let id = id.clone();
        self.store.read(move |conn| calendars::holiday(conn, &id)).await
    }

    async fn create_holiday(
        &self,
        actor: &Actor,
        draft: HolidayDraft,
    ) -> Result<Revised<Holiday>, StoreError> {
        let actor = actor.clone();
        self.store
            .write(move |tx| calendars::create_holiday(tx, &actor, &draft))
            .await
    }

    async fn replace_holiday(
        &self,
        actor: &Actor,
        id: &HolidayId,
        draft: HolidayDraft,
        expected: Option<i64>,
    ) -> Result<Revised<Holiday>, StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| calendars::replace_holiday(tx, &actor, &id, &draft, expected))
            .await
    }

    async fn delete_holiday(
        &self,
        actor: &Actor,
        id: &HolidayId,
        expected: Option<i64>,
    ) -> Result<(), StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| calendars::delete_holiday(tx, &actor, &id, expected))
            .await
    }

    async fn grants(&self, page: PageRequest) -> Result<Page<Revised<Grant>>, StoreError> {
        self.store.read(move |conn| grants::list(conn, page)).await
    }

    async fn grant(&self, id: &GrantId) -> Result<Option<Revised<Grant>>, StoreError> {
        let id = id.clone();
        self.store.read(move |conn| grants::get(conn, &id)).await
    }

    async fn create_grant(&self, actor: &Actor, draft: GrantDraft) -> Result<Revised<Grant>, StoreError> {
        let actor = actor.clone();
        self.store
            .write(move |tx| grants::create(tx, &actor, &draft))
            .await
    }

    async fn replace_grant(
        &self,
        actor: &Actor,
        id: &GrantId,
        draft: GrantDraft,
        expected: Option<i64>,
    ) -> Result<Revised<Grant>, StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| grants::replace(tx, &actor, &id, &draft, expected))
            .await
    }

    async fn delete_grant(
        &self,
        actor: &Actor,
        id: &GrantId,
        expected: Option<i64>,
    ) -> Result<(), StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| grants::delete(tx, &actor, &id, expected))
            .await
    }
}
