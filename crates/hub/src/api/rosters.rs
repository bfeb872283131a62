//! Rosters and strays of devices (hub rules 26 and 27).

use super::device_schemas::{RosterItemSchema, StraySchema};
use super::devices::visible;
use super::page::{DEFAULT_LIMIT, List, MAX_LIMIT, PageQuery};
use super::permission::{Caller, Change, Read};
use super::problem::Problem;
use super::query::InputQuery;
use super::scope;
use crate::events::{Resolver, Resolvers};
use crate::state::Hub;
use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::DeviceId;
use serde_json::Value;
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

/// Compares what the device holds with the roster. Dialects that cannot list whom they hold answer 422.
#[utoipa::path(post, path = "/devices/{id}/roster/verify", tag = "devices", params(("id", description = "The device")),
    responses((status = 202), (status = 422, description = "The dialect cannot list whom it holds")))]
async fn verify(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let device = visible(&hub, &by.0, id).await?.device;
    let why = format!("the hub cannot list whom a {} device holds yet", device.dialect);
    Err(Problem::unsupported("", why))
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
