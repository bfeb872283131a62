//! Users, sign-ins and tokens in SQLite.

use super::accounts::{
    Accounts, Actor, NewSession, NewToken, NewUser, Role, SecretHash, Session, Token, TokenHolder, User,
    UserChange,
};
use super::audit;
use super::page::{Page, PageRequest};
use crate::{Store, StoreError, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use model::{TokenId, UserId, ZoneId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

/// Users, sign-ins and tokens in SQLite.
pub(super) struct SqliteAccounts {
    pub(super) store: Store,
}

const USER: &str = "users.seq, users.id, users.revision, users.username, users.role, users.zone_id, \
                    users.created_at";
const TOKEN: &str = "tokens.seq AS token_seq, tokens.id AS token_id, tokens.revision AS token_revision, \
                     tokens.name, tokens.user_id, tokens.scopes, tokens.created_at AS token_created_at, \
                     tokens.expires_at";

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    let role: String = row.get("role")?;
    Ok(User {
        id: UserId::new(row.get::<_, String>("id")?),
        revision: row.get("revision")?,
        username: row.get("username")?,
        role: Role::of_name(&role).unwrap_or(Role::Viewer),
        zone_id: row.get::<_, Option<String>>("zone_id")?.map(ZoneId::new),
        created_at: super::instant(row, "created_at")?,
    })
}

fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    let scopes: String = row.get("scopes")?;
    Ok(Token {
        id: TokenId::new(row.get::<_, String>("token_id")?),
        revision: row.get("token_revision")?,
        name: row.get("name")?,
        user_id: row.get::<_, Option<String>>("user_id")?.map(UserId::new),
        scopes: super::json(&scopes)?,
        created_at: super::instant(row, "token_created_at")?,
        expires_at: super::optional_instant(row, "expires_at")?,
    })
}

fn find_user(db: &Connection, id: &UserId) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {USER} FROM users WHERE id = ?1");
    Ok(db.query_row(&sql, [id.as_str()], user).optional()?)
}

fn require_user(db: &Connection, id: &UserId, expected: Option<i64>) -> Result<User, StoreError> {
    let found = find_user(db, id)?.ok_or_else(|| super::not_found("user", id.as_str()))?;
    super::check_revision(found.revision, expected)?;
    Ok(found)
}

fn check_name_is_free(db: &Connection, username: &str, but: Option<&UserId>) -> Result<(), StoreError> {
    let holder: Option<String> = db
        .query_row("SELECT id FROM users WHERE username = ?1", [username], |row| {
            row.get(0)
        })
        .optional()?;
    match holder {
        Some(holder) if but.is_none_or(|id| id.as_str() != holder) => {
            Err(super::conflict("the username is taken"))
        }
        _ => Ok(()),
    }
}

fn check_zone(db: &Connection, zone: Option<&ZoneId>) -> Result<(), StoreError> {
    let Some(zone) = zone else { return Ok(()) };
    let known = db
        .query_row("SELECT 1 FROM zones WHERE id = ?1", [zone.as_str()], |_| Ok(()))
        .optional()?
        .is_some();
    if known {
        Ok(())
    } else {
        Err(super::unknown_reference("zone_id", zone.as_str()))
    }
}

/// Someone must be left who can do everything.
fn check_an_admin_is_left(db: &Connection) -> Result<(), StoreError> {
    let left: i64 = db.query_row(
        "SELECT COUNT(*) FROM users WHERE role = 'admin' AND zone_id IS NULL",
        [],
        |row| row.get(0),
    )?;
    if left > 0 {
        Ok(())
    } else {
        Err(super::conflict("this is the last admin; make another one first"))
    }
}

fn insert_user(tx: &mut Write<'_>, actor: &Actor, new: &NewUser) -> Result<User, StoreError> {
    check_name_is_free(tx, &new.username, None)?;
    check_zone(tx, new.zone_id.as_ref())?;
    let id = UserId::new(super::new_id());
    tx.execute(
        "INSERT INTO users (id, username, password_hash, role, zone_id, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            id.as_str(),
            new.username,
            new.password_hash,
            new.role.name(),
            new.zone_id.as_ref().map(ZoneId::as_str),
            Timestamp::now().as_millisecond(),
        ],
    )?;
    let detail = json!({ "username": new.username, "role": new.role, "zone_id": new.zone_id });
    audit::note(tx, actor, "user.create", "user", id.as_str(), detail)?;
    require_user(tx, &id, None)
}

fn update_user(
    tx: &mut Write<'_>,
    actor: &Actor,
    id: &UserId,
    change: &UserChange,
    expected: Option<i64>,
) -> Result<User, StoreError> {
    let before = require_user(tx, id, expected)?;
    if let Some(name) = &change.username {
        check_name_is_free(tx, name, Some(id))?;
    }
    let zone = change.zone_id.clone().unwrap_or(before.zone_id);
    check_zone(tx, zone.as_ref())?;
    tx.execute(
        "UPDATE users SET username = ?2, role = ?3, zone_id = ?4, revision = revision + 1,
             password_hash = COALESCE(?5, password_hash)
         WHERE id = ?1",
        params![
            id.as_str(),
            change.username.as_ref().unwrap_or(&before.username),
            change.role.unwrap_or(before.role).name(),
            zone.as_ref().map(ZoneId::as_str),
            change.password_hash,
        ],
    )?;
    check_an_admin_is_left(tx)?;
    if change.password_hash.is_some() {
        tx.execute("DELETE FROM sessions WHERE user_id = ?1", [id.as_str()])?;
    }
    let detail = json!({
        "username": change.username, "role": change.role, "password": change.password_hash.is_some(),
        "zone_id": zone,
    });
    audit::note(tx, actor, "user.update", "user", id.as_str(), detail)?;
    require_user(tx, id, None)
}

fn insert_token(tx: &mut Write<'_>, actor: &Actor, new: &NewToken) -> Result<Token, StoreError> {
    let made = Token {
        id: TokenId::new(super::new_id()),
        revision: 1,
        name: new.name.clone(),
        user_id: new.user_id.clone(),
        scopes: new.scopes.clone(),
        created_at: super::to_millisecond(Timestamp::now()),
        expires_at: new.expires_at.map(super::to_millisecond),
    };
    tx.execute(
        "INSERT INTO tokens (id, name, user_id, secret_hash, scopes, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            made.id.as_str(),
            made.name,
            made.user_id.as_ref().map(UserId::as_str),
            new.secret_hash.as_slice(),
            json!(made.scopes).to_string(),
            made.created_at.as_millisecond(),
            made.expires_at.map(Timestamp::as_millisecond),
        ],
    )?;
    let detail = json!({ "name": made.name, "scopes": made.scopes, "expires_at": made.expires_at });
    audit::note(tx, actor, "token.create", "token", made.id.as_str(), detail)?;
    Ok(made)
}

fn find_token(db: &Connection, id: &TokenId) -> Result<Option<Token>, StoreError> {
    let sql = format!("SELECT {TOKEN} FROM tokens WHERE tokens.id = ?1");
    Ok(db.query_row(&sql, [id.as_str()], token).optional()?)
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
