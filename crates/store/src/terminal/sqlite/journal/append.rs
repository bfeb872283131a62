//! Appending, and settling what waited for a platform.

use super::super::rows::to_seq;
use super::delivery;
use crate::terminal::{Entry, NewEntry};
use crate::{SealedBlob, StoreError, Write};
use rusqlite::OptionalExtension;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// An entry whose secrets are sealed already.
pub(super) struct Row {
    pub(super) entry: NewEntry,
    pub(super) private: Option<Vec<u8>>,
    pub(super) blob: Option<SealedBlob>,
}

/// Keys remembered before the memory starts over.
const REMEMBERED_KEYS: usize = 1024;

/// Where runs of taken seconds end, so that a key that comes many times a second does not walk its run each time. Only
/// a hint: the table decides.
#[derive(Default)]
pub(super) struct Seconds(HashMap<String, (i64, i64)>);

impl Seconds {
    /// The first second that may be free for `key`, at or after `second`.
    fn hint(&self, key: &str, second: i64) -> i64 {
        match self.0.get(key) {
            Some((first, next)) if (*first..*next).contains(&second) => *next,
            _ => second,
        }
    }

    /// Takes note that `key` has taken `taken`, looking from `second`.
    fn note(&mut self, key: &str, second: i64, taken: i64) {
        if self.0.len() >= REMEMBERED_KEYS && !self.0.contains_key(key) {
            self.0.clear();
        }
        let run = self.0.entry(key.to_owned()).or_insert((second, second));
        if (run.0..=run.1).contains(&second) {
            run.1 = run.1.max(taken + 1);
        } else {
            *run = (second, taken + 1);
        }
    }
}

/// Appends a record.
pub(super) fn append(tx: &mut Write<'_>, row: Row, seconds: &Mutex<Seconds>) -> Result<Entry, StoreError> {
    let Row { entry, private, blob } = row;
    let wire_second = free_second(tx, &entry, seconds)?;
    let capture = blob.map(|blob| tx.put_blob(blob)).transpose()?;
    tx.prepare_cached(
        "INSERT INTO records
             (id, occurred_at, wire_key, wire_second, person, settled, counted, details, private, capture)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        entry.id.as_str(),
        entry.occurred_at.as_millisecond(),
        &entry.wire_key,
        wire_second,
        &entry.person,
        entry.settled,
        entry.counts,
        entry.details.to_string(),
        private,
        &capture,
    ))?;
    let seq = tx.last_insert_rowid();
    if entry.counts {
        count_pass(tx, entry.person.as_deref())?;
    }
    for dialect in &entry.hidden_from {
        delivery::hide(tx, dialect, &[seq])?;
    }
    Ok(Entry {
        seq: to_seq(seq),
        id: entry.id,
        occurred_at: entry.occurred_at,
        wire_second,
        person: entry.person,
        settled: entry.settled,
        details: entry.details,
        private: entry.private,
        has_capture: capture.is_some(),
    })
}

/// Writes a platform's decision.
pub(super) fn settle(tx: &Write<'_>, seq: i64, details: &str, counts: bool) -> Result<bool, StoreError> {
    let changed = tx
        .prepare_cached(
            "UPDATE records SET settled = 1, details = ?2, counted = ?3 WHERE seq = ?1 AND settled = 0",
        )?
        .execute((seq, details, counts))?;
    if changed > 0 && counts {
        let person: Option<String> = tx
            .prepare_cached("SELECT person FROM records WHERE seq = ?1")?
            .query_row([seq], |row| row.get(0))?;
        count_pass(tx, person.as_deref())?;
    }
    Ok(changed > 0)
}

fn count_pass(tx: &Write<'_>, person: Option<&str>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE persons SET passes_used = passes_used + 1 WHERE wire_id = ?1")?
        .execute([person])?;
    Ok(())
}

/// The second of the entry, or the next one that its key has not used.
fn free_second(tx: &Write<'_>, entry: &NewEntry, seconds: &Mutex<Seconds>) -> Result<i64, StoreError> {
    let second = entry.occurred_at.as_second();
    let mut seconds = seconds.lock().unwrap_or_else(PoisonError::into_inner);
    let mut free = seconds.hint(&entry.wire_key, second);
    let mut taken = tx.prepare_cached("SELECT 1 FROM records WHERE wire_key = ?1 AND wire_second = ?2")?;
    while taken
        .query_row((&entry.wire_key, free), |_| Ok(()))
        .optional()?
        .is_some()
    {
        free += 1;
    }
    seconds.note(&entry.wire_key, second, free);
    Ok(free)
}
