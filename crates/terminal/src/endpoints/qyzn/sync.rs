//! Telling the platform whom this terminal holds (4.3.7), one person at a time.

use super::people;
use crate::device::Device;
use dialects::qyzn::exchange::{Exchange, Moment};
use dialects::qyzn::operation::{Refusal, answer_of};
use dialects::qyzn::{DeviceSyncPerson, ResponseBody};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The people whom the platform has yet to be told of.
#[derive(Default)]
pub(super) struct Sync {
    to_tell: VecDeque<String>,
    /// Told, and not answered yet: the request's number and the person's id.
    told: Option<(u32, String)>,
    not_before: Option<Instant>,
}

impl Sync {
    /// Begins anew with these people.
    pub(super) fn begin(&mut self, ids: Vec<String>) {
        self.to_tell = ids.into();
        self.not_before = None;
    }

    /// When it goes on by itself, after a pause.
    pub(super) fn due(&self) -> Option<Instant> {
        self.not_before.filter(|_| self.told.is_none())
    }

    /// Tells the next person, once the one before was answered.
    pub(super) async fn run(&mut self, device: &Device, exchange: &mut Exchange, now: Moment) {
        if self.told.is_some() || self.not_before.is_some_and(|until| Instant::now() < until) {
            return;
        }
        self.not_before = None;
        while let Some(id) = self.to_tell.pop_front() {
            let message = match people::told(device, &id).await {
                Ok(Some(message)) => message,
                // Deleted meanwhile.
                Ok(None) => continue,
                Err(error) => {
                    tracing::error!(%error, "a person could not be read to be told of");
                    continue;
                }
            };
            match exchange.request(&message, now) {
                Ok(sequence) => {
                    self.told = Some((sequence, id));
                    return;
                }
                Err(problem) => {
                    tracing::warn!(%problem, "a person could not be told of");
                    continue;
                }
            }
        }
    }

    /// Takes the answer to a person; false where it is none.
    pub(super) async fn answered(&mut self, device: &Device, sequence: u32, body: &ResponseBody) -> bool {
        let Some((_, id)) = self.told.take_if(|(waiting, _)| *waiting == sequence) else {
            return false;
        };
        match answer_of::<DeviceSyncPerson>(body) {
            Ok(answer) => {
                let new_id = answer.new_id.trim();
                if !new_id.is_empty() && new_id != id {
                    rename(device, &id, new_id).await;
                }
            }
            Err(Refusal::Code {
                wait_seconds: Some(seconds),
                ..
            }) => {
                self.to_tell.push_front(id);
                self.not_before = Some(Instant::now() + Duration::from_secs(seconds.into()));
            }
            Err(refusal) => tracing::warn!(person = id, %refusal, "the platform refused a person"),
        }
        true
    }
}

async fn rename(device: &Device, id: &str, new_id: &str) {
    if new_id.len() > dialects::qyzn::check::KEPT_PERSON_ID_BYTES {
        tracing::warn!(
            person = id,
            "the platform's new id is too long; the old one stays"
        );
        return;
    }
    if let Err(error) = device.rename_person(id, new_id).await {
        tracing::warn!(person = id, new_id, %error, "the person keeps the old id");
    }
}
