//! Tokens of the API (hub rule 7): one's own, and for an admin everyone's.

use super::answer::{self, IfMatch};
use super::input::Input;
use super::page::{List, PageQuery, Paging};
use super::permission::{Caller, Change, Proof, Read};
use super::problem::{FieldError, Problem};
use super::scope;
use crate::secret;
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use model::TokenId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::hub::accounts::{NewToken, Token};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Characters of a token's name at most.
const MAX_NAME: usize = 128;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, delete))
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct TokenView {
    /// The token's id.
    id: String,
    /// Grows with each change.
    revision: i64,
    /// What it is for.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// Whose it is.
    user_id: Option<String>,
    /// Since when.
    created_at: String,
    /// Until when; null is for ever.
    expires_at: Option<String>,
}

/// A token that was just made: the only time that it is shown.
#[derive(Debug, Serialize, ToSchema)]
struct NewTokenView {
    /// The token without its secret.
    #[serde(flatten)]
    view: TokenView,
    /// What to send as `Authorization: Bearer …`.
    token: String,
}

fn view(token: Token) -> TokenView {
    TokenView {
        id: token.id.to_string(),
        revision: token.revision,
        name: token.name,
        scopes: token.scopes,
        user_id: token.user_id.map(|id| id.to_string()),
        created_at: token.created_at.to_string(),
        expires_at: token.expires_at.map(|at| at.to_string()),
    }
}

/// A token to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenInput {
    /// What it is for, 1 to 128 characters.
    name: String,
    /// `<first path segment>:read|write`, or `*`.
    scopes: Vec<String>,
    /// Until when; absent is for ever.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// What is wrong with a token's name, scopes and end.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn check(name: &str, scopes: &[String], expires_at: Option<Timestamp>) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if name.trim().is_empty() || name.chars().count() > MAX_NAME {
        errors.push(FieldError::new(
            "name",
            "invalid",
            "a name has 1 to 128 characters",
        ));
    }
    if scopes.is_empty() {
        errors.push(FieldError::new(
            "scopes",
            "required",
            "a token without scopes could do nothing",
        ));
    }
    for (place, text) in scopes
        .iter()
        .enumerate()
        .filter(|(_, text)| !scope::is_known(text))
    {
        let message = format!("{text:?} is not a scope; those are like persons:read, commands:write or *");
        errors.push(FieldError::new(
            format!("scopes[{place}]"),
            "unknown_scope",
            message,
        ));
    }
    if expires_at.is_some_and(|end| end <= Timestamp::now()) {
        errors.push(FieldError::new(
            "expires_at",
            "in_the_past",
            "the token would be dead already",
        ));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(errors))
    }
}

/// A token must not make one that may do more than itself, or for longer.
fn check_not_wider(by: &Caller, scopes: &[String], expires_at: Option<Timestamp>) -> Result<(), Problem> {
    let Proof::Token {
        scopes: own,
        expires_at: own_end,
        ..
    } = &by.proof
    else {
        return Ok(());
    };
    let covered = |wanted: &String| own.iter().any(|scope| scope == "*" || scope == wanted);
    if !scopes.iter().all(covered) {
        return Err(Problem::forbidden(
            "a token cannot make one that may do more than itself",
        ));
    }
    if own_end.is_some_and(|own_end| expires_at.is_none_or(|end| end > own_end)) {
        return Err(Problem::forbidden(
            "a token cannot make one that lasts longer than itself",
        ));
    }
    Ok(())
}

/// Tokens by creation: one's own, for an admin everyone's.
#[utoipa::path(get, path = "/tokens", tag = "tokens", params(PageQuery), responses((status = 200, body = List<TokenView>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Tokens>,
    Paging(page): Paging,
) -> Result<Json<List<TokenView>>, Problem> {
    let of = if by.0.is_admin() {
        None
    } else {
        by.0.user_id.as_ref()
    };
    Ok(Json(List::of(hub.store.accounts.tokens(of, page).await?, view)))
}

/// Makes a token; the answer is the only one that shows it.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = TokenInput, responses((status = 201, body = NewTokenView)))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Tokens>,
    Input(input): Input<TokenInput>,
) -> Result<Response, Problem> {
    check(&input.name, &input.scopes, input.expires_at)?;
    check_not_wider(&by.0, &input.scopes, input.expires_at)?;
    let token = secret::random();
    let new = NewToken {
        secret_hash: secret::hash(&token),
        name: input.name,
        user_id: by.0.user_id.clone(),
        scopes: input.scopes,
        expires_at: input.expires_at,
    };
    let made = hub.store.accounts.create_token(&by.0.actor(), new).await?;
    let place = format!("/api/v1/tokens/{}", made.id);
    Ok(answer::created(
        &place,
        made.revision,
        NewTokenView {
            view: view(made),
            token,
        },
    ))
}

/// The token, if it is the caller's own or the caller is an admin.
async fn visible(hub: &Hub, by: &Caller, id: &TokenId) -> Result<Token, Problem> {
    let token = hub
        .store
        .accounts
        .token_by_id(id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let own = token.user_id.is_some() && token.user_id == by.user_id;
    if own || by.is_admin() {
        Ok(token)
    } else {
        Err(Problem::not_found())
    }
}

/// One token.
#[utoipa::path(get, path = "/tokens/{id}", tag = "tokens", params(("id", description = "The token")), responses((status = 200, body = TokenView)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Tokens>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let token = visible(&hub, &by.0, &TokenId::new(id)).await?;
    Ok(answer::object(token.revision, view(token)))
}

/// Ends a token.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", params(("id", description = "The token")), responses((status = 204)))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Tokens>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let token = visible(&hub, &by.0, &TokenId::new(id)).await?;
    hub.store
        .accounts
        .delete_token(&by.0.actor(), &token.id, expected)
        .await?;
    Ok(answer::deleted())
}
