//! What goes with a person: photos, templates, and the captures and names of that person's records (hub rule 47).

use crate::{BlobId, StoreError, Write};

/// Whose traces are erased.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// One person's, by wire id.
    One(&'a str),
    /// Everybody's.
    All,
}

impl Whose<'_> {
    /// The value of `?1` in the statements below: null matches everybody.
    fn parameter(self) -> Option<String> {
        match self {
            Self::One(wire_id) => Some(wire_id.to_owned()),
            Self::All => None,
        }
    }
}

/// Erases photos and their rows.
pub(super) fn photos(tx: &mut Write<'_>, whose: Whose<'_>) -> Result<(), StoreError> {
    let blobs = blobs(
        tx,
        "SELECT blob FROM photos WHERE ?1 IS NULL OR person = ?1",
        whose,
    )?;
    tx.erases();
    tx.prepare_cached("DELETE FROM photos WHERE ?1 IS NULL OR person = ?1")?
        .execute([whose.parameter()])?;
    blobs.iter().try_for_each(|blob| tx.delete_blob(blob))
}

/// Erases captures and names from records; the records stay.
pub(super) fn traces(tx: &mut Write<'_>, whose: Whose<'_>) -> Result<(), StoreError> {
    let found = "SELECT capture FROM records
                 WHERE person IS NOT NULL AND (?1 IS NULL OR person = ?1) AND capture IS NOT NULL";
    let blobs = blobs(tx, found, whose)?;
    tx.prepare_cached(
        "UPDATE records SET private = NULL, capture = NULL
         WHERE person IS NOT NULL AND (?1 IS NULL OR person = ?1)",
    )?
    .execute([whose.parameter()])?;
    blobs.iter().try_for_each(|blob| tx.delete_blob(blob))
}

fn blobs(tx: &Write<'_>, query: &str, whose: Whose<'_>) -> Result<Vec<BlobId>, StoreError> {
    let mut statement = tx.prepare_cached(query)?;
    let found = statement
        .query_map([whose.parameter()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
