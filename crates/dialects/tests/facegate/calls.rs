//! Calls as platforms write them, where they are not the document's examples.

use super::{device, golden, value};
use dialects::facegate::device::{GetAudio, OpenDoor, SetFactoryDefault};
use dialects::facegate::person::PersonIds;
use dialects::facegate::record::ManualPushRecords;
use dialects::facegate::{
    AddPersons, Call, CallProblem, DeviceId, GetSettings, GetSubscribe, Operation, PersonInfo, ReceivedCall,
    SetSettings, SettingsGroup, Subscribe, Topic, answer_of, native, success,
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
fn what_is_not_answered_and_what_reboots_is_known() {
    let of = |file: &str| {
        let operator = file.split('-').nth(1).unwrap().split('.').next().unwrap();
        let call = ReceivedCall::read(operator, &golden(file)).unwrap().call;
        (call.is_answered(), call.reboots())
    };
    assert_eq!(of("3.4.2-SetNetParam.call.json"), (false, true));
    assert_eq!(of("3.35.2-SetRTSPCfg.call.json"), (true, true));
    assert_eq!(of("3.30.2-SetSysCfg.call.json"), (true, false));
    assert_eq!(of("3.11.2-DeleteAllPerson.call.json"), (true, true));
    assert_eq!(of("3.24-RebootDevice.call.json"), (true, true));
    assert_eq!(of("3.29.1-Upgrade.call.json"), (true, true));
    assert_eq!(of("3.20-OpenDoor.call.json"), (true, false));
    assert!(call("SetSysCfg", r#"{"info":{"Language":1}}"#).reboots());
    assert!(!call("RebootDevice", r#"{"info":{"IsRebootDevice":0}}"#).reboots());
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

#[test]
fn any_operator_is_called_as_it_stands_in_the_document() {
    let wire = |operator: &str, body: Value| value(&native(operator, &body, Some(&device())).to_bytes());
    assert_eq!(
        wire("OpenDoor", json!({"status": 1})),
        json!({"operator": "OpenDoor", "info": {"status": 1, "DeviceID": 1_300_001}})
    );
    assert_eq!(
        wire(
            "OpenDoor",
            json!({"operator": "x", "info": {"status": 1, "DeviceID": "7"}})
        ),
        json!({"operator": "OpenDoor", "info": {"status": 1, "DeviceID": "7"}})
    );
    assert_eq!(
        wire("GetFaceSignature", json!({"picinfo": "/9j/"})),
        json!({"operator": "GetFaceSignature", "picinfo": "/9j/", "DeviceID": 1_300_001})
    );
    assert_eq!(
        wire("GetPictureSearch", json!({"MaxNum": 5, "picinfo": "/9j/"})),
        json!({"operator": "GetPictureSearch", "info": {"MaxNum": 5, "DeviceID": 1_300_001}, "picinfo": "/9j/"})
    );
    assert_eq!(
        wire("SetGeneralParam", json!({"info": {"Direction": 1}})),
        json!({"operator": "SetGeneralParam", "info": {"Direction": 1}, "DeviceID": 1_300_001})
    );
    assert_eq!(
        wire("MakeCoffee", json!({"sugar": 2, "MjCardNo": "9A"}))["info"],
        json!({"sugar": 2, "MjCardNo": "9A", "DeviceID": 1_300_001})
    );
    assert_eq!(
        value(&native("GetSound", &Value::Null, None).to_bytes()),
        json!({"operator": "GetSound", "info": {}})
    );
}
