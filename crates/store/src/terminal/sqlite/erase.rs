//! What goes with a person: photos, templates, and the captures and names of that person's records (hub rule 47).

use crate::{BlobId, StoreError, Write};
use rusqlite::params_from_iter;

/// Whose traces are erased.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// One person's, by wire id.
    One(&'a str),
    /// Everybody's.
    All,
}

impl Whose<'_> {
    /// A condition on the column `person`, which an index serves, and its parameter.
    fn condition(self) -> (&'static str, Option<String>) {
        match self {
            Self::One(wire_id) => ("person = ?1", Some(wire_id.to_owned())),
            Self::All => ("person IS NOT NULL", None),
        }
    }
}

/// Erases photos and their rows.
pub(super) fn photos(tx: &mut Write<'_>, whose: Whose<'_>) -> Result<(), StoreError> {
    let (condition, person) = whose.condition();
    let blobs = blobs(
        tx,
        &format!("SELECT blob FROM photos WHERE {condition}"),
        person.as_deref(),
    )?;
    tx.erases();
    tx.prepare_cached(&format!("DELETE FROM photos WHERE {condition}"))?
        .execute(params_from_iter(&person))?;
    blobs.iter().try_for_each(|blob| tx.delete_blob(blob))
}

/// Erases captures and names from records; the records stay.
pub(super) fn traces(tx: &mut Write<'_>, whose: Whose<'_>) -> Result<(), StoreError> {
    let (condition, person) = whose.condition();
    let captures = format!("SELECT capture FROM records WHERE {condition} AND capture IS NOT NULL");
    let blobs = blobs(tx, &captures, person.as_deref())?;
    tx.prepare_cached(&format!(
        "UPDATE records SET private = NULL, capture = NULL WHERE {condition}"
    ))?
    .execute(params_from_iter(&person))?;
    blobs.iter().try_for_each(|blob| tx.delete_blob(blob))
}

fn blobs(tx: &Write<'_>, query: &str, person: Option<&str>) -> Result<Vec<BlobId>, StoreError> {
    let mut statement = tx.prepare_cached(query)?;
    let rows = statement.query_map(params_from_iter(person), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
