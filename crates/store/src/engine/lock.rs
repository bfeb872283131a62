//! One process owns a data folder (hub rule 2).

use super::Options;
use crate::error::OpenError;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

const LOCK_FILE: &str = "lock";
/// A process that is just ending may still hold the lock for a moment.
const PATIENCE: Duration = Duration::from_millis(1500);
const RETRY: Duration = Duration::from_millis(25);
const OWNER_MAX: u64 = 64;

/// The lock of the folder, held as long as the file is open; `None` when another process has it and `shared` allows
/// to be its guest.
pub(crate) fn acquire(options: &Options) -> Result<Option<File>, OpenError> {
    let folder = &options.directory;
    let path = folder.join(LOCK_FILE);
    let failed = |source| OpenError::Io {
        path: path.clone(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| OpenError::Io {
            path: folder.clone(),
            source,
        })?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    let patience = if options.shared { Duration::ZERO } else { PATIENCE };
    match wait_for(&file, patience) {
        Ok(true) => {
            // Only words for a reader; the lock itself is the system's.
            let _ = file
                .set_len(0)
                .and_then(|()| write!(file, "process {}", std::process::id()));
            Ok(Some(file))
        }
        Ok(false) if options.shared => Ok(None),
        Ok(false) => Err(OpenError::InUse {
            path: folder.clone(),
            owner: owner(&mut file),
        }),
        Err(source) => Err(failed(source)),
    }
}

fn wait_for(file: &File, patience: Duration) -> std::io::Result<bool> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if start.elapsed() >= patience => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(RETRY),
        }
    }
}

fn owner(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.rewind();
    let _ = file.take(OWNER_MAX).read_to_string(&mut text);
    if text.is_empty() {
        "unknown".to_owned()
    } else {
        text
    }
}

/// The database as a file of its owner alone, before SQLite makes it with other rights.
pub(crate) fn make_private(database: &Path) -> Result<(), OpenError> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(database)
        .map(|_| ())
        .map_err(|source| OpenError::Io {
            path: database.to_owned(),
            source,
        })
}
