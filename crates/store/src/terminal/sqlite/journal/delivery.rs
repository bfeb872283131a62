//! Each dialect's way through the records.

use super::super::rows::to_seq;
use crate::{StoreError, Write};
use rusqlite::{Connection, OptionalExtension};

/// Filter of what a dialect (`?1`) has yet to acknowledge after `?2`, `?3` at most.
pub(super) const OUTSTANDING: &str = "
    WHERE seq > max(?2, (SELECT acknowledged FROM deliveries WHERE dialect = ?1))
      AND NOT EXISTS (SELECT 1 FROM exceptions e WHERE e.dialect = ?1 AND e.seq = r.seq)
    ORDER BY seq LIMIT ?3";

/// Filter of what a dialect (`?1`) has yet to acknowledge, in the order of time: after the instant `?2`, at that instant
/// after `?3`, `?4` at most.
pub(super) const OUTSTANDING_SINCE: &str = "
    WHERE seq > (SELECT acknowledged FROM deliveries WHERE dialect = ?1)
      AND NOT EXISTS (SELECT 1 FROM exceptions e WHERE e.dialect = ?1 AND e.seq = r.seq)
      AND (occurred_at, seq) > (?2, ?3)
    ORDER BY occurred_at, seq LIMIT ?4";

/// Filter of what is not hidden from a dialect (`?1`) and happened between `?2` and `?3`, the newest first, after the entry
/// of the instant `?4` at the place `?5`, `?6` at most.
pub(super) const RECORDED: &str = "
    WHERE seq > (SELECT hidden FROM deliveries WHERE dialect = ?1)
      AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.dialect = ?1 AND h.seq = r.seq)
      AND settled = 1 AND occurred_at BETWEEN ?2 AND ?3 AND (occurred_at, seq) < (?4, ?5)
    ORDER BY occurred_at DESC, seq DESC LIMIT ?6";

/// Filter of what a dialect (`?1`) is done with after `?2`, `?3` at most, stated between the instants `?4` and `?5`.
pub(super) const DELIVERED: &str = "
    WHERE seq > max(?2, (SELECT hidden FROM deliveries WHERE dialect = ?1))
      AND (seq <= (SELECT acknowledged FROM deliveries WHERE dialect = ?1)
           OR EXISTS (SELECT 1 FROM exceptions e WHERE e.dialect = ?1 AND e.seq = r.seq))
      AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.dialect = ?1 AND h.seq = r.seq)
      AND wire_second * 1000 BETWEEN ?4 AND ?5
    ORDER BY seq LIMIT ?3";

/// Filter of what is not hidden from a dialect (`?1`) after `?2`, `?3` at most, stated between the seconds `?4` and `?5`.
pub(super) const VISIBLE: &str = "
    WHERE seq > max(?2, (SELECT hidden FROM deliveries WHERE dialect = ?1))
      AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.dialect = ?1 AND h.seq = r.seq)
      AND wire_second BETWEEN ?4 AND ?5
    ORDER BY seq LIMIT ?3";

/// Filter of what is not hidden from a dialect (`?1`) since the instant `?2`.
const REOPENED: &str = "occurred_at >= ?2
     AND seq > (SELECT hidden FROM deliveries WHERE dialect = ?1)
     AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.dialect = ?1 AND h.seq = r.seq)";

/// How many records a dialect has yet to acknowledge.
pub(super) fn backlog(connection: &Connection, dialect: &str) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) FROM records r
         WHERE seq > (SELECT acknowledged FROM deliveries WHERE dialect = ?1)
           AND NOT EXISTS (SELECT 1 FROM exceptions e WHERE e.dialect = ?1 AND e.seq = r.seq)",
    )?;
    let count: i64 = statement.query_row([dialect], |row| row.get(0))?;
    Ok(to_seq(count))
}

/// These dialects are on. One that has no row starts behind the newest record there ever was.
pub(super) fn switch_on(tx: &Write<'_>, dialects: &[String]) -> Result<(), StoreError> {
    tx.execute("UPDATE deliveries SET active = 0", [])?;
    for dialect in dialects {
        tx.execute(
            "INSERT INTO deliveries (dialect, active, sent, acknowledged, hidden) SELECT ?1, 1, newest, newest, newest FROM
             (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'records'), 0) AS newest) WHERE true
             ON CONFLICT (dialect) DO UPDATE SET active = 1",
            [dialect],
        )?;
    }
    Ok(())
}

/// One record more is done with: the mark moves on over it and over exceptions that follow it.
pub(super) fn acknowledge(tx: &Write<'_>, dialect: &str, seq: i64) -> Result<(), StoreError> {
    let Some(mark) = mark(tx, dialect)?.filter(|mark| *mark < seq) else {
        return Ok(());
    };
    tx.prepare_cached(
        "INSERT OR IGNORE INTO exceptions (dialect, seq) SELECT ?1, seq FROM records WHERE seq = ?2",
    )?
    .execute((dialect, seq))?;
    move_mark(tx, dialect, mark, seq)
}

