//! Rosters and strays of devices (hub rules 26 and 27).

use super::device_schemas::{RosterItemSchema, StraySchema};
use super::devices::visible;
use super::page::{List, PageQuery, TextPaging};
use super::permission::{Caller, Change, Read};
use super::problem::Problem;
use super::query::InputQuery;
use super::scope;
use crate::events::{Resolver, Resolvers};
use crate::links::{self, LiveLink};
use crate::roster;
use crate::state::Hub;
use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{DeviceId, DeviceStatus};
use serde_json::{Value, json};
use std::sync::Arc;
use store::hub::Event;
use store::hub::imports::Import;
use store::hub::outbox::Announcement;
use store::hub::roster::{RosterItem, Stray};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
    let page = TextPaging::of("r", &page)?;
    let device = visible(&hub, &by.0, id).await?.device.id;
    let items = hub
        .store
        .roster
        .items(&device, page.after.clone(), page.wanted())
        .await?;
    Ok(Json(page.list(items, |item| &item.person_id)))
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
    if !roster::begin_import(&hub, live, &by.0.actor()).await? {
        return Err(Problem::conflict(
            "running",
            "an import of this device is under way",
        ));
    }
    let body = Json(json!({"id": id, "url": url}));
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, url)], body).into_response())
}

/// How the last import of a device stands. One that was cut short stays `running`, and goes on when the device is there
/// again: over mqtt after whom it had reached, where the device still has them in that place, else with the first person.
#[utoipa::path(get, path = "/devices/{id}/import", tag = "devices", params(("id", description = "The device")),
    responses((status = 200, body = Object), (status = 404, description = "There was none")))]
async fn import_state(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Devices>,
    Path(id): Path<String>,
) -> Result<Json<Import>, Problem> {
    let device = visible(&hub, &by.0, id).await?.device.id;
    let last = hub.store.imports.last(&device).await?;
    last.map(Json).ok_or_else(Problem::not_found)
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
