//! Every call of the document, as it is tried.

use super::found::{Found, VOLUME};
use crate::probe::compare::Difference;
use crate::probe::look::Looked;
use crate::probe::row::{Effect, Quirks, Row, Step, need, row};
use crate::probe::{PERSON, PERSON_NAME, picture};
use dialects::epoch::Epoch;
use dialects::lan::device_info::FIELDS;
use dialects::lan::{
    Check, GetDeviceInfo, GetHeartBeat, GetPerson, GetRecordCallback, GetTime, ListPerson, ListRecord, Open,
    Reboot, RemovePerson, RemoveRecord, Request, Reset, SetDeviceInfo, SetDeviceKey, SetHeartBeat, SetPerson,
    SetRecordCallback, SetTime, TakePhotos,
};
use dialects::lenient::{self, Base64Text};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Where terminals are known to differ.
pub(super) const QUIRKS: Quirks = &[
    ("data.person[].endTs", "L5"),
    ("data.person[].startTs", "L5"),
    ("data.person[].passCount", "L6"),
    ("data.name", "L7"),
    ("data.cameraDetectType", "L7"),
    ("data.doorType", "L7"),
    ("data.record[].passType", "L9"),
    ("data.photo", "L17"),
    ("data.ts", "L18"),
    ("data.record[].ts", "L18"),
    ("data.isExist", "L25"),
    ("data$", "L13"),
];

/// Every call of the document, in the order in which they are tried.
pub(super) const ROWS: &[Row<Request, Found>] = &[
    row("setDeviceKey", "3.1", Effect::Restored, &[Step::ask(same_key)]),
    row(
        "getDeviceInfo",
        "3.3",
        Effect::Restored,
        &[Step::looked_at(get_info, keep_info)],
    ),
    row(
        "setDeviceInfo",
        "3.2",
        Effect::Restored,
        &[
            Step::ask(|found| volume(found.other_volume()?)),
            Step::looked_at(get_info, |found, answer| has_volume(found.other_volume(), answer)),
            Step::ask(|found: &Found| volume(found.volume()?)).always(),
            Step::looked_at(get_info, |found, answer| has_volume(found.volume(), answer)),
        ],
    ),
    row(
        "getTime",
        "3.5",
        Effect::Restored,
        &[Step::looked_at(|_| Ok(GetTime.into()), keep_time)],
    ),
    row("setTime", "3.4", Effect::Restored, &[Step::ask(same_time)]),
    row(
        "getRecordCallback",
        "3.13",
        Effect::Restored,
        &[Step::looked_at(|_| Ok(GetRecordCallback.into()), keep_record_url)],
    ),
    row(
        "setRecordCallback",
        "3.12",
        Effect::Restored,
        &[Step::ask(same_record_url)],
    ),
    row(
        "getHeartBeat",
        "3.17",
        Effect::Restored,
        &[Step::looked_at(|_| Ok(GetHeartBeat.into()), keep_heartbeat)],
    ),
    row(
        "setHeartBeat",
        "3.16",
        Effect::Restored,
        &[
            Step::ask(|found| later_beat(found).map(Into::into)),
            Step::looked_at(|_| Ok(GetHeartBeat.into()), has_later_beat),
            Step::ask(|found: &Found| found.beat().map(Into::into)).always(),
        ],
    ),
    row(
        "setPerson",
        "3.6",
        Effect::Restored,
        &[Step::ask(|_| Ok(person().into()))],
    ),
    row(
        "getPerson",
        "3.7",
        Effect::Restored,
        &[Step::looked_at(get_person, is_person)],
    ),
    row(
        "listPerson",
        "3.8",
        Effect::Restored,
        &[Step::looked_at(list_people, has_person)],
    ),
    row(
        "removePerson",
        "3.9",
        Effect::Restored,
        &[
            Step::ask(remove_person).always(),
            Step::looked_at(list_people, has_no_person),
        ],
    ),
    row("check", "3.19", Effect::Restored, &[Step::ask(check)]),
    row(
        "listRecord",
        "3.10",
        Effect::Restored,
        &[Step::looked_at(list_records, are_records)],
    ),
    row(
        "photo",
        "3.20",
        Effect::Restored,
        &[Step::looked_at(photo, is_photo)],
    ),
    row(
        "removeRecord",
        "3.11",
        Effect::Destructive("deletes records"),
        &[Step::ask(|_| Ok(RemoveRecord { ts: EARLIEST }.into()))],
    ),
    row(
        "open",
        "3.15",
        Effect::Destructive("opens the door"),
        &[Step::ask(|_| Ok(Open.into()))],
    ),
    row(
        "updateAPK",
        "3.18",
        Effect::Untried("installs a program, and none is at hand"),
        &[],
    ),
    row(
        "reset",
        "3.21",
        Effect::Destructive("wipes the device"),
        &[Step::ask(|_| Ok(Reset.into()))],
    ),
    row(
        "reboot",
        "3.14",
        Effect::Destructive("restarts the device"),
        &[Step::ask(|_| Ok(Reboot.into()))],
    ),
];

