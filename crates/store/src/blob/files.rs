//! Where segments lie on the disk.
//!
//! A *segment* is a file with the ciphertexts of one or more blobs, one after the other and nothing else: where each
//! begins and ends is in the database alone. `blobs/capture/<month>/<id>` holds many, `blobs/photo/<two digits>/<id>`
//! holds one.

use crate::error::StoreError;
use crate::month::Month;
use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Photo segments are spread over this many folders, so that none gets slow.
const PHOTO_FOLDERS: i64 = 256;
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A row of the table `segments`: which file, and of what class. A photo's has no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) id: i64,
    pub(crate) month: Option<Month>,
}

impl Segment {
    /// Reads the columns `segments.id, segments.month`, which stand at `first` and after.
    pub(crate) fn from_row(row: &rusqlite::Row<'_>, first: usize) -> Result<Self, StoreError> {
        let month: Option<String> = row.get(first + 1)?;
        let month = match month {
            Some(text) => Some(
                text.parse()
                    .map_err(|_| StoreError::Corrupt(format!("month {text:?}")))?,
            ),
            None => None,
        };
        Ok(Self {
            id: row.get(first)?,
            month,
        })
    }
}

/// The folder of all segments.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
}

impl Files {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, segment: Segment) -> PathBuf {
        let folder = match segment.month {
            Some(month) => self.root.join("capture").join(month.to_string()),
            None => self
                .root
                .join("photo")
                .join(format!("{:02x}", segment.id % PHOTO_FOLDERS)),
        };
        folder.join(segment.id.to_string())
    }

    /// Makes an empty file for a new segment, with its folders. Folders that must be synced for the file to be found
    /// after a crash are added to `dirty`.
    pub(crate) fn create(&self, segment: Segment, dirty: &mut HashSet<PathBuf>) -> Result<File, StoreError> {
        let path = self.path(segment);
        let failed = |source| StoreError::io(format!("making {}", path.display()), source);
        for folder in path.ancestors().skip(1) {
            dirty.insert(folder.to_owned());
            if folder.exists() {
                break;
            }
        }
        if let Some(folder) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(folder)
                .map_err(failed)?;
        }
        OpenOptions::new()
            .write(true)
            .read(true)
            .create(true)
            .truncate(true)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(failed)
    }

    /// Opens a segment to go on writing after its last committed byte. What lies behind belongs to nobody (a crash
    /// came before its commit) and is cut off. `None` when the file is not what the database says.
    pub(crate) fn resume(&self, segment: Segment, committed: u64) -> Result<Option<File>, StoreError> {
        let path = self.path(segment);
        let failed = |source| StoreError::io(format!("opening {}", path.display()), source);
        let file = match OpenOptions::new().write(true).read(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let length = file.metadata().map_err(failed)?.len();
        if length < committed {
            return Ok(None);
        }
        if length > committed {
            file.set_len(committed).map_err(failed)?;
        }
        Ok(Some(file))
    }

    /// Reads a ciphertext. `None` when the file is not there (any more).
    pub(crate) fn read(
        &self,
        segment: Segment,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(segment);
        let failed = |source| StoreError::io(format!("reading {}", path.display()), source);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, offset).map_err(failed)?;
        Ok(Some(bytes))
    }

    /// Bytes of a segment's file; 0 when it is missing.
    pub(crate) fn length(&self, segment: Segment) -> u64 {
        fs::metadata(self.path(segment)).map_or(0, |meta| meta.len())
    }

    /// Removes every file that is not one of `known`, and folders left empty: what a crash or an unfinished removal
    /// left behind. Gives the number of files removed.
    pub(crate) fn remove_orphans(&self, known: &HashSet<PathBuf>) -> io::Result<usize> {
        let mut removed = 0;
        for class in folders(&self.root)? {
            for folder in folders(&class)? {
                let mut left = 0;
                for entry in fs::read_dir(&folder)? {
                    let path = entry?.path();
                    if known.contains(&path) {
                        left += 1;
                    } else {
                        fs::remove_file(&path)?;
                        removed += 1;
                    }
                }
                if left == 0 {
                    fs::remove_dir(&folder)?;
                }
            }
        }
        Ok(removed)
    }
}

fn folders(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}
