//! The handle that everybody has.

use super::event::Event;
use super::gate::Gate;
use super::open::{Opened, Options};
use super::queue::{Queue, Refusal};
use super::readers::{Look, Reader};
use super::write::Write;
use super::writer::{Done, Job, LogState, Reply, Task, Writer};
use crate::blob::{BlobClass, BlobId, BlobWriter, Files, SealedBlob, Segment, open_blob};
use crate::error::{OpenError, StoreError};
use crate::secret::MasterKey;
use rusqlite::{Connection, OptionalExtension};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use tokio::sync::{oneshot, watch};

/// A database with its writer and readers. Cheap to clone; when the last clone goes, the threads finish what waits and
/// end ([`Store::close`] waits for that).
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    key: MasterKey,
    files: Files,
    guest: bool,
    writes: Arc<Queue<Task>>,
    looks: Arc<Queue<Look>>,
    /// Closed by each thread as it ends.
    ended: watch::Receiver<()>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.writes.close();
        self.looks.close();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Store({})", self.0.files.root().display())
    }
}

/// A blob may move (reclaiming) or go (erasing) between finding and reading it; then it is looked for again.
const TRIES: usize = 4;

impl Store {
    pub(super) fn start(options: Options, opened: Opened) -> Result<Self, OpenError> {
        let path = options.database();
        let failed = |source| OpenError::Io {
            path: path.clone(),
            source,
        };
        let writes = Arc::new(Queue::new(options.queue_limit));
        let looks = Arc::new(Queue::new(options.queue_limit));
        let (alive, ended) = watch::channel(());
        let guest = opened.lock.is_none();
        // Made first: should a thread not start, dropping it ends those that did.
        let shared = Arc::new(Shared {
            key: options.key.clone(),
            files: opened.files.clone(),
            guest,
            writes: Arc::clone(&writes),
            looks: Arc::clone(&looks),
            ended,
        });
        let gate = Arc::new(Gate::default());
        let writer = Writer {
            gate: Arc::clone(&gate),
            connection: opened.writer,
            blobs: (!guest).then(|| BlobWriter::new(opened.files, options.segment_bytes)),
            key: options.key,
            queue: writes,
            group_jobs: options.group_jobs,
            group_bytes: options.group_bytes,
            log: LogState::default(),
            _lock: opened.lock,
        };
        let alive = Arc::new(alive);
        spawn("store-writer", &alive, move || writer.run()).map_err(failed)?;
        for connection in opened.readers {
            let reader = Reader {
                connection,
                queue: Arc::clone(&looks),
                gate: Arc::clone(&gate),
            };
            spawn("store-reader", &alive, move || reader.run()).map_err(failed)?;
        }
        Ok(Self(shared))
    }

    /// Runs `work` on the writer thread. Resolves only after the commit is on the disk, blobs included; writes that wait
    /// at the same time share a commit, and one that fails leaves the others alone.
    ///
    /// Dropping the future does not take back work that was begun.
    ///
    /// # Errors
    /// What `work` gives; [`StoreError::Busy`] at once when too much waits; [`StoreError::Full`] when there is no space;
    /// [`StoreError::Panicked`], [`StoreError::Closed`]. After an error nothing of `work` is kept.
    pub async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Write<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(
            move |write| match write.and_then(|write| guarded(|| work(write))) {
                Ok(value) => Done::Well(Box::new(move |failure| {
                    // A caller that went away needs no answer.
                    let _ = answer.send(failure.map_or(Ok(value), Err));
                })),
                Err(error) => {
                    let reason = error.for_the_rest();
                    let reply: Reply = Box::new(move |_| {
                        let _ = answer.send(Err(error));
                    });
                    Done::Badly { reply, reason }
                }
            },
        );
        self.ask(Task::Work(job))?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Empties the write-ahead log, so that what was erased is not left in it. Happens by itself within a few seconds
    /// of every erasure ([`Write::delete_blob`], [`Write::erases`]); this waits for it.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too much waits, [`StoreError::Closed`].
    pub async fn truncate_wal(&self) -> Result<(), StoreError> {
        let (done, empty) = oneshot::channel();
        self.ask(Task::TruncateLog(done))?;
        empty.await.map_err(|_| StoreError::Closed)
    }

    fn ask(&self, task: Task) -> Result<(), StoreError> {
        let writes = &self.0.writes;
        writes
            .push(task)
            .map_err(|refusal| refused(refusal, "write", writes.limit()))
    }

