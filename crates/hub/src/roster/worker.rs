//! One connected device: who decides on its door, its commands, then its people, one call at a time (hub rules 17,
//! 26, 33).

use super::compare::{self, Watch};
use super::import;
use super::photos::{self, PhotoError};
use crate::commands::{self, Slow};
use crate::links::{CallError, Dialect, Failure, LiveLink, PersonPut, dialect};
use crate::patience::patiently;
use crate::state::Hub;
use jiff::{SignedDuration, Timestamp};
use model::{Decider, PersonId};
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::hub::devices::{Standing, StoredDevice};
use store::hub::roster::{RosterOutcome, RosterPut, RosterWork};

/// The longest wait for a busy device that does not say how long (hub rule 26).
const BUSY_WAIT: SignedDuration = SignedDuration::from_secs(25);
/// The first wait after a refusal; it doubles with each.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(30);
/// The longest wait after a refusal.
const LAST_RETRY: SignedDuration = SignedDuration::from_hours(6);
/// How long to rest when the store fails.
const REST_AFTER_ERROR: Duration = Duration::from_secs(5);
/// Sleeps are cut to this, so that a changed clock is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);

/// Works off what there is to do for a device until its connection ends.
pub(crate) async fn work_off(hub: Arc<Hub>, live: Arc<LiveLink>) {
    let mut worker = Worker {
        hub: Arc::clone(&hub),
        live: Arc::clone(&live),
        told: None,
        waited: false,
        imports_resumed: false,
        slow: Slow::default(),
        watch: Watch::default(),
    };
    while hub.links.is_current(&live) && !hub.shutdown.is_cancelled() {
        let rest = match Box::pin(worker.step()).await {
            Ok(Step::Again) => continue,
            Ok(Step::Gone) => {
                live.link.close();
                return;
            }
            Ok(Step::Rest(until)) => until,
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(device = %live.device, %error, "work for a device failed");
                Some(REST_AFTER_ERROR)
            }
        };
        let sleep = rest.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = live.wake.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

enum Step {
    /// Something was done; there may be more.
    Again,
    /// Nothing is to be done before this.
    Rest(Option<Duration>),
    /// The device is not to be connected.
    Gone,
}

/// What is known of the work for one connection.
struct Worker {
    hub: Arc<Hub>,
    live: Arc<LiveLink>,
    /// Who decides, as the device was told.
    told: Option<Decider>,
    /// It waited for approval on this connection.
    waited: bool,
    imports_resumed: bool,
    slow: Slow,
    watch: Watch,
}

impl Worker {
    async fn step(&mut self) -> Result<Step, StoreError> {
        let (hub, live) = (&self.hub, &self.live);
        let Some(device) = hub.store.devices.device(&live.device, None).await? else {
            return Ok(Step::Gone);
        };
        match device.standing {
            Standing::Disabled => return Ok(Step::Gone),
            Standing::Pending => {
                self.waited = true;
                return Ok(Step::Rest(None));
            }
            Standing::Approved => {}
        }
        if std::mem::take(&mut self.waited) {
            live.link.admitted().await;
        }
        if self.told != Some(device.device.decision) {
            self.told = Some(device.device.decision);
            tell_decider(live, device.device.decision).await;
            return Ok(Step::Again);
        }
        if commands::run_next(hub, live, &device.device.dialect, &self.slow).await? {
            return Ok(Step::Again);
        }
        if !self.imports_resumed {
            import::resume(hub, live).await?;
            self.imports_resumed = true;
        }
        self.people(&device).await
    }

    /// Looks after whom the device holds, then brings one person onto it or off it; nothing while others read who is
    /// there: they wake this worker when they are done.
    async fn people(&self, device: &StoredDevice) -> Result<Step, StoreError> {
        let (hub, live) = (&self.hub, &self.live);
        if live.link.fetches_people() {
            return Ok(Step::Rest(None));
        }
        let Ok(people) = Arc::clone(&live.people).try_lock_owned() else {
            return Ok(Step::Rest(None));
        };
        let now = Timestamp::now();
        let watched = self.watch.due_in(now);
        if watched.is_zero() {
            compare::look_after(hub, Arc::clone(live), people, self.watch.clone());
            return Ok(Step::Rest(None));
        }
        let wait = match hub.store.roster.due(&live.device).await? {
            None => watched,
            Some(due) if due > now => watched.min(due.duration_since(now)),
            Some(_) => match hub.store.roster.claim(&live.device, now).await? {
                Some(work) => {
                    person(hub, live, device, work).await?;
                    return Ok(Step::Again);
                }
                None => watched,
            },
        };
        Ok(Step::Rest(Some(wait.unsigned_abs() + Duration::from_millis(1))))
    }
}

/// Devices without such a switch, and those that refuse, keep deciding as they are set.
async fn tell_decider(live: &LiveLink, decider: Decider) {
    let _turn = live.turn.lock().await;
    if let Err(error) = live.link.set_decider(decider).await {
        tracing::warn!(device = %live.device, %error, ?decider, "the device was not told who decides");
    }
}

/// Brings one person onto the device, or off it.
async fn person(
    hub: &Arc<Hub>,
    live: &LiveLink,
    device: &StoredDevice,
    work: RosterWork,
) -> Result<(), StoreError> {
    let begun = std::time::Instant::now();
    let (person_id, claimed, outcome) = match work {
        RosterWork::Put(put) => {
            let (id, digest, attempts) = (put.person.id.to_string(), put.digest.clone(), put.attempts);
            (
                id,
                Some(digest),
                self::put(hub, live, device, *put).await?.map_or_else(
                    |error| refused(&error, attempts),
                    |done| {
                        Some(RosterOutcome::Applied {
                            warnings: done.warnings,
                            redo_at: done.redo_at,
                        })
                    },
                ),
            )
        }
        RosterWork::Remove {
            person_id,
            wire_id,
            attempts,
        } => {
            let _turn = live.turn.lock().await;
            let outcome = match live.link.remove_person(&wire_id).await {
                Err(error) if error.failure != Failure::NotFound => refused(&error, attempts),
                _ => Some(RosterOutcome::Removed),
            };
            (person_id, None, outcome)
        }
    };
    // A connection that ended says nothing about the person: it is done again on the next one.
    let Some(outcome) = outcome else { return Ok(()) };
    count(&outcome, begun.elapsed());
    patiently(|| {
        let roster = &hub.store.roster;
        roster.settle(&live.device, &person_id, claimed.clone(), outcome.clone())
    })
    .await?;
    hub.outbox_grew();
    Ok(())
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

async fn put(
    hub: &Arc<Hub>,
    live: &LiveLink,
    device: &StoredDevice,
    put: RosterPut,
) -> Result<Result<crate::links::PersonDone, CallError>, StoreError> {
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
    let time_zone = hub.zone_of(&device.device);
    let _turn = live.turn.lock().await;
    Ok(live
        .link
        .put_person(PersonPut {
            person,
            wire_id: put.wire_id,
            rules: put.rules,
            photos,
            time_zone,
        })
        .await)
}

/// What a refusal makes of an item; `None` where the connection ended.
fn refused(error: &CallError, attempts: u32) -> Option<RosterOutcome> {
    let now = Timestamp::now();
    let (reason, detail) = (error.failure.name().to_owned(), Some(error.to_string()));
    let after = |wait: SignedDuration| now.saturating_add(wait).unwrap_or(now);
    match error.failure {
        Failure::Disconnected => None,
        Failure::Busy => {
            let named = error.wait.and_then(|wait| SignedDuration::try_from(wait).ok());
            Some(RosterOutcome::Later {
                retry_at: after(named.unwrap_or(BUSY_WAIT)),
                reason,
                detail,
            })
        }
        Failure::Timeout => Some(RosterOutcome::Later {
            retry_at: after(BUSY_WAIT),
            reason,
            detail,
        }),
        _ => Some(RosterOutcome::Failed {
            retry_at: Some(after(backoff(attempts))),
            reason,
            detail,
        }),
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
