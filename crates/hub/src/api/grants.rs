//! Grants: which group may pass in which zone, when.

use super::answer::{self, IfMatch};
use super::input::Input;
use super::page::{List, PageQuery, Paging};
use super::permission::{Change, Read};
use super::problem::Problem;
use super::schemas::{GrantInputSchema, GrantSchema};
use super::{laid_over, scope};
use crate::people::calendar;
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Grant, GrantId};
use serde_json::{Map, Value};
use std::sync::Arc;
use store::hub::Revised;
use store::hub::rules::GrantDraft;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
}

/// A stored grant as a change begins with it.
fn draft(grant: Grant) -> GrantDraft {
    GrantDraft {
        group_id: grant.group_id,
        zone_id: grant.zone_id,
        schedule_id: grant.schedule_id,
        valid_from: grant.valid_from,
        valid_until: grant.valid_until,
    }
}

/// Grants by creation.
#[utoipa::path(get, path = "/grants", tag = "grants", params(PageQuery), responses((status = 200, body = List<GrantSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Grants>,
    Paging(page): Paging,
) -> Result<Json<List<Revised<Grant>>>, Problem> {
    Ok(Json(hub.store.rules.grants(page).await?.into()))
}

/// Makes a grant.
#[utoipa::path(post, path = "/grants", tag = "grants", request_body = GrantInputSchema, responses((status = 201, body = GrantSchema)))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Grants>,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let made = hub
        .store
        .rules
        .create_grant(&by.0.actor(), calendar::grant(None, body)?)
        .await?;
    Ok(answer::created(
        &format!("/api/v1/grants/{}", made.object.id),
        made.revision,
        made,
    ))
}

/// One grant.
#[utoipa::path(get, path = "/grants/{id}", tag = "grants", params(("id", description = "The grant")), responses((status = 200, body = GrantSchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Grants>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = hub
        .store
        .rules
        .grant(&GrantId::new(id))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer::object(found.revision, found))
}

/// Changes a grant: absent fields stay.
#[utoipa::path(patch, path = "/grants/{id}", tag = "grants", params(("id", description = "The grant")), request_body = GrantInputSchema, responses((status = 200, body = GrantSchema)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Grants>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let id = GrantId::new(id);
    let changed = laid_over(&hub, expected, || async {
        let before = hub.store.rules.grant(&id).await?.ok_or_else(Problem::not_found)?;
        let draft = calendar::grant(Some(draft(before.object)), body.clone())?;
        let base = expected.or(Some(before.revision));
        Ok(hub
            .store
            .rules
            .replace_grant(&by.0.actor(), &id, draft, base)
            .await)
    })
    .await?;
    Ok(answer::object(changed.revision, changed))
}

/// Deletes a grant: whoever has no other is taken off the devices of the zone.
#[utoipa::path(delete, path = "/grants/{id}", tag = "grants", params(("id", description = "The grant")), responses((status = 204)))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Grants>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    hub.store
        .rules
        .delete_grant(&by.0.actor(), &GrantId::new(id), expected)
        .await?;
    Ok(answer::deleted())
}
