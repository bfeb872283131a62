//! Rows of users and tokens, and the changes to them that are more than one statement.

use super::accounts::{Actor, NewToken, NewUser, Role, Token, User, UserChange};
use super::audit;
use crate::{StoreError, Write};
use jiff::Timestamp;
use model::{TokenId, UserId, ZoneId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

pub(super) const USER: &str = "users.seq, users.id, users.revision, users.username, users.role, users.zone_id, \
                    users.created_at";
pub(super) const TOKEN: &str = "tokens.seq AS token_seq, tokens.id AS token_id, tokens.revision AS token_revision, \
                     tokens.name, tokens.user_id, tokens.scopes, tokens.created_at AS token_created_at, \
                     tokens.expires_at";

pub(super) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
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

pub(super) fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
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

pub(super) fn find_user(db: &Connection, id: &UserId) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {USER} FROM users WHERE id = ?1");
    Ok(db.query_row(&sql, [id.as_str()], user).optional()?)
}

pub(super) fn require_user(db: &Connection, id: &UserId, expected: Option<i64>) -> Result<User, StoreError> {
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
pub(super) fn check_an_admin_is_left(db: &Connection) -> Result<(), StoreError> {
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

pub(super) fn insert_user(tx: &mut Write<'_>, actor: &Actor, new: &NewUser) -> Result<User, StoreError> {
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

pub(super) fn update_user(
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

pub(super) fn insert_token(tx: &mut Write<'_>, actor: &Actor, new: &NewToken) -> Result<Token, StoreError> {
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

pub(super) fn find_token(db: &Connection, id: &TokenId) -> Result<Option<Token>, StoreError> {
    let sql = format!("SELECT {TOKEN} FROM tokens WHERE tokens.id = ?1");
    Ok(db.query_row(&sql, [id.as_str()], token).optional()?)
}
