//! Forgetting a person (hub rule 47).

use crate::hub::photos;
use crate::{BlobId, StoreError, Write};

/// Deletes the person's row with all that hangs on it, the photos' blobs, and name and pictures in records.
///
/// The caller writes the audit row and the event and tells the roster.
pub(super) fn forget(tx: &mut Write<'_>, id: &str) -> Result<(), StoreError> {
    tx.erases();
    for photo in photos::blobs_with_types(tx, id)? {
        tx.delete_blob(&photo.blob)?;
    }
    forget_in_records(tx, id)?;
    tx.execute("DELETE FROM persons WHERE id = ?1", [id])?;
    Ok(())
}

/// Records stay, without what tells who it was: name, pictures, identity document, credential and the device's own
/// message (which repeats them in its dialect's words).
fn forget_in_records(tx: &mut Write<'_>, id: &str) -> Result<(), StoreError> {
    let blobs = {
        let mut statement = tx.prepare_cached(
            "SELECT capture_blob, registered_blob FROM records
             WHERE person_id = ?1 AND (capture_blob IS NOT NULL OR registered_blob IS NOT NULL)",
        )?;
        let rows = statement.query_map([id], |row| {
            Ok([row.get::<_, Option<BlobId>>(0)?, row.get::<_, Option<BlobId>>(1)?])
        })?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    for blob in blobs.into_iter().flatten().flatten() {
        tx.delete_blob(&blob)?;
    }
    tx.execute(
        "UPDATE records SET capture_blob = NULL, capture_type = NULL, registered_blob = NULL,
             registered_type = NULL, size = 0, private = NULL,
             details = json_remove(details, '$.person_name', '$.card')
         WHERE person_id = ?1",
        [id],
    )?;
    Ok(())
}
