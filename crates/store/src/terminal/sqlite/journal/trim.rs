//! The bound of the journal (terminal rule 17).

use super::super::rows::{from_seq, to_seq};
use crate::terminal::Trimmed;
use crate::{BlobId, StoreError, Write};
use rusqlite::Params;

/// Records removed in one transaction at most, so that passes never wait long behind it.
const AT_ONCE: u64 = 500;

/// Records up to a mark (`?1`), `?2` at most.
const UP_TO: &str = "SELECT seq, capture FROM records WHERE settled = 1 AND seq <= ?1 ORDER BY seq LIMIT ?2";

/// Records beyond a mark (`?1`) that every dialect of a list (`?3`) is done with, `?2` at most: each of them is an exception
/// of the dialect that is behind all others (`?4`).
const DONE_BEYOND: &str = "
    SELECT r.seq, r.capture FROM exceptions x JOIN records r ON r.seq = x.seq
    WHERE x.dialect = ?4 AND x.seq > ?1 AND r.settled = 1
      AND NOT EXISTS (SELECT 1 FROM deliveries d
          WHERE d.dialect IN (SELECT value FROM json_each(?3)) AND d.acknowledged < r.seq
            AND NOT EXISTS (SELECT 1 FROM exceptions e WHERE e.dialect = d.dialect AND e.seq = r.seq))
    ORDER BY r.seq LIMIT ?2";

/// Records beyond a mark (`?1`), `?2` at most.
const BEYOND: &str = "SELECT seq, capture FROM records WHERE settled = 1 AND seq > ?1 ORDER BY seq LIMIT ?2";

/// Removes `excess` records (at most [`AT_ONCE`]): those that all dialects are done with first, then the oldest. What
/// waits for a decision stays.
pub(super) fn trim(tx: &mut Write<'_>, excess: u64, dialects: &[String]) -> Result<Trimmed, StoreError> {
    let excess = excess.min(AT_ONCE);
    let (done, last) = done_by_all(tx, dialects)?;
    let mut delivered = remove(tx, UP_TO, (done, from_seq(excess)))?;
    if let Some(last) = last.filter(|_| delivered < excess) {
        let all = serde_json::to_string(dialects)?;
        delivered += remove(tx, DONE_BEYOND, (done, from_seq(excess - delivered), all, last))?;
    }
    let lost = remove(tx, BEYOND, (done, from_seq(excess - delivered)))?;
    Ok(Trimmed { delivered, lost })
}

/// Up to where every one of `dialects` is done, and which is behind all others; without any, everything is.
fn done_by_all<'a>(tx: &Write<'_>, dialects: &'a [String]) -> Result<(i64, Option<&'a String>), StoreError> {
    let (mut done, mut last) = (i64::MAX, None);
    for dialect in dialects {
        let query = "SELECT coalesce(max(acknowledged), 0) FROM deliveries WHERE dialect = ?1";
        let mark: i64 = tx.prepare_cached(query)?.query_row([dialect], |row| row.get(0))?;
        if mark < done {
            (done, last) = (mark, Some(dialect));
        }
    }
    Ok((done, last))
}

fn remove(tx: &mut Write<'_>, query: &str, values: impl Params) -> Result<u64, StoreError> {
    let rows: Vec<(i64, Option<BlobId>)> = {
        let mut statement = tx.prepare_cached(query)?;
        let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (seq, capture) in &rows {
        tx.prepare_cached("DELETE FROM records WHERE seq = ?1")?
            .execute([seq])?;
        if let Some(capture) = capture {
            tx.delete_blob(capture)?;
        }
    }
    Ok(to_seq(i64::try_from(rows.len()).unwrap_or(0)))
}
