//! [`Commands`] in SQLite.

use super::{ClaimedCommand, Commands, Finished, NewCommand, StoredCommand, Waiting};
use crate::hub::accounts::Actor;
use crate::hub::{audit, outbox, outbox::Event};
use crate::{BlobClass, BlobId, Store, StoreError, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use model::{Command, CommandId, CommandKind, CommandState, DeviceId, ZoneId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use serde_json::json;

/// The commands in SQLite.
#[derive(Clone)]
pub struct SqliteCommands {
    store: Store,
}

impl SqliteCommands {
    /// Over an open store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

const COLUMNS: &str = "c.seq, c.id, c.revision, c.device_id, c.kind, c.state, c.result, c.result_blob, c.error, \
     c.created_at, c.expires_at, c.sent_at, c.finished_at";

/// Bodies and results are the devices' own messages and may hold pictures and secrets: they lie sealed (hub rule 4),
/// under these names.
const SEAL_BODY: &str = "commands.body";
const SEAL_RESULT: &str = "commands.result";

/// A row with its result still sealed.
struct SealedRow {
    command: StoredCommand,
    result: Option<Vec<u8>>,
}

impl SqliteCommands {
    fn opened(&self, row: SealedRow) -> Result<StoredCommand, StoreError> {
        let mut command = row.command;
        if let Some(sealed) = row.result {
            let plain = self
                .store
                .unseal(SEAL_RESULT, command.command.id.as_str(), &sealed)?;
            command.command.result = Some(serde_json::from_slice(&plain)?);
        }
        Ok(command)
    }
}

#[async_trait]
impl Commands for SqliteCommands {
    async fn queue(&self, actor: &Actor, command: NewCommand) -> Result<StoredCommand, StoreError> {
        let actor = actor.clone();
        self.store.write(move |tx| queue(tx, &actor, &command)).await
    }

    async fn command(
        &self,
        id: &CommandId,
        bound: Option<ZoneId>,
    ) -> Result<Option<StoredCommand>, StoreError> {
        let id = id.clone();
        let found = self
            .store
            .read(move |connection| by_id(connection, id.as_str(), bound.as_ref()))
            .await?;
        found.map(|row| self.opened(row)).transpose()
    }

    async fn list(
        &self,
        device: &DeviceId,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredCommand>, StoreError> {
        let device = device.clone();
        let rows: Vec<SealedRow> = self
            .store
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM commands c WHERE c.device_id = ?1 AND c.seq > ?2 \
                     ORDER BY c.seq LIMIT ?3"
                ))?;
                let after = after.unwrap_or(0);
                let rows = statement.query_map(params![device.as_str(), after, limit], from_row)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await?;
        rows.into_iter().map(|row| self.opened(row)).collect()
    }

    async fn waiting(&self, device: &DeviceId, which: Waiting) -> Result<bool, StoreError> {
        let device = device.clone();
        self.store
            .read(move |connection| {
                Ok(connection
                    .prepare_cached(
                        "SELECT EXISTS (SELECT 1 FROM commands WHERE device_id = ?1 \
                         AND state IN ('queued', 'sent') AND state = 'queued' \
                         AND (?2 IS NULL OR kind IN (SELECT value FROM json_each(?2))))",
                    )?
                    .query_row(params![device.as_str(), kinds(which)], |row| row.get(0))?)
            })
            .await
    }

    async fn claim(
        &self,
        device: &DeviceId,
        which: Waiting,
        now: Timestamp,
    ) -> Result<Option<ClaimedCommand>, StoreError> {
        let device = device.clone();
        self.store
            .write(move |tx| claim(tx, device.as_str(), which, now))
            .await
    }

    async fn finish(&self, id: &CommandId, finished: Finished) -> Result<(), StoreError> {
        let photo = match &finished.photo {
            Some(bytes) => Some(self.store.seal_blob(BlobClass::Photo, bytes)?),
            None => None,
        };
        let id = id.clone();
        self.store
            .write(move |tx| {
                let blob = match photo {
                    Some(photo) => Some(tx.put_blob(photo)?),
                    None => None,
                };
                finish(tx, id.as_str(), &finished, blob.as_ref())
            })
            .await
    }

    async fn progress(&self, id: &CommandId, progress: Value) -> Result<(), StoreError> {
        let id = id.clone();
        self.store
            .write(move |tx| report(tx, id.as_str(), &progress))
            .await
    }

    async fn expire(&self, now: Timestamp) -> Result<u64, StoreError> {
        let due: bool = self
            .store
            .read(move |connection| {
                Ok(connection
                    .prepare_cached(
                        "SELECT EXISTS (SELECT 1 FROM commands WHERE state IN ('queued', 'sent') \
                         AND state = 'queued' AND expires_at <= ?1)",
                    )?
                    .query_row([now.as_millisecond()], |row| row.get(0))?)
            })
            .await?;
        if !due {
            return Ok(0);
        }
        self.store.write(move |tx| expire(tx, None, now)).await
    }

    async fn interrupted(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.store
            .write(move |tx| {
                let error = "the hub stopped before the device's answer came; whether it was done is not known";
                let ended = ids(
                    tx,
                    "UPDATE commands SET state = 'failed', body = NULL, error = ?2, finished_at = ?1, revision = revision + 1 \
                     WHERE state IN ('queued', 'sent') AND state = 'sent' RETURNING id, device_id",
                    params![now.as_millisecond(), error],
                )?;
                announce(tx, &ended)
            })
            .await
    }

    async fn photo(
        &self,
        actor: &Actor,
        id: &CommandId,
        bound: Option<ZoneId>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (actor, id) = (actor.clone(), id.clone());
        let blob = self
            .store
            .write(move |tx| {
                if by_id(tx, id.as_str(), bound.as_ref())?.is_none_or(|found| !found.command.has_photo) {
                    return Ok(None);
                }
                audit::note(
                    tx,
                    &actor,
                    "command.photo_view",
                    "command",
                    id.as_str(),
                    json!({}),
                )?;
                let blob: Option<BlobId> = tx.query_row(
                    "SELECT result_blob FROM commands WHERE id = ?1",
                    [id.as_str()],
                    |row| row.get(0),
                )?;
                Ok(blob)
            })
            .await?;
        match blob {
            Some(blob) => self.store.blob(&blob).await,
            None => Ok(None),
        }
    }

    async fn open_count(&self, bound: Option<ZoneId>) -> Result<u32, StoreError> {
        self.store
            .read(move |connection| {
                Ok(connection.query_row(
                    "SELECT count(*) FROM commands c JOIN devices d ON d.id = c.device_id \
                     WHERE c.state IN ('queued', 'sent') AND (?1 IS NULL OR d.zone_id = ?1)",
                    [bound.as_ref().map(ZoneId::as_str)],
                    |row| row.get(0),
                )?)
            })
            .await
    }
}

/// Kinds of which only the latest matters while they wait.
fn supersedes(kind: CommandKind) -> bool {
    matches!(
        kind,
        CommandKind::Reboot | CommandKind::SyncTime | CommandKind::Upgrade
    )
}

fn queue(tx: &mut Write<'_>, actor: &Actor, command: &NewCommand) -> Result<StoredCommand, StoreError> {
    let device = command.device_id.as_str();
    let waiting: u32 = tx.query_row(
        "SELECT count(*) FROM commands WHERE device_id = ?1 AND state IN ('queued', 'sent')",
        [device],
        |row| row.get(0),
    )?;
    if waiting >= command.most_queued && !command.expired {
        return Err(StoreError::Busy {
            limit: usize::try_from(command.most_queued).unwrap_or(usize::MAX),
        });
    }
    if supersedes(command.kind) {
        let void = ids(
            tx,
            "UPDATE commands SET state = 'superseded', body = NULL, finished_at = ?3, revision = revision + 1 \
             WHERE device_id = ?1 AND kind = ?2 AND state IN ('queued', 'sent') AND state = 'queued' \
             RETURNING id, device_id",
            params![device, command.kind.name(), command.created_at.as_millisecond()],
        )?;
        announce(tx, &void)?;
    }
    let id = crate::hub::new_id();
    let (state, finished) = if command.expired {
        ("expired", Some(command.created_at.as_millisecond()))
    } else {
        ("queued", None)
    };
    let body = match command.expired {
        true => None,
        false => Some(tx.seal(SEAL_BODY, &id, &serde_json::to_vec(&command.body)?)?),
    };
    tx.execute(
        "INSERT INTO commands (id, device_id, kind, body, state, error, created_at, expires_at, finished_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            id,
            device,
            command.kind.name(),
            body,
            state,
            command.expired.then_some("the device was not connected"),
            command.created_at.as_millisecond(),
            command.expires_at.as_millisecond(),
            finished
        ],
    )?;
    let detail = json!({"device_id": device, "kind": command.kind.name()});
    audit::note(tx, actor, "command.create", "command", &id, detail)?;
    outbox::announce(tx, Event::CommandUpdated, &id, Some(device))?;
    // It has no result yet.
    by_id(tx, &id, None)?
        .map(|row| row.command)
        .ok_or_else(|| StoreError::NotFound { what: "command", id })
}

fn by_id(connection: &Connection, id: &str, bound: Option<&ZoneId>) -> Result<Option<SealedRow>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM commands c JOIN devices d ON d.id = c.device_id \
             WHERE c.id = ?1 AND (?2 IS NULL OR d.zone_id = ?2)"
        ))?
        .query_row(params![id, bound.map(ZoneId::as_str)], from_row)
        .optional()?;
    Ok(found)
}

