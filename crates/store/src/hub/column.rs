//! What the hub's repositories share: instants and JSON in columns, new ids, and the usual refusals.

use crate::StoreError;
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::de::DeserializeOwned;

/// A new id: time-ordered and random, 32 hexadecimal digits.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// An instant as the database keeps it: whole milliseconds.
pub(crate) fn to_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// An instant column.
pub(crate) fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    from_millisecond(row.get(column)?)
}

/// An instant column that may be null.
pub(crate) fn optional_instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?
        .map(from_millisecond)
        .transpose()
}

fn from_millisecond(value: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(value)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Integer, error.into()))
}

/// What a JSON column holds.
pub(crate) fn json<T: DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))
}

/// Refuses a change that was made on a stale revision; `None` is unconditional.
pub(crate) fn check_revision(actual: i64, expected: Option<i64>) -> Result<(), StoreError> {
    match expected {
        Some(expected) if expected != actual => Err(StoreError::Revision { expected, actual }),
        _ => Ok(()),
    }
}

/// There is no such thing.
pub(crate) fn not_found(what: &'static str, id: &str) -> StoreError {
    StoreError::NotFound {
        what,
        id: id.to_owned(),
    }
}

/// It contradicts what is there.
pub(crate) fn conflict(what: impl Into<String>) -> StoreError {
    StoreError::Conflict { what: what.into() }
}

/// The input names something that does not exist.
pub(crate) fn unknown_reference(field: &'static str, id: &str) -> StoreError {
    StoreError::Invalid {
        field,
        reason: format!("there is no {id:?}"),
    }
}
