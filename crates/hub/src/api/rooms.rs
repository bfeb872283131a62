//! Rooms: who answers when somebody at a door calls one.

use super::answer::{self, IfMatch};
use super::input::Input;
use super::page::{List, PageQuery, TextPaging};
use super::permission::{Change, Read};
use super::problem::Problem;
use super::query::InputQuery;
use super::scope;
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use dialects::http::percent_encoded;
use model::PersonId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::hub::rooms::Room;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest number of a room, in bytes.
const NUMBER_BYTES: usize = 64;
/// People who may answer one room.
const MOST_ANSWERS: usize = 16;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
}

/// Somebody who answers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerInput {
    /// A person with a telephone number.
    person_id: String,
}

/// A new room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoomInput {
    /// Its number, as it is entered at the door; 1 to 64 bytes.
    number: String,
    /// Who is called, in this order; at most 16.
    #[serde(default)]
    answers: Vec<AnswerInput>,
}

/// A change of a room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoomChange {
    /// Who is called, in this order; at most 16.
    answers: Vec<AnswerInput>,
}

/// A room, for the API's document.
#[derive(Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "the shape for the API's document")]
struct RoomSchema {
    revision: i64,
    number: String,
    answers: Vec<AnswerSchema>,
}

#[derive(Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "the shape for the API's document")]
struct AnswerSchema {
    person_id: String,
}

fn people(answers: Vec<AnswerInput>) -> Result<Vec<PersonId>, Problem> {
    if answers.len() > MOST_ANSWERS {
        let limit = format!("at most {MOST_ANSWERS} people answer a room");
        return Err(Problem::invalid_field("answers", "too_many", limit));
    }
    let mut ids = Vec::with_capacity(answers.len());
    for (place, answer) in answers.into_iter().enumerate() {
        let path = format!("answers[{place}].person_id");
        let id = PersonId::new(answer.person_id)
            .map_err(|error| Problem::invalid_field(&path, "invalid", error.to_string()))?;
        ids.push(id);
    }
    Ok(ids)
}

fn number(text: &str) -> Result<&str, Problem> {
    match text.trim() {
        number if number.is_empty() || number.len() > NUMBER_BYTES => Err(Problem::invalid_field(
            "number",
            "invalid",
            format!("1 to {NUMBER_BYTES} bytes"),
        )),
        number => Ok(number),
    }
}

/// Rooms by number.
#[utoipa::path(get, path = "/rooms", tag = "rooms", params(PageQuery), responses((status = 200, body = List<RoomSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Rooms>,
    InputQuery(page): InputQuery<PageQuery>,
) -> Result<Json<List<Room>>, Problem> {
    let page = TextPaging::of("n", &page)?;
    let items = hub.store.rooms.list(page.after.clone(), page.wanted()).await?;
    Ok(Json(page.list(items, |room| &room.number)))
}

/// Makes a room.
#[utoipa::path(post, path = "/rooms", tag = "rooms", request_body = RoomInput, responses((status = 201, body = RoomSchema), (status = 409, description = "There is such a room")))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Rooms>,
    Input(body): Input<RoomInput>,
) -> Result<Response, Problem> {
    let number = number(&body.number)?;
    let answers = people(body.answers)?;
    let made = hub.store.rooms.create(&by.0.actor(), number, answers).await?;
    hub.outbox_grew();
    Ok(answer::created(
        &format!("/api/v1/rooms/{}", percent_encoded(&made.number)),
        made.revision,
        made,
    ))
}

/// One room.
#[utoipa::path(get, path = "/rooms/{number}", tag = "rooms", params(("number", description = "The room's number")), responses((status = 200, body = RoomSchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Rooms>,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let found = hub.store.rooms.room(&number).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(answer::object(found.revision, found))
}

/// Says anew who answers.
#[utoipa::path(patch, path = "/rooms/{number}", tag = "rooms", params(("number", description = "The room's number")), request_body = RoomChange, responses((status = 200, body = RoomSchema)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Rooms>,
    Path(number): Path<String>,
    IfMatch(expected): IfMatch,
    Input(body): Input<RoomChange>,
) -> Result<Response, Problem> {
    let answers = people(body.answers)?;
    let changed = hub
        .store
        .rooms
        .replace(&by.0.actor(), &number, answers, expected)
        .await?;
    hub.outbox_grew();
    Ok(answer::object(changed.revision, changed))
}

/// Deletes a room.
#[utoipa::path(delete, path = "/rooms/{number}", tag = "rooms", params(("number", description = "The room's number")), responses((status = 204)))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Rooms>,
    Path(number): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    hub.store.rooms.delete(&by.0.actor(), &number, expected).await?;
    hub.outbox_grew();
    Ok(answer::deleted())
}
