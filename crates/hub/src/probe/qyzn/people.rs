//! Chapters 4.3 and 4.4: somebody is added, changed, told of and removed again.

use super::{Asked, Found, Looked};
use crate::probe::compare::Difference;
use crate::probe::row::{Effect, Row, Step, row};
use crate::probe::{PERSON, PERSON_NAME, picture};
use dialects::lenient::{Base64Text, PictureFormat};
use dialects::qyzn::person::PersonType;
use dialects::qyzn::{
    AddFace, AddPerson, AddPersonFace, ClearPerson, DeleteFace, DeletePerson, PlatformRequest,
    SnapshotPicture, SyncPerson, UpdatePerson,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The number of the probe's person.
const CODE: &str = "probe";
/// Their name once it was changed.
const NEW_NAME: &str = "Menshen Probe 2";
/// How long the camera may wait for a face, seconds.
const SNAPSHOT_SECONDS: i64 = 1;

/// The people that the device told of, by their ids.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<Mutex<BTreeMap<String, String>>>);

impl Told {
    /// Takes one.
    pub(super) fn hear(&self, person: &AddPersonFace) {
        self.people(|people| people.insert(person.person_id.clone(), person.name.clone()));
    }

    /// Begins anew.
    pub(super) fn forget(&self) {
        self.people(BTreeMap::clear);
    }

    /// How many were told of.
    pub(super) fn count(&self) -> usize {
        self.people(|people| people.len())
    }

    fn name_of(&self, id: &str) -> Option<String> {
        self.people(|people| people.get(id).cloned())
    }

    fn people<T>(&self, work: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// In the order in which they are tried.
pub(super) const ROWS: &[Row<PlatformRequest, Found>] = &[
    row("add_person", "4.3.1", Effect::Restored, &[Step::ask(add)]),
    row("update_person", "4.3.2", Effect::Restored, &[Step::ask(update)]),
    row(
        "sync_person",
        "4.3.6",
        Effect::Restored,
        &[Step::looked_at(sync, has_person)],
    ),
    row("add_face", "4.4.1", Effect::Restored, &[Step::ask(add_face)]),
    row(
        "delete_face",
        "4.4.2",
        Effect::Restored,
        &[Step::ask(delete_faces)],
    ),
    row(
        "delete_person",
        "4.3.3",
        Effect::Restored,
        &[Step::ask(delete).always(), Step::looked_at(sync, has_no_person)],
    ),
    row(
        "add_person_face",
        "4.3.8",
        Effect::Restored,
        &[
            Step::ask(|_| Ok(person(PERSON_NAME).into())),
            Step::ask(delete).always(),
        ],
    ),
    row(
        "snapshot_picture",
        "4.3.5",
        Effect::Restored,
        &[Step::looked_at(snapshot, is_jpeg)],
    ),
];

/// What cannot be undone.
pub(super) const WIPING: Row<PlatformRequest, Found> = row(
    "clear_person",
    "4.3.4",
    Effect::Destructive("deletes everybody"),
    &[
        Step::ask(|_| Ok(ClearPerson {}.into())),
        Step::looked_at(sync, has_nobody),
    ],
);

fn person(name: &str) -> AddPersonFace {
    AddPersonFace::new(PERSON, CODE, name, PersonType::Member)
}

fn add(_: &Found) -> Asked {
    Ok(AddPerson(person(PERSON_NAME)).into())
}

fn update(_: &Found) -> Asked {
    Ok(UpdatePerson {
        person_id: PERSON.to_owned(),
        person_code: CODE.to_owned(),
        name: Some(NEW_NAME.to_owned()),
        ..UpdatePerson::default()
    }
    .into())
}

fn sync(_: &Found) -> Asked {
    Ok(SyncPerson {}.into())
}

fn has_person(found: &mut Found, _: &Value) -> Looked {
    match found.told.name_of(PERSON) {
        Some(name) if name == NEW_NAME => Ok(()),
        Some(name) => Err(Difference::new(
            "device_sync_person",
            format!("tells the name {name:?}, which was changed to {NEW_NAME:?}"),
        )),
        None => Err(Difference::new("device_sync_person", "lacks who was added")),
    }
}

fn has_no_person(found: &mut Found, _: &Value) -> Looked {
    match found.told.name_of(PERSON) {
        Some(_) => Err(Difference::new("device_sync_person", "still has who was deleted")),
        None => Ok(()),
    }
}

fn has_nobody(found: &mut Found, answer: &Value) -> Looked {
    let number = answer.get("data").and_then(|data| data.get("person_num"));
    if number.and_then(Value::as_u64) == Some(0) && found.told.count() == 0 {
        return Ok(());
    }
    Err(Difference::new("data.person_num", "people are left"))
}

/// A picture without a face: what has none is refused with the document's own code, which is as documented.
fn add_face(_: &Found) -> Asked {
    Ok(AddFace {
        person_id: PERSON.to_owned(),
        face_id: PERSON.to_owned(),
        image: Base64Text::encode(&picture::grey()),
    }
    .into())
}

fn delete_faces(_: &Found) -> Asked {
    Ok(DeleteFace {
        person_id: Some(PERSON.to_owned()),
        ..DeleteFace::default()
    }
    .into())
}

fn delete(_: &Found) -> Asked {
    Ok(DeletePerson::one(PERSON).into())
}

fn snapshot(_: &Found) -> Asked {
    Ok(SnapshotPicture {
        timeout_seconds: SNAPSHOT_SECONDS,
    }
    .into())
}

fn is_jpeg(_: &mut Found, answer: &Value) -> Looked {
    let image = answer.get("data").and_then(|data| data.get("image"));
    let text = Base64Text::from_text(image.and_then(Value::as_str).unwrap_or_default());
    match text.decode() {
        Ok(bytes) if PictureFormat::sniff(&bytes) == Some(PictureFormat::Jpeg) => Ok(()),
        Ok(_) => Err(Difference::new("data.image", "is no JPEG")),
        Err(error) => Err(Difference::new("data.image", error.to_string())),
    }
}
