//! Getting disk space back: dropping months, and rewriting segments most of which was erased.

use super::store::Store;
use crate::blob::{Segment, all_segments};
use crate::error::StoreError;
use crate::month::Month;
use rusqlite::Connection;

/// What [`Store::reclaim`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Segments that are gone.
    pub segments: u64,
    /// Bytes of files that are free again.
    pub bytes: u64,
}

/// A blob that moves to another segment.
struct Survivor {
    id: String,
    offset: u64,
    length: usize,
}

impl Store {
    /// Drops all captures of a month: its rows and keys, then its files, one segment per commit, so that other writes
    /// get in between. What refers to the blobs is the caller's to clear. Gives the number of blobs.
    ///
    /// # Errors
    /// As of [`Store::write`]; what was dropped so far stays dropped.
    pub async fn drop_month(&self, month: Month) -> Result<u64, StoreError> {
        let segments = self.read(all_segments).await?;
        let mut dropped = 0;
        for segment in segments
            .into_iter()
            .filter(|segment| segment.month == Some(month))
        {
            dropped += self
                .write(move |write| {
                    write.erases();
                    let blobs: i64 = write
                        .prepare_cached("SELECT count(*) FROM blobs WHERE segment = ?1")?
                        .query_row([segment.id], |row| row.get(0))?;
                    let connection = write.connection;
                    write.blob_writer()?.drop_segment(connection, segment)?;
                    Ok(u64::try_from(blobs).unwrap_or(0))
                })
                .await?;
        }
        Ok(dropped)
    }

    /// Months of which there are captures, oldest first.
    ///
    /// # Errors
    /// As of [`Store::read`].
    pub async fn months(&self) -> Result<Vec<Month>, StoreError> {
        let mut months: Vec<Month> = self
            .read(all_segments)
            .await?
            .into_iter()
            .filter_map(|segment| segment.month)
            .collect();
        months.sort_unstable();
        months.dedup();
        Ok(months)
    }

    /// Rewrites segments of captures of which less than half is still alive (those of which nothing is have gone with
    /// their last blob). To be called now and then (daily, say).
    ///
    /// # Errors
    /// As of [`Store::write`]; what was reclaimed so far stays so.
    pub async fn reclaim(&self) -> Result<Reclaimed, StoreError> {
        let mut sum = Reclaimed::default();
        for (segment, alive) in self.read(candidates).await? {
            let length = self.files().length(segment);
            if alive.saturating_mul(2) >= length {
                continue;
            }
            self.move_blobs(segment).await?;
            sum.segments += 1;
            sum.bytes += length.saturating_sub(alive);
        }
        Ok(sum)
    }

    /// Moves what lives in a segment to its month's newest one, and drops it.
    async fn move_blobs(&self, segment: Segment) -> Result<(), StoreError> {
        self.write(move |write| {
            let connection = write.connection;
            let blobs = write.blob_writer()?;
            let Some(month) = segment.month else { return Ok(()) };
            blobs.turn_from(connection, segment, month)?;
            for survivor in survivors(connection, segment)? {
                let bytes = blobs
                    .files()
                    .read(segment, survivor.offset, survivor.length)?
                    .ok_or_else(|| StoreError::Corrupt(format!("segment {} is missing", segment.id)))?;
                let (target, offset) = blobs.append(connection, month, &bytes)?;
                connection
                    .prepare_cached("UPDATE blobs SET segment = ?2, offset = ?3 WHERE id = ?1")?
                    .execute((&survivor.id, target, offset as i64))?;
            }
            blobs.drop_segment(connection, segment)
        })
        .await
    }
}

/// Segments of captures, with the bytes that live in them.
fn candidates(connection: &Connection) -> Result<Vec<(Segment, u64)>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT id, month, (SELECT coalesce(sum(length), 0) FROM blobs WHERE segment = segments.id)
         FROM segments WHERE month IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let alive: i64 = row.get(2)?;
        found.push((Segment::from_row(row, 0)?, u64::try_from(alive).unwrap_or(0)));
    }
    Ok(found)
}

fn survivors(connection: &Connection, segment: Segment) -> Result<Vec<Survivor>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT id, offset, length FROM blobs WHERE segment = ?1 ORDER BY offset")?;
    let mut rows = statement.query([segment.id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let damaged = |_| StoreError::Corrupt(format!("a place in segment {}", segment.id));
        found.push(Survivor {
            id: row.get(0)?,
            offset: u64::try_from(row.get::<_, i64>(1)?).map_err(damaged)?,
            length: usize::try_from(row.get::<_, i64>(2)?).map_err(damaged)?,
        });
    }
    Ok(found)
}
