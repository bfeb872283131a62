//! Records and their pictures (hub rules 12, 39 to 43).

use super::answer;
use super::device_schemas::RecordSchema;
use super::page::{List, PageQuery, Paging};
use super::permission::{Caller, Read};
use super::problem::Problem;
use super::query::InputQuery;
use super::scope;
use crate::events::{Resolver, Resolvers};
use crate::state::Hub;
use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use model::{DeviceId, Method, Outcome, PersonId, Record, RecordId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use store::hub::outbox::Announcement;
use store::hub::records::{RecordFilter, RecordPicture, StoredRecord};
use store::hub::{Event, Page};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Records do not change.
const REVISION: i64 = 1;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(photo))
        .routes(routes!(registered_photo))
}

pub(super) fn resolvers(resolvers: &mut Resolvers) {
    resolvers.add(Event::RecordCreated, RecordResolver);
}

/// A record as the API shows it.
#[derive(Debug, Serialize)]
struct RecordView {
    revision: i64,
    device_time: Option<String>,
    #[serde(flatten)]
    record: Record,
}

fn view(stored: StoredRecord) -> RecordView {
    let mut record = stored.record;
    let url = |picture: &str| format!("/api/v1/records/{}/{picture}", record.id);
    let (photo, registered) = (url("photo"), url("registered_photo"));
    record.photo_url = stored.has_capture.then_some(photo);
    record.registered_photo_url = stored.has_registered.then_some(registered);
    RecordView {
        revision: REVISION,
        device_time: stored.device_time,
        record,
    }
}

/// Which records a list shows.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RecordQuery {
    /// Only of this device.
    #[serde(default)]
    device_id: Option<String>,
    /// Only of this person.
    #[serde(default)]
    person_id: Option<String>,
    /// Only what happened from here on, inclusive (RFC 3339).
    #[serde(default)]
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Only what happened until here, exclusive.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// Only with this result.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    result: Option<Outcome>,
    /// Only by this method.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    method: Option<Method>,
}

/// Records, the newest first.
#[utoipa::path(get, path = "/records", tag = "records", params(RecordQuery, PageQuery), responses((status = 200, body = List<RecordSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Records>,
    InputQuery(query): InputQuery<RecordQuery>,
    Paging(page): Paging,
) -> Result<Json<List<RecordView>>, Problem> {
    let person = match query.person_id.map(PersonId::new) {
        // What cannot be an id has no records.
        Some(Err(_)) => {
            return Ok(Json(List {
                items: Vec::new(),
                next_cursor: None,
            }));
        }
        Some(Ok(person)) => Some(person),
        None => None,
    };
    let filter = RecordFilter {
        device: query.device_id.map(DeviceId::new),
        person,
        from: query.from,
        until: query.until,
        result: query.result,
        method: query.method,
        bound: by.0.zone,
        before: page.after,
        limit: page.limit.saturating_add(1),
    };
    let rows = hub.store.records.list(filter).await?;
    let rows = rows.into_iter().map(|row| (row.seq, row)).collect();
    Ok(Json(List::of(Page::from_rows(rows, page.limit), view)))
}

/// One record.
#[utoipa::path(get, path = "/records/{id}", tag = "records", params(("id", description = "The record")), responses((status = 200, body = RecordSchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Records>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = hub.store.records.record(&RecordId::new(id), by.0.zone).await?;
    Ok(answer::object(
        REVISION,
        view(found.ok_or_else(Problem::not_found)?),
    ))
}

/// The capture: the very bytes that the device sent. That it was looked at is audited.
#[utoipa::path(get, path = "/records/{id}/photo", tag = "records", params(("id", description = "The record")),
    responses((status = 200, description = "The picture", content_type = "image/*", body = Vec<u8>)))]
async fn photo(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Records>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    picture(&hub, by.0, id, RecordPicture::Capture).await
}

/// The registered photo: the one that the device compared with, else the person's best. That it was looked at is
/// audited.
#[utoipa::path(get, path = "/records/{id}/registered_photo", tag = "records", params(("id", description = "The record")),
    responses((status = 200, description = "The picture", content_type = "image/*", body = Vec<u8>)))]
async fn registered_photo(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Records>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    picture(&hub, by.0, id, RecordPicture::Registered).await
}

async fn picture(hub: &Hub, caller: Caller, id: String, which: RecordPicture) -> Result<Response, Problem> {
    let actor = caller.actor();
    let found = hub
        .store
        .records
        .picture(&actor, &RecordId::new(id), which, caller.zone)
        .await?;
    let picture = found.ok_or_else(Problem::not_found)?;
    hub.outbox_grew();
    let media_type = HeaderValue::from_str(&picture.media_type)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    Ok(([(header::CONTENT_TYPE, media_type)], picture.bytes).into_response())
}

/// Tells of records to those who may see the device.
struct RecordResolver;

#[async_trait]
impl Resolver for RecordResolver {
    async fn resolve(
        &self,
        hub: &Hub,
        caller: &Caller,
        row: &Announcement,
    ) -> Result<Option<Value>, Problem> {
        if !caller.may_read::<scope::Records>() {
            return Ok(None);
        }
        let id = RecordId::new(row.subject_id.as_str());
        let found = hub.store.records.record(&id, caller.zone.clone()).await?;
        found
            .map(|stored| serde_json::to_value(view(stored)))
            .transpose()
            .map_err(|error| Problem::internal(&error))
    }
}
