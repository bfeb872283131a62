//! Holidays (hub rule 31).

use super::answer::{self, IfMatch};
use super::input::Input;
use super::page::{List, PageQuery, Paging};
use super::permission::{Change, Read};
use super::problem::Problem;
use super::schemas::{HolidayInputSchema, HolidaySchema};
use super::{laid_over, scope};
use crate::people::calendar;
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Holiday, HolidayId};
use serde_json::{Map, Value};
use std::sync::Arc;
use store::hub::Revised;
use store::hub::rules::HolidayDraft;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
}

/// A stored holiday as a change begins with it.
fn draft(holiday: Holiday) -> HolidayDraft {
    HolidayDraft {
        name: holiday.name,
        first_day: holiday.first_day,
        last_day: holiday.last_day,
        mode: holiday.mode,
        periods: holiday.periods,
    }
}

/// Holidays by creation.
#[utoipa::path(get, path = "/holidays", tag = "holidays", params(PageQuery), responses((status = 200, body = List<HolidaySchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Holidays>,
    Paging(page): Paging,
) -> Result<Json<List<Revised<Holiday>>>, Problem> {
    Ok(Json(hub.store.rules.holidays(page).await?.into()))
}

/// Makes a holiday.
#[utoipa::path(post, path = "/holidays", tag = "holidays", request_body = HolidayInputSchema, responses((status = 201, body = HolidaySchema)))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Holidays>,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let made = hub
        .store
        .rules
        .create_holiday(&by.0.actor(), calendar::holiday(None, body)?)
        .await?;
    Ok(answer::created(
        &format!("/api/v1/holidays/{}", made.object.id),
        made.revision,
        made,
    ))
}

/// One holiday.
#[utoipa::path(get, path = "/holidays/{id}", tag = "holidays", params(("id", description = "The holiday")), responses((status = 200, body = HolidaySchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Holidays>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = hub
        .store
        .rules
        .holiday(&HolidayId::new(id))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer::object(found.revision, found))
}

/// Changes a holiday: absent fields stay.
#[utoipa::path(patch, path = "/holidays/{id}", tag = "holidays", params(("id", description = "The holiday")), request_body = HolidayInputSchema, responses((status = 200, body = HolidaySchema)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Holidays>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let id = HolidayId::new(id);
    let changed = laid_over(&hub, expected, || async {
        let before = hub
            .store
            .rules
            .holiday(&id)
            .await?
            .ok_or_else(Problem::not_found)?;
        let draft = calendar::holiday(Some(draft(before.object)), body.clone())?;
        let base = expected.or(Some(before.revision));
        Ok(hub
            .store
            .rules
            .replace_holiday(&by.0.actor(), &id, draft, base)
            .await)
    })
    .await?;
    Ok(answer::object(changed.revision, changed))
}

/// Deletes a holiday that no schedule names.
#[utoipa::path(delete, path = "/holidays/{id}", tag = "holidays", params(("id", description = "The holiday")), responses((status = 204), (status = 409, description = "Something still uses it; `detail` names who")))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Holidays>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    hub.store
        .rules
        .delete_holiday(&by.0.actor(), &HolidayId::new(id), expected)
        .await?;
    Ok(answer::deleted())
}
