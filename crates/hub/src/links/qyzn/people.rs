//! People on their way to a device (4.3.1, 4.3.3, 4.3.8, 4.4.1), in the form that it takes, and on their way back (4.3.6,
//! 4.3.7).

use super::calls::QyznLink;
use super::sync::device_person;
use crate::links::{CallError, Failure, HeldPerson, PeopleSink, PersonDone, PersonPut, warnings};
use dialects::qyzn::convert::{Converted, DevicePhoto, Wanted, person_to_device};
use dialects::qyzn::{AddFace, AddPerson, AddPersonFace, DeletePerson, Operation, check};
use dialects::{Loss, LossReason};
use jiff::Timestamp;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a device was found not to take, on this connection.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    /// People with their photos in one message, which came with V2.9 of the document.
    no_person_face: AtomicBool,
    /// IC card numbers of more than the table's 8 bytes (QUIRKS T29).
    no_long_cards: AtomicBool,
}

fn converted(put: &PersonPut, ic_number_bytes: usize) -> Converted {
    let photo = put.photos.first();
    person_to_device(&Wanted {
        person: &put.person,
        rules: &put.rules,
        zone: &put.time_zone,
        photo: photo.map(|photo| DevicePhoto {
            id: &photo.id,
            jpeg: &photo.jpeg,
        }),
        now: Timestamp::now(),
        ic_number_bytes,
    })
}

fn has_long_card(message: &AddPersonFace) -> bool {
    let number = message.ic_number.as_deref();
    number.is_some_and(|number| number.len() > check::SHORT_IC_NUMBER_BYTES)
}

impl QyznLink {
    /// Brings a person onto the device. One that does not like a long card number gets the person without it.
    pub(super) async fn put(&self, put: &PersonPut) -> Result<PersonDone, CallError> {
        let short = self.learnt.no_long_cards.load(Ordering::Relaxed);
        let longest = if short {
            check::SHORT_IC_NUMBER_BYTES
        } else {
            check::IC_NUMBER_BYTES
        };
        let mut converted = converted(put, longest);
        match self.put_converted(&mut converted).await {
            Err(error) if error.failure == Failure::BadParameter && has_long_card(&converted.message) => {
                converted = self::converted(put, check::SHORT_IC_NUMBER_BYTES);
                self.put_converted(&mut converted).await?;
                self.learnt.no_long_cards.store(true, Ordering::Relaxed);
            }
            other => other?,
        }
        Ok(PersonDone {
            warnings: warnings(converted.losses),
            redo_at: converted.redo_at,
        })
    }

    async fn put_converted(&self, converted: &mut Converted) -> Result<(), CallError> {
        if !self.learnt.no_person_face.load(Ordering::Relaxed) {
            match self.put_anew(&converted.message, &converted.message).await {
                Err(error) if error.failure == Failure::Unsupported => {
                    self.learn_no_person_face(&error).await
                }
                other => return other,
            }
        }
        let unsaid = converted.message.ext_pass_rule.is_some();
        if unsaid && !converted.losses.iter().any(|loss| loss.field == "grants") {
            // The simple rule allows no more than the extended one.
            converted.losses.push(Loss {
                reason: LossReason::Narrowed,
                ..Loss::unsupported("grants")
            });
        }
        self.put_in_parts(&converted.message).await
    }

    /// Sends a person; one who is there already is deleted before.
    async fn put_anew<O: Operation>(&self, operation: &O, person: &AddPersonFace) -> Result<(), CallError> {
        match self.ask(operation).await {
            Err(error) if error.failure == Failure::Exists => {
                self.ask(&DeletePerson::one(person.person_id.as_str())).await?;
                self.ask(operation).await.map(|_| ())
            }
            other => other.map(|_| ()),
        }
    }

    /// As devices want it from before V2.9: the person, then the photo. Nobody stays there without the photo.
    async fn put_in_parts(&self, person: &AddPersonFace) -> Result<(), CallError> {
        self.put_anew(&AddPerson(person.clone()), person).await?;
        for face in &person.faces {
            let Some(image) = face.image.clone() else { continue };
            let added = AddFace {
                person_id: person.person_id.clone(),
                face_id: face.face_id.clone().unwrap_or_else(|| person.person_id.clone()),
                image,
            };
            if let Err(error) = self.ask(&added).await {
                if let Err(left) = self.ask(&DeletePerson::one(person.person_id.as_str())).await {
                    tracing::warn!(person = person.person_id, error = %left, "a person stays on a device without a photo");
                }
                return Err(error);
            }
        }
        Ok(())
    }

    async fn learn_no_person_face(&self, refusal: &CallError) {
        self.learnt.no_person_face.store(true, Ordering::Relaxed);
        let speaks = AddPersonFace::SINCE.0.saturating_sub(1);
        // Without a code it was known before.
        if let (Some(_), Some(device)) = (refusal.code, self.device.get()) {
            tracing::info!(%device, limit = speaks, "the device speaks an older version of its protocol");
            if let Err(error) = self.hub.store.devices.set_protocol_limit(device, speaks).await {
                tracing::warn!(%device, %error, "what a device speaks was not kept");
            }
        }
    }

    /// Whom the device holds, as it tells of them.
    pub(super) async fn list(&self) -> Result<Vec<HeldPerson>, CallError> {
        let mut held = Vec::new();
        let mut told = self.ask_for_people().await?;
        while let Some((person, taken)) = told.next().await? {
            held.push(HeldPerson {
                wire_id: person.0.person_id,
                name: person.0.name,
            });
            // The connection may have ended meanwhile.
            let _ = taken.send(());
        }
        Ok(held)
    }

    /// Brings everybody into the hub; how many came.
    pub(super) async fn read(&self, sink: &dyn PeopleSink) -> Result<u32, CallError> {
        let mut told = self.ask_for_people().await?;
        let (zone, mut count) = (self.zone(), 0);
        while let Some((person, taken)) = told.next().await? {
            if let Err(error) = sink.take(device_person(person.0, &zone)).await {
                // Unanswered, the device asks again, or is told to wait.
                drop(taken);
                return Err(CallError::ours(Failure::Internal, error.to_string()));
            }
            count += 1;
            let _ = taken.send(());
        }
        Ok(count)
    }
}
