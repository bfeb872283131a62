//! Several people in one call: new ones by `AddPersons` (3.10.2), those who are there by `EditPersonsNew` (3.10.6), whose
//! photos the terminal fetches from the hub. Each has a result of their own; whoever a batch cannot take goes alone.

use super::NAME;
use super::calls::FacegateLink;
use super::people::{check_photo, find};
use super::wire::failure_of;
use crate::links::dialled::pictures::URL_CHARACTERS;
use crate::links::{CallError, Failure, PersonDone, PersonPut, warnings};
use crate::state::Hub;
use dialects::facegate::code::{SUCCESS, person_code};
use dialects::facegate::convert::customize_id;
use dialects::facegate::person::PersonResults;
use dialects::facegate::{AddPersons, EditPersonsNew, Operation, PersonInfo, PersonRef};
use dialects::placement::{Converted, Placement};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How much longer a call may take for each person in it.
const EACH_WITHIN: Duration = Duration::from_secs(2);
/// Characters of the photos of one `AddPersons`; the document limits a picture to 1 MB and the message not at all.
const MOST_PHOTO_CHARACTERS: usize = 4 * 1024 * 1024;

/// Somebody on the way.
struct Coming {
    /// The place in the batch.
    at: usize,
    id: String,
    info: PersonInfo,
}

/// Somebody who is there already.
struct Changing {
    coming: Coming,
    reference: PersonRef,
    held: PersonInfo,
}

/// What became of each, by their places.
type Outcomes = Vec<Option<Result<(), CallError>>>;

impl FacegateLink {
    /// Brings several people onto the terminal; what became of each, in their order.
    pub(super) async fn put_all(&self, people: Vec<PersonPut>) -> Vec<Result<PersonDone, CallError>> {
        if people.len() == 1 || !self.takes_batches.load(Ordering::Relaxed) {
            return self.put_singly(people).await;
        }
        let converted: Vec<Converted<PersonInfo>> = people.iter().map(|put| self.converted(put)).collect();
        let mut outcomes: Outcomes = people.iter().map(|_| None).collect();
        if let Err(error) = self.batch(&people, &converted, &mut outcomes).await {
            // What is not answered is not done.
            for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_none()) {
                *outcome = Some(Err(error.clone()));
            }
        }
        let mut done = Vec::with_capacity(people.len());
        for ((put, converted), outcome) in people.into_iter().zip(converted).zip(outcomes) {
            done.push(match outcome {
                Some(outcome) => outcome.map(|()| PersonDone {
                    warnings: warnings(converted.losses),
                    redo_at: converted.redo_at,
                }),
                None => self.put(put).await,
            });
        }
        done
    }

    async fn put_singly(&self, people: Vec<PersonPut>) -> Vec<Result<PersonDone, CallError>> {
        let mut done = Vec::with_capacity(people.len());
        for put in people {
            done.push(self.put(put).await);
        }
        done
    }

    /// Tries those who are to be held; whoever has no outcome afterwards is to go alone. Fails where the line is broken.
    async fn batch(
        &self,
        people: &[PersonPut],
        converted: &[Converted<PersonInfo>],
        outcomes: &mut Outcomes,
    ) -> Result<(), CallError> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (at, (put, converted)) in people.iter().zip(converted).enumerate() {
            let Placement::Hold(info) = &converted.placement else {
                continue;
            };
            let coming = Coming {
                at,
                id: put.wire_id.clone(),
                info: (**info).clone(),
            };
            // Whether somebody is there is asked first: not every terminal checks for duplicates (QUIRKS A32).
            match find(&self.wire, &coming.id).await {
                Ok(Some((reference, held))) => changed.push(Changing {
                    coming,
                    reference,
                    held,
                }),
                Ok(None) => match check_photo(&coming.info) {
                    Ok(()) => new.push(coming),
                    Err(error) => set(outcomes, at, Err(error)),
                },
                Err(error) => set(outcomes, at, Err(unless_broken(error)?)),
            }
        }
        for part in parts(new) {
            self.add_all(part, outcomes).await?;
        }
        self.edit_all(changed, outcomes).await
    }

    async fn add_all(&self, part: Vec<Coming>, outcomes: &mut Outcomes) -> Result<(), CallError> {
        let people = part.iter().map(|coming| PersonInfo {
            uuid: Some(coming.id.clone()),
            customize_id: Some(customize_id(&coming.id, 0)),
            ..coming.info.clone()
        });
        let call = AddPersons::new(people.collect());
        let Some(results) = self.called(&call, part.len()).await? else {
            return Ok(());
        };
        for (place, (coming, sent)) in part.into_iter().zip(&call.people).enumerate() {
            let result = match result_of(&call, &results, place, sent) {
                // The number may be somebody else's, or the card.
                Err(error) if error.failure == Failure::Exists => {
                    self.hold(&coming.id, coming.info).await.map(drop)
                }
                other => other,
            };
            set(outcomes, coming.at, unless_lost(result)?);
        }
        Ok(())
    }

    /// Those who are known by the platform's text and have a photo that the terminal can fetch; the others go alone.
    async fn edit_all(&self, changed: Vec<Changing>, outcomes: &mut Outcomes) -> Result<(), CallError> {
        let (mut part, mut people, mut offers) = (Vec::new(), Vec::new(), Vec::new());
        for changing in changed {
            if let Some((person, offer)) = self.by_address(&changing) {
                people.push(person);
                offers.push(offer);
                part.push(changing);
            }
        }
        // One alone goes as the document has it for one.
        if part.len() < 2 {
            return Ok(());
        }
        let call = EditPersonsNew::by_uuid(people);
        let Some(results) = self.called(&call, part.len()).await? else {
            return Ok(());
        };
        drop(offers);
        let sent = call.people.as_deref().unwrap_or_default();
        for (place, (changing, sent)) in part.into_iter().zip(sent).enumerate() {
            let Coming { at, info, .. } = changing.coming;
            let result = match result_of(&call, &results, place, sent) {
                Err(error) if error.failure == Failure::Download => {
                    self.edit(&changing.reference, &changing.held, info).await
                }
                other => other,
            };
            set(outcomes, at, unless_lost(result)?);
        }
        Ok(())
    }

    /// A person whole, with the photo behind an address of the hub's.
    fn by_address(&self, changing: &Changing) -> Option<(PersonInfo, Offer)> {
        let PersonRef::Uuid(uuid) = &changing.reference else {
            return None;
        };
        let info = &changing.coming.info;
        let photo = info.picture.as_ref()?.decode().ok()?;
        let line = &self.wire.line;
        let offer = Offer {
            token: line.hub.pictures.offer_made(photo),
            hub: Arc::clone(&line.hub),
        };
        let url = line.public_url(&format!("/{NAME}/p/{}.jpg", offer.token))?;
        let person = PersonInfo {
            uuid: Some(uuid.clone()),
            customize_id: None,
            picture: None,
            picture_uri: Some(url.clone()),
            ..info.clone()
        };
        (url.len() <= URL_CHARACTERS).then_some((person, offer))
    }

    /// Calls for so many people; `None` where the terminal refuses the call as a whole, and nobody came.
    async fn called<O: Operation<Answer = PersonResults>>(
        &self,
        call: &O,
        people: usize,
    ) -> Result<Option<PersonResults>, CallError> {
        let people = u32::try_from(people).unwrap_or(u32::MAX);
        let within = self.wire.line.client.usual_time() + EACH_WITHIN.saturating_mul(people);
        match self.wire.call_within(call, within).await {
            Ok(results) => Ok(Some(results)),
            Err(error) => {
                let error = unless_broken(error)?;
                tracing::info!(device = %self.wire.line.device.device.id, operator = call.operator(), %error, "people go one by one");
                if error.failure == Failure::Unsupported {
                    self.takes_batches.store(false, Ordering::Relaxed);
                }
                Ok(None)
            }
        }
    }
}

