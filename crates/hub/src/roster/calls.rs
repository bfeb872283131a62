//! Bringing people onto a device, or off it, and what comes of it (hub rule 26).

use super::photos::{self, PhotoError};
use crate::links::{CallError, Dialect, Failure, LiveLink, PersonDone, PersonPut, dialect};
use crate::patience::patiently;
use crate::state::Hub;
use jiff::{SignedDuration, Timestamp};
use model::PersonId;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::StoreError;
use store::hub::devices::StoredDevice;
use store::hub::roster::{RosterOutcome, RosterPut, RosterWork};

/// The longest wait for a busy device that does not say how long (hub rule 26).
const BUSY_WAIT: SignedDuration = SignedDuration::from_secs(25);
/// How often a busy device is asked for its people at most.
const BUSY_TIMES: u32 = 20;
/// The first wait after a refusal; it doubles with each.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(30);
/// The longest wait after a refusal.
const LAST_RETRY: SignedDuration = SignedDuration::from_hours(6);

/// Whether the device answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    /// It did, whatever it said.
    Through,
    /// The connection broke, which says nothing about the people: it is done again on the next one.
    Broken,
}

/// What is known of a piece of work once it was tried.
struct Tried {
    person_id: String,
    digest: Option<Vec<u8>>,
    /// `None` where the connection broke.
    outcome: Option<RosterOutcome>,
}

/// Carries out what was claimed together.
pub(super) async fn carry_out(
    hub: &Arc<Hub>,
    live: &LiveLink,
    device: &StoredDevice,
    work: Vec<RosterWork>,
) -> Result<Carried, StoreError> {
    let begun = Instant::now();
    let (mut puts, mut tried) = (Vec::new(), Vec::new());
    for work in work {
        match work {
            RosterWork::Put(put) => puts.push(*put),
            RosterWork::Remove {
                person_id,
                wire_id,
                attempts,
            } => {
                let outcome = remove(live, &wire_id, attempts).await;
                tried.push(Tried {
                    person_id,
                    digest: None,
                    outcome,
                });
            }
        }
    }
    tried.extend(put_all(hub, live, device, puts).await?);
    let each = begun.elapsed() / u32::try_from(tried.len()).unwrap_or(u32::MAX).max(1);
    let mut carried = Carried::Through;
    for tried in tried {
        let Some(outcome) = tried.outcome else {
            carried = Carried::Broken;
            continue;
        };
        count(&outcome, each);
        patiently(|| {
            let roster = &hub.store.roster;
            let digest = tried.digest.clone();
            roster.settle(&live.device, &tried.person_id, digest, outcome.clone())
        })
        .await?;
    }
    hub.outbox_grew();
    Ok(carried)
}

async fn remove(live: &LiveLink, wire_id: &str, attempts: u32) -> Option<RosterOutcome> {
    let _turn = live.turn.lock().await;
    match live.link.remove_person(wire_id).await {
        Err(error) if error.failure != Failure::NotFound => refused(&error, attempts),
        _ => Some(RosterOutcome::Removed),
    }
}

fn count(outcome: &RosterOutcome, took: Duration) {
    let outcome = match outcome {
        RosterOutcome::Applied { .. } => "applied",
        RosterOutcome::Removed => "removed",
        RosterOutcome::Later { .. } => "later",
        RosterOutcome::Failed { .. } => "failed",
    };
    metrics::counter!("menshen_roster_calls_total", "outcome" => outcome).increment(1);
    metrics::histogram!("menshen_roster_call_seconds").record(took.as_secs_f64());
}

/// Puts people; whoever cannot be made ready is not sent, and keeps none of the others back.
async fn put_all(
    hub: &Arc<Hub>,
    live: &LiveLink,
    device: &StoredDevice,
    puts: Vec<RosterPut>,
) -> Result<Vec<Tried>, StoreError> {
    let (mut ready, mut whose, mut tried) = (Vec::new(), Vec::new(), Vec::new());
    for put in puts {
        let (person_id, attempts) = (put.person.id.to_string(), put.attempts);
        let mut this = Tried {
            person_id,
            digest: Some(put.digest.clone()),
            outcome: None,
        };
        match prepare(hub, device, put).await? {
            Ok(person) => {
                ready.push(person);
                whose.push((this, attempts));
            }
            Err(error) => {
                this.outcome = refused(&error, attempts);
                tried.push(this);
            }
        }
    }
    if ready.is_empty() {
        return Ok(tried);
    }
    let done = {
        let _turn = live.turn.lock().await;
        live.link.put_persons(ready).await
    };
    let mut done = done.into_iter();
    for (mut this, attempts) in whose {
        // Of whom the link says nothing, nothing is known.
        let done = done.next().unwrap_or_else(|| Err(CallError::disconnected()));
        this.outcome = done.map_or_else(|error| refused(&error, attempts), |done| Some(applied(done)));
        tried.push(this);
    }
    Ok(tried)
}

