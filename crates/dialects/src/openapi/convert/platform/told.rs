//! A change of the library as a terminal understands it.

use super::VISITOR;
use crate::openapi::platform::FaceChange;
use crate::told::{ToldPerson, filled};
use model::access::Rule;
use model::{Gender, Person, PersonId, PersonKind};
use serde_json::{Map, Value};

/// The platform's word for what the person is.
const KIND: &str = "userType";

/// Reads whom a change saves, under an id of the reader's. The door may be passed at any time.
#[must_use]
pub fn person_from_change(change: &FaceChange, id: PersonId) -> ToldPerson {
    let kind = change.kind.as_deref().unwrap_or_default().trim();
    let word = filled(kind).map(|word| (KIND.to_owned(), Value::String(word)));
    ToldPerson {
        wire_id: change.id.trim().to_owned(),
        person: Person {
            kind: match kind.eq_ignore_ascii_case(VISITOR) {
                true => PersonKind::Visitor,
                false => PersonKind::Member,
            },
            gender: match change.sex {
                Some(1) => Some(Gender::Male),
                Some(2) => Some(Gender::Female),
                Some(3) => Some(Gender::Other),
                _ => None,
            },
            remark: change.remark.as_deref().and_then(filled),
            ..Person::new(id, change.name.trim())
        },
        rules: vec![Rule::default()],
        photo: None,
        photo_url: filled(&change.image_url),
        extra: word.into_iter().collect::<Map<_, _>>(),
    }
}
