//! Bringing a database from any earlier version to today's.
//!
//! Two schemas live in one database: the engine's and the application's (hub or terminal), each with its own list of
//! migrations and its own version. A migration that was ever released is never changed.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// One step of a schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The version that the database has afterwards: 1, 2, 3, …
    pub version: u32,
    /// What to run. Foreign keys are checked once, after all steps.
    pub sql: &'static str,
}

/// The engine's own steps.
pub(crate) const ENGINE: &[Migration] = &[Migration {
    version: 1,
    sql: include_str!("schema/0001.sql"),
}];

/// Why a database did not get to today's version.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It is newer than the program (`found`), which knows `known`.
    Newer { found: u32, known: u32 },
    /// It is not at the version wanted, and nothing may be changed.
    Older { found: u32, known: u32 },
    /// A step failed.
    Step {
        from: u32,
        to: u32,
        error: rusqlite::Error,
    },
    /// The list itself is not 1, 2, 3, …
    List { at: u32 },
}

impl Failure {
    fn step(from: u32, to: u32) -> impl Fn(rusqlite::Error) -> Self {
        move |error| Self::Step { from, to, error }
    }
}

/// The version of the schema called `name`; 0 when it was never made.
fn version(connection: &Connection, name: &str) -> rusqlite::Result<u32> {
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'schema_versions')",
        [],
        |row| row.get(0),
    )?;
    if !known {
        return Ok(0);
    }
    let version = connection
        .query_row(
            "SELECT version FROM schema_versions WHERE name = ?1",
            [name],
            |row| row.get(0),
        )
        .optional()?;
    Ok(version.unwrap_or(0))
}

/// Checks that nothing is to be done: for a guest of a running process.
pub(crate) fn verify(connection: &Connection, name: &str, list: &[Migration]) -> Result<(), Failure> {
    let known = newest(list)?;
    let found = version(connection, name).map_err(Failure::step(0, known))?;
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Failure::Newer { found, known }),
        std::cmp::Ordering::Less => Err(Failure::Older { found, known }),
    }
}

/// Runs the steps that are missing, all or none. Gives the version found.
pub(crate) fn apply(connection: &mut Connection, name: &str, list: &[Migration]) -> Result<u32, Failure> {
    let known = newest(list)?;
    let found = version(connection, name).map_err(Failure::step(0, known))?;
    if found > known {
        return Err(Failure::Newer { found, known });
    }
    if found < known {
        // A table that is rebuilt must not take its children with it; this cannot be switched inside a transaction.
        let failed = Failure::step(found, known);
        connection
            .pragma_update(None, "foreign_keys", false)
            .map_err(&failed)?;
        let outcome = steps(connection, name, list, found);
        connection
            .pragma_update(None, "foreign_keys", true)
            .map_err(&failed)?;
        outcome.map_err(failed)?;
    }
    Ok(found)
}

fn steps(connection: &mut Connection, name: &str, list: &[Migration], found: u32) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
    )?;
    for step in list.iter().filter(|step| step.version > found) {
        transaction.execute_batch(step.sql)?;
        transaction.execute(
            "INSERT OR REPLACE INTO schema_versions VALUES (?1, ?2)",
            (name, step.version),
        )?;
    }
    let broken: Option<String> = transaction
        .query_row("SELECT \"table\" FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(table) = broken {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY),
            Some(format!("rows of {table} refer to nothing")),
        ));
    }
    transaction.commit()
}

/// The last version of a list, which must count 1, 2, 3, …
fn newest(list: &[Migration]) -> Result<u32, Failure> {
    let mut expected = 0;
    for step in list {
        expected += 1;
        if step.version != expected {
            return Err(Failure::List { at: step.version });
        }
    }
    Ok(expected)
}
