//! Every example of the document, its typography repaired: read, looked at field by field, and written again.

use dialects::epoch::Epoch;
use dialects::lan::record::{RECORD_ANSWER, is_kept};
use dialects::lan::{
    Check, DeviceInfo, GetDeviceInfo, GetHeartBeat, GetPerson, GetRecordCallback, GetTime, ListPerson,
    ListRecord, Open, Operation, PUSHES, Reboot, RemovePerson, RemoveRecord, Reply, Request, Reset,
    SetDeviceInfo, SetDeviceKey, SetHeartBeat, SetPerson, SetRecordCallback, SetTime, Status, TakePhotos,
    UpdateApk, Usability,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn golden(name: &str) -> Vec<u8> {
    let path = folder("golden/lan").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Numbers by their value: 5 and 5.0 are one.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap()),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect(),
        other => other.clone(),
    }
}

/// The example of an operation: read, and written again the same.
fn example<O: Operation>() -> O::Answer {
    let file = format!("{}-{}.response.json", O::SECTION, O::NAME);
    let bytes = golden(&file);
    let reply = Reply::parse(&bytes).unwrap();
    let due: Value = serde_json::from_slice(&bytes).unwrap();
    let same = |written: Vec<u8>| plain(&serde_json::from_slice(&written).unwrap());
    assert_eq!(same(reply.to_bytes()), plain(&due), "{file}");
    let answer = reply
        .answer::<O>()
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    let again = Reply {
        msg: reply.msg,
        ..Reply::success::<O>(&answer)
    };
    assert_eq!(same(again.to_bytes()), plain(&due), "{file}");
    answer
}

#[test]
fn the_code_declares_the_names_of_the_document() {
    let committed = std::fs::read_to_string(folder("names/lan.txt")).unwrap();
    let committed: BTreeSet<&str> = committed.lines().collect();
    let declared: BTreeSet<&str> = Request::ALL.iter().chain(PUSHES).copied().collect();
    assert_eq!(declared, committed);
    assert_eq!((Request::ALL.len(), PUSHES.len()), (21, 2));
}

#[test]
fn what_gives_nothing_back_is_read_and_written_again() {
    example::<SetDeviceKey>();
    example::<SetDeviceInfo>();
    example::<SetTime>();
    example::<SetPerson>();
    example::<RemovePerson>();
    example::<RemoveRecord>();
    example::<SetRecordCallback>();
    example::<Reboot>();
    example::<Open>();
    example::<SetHeartBeat>();
    example::<UpdateApk>();
    example::<Reset>();
}

#[test]
fn the_device_of_3_3() {
    let info: DeviceInfo = example::<GetDeviceInfo>();
    assert_eq!(info.serial().as_deref(), Some("f269bb519fe282c5"));
    assert_eq!(info.text("deviceName").as_deref(), Some("1号机"));
    assert_eq!(info.text("appFailMsg").as_deref(), Some("抱歉，识别失败"));
    assert_eq!(info.text("deviceDefendTime").as_deref(), Some("21:50"));
    // Out of every range, and kept as it came (QUIRKS L7).
    assert_eq!(
        (info.number("cameraDetectType"), info.number("doorType")),
        (Some(100.0), Some(100_000.0))
    );
    assert_eq!(info.number("faceFeaturePairNumber"), Some(0.2));
    assert_eq!(info.number("openDoorContinueTime"), Some(5.0));
}

#[test]
fn the_clock_of_3_5() {
    assert_eq!(
        example::<GetTime>().ts,
        Epoch::from_millisecond(1_539_666_601_235)
    );
}

#[test]
fn the_people_of_3_7_and_3_8() {
    let person = example::<GetPerson>();
    assert_eq!(
        (person.id.as_str(), person.name.as_deref()),
        ("1", Some("胖虎 1"))
    );
    assert_eq!(
        (person.card.as_deref(), person.id_number.as_deref()),
        (Some("7267e840"), Some("990307189207026735"))
    );
    assert_eq!(person.pass_count, Some(10_000));
    assert_eq!(person.start, Some(Epoch::from_second(1_542_595_445)));
    assert_eq!(person.end, Some(Epoch::from_millisecond(1_542_595_445_123)));
    let people = example::<ListPerson>().people;
    assert_eq!(
        (people.len(), people[1].id.as_str(), &people[1].card),
        (2, "123457", &None)
    );
    assert_eq!(people[0].start, Some(Epoch::from_second(0)));
}

#[test]
fn the_records_of_3_10() {
    let records = example::<ListRecord>().records;
    assert_eq!(records.len(), 2);
    assert_eq!(
        (records[1].person_id.as_str(), records[1].name.as_deref()),
        ("10001", Some("li si"))
    );
    assert_eq!(
        (records[0].ts, records[0].pass_type),
        (Some(Epoch::from_second(1_539_666_562)), Some(0))
    );
}

#[test]
fn addresses_pictures_and_verdicts() {
    assert_eq!(example::<GetRecordCallback>().url, "http://ip:port/");
    let heartbeat = example::<GetHeartBeat>();
    assert_eq!(
        (heartbeat.period, heartbeat.url.as_str()),
        (50.0, "http://192.168.0.66:8888")
    );
    let checked = example::<Check>();
    assert_eq!((checked.usability, checked.exists), (Usability::Usable, false));
    for usability in Usability::ALL {
        assert_eq!(Usability::from(usability.number()), *usability);
    }
    assert_eq!(example::<TakePhotos>().photos.len(), 2);
}

#[test]
fn the_answer_to_a_record_of_3_12() {
    let example = golden("3.12-recordCallback.response.json");
    let due: Value = serde_json::from_slice(&example).unwrap();
    assert_eq!(serde_json::from_str::<Value>(RECORD_ANSWER).unwrap(), due);
    assert!(is_kept(&example) && is_kept(b"\xEF\xBB\xBF{\"status\":\"0\"}\r\n"));
    for other in [
        &b"{\"status\":1}"[..],
        b"{}",
        b"OK",
        b"",
        b"{\"status\":null}",
        b"{\"status\":\"\"}",
    ] {
        assert!(!is_kept(other), "{other:?}");
    }
}

#[test]
fn every_example_was_looked_at() {
    let files: BTreeSet<String> = std::fs::read_dir(folder("golden/lan"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let names: BTreeSet<&str> = files
        .iter()
        .map(|file| file.split(['-', '.']).nth_back(2).unwrap())
        .collect();
    let declared = Request::ALL.iter().copied().chain(["recordCallback"]);
    assert_eq!(names, declared.collect::<BTreeSet<_>>());
}

#[test]
fn statuses_go_both_ways() {
    for status in Status::ALL {
        assert_eq!(Status::from(status.number()), *status);
        let written = Reply::of(*status).to_bytes();
        let read = Reply::parse(&written).unwrap();
        assert_eq!((read.status, read.msg.as_str()), (*status, status.text()));
    }
    assert_eq!(Status::ALL.len(), 33);
    assert_eq!(Status::from(77), Status::Other(77));
    // Nothing but chapter 4.
    let numbers: Vec<i64> = Status::ALL.iter().map(|status| status.number()).collect();
    let due: Vec<i64> = [0, 1]
        .into_iter()
        .chain(100..=128)
        .chain([1000, 10_000])
        .collect();
    assert_eq!(numbers, due);
}
