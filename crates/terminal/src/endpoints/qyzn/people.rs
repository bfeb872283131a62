//! People that the platform brings (4.3).

use super::DIALECT;
use crate::device::Device;
use crate::people::{Member, Newcomer, PhotoChange, PutError, model_id};
use dialects::lenient::Base64Text;
use dialects::qyzn::convert::{LibraryPerson, Wanted, person_from_platform, person_to_device};
use dialects::qyzn::person::{Face, PersonType};
use dialects::qyzn::{
    AddFace, AddPerson, AddPersonFace, Code, DeleteFace, DeletePerson, DeviceSyncPerson, ResponseBody,
    UpdatePerson, check,
};
use model::access::Rule;
use model::{Credential, CredentialKind, Greeting, Person, PersonKind};
use store::StoreError;

/// `add_person_face`: adds or replaces.
pub(super) async fn add(device: &Device, message: &AddPersonFace) -> ResponseBody {
    let person = match person_from_platform(message, &device.zone()) {
        Ok(person) => person,
        Err(error) => return ResponseBody::refusal(Code::InvalidParameter, error.to_string()),
    };
    match device.put_person(newcomer(person)).await {
        Ok(()) => ResponseBody::of_code(Code::Success),
        Err(error) => ResponseBody::refusal(put_code(&error), error.to_string()),
    }
}

/// `delete_person`: all of the persons named, or none.
pub(super) async fn delete(device: &Device, message: &DeletePerson) -> ResponseBody {
    if let Some(unknown) = message.ids.iter().find(|id| device.people.find(id).is_none()) {
        let reason = format!("there is no person {unknown:?}");
        return ResponseBody::refusal(Code::UnknownPerson, reason);
    }
    for id in &message.ids {
        if let Err(error) = device.delete_person(id).await {
            return store_failed(&error);
        }
    }
    ResponseBody::of_code(Code::Success)
}

/// `clear_person`: everybody.
pub(super) async fn clear(device: &Device) -> ResponseBody {
    match device.clear_people().await {
        Ok(_) => ResponseBody::of_code(Code::Success),
        Err(error) => store_failed(&error),
    }
}

/// What the own store's failure is to the platform.
pub(super) fn store_failed(error: &StoreError) -> ResponseBody {
    tracing::error!(%error, "a platform's request failed");
    match error {
        StoreError::Busy { .. } => ResponseBody::busy(dialects::qyzn::operation::DEFAULT_WAIT_SECONDS),
        _ => ResponseBody::refusal(Code::Failed, error.to_string()),
    }
}

fn put_code(error: &PutError) -> Code {
    match error {
        PutError::Photo { .. } => Code::NoFeatures,
        PutError::Photos(_) => Code::InvalidParameter,
        PutError::Capacity => Code::AddFailed,
        PutError::Store(StoreError::Busy { .. }) => Code::Busy,
        PutError::Engine(_) | PutError::Store(_) => Code::Failed,
    }
}

fn newcomer(person: LibraryPerson) -> Newcomer {
    let photos = person
        .faces
        .into_iter()
        .map(|face| (face.id.unwrap_or_default(), face.picture));
    Newcomer {
        dialect: DIALECT,
        photos: photos.collect(),
        rules: person.rules,
        greeting: Greeting::default(),
        person: Person {
            code: Some(person.code),
            kind: person.kind,
            credentials: person.credentials,
            verify: person.verify,
            valid_from: person.valid_from,
            valid_until: person.valid_until,
            pass_limit: person.pass_limit,
            ..Person::new(model_id(&person.id), person.name)
        },
        wire_id: person.id,
    }
}

/// `add_person` (4.3.1): 101 where there is one of this id.
pub(super) async fn add_new(device: &Device, message: &AddPerson) -> ResponseBody {
    if device.people.find(&message.0.person_id).is_some() {
        return ResponseBody::refusal(Code::Exists, "there is a person of this id");
    }
    let person = AddPersonFace {
        faces: Vec::new(),
        ext_pass_rule: None,
        ..message.0.clone()
    };
    add(device, &person).await
}

/// `update_person` (4.3.2): what the message names.
pub(super) async fn update(device: &Device, message: &UpdatePerson) -> ResponseBody {
    let Some(member) = device.people.find(&message.person_id) else {
        return unknown(&message.person_id);
    };
    let mut whole = wire_form(device, &member);
    let was_stranger = is_listed_stranger(&member);
    if was_stranger {
        // Of a stranger no days are kept: who is none any more may pass on all of them, unless the message says which.
        whole = AddPersonFace {
            person_type: PersonType::Stranger,
            pass_period: None,
            ..without_days(whole)
        };
    }
    message.lay_over(&mut whole);
    let changes_rule = message.changes_rule() || was_stranger != (whole.person_type == PersonType::Stranger);
    let changed = match person_from_platform(&whole, &device.zone()) {
        Ok(changed) => changed,
        Err(error) => return ResponseBody::refusal(Code::InvalidParameter, error.to_string()),
    };
    let message = message.clone();
    let change = move |person: &mut Person, rules: &mut Vec<Rule>, _: &mut Greeting| {
        person.code = Some(changed.code);
        if message.name.is_some() {
            person.name = changed.name;
        }
        if message.person_type.is_some() {
            person.kind = changed.kind;
        }
        replace(person, CredentialKind::IdCard, &message.id_number);
        replace(person, CredentialKind::IcCard, &message.ic_number);
        if message.pass_number.is_some() {
            person.pass_limit = changed.pass_limit;
        }
        if message.start_time.is_some() {
            person.valid_from = changed.valid_from;
        }
        if message.expire_time.is_some() {
            person.valid_until = changed.valid_until;
        }
        if changes_rule {
            *rules = changed.rules;
        }
    };
    revised(
        &whole.person_id,
        device
            .revise_person(DIALECT, &whole.person_id, change, PhotoChange::Keep)
            .await,
    )
}

