//! People (8.2).

use super::calls::{Outcome, failed};
use super::{DIALECT, Endpoint, PICTURE_BYTES};
use crate::camera::fitting;
use crate::endpoints::told::{self, Photos};
use crate::people::{Member, PutError, model_id};
use dialects::lenient::Base64Text;
use dialects::openapi::convert::{person_from_message, user_to_platform};
use dialects::openapi::{AddUser, Code, DeleteUser, ListUsers, Page, Refused, Reply, UpdateUser, User};
use dialects::told::ToldPerson;
use model::access::Rule;
use model::{CredentialKind, FaceFault, Person, PersonKind};
use serde_json::{Map, Value};
use store::StoreError;

/// The credentials that the dialect has a place for.
const OWN_CREDENTIALS: [CredentialKind; 2] = [CredentialKind::IcCard, CredentialKind::IdCard];

impl Endpoint {
    /// Adds a person, or replaces the one of the same id (QUIRKS O39).
    pub(super) async fn add(&self, user: &User) -> Outcome {
        let person = person_from_message(user, model_id(&user.id));
        let photos = photos(&person)?;
        self.keep(person, Some(photos)).await?;
        let told = self.told(&user.id).await?;
        Ok(Reply::success::<AddUser>(&told))
    }

    /// Changes a person: what is not sent stays.
    pub(super) async fn update(&self, message: &UpdateUser) -> Outcome {
        let held = self.told(&message.id).await?;
        let held = held.ok_or_else(|| unknown(&message.id))?;
        let user = message.lay_over(&held)?;
        let person = person_from_message(&user, model_id(&user.id));
        let photos = message.has_photo().then(|| photos(&person)).transpose()?;
        self.keep(person, photos).await?;
        let told = self.told(&message.id).await?;
        Ok(Reply::success::<UpdateUser>(&told))
    }

    async fn keep(&self, person: ToldPerson, photos: Option<Photos>) -> Result<(), Refused> {
        let (wire_id, extra) = (person.wire_id.clone(), person.extra.clone());
        told::take(&self.device, DIALECT, person, photos, lay_over)
            .await
            .map_err(|error| refusal(&error))?;
        self.keep_extra(&wire_id, &extra)
            .await
            .map_err(|error| failed(&error))
    }

    /// Deletes one or all.
    pub(super) async fn delete(&self, message: &DeleteUser) -> Outcome {
        let Some(id) = message.id() else {
            let cleared = self.device.clear_people().await;
            return cleared.map(|_| Reply::done()).map_err(|error| failed(&error));
        };
        let told = self.told(id).await?;
        let deleted = self.device.delete_person(id).await;
        if !deleted.map_err(|error| failed(&error))? {
            return Err(unknown(id));
        }
        Ok(Reply::success::<DeleteUser>(&told))
    }

    /// Lists people in the order of ids, with their photos; code 50008 where there is nobody (QUIRKS O22).
    pub(super) async fn users(&self, message: &ListUsers) -> Outcome {
        let people = &self.device.people;
        let mut found: Vec<String> = Vec::new();
        for member in people.ids().iter().filter_map(|id| people.find(id)) {
            if message.takes(&user_to_platform(&member.wire_id, &member.person, &Map::new())) {
                found.push(member.wire_id.clone());
            }
        }
        if found.is_empty() {
            return Err(Refused::new(Code::NothingFound, "nobody"));
        }
        let (total, paging) = (found.len(), message.paging);
        let mut entries = Vec::new();
        for id in found.iter().skip(paging.skipped()).take(paging.most()) {
            if let Some(member) = people.find(id) {
                let photo = self.photo(&member).await.map_err(|error| failed(&error))?;
                let extra = self.extra(id).await.map_err(|error| failed(&error))?;
                entries.push(User {
                    photo: photo.as_deref().map(Base64Text::encode),
                    ..user_to_platform(id, &member.person, &extra)
                });
            }
        }
        Ok(Reply::success::<ListUsers>(&Page::new(entries, total, paging)))
    }

    /// A person as the dialect has one, without the photo; `None` where there is none.
    async fn told(&self, id: &str) -> Result<Option<User>, Refused> {
        let Some(member) = self.device.people.find(id) else {
            return Ok(None);
        };
        let extra = self.extra(id).await.map_err(|error| failed(&error))?;
        Ok(Some(user_to_platform(id, &member.person, &extra)))
    }

    async fn photo(&self, member: &Member) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(bytes) = self.device.people.picture(&member.wire_id).await? else {
            return Ok(None);
        };
        let limits = self.device.config.face.photo;
        let made = tokio::task::spawn_blocking(move || fitting(&bytes, &limits, PICTURE_BYTES, None));
        made.await.map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// What the model has no place for of what was told of a person, to be told again.
    pub(super) async fn extra(&self, wire_id: &str) -> Result<Map<String, Value>, StoreError> {
        let bytes = self.device.people.extra(wire_id, DIALECT).await?;
        let extra = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?;
        Ok(extra.unwrap_or_default())
    }

    pub(super) async fn keep_extra(
        &self,
        wire_id: &str,
        extra: &Map<String, Value>,
    ) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(extra)?;
        let kept = (!extra.is_empty()).then_some(bytes.as_slice());
        self.device.people.set_extra(wire_id, DIALECT, kept).await
    }
}

fn unknown(id: &str) -> Refused {
    Refused::new(Code::UnknownUser, format!("userId {id:?}"))
}

fn photos(person: &ToldPerson) -> Result<Photos, Refused> {
    let decoded = person.photo.as_ref().map(Base64Text::decode).transpose();
    let photo = decoded.map_err(|error| Refused::new(Code::NotAPicture, format!("photo: {error}")))?;
    Ok(photo.map(|bytes| (String::new(), bytes)).into_iter().collect())
}

/// The code for a person who was not taken (chapter 7).
fn refusal(error: &PutError) -> Refused {
    let code = match error {
        PutError::Photo { fault, .. } => match fault {
            FaceFault::NotAnImage | FaceFault::TooLarge => Code::NotAPicture,
            _ => Code::NoFace,
        },
        PutError::Photos(_) => Code::InvalidParameter,
        PutError::Capacity => Code::Full,
        PutError::Store(error) => return failed(error),
        PutError::Engine(_) => Code::InternalError,
    };
    Refused::new(code, error.to_string())
}

/// Lays what the dialect has a place for over somebody who is there. It has no schedules, no important persons and a
/// validity for visitors alone: what another dialect said of those stays.
fn lay_over(told: ToldPerson, person: &mut Person, _: &mut Vec<Rule>) {
    let message = told.person;
    let kept = person
        .credentials
        .iter()
        .filter(|credential| !OWN_CREDENTIALS.contains(&credential.kind));
    let credentials = kept.cloned().chain(message.credentials).collect();
    let visits = [person.kind, message.kind].contains(&PersonKind::Visitor);
    let (valid_from, valid_until) = match visits {
        true => (message.valid_from, message.valid_until),
        false => (person.valid_from, person.valid_until),
    };
    *person = Person {
        name: message.name,
        kind: match (person.kind, message.kind) {
            (PersonKind::Vip, PersonKind::Member) => PersonKind::Vip,
            (_, told) => told,
        },
        code: message.code,
        gender: message.gender,
        birthday: message.birthday,
        phone: message.phone,
        email: message.email,
        department: message.department,
        title: message.title,
        remark: message.remark,
        visit: message.visit,
        valid_from,
        valid_until,
        greeting: message.greeting,
        credentials,
        ..person.clone()
    };
}
