//! [`People`] on the embedded engine.

use super::{People, PersonAccess, PersonChange, PersonFilter, StoredPerson, deletion, doors, rows};
use crate::hub::outbox::{self, Event};
use crate::hub::photos::{self, Findings, NewPhoto, PhotoBytes, StoredPhoto, StoredTemplate, UnseenPhoto};
use crate::hub::roster::{self, RosterScope};
use crate::hub::{Page, PageRequest, accounts::Actor, audit, check_revision, conflict, not_found};
use crate::{Store, StoreError, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use model::{Person, PersonId, PersonKind, PhotoId, ZoneId};
use serde_json::{Value, json};

/// Persons in the hub's SQLite database.
#[derive(Clone)]
pub struct SqlitePeople {
    store: Store,
}

impl SqlitePeople {
    /// Persons of this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    fn sealed(&self, photo: &PhotoId, findings: &Findings) -> Result<Option<Vec<u8>>, StoreError> {
        findings
            .template
            .as_ref()
            .map(|template| self.store.seal(photos::SEAL_TABLE, photo.as_str(), template))
            .transpose()
    }
}

/// The audit row, the event and the roster of a changed person.
fn follow_up(
    tx: &mut Write<'_>,
    actor: &Actor,
    action: &str,
    id: &str,
    detail: Value,
) -> Result<(), StoreError> {
    audit::note(tx, actor, action, "person", id, detail)?;
    outbox::announce(tx, Event::PersonUpdated, id, None)?;
    roster::refresh(tx, RosterScope::Person(id))
}

/// Gone for this caller, or the person with its revision as expected.
fn current(
    tx: &Write<'_>,
    id: &str,
    bound: Option<&ZoneId>,
    expected: Option<i64>,
) -> Result<StoredPerson, StoreError> {
    if !rows::visible(tx, id, bound.map(ZoneId::as_str))? {
        return Err(not_found("person", id));
    }
    let stored = rows::load(tx, id)?.ok_or_else(|| not_found("person", id))?;
    check_revision(stored.revision, expected)?;
    Ok(stored)
}

fn create(
    tx: &mut Write<'_>,
    actor: &Actor,
    person: &Person,
    bound: Option<&ZoneId>,
) -> Result<StoredPerson, StoreError> {
    let id = person.id.as_str();
    if rows::load(tx, id)?.is_some() {
        return Err(conflict(format!("there is a person with the id {id} already")));
    }
    rows::check_code(tx, person)?;
    rows::check_groups(tx, &person.groups, bound)?;
    rows::insert(tx, person)?;
    if !rows::visible(tx, id, bound.map(ZoneId::as_str))? {
        return Err(StoreError::Invalid {
            field: "groups",
            reason: "a person made by you belongs to a group that is granted your zone".to_owned(),
        });
    }
    follow_up(tx, actor, "person.create", id, json!({}))?;
    rows::load(tx, id)?.ok_or_else(|| not_found("person", id))
}

fn replace(tx: &mut Write<'_>, actor: &Actor, change: &PersonChange) -> Result<StoredPerson, StoreError> {
    let (person, bound) = (&change.person, change.bound.as_ref());
    let id = person.id.as_str();
    let before = current(tx, id, bound, Some(change.expected))?;
    rows::check_code(tx, person)?;
    let joined: Vec<_> = person
        .groups
        .iter()
        .filter(|group| !before.person.groups.contains(group))
        .cloned()
        .collect();
    rows::check_groups(tx, &joined, bound)?;
    rows::update(tx, person, change.passes_used)?;
    let fields = changed_fields(&before.person, person, change.passes_used)?;
    follow_up(tx, actor, "person.update", id, json!({ "fields": fields }))?;
    rows::load(tx, id)?.ok_or_else(|| not_found("person", id))
}

/// The names of the fields that differ. The audit keeps no values: they would outlive the person.
fn changed_fields(
    before: &Person,
    after: &Person,
    passes_used: Option<u32>,
) -> Result<Vec<String>, StoreError> {
    let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
    let mut fields: Vec<String> = Vec::new();
    if let (Value::Object(before), Value::Object(after)) = (&before, &after) {
        let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
        names.sort();
        names.dedup();
        fields.extend(
            names
                .into_iter()
                .filter(|name| !matches!(name.as_str(), "photos" | "passes_used"))
                .filter(|name| before.get(*name) != after.get(*name))
                .cloned(),
        );
    }
    if passes_used.is_some() {
        fields.push("passes_used".to_owned());
    }
    Ok(fields)
}

