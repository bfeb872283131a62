//! What can go wrong when opening a store and when using it.

use crate::secret::KeyError;
use rusqlite::ErrorCode;
use std::io;
use std::path::PathBuf;

/// Why a store could not be opened. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process owns the data folder (hub rule 2).
    #[error("{} is in use by another process ({owner}); stop it, or give this one its own data folder", path.display())]
    InUse {
        /// The data folder.
        path: PathBuf,
        /// What the lock file says of the owner.
        owner: String,
    },
    /// The data was written with another master key (hub rule 3).
    #[error(
        "{} is encrypted with another master key; put the right key into the key file or MENSHEN_SECRETS__KEY",
        path.display()
    )]
    WrongKey {
        /// The database.
        path: PathBuf,
    },
    /// The database was made by a newer version of the program, or by another program.
    #[error("{}: {reason}", path.display())]
    Unknown {
        /// The database.
        path: PathBuf,
        /// What is strange about it.
        reason: String,
    },
    /// A migration failed; the database is as it was before.
    #[error("bringing {} from schema {schema} version {from} to {to} failed, nothing was changed: {reason}", path.display())]
    Migration {
        /// The database.
        path: PathBuf,
        /// Which schema: `engine` or `application`.
        schema: &'static str,
        /// The version found.
        from: u32,
        /// The version that was wanted.
        to: u32,
        /// SQLite's words.
        reason: String,
    },
    /// A file or folder could not be made, read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The database could not be opened or read.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// SQLite's words.
        source: rusqlite::Error,
    },
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Why a read or a write failed. Repositories share this vocabulary; the API maps it to answers in one place.
///
/// After an error of a write nothing of that write is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing.
    #[error("there is no {what} {id:?}")]
    NotFound {
        /// What was asked for, such as `person`.
        what: &'static str,
        /// Its id as asked for.
        id: String,
    },
    /// The change contradicts what is there: a unique value is taken, or something still refers to it (HTTP 409).
    #[error("conflict: {what}")]
    Conflict {
        /// Which value or reference. For a constraint of the database: `table.column`.
        what: String,
    },
    /// It was changed by someone else since it was read (HTTP 412).
    #[error("revision {expected} was expected, it is now {actual}")]
    Revision {
        /// The revision that the caller had seen.
        expected: i64,
        /// The revision that is there.
        actual: i64,
    },
    /// The change itself cannot be accepted (HTTP 422).
    #[error("{field}: {reason}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// Why.
        reason: String,
    },
    /// The disk is full, or a quota is reached. Nothing was kept; once there is space, writing works again.
    #[error("the disk is full: {detail}")]
    Full {
        /// The system's words.
        detail: String,
    },
    /// More work waits than the store takes on; try again later.
    #[error("the store is busy: {limit} pieces of work wait already")]
    Busy {
        /// The bound of the queue.
        limit: usize,
    },
    /// A sealed value does not open: it was damaged, moved to another row, or sealed with another key.
    #[error("the sealed value of {table} {row:?} does not open")]
    Unseal {
        /// The table.
        table: String,
        /// The id of the row.
        row: String,
    },
    /// A stored value cannot be understood.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// Reading or writing a file failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, on which file.
        what: String,
        /// The system's words.
        source: io::Error,
    },
    /// The group of writes to which this one belonged could not be committed.
    #[error("the change could not be committed: {0}")]
    Uncommitted(String),
    /// The piece of work panicked; nothing of it was kept.
    #[error("the work on the store ended in a panic; nothing of it was kept")]
    Panicked,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// Blobs are written by the process that owns the data folder alone.
    #[error("another process owns the data folder; pictures are changed through it only")]
    Guest,
    /// A blob that exceeds [`crate::MAX_BLOB_BYTES`].
    #[error("{bytes} bytes are too many for a blob, the limit is {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The system gave no random bytes, or the cipher refused.
    #[error("encryption is not possible: {0}")]
    Cipher(&'static str),
    /// Anything else from SQLite.
    #[error("database: {0}")]
    Sqlite(rusqlite::Error),
}

impl StoreError {
    /// A file operation that failed; a full disk is told apart.
    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        let what = what.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full {
                    detail: format!("{what}: {source}"),
                }
            }
            _ => Self::Io { what, source },
        }
    }

    /// The same failure for another caller of the same group, whose own work was fine.
    pub(crate) fn for_the_rest(&self) -> Self {
        match self {
            Self::Full { detail } => Self::Full {
                detail: detail.clone(),
            },
            other => Self::Uncommitted(other.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, text) = &error else {
            return Self::Sqlite(error);
        };
        match failure.code {
            ErrorCode::DiskFull => Self::Full {
                detail: error.to_string(),
            },
            ErrorCode::ConstraintViolation => {
                let text = text.clone().unwrap_or_else(|| failure.to_string());
                let what = text
                    .rsplit_once("failed: ")
                    .map_or(text.clone(), |(_, what)| what.to_owned());
                Self::Conflict { what }
            }
            _ => Self::Sqlite(error),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}
