//! The writer thread: takes what waits, runs it as one transaction, brings it to the disk, and answers then.

use super::event::Event;
use super::gate::Gate;
use super::open::PATIENCE;
use super::queue::{Next, Queue};
use super::write::Write;
use crate::blob::{BlobWriter, Mark};
use crate::error::StoreError;
use crate::secret::MasterKey;
use rusqlite::Connection;
use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Tells the caller: `None` when the commit succeeded, else why not.
pub(super) type Reply = Box<dyn FnOnce(Option<StoreError>)>;
/// A piece of work, which does not panic: does it, or answers at once with the error that kept it from beginning.
pub(super) type Job = Box<dyn FnOnce(Result<&mut Write<'_>, StoreError>) -> Done + Send>;

/// What the writer is asked to do.
pub(super) enum Task {
    Work(Job),
    /// Empty the write-ahead log, and say so.
    TruncateLog(oneshot::Sender<()>),
}

/// How a piece of work ended.
pub(super) enum Done {
    /// Well; its caller waits for the commit.
    Well(Reply),
    /// With an error, which its caller is told once everything is undone. `reason` is for others whom it may concern.
    Badly { reply: Reply, reason: StoreError },
}

/// After an erasure the write-ahead log is truncated as soon as the writer is idle, at the latest after this time.
const TRUNCATE_AFTER: Duration = Duration::from_secs(2);
/// Without an erasure, once the writer was idle for this long.
const TRUNCATE_IDLE: Duration = Duration::from_secs(60);
/// Waiting time for another try while readers hold the log.
const TRUNCATE_RETRY: Duration = Duration::from_millis(250);
/// How long reads are held up for it at most.
const ALONE: Duration = Duration::from_millis(100);

pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) blobs: Option<BlobWriter>,
    pub(super) key: MasterKey,
    pub(super) queue: Arc<Queue<Task>>,
    pub(super) group_jobs: usize,
    pub(super) group_bytes: usize,
    pub(super) gate: Arc<Gate>,
    pub(super) log: LogState,
    /// Held until the thread ends.
    pub(super) _lock: Option<File>,
}

/// What the write-ahead log holds that should not stay there.
#[derive(Default)]
pub(super) struct LogState {
    erased_at: Option<Instant>,
    written: bool,
    due: bool,
    /// Who wants to know when it is empty.
    waiting: Vec<oneshot::Sender<()>>,
}

impl LogState {
    fn patience(&self) -> Option<Duration> {
        match self.erased_at {
            Some(_) => Some(TRUNCATE_RETRY),
            None => self.written.then_some(TRUNCATE_IDLE),
        }
    }

    /// Somebody waits: due at once.
    fn wanted_by(&mut self, waiting: oneshot::Sender<()>) {
        self.waiting.push(waiting);
        self.due = true;
    }

    fn is_urgent(&self) -> bool {
        self.erased_at.is_some() || !self.waiting.is_empty()
    }

    fn try_later(&mut self) {
        self.due = false;
        if self.is_urgent() {
            self.erased_at = Some(Instant::now());
        }
    }

    fn overdue(&self) -> bool {
        self.due || self.erased_at.is_some_and(|at| at.elapsed() >= TRUNCATE_AFTER)
    }
}

/// The jobs of one transaction that wait for its commit.
struct Group {
    replies: Vec<Reply>,
    begun: Option<Mark>,
    erased: bool,
}

impl Writer {
    /// Runs until the queue is closed and empty.
    pub(super) fn run(mut self) {
        loop {
            match self.queue.next(self.log.patience()) {
                Next::Item(Task::Work(job)) => self.group(job),
                Next::Item(Task::TruncateLog(waiting)) => self.log.wanted_by(waiting),
                Next::Idle => self.truncate_log(),
                Next::Closed => break,
            }
            if self.log.overdue() {
                self.truncate_log();
            }
        }
        self.truncate_log();
    }

    /// One transaction with the first job and what else waits.
    fn group(&mut self, first: Job) {
        let started = Instant::now();
        let mut group = Group {
            replies: Vec::new(),
            begun: None,
            erased: false,
        };
        let mut next = Some(Task::Work(first));
        let mut taken = 0;
        while let Some(task) = next {
            taken += 1;
            match (task, self.ensure_begun(&mut group)) {
                (Task::Work(job), Ok(())) => self.run_job(job, &mut group),
                (Task::Work(job), Err(error)) => refuse(job, error),
                (Task::TruncateLog(waiting), _) => self.log.wanted_by(waiting),
            }
            let bytes = self.blobs.as_ref().map_or(0, |blobs| blobs.appended);
            let full = taken >= self.group_jobs || bytes >= self.group_bytes;
            next = if full { None } else { self.queue.try_next() };
        }
        self.finish(group, started);
    }

