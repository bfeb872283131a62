//! Calls as platforms write them and answers as devices do, where they are not the document's examples.

use super::{device, golden, value};
use dialects::facegate::code::FailureClass;
use dialects::facegate::device::{GetAudio, OpenDoor, RebootDevice, SetFactoryDefault};
use dialects::facegate::person::search::{FoundPerson, HeldPeople};
use dialects::facegate::person::{
    GetDatabaseVer, PersonIds, PersonResult, PersonResults, SearchPerson, SearchPersonList,
};
use dialects::facegate::record::{ManualPushRecords, SearchCapture, SearchControl};
use dialects::facegate::{
    AddPerson, AddPersons, BatchCode, BatchPersonCode, Call, CallProblem, DeviceId, EditPersonsNew,
    GetSettings, GetSubscribe, Operation, PersonInfo, PersonRef, ReceivedCall, Refusal, SetSettings,
    SettingsGroup, Subscribe, Topic, answer_of, success,
};
use serde_json::{Map, Value, json};

fn call(operator: &str, body: &str) -> Call {
    let received = ReceivedCall::parse(operator, body.as_bytes(), &device());
    received
        .unwrap_or_else(|error| panic!("{operator} {body}: {error}"))
        .call
}

/// The answer to a call that is not carried out: its code and text.
fn refusal(operator: &str, body: &str) -> (i64, String) {
    let refused = ReceivedCall::parse(operator, body.as_bytes(), &device()).unwrap_err();
    let answer = value(&refused.answer().to_bytes());
    assert_eq!(
        (&answer["operator"], &answer["info"]["Result"]),
        (&json!(operator), &json!("Fail"))
    );
    assert_eq!(answer["code"], refused.code);
    (
        refused.code,
        answer["info"]["Detail"].as_str().unwrap().to_owned(),
    )
}