fn add_photo(
    tx: &mut Write<'_>,
    actor: &Actor,
    person: &PersonId,
    photo: NewPhoto,
    sealed: Option<Vec<u8>>,
) -> Result<StoredPhoto, StoreError> {
    if photos::count(tx, person.as_str())? >= photo.most {
        return Err(conflict(format!(
            "a person has at most {} photos; delete one first",
            photo.most
        )));
    }
    let stored = photos::insert(tx, person.as_str(), photo, sealed, Timestamp::now())?;
    rows::touch(tx, person.as_str())?;
    follow_up(
        tx,
        actor,
        "person.photo_add",
        person.as_str(),
        json!({ "photo": stored.id }),
    )?;
    Ok(stored)
}

/// Waits until what was erased is out of the write-ahead log too. When that cannot be waited for, it happens soon by
/// itself: the erasure is done either way.
async fn forgotten(store: &Store) {
    if let Err(error) = store.truncate_wal().await {
        tracing::warn!(%error, "what was erased leaves the write-ahead log a little later");
    }
}

#[async_trait]
impl People for SqlitePeople {
    async fn create(
        &self,
        actor: &Actor,
        person: Person,
        bound: Option<ZoneId>,
    ) -> Result<StoredPerson, StoreError> {
        let actor = actor.clone();
        self.store
            .write(move |tx| create(tx, &actor, &person, bound.as_ref()))
            .await
    }

    async fn person(&self, id: &PersonId, bound: Option<ZoneId>) -> Result<Option<StoredPerson>, StoreError> {
        let id = id.clone();
        self.store
            .read(
                move |conn| match rows::visible(conn, id.as_str(), bound.as_ref().map(ZoneId::as_str))? {
                    true => rows::load(conn, id.as_str()),
                    false => Ok(None),
                },
            )
            .await
    }

    async fn list(&self, filter: PersonFilter, page: PageRequest) -> Result<Page<StoredPerson>, StoreError> {
        self.store.read(move |conn| rows::page(conn, &filter, page)).await
    }

    async fn counts(&self, bound: Option<ZoneId>) -> Result<Vec<(PersonKind, u32)>, StoreError> {
        self.store
            .read(move |conn| rows::counts(conn, bound.as_ref().map(ZoneId::as_str)))
            .await
    }

    async fn replace(&self, actor: &Actor, change: PersonChange) -> Result<StoredPerson, StoreError> {
        let actor = actor.clone();
        self.store.write(move |tx| replace(tx, &actor, &change)).await
    }

