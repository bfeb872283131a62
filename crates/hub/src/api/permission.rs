//! Who is calling, and what that caller may do. A handler states it in its signature, `Read<scope::Persons>` or
//! `Change<scope::Persons>`, and cannot be reached without.

use super::problem::Problem;
use super::scope::Scope;
use crate::secret;
use crate::state::Hub;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use jiff::Timestamp;
use model::{UserId, ZoneId};
use std::marker::PhantomData;
use std::sync::Arc;
use store::hub::Actor;
use store::hub::accounts::{Role, SecretHash, Session, TokenHolder};
use subtle::ConstantTimeEq;

/// The cookie of a sign-in.
pub const COOKIE: &str = "menshen_session";
/// The header that changing requests of a sign-in carry.
pub const CSRF_HEADER: &str = "X-CSRF-Token";

/// How somebody proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// By the cookie of a sign-in.
    Session(SecretHash),
    /// By a bearer token with these scopes.
    Token {
        /// Of the token.
        secret: SecretHash,
        /// What the token may do.
        scopes: Vec<String>,
        /// Until when; none is for ever.
        expires_at: Option<Timestamp>,
    },
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// As the audit names them: the username, or `token:<name>`.
    pub name: String,
    /// The user; none for a token that no user owns.
    pub user_id: Option<UserId>,
    /// What they may do.
    pub role: Role,
    /// The only zone that they may see; none is all.
    pub zone: Option<ZoneId>,
    /// How they proved it.
    pub proof: Proof,
}

impl Caller {
    /// For the audit.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::new(&self.name)
    }

    /// Whether they may do everything everywhere.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin && self.zone.is_none()
    }

    /// Whether they may read in this scope: role, token and zone together.
    #[must_use]
    pub fn may_read<S: Scope>(&self) -> bool {
        self.check::<S>(Access::Read).is_ok()
    }

    fn of_session(session: &Session, secret: SecretHash) -> Self {
        Self {
            name: session.user.username.clone(),
            user_id: Some(session.user.id.clone()),
            role: session.user.role,
            zone: session.user.zone_id.clone(),
            proof: Proof::Session(secret),
        }
    }

    fn of_token(holder: TokenHolder, secret: SecretHash) -> Self {
        let (role, zone) = match holder.user {
            Some(user) => (user.role, user.zone_id),
            None => (Role::Admin, None),
        };
        Self {
            name: format!("token:{}", holder.token.name),
            user_id: holder.token.user_id,
            role,
            zone,
            proof: Proof::Token {
                secret,
                scopes: holder.token.scopes,
                expires_at: holder.token.expires_at,
            },
        }
    }

    fn check<S: Scope>(&self, access: Access) -> Result<(), Problem> {
        if let Proof::Token { scopes, .. } = &self.proof {
            let needed = format!("{}:{}", S::NAME, access.name());
            if !scopes.iter().any(|scope| *scope == needed || scope == "*") {
                return Err(Problem::forbidden(format!("this token lacks the scope {needed}")));
            }
        }
        let least = match access {
            Access::Read => S::READ,
            Access::Change => S::CHANGE,
        };
        if self.role < least {
            return Err(Problem::forbidden(format!(
                "this needs the role {}",
                least.name()
            )));
        }
        if self.zone.is_some() && !S::ZONED {
            return Err(Problem::not_found());
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy)]
enum Access {
    Read,
    Change,
}

impl Access {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "write",
        }
    }
}

/// The caller may read in this scope.
#[derive(Debug, Clone)]
pub struct Read<S: Scope>(pub Caller, PhantomData<S>);

/// The caller may change things in this scope.
#[derive(Debug, Clone)]
pub struct Change<S: Scope>(pub Caller, PhantomData<S>);

/// The caller is an admin without bounds who may change things in this scope.
#[derive(Debug, Clone)]
pub struct AdminOnly<S: Scope>(pub Caller, PhantomData<S>);

