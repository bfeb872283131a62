//! People (3.6 to 3.9) and the check of a picture (3.19).

use super::calls::{Outcome, failed};
use super::{DIALECT, Endpoint};
use crate::camera::as_jpeg;
use crate::endpoints::told;
use crate::people::{Member, PhotoStage, PutError, model_id};
use dialects::epoch::Epoch;
use dialects::lan::control::{Check, Checked, Usability};
use dialects::lan::convert::person_from_message;
use dialects::lan::operation::Refused;
use dialects::lan::person::{
    GetPerson, ListPerson, NO_TIME, People, RemovePerson, SetPerson, UNLIMITED_PASSES,
};
use dialects::lan::{Reply, Status};
use dialects::lenient::Base64Text;
use dialects::told::ToldPerson;
use jiff::Timestamp;
use model::access::Rule;
use model::{CredentialKind, FaceFault, Person};
use std::sync::Arc;

/// The credentials that the dialect has a place for.
const OWN_CREDENTIALS: [CredentialKind; 2] = [CredentialKind::IcCard, CredentialKind::IdCard];

impl Endpoint {
    /// `setPerson`: adds or replaces (QUIRKS L16); what the dialect has no place for stays as it was.
    pub(super) async fn put(&self, message: &SetPerson) -> Outcome {
        let person = person_from_message(message, model_id(&message.id));
        let photos = match person.photo.as_ref().map(Base64Text::decode).transpose() {
            Ok(photo) => photo.map(|bytes| (String::new(), bytes)).into_iter().collect(),
            Err(error) => return Err(Refused::new(Status::PictureFormat, format!("photo: {error}"))),
        };
        let taken = told::take(&self.device, DIALECT, person, Some(photos), lay_over).await;
        taken.map(|()| Reply::done()).map_err(|error| refusal(&error))
    }

    /// `getPerson`.
    pub(super) async fn person(&self, id: &str) -> Outcome {
        let unknown = || Refused::new(Status::UnknownPerson, format!("id {id:?}"));
        let member = self.device.people.find(id).ok_or_else(unknown)?;
        let picture = self
            .device
            .people
            .picture(id)
            .await
            .map_err(|error| failed(&error))?;
        let limits = self.device.config.face.photo;
        let photo = match picture {
            Some(bytes) => tokio::task::spawn_blocking(move || as_jpeg(&bytes, &limits))
                .await
                .ok()
                .flatten(),
            None => None,
        };
        Ok(Reply::success::<GetPerson>(&SetPerson {
            photo: photo.as_deref().map(Base64Text::encode),
            ..as_told(&member)
        }))
    }

    /// `listPerson`: everybody in the order of ids, without photos.
    pub(super) fn everybody(&self) -> Reply {
        let people = &self.device.people;
        let members = people.ids().into_iter().filter_map(|id| people.find(&id));
        Reply::success::<ListPerson>(&People {
            people: members.map(|member| as_told(&member)).collect(),
        })
    }

    /// `removePerson`: all that are named, or none where one of them is unknown (terminal rules 15 and 30).
    pub(super) async fn remove(&self, message: &RemovePerson) -> Outcome {
        let Some(ids) = message.ids() else {
            let cleared = self.device.clear_people().await;
            return cleared.map(|_| Reply::done()).map_err(|error| failed(&error));
        };
        if let Some(unknown) = ids.iter().find(|id| self.device.people.find(id).is_none()) {
            return Err(Refused::new(Status::UnknownPerson, format!("id {unknown:?}")));
        }
        for id in ids {
            self.device
                .delete_person(id)
                .await
                .map_err(|error| failed(&error))?;
        }
        Ok(Reply::done())
    }