/// Before every record.
const EARLIEST: Epoch = Epoch::from_second(1);
/// Records that are asked for.
const RECORDS: i64 = 5;

type Asked = Result<Request, String>;
fn data(answer: &Value) -> &Value {
    answer.get("data").unwrap_or(&Value::Null)
}

/// The key that it has: a probe that is cut off leaves no other.
fn same_key(found: &Found) -> Asked {
    let new_key = found.key.clone();
    Ok(SetDeviceKey { new_key }.into())
}

fn get_info(_: &Found) -> Asked {
    Ok(GetDeviceInfo.into())
}

fn keep_info(found: &mut Found, answer: &Value) -> Looked {
    found.info = data(answer).as_object().cloned().unwrap_or_default();
    let told = FIELDS.iter().map(|field| match field.name {
        "deviceName" => "name",
        name => name,
    });
    need(data(answer), &told.collect::<Vec<_>>()).map_err(in_data)
}

fn in_data(difference: Difference) -> Difference {
    Difference::new(format!("data.{}", difference.path), difference.text)
}

fn volume(volume: f64) -> Asked {
    let change = Map::from_iter([(VOLUME.0.to_owned(), json!(volume))]);
    let change = dialects::lan::DeviceInfo::change(&change).map_err(|error| error.to_string())?;
    Ok(SetDeviceInfo(change).into())
}

fn has_volume(wanted: Result<f64, String>, answer: &Value) -> Looked {
    let told = data(answer).get(VOLUME.0).and_then(Value::as_f64);
    if told == wanted.ok() {
        return Ok(());
    }
    Err(Difference::new(
        "setDeviceInfo",
        "it does not tell the volume that it was given",
    ))
}

fn keep_time(found: &mut Found, answer: &Value) -> Looked {
    let seconds = data(answer).get("ts").and_then(Value::as_f64);
    let told = seconds.and_then(|seconds| lenient::read::<Epoch>(&json!(seconds)).ok());
    let told = told.ok_or_else(|| Difference::new("data.ts", "is no time"))?;
    let now_ms = Timestamp::now().as_millisecond();
    found.skew_ms = Some(told.as_millisecond().saturating_sub(now_ms));
    Ok(())
}

/// What its clock says anyway.
fn same_time(found: &Found) -> Asked {
    let skew_ms = found.skew_ms.ok_or("it does not tell its time")?;
    let there_ms = Timestamp::now().as_millisecond().saturating_add(skew_ms);
    let there = Timestamp::from_millisecond(there_ms).map_err(|error| error.to_string())?;
    Ok(SetTime { ts: Epoch::of(there) }.into())
}

fn url(answer: &Value) -> Option<String> {
    data(answer).get("url").and_then(Value::as_str).map(str::to_owned)
}

