//! Who decides on the door: the terminal itself or one dialect's platform (terminal rule 16).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{StoreError, terminal::DeviceState};
use tokio::sync::oneshot;

/// Under which name the decider is kept.
const DECIDER: &str = "decider";

/// What happens when the deciding platform cannot be asked or says nothing in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenSilent {
    /// The terminal decides itself.
    TerminalDecides,
    /// The door stays shut.
    StaysShut,
}

/// The one decider.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// The terminal, by its own library and rules.
    #[default]
    Terminal,
    /// The platform at the other end of a dialect.
    Platform {
        /// The dialect's name.
        dialect: String,
        /// What its silence means.
        when_silent: WhenSilent,
        /// It is asked about recognised faces alone; on everything else the terminal decides.
        #[serde(default)]
        faces_only: bool,
    },
}

/// What a platform says of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Whether the door opens.
    pub open: bool,
    /// Words for the screen, in place of the door's own.
    pub show: Option<String>,
    /// Words to be spoken, in place of the door's own.
    pub speak: Option<String>,
    /// How long the door opens, milliseconds; `None`: as the lock is set.
    pub open_ms: Option<u32>,
}

/// A record that waits for its platform.
struct Waiting {
    verdict: oneshot::Sender<Verdict>,
    /// Whether the dialect has taken it up.
    taken: bool,
}

/// The decider, and the records that wait for it.
pub struct Decisions {
    state: Arc<dyn DeviceState>,
    decider: Mutex<Decider>,
    waiting: Mutex<BTreeMap<u64, Waiting>>,
}

impl Decisions {
    /// The decider as it was set last, `first` before anybody set one. A dialect that is not among `askable` cannot be
    /// asked: the terminal decides, until it is switched on again.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn load(
        state: Arc<dyn DeviceState>,
        askable: &[&str],
        first: Decider,
    ) -> Result<Self, StoreError> {
        let kept = state.get(DECIDER).await?;
        let mut decider = kept
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or(first);
        if let Decider::Platform { dialect, .. } = &decider
            && !askable.contains(&dialect.as_str())
        {
            tracing::warn!(
                dialect,
                "the platform that decides is switched off; the terminal decides itself"
            );
            decider = Decider::Terminal;
        }
        Ok(Self {
            state,
            decider: Mutex::new(decider),
            waiting: Mutex::default(),
        })
    }

    /// Who decides now.
    #[must_use]
    pub fn decider(&self) -> Decider {
        self.decider
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Hands the decision over; the last one wins.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be kept; nothing changes then.
    pub async fn set_decider(&self, decider: Decider) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(&decider)?;
        self.state.set(DECIDER, Some(&bytes)).await?;
        *self.decider.lock().unwrap_or_else(PoisonError::into_inner) = decider;
        Ok(())
    }

    /// Waits for the verdict on a record.
    pub fn wait(&self, seq: u64) -> oneshot::Receiver<Verdict> {
        let (verdict, receiver) = oneshot::channel();
        let waiting = Waiting {
            verdict,
            taken: false,
        };
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(seq, waiting);
        receiver
    }

    /// Waits no longer.
    pub fn give_up(&self, seq: u64) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&seq);
    }

    /// The platform's verdict; without effect where it is not awaited (any more), or is another dialect's.
    pub fn decide(&self, dialect: &str, seq: u64, verdict: Verdict) {
        if !self.is_decided_by(dialect) {
            return;
        }
        let waiting = self
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&seq);
        if let Some(waiting) = waiting {
            // Whoever waited has given up at this very moment: then silence has been acted upon.
            let _ = waiting.verdict.send(verdict);
        }
    }

    /// The next record that a deciding dialect has to be asked about before all others; each is given once.
    #[must_use]
    pub fn urgent(&self, dialect: &str) -> Option<u64> {
        if !self.is_decided_by(dialect) {
            return None;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (seq, first) = waiting.iter_mut().find(|(_, waiting)| !waiting.taken)?;
        first.taken = true;
        Some(*seq)
    }

    fn is_decided_by(&self, name: &str) -> bool {
        matches!(&*self.decider.lock().unwrap_or_else(PoisonError::into_inner),
            Decider::Platform { dialect, .. } if dialect == name)
    }
}