#[test]
fn a_call_needs_no_body_and_bears_any() {
    for body in [
        "",
        " ",
        "{}",
        "null",
        r#"{"operator":"GetSysParam"}"#,
        r#"{"operator":"GetSysParam","info":{}}"#,
    ] {
        assert_eq!(
            call("GetSysParam", body),
            GetSettings(SettingsGroup::SysParam).into()
        );
    }
    // The path decides; the heading of another section is printed over the passwords of door stations (QUIRKS A12, A13).
    assert!(matches!(
        call("GetAccessTempPwd", r#"{"operator":"SearchPerson"}"#),
        Call::GetAccessTempPwd(_)
    ));
    let image = r#"{"operator":" HttpGetImage ","info":{"Filetype":"2","Fileindex":0,"Filepos":7}}"#;
    assert!(matches!(call("GetImage", image), Call::GetImage(image) if image.position == 7));
    assert_eq!(call("getsound ", ""), GetSettings(SettingsGroup::Sound).into());
    assert_eq!(
        call(
            "OpenDoor",
            "\u{feff}{\"DeviceID \":\"1300001\",\"status\":1,\"more\":{\"a\":[1]}}\0\0"
        ),
        OpenDoor::open(None).into()
    );
}

#[test]
fn a_call_that_is_not_carried_out_has_the_documents_code() {
    assert_eq!(refusal("Reset", "{}"), (461, "Unknow operator".to_owned()));
    assert_eq!(
        refusal("AddPerson", r#"{"operator":"OpenDoor","info":{}}"#).0,
        461
    );
    assert_eq!(refusal("AddPerson", "{").0, 462);
    assert_eq!(refusal("OpenDoor", "[1]").0, 462);
    assert_eq!(
        refusal("OpenDoor", r#"{"info":{"DeviceID":7}}"#),
        (463, "Unkonw DeviceID".to_owned())
    );
    assert_eq!(
        refusal("AddPerson", r#"{"info":{"Name":"A","PersonUUID":"1"}}"#).0,
        464
    );
    let with = |fields: &str| format!(r#"{{"info":{{"PersonUUID":"1",{fields}}},"picinfo":"/9j/"}}"#);
    let wiegand = with(r#""MjCardFrom":2,"WiegandType":7,"CardMode":1,"MjCardNo":018B2D"#);
    assert_eq!(refusal("AddPerson", &wiegand).0, 478);
    let wiegand = with(r#""MjCardFrom":2,"WiegandType":1,"CardMode":0"#);
    assert_eq!(refusal("AddPerson", &wiegand).0, 479);
    assert_eq!(refusal("AddPerson", &with(r#""Gender":2"#)).0, 462);
    let text = refusal("AddPerson", &with(r#""Tempvalid":3"#)).1;
    assert!(text.contains("EffectNumber"), "{text}");
    // C.10.6.1.
    let batch = |body: &str| refusal("EditPersonsNew", body).0;
    assert_eq!(batch(r#"{"operator":"AddPerson","info":[]}"#), 411);
    assert_eq!(batch(r#"{"IdType":2,"Total":1}"#), 412);
    assert_eq!(batch(r#"{"IdType":2,"Total":1,"DeviceID":7,"info":[{}]}"#), 413);
    assert_eq!(batch(r#"{"IdType":2,"info":[{}]}"#), 414);
    assert_eq!(batch(r#"{"IdType":2,"Total":501,"info":[{}]}"#), 415);
    assert_eq!(batch(r#"{"IdType":2,"Total":0,"info":[]}"#), 415);
    assert_eq!(batch(r#"{"IdType":2,"Total":2,"info":[{}]}"#), 416);
    assert_eq!(batch(r#"{"Total":1,"info":[{}]}"#), 417);
    assert_eq!(batch(r#"{"IdType":1,"Total":1,"info":[{}]}"#), 418);
    let problem = ReceivedCall::read("OpenDoor", br#"{"info":{"status":"much"}}"#)
        .unwrap_err()
        .problem;
    assert!(matches!(problem, CallProblem::Malformed(error) if error.path == "status"));
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

#[test]
fn success_and_failure_are_told_apart_in_every_spelling() {
    let done = |answer: &str| answer_of(&RebootDevice::NOW, answer.as_bytes());
    for ok in [
        r#"{"code":200,"info":{"Result":"Ok"}}"#,
        r#"{"info":{"Result":"OK"}}"#,
        r#"{"code":"200"}"#,
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
fn wire_forms_of_what_the_hub_calls() {
    let device = DeviceId::from("1300001");
    let wire = |call: Call| value(&call.request(Some(&device)));
    assert_eq!(
        wire(OpenDoor::open(Some("请通行")).into()),
        json!({"operator": "OpenDoor", "info": {"DeviceID": 1_300_001, "status": 1, "msg": "请通行"}})
    );
    assert_eq!(OpenDoor::open(None).path(), "/action/OpenDoor");
    assert_eq!(wire(OpenDoor::show("等").into())["info"]["status"], 0);
    assert!(OpenDoor::open(None).opens() && OpenDoor::default().opens() && !OpenDoor::show("").opens());
    // GetSysParam tells the device's number: nothing can be sent (QUIRKS A74).
    assert_eq!(
        GetSettings(SettingsGroup::SysParam).request(None),
        br#"{"info":{},"operator":"GetSysParam"}"#
    );
    let general = SetSettings::new(
        SettingsGroup::GeneralParam,
        &Map::from_iter([("Direction".to_owned(), json!(1))]),
        None,
    );
    assert_eq!(
        wire(general.unwrap().into()),
        json!({"operator": "SetGeneralParam", "DeviceID": 1_300_001, "info": {"Direction": 1}})
    );
    assert_eq!(
        wire(Call::AddPersons(AddPersons::new(vec![PersonInfo::default()]))),
        json!({"operator": "AddPersons", "DeviceID": 1_300_001, "Total": 1, "Personinfo_0": {}})
    );
    let reset = wire(SetFactoryDefault::records().into());
    assert_eq!(
        (&reset["info"]["DefaltCapture"], &reset["info"]["DefaltPerson"]),
        (&json!(1), &json!(0))
    );
    let deleted = dialects::facegate::DeletePerson {
        ids: PersonIds::Uuids(vec!["a".to_owned()]),
    };
    assert_eq!(
        wire(deleted.into())["info"],
        json!({"DeviceID": 1_300_001, "TotalNum": 1, "IdType": 2, "PersonUUID": ["a"]})
    );
}

#[test]
fn what_deployed_clients_write_is_read() {
    // A single id for a list.
    let Call::DeletePerson(one) = call("DeletePerson", r#"{"info":{"IdType":2,"PersonUUID":"a"}}"#) else {
        panic!()
    };
    assert_eq!(one.ids, PersonIds::Uuids(vec!["a".to_owned()]));
    let Call::DeletePerson(one) = call("DeletePerson", r#"{"info":{"TotalNum":"9","LibID":[3,"4"]}}"#) else {
        panic!()
    };
    assert_eq!(one.ids, PersonIds::LibIds(vec![3, 4]));
    assert!(matches!(
        call("DeleteAllPerson", r#"{"info":{"DeleteAllPersonCheck":[1]}}"#),
        Call::DeleteAllPerson(_)
    ));
    assert_eq!(
        refusal("DeleteAllPerson", r#"{"info":{"DeleteAllPersonCheck":0}}"#).0,
        462
    );
    assert_eq!(refusal("DeleteAllPerson", "").0, 462);
    // Unpadded hours, and a blank for the T.
    let Call::ManualPushRecords(ManualPushRecords { begin, .. }) = call(
        "ManualPushRecords",
        "{\"info\":{\"TimeS\":\"2020-07-28T9:00:00\"，\"TimeE\":\"2020-08-07 9:00:00\"}}",
    ) else {
        panic!()
    };
    assert_eq!(begin, "2020-07-28T9:00:00");
    // Blanks and case in topics and Auth (QUIRKS A18, A19); the number of topics is not believed (A20).
    let Call::Subscribe(Subscribe(subscription)) = call(
        "Subscribe",
        r#"{"info":{"Num":1,"Topics":[" Card","PassWord "],"SubscribeAddr":"http://10.0.0.1:8081/",
        "SubscribeUrl":{"Card":"/a/b ","PassWord":"/a/ c","heartbeat":"/h"},"Auth":"None","ResumefromBreakpoint":"1"}}"#,
    ) else {
        panic!()
    };
    assert_eq!(subscription.topics, [Topic::Card, Topic::Password]);
    assert_eq!(
        subscription.url(&Topic::Password).as_deref(),
        Some("http://10.0.0.1:8081/a/c")
    );
    assert_eq!(
        (subscription.heart_beat_url().as_deref(), subscription.resumes),
        (Some("http://10.0.0.1:8081/h"), Some(true))
    );
    assert!(!subscription.is_basic());
    let none = answer_of(
        &GetSubscribe {},
        br#"{"operator":"GetSubscribe","info":{"Num":0}}"#,
    )
    .unwrap();
    assert_eq!(none.0.topics, []);
    assert_eq!(
        value(&success(&GetSubscribe {}, &none, &device()).to_bytes()),
        json!({"operator": "GetSubscribe", "info": {"Num": 0}})
    );
    let audio = answer_of(&GetAudio {}, br#"{"info":{"AudioNum":"2","AudioName":"a.wav"}}"#).unwrap();
    assert_eq!((audio.count, audio.names), (2, vec!["a.wav".to_owned()]));
}

#[test]
fn secrets_stay_out_of_logs() {
    for (operator, file) in [
        ("SetUserPwd", "3.3-SetUserPwd.call.json"),
        ("Subscribe", "3.12.2-Subscribe.call.json"),
        ("SetCenter", "3.7-SetCenter.call.json"),
        ("SetNetWiFi", "3.33.2-SetNetWiFi.call.json"),
        ("SetEnterIPC", "3.15.2-SetEnterIPC.call.json"),
        ("AddAccessPwd", "3.21.2-AddAccessPwd.call.json"),
    ] {
        let text = format!("{:?}", ReceivedCall::read(operator, &golden(file)).unwrap());
        for secret in [
            "amdin",
            "testpassword",
            "\"Pwd\": \"admin\"",
            "123465",
            "IPC_Password\": S",
        ] {
            assert!(!text.contains(secret), "{operator}: {text}");
        }
        assert!(!text.contains(r#"Pwd": String("admin")"#), "{operator}: {text}");
    }
}
