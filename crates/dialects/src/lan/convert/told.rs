//! A person's message as a terminal or an importing hub understands it.

use crate::epoch::Epoch;
use crate::lan::person::{SetPerson, UNLIMITED_PASSES};
use crate::told::{ToldPerson, credential};
use jiff::Timestamp;
use model::access::Rule;
use model::{CredentialKind, Person, PersonId};
use serde_json::Map;

/// Reads a person under an id of the reader's. The door may be passed at any time of the validity: the dialect has no
/// schedules.
#[must_use]
pub fn person_from_message(message: &SetPerson, id: PersonId) -> ToldPerson {
    let credentials = [
        credential(CredentialKind::IcCard, message.card.as_deref()),
        credential(CredentialKind::IdCard, message.id_number.as_deref()),
    ];
    let name = message.name.as_deref().unwrap_or_default().trim();
    ToldPerson {
        wire_id: message.id.clone(),
        person: Person {
            credentials: credentials.into_iter().flatten().collect(),
            valid_from: bound(message.start),
            valid_until: bound(message.end),
            pass_limit: message
                .pass_count
                .filter(|count| *count < UNLIMITED_PASSES)
                .map(|count| u32::try_from(count).unwrap_or_default()),
            ..Person::new(id, name)
        },
        rules: vec![Rule::default()],
        photo: message.photo.clone().filter(|photo| !photo.is_blank()),
        photo_url: None,
        extra: Map::new(),
    }
}

/// What is not after 1970 is no bound (QUIRKS L5).
fn bound(at: Option<Epoch>) -> Option<Timestamp> {
    at.filter(|at| at.as_millisecond() > 0)?.timestamp()
}