fn applied(done: PersonDone) -> RosterOutcome {
    RosterOutcome::Applied {
        warnings: done.warnings,
        redo_at: done.redo_at,
    }
}

/// Makes a person ready for the device: the photos in its dialect's form, and the id that it uses.
async fn prepare(
    hub: &Arc<Hub>,
    device: &StoredDevice,
    put: RosterPut,
) -> Result<Result<PersonPut, CallError>, StoreError> {
    let Some(dialect): Option<&'static dyn Dialect> = dialect(&device.device.dialect) else {
        return Ok(Err(CallError::ours(
            Failure::Unsupported,
            "this hub does not speak the device's dialect",
        )));
    };
    let photos = match photos::renditions(hub, dialect, &put.photos).await {
        Ok(photos) => photos,
        Err(PhotoError::Store(error)) => return Err(error),
        Err(PhotoError::Unusable(error)) => return Ok(Err(error)),
    };
    let mut person = put.person;
    match PersonId::new(put.wire_id.as_str()) {
        Ok(wire_id) => person.id = wire_id,
        Err(_) if dialect.has_ids_of_its_own() => {}
        Err(error) => return Ok(Err(CallError::ours(Failure::BadParameter, error.to_string()))),
    }
    Ok(Ok(PersonPut {
        person,
        wire_id: put.wire_id,
        rules: put.rules,
        photos,
        time_zone: hub.zone_of(&device.device),
    }))
}

/// What a refusal makes of an item; `None` where the connection ended.
fn refused(error: &CallError, attempts: u32) -> Option<RosterOutcome> {
    let now = Timestamp::now();
    let wait = wait_after(error, attempts)?;
    let retry_at = now.saturating_add(wait).unwrap_or(now);
    let (reason, detail) = (error.failure.name().to_owned(), Some(error.to_string()));
    Some(match error.failure {
        Failure::Busy | Failure::Timeout => RosterOutcome::Later {
            retry_at,
            reason,
            detail,
        },
        _ => RosterOutcome::Failed {
            retry_at: Some(retry_at),
            reason,
            detail,
        },
    })
}

/// How long to wait before a device is told again what it did not take; `None` where the connection ended.
pub(super) fn wait_after(error: &CallError, attempts: u32) -> Option<SignedDuration> {
    match error.failure {
        Failure::Disconnected => None,
        Failure::Busy => {
            let named = error.wait.and_then(|wait| SignedDuration::try_from(wait).ok());
            Some(named.unwrap_or(BUSY_WAIT))
        }
        Failure::Timeout => Some(BUSY_WAIT),
        _ => Some(backoff(attempts)),
    }
}

/// How often a busy device was asked for its people.
#[derive(Debug, Default)]
pub(super) struct Asked(u32);

impl Asked {
    /// How long to wait before a device that is busy is asked once more; `None` where it is not, or was asked enough.
    pub(super) fn again_after(&mut self, error: &CallError) -> Option<Duration> {
        self.0 += 1;
        let again = error.failure == Failure::Busy && self.0 < BUSY_TIMES;
        let wait = wait_after(error, self.0).filter(|_| again)?;
        Some(wait.unsigned_abs())
    }
}

/// 30 s, doubled with each attempt, at most 6 h.
fn backoff(attempts: u32) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST_RETRY.saturating_mul(1_i32 << doublings).min(LAST_RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_tried_again_ever_later() {
        assert_eq!(backoff(0), FIRST_RETRY);
        assert_eq!(backoff(1), FIRST_RETRY);
        assert_eq!(backoff(3), SignedDuration::from_secs(120));
        assert_eq!(backoff(60), LAST_RETRY);
    }

    #[test]
    fn a_busy_device_is_not_a_refusal() {
        let busy = CallError {
            failure: Failure::Busy,
            code: Some(109),
            text: "busy".to_owned(),
            wait: Some(Duration::from_secs(7)),
        };
        let Some(RosterOutcome::Later { retry_at, .. }) = refused(&busy, 1) else {
            panic!()
        };
        let wait = retry_at.duration_since(Timestamp::now());
        assert!(wait > SignedDuration::from_secs(5) && wait <= SignedDuration::from_secs(7));
        assert_eq!(refused(&CallError::disconnected(), 1), None);
    }
}
