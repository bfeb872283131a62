//! Groups of persons.

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
use model::{Group, GroupId};
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

/// Groups by creation.
#[utoipa::path(get, path = "/groups", tag = "groups", params(PageQuery), responses((status = 200, body = List<NamedSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Groups>,
    Paging(page): Paging,
) -> Result<Json<List<Revised<Group>>>, Problem> {
    Ok(Json(hub.store.rules.groups(page).await?.into()))
}

/// Makes a group.
#[utoipa::path(post, path = "/groups", tag = "groups", request_body = NamedInputSchema, responses((status = 201, body = NamedSchema)))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Groups>,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let made = hub
        .store
        .rules
        .create_group(&by.0.actor(), calendar::name(body)?)
        .await?;
    Ok(answer::created(
        &format!("/api/v1/groups/{}", made.object.id),
        made.revision,
        made,
    ))
}

/// One group.
#[utoipa::path(get, path = "/groups/{id}", tag = "groups", params(("id", description = "The group")), responses((status = 200, body = NamedSchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Groups>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = hub
        .store
        .rules
        .group(&GroupId::new(id))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer::object(found.revision, found))
}

/// Renames a group.
#[utoipa::path(patch, path = "/groups/{id}", tag = "groups", params(("id", description = "The group")), request_body = NamedInputSchema, responses((status = 200, body = NamedSchema)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Groups>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let id = GroupId::new(id);
    let name = calendar::name(body)?;
    let changed = hub
        .store
        .rules
        .rename_group(&by.0.actor(), &id, name, expected)
        .await?;
    Ok(answer::object(changed.revision, changed))
}

/// Deletes a group with its grants; its members stay.
#[utoipa::path(delete, path = "/groups/{id}", tag = "groups", params(("id", description = "The group")), responses((status = 204)))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Groups>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    hub.store
        .rules
        .delete_group(&by.0.actor(), &GroupId::new(id), expected)
        .await?;
    Ok(answer::deleted())
}