    /// `check`: an unusable picture is an answer, no refusal (QUIRKS L26). Without models whatever is a picture is
    /// usable, as it is in `setPerson` (terminal rule 18).
    pub(super) async fn check(self: &Arc<Self>, photo: &Base64Text) -> Outcome {
        let bytes = photo
            .decode()
            .map_err(|error| Refused::new(Status::PictureFormat, format!("photo: {error}")))?;
        let endpoint = Arc::clone(self);
        let checked = tokio::task::spawn_blocking(move || endpoint.examined(&bytes));
        let checked = checked
            .await
            .map_err(|error| Refused::new(Status::ServerError, error.to_string()))??;
        Ok(Reply::success::<Check>(&checked))
    }

    fn examined(&self, bytes: &[u8]) -> Result<Checked, Refused> {
        let unusable = |usability| Checked {
            usability,
            exists: false,
        };
        let Some(engine) = self.device.engine() else {
            let dimensions = face::decode::dimensions(bytes, &self.device.config.face.photo);
            return Ok(unusable(match dimensions {
                Ok(_) => Usability::Usable,
                Err(error) => usability(error.fault()),
            }));
        };
        let examination = match engine.examine(bytes) {
            Ok(examination) => examination,
            Err(face::ExamineError::Image(error)) => return Ok(unusable(usability(error.fault()))),
            Err(face::ExamineError::Run(error)) => {
                return Err(Refused::new(Status::ServerError, error.to_string()));
            }
        };
        if examination.faces.is_empty() {
            return Ok(unusable(Usability::NoFace));
        }
        let Some(template) = examination.template else {
            return Ok(unusable(Usability::NoFeatures));
        };
        let accept = self.device.thresholds().accept;
        let nearest = self.device.people.search(&template).best;
        Ok(Checked {
            usability: Usability::Usable,
            exists: nearest.is_some_and(|(_, similarity)| similarity >= accept),
        })
    }
}

fn usability(fault: FaceFault) -> Usability {
    match fault {
        FaceFault::TooLarge => Usability::WrongSize,
        FaceFault::NotAnImage => Usability::WrongFormat,
        _ => Usability::NoFace,
    }
}

/// The status for a person who was not taken (chapter 4).
fn refusal(error: &PutError) -> Refused {
    let status = match error {
        PutError::Photo { fault, stage, .. } => match stage {
            PhotoStage::Format if *fault == FaceFault::TooLarge => Status::PictureSize,
            PhotoStage::Format => Status::PictureFormat,
            PhotoStage::Content => Status::PictureBroken,
            PhotoStage::Face => Status::NoFace,
            PhotoStage::Template => Status::NoFeatures,
        },
        PutError::Photos(_) => Status::Malformed,
        PutError::Capacity => Status::Full,
        PutError::Store(error) => return failed(error),
        PutError::Engine(_) => Status::ServerError,
    };
    Refused::new(status, error.to_string())
}

/// When somebody who is there may pass beside the validity stays: the dialect has no schedules.
fn lay_over(told: ToldPerson, person: &mut Person, _: &mut Vec<Rule>) {
    person.name = told.person.name;
    person.valid_from = told.person.valid_from;
    person.valid_until = told.person.valid_until;
    person.pass_limit = told.person.pass_limit;
    person
        .credentials
        .retain(|credential| !OWN_CREDENTIALS.contains(&credential.kind));
    person.credentials.extend(told.person.credentials);
}

/// A person as `listPerson` tells one.
fn as_told(member: &Member) -> SetPerson {
    let person = &member.person;
    let number = |kind| {
        let mut credentials = person.credentials.iter();
        let of_kind = credentials.find(|credential| credential.kind == kind);
        of_kind.map(|credential| credential.number.clone())
    };
    let passes = person.pass_limit.map_or(UNLIMITED_PASSES, |limit| {
        i64::from(limit).min(UNLIMITED_PASSES - 1)
    });
    let bound = |at: Option<Timestamp>| Some(at.map_or(NO_TIME, Epoch::of));
    SetPerson {
        id: member.wire_id.clone(),
        name: Some(person.name.clone()),
        card: number(CredentialKind::IcCard),
        id_number: number(CredentialKind::IdCard),
        photo: None,
        pass_count: Some(passes),
        start: bound(person.valid_from),
        end: bound(person.valid_until),
    }
}
