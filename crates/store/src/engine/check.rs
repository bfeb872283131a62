//! The value by which a database knows its master key (hub rule 3).

use crate::secret::MasterKey;
use rusqlite::{Connection, OptionalExtension};

const PLAIN: &[u8] = b"menshen";
const TABLE: &str = "schema_versions";
const ROW: &str = "key check";

/// What a look at the check value tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeyCheck {
    Right,
    Wrong,
    /// There is none yet.
    Absent,
}

pub(crate) fn look(connection: &Connection, key: &MasterKey) -> rusqlite::Result<KeyCheck> {
    let made: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'key_check')",
        [],
        |row| row.get(0),
    )?;
    if !made {
        return Ok(KeyCheck::Absent);
    }
    let sealed: Option<Vec<u8>> = connection
        .query_row("SELECT sealed FROM key_check", [], |row| row.get(0))
        .optional()?;
    Ok(match sealed {
        None => KeyCheck::Absent,
        Some(sealed) => match key.unseal(TABLE, ROW, &sealed) {
            Ok(plain) if plain == PLAIN => KeyCheck::Right,
            _ => KeyCheck::Wrong,
        },
    })
}

/// Writes the check value into a new database.
pub(crate) fn write(connection: &Connection, key: &MasterKey) -> rusqlite::Result<()> {
    let sealed = key
        .seal(TABLE, ROW, PLAIN)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    connection.execute_batch("CREATE TABLE IF NOT EXISTS key_check (sealed BLOB NOT NULL)")?;
    connection.execute(
        "INSERT INTO key_check SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM key_check)",
        [sealed],
    )?;
    Ok(())
}
