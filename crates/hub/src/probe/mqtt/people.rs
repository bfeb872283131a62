//! Chapter 2.2: somebody is added, changed, told of and removed again.

use super::{Asked, Found, Looked};
use crate::probe::compare::Difference;
use crate::probe::row::{Effect, Row, Step, row};
use crate::probe::{PERSON, PERSON_NAME, picture};
use dialects::lenient::Base64Text;
use dialects::mqtt::person::Operate;
use dialects::mqtt::time::Day;
use dialects::mqtt::{
    CloudRequest, OnlineGetRegister, OnlineGetRegisterByIndex, OnlineGetRegisterCount, OnlineStopGetRegister,
    PersonInfo, RegisterPersonInfo,
};
use jiff::civil::date;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Their name once it was changed.
const NEW_NAME: &str = "Menshen Probe 2";
/// The id of their photo, six digits.
const PHOTO_ID: &str = "100001";

/// The people that the device told of: place, id and name.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<Mutex<Vec<(i64, String, String)>>>);

impl Told {
    /// Takes one.
    pub(super) fn hear(&self, place: i64, id: &str, name: &str) {
        self.people(|people| people.push((place, id.to_owned(), name.to_owned())));
    }

    /// Begins anew.
    pub(super) fn forget(&self) {
        self.people(Vec::clear);
    }

    fn by_id(&self, id: &str) -> Option<(i64, String)> {
        self.people(|people| {
            let found = people.iter().find(|(_, told, _)| told == id);
            found.map(|(place, _, name)| (*place, name.clone()))
        })
    }

    fn at(&self, place: i64) -> Option<String> {
        self.people(|people| {
            let found = people.iter().find(|(told, _, _)| *told == place);
            found.map(|(_, id, _)| id.clone())
        })
    }

    fn people<T>(&self, work: impl FnOnce(&mut Vec<(i64, String, String)>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// In the order in which they are tried.
pub(super) const ROWS: &[Row<CloudRequest, Found>] = &[
    row(
        "onlineGetRegisterCount",
        "2.2.4",
        Effect::Restored,
        &[Step::looked_at(count, keep_count)],
    ),
    row(
        "registerPersonInfo",
        "2.2.1",
        Effect::Restored,
        &[
            Step::looked_at(add, keep_added),
            Step::looked_at(count, has_one_more),
            Step::ask(change),
        ],
    ),
    row(
        "onlineGetRegister",
        "2.2.2",
        Effect::Restored,
        &[Step::looked_at(everybody, has_person)],
    ),
    row(
        "onlineGetRegisterByIndex",
        "2.2.5",
        Effect::Restored,
        &[Step::looked_at(one, is_at_place)],
    ),
    row(
        "onlineStopGetRegister",
        "2.2.3",
        Effect::Restored,
        &[Step::ask(|_| Ok(OnlineStopGetRegister::default().into()))],
    ),
];

/// After the others: whoever was added goes.
pub(super) const LEAVING: &[Row<CloudRequest, Found>] = &[row(
    "registerPersonInfo",
    "2.2.1",
    Effect::Restored,
    &[Step::ask(delete), Step::looked_at(count, is_as_before)],
)];

/// A picture in which nobody can be found.
pub(super) fn faceless() -> Base64Text {
    Base64Text::encode(&picture::grey())
}

fn operation(operate: Operate, person: PersonInfo) -> CloudRequest {
    let person = PersonInfo {
        operate: Some(operate),
        id: PERSON.to_owned(),
        ..person
    };
    RegisterPersonInfo::one("", "", person).into()
}

fn person(found: &Found, name: &str) -> PersonInfo {
    PersonInfo {
        name: name.to_owned(),
        sex: "男".to_owned(),
        birthday: "1997年4月3日".to_owned(),
        valid_from: Some(Day(date(2020, 1, 1))),
        valid_until: Some(Day(date(2037, 12, 31))),
        photo_1: found.photo.clone().unwrap_or_else(faceless),
        photo_id_1: PHOTO_ID.to_owned(),
        ..PersonInfo::default()
    }
}

fn add(found: &Found) -> Asked {
    Ok(operation(Operate::Add, person(found, PERSON_NAME)))
}

fn keep_added(found: &mut Found, answer: &Value) -> Looked {
    found.added = answer.get("errorCode").and_then(Value::as_str) == Some("100");
    Ok(())
}

fn if_added(found: &Found) -> Result<(), String> {
    match found.added {
        true => Ok(()),
        false => Err("nobody was added: it takes a photo with a face (--photo)".to_owned()),
    }
}

fn change(found: &Found) -> Asked {
    if_added(found)?;
    Ok(operation(Operate::Change, person(found, NEW_NAME)))
}

fn delete(found: &Found) -> Asked {
    if_added(found)?;
    Ok(operation(Operate::Delete, PersonInfo::default()))
}

fn count(_: &Found) -> Asked {
    Ok(OnlineGetRegisterCount::default().into())
}

fn number(answer: &Value, name: &str) -> Option<i64> {
    answer.get(name)?.as_str()?.parse().ok()
}

fn counted(answer: &Value) -> Option<u32> {
    number(answer, "personNum").and_then(|count| u32::try_from(count).ok())
}

fn keep_count(found: &mut Found, answer: &Value) -> Looked {
    found.count = counted(answer);
    Ok(())
}

fn has_one_more(found: &mut Found, answer: &Value) -> Looked {
    is_count(answer, found.count.map(|count| count + u32::from(found.added)))
}

fn is_as_before(found: &mut Found, answer: &Value) -> Looked {
    is_count(answer, found.count)
}

fn is_count(answer: &Value, expected: Option<u32>) -> Looked {
    match (counted(answer), expected) {
        (told, Some(expected)) if told != Some(expected) => {
            Err(Difference::new("personNum", format!("is not {expected}")))
        }
        _ => Ok(()),
    }
}

fn everybody(_: &Found) -> Asked {
    Ok(OnlineGetRegister::default().into())
}

fn has_person(found: &mut Found, _: &Value) -> Looked {
    if !found.added {
        return Ok(());
    }
    match found.told.by_id(PERSON) {
        Some((_, name)) if name == NEW_NAME => Ok(()),
        Some((_, name)) => {
            let text = format!("tells {name:?}, which was changed to {NEW_NAME:?}");
            Err(Difference::new("name", text))
        }
        None => Err(Difference::new("idNumber", "lacks who was added")),
    }
}

/// The place that is asked for: that of the probe's person, else the first.
fn place(found: &Found) -> i64 {
    found.told.by_id(PERSON).map_or(0, |(place, _)| place)
}

fn one(found: &Found) -> Asked {
    if found.count == Some(0) && !found.added {
        return Err("it holds nobody".to_owned());
    }
    Ok(OnlineGetRegisterByIndex {
        msg_id: String::new(),
        device_no: String::new(),
        index: place(found),
    }
    .into())
}

fn is_at_place(found: &mut Found, answer: &Value) -> Looked {
    let place = place(found);
    if number(answer, "index") != Some(place) {
        return Err(Difference::new("index", format!("is not {place}")));
    }
    let id = answer.get("idNumber").and_then(Value::as_str);
    match found.told.at(place) {
        Some(told) if id != Some(told.as_str()) => {
            let text = format!("is not the {told:?} that onlineGetRegister told at {place}");
            Err(Difference::new("idNumber", text))
        }
        _ => Ok(()),
    }
}
