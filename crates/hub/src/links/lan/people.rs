//! Whom a terminal holds (3.7, 3.8).

use super::wire::Wire;
use crate::links::{CallError, DevicePerson, Failure, HeldPerson, PeopleSink};
use dialects::lan::convert::person_from_message;
use dialects::lan::{GetPerson, ListPerson, SetPerson};
use dialects::told::ToldPerson;
use model::PersonId;

/// Everybody, by id and name.
pub(super) async fn list(wire: &Wire) -> Result<Vec<HeldPerson>, CallError> {
    let held = wire.call(&ListPerson).await?.people;
    let named = held.into_iter().map(|person| HeldPerson {
        wire_id: person.id.trim().to_owned(),
        name: person.name.unwrap_or_default().trim().to_owned(),
    });
    Ok(named.collect())
}

/// Reads everybody into the hub. Photos, and times that can be trusted, come one person at a time.
pub(super) async fn read(wire: &Wire, sink: &dyn PeopleSink) -> Result<u32, CallError> {
    let mut count = 0;
    for held in wire.call(&ListPerson).await?.people {
        let ask = GetPerson { id: held.id.clone() };
        let person = match wire.call(&ask).await {
            Ok(person) => SetPerson {
                id: held.id,
                ..person
            },
            Err(error) if error.failure == Failure::NotFound => continue,
            Err(error) => return Err(error),
        };
        sink.take(device_person(&person))
            .await
            .map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
        count += 1;
    }
    Ok(count)
}

fn device_person(message: &SetPerson) -> DevicePerson {
    let wire_id = message.id.trim();
    let id = PersonId::new(wire_id).unwrap_or_else(|_| PersonId::from_random(uuid::Uuid::now_v7().as_u128()));
    let ToldPerson { person, photo, .. } = person_from_message(message, id);
    let photo = photo.and_then(|photo| photo.decode().ok());
    DevicePerson {
        wire_id: wire_id.to_owned(),
        person,
        photos: photo.into_iter().filter(|photo| !photo.is_empty()).collect(),
        index: None,
    }
}