/// Every record up to an instant is done with; one that is yet to be decided was told to nobody.
pub(super) fn acknowledge_until(tx: &Write<'_>, dialect: &str, until: i64) -> Result<(), StoreError> {
    let Some(mark) = mark(tx, dialect)? else {
        return Ok(());
    };
    tx.prepare_cached(
        "INSERT OR IGNORE INTO exceptions (dialect, seq)
         SELECT ?1, seq FROM records WHERE seq > ?2 AND occurred_at <= ?3 AND settled = 1",
    )?
    .execute((dialect, mark, until))?;
    move_mark(tx, dialect, mark, mark)
}

/// Every record from an instant on is yet to be acknowledged, but for those that are hidden.
pub(super) fn reopen(tx: &Write<'_>, dialect: &str, since: i64) -> Result<(), StoreError> {
    let Some(mark) = mark(tx, dialect)? else {
        return Ok(());
    };
    let first: Option<i64> = tx
        .prepare_cached(&format!("SELECT min(seq) FROM records r WHERE {REOPENED}"))?
        .query_row((dialect, since), |row| row.get(0))?;
    let Some(first) = first else { return Ok(()) };
    // What lies between and is not meant stays done with.
    tx.prepare_cached(
        "INSERT OR IGNORE INTO exceptions (dialect, seq)
         SELECT ?1, seq FROM records WHERE seq BETWEEN ?2 AND ?3",
    )?
    .execute((dialect, first, mark))?;
    tx.prepare_cached(&format!(
        "DELETE FROM exceptions WHERE dialect = ?1 AND seq IN (SELECT seq FROM records r WHERE {REOPENED})"
    ))?
    .execute((dialect, since))?;
    tx.prepare_cached("UPDATE deliveries SET acknowledged = ?2 WHERE dialect = ?1")?
        .execute((dialect, mark.min(first - 1)))?;
    Ok(())
}

/// Everything up to here is done with; `None` for a dialect that was never on.
fn mark(tx: &Write<'_>, dialect: &str) -> Result<Option<i64>, StoreError> {
    let mark = tx
        .prepare_cached("SELECT acknowledged FROM deliveries WHERE dialect = ?1")?
        .query_row([dialect], |row| row.get(0))
        .optional()?;
    Ok(mark)
}

/// Moves the mark on over exceptions that follow it; `sent` was on the wire.
fn move_mark(tx: &Write<'_>, dialect: &str, mark: i64, sent: i64) -> Result<(), StoreError> {
    // The first record that is not done with, or the end of all.
    let open: Option<i64> = tx
        .prepare_cached(
            "SELECT seq FROM records r WHERE seq > ?2
               AND NOT EXISTS (SELECT 1 FROM exceptions e WHERE e.dialect = ?1 AND e.seq = r.seq)
             ORDER BY seq LIMIT 1",
        )?
        .query_row((dialect, mark), |row| row.get(0))
        .optional()?;
    let newest = || -> Result<i64, StoreError> {
        let query = "SELECT coalesce(max(seq), 0) FROM records";
        Ok(tx
            .prepare_cached(query)?
            .query_row([], |row| row.get::<_, i64>(0))?
            .max(mark))
    };
    let moved = match open {
        Some(open) => open - 1,
        None => newest()?,
    };
    tx.prepare_cached("UPDATE deliveries SET acknowledged = ?2, sent = max(sent, ?3) WHERE dialect = ?1")?
        .execute((dialect, moved.max(mark), sent))?;
    tx.prepare_cached("DELETE FROM exceptions WHERE dialect = ?1 AND seq <= ?2")?
        .execute((dialect, moved))?;
    Ok(())
}

/// These records are done with, and never shown again.
pub(super) fn hide(tx: &Write<'_>, dialect: &str, records: &[i64]) -> Result<(), StoreError> {
    let Some(mark) = mark(tx, dialect)? else {
        return Ok(());
    };
    for seq in records {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO hidden (dialect, seq) SELECT ?1, seq FROM records WHERE seq = ?2",
        )?
        .execute((dialect, seq))?;
        tx.prepare_cached(
            "INSERT OR IGNORE INTO exceptions (dialect, seq) SELECT ?1, seq FROM records WHERE seq = ?2 AND seq > ?3",
        )?
        .execute((dialect, seq, mark))?;
    }
    move_mark(tx, dialect, mark, mark)
}

/// Everything there is, is done with.
pub(super) fn hide_all(tx: &Write<'_>, dialect: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE deliveries SET (acknowledged, hidden) = (SELECT newest, newest FROM
             (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'records'), 0) AS newest))
         WHERE dialect = ?1",
        [dialect],
    )?;
    tx.execute("DELETE FROM exceptions WHERE dialect = ?1", [dialect])?;
    tx.execute("DELETE FROM hidden WHERE dialect = ?1", [dialect])?;
    Ok(())
}
