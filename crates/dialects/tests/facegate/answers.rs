//! Answers as devices give them, where they are not the document's examples.

use super::{device, golden, value};
use dialects::facegate::code::FailureClass;
use dialects::facegate::device::{GetAccessTempPwd, RebootDevice, TemporaryPassword};
use dialects::facegate::face::GetImage;
use dialects::facegate::person::search::{FoundPerson, HeldPeople};
use dialects::facegate::person::{GetDatabaseVer, HeldPerson, SearchPerson, SearchPersonList};
use dialects::facegate::record::{CaptureQuery, ManualPushRecords, SearchCapture, SearchControl};
use dialects::facegate::{AddPerson, Call, Operation, PersonInfo, PersonRef, Refusal, answer_of, success};
use serde_json::json;

#[test]
fn success_and_failure_are_told_apart_in_every_spelling() {
    let done = |answer: &str| answer_of(&RebootDevice::NOW, answer.as_bytes());
    for ok in [
        r#"{"code":200,"info":{"Result":"Ok"}}"#,
        r#"{"info":{"Result":"OK"}}"#,
        r#"{"code":"200"}"#,
        r#"{"code":1,"info":{"Result":"oK"}}"#,
        r#"{"operator":"RebootDevice","info":{"Result":"ok "}}"#,
    ] {
        assert!(done(ok).is_ok(), "{ok}");
    }
    let failed = |answer: &str| {
        let refusal = done(answer).unwrap_err();
        (refusal.code(), refusal.class())
    };
    assert_eq!(
        failed(r#"{"code":461,"info":{"Result":"Fail","Detail":"Unkonw operator"}}"#),
        (Some(461), FailureClass::Unsupported)
    );
    assert_eq!(
        failed(r#"{"info":{"Result":"FAIL","Detail":"Unkonw operator"}}"#),
        (None, FailureClass::Unsupported)
    );
    assert_eq!(
        failed(r#"{"info":{"errcode":470}}"#),
        (Some(470), FailureClass::Exists)
    );
    assert_eq!(
        failed(r#"{"code":200,"info":{"Result":"Fail"}}"#),
        (None, FailureClass::Internal)
    );
    assert_eq!(
        failed(r#"{"operator":"authentication","info":{"Result":"Fail","Detail":"?"}}"#).1,
        FailureClass::Authentication
    );
    assert!(matches!(done(""), Err(Refusal::Body(_))));
    assert!(matches!(done("<html>"), Err(Refusal::Body(_))));
    let refusal = answer_of(&GetDatabaseVer {}, br#"{"info":{}}"#).unwrap_err();
    assert!(matches!(refusal, Refusal::Malformed(error) if error.problem.contains("DatabaseVersion")));
    let add = AddPerson::default();
    let class = |answer: &str| answer_of(&add, answer.as_bytes()).unwrap_err().class();
    assert_eq!(
        class(r#"{"code":465,"info":{"Result":"Fail","Detail":"GetPersonFeature err"}}"#),
        FailureClass::Internal
    );
    assert_eq!(
        class(r#"{"info":{"Result":"Fail","Detail":"GetPersonFeature err"}}"#),
        FailureClass::PhotoRejected
    );
}

#[test]
fn nothing_found_is_no_failure() {
    let person = SearchPerson::new(&PersonRef::Uuid("a".to_owned()), false);
    let list = SearchPersonList::default();
    for nothing in [
        "",
        "\0",
        r#"{"info":{"DeviceID":1300001}}"#,
        r#"{"info":{"Result":"Fail","Detail":"no such person"}}"#,
        r#"{"info":{"Listnum":0,"TotalNum":0}}"#,
    ] {
        assert_eq!(
            answer_of(&list, nothing.as_bytes()),
            Ok(HeldPeople::default()),
            "{nothing}"
        );
        assert!(
            answer_of(&SearchControl::default(), nothing.as_bytes())
                .unwrap()
                .records
                .is_empty()
        );
        assert!(
            answer_of(&SearchCapture::default(), nothing.as_bytes())
                .unwrap()
                .0
                .is_empty()
        );
        if !nothing.contains("Listnum") {
            assert_eq!(
                answer_of(&person, nothing.as_bytes()),
                Ok(FoundPerson(None)),
                "{nothing}"
            );
        }
    }
    // A cause is a failure.
    assert!(answer_of(&list, br#"{"code":463,"info":{"Result":"Fail"}}"#).is_err());
    let empty = success(&list, &HeldPeople::default(), &device()).to_bytes();
    assert_eq!(
        value(&empty),
        json!({"operator": "SearchPersonList", "info": {"DeviceID": 1_300_001, "Listnum": 0, "List": []}})
    );
    let nobody = success(&person, &FoundPerson(None), &device()).to_bytes();
    assert_eq!(value(&nobody)["info"]["Result"], "Fail");
}

#[test]
fn what_the_hub_asks_for_is_said_whole() {
    let day = |day: i8| jiff::civil::date(2026, 11, day).at(0, 0, 0, 0);
    let wire = |bytes: Vec<u8>| value(&bytes)["info"].clone();
    assert_eq!(
        wire(SearchControl::between(day(1), day(2), 100, 50).request(None)),
        json!({"BeginTime": "2026-11-01T00:00:00", "EndTime": "2026-11-02T00:00:00", "Ascending": 0, "BeginNO": 100,
            "RequestCount": 50, "Picture": 2})
    );
    let query = CaptureQuery::between(day(1), day(2), 0, 100);
    assert_eq!(
        wire(SearchCapture { query }.request(None)),
        json!({"BeginTime": "2026-11-01T00:00:00", "EndTime": "2026-11-02T00:00:00", "Ascending": 0, "BeginNO": 0,
            "RequestCount": 100})
    );
    assert_eq!(
        wire(ManualPushRecords::between(day(1), day(2)).request(None)),
        json!({"TimeS": "2026-11-01T00:00:00", "TimeE": "2026-11-02T00:00:00"})
    );
}

#[test]
fn a_picture_comes_in_braces_or_bare() {
    let image =
        |answer: &[u8]| answer_of(&GetImage::default(), answer).map(|image| image.picture.decode().unwrap());
    let picture = Ok(vec![0xFF, 0xD8, 0xFF]);
    assert_eq!(
        image(br#"{"operator":"HttpGetImage","info":{"FeatureData1":"/9j/"}}"#),
        picture
    );
    assert_eq!(image(br#"{ "/9j/" }"#), picture);
    assert_eq!(image(b"data:image/jpeg;base64,/9j/\r\n"), picture);
    assert!(matches!(image(b"no picture"), Err(Refusal::Body(_))));
}

#[test]
fn a_temporary_password_holds_for_its_period() {
    let answer = answer_of(
        &GetAccessTempPwd {},
        &golden("3.21.1-GetAccessTempPwd.answer.json"),
    )
    .unwrap();
    let (first, last) = answer.validity().unwrap();
    assert_eq!(
        (first.to_string(), last.to_string()),
        ("2018-11-16T17:00:00".to_owned(), "2018-11-16T17:59:59".to_owned())
    );
    assert_eq!(TemporaryPassword::new("195723".to_owned(), first, last), answer);
}

#[test]
fn a_device_tells_what_it_does_not_know_as_blank() {
    let person = HeldPerson {
        person: PersonInfo::default(),
    };
    let list = SearchPersonList::default();
    let told = value(&success(&list, &HeldPeople(vec![person]), &device()).to_bytes());
    let entry = &told["info"]["List"][0];
    assert_eq!(
        (&entry["PersonUUID"], &entry["CustomizeID"]),
        (&json!(" "), &json!(-2))
    );
    assert_eq!(entry["ValidEnd"], "1970-01-01T08:00:00");
    assert_eq!(entry["DeviceID"], 1_300_001);
}

#[test]
fn records_of_one_person_share_what_is_theirs() {
    let search = SearchControl::default();
    let answer = answer_of(&search, &golden("3.22.2-SearchControl-2.answer.json")).unwrap();
    assert!(answer.of_one_person);
    assert_eq!(answer.records.len(), 2);
    let [first, second] = answer.records.as_slice() else {
        panic!()
    };
    assert_eq!(
        (first.event.time.as_str(), second.event.time.as_str()),
        ("2018-11-16T15:56:50", "2018-11-16T15:56:43")
    );
    assert_eq!(
        (first.event.similarity, first.person.lib_id),
        (Some(88.3), Some(9))
    );
    assert_eq!(first.person, second.person);
    let answer = answer_of(&search, &golden("3.22.2-SearchControl.answer.json")).unwrap();
    assert!(!answer.of_one_person);
}

#[test]
fn an_answer_is_written_exactly_whatever_its_spelling() {
    let exact = |call: Call, answer: &str| {
        let body = call.exact_answer(answer.as_bytes(), &device()).unwrap();
        body.to_value()
    };
    assert_eq!(
        exact(
            GetDatabaseVer {}.into(),
            r#"{"operator ":"x","info":{" DatabaseVersion ":"1"}}"#
        ),
        json!({"operator": "GetDatabaseVer", "info": {"DatabaseVersion": 1}})
    );
    assert_eq!(
        exact(RebootDevice::NOW.into(), r#"{"info":{"Result":"OK"}}"#),
        json!({"operator": "RebootDevice", "code": 200, "info": {"Result": "Ok"}})
    );
}
