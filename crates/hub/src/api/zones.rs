//! Zones: sets of doors.

use super::answer::{self, IfMatch};
use super::input::Input;
use super::page::{List, PageQuery, Paging};
use super::permission::{Change, Read};
use super::problem::Problem;
use super::schemas::{NamedInputSchema, NamedSchema};
use super::scope;
use crate::people::calendar;
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Zone, ZoneId};
use serde_json::{Map, Value};
use std::sync::Arc;
use store::hub::Revised;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
}

/// Zones by creation.
#[utoipa::path(get, path = "/zones", tag = "zones", params(PageQuery), responses((status = 200, body = List<NamedSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Zones>,
    Paging(page): Paging,
) -> Result<Json<List<Revised<Zone>>>, Problem> {
    Ok(Json(hub.store.rules.zones(page).await?.into()))
}

/// Makes a zone.
#[utoipa::path(post, path = "/zones", tag = "zones", request_body = NamedInputSchema, responses((status = 201, body = NamedSchema)))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Zones>,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let made = hub
        .store
        .rules
        .create_zone(&by.0.actor(), calendar::name(body)?)
        .await?;
    Ok(answer::created(
        &format!("/api/v1/zones/{}", made.object.id),
        made.revision,
        made,
    ))
}

/// One zone.
#[utoipa::path(get, path = "/zones/{id}", tag = "zones", params(("id", description = "The zone")), responses((status = 200, body = NamedSchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Zones>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = hub
        .store
        .rules
        .zone(&ZoneId::new(id))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer::object(found.revision, found))
}

/// Renames a zone.
#[utoipa::path(patch, path = "/zones/{id}", tag = "zones", params(("id", description = "The zone")), request_body = NamedInputSchema, responses((status = 200, body = NamedSchema)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Zones>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let id = ZoneId::new(id);
    let name = calendar::name(body)?;
    let changed = hub
        .store
        .rules
        .rename_zone(&by.0.actor(), &id, name, expected)
        .await?;
    Ok(answer::object(changed.revision, changed))
}

/// Deletes a zone with its grants; not one that devices or users belong to.
#[utoipa::path(delete, path = "/zones/{id}", tag = "zones", params(("id", description = "The zone")), responses((status = 204), (status = 409, description = "Something still uses it; `detail` names who")))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Zones>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    hub.store
        .rules
        .delete_zone(&by.0.actor(), &ZoneId::new(id), expected)
        .await?;
    Ok(answer::deleted())
}
