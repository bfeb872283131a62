//! Users, sign-ins and tokens in SQLite.

use super::accounts::{
    Accounts, Actor, NewSession, NewToken, NewUser, SecretHash, Session, Token, TokenHolder, User, UserChange,
};
use super::accounts_rows::{
    TOKEN, USER, check_an_admin_is_left, find_token, find_user, insert_token, insert_user, require_user,
    token, update_user, user,
};
use super::audit;
use super::page::{Page, PageRequest};
use crate::{Store, StoreError};
use async_trait::async_trait;
use jiff::Timestamp;
use model::{TokenId, UserId};
use rusqlite::{OptionalExtension, params};
use serde_json::json;

/// Users, sign-ins and tokens in SQLite.
pub(super) struct SqliteAccounts {
    pub(super) store: Store,
}

#[async_trait]
impl Accounts for SqliteAccounts {
    async fn user_count(&self) -> Result<u64, StoreError> {
        self.store
            .read(|db| {
                let count: i64 = db.query_row("SELECT COUNT(*) FROM users", [], |row| row.get(0))?;
                Ok(u64::try_from(count).unwrap_or(0))
            })
            .await
    }

    async fn create_user(&self, actor: &Actor, new: NewUser) -> Result<User, StoreError> {
        let actor = actor.clone();
        self.store.write(move |tx| insert_user(tx, &actor, &new)).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        self.store.read(move |db| find_user(db, &id)).await
    }

    async fn users(&self, page: PageRequest) -> Result<Page<User>, StoreError> {
        self.store
            .read(move |db| {
                let sql = format!("SELECT {USER} FROM users WHERE seq > ?1 ORDER BY seq LIMIT ?2");
                let mut query = db.prepare_cached(&sql)?;
                let rows = query
                    .query_map(
                        params![page.after.unwrap_or(0), i64::from(page.limit) + 1],
                        |row| Ok((row.get("seq")?, user(row)?)),
                    )?
                    .collect::<Result<_, _>>()?;
                Ok(Page::from_rows(rows, page.limit))
            })
            .await
    }

    async fn user_by_name(&self, username: &str) -> Result<Option<(User, String)>, StoreError> {
        let username = username.to_owned();
        self.store
            .read(move |db| {
                let sql = format!("SELECT {USER}, password_hash FROM users WHERE username = ?1");
                Ok(db
                    .query_row(&sql, [username], |row| {
                        Ok((user(row)?, row.get("password_hash")?))
                    })
                    .optional()?)
            })
            .await
    }

