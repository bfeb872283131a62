//! What the engine reports of itself: each event writes its log line and bumps its counters.

use std::time::Duration;

pub(crate) enum Event<'a> {
    /// A group of writes is on the disk.
    Committed {
        jobs: usize,
        blob_bytes: usize,
        took: Duration,
    },
    /// A group could not be committed; none of its writes was acknowledged.
    CommitFailed {
        jobs: usize,
        error: &'a dyn std::fmt::Display,
    },
    /// A piece of work panicked.
    Panicked,
    /// Work was refused because too much waits.
    Refused { queue: &'static str },
    /// What was erased is out of the write-ahead log, too.
    LogTruncated,
    /// Files that belong to no segment were removed at start.
    OrphansRemoved { files: usize },
}

impl Event<'_> {
    pub(crate) fn emit(self) {
        match self {
            Self::Committed {
                jobs,
                blob_bytes,
                took,
            } => {
                metrics::counter!("menshen_store_commits_total").increment(1);
                if blob_bytes > 0 {
                    metrics::counter!("menshen_store_blob_commits_total").increment(1);
                }
                metrics::counter!("menshen_store_writes_total").increment(jobs as u64);
                metrics::counter!("menshen_store_blob_bytes_total").increment(blob_bytes as u64);
                metrics::histogram!("menshen_store_commit_seconds").record(took.as_secs_f64());
                tracing::trace!(jobs, blob_bytes, ?took, "committed");
            }
            Self::CommitFailed { jobs, error } => {
                metrics::counter!("menshen_store_commit_failures_total").increment(1);
                tracing::error!(jobs, %error, "a group of writes could not be committed");
            }
            Self::Panicked => {
                metrics::counter!("menshen_store_panics_total").increment(1);
                tracing::error!("work on the store panicked; nothing of it was kept");
            }
            Self::Refused { queue } => {
                metrics::counter!("menshen_store_refused_total", "queue" => queue).increment(1);
                tracing::warn!(queue, "the store is busy");
            }
            Self::LogTruncated => tracing::debug!("the write-ahead log was truncated after an erasure"),
            Self::OrphansRemoved { files } => tracing::info!(files, "files without a segment were removed"),
        }
    }
}
