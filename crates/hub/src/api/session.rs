//! Signing in and out (hub rule 6).

use super::attempts::Turn;
use super::input::Input;
use super::permission::{COOKIE, CSRF_HEADER, SignedIn};
use super::problem::Problem;
use crate::listen::PeerAddress;
use crate::secret;
use crate::state::Hub;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;
use store::hub::Actor;
use store::hub::accounts::{NewSession, User};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new().routes(routes!(sign_in, show, sign_out))
}

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    /// The user's name.
    username: String,
    /// The user's password.
    password: String,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct SessionUser {
    /// The user's id.
    id: String,
    /// The user's name.
    username: String,
    /// `admin`, `operator` or `viewer`.
    role: &'static str,
    /// The only zone that the user sees; null is all.
    zone_id: Option<String>,
}

/// A sign-in.
#[derive(Debug, Serialize, ToSchema)]
struct SessionView {
    /// Who.
    user: SessionUser,
    /// The header that changing requests carry,
    csrf_header: &'static str,
    /// and its value.
    csrf_token: String,
}

fn view(user: User, csrf_token: String) -> Json<SessionView> {
    Json(SessionView {
        user: SessionUser {
            id: user.id.to_string(),
            username: user.username,
            role: user.role.name(),
            zone_id: user.zone_id.map(|zone| zone.to_string()),
        },
        csrf_header: CSRF_HEADER,
        csrf_token,
    })
}

/// Signs in: sets the cookie and names the CSRF header for changing requests.
#[utoipa::path(post, path = "/session", tag = "session", security(()), request_body = Credentials, responses(
    (status = 200, body = SessionView),
    (status = 401, description = "Unknown user or wrong password"),
    (status = 429, description = "Too many wrong attempts wait already"),
))]
async fn sign_in(
    State(hub): State<Arc<Hub>>,
    peer: Option<Extension<PeerAddress>>,
    Input(input): Input<Credentials>,
) -> Result<(HeaderMap, Json<SessionView>), Problem> {
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(peer)| peer.0.ip());
    match hub.attempts.turn(address, &input.username, Instant::now()) {
        Turn::After(wait) => tokio::time::sleep(wait).await,
        Turn::Later(wait) => return Err(Problem::too_many_attempts(wait.as_secs() + 1)),
    }
    let Some(user) = proven(&hub, &input).await? else {
        tracing::warn!(%address, "a sign-in failed");
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong_credentials",
            "the username or the password is wrong",
        ));
    };
    hub.attempts.right(address, &input.username);
    let (cookie, csrf_token) = (secret::random(), secret::random());
    let now = Timestamp::now();
    let session = NewSession {
        secret_hash: secret::hash(&cookie),
        user_id: user.id.clone(),
        csrf_token: csrf_token.clone(),
        expires_at: now + lifetime(&hub),
    };
    hub.store
        .accounts
        .create_session(&Actor::new(&user.username), session, now)
        .await?;
    let headers = set_cookie(&cookie, lifetime(&hub).as_secs())?;
    Ok((headers, view(user, csrf_token)))
}

fn lifetime(hub: &Hub) -> SignedDuration {
    SignedDuration::from_hours(i64::from(hub.config.admin.session_hours))
}

/// The user of these credentials. An unknown user costs as much time as a wrong password.
async fn proven(hub: &Hub, input: &Credentials) -> Result<Option<User>, Problem> {
    let found = hub.store.accounts.user_by_name(&input.username).await?;
    let (user, phc) = found.map_or((None, None), |(user, phc)| (Some(user), Some(phc)));
    let (password, nobody) = (input.password.clone(), hub.nobody.clone());
    let _turn = Arc::clone(&hub.hashing)
        .acquire_owned()
        .await
        .map_err(|error| Problem::internal(&error))?;
    let right = tokio::task::spawn_blocking(move || match phc {
        Some(phc) => secret::verify_password(&password, &phc),
        None => {
            let _same_work = secret::verify_password(&password, &nobody);
            false
        }
    })
    .await
    .map_err(|error| Problem::internal(&error))?;
    Ok(user.filter(|_| right))
}

fn set_cookie(value: &str, seconds: i64) -> Result<HeaderMap, Problem> {
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    let value = HeaderValue::from_str(&cookie).map_err(|error| Problem::internal(&error))?;
    Ok(HeaderMap::from_iter([(header::SET_COOKIE, value)]))
}

/// Who is signed in by this cookie.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = SessionView)))]
async fn show(signed_in: SignedIn) -> Json<SessionView> {
    view(signed_in.session.user, signed_in.session.csrf_token)
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
async fn sign_out(
    State(hub): State<Arc<Hub>>,
    signed_in: SignedIn,
) -> Result<(StatusCode, HeaderMap), Problem> {
    hub.store
        .accounts
        .delete_session(&signed_in.caller.actor(), signed_in.secret)
        .await?;
    Ok((StatusCode::NO_CONTENT, set_cookie("", 0)?))
}