/// The names of the kinds meant, as JSON; `None` is all.
fn kinds(which: Waiting) -> Option<String> {
    let named = |kind: CommandKind| kind.is_at_the_door().then(|| kind.name());
    match which {
        Waiting::All => None,
        Waiting::AtTheDoor => {
            Some(json!(CommandKind::ALL.into_iter().filter_map(named).collect::<Vec<_>>()).to_string())
        }
    }
}

fn claim(
    tx: &mut Write<'_>,
    device: &str,
    which: Waiting,
    now: Timestamp,
) -> Result<Option<ClaimedCommand>, StoreError> {
    expire(tx, Some(device), now)?;
    let next: Option<(String, String, Vec<u8>, i64)> = tx
        .prepare_cached(
            "SELECT c.id, c.kind, c.body, c.expires_at FROM commands c JOIN devices d ON d.id = c.device_id \
             WHERE c.device_id = ?1 AND c.state IN ('queued', 'sent') AND c.state = 'queued' \
             AND d.standing = 'approved' AND (?2 IS NULL OR c.kind IN (SELECT value FROM json_each(?2))) \
             ORDER BY c.seq LIMIT 1",
        )?
        .query_row(params![device, kinds(which)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((id, kind, body, expires_at)) = next else {
        return Ok(None);
    };
    let body = serde_json::from_slice(&tx.unseal(SEAL_BODY, &id, &body)?)?;
    tx.execute(
        "UPDATE commands SET state = 'sent', sent_at = ?2, revision = revision + 1 WHERE id = ?1",
        params![id, now.as_millisecond()],
    )?;
    outbox::announce(tx, Event::CommandUpdated, &id, Some(device))?;
    Ok(Some(ClaimedCommand {
        id: CommandId::new(id),
        kind: kind_of(&kind)?,
        body,
        expires_at: Timestamp::from_millisecond(expires_at).unwrap_or(now),
    }))
}

fn finish(
    tx: &mut Write<'_>,
    id: &str,
    finished: &Finished,
    blob: Option<&BlobId>,
) -> Result<(), StoreError> {
    let result = match &finished.result {
        Some(result) => Some(tx.seal(SEAL_RESULT, id, &serde_json::to_vec(result)?)?),
        None => None,
    };
    let ended = ids(
        tx,
        "UPDATE commands SET state = ?2, body = NULL, result = ?3, error = ?4, result_blob = ?5, finished_at = ?6, \
         revision = revision + 1 WHERE id = ?1 RETURNING id, device_id",
        params![
            id,
            state_name(finished.state),
            result,
            finished.error,
            blob,
            finished.at.as_millisecond()
        ],
    )?;
    if ended.is_empty()
        && let Some(blob) = blob
    {
        tx.delete_blob(blob)?;
    }
    announce(tx, &ended)?;
    Ok(())
}

fn report(tx: &mut Write<'_>, id: &str, progress: &Value) -> Result<(), StoreError> {
    let result = serde_json::json!({ "progress": progress });
    let result = tx.seal(SEAL_RESULT, id, &serde_json::to_vec(&result)?)?;
    let told = ids(
        tx,
        "UPDATE commands SET result = ?2, revision = revision + 1 WHERE id = ?1 AND state = 'sent' \
         RETURNING id, device_id",
        params![id, result],
    )?;
    announce(tx, &told)?;
    Ok(())
}

fn expire(tx: &mut Write<'_>, device: Option<&str>, now: Timestamp) -> Result<u64, StoreError> {
    let ended = ids(
        tx,
        "UPDATE commands SET state = 'expired', body = NULL, error = 'its time ran out before it could be sent', \
         finished_at = ?1, revision = revision + 1 WHERE state IN ('queued', 'sent') AND state = 'queued' \
         AND expires_at <= ?1 AND (?2 IS NULL OR device_id = ?2) RETURNING id, device_id",
        params![now.as_millisecond(), device],
    )?;
    announce(tx, &ended)
}

/// Runs a statement that returns commands with their devices.
fn ids(
    tx: &Write<'_>,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn announce(tx: &mut Write<'_>, commands: &[(String, String)]) -> Result<u64, StoreError> {
    for (id, device) in commands {
        outbox::announce(tx, Event::CommandUpdated, id, Some(device))?;
    }
    Ok(u64::try_from(commands.len()).unwrap_or(u64::MAX))
}

/// Erases what commands brought back before an instant, pictures and messages; gives how many, at most `most`.
pub(in crate::hub) fn erase_results(
    tx: &mut Write<'_>,
    before: Timestamp,
    most: u32,
) -> Result<u64, StoreError> {
    let found: Vec<(i64, Option<BlobId>)> = tx
        .prepare_cached(
            "SELECT seq, result_blob FROM commands WHERE finished_at < ?1 \
             AND (result_blob IS NOT NULL OR result IS NOT NULL) LIMIT ?2",
        )?
        .query_map(params![before.as_millisecond(), most], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    for (seq, blob) in &found {
        if let Some(blob) = blob {
            tx.delete_blob(blob)?;
        }
        tx.execute(
            "UPDATE commands SET result = NULL, result_blob = NULL WHERE seq = ?1",
            [seq],
        )?;
    }
    Ok(u64::try_from(found.len()).unwrap_or(u64::MAX))
}

/// Deletes the pictures that a device's commands brought back.
pub(in crate::hub) fn drop_results(tx: &mut Write<'_>, device: &DeviceId) -> Result<(), StoreError> {
    let blobs: Vec<BlobId> = tx
        .prepare("SELECT result_blob FROM commands WHERE device_id = ?1 AND result_blob IS NOT NULL")?
        .query_map([device.as_str()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for blob in blobs {
        tx.delete_blob(&blob)?;
    }
    Ok(())
}

fn kind_of(name: &str) -> Result<CommandKind, StoreError> {
    CommandKind::ALL
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or_else(|| StoreError::Corrupt(format!("command kind {name:?}")))
}

fn state_name(state: CommandState) -> &'static str {
    match state {
        CommandState::Queued => "queued",
        CommandState::Sent => "sent",
        CommandState::Done => "done",
        CommandState::Failed => "failed",
        CommandState::Expired => "expired",
        CommandState::Superseded => "superseded",
    }
}

fn state_of(name: &str) -> CommandState {
    match name {
        "queued" => CommandState::Queued,
        "sent" => CommandState::Sent,
        "done" => CommandState::Done,
        "expired" => CommandState::Expired,
        "superseded" => CommandState::Superseded,
        _ => CommandState::Failed,
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<SealedRow> {
    let instant = |column: &str| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row
            .get::<_, Option<i64>>(column)?
            .and_then(|at| Timestamp::from_millisecond(at).ok()))
    };
    let kind: String = row.get("kind")?;
    let result: Option<Vec<u8>> = row.get("result")?;
    let command = StoredCommand {
        seq: row.get("seq")?,
        revision: row.get("revision")?,
        expires_at: instant("expires_at")?.unwrap_or(Timestamp::UNIX_EPOCH),
        has_photo: row.get::<_, Option<String>>("result_blob")?.is_some(),
        command: Command {
            id: CommandId::new(row.get::<_, String>("id")?),
            device_id: DeviceId::new(row.get::<_, String>("device_id")?),
            kind: kind_of(&kind).unwrap_or(CommandKind::Native),
            state: state_of(row.get_ref("state")?.as_str()?),
            result: None,
            error: row.get("error")?,
            created_at: instant("created_at")?.unwrap_or(Timestamp::UNIX_EPOCH),
            sent_at: instant("sent_at")?,
            finished_at: instant("finished_at")?,
        },
    };
    Ok(SealedRow { command, result })
}