    /// Runs `work` on a reader thread, in a transaction of its own: it sees one state, the last that was committed when
    /// it began.
    ///
    /// # Errors
    /// What `work` gives; [`StoreError::Busy`] when too much waits; [`StoreError::Panicked`], [`StoreError::Closed`].
    pub async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let look: Look = Box::new(move |connection| {
            let _ = answer.send(connection.and_then(|connection| guarded(|| work(connection))));
        });
        self.0
            .looks
            .push(look)
            .map_err(|refusal| refused(refusal, "read", self.0.looks.limit()))?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Encrypts a picture with a key of its own, ready for [`Write::put_blob`]. Work for the processor (about 50 µs for
    /// 60 KB): call it outside of [`Store::write`].
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], [`StoreError::Cipher`].
    pub fn seal_blob(&self, class: BlobClass, bytes: &[u8]) -> Result<SealedBlob, StoreError> {
        SealedBlob::seal(&self.0.key, class, bytes)
    }

    /// A picture, decrypted; `None` when there is none of this id (any more).
    ///
    /// # Errors
    /// [`StoreError::Unseal`] when it does not decrypt, [`StoreError::Corrupt`] when its file is missing.
    pub async fn blob(&self, id: &BlobId) -> Result<Option<Vec<u8>>, StoreError> {
        for _ in 0..TRIES {
            let (shared, id) = (Arc::clone(&self.0), id.clone());
            match self
                .read(move |connection| fetch(&shared, connection, &id))
                .await?
            {
                Fetched::Blob(bytes) => return Ok(Some(bytes)),
                Fetched::Nothing => return Ok(None),
                Fetched::Gone => {}
            }
        }
        Err(StoreError::Corrupt(format!("the file with blob {id} is missing")))
    }

    /// Seals a value for one row of one table; see [`MasterKey::seal`].
    ///
    /// # Errors
    /// [`StoreError::Cipher`] when the system gives no random bytes.
    pub fn seal(&self, table: &str, row: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.0.key.seal(table, row, plain)
    }

    /// Opens a sealed value; see [`MasterKey::unseal`].
    ///
    /// # Errors
    /// [`StoreError::Unseal`] when it does not open.
    pub fn unseal(&self, table: &str, row: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.0.key.unseal(table, row, sealed)
    }

    /// Whether another process owns the data folder and this one only writes rows beside it.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.0.guest
    }

    /// Finishes what waits, refuses anything new, and returns when the threads have ended and the folder is free.
    pub async fn close(self) {
        self.0.writes.close();
        self.0.looks.close();
        let mut ended = self.0.ended.clone();
        while ended.changed().await.is_ok() {}
    }

    pub(super) fn files(&self) -> &Files {
        &self.0.files
    }
}

fn spawn(
    name: &str,
    alive: &Arc<watch::Sender<()>>,
    run: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    let alive = Arc::clone(alive);
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        run();
        drop(alive);
    })?;
    Ok(())
}

/// Runs work of others. What it leaves half done is rolled back like after any error, so nobody sees it.
fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Event::Panicked.emit();
        Err(StoreError::Panicked)
    })
}

fn refused(refusal: Refusal, queue: &'static str, limit: usize) -> StoreError {
    match refusal {
        Refusal::Closed => StoreError::Closed,
        Refusal::Full => {
            Event::Refused { queue }.emit();
            StoreError::Busy { limit }
        }
    }
}

enum Fetched {
    Blob(Vec<u8>),
    /// There is no such row.
    Nothing,
    /// There is a row, but its file went meanwhile.
    Gone,
}

fn fetch(shared: &Shared, connection: &Connection, id: &BlobId) -> Result<Fetched, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT segments.id, segments.month, offset, length, key
             FROM blobs JOIN segments ON segments.id = blobs.segment WHERE blobs.id = ?1",
        )?
        .query_row([id], |row| {
            Ok((
                Segment::from_row(row, 0),
                row.get::<_, i64>(2)?,
                row.get::<_, i64>(3)?,
                row.get::<_, Vec<u8>>(4)?,
            ))
        })
        .optional()?;
    let Some((segment, offset, length, key)) = found else {
        return Ok(Fetched::Nothing);
    };
    let damaged = |_| StoreError::Corrupt(format!("the place of blob {id}"));
    let offset = u64::try_from(offset).map_err(damaged)?;
    let length = usize::try_from(length).map_err(damaged)?;
    match shared.files.read(segment?, offset, length)? {
        Some(ciphertext) => Ok(Fetched::Blob(open_blob(&shared.key, id, &key, ciphertext)?)),
        None => Ok(Fetched::Gone),
    }
}
