//! The operations, in the order in which they are tried.

use super::Asked;
use super::found::{Found, THRESHOLD, VOICE, one};
use crate::probe::PERSON;
use crate::probe::compare::Difference;
use crate::probe::look::{Looked, at, each_has, fits, is};
use crate::probe::row::{Effect, Row, Step, row};
use dialects::lenient;
use dialects::openapi::{
    AddUser, Code, DeleteUser, GetInformation, GetNetwork, GetPeripherals, GetSmartFace, Information,
    JsonCommand, ListRecords, ListUsers, Network, OpenDoor, Peripherals, Reboot, Seconds, SetNetwork,
    SetPeripherals, SetSmartFace, SmartFace, SyncTime, UpdateUser, User, UserType,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The name of somebody who is added and deleted again.
const PERSON_NAME: &str = "Menshen Probe";
/// What that somebody is changed to have as the remark.
const REMARK: &str = "changed";
/// Records that are asked for.
const RECORDS: i64 = 5;
/// A command that no vendor has (8.1.10).
const NO_COMMAND: &str = "menshen-probe";

/// Every operation that a platform begins.
pub(super) const ROWS: &[Row<Asked, Found>] = &[
    row(
        "/api/device/syncTime",
        "8.1.8",
        Effect::Restored,
        &[Step::ask(same_time)],
    ),
    row(
        "/api/device/jsonCmd",
        "8.1.10",
        Effect::Restored,
        &[Step::looked_at(no_command, has_result)],
    ),
    row(
        "/api/device/information",
        "8.1.11",
        Effect::Restored,
        &[Step::looked_at(
            |_| call(GetInformation),
            |_, answer| fits(answer, "data", Information::FIELDS, Information::OPTIONAL),
        )],
    ),
    row(
        "/api/device/network",
        "8.1.12",
        Effect::Restored,
        &[Step::looked_at(|_| call(GetNetwork), keep_network)],
    ),
    row(
        "/api/device/smartface",
        "8.1.14",
        Effect::Restored,
        &[Step::looked_at(|_| call(GetSmartFace), keep_face)],
    ),
    row(
        "/api/device/smartfacecfg",
        "8.1.15",
        Effect::Restored,
        &[
            Step::ask(|found| call(SetSmartFace(found.other_face()?))),
            Step::looked_at(
                |_| call(GetSmartFace),
                |found, answer| is_set(answer, THRESHOLD.0, found.other_face().map(|face| face.0)),
            ),
            Step::ask(|found: &Found| call(SetSmartFace(found.face()?.clone()))).always(),
            Step::looked_at(
                |_| call(GetSmartFace),
                |found, answer| is_set(answer, THRESHOLD.0, found.face().map(|face| face.0.clone())),
            ),
        ],
    ),
    row(
        "/api/device/perpara",
        "8.1.16",
        Effect::Restored,
        &[Step::looked_at(|_| call(GetPeripherals), keep_around)],
    ),
    row(
        "/api/device/perparacfg",
        "8.1.17",
        Effect::Restored,
        &[
            Step::ask(|found| call(SetPeripherals(found.other_around()?))),
            Step::looked_at(
                |_| call(GetPeripherals),
                |found, answer| is_set(answer, VOICE, found.other_around().map(|around| around.0)),
            ),
            Step::ask(|found: &Found| call(SetPeripherals(found.around()?.clone()))).always(),
            Step::looked_at(
                |_| call(GetPeripherals),
                |found, answer| is_set(answer, VOICE, found.around().map(|around| around.0.clone())),
            ),
        ],
    ),
    row(
        "/api/user",
        "8.2.2",
        Effect::Restored,
        &[Step::looked_at(
            |_| call(AddUser(person(""))),
            |_, answer| is(answer, "data.userId", &json!(PERSON)),
        )],
    ),
    row(
        "/api/user/update/{userId}",
        "8.2.3",
        Effect::Restored,
        &[Step::looked_at(
            |_| call(UpdateUser::to(&person(REMARK))),
            |_, answer| is(answer, "data.remark", &json!(REMARK)),
        )],
    ),
    row(
        "/api/user/list",
        "8.2.5",
        Effect::Restored,
        &[
            Step::looked_at(|_| call(ListUsers::one(PERSON)), is_listed),
            Step::looked_at(
                |_| call(ListUsers::page(1)),
                |_, answer| each_has(answer, "data.data", &["userId", "userType", "name"]),
            ),
        ],
    ),
    row(
        "/api/user/delete/{userId}",
        "8.2.4",
        Effect::Restored,
        &[
            Step::ask(delete_person).always(),
            Step::looked_at(|_| call(ListUsers::one(PERSON)), is_not_listed),
        ],
    ),
    row(
        "/api/record",
        "8.3.2",
        Effect::Restored,
        &[Step::looked_at(list_records, are_records)],
    ),
    row(
        "ws /api/record",
        "8.3.3",
        Effect::Restored,
        &[Step::ask(|_| Ok(Asked::Listen))],
    ),
    row(
        "ws heartbeat",
        "8.3.3",
        Effect::Restored,
        &[Step::ask(|_| Ok(Asked::Beat))],
    ),
    row(
        "/api/device/networkcfg",
        "8.1.13",
        Effect::Destructive("sets the network, to what it is"),
        &[Step::ask(same_network)],
    ),
    row(
        "/api/device/open",
        "8.1.7",
        Effect::Destructive("opens the door"),
        &[Step::ask(|_| call(OpenDoor::default()))],
    ),
    row(
        EVERYBODY,
        "8.2.4",
        Effect::Destructive("deletes everybody"),
        &[
            Step::ask(|_| call(DeleteUser::everybody())),
            Step::looked_at(|_| call(ListUsers::page(1)), is_nobody),
        ],
    ),
    row(
        "/api/device/reboot",
        "8.1.9",
        Effect::Destructive("restarts the device"),
        &[Step::ask(|_| call(Reboot))],
    ),
];

/// The deletion of everybody: the operation of one person, tried by itself.
const EVERYBODY: &str = "/api/user/delete/all";

type Ask = Result<Asked, String>;

fn call(request: impl Into<dialects::openapi::Request>) -> Ask {
    Ok(Asked::Call(request.into()))
}

/// What its clock says anyway.
fn same_time(found: &Found) -> Ask {
    if found.tells_time {
        return call(SyncTime);
    }
    Err("it does not tell its time, which would be changed; tried with --destructive".to_owned())
}

fn no_command(_: &Found) -> Ask {
    call(JsonCommand(one("cmd", json!(NO_COMMAND))))
}

/// A result, or the documented word that there is no such command.
fn has_result(_: &mut Found, answer: &Value) -> Looked {
    let is_none = at(answer, "code").as_i64() == Some(Code::NotSupported.number());
    if is_none || !at(answer, "json").is_null() {
        return Ok(());
    }
    Err(Difference::new("json", "is missing"))
}

fn keep_network(found: &mut Found, answer: &Value) -> Looked {
    found.network = lenient::read(at(answer, "data")).ok();
    fits(answer, "data", Network::FIELDS, Network::OPTIONAL)
}

fn same_network(found: &Found) -> Ask {
    let network = found.network.clone().ok_or("it does not tell its network")?;
    call(SetNetwork(network))
}

fn keep_face(found: &mut Found, answer: &Value) -> Looked {
    found.face = lenient::read(at(answer, "data")).ok();
    fits(answer, "data", SmartFace::FIELDS, SmartFace::OPTIONAL)
}

fn keep_around(found: &mut Found, answer: &Value) -> Looked {
    found.around = lenient::read(at(answer, "data")).ok();
    fits(answer, "data", Peripherals::FIELDS, Peripherals::OPTIONAL)
}

fn is_set(answer: &Value, name: &str, wanted: Result<Map<String, Value>, String>) -> Looked {
    let wanted = wanted.ok().and_then(|object| object.get(name).cloned());
    is(answer, &format!("data.{name}"), &wanted.unwrap_or_default())
}

fn person(remark: &str) -> User {
    User {
        id: PERSON.to_owned(),
        kind: Some(UserType::Staff),
        name: PERSON_NAME.to_owned(),
        remark: remark.to_owned(),
        ..User::default()
    }
}

fn people(answer: &Value) -> &[Value] {
    at(answer, "data.data").as_array().map_or(&[], Vec::as_slice)
}

fn is_listed(_: &mut Found, answer: &Value) -> Looked {
    match people(answer) {
        [one] if one.get("userId") == Some(&json!(PERSON)) => is(one, "name", &json!(PERSON_NAME)),
        _ => Err(Difference::new(
            "data.data",
            "is not the one person who was asked for",
        )),
    }
}

fn is_not_listed(_: &mut Found, answer: &Value) -> Looked {
    if people(answer)
        .iter()
        .any(|one| one.get("userId") == Some(&json!(PERSON)))
    {
        return Err(Difference::new("data.data", "still has who was deleted"));
    }
    Ok(())
}

fn is_nobody(_: &mut Found, answer: &Value) -> Looked {
    if people(answer).is_empty() {
        return Ok(());
    }
    Err(Difference::new("data.data", "still has people"))
}

fn delete_person(_: &Found) -> Ask {
    call(DeleteUser::one(PERSON).ok_or("nobody is to be deleted")?)
}

fn list_records(_: &Found) -> Ask {
    let mut list = ListRecords::between(Seconds::new(1), Seconds::of(Timestamp::now()), 1);
    list.paging.size = RECORDS;
    call(list)
}

fn are_records(_: &mut Found, answer: &Value) -> Looked {
    each_has(
        answer,
        "data.data",
        &[
            "id",
            "signTime",
            "type",
            "inputType",
            "userType",
            "userId",
            "name",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const NAMES: &str = include_str!("../../../../dialects/tests/names/openapi.txt");

    #[test]
    fn every_operation_that_a_platform_begins_has_its_row() {
        let rows: BTreeSet<&str> = ROWS
            .iter()
            .map(|row| row.name)
            .filter(|name| *name != EVERYBODY)
            .collect();
        let begun = NAMES
            .lines()
            // What the terminal begins: pushes, and chapter 9.
            .filter(|name| !name.starts_with("sy") && !name.starts_with("push "));
        assert_eq!(rows, begun.collect());
        assert_eq!(rows.len(), ROWS.len() - 1);
    }
}
