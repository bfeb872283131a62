//! Records as they happen, for whoever listens: each once, as soon as it is decided.

use super::Endpoint;
use dialects::openapi::SocketMessage;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::StoreError;
use store::terminal::Entry;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Messages that a slow listener may be behind before it loses some; it fills the gap by asking (8.3.3).
const QUEUE: usize = 64;

/// Where messages are told.
#[derive(Clone)]
pub(super) struct Records(broadcast::Sender<Arc<str>>);

impl Default for Records {
    fn default() -> Self {
        Self(broadcast::Sender::new(QUEUE))
    }
}

impl Records {
    /// Listens from now on.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<str>> {
        self.0.subscribe()
    }
}

/// How far the journal was told.
struct Follower {
    endpoint: Arc<Endpoint>,
    records: Records,
    told: u64,
    /// Those on which a platform has yet to decide.
    undecided: BTreeSet<u64>,
}

/// Tells records until `end`.
pub(super) async fn follow(endpoint: Arc<Endpoint>, records: Records, end: CancellationToken) {
    let mut grew = endpoint.device.journal_grew.subscribe();
    let told = match endpoint.device.journal.newest().await {
        Ok(newest) => newest,
        Err(error) => {
            tracing::error!(%error, "records cannot be followed");
            return;
        }
    };
    let mut follower = Follower {
        endpoint,
        records,
        told,
        undecided: BTreeSet::new(),
    };
    loop {
        if let Err(error) = follower.tell().await {
            tracing::error!(%error, "records cannot be read to be pushed");
        }
        tokio::select! {
            () = end.cancelled() => return,
            told = grew.changed() => if told.is_err() { return },
        }
    }
}

impl Follower {
    async fn tell(&mut self) -> Result<(), StoreError> {
        let journal = Arc::clone(&self.endpoint.device.journal);
        for seq in self.undecided.clone() {
            let entry = self.entry(seq).await;
            if entry.as_ref().is_some_and(|entry| !entry.settled) {
                continue;
            }
            self.undecided.remove(&seq);
            if let Some(entry) = entry {
                self.push(&entry).await;
            }
        }
        let newest = journal.newest().await?;
        while self.told < newest {
            self.told += 1;
            match self.entry(self.told).await {
                Some(entry) if entry.settled => self.push(&entry).await,
                Some(entry) => drop(self.undecided.insert(entry.seq)),
                None => {}
            }
        }
        Ok(())
    }

    /// One that is there and can be read.
    async fn entry(&self, seq: u64) -> Option<Entry> {
        let read = self.endpoint.device.journal.entry(seq).await;
        read.unwrap_or_else(|error| {
            tracing::error!(seq, %error, "a record cannot be read to be pushed");
            None
        })
    }

    /// One that cannot be read is left out: those after it are told nevertheless.
    async fn push(&self, entry: &Entry) {
        if self.records.0.receiver_count() == 0 {
            return;
        }
        match self.message(entry).await {
            // Whoever listened may have gone.
            Ok(message) => drop(self.records.0.send(message)),
            Err(error) => tracing::error!(seq = entry.seq, %error, "a record cannot be read to be pushed"),
        }
    }

    async fn message(&self, entry: &Entry) -> Result<Arc<str>, StoreError> {
        let pictures = self.endpoint.pictures(entry).await?;
        let record = self.endpoint.record(entry, &pictures)?;
        Ok(SocketMessage::record(record).to_text().into())
    }
}
