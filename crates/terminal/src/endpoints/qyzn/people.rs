//! People that the platform brings (4.3).

use crate::device::Device;
use crate::people::{Newcomer, PutError};
use dialects::qyzn::convert::{LibraryPerson, person_from_platform};
use dialects::qyzn::{AddPersonFace, Code, DeletePerson, ResponseBody};
use model::{Person, PersonId};
use sha2::{Digest, Sha256};
use store::StoreError;

/// `add_person_face`: adds or replaces.
pub(super) async fn add(device: &Device, message: &AddPersonFace) -> ResponseBody {
    let person = match person_from_platform(message, &device.zone) {
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
        photos: photos.collect(),
        rules: person.rules,
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

/// The model's id for a platform's: itself where it is one, else a number made from it. The id on the wire is kept
/// beside it, whole.
fn model_id(wire_id: &str) -> PersonId {
    PersonId::new(wire_id).unwrap_or_else(|_| {
        let digest = Sha256::digest(wire_id.as_bytes());
        let number = digest
            .iter()
            .take(16)
            .fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        PersonId::from_random(number)
    })
}
