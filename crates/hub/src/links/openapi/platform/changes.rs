//! What a terminal is told of its people (9.1), and what it says became of it (9.4). Each change is handed out until it is
//! confirmed; the roster is where they come from and where the outcome goes.

use crate::links::dialled::pictures::URL_CHARACTERS;
use crate::links::warnings;
use crate::patience::patiently;
use crate::state::Hub;
use dialects::openapi::convert::platform::{Wanted, deletion, person_to_change};
use dialects::openapi::platform::{FaceChange, FaceChanges, QueryTime, StoreResult};
use dialects::placement::Placement;
use face::RenditionLimits;
use jiff::{SignedDuration, Timestamp};
use model::DeviceId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::hub::Actor;
use store::hub::roster::{RosterOutcome, RosterPut, RosterWork};
use tokio::time::Instant;

/// Changes handed out at a time.
const BATCH: usize = 20;
/// How long the roster leaves a person alone who was handed out: afterwards, or after a restart, they are handed out anew.
const UNCONFIRMED_FOR: SignedDuration = SignedDuration::from_mins(2);
/// How long a change is handed out as it is: its picture's address ends.
const OFFERED_FOR: Duration = Duration::from_secs(1800);
/// A picture is 300 to 500 pixels (QUIRKS O14).
const PICTURE: (u32, u32) = (300, 500);
/// The first wait after a refusal; it doubles with each.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(60);
/// Doublings at most.
const MOST_DOUBLINGS: u32 = 8;

/// What a terminal was told and has not confirmed, by the id there.
#[derive(Default)]
pub(super) struct Changes {
    offered: BTreeMap<String, Offer>,
    /// The mark of the last answer: it only grows, so that a terminal never takes a new answer for an old one.
    mark: i64,
    /// It has asked before.
    has_asked: bool,
}

struct Offer {
    person: String,
    /// Of the content, where the person is to be there.
    digest: Option<Vec<u8>>,
    attempts: u32,
    change: FaceChange,
    /// When it was made.
    at: Instant,
    /// What the roster says once it is confirmed.
    done: RosterOutcome,
    /// Results that may still come of other changes of this person, offered before: results name the person alone.
    owed: u32,
}

impl Offer {
    /// Takes the place of what was offered before and is not confirmed.
    fn after(mut self, before: Option<&Self>) -> Self {
        let Some(before) = before else { return self };
        let is_same = before.digest == self.digest && before.change.operation == self.change.operation;
        self.owed = before.owed.saturating_add(u32::from(!is_same));
        self
    }
}

impl Changes {
    /// What to change now. A terminal that begins anew holds nobody.
    pub(super) async fn next(
        &mut self,
        hub: &Arc<Hub>,
        device: &DeviceId,
        base: Option<&str>,
        since: &QueryTime,
    ) -> Result<FaceChanges, StoreError> {
        let begins = *since == QueryTime::beginning();
        if begins && !std::mem::replace(&mut self.has_asked, true) {
            hub.store
                .roster
                .compared(&Actor::hub(), device, Vec::new())
                .await?;
        }
        self.has_asked = true;
        self.offered.retain(|_, offer| offer.at.elapsed() < OFFERED_FOR);
        while self.offered.len() < BATCH {
            let now = Timestamp::now();
            let Some(work) = hub.store.roster.claim(device, now).await? else {
                break;
            };
            self.offer(hub, device, base, work, now).await?;
        }
        let list: Vec<FaceChange> = self.offered.values().map(|offer| offer.change.clone()).collect();
        let told = since.number().unwrap_or_default();
        let now_ms = Timestamp::now().as_millisecond();
        self.mark = match list.is_empty() {
            true => self.mark.max(told),
            false => self.mark.max(told).saturating_add(1).max(now_ms),
        };
        Ok(FaceChanges {
            list,
            mark: QueryTime::new(self.mark.max(1)),
        })
    }

    async fn offer(
        &mut self,
        hub: &Arc<Hub>,
        device: &DeviceId,
        base: Option<&str>,
        work: RosterWork,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (wire_id, offer) = match work {
            RosterWork::Remove {
                person_id,
                wire_id,
                attempts,
            } => {
                let offer = Offer {
                    person: person_id,
                    digest: None,
                    attempts,
                    change: deletion(&wire_id, now),
                    at: Instant::now(),
                    done: RosterOutcome::Removed,
                    owed: 0,
                };
                (wire_id, Ok(offer))
            }
            RosterWork::Put(put) => (put.wire_id.clone(), saved(hub, base, *put, now)),
        };
        let (person, digest, outcome) = match &offer {
            Ok(offer) => (&offer.person, offer.digest.clone(), handed_out(now)),
            Err(unfit) => (&unfit.person, Some(unfit.digest.clone()), unfit.outcome.clone()),
        };
        settle(hub, device, person, digest, outcome).await?;
        match offer {
            Ok(offer) => {
                let offer = offer.after(self.offered.get(&wire_id));
                self.offered.insert(wire_id, offer);
            }
            Err(_) => {
                self.offered.remove(&wire_id);
            }
        }
        Ok(())
    }

