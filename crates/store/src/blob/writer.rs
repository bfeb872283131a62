//! Blobs on the writer thread: appended to segments before the commit that makes them exist.

use super::files::{Files, Segment};
use super::sealed::{BlobClass, BlobId, SealedBlob};
use crate::error::StoreError;
use crate::month::Month;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

/// The segment to which a month's next capture goes.
#[derive(Clone)]
struct Tail {
    segment: Segment,
    file: Arc<File>,
    end: u64,
}

/// A point to which [`BlobWriter::undo`] goes back: taken before each piece of work.
#[derive(Default)]
pub(crate) struct Mark {
    tails: BTreeMap<Month, Tail>,
    made: usize,
    doomed: usize,
}

/// State of the one thread that writes blobs. Everything it does in the files is without effect until the database
/// commits: bytes behind the committed end belong to nobody, and files are removed after the commit only.
pub(crate) struct BlobWriter {
    files: Files,
    segment_bytes: u64,
    tails: BTreeMap<Month, Tail>,
    /// After a failed commit nobody knows what the disk made of the old tails: begin new segments.
    distrust: bool,
    made: Vec<PathBuf>,
    doomed: Vec<PathBuf>,
    dirty_files: HashMap<i64, Arc<File>>,
    dirty_folders: HashSet<PathBuf>,
    /// Bytes appended since the last [`BlobWriter::sync`].
    pub(crate) appended: usize,
}

impl BlobWriter {
    pub(crate) fn new(files: Files, segment_bytes: u64) -> Self {
        Self {
            files,
            segment_bytes,
            tails: BTreeMap::new(),
            distrust: false,
            made: Vec::new(),
            doomed: Vec::new(),
            dirty_files: HashMap::new(),
            dirty_folders: HashSet::new(),
            appended: 0,
        }
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            tails: self.tails.clone(),
            made: self.made.len(),
            doomed: self.doomed.len(),
        }
    }

    /// Forgets what was done since the mark; the database rolls back on its own.
    pub(crate) fn undo(&mut self, mark: Mark) {
        self.tails = mark.tails;
        self.doomed.truncate(mark.doomed);
        for path in self.made.drain(mark.made..) {
            remove(&path);
        }
    }

    /// Brings everything appended to the disk. Before the commit.
    pub(crate) fn sync(&mut self) -> Result<(), StoreError> {
        for (id, file) in self.dirty_files.drain() {
            file.sync_data()
                .map_err(|e| StoreError::io(format!("syncing segment {id}"), e))?;
        }
        for folder in self.dirty_folders.drain() {
            // A folder that is gone was made by work that was undone.
            match File::open(&folder).and_then(|f| f.sync_all()) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::io(format!("syncing {}", folder.display()), error));
                }
                _ => {}
            }
        }
        self.appended = 0;
        Ok(())
    }

    /// After the commit: what was deleted goes from the disk, too.
    pub(crate) fn committed(&mut self) {
        self.made.clear();
        for path in self.doomed.drain(..) {
            remove(&path);
        }
    }

    /// After a commit that failed: nothing of the group is kept.
    pub(crate) fn failed(&mut self, mark: Mark) {
        self.undo(mark);
        self.tails.clear();
        self.dirty_files.clear();
        self.dirty_folders.clear();
        self.appended = 0;
        self.distrust = true;
    }

    pub(crate) fn put(&mut self, connection: &Connection, blob: SealedBlob) -> Result<BlobId, StoreError> {
        let (segment, offset) = match blob.class {
            BlobClass::Photo => self.put_photo(connection, &blob.ciphertext)?,
            BlobClass::Capture { month } => self.append(connection, month, &blob.ciphertext)?,
        };
        connection
            .prepare_cached(
                "INSERT INTO blobs (id, segment, offset, length, key) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                &blob.id,
                segment,
                offset as i64,
                blob.ciphertext.len() as i64,
                &blob.wrapped_key,
            ))?;
        Ok(blob.id)
    }

    fn put_photo(&mut self, connection: &Connection, bytes: &[u8]) -> Result<(i64, u64), StoreError> {
        let (segment, file) = self.begin(connection, None)?;
        self.write_at(segment, &Arc::new(file), 0, bytes)?;
        Ok((segment.id, 0))
    }

    /// Appends a ciphertext to the month's tail; gives its segment and offset.
    pub(crate) fn append(
        &mut self,
        connection: &Connection,
        month: Month,
        bytes: &[u8],
    ) -> Result<(i64, u64), StoreError> {
        let tail = match self.tails.get(&month) {
            Some(tail) => Some(tail.clone()),
            None => self.resume(connection, month)?,
        };
        let mut tail = match tail {
            Some(tail) if tail.end == 0 || tail.end + bytes.len() as u64 <= self.segment_bytes => tail,
            _ => {
                let (segment, file) = self.begin(connection, Some(month))?;
                Tail {
                    segment,
                    file: Arc::new(file),
                    end: 0,
                }
            }
        };
        let offset = tail.end;
        self.write_at(tail.segment, &tail.file, offset, bytes)?;
        tail.end += bytes.len() as u64;
        let id = tail.segment.id;
        self.tails.insert(month, tail);
        Ok((id, offset))
    }

    fn write_at(
        &mut self,
        segment: Segment,
        file: &Arc<File>,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        file.write_all_at(bytes, offset)
            .map_err(|e| StoreError::io(format!("writing {}", self.files.path(segment).display()), e))?;
        self.dirty_files.insert(segment.id, Arc::clone(file));
        self.appended += bytes.len();
        Ok(())
    }

    fn begin(
        &mut self,
        connection: &Connection,
        month: Option<Month>,
    ) -> Result<(Segment, File), StoreError> {
        connection
            .prepare_cached("INSERT INTO segments (month) VALUES (?1)")?
            .execute([month.map(|m| m.to_string())])?;
        let segment = Segment {
            id: connection.last_insert_rowid(),
            month,
        };
        self.made.push(self.files.path(segment));
        let file = self.files.create(segment, &mut self.dirty_folders)?;
        Ok((segment, file))
    }

    /// The month's last segment, as an earlier run of the program left it.
    fn resume(&mut self, connection: &Connection, month: Month) -> Result<Option<Tail>, StoreError> {
        if self.distrust {
            return Ok(None);
        }
        let Some(id) = newest_of(connection, month)? else {
            return Ok(None);
        };
        let segment = Segment {
            id,
            month: Some(month),
        };
        let end = committed_end(connection, id)?;
        let file = self.files.resume(segment, end)?;
        Ok(file.map(|file| Tail {
            segment,
            file: Arc::new(file),
            end,
        }))
    }

    /// Makes sure that the month's next captures do not go to this segment, because it is being rewritten.
    pub(crate) fn turn_from(
        &mut self,
        connection: &Connection,
        segment: Segment,
        month: Month,
    ) -> Result<(), StoreError> {
        let newest = newest_of(connection, month)?;
        if newest == Some(segment.id) {
            let (segment, file) = self.begin(connection, Some(month))?;
            let file = Arc::new(file);
            self.tails.insert(
                month,
                Tail {
                    segment,
                    file,
                    end: 0,
                },
            );
        }
        Ok(())
    }

    /// Drops a blob's row and key, and its segment if nothing else is in it.
    pub(crate) fn delete(&mut self, connection: &Connection, id: &BlobId) -> Result<(), StoreError> {
        let segment: Option<i64> = connection
            .prepare_cached("DELETE FROM blobs WHERE id = ?1 RETURNING segment")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let Some(id) = segment else { return Ok(()) };
        let segment = segment_of(connection, id)?;
        if holds_blobs(connection, id)? {
            return Ok(());
        }
        self.drop_segment(connection, segment)
    }

    /// Drops a segment with all that is in it.
    pub(crate) fn drop_segment(
        &mut self,
        connection: &Connection,
        segment: Segment,
    ) -> Result<(), StoreError> {
        connection
            .prepare_cached("DELETE FROM blobs WHERE segment = ?1")?
            .execute([segment.id])?;
        connection
            .prepare_cached("DELETE FROM segments WHERE id = ?1")?
            .execute([segment.id])?;
        self.tails.retain(|_, tail| tail.segment.id != segment.id);
        self.doomed.push(self.files.path(segment));
        Ok(())
    }
}

