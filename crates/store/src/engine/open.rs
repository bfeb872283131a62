//! Opening a database: lock, key, schema, blobs.

use super::check::{self, KeyCheck};
use super::event::Event;
use super::migrate::{self, ENGINE, Failure, Migration};
use super::{Store, lock};
use crate::blob::{Files, all_segments};
use crate::error::OpenError;
use crate::secret::MasterKey;
use rusqlite::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a store is opened. [`Options::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; made with mode 0700 when it is missing.
    pub directory: PathBuf,
    /// The database in it, such as `hub.db`.
    pub file_name: String,
    /// The key under which everything sensitive is sealed.
    pub key: MasterKey,
    /// The application's schema, oldest step first.
    pub migrations: &'static [Migration],
    /// Reader threads, each with a connection of its own.
    pub readers: usize,
    /// Pieces of work that may wait for the writer; more are refused as busy. The readers have the same bound.
    pub queue_limit: usize,
    /// Writes that share one commit at most.
    pub group_jobs: usize,
    /// Bytes of blobs after which a group is committed.
    pub group_bytes: usize,
    /// Bytes after which a capture segment is full.
    pub segment_bytes: u64,
    /// Bytes that the database may have at most (blobs apart); 0 means no bound.
    pub database_bytes: u64,
    /// May open a folder that another process owns, to write rows beside it: for administration (hub rule 2). A guest
    /// writes no blobs, and finds the schema as it is.
    pub shared: bool,
}

impl Options {
    /// The defaults: 4 readers, 1024 waiting, groups of at most 256 writes or 16 MB, segments of 64 MB.
    #[must_use]
    pub fn new(
        directory: impl Into<PathBuf>,
        file_name: impl Into<String>,
        key: MasterKey,
        migrations: &'static [Migration],
    ) -> Self {
        Self {
            directory: directory.into(),
            file_name: file_name.into(),
            key,
            migrations,
            readers: 4,
            queue_limit: 1024,
            group_jobs: 256,
            group_bytes: 16 * 1024 * 1024,
            segment_bytes: 64 * 1024 * 1024,
            database_bytes: 0,
            shared: false,
        }
    }

    /// The database's path.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.directory.join(&self.file_name)
    }
}

/// What a writer starts with.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) readers: Vec<Connection>,
    pub(super) files: Files,
    /// `None` for a guest.
    pub(super) lock: Option<File>,
}

/// Prepared statements kept per connection.
const STATEMENTS: usize = 256;
/// How long a write waits for another process.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes to which the write-ahead log is cut after it was large.
const LOG_BYTES: i64 = 64 * 1024 * 1024;
const PAGE_BYTES: u64 = 4096;

impl Store {
    /// Opens the database, making it when it is not there: takes the folder's lock, checks the key, brings the schema up
    /// to date, removes what a crash left behind, and starts the threads.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let lock = lock::acquire(&options)?;
        let path = options.database();
        let sqlite = |source| OpenError::Sqlite {
            path: path.clone(),
            source,
        };
        lock::make_private(&path)?;
        let mut writer = connect(&path, &options).map_err(sqlite)?;
        prepare(&mut writer, &options, &path, lock.is_none())?;
        let files = Files::new(options.directory.join("blobs"));
        if lock.is_some() {
            remove_orphans(&writer, &files, &path)?;
            // So that a new database is found again after a crash of the system.
            let synced = File::open(&options.directory).and_then(|folder| folder.sync_all());
            synced.map_err(|source| OpenError::Io {
                path: options.directory.clone(),
                source,
            })?;
        }
        let mut readers = Vec::new();
        for _ in 0..options.readers.max(1) {
            let reader = connect(&path, &options).map_err(sqlite)?;
            reader.pragma_update(None, "query_only", true).map_err(sqlite)?;
            readers.push(reader);
        }
        Self::start(
            options,
            Opened {
                writer,
                readers,
                files,
                lock,
            },
        )
    }
}

fn connect(path: &Path, options: &Options) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    if options.database_bytes > 0 {
        let pages = i64::try_from(options.database_bytes / PAGE_BYTES).unwrap_or(i64::MAX);
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(connection)
}

fn prepare(
    connection: &mut Connection,
    options: &Options,
    path: &Path,
    guest: bool,
) -> Result<(), OpenError> {
    let sqlite = |source| OpenError::Sqlite {
        path: path.to_owned(),
        source,
    };
    let check = check::look(connection, &options.key).map_err(sqlite)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(sqlite)?;
    match check {
        KeyCheck::Right => {}
        KeyCheck::Wrong => {
            return Err(OpenError::WrongKey {
                path: path.to_owned(),
            });
        }
        KeyCheck::Absent if tables == 0 && !guest => {
            check::write(connection, &options.key).map_err(sqlite)?;
        }
        KeyCheck::Absent => {
            let reason = "it was not made by menshen (there is no key check value in it)".to_owned();
            return Err(OpenError::Unknown {
                path: path.to_owned(),
                reason,
            });
        }
    }
    for (schema, list) in [("engine", ENGINE), ("application", options.migrations)] {
        let outcome = if guest {
            migrate::verify(connection, schema, list)
        } else {
            migrate::apply(connection, schema, list).map(|_| ())
        };
        outcome.map_err(|failure| explain(path, schema, failure))?;
    }
    Ok(())
}

fn explain(path: &Path, schema: &'static str, failure: Failure) -> OpenError {
    let path = path.to_owned();
    match failure {
        Failure::Newer { found, known } => OpenError::Unknown {
            path,
            reason: format!(
                "its {schema} schema has version {found}, this program knows {known}; use the newer program"
            ),
        },
        Failure::Older { found, known } => OpenError::Unknown {
            path,
            reason: format!(
                "its {schema} schema has version {found}, this program needs {known}, and a running process owns it; \
                 restart that process with this program first"
            ),
        },
        Failure::Step { from, to, error } => OpenError::Migration {
            path,
            schema,
            from,
            to,
            reason: error.to_string(),
        },
        Failure::List { at } => OpenError::Unknown {
            path,
            reason: format!("the {schema} migrations do not count up at {at}"),
        },
    }
}

fn remove_orphans(connection: &Connection, files: &Files, path: &Path) -> Result<(), OpenError> {
    let segments = all_segments(connection).map_err(|error| OpenError::Unknown {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    let known = segments.into_iter().map(|segment| files.path(segment)).collect();
    let removed = files.remove_orphans(&known).map_err(|source| OpenError::Io {
        path: files.root().to_owned(),
        source,
    })?;
    if removed > 0 {
        Event::OrphansRemoved { files: removed }.emit();
    }
    Ok(())
}
