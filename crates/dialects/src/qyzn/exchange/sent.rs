//! Own requests that wait for answers.

use super::Settings;
use crate::qyzn::operation::PlatformRequest;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Sent {
    next: u32,
    waiting: BTreeMap<u32, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    message: String,
    bytes: Bytes,
    due: Duration,
    /// It is not given up before this, though it is not sent again.
    answered_by: Duration,
    resends_left: u32,
}

impl Sent {
    pub(super) fn new(first_sequence: u32) -> Self {
        Self {
            next: first_sequence,
            waiting: BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Counts up; 0 belongs to heartbeats, and a number still waiting is not given again.
    pub(super) fn next_sequence(&mut self) -> u32 {
        loop {
            let sequence = self.next;
            self.next = self.next.wrapping_add(1);
            if sequence != 0 && !self.waiting.contains_key(&sequence) {
                return sequence;
            }
        }
    }

    pub(super) fn add(
        &mut self,
        sequence: u32,
        message: &str,
        bytes: Bytes,
        elapsed: Duration,
        settings: &Settings,
    ) {
        let waiting = Waiting {
            message: message.to_owned(),
            bytes,
            due: elapsed + settings.request_timeout,
            answered_by: elapsed + PlatformRequest::patience(message),
            resends_left: settings.resends,
        };
        self.waiting.insert(sequence, waiting);
    }

    /// The wire name of the request that is answered with this; a number with nothing waiting has none.
    pub(super) fn answered(&mut self, sequence: u32) -> Option<String> {
        self.waiting.remove(&sequence).map(|waiting| waiting.message)
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.waiting.values().map(|waiting| waiting.due).min()
    }

    /// Sends again what is due; gives what is given up.
    pub(super) fn resend(
        &mut self,
        elapsed: Duration,
        settings: &Settings,
        output: &mut VecDeque<Bytes>,
    ) -> Vec<(u32, String)> {
        let mut given_up = Vec::new();
        for (sequence, waiting) in self
            .waiting
            .iter_mut()
            .filter(|(_, waiting)| waiting.due <= elapsed)
        {
            if waiting.resends_left == 0 {
                given_up.push((*sequence, waiting.message.clone()));
                continue;
            }
            waiting.resends_left -= 1;
            waiting.due = elapsed + settings.request_timeout;
            if waiting.resends_left == 0 {
                waiting.due = waiting.due.max(waiting.answered_by);
            }
            output.push_back(waiting.bytes.clone());
        }
        for (sequence, _) in &given_up {
            self.waiting.remove(sequence);
        }
        given_up
    }
}
