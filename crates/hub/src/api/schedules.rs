//! Schedules (hub rule 31).

use super::answer::{self, IfMatch};
use super::input::Input;
use super::page::{List, PageQuery, Paging};
use super::permission::{Change, Read};
use super::problem::Problem;
use super::schemas::{ScheduleInputSchema, ScheduleSchema};
use super::{laid_over, scope};
use crate::people::calendar;
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Schedule, ScheduleId};
use serde_json::{Map, Value};
use std::sync::Arc;
use store::hub::Revised;
use store::hub::rules::ScheduleDraft;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
}

/// A stored schedule as a change begins with it.
fn draft(schedule: Schedule) -> ScheduleDraft {
    ScheduleDraft {
        name: schedule.name,
        weekly: schedule.weekly,
        holidays: schedule.holidays,
    }
}

/// Schedules by creation.
#[utoipa::path(get, path = "/schedules", tag = "schedules", params(PageQuery), responses((status = 200, body = List<ScheduleSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Schedules>,
    Paging(page): Paging,
) -> Result<Json<List<Revised<Schedule>>>, Problem> {
    Ok(Json(hub.store.rules.schedules(page).await?.into()))
}

/// Makes a schedule.
#[utoipa::path(post, path = "/schedules", tag = "schedules", request_body = ScheduleInputSchema, responses((status = 201, body = ScheduleSchema)))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Schedules>,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let made = hub
        .store
        .rules
        .create_schedule(&by.0.actor(), calendar::schedule(None, body)?)
        .await?;
    Ok(answer::created(
        &format!("/api/v1/schedules/{}", made.object.id),
        made.revision,
        made,
    ))
}

/// One schedule.
#[utoipa::path(get, path = "/schedules/{id}", tag = "schedules", params(("id", description = "The schedule")), responses((status = 200, body = ScheduleSchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Schedules>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = hub
        .store
        .rules
        .schedule(&ScheduleId::new(id))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer::object(found.revision, found))
}

/// Changes a schedule: absent fields stay.
#[utoipa::path(patch, path = "/schedules/{id}", tag = "schedules", params(("id", description = "The schedule")), request_body = ScheduleInputSchema, responses((status = 200, body = ScheduleSchema)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Schedules>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let id = ScheduleId::new(id);
    let changed = laid_over(&hub, expected, || async {
        let before = hub
            .store
            .rules
            .schedule(&id)
            .await?
            .ok_or_else(Problem::not_found)?;
        let draft = calendar::schedule(Some(draft(before.object)), body.clone())?;
        let base = expected.or(Some(before.revision));
        Ok(hub
            .store
            .rules
            .replace_schedule(&by.0.actor(), &id, draft, base)
            .await)
    })
    .await?;
    Ok(answer::object(changed.revision, changed))
}

/// Deletes a schedule that no grant uses.
#[utoipa::path(delete, path = "/schedules/{id}", tag = "schedules", params(("id", description = "The schedule")), responses((status = 204), (status = 409, description = "Something still uses it; `detail` names who")))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Schedules>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    hub.store
        .rules
        .delete_schedule(&by.0.actor(), &ScheduleId::new(id), expected)
        .await?;
    Ok(answer::deleted())
}