    fn ensure_begun(&mut self, group: &mut Group) -> Result<(), StoreError> {
        if group.begun.is_none() {
            self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            group.begun = Some(self.mark());
        }
        Ok(())
    }

    fn run_job(&mut self, job: Job, group: &mut Group) {
        let mark = self.mark();
        if let Err(error) = self.statement("SAVEPOINT job") {
            refuse(job, error);
            return;
        }
        let mut write = Write {
            connection: &self.connection,
            blobs: self.blobs.as_mut(),
            key: &self.key,
            erased: false,
        };
        let outcome = job(Ok(&mut write));
        let erased = write.erased;
        match outcome {
            Done::Well(reply) => match self.statement("RELEASE job") {
                Ok(()) => {
                    group.erased |= erased;
                    group.replies.push(reply);
                }
                Err(error) => {
                    self.undo(mark, group, &error);
                    reply(Some(error));
                }
            },
            Done::Badly { reply, reason } => {
                self.undo(mark, group, &reason);
                reply(None);
            }
        }
    }

    /// Undoes one job. Some failures (a full disk) have rolled the whole transaction back: then its other jobs have
    /// failed, too.
    fn undo(&mut self, mark: Mark, group: &mut Group, reason: &StoreError) {
        let alive = !self.connection.is_autocommit();
        if alive
            && self
                .statement("ROLLBACK TO job")
                .and_then(|()| self.statement("RELEASE job"))
                .is_ok()
        {
            if let Some(blobs) = self.blobs.as_mut() {
                blobs.undo(mark);
            }
        } else {
            self.give_up(group, reason);
        }
    }

    fn finish(&mut self, mut group: Group, started: Instant) {
        if group.begun.is_none() {
            return;
        }
        let jobs = group.replies.len();
        let blob_bytes = self.blobs.as_ref().map_or(0, |blobs| blobs.appended);
        let synced = self.blobs.as_mut().map_or(Ok(()), BlobWriter::sync);
        if let Err(error) = synced.and_then(|()| self.statement("COMMIT")) {
            Event::CommitFailed { jobs, error: &error }.emit();
            self.give_up(&mut group, &error);
            return;
        }
        if let Some(blobs) = self.blobs.as_mut() {
            blobs.committed();
        }
        self.log.written = true;
        if group.erased && self.log.erased_at.is_none() {
            self.log.erased_at = Some(Instant::now());
        }
        for reply in group.replies {
            reply(None);
        }
        Event::Committed {
            jobs,
            blob_bytes,
            took: started.elapsed(),
        }
        .emit();
    }

    /// Rolls the whole transaction back and tells all of its jobs.
    fn give_up(&mut self, group: &mut Group, error: &StoreError) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.statement("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
        if let (Some(blobs), Some(mark)) = (self.blobs.as_mut(), group.begun.take()) {
            blobs.failed(mark);
        }
        group.begun = None;
        group.erased = false;
        for reply in group.replies.drain(..) {
            reply(Some(error.for_the_rest()));
        }
    }

    fn mark(&self) -> Mark {
        self.blobs.as_ref().map(BlobWriter::mark).unwrap_or_default()
    }

    fn statement(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Copies the log into the database and empties it. Readers may be in the way: then again later.
    fn truncate_log(&mut self) {
        let mut emptied = truncate(&self.connection);
        if matches!(emptied, Ok(false)) && self.log.is_urgent() {
            emptied = self.gate.alone(ALONE, || truncate(&self.connection));
        }
        match emptied {
            Ok(true) => {
                if self.log.erased_at.is_some() {
                    Event::LogTruncated.emit();
                }
                for waiting in std::mem::take(&mut self.log).waiting {
                    // Whoever went away need not know.
                    let _ = waiting.send(());
                }
            }
            Ok(false) => self.log.try_later(),
            Err(error) => {
                self.log.try_later();
                tracing::warn!(%error, "the write-ahead log could not be truncated yet");
            }
        }
    }
}

/// Whether the log is empty now. Does not wait for readers.
fn truncate(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(Duration::ZERO)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(PATIENCE)?;
    Ok(busy? == 0)
}

/// Answers a job that could not even be begun.
fn refuse(job: Job, error: StoreError) {
    let (Done::Well(reply) | Done::Badly { reply, .. }) = job(Err(error));
    reply(None);
}
