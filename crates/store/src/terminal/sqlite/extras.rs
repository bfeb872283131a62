//! What dialects keep of people beside their rows: sealed, one value for each person and dialect.

use crate::{Store, StoreError, Write};
use rusqlite::OptionalExtension;

const TABLE: &str = "extras";

/// Under which name a value is sealed.
fn row(person: &str, dialect: &str) -> String {
    format!("{dialect}/{person}")
}

pub(super) async fn get(store: &Store, person: &str, dialect: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let key = (person.to_owned(), dialect.to_owned());
    let sealed: Option<Vec<u8>> = store
        .read(move |connection| {
            let query = "SELECT value FROM extras WHERE person = ?1 AND dialect = ?2";
            let mut statement = connection.prepare_cached(query)?;
            Ok(statement.query_row(key, |row| row.get(0)).optional()?)
        })
        .await?;
    sealed
        .map(|sealed| store.unseal(TABLE, &row(person, dialect), &sealed))
        .transpose()
}

pub(super) async fn set(
    store: &Store,
    person: &str,
    dialect: &str,
    extra: Option<&[u8]>,
) -> Result<(), StoreError> {
    let sealed = extra
        .map(|plain| store.seal(TABLE, &row(person, dialect), plain))
        .transpose()?;
    let (person, dialect) = (person.to_owned(), dialect.to_owned());
    store
        .write(move |tx| {
            match sealed {
                Some(sealed) => tx
                    .prepare_cached(
                        "INSERT INTO extras (person, dialect, value)
                         SELECT wire_id, ?2, ?3 FROM persons WHERE wire_id = ?1
                         ON CONFLICT (person, dialect) DO UPDATE SET value = excluded.value",
                    )?
                    .execute((person, dialect, sealed))?,
                None => {
                    tx.erases();
                    tx.prepare_cached("DELETE FROM extras WHERE person = ?1 AND dialect = ?2")?
                        .execute((person, dialect))?
                }
            };
            Ok(())
        })
        .await
}

/// Moves everything of a person to another id, which has a row already; sealed anew, since the seal names the id.
pub(super) fn rename(tx: &mut Write<'_>, old: &str, new: &str) -> Result<(), StoreError> {
    let kept: Vec<(String, Vec<u8>)> = {
        let mut statement = tx.prepare_cached("SELECT dialect, value FROM extras WHERE person = ?1")?;
        let rows = statement.query_map([old], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (dialect, sealed) in kept {
        let plain = tx.unseal(TABLE, &row(old, &dialect), &sealed)?;
        let sealed = tx.seal(TABLE, &row(new, &dialect), &plain)?;
        tx.execute(
            "INSERT INTO extras (person, dialect, value) VALUES (?1, ?2, ?3)",
            (new, &dialect, sealed),
        )?;
    }
    Ok(())
}
