//! Many people at once, each with a result of their own.

use super::{device, value};
use dialects::facegate::code::FailureClass;
use dialects::facegate::person::{PersonResult, PersonResults};
use dialects::facegate::{
    AddPersons, BatchCode, BatchPersonCode, Call, EditPersonsNew, Operation, PersonInfo, ReceivedCall,
    answer_of, success,
};
use serde_json::{Value, json};

fn call(operator: &str, body: &str) -> Call {
    let received = ReceivedCall::parse(operator, body.as_bytes(), &device());
    received
        .unwrap_or_else(|error| panic!("{operator} {body}: {error}"))
        .call
}

#[test]
fn each_person_of_a_batch_has_a_code_of_their_own() {
    let person = |fields: Value| PersonInfo::read(&fields).unwrap();
    let whole = json!({"PersonUUID": "a", "Name": "A", "picURI": "http://h/a.jpg"});
    let call = EditPersonsNew::by_uuid(vec![person(whole.clone())]);
    let code = |change: Value| {
        let mut fields = whole.clone();
        for (key, value) in change.as_object().unwrap() {
            fields[key] = value.clone();
        }
        call.check_person(&person(fields)).err()
    };
    assert_eq!(code(json!({})), None);
    assert_eq!(code(json!({"PersonUUID": " "})), Some(BatchPersonCode::NoUuid));
    assert_eq!(code(json!({"picURI": ""})), Some(BatchPersonCode::NoPicture));
    assert_eq!(
        code(json!({"Name": "x".repeat(32)})),
        Some(BatchPersonCode::NotChanged)
    );
    assert_eq!(code(json!({"MjCardFrom": 2})), Some(BatchPersonCode::CardNumber));
    assert_eq!(
        code(json!({"MjCardFrom": 2, "WiegandType": 6, "MjCardNo": 5})),
        Some(BatchPersonCode::FacilityCode)
    );
    let by_number = EditPersonsNew {
        id_type: Some(0),
        ..call.clone()
    };
    assert_eq!(
        by_number.check_person(&person(whole)),
        Err(BatchPersonCode::NoCustomizeId)
    );
    assert_eq!(call.check_call(), Ok(()));
    assert_eq!(
        EditPersonsNew {
            total: Some(3),
            ..call.clone()
        }
        .check_call(),
        Err(BatchCode::TotalMismatch)
    );
    // An address without a scheme is http (QUIRKS A36).
    let bare = person(json!({"picURI": "host/a.jpg"}));
    assert_eq!(bare.picture_url().as_deref(), Some("http://host/a.jpg"));
}

#[test]
fn batches_are_read_wherever_clients_put_them() {
    // All of it under `info`.
    let nested = r#"{"operator":"EditPersonsNew","info":{"DeviceID":1300001,"Total":"1","IdType":"2",
        "info":[{"PersonUUID":"a","picURI":"http://h/a.jpg"}]}}"#;
    let Call::EditPersonsNew(batch) = call("EditPersonsNew", nested) else {
        panic!()
    };
    assert_eq!(batch.people.unwrap()[0].uuid.as_deref(), Some("a"));
    let mut people = String::new();
    for at in [10, 2, 0] {
        people += &format!(r#","personinfo_{at} ":{{"CustomizeID":{}}}"#, at + 1);
    }
    let Call::AddPersons(batch) = call("AddPersons", &format!(r#"{{"Total":3{people}}}"#)) else {
        panic!()
    };
    let ids: Vec<_> = batch
        .people
        .iter()
        .map(|person| person.customize_id.unwrap())
        .collect();
    assert_eq!(ids, [1, 3, 11]);
    let many = |count: usize, with_picture: bool| {
        let picture = with_picture.then(|| dialects::lenient::Base64Text::encode(b"x"));
        let person = PersonInfo {
            picture,
            ..PersonInfo::default()
        };
        AddPersons::new(vec![person; count]).check().is_ok()
    };
    assert!(many(32, true) && !many(33, true) && many(1000, false) && !many(1001, false) && !many(0, false));
}

#[test]
fn results_of_a_batch_are_found_whatever_they_look_like() {
    let people: Vec<PersonInfo> = ["a", "b"]
        .map(|uuid| PersonInfo {
            uuid: Some(uuid.to_owned()),
            ..PersonInfo::default()
        })
        .into();
    let call = EditPersonsNew::by_uuid(people.clone());
    let codes = |answer: &str| {
        let results = answer_of(&call, answer.as_bytes()).unwrap();
        [0, 1].map(|at| results.code(at, &people[at]))
    };
    assert_eq!(
        codes(r#"{"code":200,"info":[{"PersonUUID":"b","errcode":468}]}"#),
        [200, 468]
    );
    assert_eq!(
        codes(r#"{"code":200,"info":[{"errcode":0},{"errcode":"481"}]}"#),
        [0, 481]
    );
    assert_eq!(
        codes(r#"{"code":200,"info":{"List":[{"PersonUUID":"a","code":480}]}}"#),
        [480, 200]
    );
    assert_eq!(
        codes(r#"{"code":200,"errors":[{"PersonUUID":"a","errcode":480}],"info":{}}"#),
        [480, 200]
    );
    assert_eq!(
        codes(r#"{"operator":"EditPersonsNew","code":200,"info":{"Result":"Ok"}}"#),
        [200, 200]
    );
    assert_eq!(codes(r#"{"code":200,"info":["what",7]}"#), [200, 200]);
    let refused = answer_of(
        &call,
        br#"{"code":413,"info":{"Result":"Fail","Detail":"UnKnown DeviceID"}}"#,
    );
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.code(), refused.class()),
        (Some(413), FailureClass::BadParameter)
    );
    let ours = PersonResults(
        people
            .iter()
            .map(|person| PersonResult::of(person, 200))
            .collect(),
    );
    let written = success(&call, &ours, &device()).to_bytes();
    assert_eq!(
        value(&written),
        json!({"operator": "EditPersonsNew", "code": 200,
            "info": [{"PersonUUID": "a", "errcode": 200}, {"PersonUUID": "b", "errcode": 200}]})
    );
}
