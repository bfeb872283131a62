//! The bound of the journal (terminal rule 17).

use super::super::rows::{from_seq, to_seq};
use crate::terminal::Trimmed;
use crate::{BlobId, StoreError, Write};

/// Records removed in one transaction at most, so that passes never wait long behind it.
const AT_ONCE: u64 = 500;

/// Removes `excess` records (at most [`AT_ONCE`]): those that all dialects are done with first, then the oldest. What
/// waits for a decision stays.
pub(super) fn trim(tx: &mut Write<'_>, excess: u64, dialects: &[String]) -> Result<Trimmed, StoreError> {
    let excess = excess.min(AT_ONCE);
    let done = done_by_all(tx, dialects)?;
    let delivered = remove(
        tx,
        "SELECT seq, capture FROM records WHERE settled = 1 AND seq <= ?1 ORDER BY seq LIMIT ?2",
        done,
        excess,
    )?;
    let lost = remove(
        tx,
        "SELECT seq, capture FROM records WHERE settled = 1 AND seq > ?1 ORDER BY seq LIMIT ?2",
        done,
        excess - delivered,
    )?;
    Ok(Trimmed { delivered, lost })
}

/// Up to where every one of `dialects` is done; without any, everything is.
fn done_by_all(tx: &Write<'_>, dialects: &[String]) -> Result<i64, StoreError> {
    let mut done = i64::MAX;
    for dialect in dialects {
        let query = "SELECT coalesce(max(acknowledged), 0) FROM deliveries WHERE dialect = ?1";
        done = done.min(tx.prepare_cached(query)?.query_row([dialect], |row| row.get(0))?);
    }
    Ok(done)
}

fn remove(tx: &mut Write<'_>, query: &str, mark: i64, limit: u64) -> Result<u64, StoreError> {
    let rows: Vec<(i64, Option<BlobId>)> = {
        let mut statement = tx.prepare_cached(query)?;
        let rows = statement.query_map((mark, from_seq(limit)), |row| Ok((row.get(0)?, row.get(1)?)))?;
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