    async fn change_user(
        &self,
        actor: &Actor,
        id: &UserId,
        change: UserChange,
        expected: Option<i64>,
    ) -> Result<User, StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| update_user(tx, &actor, &id, &change, expected))
            .await
    }

    async fn delete_user(&self, actor: &Actor, id: &UserId, expected: Option<i64>) -> Result<(), StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| {
                let user = require_user(tx, &id, expected)?;
                tx.execute("DELETE FROM users WHERE id = ?1", [id.as_str()])?;
                check_an_admin_is_left(tx)?;
                let detail = json!({ "username": user.username });
                audit::note(tx, &actor, "user.delete", "user", id.as_str(), detail)
            })
            .await
    }

    async fn create_session(&self, actor: &Actor, new: NewSession, now: Timestamp) -> Result<(), StoreError> {
        let actor = actor.clone();
        self.store
            .write(move |tx| {
                tx.execute(
                    "DELETE FROM sessions WHERE expires_at <= ?1",
                    [now.as_millisecond()],
                )?;
                tx.execute(
                    "INSERT INTO sessions (secret_hash, user_id, csrf_token, created_at, expires_at)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![
                        new.secret_hash.as_slice(),
                        new.user_id.as_str(),
                        new.csrf_token,
                        now.as_millisecond(),
                        new.expires_at.as_millisecond(),
                    ],
                )?;
                audit::note(
                    tx,
                    &actor,
                    "session.create",
                    "user",
                    new.user_id.as_str(),
                    json!({}),
                )
            })
            .await
    }

    async fn session(&self, secret: SecretHash, now: Timestamp) -> Result<Option<Session>, StoreError> {
        self.store
            .read(move |db| {
                let sql = format!(
                    "SELECT {USER}, sessions.csrf_token, sessions.expires_at AS session_ends
                     FROM sessions JOIN users ON users.id = sessions.user_id
                     WHERE sessions.secret_hash = ?1 AND sessions.expires_at > ?2"
                );
                let mut query = db.prepare_cached(&sql)?;
                Ok(query
                    .query_row(params![secret.as_slice(), now.as_millisecond()], |row| {
                        Ok(Session {
                            user: user(row)?,
                            csrf_token: row.get("csrf_token")?,
                            expires_at: super::instant(row, "session_ends")?,
                        })
                    })
                    .optional()?)
            })
            .await
    }

    async fn delete_session(&self, actor: &Actor, secret: SecretHash) -> Result<(), StoreError> {
        let actor = actor.clone();
        self.store
            .write(move |tx| {
                let user: Option<String> = tx
                    .query_row(
                        "DELETE FROM sessions WHERE secret_hash = ?1 RETURNING user_id",
                        [secret.as_slice()],
                        |row| row.get(0),
                    )
                    .optional()?;
                match user {
                    Some(user) => audit::note(tx, &actor, "session.delete", "user", &user, json!({})),
                    None => Ok(()),
                }
            })
            .await
    }

    async fn create_token(&self, actor: &Actor, new: NewToken) -> Result<Token, StoreError> {
        let actor = actor.clone();
        self.store.write(move |tx| insert_token(tx, &actor, &new)).await
    }

    async fn token(&self, secret: SecretHash, now: Timestamp) -> Result<Option<TokenHolder>, StoreError> {
        self.store
            .read(move |db| {
                let sql = format!(
                    "SELECT {TOKEN} FROM tokens
                     WHERE secret_hash = ?1 AND (expires_at IS NULL OR expires_at > ?2)"
                );
                let mut query = db.prepare_cached(&sql)?;
                let found = query
                    .query_row(params![secret.as_slice(), now.as_millisecond()], token)
                    .optional()?;
                let Some(token) = found else { return Ok(None) };
                let user = match &token.user_id {
                    Some(id) => find_user(db, id)?,
                    None => None,
                };
                Ok(Some(TokenHolder { token, user }))
            })
            .await
    }

    async fn token_by_id(&self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        let id = id.clone();
        self.store.read(move |db| find_token(db, &id)).await
    }

    async fn tokens(&self, of: Option<&UserId>, page: PageRequest) -> Result<Page<Token>, StoreError> {
        let of = of.map(|id| id.as_str().to_owned());
        self.store
            .read(move |db| {
                let sql = format!(
                    "SELECT {TOKEN} FROM tokens
                     WHERE seq > ?1 AND (?2 IS NULL OR user_id = ?2) ORDER BY seq LIMIT ?3"
                );
                let mut query = db.prepare_cached(&sql)?;
                let rows = query
                    .query_map(
                        params![page.after.unwrap_or(0), of, i64::from(page.limit) + 1],
                        |row| Ok((row.get("token_seq")?, token(row)?)),
                    )?
                    .collect::<Result<_, _>>()?;
                Ok(Page::from_rows(rows, page.limit))
            })
            .await
    }

    async fn delete_token(
        &self,
        actor: &Actor,
        id: &TokenId,
        expected: Option<i64>,
    ) -> Result<(), StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        self.store
            .write(move |tx| {
                let token = find_token(tx, &id)?.ok_or_else(|| super::not_found("token", id.as_str()))?;
                super::check_revision(token.revision, expected)?;
                tx.execute("DELETE FROM tokens WHERE id = ?1", [id.as_str()])?;
                audit::note(
                    tx,
                    &actor,
                    "token.delete",
                    "token",
                    id.as_str(),
                    json!({ "name": token.name }),
                )
            })
            .await
    }
}
