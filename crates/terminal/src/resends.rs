//! Records that platforms asked for once more, though they had acknowledged them: kept, so that a restart loses none.
//!
//! What is kept is the span that was asked for and how far it was acknowledged, not the records: the journal finds them
//! as they are sent.

use crate::pass::Details;
use jiff::Timestamp;
use model::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use store::StoreError;
use store::terminal::{DeviceState, Journal};
use tokio::sync::Mutex;

/// Under which name they are kept.
const RESENDS: &str = "resends";
/// Spans of one dialect that wait; more are refused.
const MOST_SPANS: usize = 16;
/// Records looked through at once.
const PAGE: u32 = 500;

/// Which records are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// All.
    All,
    /// Of those who, as that platform was told, may pass.
    Granted,
    /// Of all others.
    NotGranted,
}

impl Which {
    fn means(self, dialect: &str, details: &Details) -> bool {
        let granted = details.lasting_outcome(dialect) == Outcome::Granted;
        match self {
            Self::All => true,
            Self::Granted => granted,
            Self::NotGranted => !granted,
        }
    }
}

/// A span that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    which: Which,
    /// Inclusive, as the end.
    from: Timestamp,
    until: Timestamp,
    /// Everything up to this place of the journal was acknowledged again.
    done: u64,
}

type Spans = BTreeMap<String, VecDeque<Span>>;

/// What platforms asked for once more.
pub struct Resends {
    state: Arc<dyn DeviceState>,
    journal: Arc<dyn Journal>,
    spans: Mutex<Spans>,
}

impl Resends {
    /// As they were kept last.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    pub async fn load(state: Arc<dyn DeviceState>, journal: Arc<dyn Journal>) -> Result<Self, StoreError> {
        let kept = state.get(RESENDS).await?;
        let spans = kept
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Ok(Self {
            state,
            journal,
            spans: Mutex::new(spans),
        })
    }

    /// A dialect's platform asks for the acknowledged records of a time, both ends inclusive. Returns false where too
    /// much waits already.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is sent again then.
    pub async fn ask(
        &self,
        dialect: &str,
        which: Which,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let span = Span {
            which,
            from,
            until,
            done: 0,
        };
        let mut spans = self.spans.lock().await;
        if spans
            .get(dialect)
            .is_some_and(|waiting| waiting.len() >= MOST_SPANS)
        {
            return Ok(false);
        }
        self.change(&mut spans, dialect, |waiting| waiting.push_back(span))
            .await?;
        Ok(true)
    }

    /// The next records of the span under way behind this place, at least one; none where it has no more.
    ///
    /// # Errors
    /// [`StoreError`] of the journal.
    pub async fn after(&self, dialect: &str, place: u64) -> Result<Vec<u64>, StoreError> {
        let span = self
            .spans
            .lock()
            .await
            .get(dialect)
            .and_then(|waiting| waiting.front().cloned());
        let Some(span) = span else {
            return Ok(Vec::new());
        };
        let mut place = place.max(span.done);
        loop {
            let page = self
                .journal
                .delivered(dialect, span.from, span.until, place, PAGE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(Vec::new());
            };
            place = last.seq;
            let mut found = Vec::new();
            for entry in page {
                if span.which.means(dialect, &serde_json::from_value(entry.details)?) {
                    found.push(entry.seq);
                }
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }

    /// Whether something is to be sent again.
    pub async fn any(&self, dialect: &str) -> bool {
        self.spans
            .lock()
            .await
            .get(dialect)
            .is_some_and(|waiting| !waiting.is_empty())
    }

    /// Everything of the span under way up to this place was acknowledged again.
    ///
    /// # Errors
    /// [`StoreError`]; it may be sent once more then.
    pub async fn done(&self, dialect: &str, place: u64) -> Result<(), StoreError> {
        let mut spans = self.spans.lock().await;
        self.change(&mut spans, dialect, |waiting| {
            if let Some(span) = waiting.front_mut() {
                span.done = span.done.max(place);
            }
        })
        .await
    }

    /// The span under way is done with.
    ///
    /// # Errors
    /// [`StoreError`]; it may be sent once more then.
    pub async fn finish(&self, dialect: &str) -> Result<(), StoreError> {
        let mut spans = self.spans.lock().await;
        self.change(&mut spans, dialect, |waiting| {
            waiting.pop_front();
        })
        .await
    }

    /// Nothing is sent again to this dialect.
    ///
    /// # Errors
    /// [`StoreError`]; nothing changed then.
    pub async fn forget(&self, dialect: &str) -> Result<(), StoreError> {
        let mut spans = self.spans.lock().await;
        self.change(&mut spans, dialect, VecDeque::clear).await
    }

    /// Changes one dialect's spans; on disk when it returns.
    async fn change(
        &self,
        spans: &mut Spans,
        dialect: &str,
        change: impl FnOnce(&mut VecDeque<Span>),
    ) -> Result<(), StoreError> {
        let mut changed = spans.clone();
        let waiting = changed.entry(dialect.to_owned()).or_default();
        change(waiting);
        if waiting.is_empty() {
            changed.remove(dialect);
        }
        if changed == *spans {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&changed)?;
        self.state.set(RESENDS, Some(&bytes)).await?;
        *spans = changed;
        Ok(())
    }
}