    async fn delete(
        &self,
        actor: &Actor,
        id: &PersonId,
        bound: Option<ZoneId>,
        expected: Option<i64>,
    ) -> Result<(), StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| {
                current(tx, id.as_str(), bound.as_ref(), expected)?;
                deletion::forget(tx, id.as_str())?;
                follow_up(tx, &actor, "person.delete", id.as_str(), json!({}))
            })
            .await?;
        forgotten(&self.store).await;
        Ok(())
    }

    async fn access(&self, id: &PersonId, bound: Option<ZoneId>) -> Result<Option<PersonAccess>, StoreError> {
        let id = id.clone();
        self.store
            .read(
                move |conn| match rows::visible(conn, id.as_str(), bound.as_ref().map(ZoneId::as_str))? {
                    true => doors::access_of(conn, id.as_str(), bound.as_ref()),
                    false => Ok(None),
                },
            )
            .await
    }

    async fn add_photo(
        &self,
        actor: &Actor,
        person: &PersonId,
        bound: Option<ZoneId>,
        photo: NewPhoto,
    ) -> Result<StoredPhoto, StoreError> {
        let (actor, person) = (actor.clone(), person.clone());
        let sealed = self.sealed(&photo.id, &photo.findings)?;
        self.store
            .write(move |tx| {
                current(tx, person.as_str(), bound.as_ref(), None)?;
                add_photo(tx, &actor, &person, photo, sealed)
            })
            .await
    }

    async fn photos(
        &self,
        person: &PersonId,
        bound: Option<ZoneId>,
    ) -> Result<Option<Vec<StoredPhoto>>, StoreError> {
        let person = person.clone();
        self.store
            .read(move |conn| {
                let visible = rows::visible(conn, person.as_str(), bound.as_ref().map(ZoneId::as_str))?;
                visible.then(|| photos::list_of(conn, &person)).transpose()
            })
            .await
    }

    async fn photo_bytes(
        &self,
        actor: &Actor,
        person: &PersonId,
        photo: &PhotoId,
        bound: Option<ZoneId>,
    ) -> Result<Option<PhotoBytes>, StoreError> {
        let (actor, person, photo) = (actor.clone(), person.clone(), photo.clone());
        let found = self
            .store
            .write(move |tx| {
                if !rows::visible(tx, person.as_str(), bound.as_ref().map(ZoneId::as_str))? {
                    return Ok(None);
                }
                let found = photos::blob_of(tx, person.as_str(), photo.as_str())?;
                if found.is_some() {
                    let detail = json!({ "photo": photo });
                    audit::note(tx, &actor, "person.photo_view", "person", person.as_str(), detail)?;
                }
                Ok(found)
            })
            .await?;
        let Some(found) = found else { return Ok(None) };
        let bytes = self.store.blob(&found.blob).await?;
        Ok(bytes.map(|bytes| PhotoBytes {
            media_type: found.media_type,
            bytes,
        }))
    }

    async fn delete_photo(
        &self,
        actor: &Actor,
        person: &PersonId,
        photo: &PhotoId,
        bound: Option<ZoneId>,
    ) -> Result<(), StoreError> {
        let (actor, person, photo) = (actor.clone(), person.clone(), photo.clone());
        self.store
            .write(move |tx| {
                current(tx, person.as_str(), bound.as_ref(), None)?;
                let found = photos::blob_of(tx, person.as_str(), photo.as_str())?
                    .ok_or_else(|| not_found("photo", photo.as_str()))?;
                tx.erases();
                tx.delete_blob(&found.blob)?;
                tx.execute("DELETE FROM photos WHERE id = ?1", [photo.as_str()])?;
                rows::touch(tx, person.as_str())?;
                let detail = json!({ "photo": photo });
                follow_up(tx, &actor, "person.photo_delete", person.as_str(), detail)
            })
            .await?;
        forgotten(&self.store).await;
        Ok(())
    }

    async fn templates(
        &self,
        model: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<StoredTemplate>, StoreError> {
        let model = model.to_owned();
        let sealed = self
            .store
            .read(move |conn| photos::templates_after(conn, &model, after, limit))
            .await?;
        sealed
            .into_iter()
            .map(|row| {
                let template = self
                    .store
                    .unseal(photos::SEAL_TABLE, row.photo.as_str(), &row.template)?;
                Ok(StoredTemplate { template, ..row })
            })
            .collect()
    }

    async fn photos_unseen_by(
        &self,
        model: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<UnseenPhoto>, StoreError> {
        let model = model.to_owned();
        self.store
            .read(move |conn| photos::unseen_after(conn, &model, after, limit))
            .await
    }

    async fn photo_for_work(&self, photo: &PhotoId) -> Result<Option<Vec<u8>>, StoreError> {
        let photo = photo.clone();
        let blob = self
            .store
            .read(move |conn| photos::any_blob(conn, photo.as_str()))
            .await?;
        match blob {
            Some(blob) => self.store.blob(&blob).await,
            None => Ok(None),
        }
    }

    async fn set_findings(&self, photo: &PhotoId, findings: Findings) -> Result<bool, StoreError> {
        let photo = photo.clone();
        let sealed = self.sealed(&photo, &findings)?;
        self.store
            .write(move |tx| {
                let Some(person) = photos::set_findings(tx, photo.as_str(), &findings, sealed)? else {
                    return Ok(false);
                };
                // Another photo may be the best one now.
                roster::refresh(tx, RosterScope::Person(&person))?;
                outbox::announce(tx, Event::PersonUpdated, &person, None)?;
                Ok(true)
            })
            .await
    }
}