/// The segment of a month that was begun last.
fn newest_of(connection: &Connection, month: Month) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT max(id) FROM segments WHERE month = ?1")?
        .query_row([month.to_string()], |row| row.get(0))?)
}

/// The end of the last committed byte of a segment.
fn committed_end(connection: &Connection, segment: i64) -> Result<u64, StoreError> {
    let end: Option<i64> = connection
        .prepare_cached("SELECT offset + length FROM blobs WHERE segment = ?1 ORDER BY offset DESC LIMIT 1")?
        .query_row([segment], |row| row.get(0))
        .optional()?;
    Ok(u64::try_from(end.unwrap_or(0)).unwrap_or(0))
}

/// Every segment that the database knows.
pub(crate) fn all_segments(connection: &Connection) -> Result<Vec<Segment>, StoreError> {
    let mut statement = connection.prepare("SELECT id, month FROM segments")?;
    let mut rows = statement.query([])?;
    let mut segments = Vec::new();
    while let Some(row) = rows.next()? {
        segments.push(Segment::from_row(row, 0)?);
    }
    Ok(segments)
}

fn segment_of(connection: &Connection, id: i64) -> Result<Segment, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, month FROM segments WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    match rows.next()? {
        Some(row) => Segment::from_row(row, 0),
        None => Err(StoreError::Corrupt(format!("there is no segment {id}"))),
    }
}

fn holds_blobs(connection: &Connection, segment: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM blobs WHERE segment = ?1)")?
        .query_row([segment], |row| row.get(0))?)
}

/// Removes a file that the database no longer knows. If that fails, the next start removes it as an orphan.
fn remove(path: &PathBuf) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "a dropped segment could not be removed yet");
        }
        _ => {}
    }
}
