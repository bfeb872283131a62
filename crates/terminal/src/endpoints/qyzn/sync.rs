//! Telling the platform whom this terminal holds (4.3.7), one person at a time.

use super::people;
use crate::device::Device;
use crate::endpoints::delivery::STORE_PAUSE;
use dialects::qyzn::exchange::{Exchange, Moment};
use dialects::qyzn::operation::{Refusal, answer_of};
use dialects::qyzn::{DeviceSyncPerson, DeviceSyncPersonAnswer, ResponseBody, check};
use std::collections::{HashMap, VecDeque};
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
                    tracing::debug!(%problem, "a person waits to be told of");
                    self.to_tell.push_front(id);
                    self.not_before = Some(Instant::now() + STORE_PAUSE);
                    return;
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
                rename(device, &id, &answer).await;
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

/// Takes over the platform's ids of a person and the photos, as far as they can be.
async fn rename(device: &Device, id: &str, answer: &DeviceSyncPersonAnswer) {
    let fits = |new_id: &str| {
        let fits = new_id.len() <= check::KEPT_PERSON_ID_BYTES;
        if !fits {
            tracing::warn!(
                person = id,
                "a new id of the platform is too long; the old one stays"
            );
        }
        fits && !new_id.is_empty()
    };
    let faces: HashMap<String, String> = answer
        .faces
        .iter()
        .map(|face| (face.original_id.trim(), face.new_id.trim()))
        .filter(|(old, new)| old != new && !old.is_empty() && fits(new))
        .map(|(old, new)| (old.to_owned(), new.to_owned()))
        .collect();
    let new_id = Some(answer.new_id.trim()).filter(|new_id| fits(new_id));
    let new_id = new_id.unwrap_or(id);
    if new_id == id && faces.is_empty() {
        return;
    }
    if let Err(error) = device.rename_person(id, new_id, &faces).await {
        tracing::warn!(person = id, new_id, %error, "the person keeps the old id");
    }
}