/// Somebody listed as a stranger (type 4): recognised, and never let in.
fn is_listed_stranger(member: &Member) -> bool {
    member.person.kind == PersonKind::Member && member.rules.is_empty()
}

fn without_days(person: AddPersonFace) -> AddPersonFace {
    AddPersonFace {
        pass_monday: None,
        pass_tuesday: None,
        pass_wednesday: None,
        pass_thursday: None,
        pass_friday: None,
        pass_saturday: None,
        pass_sunday: None,
        ..person
    }
}

/// A number that the message names takes the old one's place; an empty one takes it away.
fn replace(person: &mut Person, kind: CredentialKind, number: &Option<String>) {
    let Some(number) = number.as_deref().map(str::trim) else {
        return;
    };
    person.credentials.retain(|credential| credential.kind != kind);
    if !number.is_empty() {
        person.credentials.push(Credential {
            kind,
            number: number.to_owned(),
            facility: None,
            bits: None,
        });
    }
}

/// `add_face` (4.4.1).
pub(super) async fn add_face(device: &Device, message: &AddFace) -> ResponseBody {
    let picture = match message.image.decode() {
        Ok(picture) => picture,
        Err(error) => return ResponseBody::refusal(Code::InvalidParameter, format!("image: {error}")),
    };
    let photo = PhotoChange::Put {
        face_id: message.face_id.clone(),
        picture,
    };
    let done = device
        .revise_person(DIALECT, &message.person_id, |_, _, _| {}, photo)
        .await;
    revised(&message.person_id, done)
}

/// `delete_face` (4.4.2): one photo, or all of a person, who stays. 102 where there is no such photo.
pub(super) async fn delete_face(device: &Device, message: &DeleteFace) -> ResponseBody {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let (person, photo) = match (filled(&message.person_id), filled(&message.face_id)) {
        (Some(person), None) => (person, PhotoChange::DropAll),
        (person, Some(face_id)) => {
            let owner = match &person {
                Some(person) => match device.people.find(person) {
                    Some(member) => Some(member).filter(|member| member.face_ids.contains(&face_id)),
                    None => return unknown(person),
                },
                None => device.people.owner_of_photo(&face_id),
            };
            let Some(owner) = owner else {
                return ResponseBody::refusal(Code::NotFound, format!("there is no photo {face_id:?}"));
            };
            (owner.wire_id.clone(), PhotoChange::Drop(face_id))
        }
        (None, None) => return ResponseBody::refusal(Code::InvalidParameter, "faceId or personId"),
    };
    revised(
        &person,
        device.revise_person(DIALECT, &person, |_, _, _| {}, photo).await,
    )
}

fn revised(person: &str, done: Result<bool, PutError>) -> ResponseBody {
    match done {
        Ok(true) => ResponseBody::of_code(Code::Success),
        Ok(false) => unknown(person),
        Err(error) => ResponseBody::refusal(put_code(&error), error.to_string()),
    }
}

fn unknown(person: &str) -> ResponseBody {
    ResponseBody::refusal(Code::UnknownPerson, format!("there is no person {person:?}"))
}

/// A person as this dialect has one, without photos.
fn wire_form(device: &Device, member: &Member) -> AddPersonFace {
    let subject = member.subject();
    let person = Person {
        passes_used: subject.passes_used,
        ..member.person.clone()
    };
    let converted = person_to_device(&Wanted {
        person: &person,
        rules: &member.rules,
        zone: &device.zone(),
        photo: None,
        now: device.clock.now(),
        ic_number_bytes: check::IC_NUMBER_BYTES,
    });
    AddPersonFace {
        person_id: member.wire_id.clone(),
        ..converted.message
    }
}

/// `device_sync_person` (4.3.7) for a person; `None` where there is none any more.
pub(super) async fn told(device: &Device, wire_id: &str) -> Result<Option<DeviceSyncPerson>, StoreError> {
    let Some(member) = device.people.find(wire_id) else {
        return Ok(None);
    };
    let mut person = wire_form(device, &member);
    let pictures = device.people.pictures(&member).await?;
    person.faces = pictures
        .into_iter()
        .map(|(id, bytes)| Face {
            face_id: Some(id).filter(|id| !id.is_empty()),
            image: Some(Base64Text::encode(&bytes)),
        })
        .collect();
    Ok(Some(DeviceSyncPerson(person)))
}
