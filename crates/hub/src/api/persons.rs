//! Persons (hub rules 10 to 12, 26, 28, 47).

use super::answer::{self, IfMatch};
use super::input::Input;
use super::page::{List, PageQuery, Paging};
use super::permission::{Caller, Change, Read};
use super::problem::Problem;
use super::query::InputQuery;
use super::schemas::{PersonInputSchema, PersonSchema};
use super::{laid_over, scope, settled};
use crate::events::{Resolver, Resolvers};
use crate::people;
use crate::state::Hub;
use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{GroupId, Person, PersonId, PersonKind};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use store::hub::outbox::Announcement;
use store::hub::people::{PersonChange, PersonFilter, StoredPerson};
use store::hub::{Event, Revised};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
}

pub(super) fn resolvers(resolvers: &mut Resolvers) {
    resolvers.add(Event::PersonUpdated, PersonResolver);
}

/// A person's id from a path: what cannot be an id is nobody's.
///
/// # Errors
/// 404.
pub(super) fn person_id(text: String) -> Result<PersonId, Problem> {
    PersonId::new(text).map_err(|_| Problem::not_found())
}

/// Where a photo is served.
pub(super) fn photo_url(person: &PersonId, photo: &model::PhotoId) -> String {
    format!("/api/v1/persons/{person}/photos/{photo}")
}

/// A person as the API shows it.
pub(super) fn shown(stored: StoredPerson) -> Revised<Person> {
    let mut person = stored.person;
    for photo in &mut person.photos {
        photo.url = photo_url(&person.id, &photo.id);
    }
    Revised {
        revision: stored.revision,
        object: person,
    }
}

/// Which persons a list shows.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PersonQuery {
    /// Part of a name, code, id or credential number.
    #[serde(default)]
    query: Option<String>,
    /// Only members of this group.
    #[serde(default)]
    group_id: Option<String>,
    /// Only of this kind: `member`, `visitor`, `vip` or `blocked`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    kind: Option<PersonKind>,
}

/// Persons by creation.
#[utoipa::path(get, path = "/persons", tag = "persons", params(PersonQuery, PageQuery), responses((status = 200, body = List<PersonSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Persons>,
    InputQuery(query): InputQuery<PersonQuery>,
    Paging(page): Paging,
) -> Result<Json<List<Revised<Person>>>, Problem> {
    if query
        .query
        .as_ref()
        .is_some_and(|text| text.chars().count() > people::CREDENTIAL_CHARACTERS)
    {
        return Err(Problem::invalid_field(
            "query",
            "too_long",
            "nothing that long is to be found",
        ));
    }
    let filter = PersonFilter {
        query: query.query.filter(|text| !text.is_empty()),
        group: query.group_id.map(GroupId::new),
        kind: query.kind,
        bound: by.0.zone,
    };
    Ok(Json(List::of(hub.store.people.list(filter, page).await?, shown)))
}

/// Adds a person, with the given id or a made one.
#[utoipa::path(post, path = "/persons", tag = "persons", request_body = PersonInputSchema, responses((status = 201, body = PersonSchema)))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Persons>,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let made = PersonId::from_random(Uuid::now_v7().as_u128());
    let person = people::create(body, made)?.person;
    let stored = hub.store.people.create(&by.0.actor(), person, by.0.zone).await?;
    let location = format!("/api/v1/persons/{}", stored.person.id);
    Ok(answer::created(&location, stored.revision, shown(stored)))
}

/// One person.
#[utoipa::path(get, path = "/persons/{id}", tag = "persons", params(("id", description = "The person")), responses((status = 200, body = PersonSchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Persons>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let stored = hub
        .store
        .people
        .person(&person_id(id)?, by.0.zone)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer::object(stored.revision, shown(stored)))
}

/// Changes a person: absent fields stay, null takes a value away, lists are replaced as a whole.
#[utoipa::path(patch, path = "/persons/{id}", tag = "persons", params(("id", description = "The person")), request_body = PersonInputSchema, responses((status = 200, body = PersonSchema)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Persons>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let id = person_id(id)?;
    let stored = laid_over(&hub, expected, || async {
        let before = hub
            .store
            .people
            .person(&id, by.0.zone.clone())
            .await?
            .ok_or_else(Problem::not_found)?;
        let draft = people::change(before.person, body.clone())?;
        let change = PersonChange {
            passes_used: draft.counts_anew.then_some(draft.person.passes_used),
            person: draft.person,
            expected: expected.unwrap_or(before.revision),
            bound: by.0.zone.clone(),
        };
        Ok(hub.store.people.replace(&by.0.actor(), change).await)
    })
    .await?;
    Ok(answer::object(stored.revision, shown(stored)))
}

/// Deletes a person with photos, templates and the captures matched to them, here and on every terminal; records stay
/// without name and picture.
#[utoipa::path(delete, path = "/persons/{id}", tag = "persons", params(("id", description = "The person")), responses((status = 204)))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Persons>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let id = person_id(id)?;
    let (actor, zone) = (by.0.actor(), by.0.zone);
    // To the end even when the caller hangs up: the face must not outlive the person in memory.
    settled(&Arc::clone(&hub), async move {
        hub.store.people.delete(&actor, &id, zone, expected).await?;
        hub.recognition.gallery().remove(&id);
        Ok(())
    })
    .await?;
    Ok(answer::deleted())
}

struct PersonResolver;

#[async_trait]
impl Resolver for PersonResolver {
    async fn resolve(
        &self,
        hub: &Hub,
        caller: &Caller,
        row: &Announcement,
    ) -> Result<Option<Value>, Problem> {
        let Ok(id) = PersonId::new(row.subject_id.as_str()) else {
            return Ok(None);
        };
        if !caller.may_read::<scope::Persons>() {
            return Ok(None);
        }
        let Some(stored) = hub.store.people.person(&id, caller.zone.clone()).await? else {
            return Ok(None);
        };
        serde_json::to_value(shown(stored))
            .map(Some)
            .map_err(|error| Problem::internal(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn names(value: &impl serde::Serialize) -> BTreeSet<String> {
        let value = serde_json::to_value(value).unwrap();
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_document_describes_what_is_sent() {
        let mut person = Person::new(PersonId::new("a").unwrap(), "Ann");
        person.code = Some("1".to_owned());
        let sent = shown(StoredPerson {
            seq: 1,
            revision: 1,
            person,
        });
        assert_eq!(names(&sent), names(&PersonSchema::default()));
    }
}
