//! Who may use the console and the API: users, their sign-ins, and API tokens.

use super::page::{Page, PageRequest};
use crate::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;
use model::{TokenId, UserId, ZoneId};
use serde::{Deserialize, Serialize};

/// On whose behalf something is changed, as the audit names it: a username, `token:<name>`, `hub` or `device:<id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name.
    pub name: String,
}

impl Actor {
    /// Someone by this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// The hub itself.
    #[must_use]
    pub fn hub() -> Self {
        Self::new("hub")
    }

    /// A device.
    #[must_use]
    pub fn device(id: &model::DeviceId) -> Self {
        Self::new(format!("device:{id}"))
    }
}

/// What a user may do (hub rule 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Everything but users, others' tokens, settings and the audit.
    Operator,
    /// Everything.
    Admin,
}

impl Role {
    /// The role's name in the API and the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Viewer, Self::Operator, Self::Admin]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// Someone who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// Grows with each change.
    pub revision: i64,
    /// The name to sign in with; upper and lower case are the same.
    pub username: String,
    /// What the user may do.
    pub role: Role,
    /// The only zone that the user sees; none is all.
    pub zone_id: Option<ZoneId>,
    /// Since when.
    pub created_at: Timestamp,
}

/// A user to make.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name to sign in with.
    pub username: String,
    /// The password's argon2id hash (PHC string).
    pub password_hash: String,
    /// What the user may do.
    pub role: Role,
    /// The only zone that the user sees.
    pub zone_id: Option<ZoneId>,
}

/// What to change of a user; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// A new name.
    pub username: Option<String>,
    /// A new password's hash; ends the user's sign-ins.
    pub password_hash: Option<String>,
    /// A new role.
    pub role: Option<Role>,
    /// A new bound; `Some(None)` lifts it.
    pub zone_id: Option<Option<ZoneId>>,
}

/// SHA-256 of a cookie's or token's secret: what the database keeps of it.
pub type SecretHash = [u8; 32];

/// A sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub user: User,
    /// What changing requests must name.
    pub csrf_token: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A sign-in to make.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Of the cookie.
    pub secret_hash: SecretHash,
    /// Who.
    pub user_id: UserId,
    /// What changing requests must name.
    pub csrf_token: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A token of the API, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// The token's id.
    pub id: TokenId,
    /// Grows with each change.
    pub revision: i64,
    /// What it is for.
    pub name: String,
    /// Whose it is; none was made by `menshen admin token`.
    pub user_id: Option<UserId>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when; none is for ever.
    pub expires_at: Option<Timestamp>,
}

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Of its secret.
    pub secret_hash: SecretHash,
    /// What it is for.
    pub name: String,
    /// Whose it is.
    pub user_id: Option<UserId>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

/// A live token and the user whose rights bound it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHolder {
    /// The token.
    pub token: Token,
    /// Its owner.
    pub user: Option<User>,
}

/// Users, sign-ins and tokens. Changes are audited in the same transaction.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// How many users there are.
    async fn user_count(&self) -> Result<u64, StoreError>;
    /// Makes a user. A name that is taken is [`StoreError::Conflict`] on `username`.
    async fn create_user(&self, actor: &Actor, user: NewUser) -> Result<User, StoreError>;
    /// One user.
    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// Users by creation.
    async fn users(&self, page: PageRequest) -> Result<Page<User>, StoreError>;
    /// A user and the password's hash, by name.
    async fn user_by_name(&self, username: &str) -> Result<Option<(User, String)>, StoreError>;
    /// Changes a user. The last admin without a zone stays one: else [`StoreError::Conflict`] on `role`.
    async fn change_user(
        &self,
        actor: &Actor,
        id: &UserId,
        change: UserChange,
        expected: Option<i64>,
    ) -> Result<User, StoreError>;
    /// Removes a user with sign-ins and tokens; not the last admin.
    async fn delete_user(&self, actor: &Actor, id: &UserId, expected: Option<i64>) -> Result<(), StoreError>;

    /// Signs a user in; sign-ins that ended before `now` are removed.
    async fn create_session(
        &self,
        actor: &Actor,
        session: NewSession,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// The sign-in of a cookie, unless it ended.
    async fn session(&self, secret: SecretHash, now: Timestamp) -> Result<Option<Session>, StoreError>;
    /// Signs out.
    async fn delete_session(&self, actor: &Actor, secret: SecretHash) -> Result<(), StoreError>;

    /// Makes a token.
    async fn create_token(&self, actor: &Actor, token: NewToken) -> Result<Token, StoreError>;
    /// The token of a secret, unless it ended.
    async fn token(&self, secret: SecretHash, now: Timestamp) -> Result<Option<TokenHolder>, StoreError>;
    /// One token by its id.
    async fn token_by_id(&self, id: &TokenId) -> Result<Option<Token>, StoreError>;
    /// Tokens by creation; of one user or of all.
    async fn tokens(&self, of: Option<&UserId>, page: PageRequest) -> Result<Page<Token>, StoreError>;
    /// Removes a token.
    async fn delete_token(
        &self,
        actor: &Actor,
        id: &TokenId,
        expected: Option<i64>,
    ) -> Result<(), StoreError>;
}
