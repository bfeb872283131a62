//! Rosters and strays of devices (hub rules 26 and 27).

use super::device_schemas::{RosterItemSchema, StraySchema};
use super::devices::visible;
use super::page::{DEFAULT_LIMIT, List, MAX_LIMIT, PageQuery};
use super::permission::{Caller, Change, Read};
use super::problem::Problem;
use super::query::InputQuery;
use super::scope;
use crate::events::{Resolver, Resolvers};
use crate::links::{self, LiveLink};
use crate::roster::{self, ImportState};
use crate::state::Hub;
use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{DeviceId, DeviceStatus};
use serde_json::{Value, json};
use std::sync::Arc;
use store::hub::Event;
use store::hub::outbox::Announcement;
use store::hub::roster::{RosterItem, Stray};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Cursors of rosters begin with this: they hold a person's id.
const CURSOR_VERSION: &str = "r:";

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(roster))
        .routes(routes!(verify))
        .routes(routes!(strays))
        .routes(routes!(import, import_state))
}

pub(super) fn resolvers(resolvers: &mut Resolvers) {
    resolvers.add(Event::RosterUpdated, RosterResolver);
}

/// Whom a device should hold and does hold, by person.
#[utoipa::path(get, path = "/devices/{id}/roster", tag = "devices", params(("id", description = "The device"), PageQuery), responses((status = 200, body = List<RosterItemSchema>)))]
async fn roster(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Devices>,
    Path(id): Path<String>,
    InputQuery(page): InputQuery<PageQuery>,
) -> Result<Json<List<RosterItem>>, Problem> {
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid_field(
            "limit",
            "out_of_range",
            "a page has 1 to 1000 items",
        ));
    }
    let after = page.cursor.as_deref().map(place).transpose()?;
    let device = visible(&hub, &by.0, id).await?.device.id;
    let mut items = hub
        .store
        .roster
        .items(&device, after, limit.saturating_add(1))
        .await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > wanted;
    items.truncate(wanted);
    let next_cursor = items.last().filter(|_| more).map(|last| cursor(&last.person_id));
    Ok(Json(List { items, next_cursor }))
}

fn cursor(person: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{CURSOR_VERSION}{person}"))
}

fn place(cursor: &str) -> Result<String, Problem> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix(CURSOR_VERSION).map(str::to_owned))
        .ok_or_else(|| Problem::bad_request("bad_cursor", "the cursor is not one that a list gave"))
}

/// Compares what the device holds with the roster: who is missing is wanted again, who is unknown is a stray. Dialects
/// that cannot list whom they hold answer 422.
#[utoipa::path(post, path = "/devices/{id}/roster/verify", tag = "devices", params(("id", description = "The device")),
    responses((status = 202), (status = 409, description = "The device is not connected"), (status = 422, description = "The dialect cannot list whom it holds")))]
async fn verify(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let live = importable(&hub, &by.0, id).await?;
    roster::verify(&hub, live, by.0.actor());
    Ok(StatusCode::ACCEPTED)
}

/// The link to a device that can say whom it holds.
async fn importable(hub: &Arc<Hub>, by: &Caller, id: String) -> Result<Arc<LiveLink>, Problem> {
    let device = visible(hub, by, id).await?.device;
    let can =
        links::dialect(&device.dialect).is_some_and(|dialect| dialect.capabilities().contains(&"import"));
    if !can {
        let why = format!("{} devices cannot list whom they hold", device.dialect);
        return Err(Problem::unsupported("", why));
    }
    if device.status == DeviceStatus::Pending {
        return Err(Problem::conflict("pending", "the device waits for approval"));
    }
    let live = hub.links.get(&device.id);
    live.ok_or_else(|| Problem::conflict("offline", "the device is not connected"))
}

/// Takes over the people that a device holds, with their photos where its dialect has them; nothing changes on the
/// device. Who was taken over before is the same person again.
#[utoipa::path(post, path = "/devices/{id}/import", tag = "devices", params(("id", description = "The device")),
    responses((status = 202, body = Object, description = "`url` tells how it goes"), (status = 409, description = "The device is not connected, or an import runs"), (status = 422, description = "The dialect cannot list whom it holds")))]
async fn import(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    _: Change<scope::Persons>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let live = importable(&hub, &by.0, id).await?;
    let url = format!("/api/v1/devices/{}/import", live.device);
    let id = live.device.to_string();
    if !roster::begin_import(&hub, live, by.0.actor()) {
        return Err(Problem::conflict(
            "running",
            "an import of this device is under way",
        ));
    }
    let body = Json(json!({"id": id, "url": url}));
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, url)], body).into_response())
}

/// How the last import of a device stands.
#[utoipa::path(get, path = "/devices/{id}/import", tag = "devices", params(("id", description = "The device")),
    responses((status = 200, body = Object), (status = 404, description = "There was none since the hub's start")))]
async fn import_state(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Devices>,
    Path(id): Path<String>,
) -> Result<Json<ImportState>, Problem> {
    let device = visible(&hub, &by.0, id).await?.device.id;
    let state = hub.imports.state(&device);
    state.map(Json).ok_or_else(Problem::not_found)
}

/// People on a device whom the hub does not know.
#[utoipa::path(get, path = "/devices/{id}/strays", tag = "devices", params(("id", description = "The device")), responses((status = 200, body = List<StraySchema>)))]
async fn strays(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Devices>,
    Path(id): Path<String>,
) -> Result<Json<List<Stray>>, Problem> {
    let device = visible(&hub, &by.0, id).await?.device.id;
    let items = hub.store.roster.strays(&device).await?;
    Ok(Json(List {
        items,
        next_cursor: None,
    }))
}

/// Tells of roster items to those who may see the device.
struct RosterResolver;

#[async_trait]
impl Resolver for RosterResolver {
    async fn resolve(
        &self,
        hub: &Hub,
        caller: &Caller,
        row: &Announcement,
    ) -> Result<Option<Value>, Problem> {
        let Some(device) = row.device_id.as_deref().map(DeviceId::new) else {
            return Ok(None);
        };
        let seen = caller.may_read::<scope::Devices>()
            && hub
                .store
                .devices
                .device(&device, caller.zone.clone())
                .await?
                .is_some();
        if !seen {
            return Ok(None);
        }
        let item = hub.store.roster.item(&device, &row.subject_id).await?;
        item.map(serde_json::to_value)
            .transpose()
            .map_err(|error| Problem::internal(&error))
    }
}
