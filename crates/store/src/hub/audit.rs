//! The audit: who did what to whom, and when (hub rule 13).

use super::accounts::Actor;
use super::outbox::{self, Event};
use super::page::{Page, PageRequest};
use crate::{Store, StoreError, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;

/// What was acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditTarget {
    /// `person`, `device`, …
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who: a username, `token:<name>`, `hub` or `device:<id>`.
    pub actor: String,
    /// What, as `<resource>.<verb>`.
    pub action: String,
    /// To whom or what.
    pub target: Option<AuditTarget>,
    /// Particulars; never secrets or pictures.
    pub detail: Value,
}

/// Which lines are wanted; `None` is any.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// By this actor.
    pub actor: Option<String>,
    /// With this action.
    pub action: Option<String>,
    /// On this target.
    pub target_id: Option<String>,
}

/// The audit.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Adds a line for something that changed nothing else (a photo was viewed, a secret was shown).
    async fn note(
        &self,
        actor: &Actor,
        action: &str,
        target: Option<AuditTarget>,
        detail: Value,
    ) -> Result<(), StoreError>;
    /// Lines in order of time.
    async fn entries(&self, filter: AuditFilter, page: PageRequest) -> Result<Page<AuditEntry>, StoreError>;
    /// One line.
    async fn entry(&self, id: &str) -> Result<Option<AuditEntry>, StoreError>;
}

/// Adds a line within the transaction of the thing itself, and announces it.
///
/// # Errors
/// Those of the database.
pub fn note(
    tx: &mut Write<'_>,
    actor: &Actor,
    action: &str,
    target_kind: &str,
    target_id: &str,
    detail: Value,
) -> Result<(), StoreError> {
    let target = AuditTarget {
        kind: target_kind.to_owned(),
        id: target_id.to_owned(),
    };
    insert(tx, actor, action, Some(&target), &detail)
}

fn insert(
    tx: &mut Write<'_>,
    actor: &Actor,
    action: &str,
    target: Option<&AuditTarget>,
    detail: &Value,
) -> Result<(), StoreError> {
    let id = super::new_id();
    tx.execute(
        "INSERT INTO audit (id, at, actor, action, target_kind, target_id, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            id,
            Timestamp::now().as_millisecond(),
            actor.name,
            action,
            target.map(|t| &t.kind),
            target.map(|t| &t.id),
            detail.to_string(),
        ],
    )?;
    outbox::announce(tx, Event::AuditCreated, &id, None)
}

const COLUMNS: &str = "seq, id, at, actor, action, target_kind, target_id, detail";

fn entry(row: &Row<'_>) -> rusqlite::Result<(i64, AuditEntry)> {
    let (kind, id): (Option<String>, Option<String>) = (row.get("target_kind")?, row.get("target_id")?);
    let detail: String = row.get("detail")?;
    Ok((
        row.get("seq")?,
        AuditEntry {
            id: row.get("id")?,
            at: super::instant(row, "at")?,
            actor: row.get("actor")?,
            action: row.get("action")?,
            target: kind.zip(id).map(|(kind, id)| AuditTarget { kind, id }),
            detail: super::json(&detail)?,
        },
    ))
}

/// The audit in SQLite.
pub(super) struct SqliteAudit {
    pub(super) store: Store,
}

#[async_trait]
impl Audit for SqliteAudit {
    async fn note(
        &self,
        actor: &Actor,
        action: &str,
        target: Option<AuditTarget>,
        detail: Value,
    ) -> Result<(), StoreError> {
        let (actor, action) = (actor.clone(), action.to_owned());
        self.store
            .write(move |tx| insert(tx, &actor, &action, target.as_ref(), &detail))
            .await
    }

    async fn entries(&self, filter: AuditFilter, page: PageRequest) -> Result<Page<AuditEntry>, StoreError> {
        self.store
            .read(move |db| {
                let mut query = db.prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM audit
                     WHERE seq > ?1 AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR action = ?3)
                       AND (?4 IS NULL OR target_id = ?4)
                     ORDER BY seq LIMIT ?5"
                ))?;
                let rows = query.query_map(
                    params![
                        page.after.unwrap_or(0),
                        filter.actor,
                        filter.action,
                        filter.target_id,
                        i64::from(page.limit) + 1
                    ],
                    entry,
                )?;
                Ok(Page::from_rows(rows.collect::<Result<_, _>>()?, page.limit))
            })
            .await
    }

    async fn entry(&self, id: &str) -> Result<Option<AuditEntry>, StoreError> {
        let id = id.to_owned();
        self.store
            .read(move |db| {
                let sql = format!("SELECT {COLUMNS} FROM audit WHERE id = ?1");
                Ok(db
                    .query_row(&sql, [id], entry)
                    .optional()?
                    .map(|(_, entry)| entry))
            })
            .await
    }
}
