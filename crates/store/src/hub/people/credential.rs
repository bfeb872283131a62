//! Who a card, code or PIN belongs to.

use crate::StoreError;
use crate::hub::people::rows::word;
use model::{CredentialKind, PersonId};
use rusqlite::{Connection, OptionalExtension, params};

/// The person whom a credential belongs to; of several, the one who was there first.
///
/// # Errors
/// Only what the database says.
pub fn find_by_credential(
    conn: &Connection,
    kind: CredentialKind,
    number: &str,
) -> Result<Option<PersonId>, StoreError> {
    let id = conn
        .prepare_cached(
            "SELECT c.person_id FROM credentials c JOIN persons p ON p.id = c.person_id
             WHERE c.kind = ?1 AND c.number = ?2 ORDER BY p.seq LIMIT 1",
        )?
        .query_row(params![word(&kind)?, number], |row| row.get::<_, String>(0))
        .optional()?;
    id.map(|id| PersonId::new(id).map_err(|error| StoreError::Corrupt(error.to_string())))
        .transpose()
}

/// A person's name; `None` where there is no such person.
///
/// # Errors
/// Only what the database says.
pub fn name_of(conn: &Connection, id: &str) -> Result<Option<String>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT name FROM persons WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}