/// Somebody is signed in by a cookie; whoever it is may.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub caller: Caller,
    /// Their sign-in.
    pub session: Session,
    /// The cookie's hash.
    pub secret: SecretHash,
}

impl<S: Scope> FromRequestParts<Arc<Hub>> for Read<S> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let caller = authenticate(parts, hub).await?;
        caller.check::<S>(Access::Read)?;
        Ok(Self(caller, PhantomData))
    }
}

impl<S: Scope> FromRequestParts<Arc<Hub>> for Change<S> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let caller = authenticate(parts, hub).await?;
        caller.check::<S>(Access::Change)?;
        Ok(Self(caller, PhantomData))
    }
}

impl<S: Scope> FromRequestParts<Arc<Hub>> for AdminOnly<S> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let caller = authenticate(parts, hub).await?;
        caller.check::<S>(Access::Change)?;
        if caller.is_admin() {
            Ok(Self(caller, PhantomData))
        } else {
            Err(Problem::forbidden("this needs the role admin"))
        }
    }
}

impl FromRequestParts<Arc<Hub>> for SignedIn {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let secret = cookie(&parts.headers).ok_or_else(Problem::not_signed_in)?;
        let session = find_session(parts, hub, secret).await?;
        Ok(Self {
            caller: Caller::of_session(&session, secret),
            session,
            secret,
        })
    }
}

/// Who is calling: by the bearer token if there is one, else by the cookie.
async fn authenticate(parts: &Parts, hub: &Hub) -> Result<Caller, Problem> {
    if let Some(secret) = bearer(&parts.headers)? {
        let holder = hub.store.accounts.token(secret, Timestamp::now()).await?;
        let holder = holder.ok_or_else(Problem::not_signed_in)?;
        return Ok(Caller::of_token(holder, secret));
    }
    let secret = cookie(&parts.headers).ok_or_else(Problem::not_signed_in)?;
    let session = find_session(parts, hub, secret).await?;
    Ok(Caller::of_session(&session, secret))
}

/// The live sign-in of a cookie. A changing request must carry its CSRF token: a foreign page can make a browser send
/// the cookie, but cannot know the token.
async fn find_session(parts: &Parts, hub: &Hub, secret: SecretHash) -> Result<Session, Problem> {
    let session = hub.store.accounts.session(secret, Timestamp::now()).await?;
    let session = session.ok_or_else(Problem::not_signed_in)?;
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        let given = parts
            .headers
            .get(CSRF_HEADER)
            .map_or(&b""[..], |value| value.as_bytes());
        if !bool::from(given.ct_eq(session.csrf_token.as_bytes())) {
            return Err(Problem::new(
                axum::http::StatusCode::FORBIDDEN,
                "csrf",
                format!("a changing request needs the header {CSRF_HEADER} as GET /api/v1/session tells it"),
            ));
        }
    }
    Ok(session)
}

/// Whether a caller's sign-in or token is still good and means the same as before: what lives longer than a request
/// asks from time to time.
///
/// # Errors
/// Those of the store.
pub async fn still_valid(hub: &Hub, caller: &Caller) -> Result<bool, Problem> {
    let now = Timestamp::now();
    let current = match &caller.proof {
        Proof::Session(secret) => {
            let session = hub.store.accounts.session(*secret, now).await?;
            session.map(|session| Caller::of_session(&session, *secret))
        }
        Proof::Token { secret, .. } => {
            let holder = hub.store.accounts.token(*secret, now).await?;
            holder.map(|holder| Caller::of_token(holder, *secret))
        }
    };
    Ok(current.as_ref() == Some(caller))
}

fn bearer(headers: &HeaderMap) -> Result<Option<SecretHash>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    token
        .map(|token| Some(secret::hash(token)))
        .ok_or_else(Problem::not_signed_in)
}

fn cookie(headers: &HeaderMap) -> Option<SecretHash> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| secret::hash(value))
}
