//! The peer's requests: which are running, and the answers to those that may come again.

use super::{Settings, Ticket};
use bytes::Bytes;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// A request comes again within 3 × 20 s; after twice that its answer is forgotten.
const KEPT_FOR: Duration = Duration::from_secs(120);

#[derive(Debug, Default)]
pub(super) struct Asked {
    running: Vec<(u32, u64)>,
    answered: VecDeque<Answered>,
    answered_bytes: usize,
}

#[derive(Debug)]
struct Answered {
    sequence: u32,
    fingerprint: u64,
    bytes: Bytes,
    at: Duration,
}

/// Whether a request is a repetition.
pub(super) enum Seen {
    Never,
    Running,
    Answered(Bytes),
}

/// Tells requests with one sequence number apart: some devices never count on.
pub(super) fn fingerprint(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

impl Asked {
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    pub(super) fn seen(&self, ticket: &Ticket) -> Seen {
        let key = (ticket.sequence, ticket.fingerprint);
        if self.running.contains(&key) {
            return Seen::Running;
        }
        let answered = self
            .answered
            .iter()
            .rev()
            .find(|answered| (answered.sequence, answered.fingerprint) == key);
        answered.map_or(Seen::Never, |answered| Seen::Answered(answered.bytes.clone()))
    }

    pub(super) fn started(&mut self, ticket: &Ticket) {
        self.running.push((ticket.sequence, ticket.fingerprint));
    }

    pub(super) fn answered(&mut self, ticket: &Ticket, bytes: Bytes, at: Duration, settings: &Settings) {
        let key = (ticket.sequence, ticket.fingerprint);
        self.running.retain(|running| *running != key);
        self.answered_bytes += bytes.len();
        self.answered.push_back(Answered {
            sequence: key.0,
            fingerprint: key.1,
            bytes,
            at,
        });
        while self.answered.len() > 1
            && (self.answered.len() > settings.kept_answers
                || self.answered_bytes > settings.kept_answer_bytes)
        {
            self.forget_oldest();
        }
    }

    /// Drops the answers that can no longer be asked for.
    pub(super) fn forget(&mut self, elapsed: Duration) {
        while self
            .answered
            .front()
            .is_some_and(|oldest| oldest.at + KEPT_FOR <= elapsed)
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.answered.pop_front() {
            self.answered_bytes -= oldest.bytes.len();
        }
    }
}