    /// What became of some of them.
    pub(super) async fn came_of(
        &mut self,
        hub: &Arc<Hub>,
        device: &DeviceId,
        results: &[StoreResult],
    ) -> Result<(), StoreError> {
        for result in results {
            let Some(offer) = self.offered.get_mut(result.user_id.trim()) else {
                continue;
            };
            if offer.owed > 0 {
                // Where it was this change's after all, the change is handed out once more.
                offer.owed -= 1;
                continue;
            }
            let outcome = match result.is_done() {
                true => offer.done.clone(),
                false => refused(result, offer.attempts),
            };
            settle(hub, device, &offer.person, offer.digest.clone(), outcome).await?;
            self.offered.remove(result.user_id.trim());
        }
        Ok(())
    }
}

impl Changes {
    /// The terminal is gone: nobody waits for what it did not confirm, however it comes back.
    pub(super) async fn withdraw(&mut self, hub: &Hub, device: &DeviceId) -> Result<(), StoreError> {
        for (_, offer) in std::mem::take(&mut self.offered) {
            let again = RosterOutcome::Later {
                retry_at: Timestamp::now(),
                reason: "disconnected".to_owned(),
                detail: None,
            };
            settle(hub, device, &offer.person, offer.digest, again).await?;
        }
        Ok(())
    }
}

/// Somebody who cannot be told of.
struct Unfit {
    person: String,
    digest: Vec<u8>,
    outcome: RosterOutcome,
}

/// The change that brings a person there, or takes away whom nothing leads there now.
fn saved(hub: &Hub, base: Option<&str>, put: RosterPut, now: Timestamp) -> Result<Offer, Unfit> {
    let mut person = put.person;
    let id = person.id.to_string();
    let unfit = |reason: &str, detail: &str| Unfit {
        person: id.clone(),
        digest: put.digest.clone(),
        outcome: RosterOutcome::Failed {
            retry_at: None,
            reason: reason.to_owned(),
            detail: Some(detail.to_owned()),
        },
    };
    match model::PersonId::new(put.wire_id.as_str()) {
        Ok(wire_id) => person.id = wire_id,
        Err(error) => return Err(unfit("bad_parameter", &error.to_string())),
    }
    let url = base.filter(|_| !put.photos.is_empty()).map(|base| {
        let token = hub.pictures.offer(put.photos, limits());
        format!("{base}/p/{token}.jpg")
    });
    if url.as_ref().is_some_and(|url| url.len() > URL_CHARACTERS) {
        return Err(unfit(
            "bad_parameter",
            "devices.public_url is too long for the device",
        ));
    }
    let converted = person_to_change(&Wanted {
        person: &person,
        rules: &put.rules,
        image_url: url.as_deref(),
        changed_at: now,
        now,
    });
    let has_no_photo = converted.losses.iter().any(|loss| loss.field == "photos");
    let change = match converted.placement {
        Placement::Hold(change) => *change,
        Placement::Absent if has_no_photo && url.is_none() => {
            return Err(unfit("photo_rejected", "the device holds nobody without a photo"));
        }
        Placement::Absent => deletion(&put.wire_id, now),
        Placement::Unsupported => {
            return Err(unfit(
                "unsupported",
                "the dialect cannot say when this person may pass",
            ));
        }
    };
    Ok(Offer {
        person: id,
        digest: Some(put.digest),
        attempts: put.attempts,
        change,
        at: Instant::now(),
        done: RosterOutcome::Applied {
            warnings: warnings(converted.losses),
            redo_at: converted.redo_at,
        },
        owed: 0,
    })
}

fn limits() -> RenditionLimits {
    RenditionLimits {
        max_longer_side: PICTURE.1,
        max_shorter_side: PICTURE.1,
        min_shorter_side: PICTURE.0,
        ..RenditionLimits::default()
    }
}

fn handed_out(now: Timestamp) -> RosterOutcome {
    RosterOutcome::Later {
        retry_at: now.saturating_add(UNCONFIRMED_FOR).unwrap_or(now),
        reason: "busy".to_owned(),
        detail: Some("handed out; the device has not confirmed it".to_owned()),
    }
}

fn refused(result: &StoreResult, attempts: u32) -> RosterOutcome {
    let doublings = attempts.saturating_sub(1).min(MOST_DOUBLINGS);
    let wait = FIRST_RETRY.saturating_mul(1_i32 << doublings);
    RosterOutcome::Failed {
        retry_at: Timestamp::now().saturating_add(wait).ok(),
        reason: "internal".to_owned(),
        detail: Some(format!("{}: {}", result.status, result.msg)),
    }
}

async fn settle(
    hub: &Hub,
    device: &DeviceId,
    person: &str,
    digest: Option<Vec<u8>>,
    outcome: RosterOutcome,
) -> Result<(), StoreError> {
    patiently(|| {
        hub.store
            .roster
            .settle(device, person, digest.clone(), outcome.clone())
    })
    .await?;
    hub.outbox_grew();
    Ok(())
}