fn keep_record_url(found: &mut Found, answer: &Value) -> Looked {
    found.record_url = url(answer);
    Ok(())
}

fn same_record_url(found: &Found) -> Asked {
    let url = found
        .record_url
        .clone()
        .ok_or("it does not tell where it pushes")?;
    Ok(SetRecordCallback { url }.into())
}

fn keep_heartbeat(found: &mut Found, answer: &Value) -> Looked {
    let period = data(answer).get("period").and_then(Value::as_f64);
    found.heartbeat = url(answer).zip(period);
    Ok(())
}

fn later_beat(found: &Found) -> Result<SetHeartBeat, String> {
    let beat = found.beat()?;
    let period = beat.period + 1.0;
    Ok(SetHeartBeat { period, ..beat })
}

fn has_later_beat(found: &mut Found, answer: &Value) -> Looked {
    let told = data(answer).get("period").and_then(Value::as_f64);
    if told == later_beat(found).ok().map(|beat| beat.period) {
        return Ok(());
    }
    Err(Difference::new("data.period", "is not what it was given"))
}

fn person() -> SetPerson {
    SetPerson {
        id: PERSON.to_owned(),
        name: Some(PERSON_NAME.to_owned()),
        ..SetPerson::default()
    }
}

fn get_person(_: &Found) -> Asked {
    let id = PERSON.to_owned();
    Ok(GetPerson { id }.into())
}

fn is_person(_: &mut Found, answer: &Value) -> Looked {
    let is = |name: &str, wanted: &str| data(answer).get(name).and_then(Value::as_str) == Some(wanted);
    if is("id", PERSON) && is("name", PERSON_NAME) {
        return Ok(());
    }
    Err(Difference::new("data", "is not who was added"))
}

fn list_people(_: &Found) -> Asked {
    Ok(ListPerson.into())
}

fn is_listed(answer: &Value) -> bool {
    let people = data(answer).get("person").and_then(Value::as_array);
    people.is_some_and(|people| people.iter().any(|one| one.get("id") == Some(&json!(PERSON))))
}

fn has_person(_: &mut Found, answer: &Value) -> Looked {
    if is_listed(answer) {
        return Ok(());
    }
    Err(Difference::new("data.person", "lacks who was added"))
}

fn has_no_person(_: &mut Found, answer: &Value) -> Looked {
    if is_listed(answer) {
        return Err(Difference::new("data.person", "still has who was removed"));
    }
    Ok(())
}

fn remove_person(_: &Found) -> Asked {
    let removal = RemovePerson::of([PERSON]).ok_or("nobody is to be removed")?;
    Ok(removal.into())
}

fn check(_: &Found) -> Asked {
    let photo = Base64Text::encode(&picture::grey());
    Ok(Check { photo }.into())
}

fn list_records(_: &Found) -> Asked {
    Ok(ListRecord {
        ts: EARLIEST,
        count: RECORDS,
    }
    .into())
}

fn are_records(_: &mut Found, answer: &Value) -> Looked {
    let records = data(answer).get("record").and_then(Value::as_array);
    for record in records.into_iter().flatten() {
        need(record, &["personID", "ts", "passType", "name"])
            .map_err(|missing| Difference::new(format!("data.record[].{}", missing.path), missing.text))?;
    }
    Ok(())
}

fn photo(_: &Found) -> Asked {
    let count = Some(1);
    Ok(TakePhotos {
        count,
        ..TakePhotos::default()
    }
    .into())
}

fn is_photo(_: &mut Found, answer: &Value) -> Looked {
    let photos = data(answer).get("photos").and_then(Value::as_array);
    match photos.map(Vec::len) {
        Some(1) => Ok(()),
        _ => Err(Difference::new(
            "data.photos",
            "is not the one that was asked for",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_the_document_has_its_row() {
        let mut rows: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        let mut declared = Request::ALL.to_vec();
        rows.sort_unstable();
        declared.sort_unstable();
        assert_eq!(rows, declared);
    }
}