/// A photo that the terminal may fetch until the call is over.
struct Offer {
    hub: Arc<Hub>,
    token: String,
}

impl Drop for Offer {
    fn drop(&mut self) {
        self.hub.pictures.withdraw(&self.token);
    }
}

fn set(outcomes: &mut Outcomes, at: usize, outcome: Result<(), CallError>) {
    if let Some(place) = outcomes.get_mut(at) {
        *place = Some(outcome);
    }
}

/// A failure that is the terminal's answer; where the line is broken, no other call is worth making.
fn unless_broken(error: CallError) -> Result<CallError, CallError> {
    match error.failure {
        Failure::Disconnected | Failure::Timeout | Failure::Auth => Err(error),
        _ => Ok(error),
    }
}

fn unless_lost(result: Result<(), CallError>) -> Result<Result<(), CallError>, CallError> {
    match result {
        Err(error) => unless_broken(error).map(Err),
        done => Ok(done),
    }
}

/// What the terminal says of the person at a place of the call.
fn result_of(
    call: &impl Operation,
    results: &PersonResults,
    place: usize,
    person: &PersonInfo,
) -> Result<(), CallError> {
    let code = results.code(place, person);
    if matches!(code, 0 | SUCCESS) {
        return Ok(());
    }
    let (class, text) = person_code(call.operator(), code);
    Err(CallError {
        failure: failure_of(class),
        code: Some(code),
        text: text.to_owned(),
        wait: None,
    })
}

/// Parts whose photos one message carries.
fn parts(people: Vec<Coming>) -> Vec<Vec<Coming>> {
    let mut parts: Vec<Vec<Coming>> = Vec::new();
    let mut full = usize::MAX;
    for coming in people {
        let characters = coming
            .info
            .picture
            .as_ref()
            .map_or(0, |picture| picture.as_text().len());
        full = full.saturating_add(characters);
        match parts.last_mut().filter(|_| full <= MOST_PHOTO_CHARACTERS) {
            Some(part) => part.push(coming),
            None => {
                full = characters;
                parts.push(vec![coming]);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::lenient::Base64Text;

    #[test]
    fn a_message_carries_so_many_photos_and_a_large_one_goes_alone() {
        let coming = |at: usize, characters: usize| Coming {
            at,
            id: at.to_string(),
            info: PersonInfo {
                picture: Some(Base64Text::from_text("A".repeat(characters))),
                ..PersonInfo::default()
            },
        };
        let half = MOST_PHOTO_CHARACTERS / 2;
        let sizes = [half, half, half, MOST_PHOTO_CHARACTERS + 1, 4, 4];
        let people = sizes.iter().enumerate().map(|(at, size)| coming(at, *size));
        let parts = parts(people.collect());
        let places: Vec<Vec<usize>> = parts
            .iter()
            .map(|part| part.iter().map(|coming| coming.at).collect())
            .collect();
        assert_eq!(places, [vec![0, 1], vec![2], vec![3], vec![4, 5]]);
        assert!(super::parts(Vec::new()).is_empty());
    }
}
