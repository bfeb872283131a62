//! People who come (3.10), change, and are found (3.19): the probe's own, with the photo that it was given.

use super::found::Found;
use super::server;
use super::{Ask, call, restored};
use crate::probe::PERSON;
use crate::probe::compare::Difference;
use crate::probe::look::{Looked, at, each_has, is};
use crate::probe::row::{Row, Step, need};
use dialects::facegate::person::search::PersonPage;
use dialects::facegate::person::{
    GetDatabaseVer, PersonFilter, SearchPerson, SearchPersonList, SearchPersonNum,
};
use dialects::facegate::{AddPerson, AddPersons, Call, EditPerson, EditPersonsNew, PersonInfo, PersonRef};
use serde_json::{Value, json};

/// The name of the probe's own people.
pub(super) const NAME: &str = "Menshen Probe";
/// Who is added with others, and whose photo is fetched.
const OTHERS: [&str; 2] = ["menshen-probe-2", "menshen-probe-3"];
/// What is changed of somebody.
const NOTES: &str = "changed";
/// The kind of id that is a text (3.10.3).
const BY_UUID: i64 = 2;
/// People that are asked for.
const PAGE: i64 = 5;
/// What is told of everybody (3.19).
const HELD: &[&str] = &[
    "LibID",
    "PersonType",
    "Name",
    "IdCard",
    "Birthday",
    "Telnum",
    "Native",
    "Address",
    "Notes",
    "CustomizeID",
    "PersonUUID",
];

/// People, as they are tried; those of [`super::gone`] go again.
pub(super) const ROWS: &[Row<Call, Found>] = &[
    restored(
        "GetDatabaseVer",
        "3.10.4",
        &[Step::looked_at(|_| call(GetDatabaseVer {}), is_version)],
    ),
    restored(
        "AddPerson",
        "3.10.1",
        &[Step::looked_at(add, |found, _| {
            found.has_person = true;
            Ok(())
        })],
    ),
    restored("AddPersons", "3.10.2", &[Step::looked_at(add_all, are_well)]),
    restored(
        "EditPersonsNew",
        "3.10.6",
        &[Step::looked_at(put_by_address, are_well)],
    ),
    restored(
        "EditPerson",
        "3.10.3",
        &[
            Step::ask(edit),
            Step::looked_at(|_| search(), |_, answer| is(answer, "info.Notes", &json!(NOTES))),
        ],
    ),
    restored(
        "SearchPerson",
        "3.19.1",
        &[Step::looked_at(search_added, is_person)],
    ),
    restored(
        "SearchPersonNum",
        "3.19.2",
        &[Step::looked_at(|_| call(SearchPersonNum::default()), are_counted)],
    ),
    restored(
        "SearchPersonList",
        "3.19.3",
        &[Step::looked_at(list, |_, answer| {
            each_has(answer, "info.List", HELD)
        })],
    ),
];

/// All of the probe's own people.
pub(super) fn everybody() -> Vec<String> {
    let others = OTHERS.into_iter().map(str::to_owned);
    [PERSON.to_owned()].into_iter().chain(others).collect()
}

/// Asks for the probe's own person.
pub(super) fn search() -> Ask {
    call(SearchPerson::new(&PersonRef::Uuid(PERSON.to_owned()), false))
}

fn person(uuid: &str) -> PersonInfo {
    PersonInfo {
        uuid: Some(uuid.to_owned()),
        name: Some(NAME.to_owned()),
        person_type: Some(0),
        validity: Some(0),
        ..PersonInfo::default()
    }
}

fn is_version(_: &mut Found, answer: &Value) -> Looked {
    match at(answer, "info.DatabaseVersion").as_i64() {
        Some(0 | 1) => Ok(()),
        _ => Err(Difference::new("info.DatabaseVersion", "is neither 0 nor 1")),
    }
}

fn add(found: &Found) -> Ask {
    let picture = Some(found.photo()?);
    call(AddPerson {
        person: PersonInfo {
            picture,
            ..person(PERSON)
        },
    })
}

fn add_all(found: &Found) -> Ask {
    let picture = Some(found.photo()?);
    let [uuid, _] = OTHERS;
    call(AddPersons::new(vec![PersonInfo {
        picture,
        ..person(uuid)
    }]))
}

/// The photo is fetched by the terminal.
fn put_by_address(found: &Found) -> Ask {
    found.photo()?;
    let picture_uri = Some(server::photo(&found.base()?));
    let [_, uuid] = OTHERS;
    call(EditPersonsNew::by_uuid(vec![PersonInfo {
        picture_uri,
        ..person(uuid)
    }]))
}

/// Each has a result of their own.
fn are_well(_: &mut Found, answer: &Value) -> Looked {
    let results = at(answer, "info").as_array().into_iter().flatten();
    for result in results {
        if let Some(code) = at(result, "errcode")
            .as_i64()
            .filter(|code| ![0, 200].contains(code))
        {
            return Err(Difference::new("info[].errcode", format!("is {code}")));
        }
    }
    Ok(())
}

fn was_added(found: &Found) -> Result<(), String> {
    if found.has_person {
        return Ok(());
    }
    Err("nobody was added".to_owned())
}

fn edit(found: &Found) -> Ask {
    was_added(found)?;
    call(EditPerson {
        id_type: BY_UUID,
        person: PersonInfo {
            uuid: Some(PERSON.to_owned()),
            notes: Some(NOTES.to_owned()),
            ..PersonInfo::default()
        },
    })
}

fn search_added(found: &Found) -> Ask {
    was_added(found)?;
    search()
}

fn is_person(_: &mut Found, answer: &Value) -> Looked {
    is(answer, "info.Name", &json!(NAME))?;
    is(answer, "info.PersonUUID", &json!(PERSON))?;
    need(at(answer, "info"), HELD)
        .map_err(|missing| Difference::new(format!("info.{}", missing.path), missing.text))
}

fn are_counted(found: &mut Found, answer: &Value) -> Looked {
    let count = at(answer, "info.PersonNum").as_i64().unwrap_or_default();
    if found.has_person && count < 1 {
        return Err(Difference::new("info.PersonNum", "does not count who was added"));
    }
    Ok(())
}

fn list(_: &Found) -> Ask {
    call(SearchPersonList {
        filter: PersonFilter::default(),
        page: PersonPage {
            begin: Some(0),
            count: Some(PAGE),
            with_pictures: false,
        },
    })
}
