//! Forgetting what was kept long enough: whole months at once where that can be, else picture by picture.

use crate::hub::commands;
use crate::{BlobId, Month, Store, StoreError, Write};
use jiff::Timestamp;
use rusqlite::params;

/// Pictures erased in one transaction at most, so that devices wait for no long one.
const BATCH: u32 = 200;

/// What was dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Records.
    pub records: u64,
    /// Pictures that were erased one by one.
    pub pictures: u64,
    /// Months of pictures that went as a whole.
    pub months: u64,
}

/// See [`super::Records::drop_before`].
pub(super) async fn drop_before(
    store: &Store,
    records: Timestamp,
    captures: Timestamp,
    strangers: Timestamp,
) -> Result<Dropped, StoreError> {
    let captures = captures.max(records);
    let mut dropped = Dropped {
        months: drop_months(store, captures).await?,
        ..Dropped::default()
    };
    for (before, strangers_only) in [(captures, false), (strangers.max(captures), true)] {
        loop {
            let erased = store.write(move |tx| erase(tx, before, strangers_only)).await?;
            dropped.pictures += erased;
            if erased < u64::from(BATCH) {
                break;
            }
        }
    }
    // What commands brought back (a picture taken on demand) shows anybody.
    let results = strangers.max(captures);
    loop {
        let erased = store
            .write(move |tx| commands::erase_results(tx, results, BATCH))
            .await?;
        dropped.pictures += erased;
        if erased < u64::from(BATCH) {
            break;
        }
    }
    // What was erased one by one, here and with people since the last time, left holes.
    store.reclaim().await?;
    loop {
        let gone = store
            .write(move |tx| {
                let gone = tx.execute(
                    "DELETE FROM records WHERE seq IN (SELECT seq FROM records WHERE received_at < ?1 LIMIT ?2)",
                    params![records.as_millisecond(), BATCH],
                )?;
                Ok(u64::try_from(gone).unwrap_or(u64::MAX))
            })
            .await?;
        dropped.records += gone;
        if gone < u64::from(BATCH) {
            return Ok(dropped);
        }
    }
}

/// Drops the months that lie wholly before an instant.
async fn drop_months(store: &Store, before: Timestamp) -> Result<u64, StoreError> {
    let kept = Month::of(before);
    let mut months = 0;
    for month in store.months().await?.into_iter().filter(|month| *month < kept) {
        store.write(move |tx| detach(tx, month)).await?;
        store.drop_month(month).await?;
        months += 1;
    }
    Ok(months)
}

/// Takes the addresses of a month's pictures out of its records, before the pictures go.
fn detach(tx: &mut Write<'_>, month: Month) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE records SET capture_blob = NULL, capture_type = NULL, registered_blob = NULL, \
         registered_type = NULL, size = 0 WHERE (capture_blob IS NOT NULL OR registered_blob IS NOT NULL) \
         AND strftime('%Y-%m', received_at / 1000, 'unixepoch') = ?1",
        [month.to_string()],
    )?;
    Ok(())
}

fn erase(tx: &mut Write<'_>, before: Timestamp, strangers_only: bool) -> Result<u64, StoreError> {
    let found: Vec<(i64, [Option<BlobId>; 2])> = tx
        .prepare_cached(
            "SELECT seq, capture_blob, registered_blob FROM records \
             WHERE (capture_blob IS NOT NULL OR registered_blob IS NOT NULL) AND received_at < ?1 \
             AND (NOT ?2 OR result = 'stranger') LIMIT ?3",
        )?
        .query_map(params![before.as_millisecond(), strangers_only, BATCH], |row| {
            Ok((row.get(0)?, [row.get(1)?, row.get(2)?]))
        })?
        .collect::<Result<_, _>>()?;
    for (seq, blobs) in &found {
        for blob in blobs.iter().flatten() {
            tx.delete_blob(blob)?;
        }
        tx.execute(
            "UPDATE records SET capture_blob = NULL, capture_type = NULL, registered_blob = NULL, \
             registered_type = NULL, size = 0 WHERE seq = ?1",
            [seq],
        )?;
    }
    Ok(u64::try_from(found.len()).unwrap_or(u64::MAX))
}
