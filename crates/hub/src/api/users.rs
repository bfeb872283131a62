//! Users of the console and the API (hub rule 8).

use super::answer::{self, IfMatch};
use super::input::{Input, nullable};
use super::page::{List, PageQuery, Paging};
use super::permission::{Change, Read};
use super::problem::Problem;
use super::scope;
use crate::secret;
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{UserId, ZoneId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::hub::accounts::{NewUser, Role, User, UserChange};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Characters of a username at most.
const MAX_USERNAME: usize = 64;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
struct UserView {
    /// The user's id.
    id: String,
    /// Grows with each change.
    revision: i64,
    /// The name to sign in with.
    username: String,
    /// `admin`, `operator` or `viewer`.
    role: &'static str,
    /// The only zone that the user sees; null is all.
    zone_id: Option<String>,
    /// Since when.
    created_at: String,
}

fn view(user: User) -> UserView {
    UserView {
        id: user.id.to_string(),
        revision: user.revision,
        username: user.username,
        role: user.role.name(),
        zone_id: user.zone_id.map(|zone| zone.to_string()),
        created_at: user.created_at.to_string(),
    }
}

/// A user to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserInput {
    /// The name to sign in with, 1 to 64 characters.
    username: String,
    /// The password, at least 8 characters and not a common one.
    password: String,
    /// `admin`, `operator` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
    /// The only zone that the user sees.
    #[serde(default)]
    zone_id: Option<String>,
}

/// What to change of a user; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserPatch {
    /// A new name.
    #[serde(default)]
    username: Option<String>,
    /// A new password; ends the user's sign-ins.
    #[serde(default)]
    password: Option<String>,
    /// A new role.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// A new bound; null lifts it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    zone_id: Option<Option<String>>,
}

fn check_username(name: &str) -> Result<(), Problem> {
    let fits = !name.is_empty() && name.chars().count() <= MAX_USERNAME && name.trim() == name;
    if fits && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        let why = "a username has 1 to 64 characters, no control characters and no blanks around it";
        Err(Problem::invalid_field("username", "invalid", why))
    }
}

/// Checks and hashes a new password.
///
/// # Errors
/// 422 for one that will not do.
async fn hashed(hub: &Hub, password: String, username: &str) -> Result<String, Problem> {
    secret::check_password(&password, username)
        .map_err(|weak| Problem::invalid_field("password", weak.code(), weak.to_string()))?;
    let _turn = Arc::clone(&hub.hashing)
        .acquire_owned()
        .await
        .map_err(|error| Problem::internal(&error))?;
    tokio::task::spawn_blocking(move || secret::hash_password(&password))
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| Problem::internal(&error))
}

/// Users by creation.
#[utoipa::path(get, path = "/users", tag = "users", params(PageQuery), responses((status = 200, body = List<UserView>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Users>,
    Paging(page): Paging,
) -> Result<Json<List<UserView>>, Problem> {
    Ok(Json(List::of(hub.store.accounts.users(page).await?, view)))
}

/// Makes a user.
#[utoipa::path(post, path = "/users", tag = "users", request_body = UserInput, responses((status = 201, body = UserView)))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Users>,
    Input(input): Input<UserInput>,
) -> Result<Response, Problem> {
    check_username(&input.username)?;
    let new = NewUser {
        password_hash: hashed(&hub, input.password, &input.username).await?,
        username: input.username,
        role: input.role,
        zone_id: input.zone_id.map(ZoneId::new),
    };
    let user = hub.store.accounts.create_user(&by.0.actor(), new).await?;
    Ok(answer::created(
        &format!("/api/v1/users/{}", user.id),
        user.revision,
        view(user),
    ))
}

/// One user.
#[utoipa::path(get, path = "/users/{id}", tag = "users", params(("id", description = "The user")), responses((status = 200, body = UserView)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Users>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let user = hub
        .store
        .accounts
        .user(&UserId::new(id))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer::object(user.revision, view(user)))
}

/// Changes a user.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", params(("id", description = "The user")), request_body = UserPatch, responses((status = 200, body = UserView)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Users>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
    Input(input): Input<UserPatch>,
) -> Result<Response, Problem> {
    let id = UserId::new(id);
    let current = hub
        .store
        .accounts
        .user(&id)
        .await?
        .ok_or_else(Problem::not_found)?;
    if let Some(name) = &input.username {
        check_username(name)?;
    }
    let name = input.username.as_ref().unwrap_or(&current.username);
    let password_hash = match input.password {
        Some(password) => Some(hashed(&hub, password, name).await?),
        None => None,
    };
    let change = UserChange {
        username: input.username,
        password_hash,
        role: input.role,
        zone_id: input.zone_id.map(|zone| zone.map(ZoneId::new)),
    };
    let user = hub
        .store
        .accounts
        .change_user(&by.0.actor(), &id, change, expected)
        .await?;
    Ok(answer::object(user.revision, view(user)))
}

/// Removes a user with sign-ins and tokens; the last admin stays (409).
#[utoipa::path(delete, path = "/users/{id}", tag = "users", params(("id", description = "The user")), responses((status = 204)))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Users>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    hub.store
        .accounts
        .delete_user(&by.0.actor(), &UserId::new(id), expected)
        .await?;
    Ok(answer::deleted())
}
