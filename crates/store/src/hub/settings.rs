//! What operators set at run time, over the configuration.

use super::accounts::Actor;
use super::audit;
use super::page::Revised;
use crate::{Store, StoreError};
use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};
use serde_json::Value;

/// Settings by key; each value is JSON and has its revision.
#[async_trait]
pub trait Settings: Send + Sync {
    /// The value of a key, if it was ever set.
    async fn get(&self, key: &str) -> Result<Option<Revised<Value>>, StoreError>;
    /// Sets a value. A key that was never set has revision 0, the first value 1.
    async fn put(
        &self,
        actor: &Actor,
        key: &str,
        value: Value,
        expected: Option<i64>,
    ) -> Result<Revised<Value>, StoreError>;
}

/// Settings in SQLite.
pub(super) struct SqliteSettings {
    pub(super) store: Store,
}

fn find(db: &rusqlite::Connection, key: &str) -> Result<Option<Revised<Value>>, StoreError> {
    let row = db
        .query_row(
            "SELECT value, revision FROM settings WHERE key = ?1",
            [key],
            |row| {
                let text: String = row.get(0)?;
                Ok(Revised {
                    revision: row.get(1)?,
                    object: super::json(&text)?,
                })
            },
        )
        .optional()?;
    Ok(row)
}

#[async_trait]
impl Settings for SqliteSettings {
    async fn get(&self, key: &str) -> Result<Option<Revised<Value>>, StoreError> {
        let key = key.to_owned();
        self.store.read(move |db| find(db, &key)).await
    }

    async fn put(
        &self,
        actor: &Actor,
        key: &str,
        value: Value,
        expected: Option<i64>,
    ) -> Result<Revised<Value>, StoreError> {
        let (actor, key) = (actor.clone(), key.to_owned());
        self.store
            .write(move |tx| {
                let current = find(tx, &key)?.map_or(0, |found| found.revision);
                super::check_revision(current, expected)?;
                let revision = current + 1;
                tx.execute(
                    "INSERT INTO settings (key, value, revision) VALUES (?1, ?2, ?3)
                     ON CONFLICT (key) DO UPDATE SET value = ?2, revision = ?3",
                    params![key, value.to_string(), revision],
                )?;
                audit::note(tx, &actor, "settings.update", "settings", &key, value.clone())?;
                Ok(Revised {
                    revision,
                    object: value,
                })
            })
            .await
    }
}
