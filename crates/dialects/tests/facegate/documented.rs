//! Every example of the document is read, checked field by field and written again; the names that the code declares
//! are the document's.

use super::{device, folder, golden, value};
use dialects::facegate::call::OPERATORS;
use dialects::facegate::device::{GetAccessTempPwd, GetAudio};
use dialects::facegate::face::{
    DetectFaceFromPic, FrontalFaceSnap, GetFaceSignature, GetImage, GetPictureSearch, GetPictureSimilarity,
    GetSignatureSimilarity,
};
use dialects::facegate::person::{GetDatabaseVer, SearchPerson, SearchPersonList, SearchPersonNum};
use dialects::facegate::record::{
    ManualPushRecords, SearchCapture, SearchCaptureNum, SearchControl, SearchControlNum,
};
use dialects::facegate::subscription::SubscribeUrls;
use dialects::facegate::{
    Acknowledgement, Answer, Call, CallProblem, GetSettings, GetSubscribe, Operation, Push, ReceivedCall,
    ReceivedPush, Refusal, SettingsGroup, answer_of, failure, success,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Each operator with its section, in the document's order.
const SECTIONS: [(&str, &str); 72] = [
    ("GetSound", "3.1"),
    ("SetSound", "3.1"),
    ("GetAudio", "3.1.3"),
    ("SetAudio", "3.1.4"),
    ("GetDoorCondition", "3.2"),
    ("SetDoorCondition", "3.2"),
    ("SetUserPwd", "3.3"),
    ("GetNetParam", "3.4"),
    ("SetNetParam", "3.4"),
    ("GetSysTime", "3.5"),
    ("SetSysTime", "3.5"),
    ("GetSysNTP", "3.6"),
    ("SetSysNTP", "3.6"),
    ("GetCenter", "3.7"),
    ("SetCenter", "3.7"),
    ("SetFactoryDefault", "3.8"),
    ("GetSysParam", "3.9"),
    ("SetSysParam", "3.9"),
    ("AddPerson", "3.10.1"),
    ("AddPersons", "3.10.2"),
    ("EditPerson", "3.10.3"),
    ("GetDatabaseVer", "3.10.4"),
    ("EditPersonsNew", "3.10.6"),
    ("DeletePerson", "3.11.1"),
    ("DeleteAllPerson", "3.11.2"),
    ("Subscribe", "3.12"),
    ("GetSubscribe", "3.12.9"),
    ("Unsubscribe", "3.13"),
    ("GetEnterIPC", "3.15"),
    ("SetEnterIPC", "3.15"),
    ("GetServerBasicPara", "3.16"),
    ("SetServerBasicPara", "3.16"),
    ("GetWorktype", "3.17"),
    ("SetWorktype", "3.17"),
    ("GetFaceSignature", "3.18.1"),
    ("GetSignatureSimilarity", "3.18.2"),
    ("GetImage", "3.18.3"),
    ("SearchPerson", "3.19.1"),
    ("SearchPersonNum", "3.19.2"),
    ("SearchPersonList", "3.19.3"),
    ("OpenDoor", "3.20"),
    ("GetAccessTempPwd", "3.21.1"),
    ("AddAccessPwd", "3.21.2"),
    ("DelAccessPwd", "3.21.3"),
    ("ClearAccessPwd", "3.21.4"),
    ("SearchControlNum", "3.22.1"),
    ("SearchControl", "3.22.2"),
    ("GetGeneralParam", "3.23"),
    ("SetGeneralParam", "3.23"),
    ("RebootDevice", "3.24"),
    ("GetPictureSimilarity", "3.25.1"),
    ("GetPictureSearch", "3.25.2"),
    ("DetectFaceFromPic", "3.25.3"),
    ("FrontalFaceSnap", "3.25.4"),
    ("SearchCaptureNum", "3.26.1"),
    ("SearchCapture", "3.26.2"),
    ("GetTemperature", "3.27"),
    ("SetTemperature", "3.27"),
    ("GetHandSharkData", "3.28"),
    ("SetHandSharkData", "3.28"),
    ("Upgrade", "3.29"),
    ("GetSysCfg", "3.30"),
    ("SetSysCfg", "3.30"),
    ("GetMQTTParam", "3.31"),
    ("SetMQTTParam", "3.31"),
    ("ManualPushRecords", "3.32"),
    ("GetNetWiFi", "3.33"),
    ("SetNetWiFi", "3.33"),
    ("GetFaceParam", "3.34"),
    ("SetFaceParam", "3.34"),
    ("GetRTSPCfg", "3.35"),
    ("SetRTSPCfg", "3.35"),
];

const PUSHES: [&str; 7] = [
    "SnapPush",
    "VerifyPush",
    "QRCodePush",
    "IDCardInfoPush",
    "CardVerify",
    "PwdVerify",
    "HeartBeat",
];

#[test]
fn the_code_declares_the_names_of_the_document() {
    let committed = std::fs::read_to_string(folder("names/facegate.txt")).unwrap();
    let committed: BTreeSet<&str> = committed.lines().collect();
    let declared: BTreeSet<&str> = OPERATORS.iter().chain(Push::ALL).copied().collect();
    assert_eq!(declared, committed);
    assert_eq!(SECTIONS.map(|(operator, _)| operator), OPERATORS);
    assert_eq!(Push::ALL, PUSHES);
    // Whatever is declared is also read: nothing is listed that is not understood.
    for operator in OPERATORS {
        let problem = ReceivedCall::read(operator, b"")
            .err()
            .map(|refused| refused.problem);
        assert_ne!(problem, Some(CallProblem::UnknownOperator), "{operator}");
    }
    assert_eq!(
        ReceivedCall::read("Reset", b"").unwrap_err().problem,
        CallProblem::UnknownOperator
    );
}

#[test]
fn a_group_is_named_as_its_operators() {
    for group in SettingsGroup::ALL {
        assert_eq!(group.getter(), format!("Get{}", group.name()));
        assert_eq!(group.setter(), format!("Set{}", group.name()));
        assert_eq!(
            SettingsGroup::of(&group.name().to_ascii_lowercase()),
            Some(*group)
        );
    }
    assert_eq!(SettingsGroup::ALL.len(), 18);
}

/// The files of one kind of example, with their operators.
fn examples(kind: &str) -> Vec<(String, String)> {
    let ending = format!(".{kind}.json");
    let entries = std::fs::read_dir(folder("golden/facegate")).unwrap();
    let mut files: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let operator = file.strip_suffix(&ending)?.split('-').nth(1).unwrap().to_owned();
            Some((file, operator))
        })
        .collect();
    files.sort();
    files
}

/// Numbers that are counted anew, since the document shows a part of the list.
const COUNTED: [&str; 2] = ["Listnum", "TotalNum"];

/// Whether everything that an example says is said again, at the same place, in the one exact spelling.
fn compare(place: &str, example: &Value, written: &Value) {
    match (example, written) {
        (Value::Object(example), Value::Object(written)) => {
            for (key, value) in example {
                let key = key.trim();
                let bare = key.trim_end_matches(|c: char| c.is_ascii_digit());
                let place = format!("{place}.{key}");
                let is_shortened =
                    COUNTED.contains(&key) && (place.contains("Search") || place.contains("List"));
                if key.is_empty() || is_shortened || is_useless(&place) {
                    continue;
                }
                match written.get(key).or_else(|| written.get(bare)) {
                    Some(written) => compare(&place, value, written),
                    None => assert!(is_blank(value), "{place} is not written: {value}"),
                }
            }
        }
        (Value::Array(example), Value::Array(written)) => {
            assert_eq!(example.len(), written.len(), "{place}");
            for (at, (example, written)) in example.iter().zip(written).enumerate() {
                compare(&format!("{place}[{at}]"), example, written);
            }
        }
        _ => assert_eq!(spelled(place, example), spelled(place, written), "{place}"),
    }
}

/// A blank is no value.
fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// The picture in the request of `GetImage` says nothing (QUIRKS A14).
fn is_useless(place: &str) -> bool {
    place.starts_with("3.18.3") && place.ends_with("picinfo")
}

/// A scalar as text: numbers may be texts and the other way round, blanks at the ends and in paths do not count.
fn spelled(place: &str, value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let text = match text.as_str() {
        "none" | "None" => "none".to_owned(),
        _ if place.contains("SubscribeUrl") => text.split_whitespace().collect(),
        _ => text,
    };
    // 37.30 and 37.3 are the same number, 018B2D and 1E5 are none.
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text.contains('.');
    match text.parse::<f64>() {
        Ok(number) if decimal => number.to_string(),
        _ => text,
    }
}

#[test]
fn every_call_of_the_document_is_read_and_written_again() {
    let examples = examples("call");
    for (file, operator) in &examples {
        let bytes = golden(file);
        let received = ReceivedCall::read(operator, &bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(received.call.operator(), operator, "{file}");
        let section = SECTIONS.iter().find(|(name, _)| name == operator).unwrap().1;
        assert_eq!(received.call.section(), section, "{file}");
        assert!(file.starts_with(section), "{file}");
        assert_eq!(received.call.check(), Ok(()), "{file}");
        if let Call::EditPersonsNew(batch) = &received.call {
            for person in batch.people.iter().flatten() {
                assert_eq!(batch.check_person(person), Ok(()), "{file}");
            }
        }
        if let Call::AddPersons(batch) = &received.call {
            assert!(batch.people.iter().all(|person| person.check().is_ok()));
        }
        let written = received.call.request(received.device.as_ref());
        compare(file, &value(&bytes), &value(&written));
        assert_eq!(
            ReceivedCall::read(operator, &written).unwrap(),
            received,
            "{file}"
        );
    }
    assert_eq!(examples.len(), 87);
}

/// Reads an answer as the answer to a request, writes it and reads that again.
fn again<O: Operation>(file: &str, request: &O, bytes: &[u8]) -> Value
where
    O::Answer: PartialEq + std::fmt::Debug,
{
    let answer = answer_of(request, bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
    let written = success(request, &answer, &device()).to_bytes();
    assert_eq!(answer_of(request, &written).unwrap(), answer, "{file}");
    value(&written)
}

fn answer_again(file: &str, operator: &str, bytes: &[u8]) -> Value {
    let mut groups = SettingsGroup::ALL.iter();
    if let Some(group) = groups.find(|group| group.getter() == operator) {
        return again(file, &GetSettings(*group), bytes);
    }
    macro_rules! by_name {
        ($($operation:ident)*) => {
            match operator {
                $(stringify!($operation) => again(file, &$operation::default(), bytes),)*
                other => panic!("{file}: who reads {other}?"),
            }
        };
    }
    by_name!(GetAudio GetDatabaseVer GetSubscribe GetFaceSignature GetSignatureSimilarity GetImage SearchPerson
        SearchPersonNum SearchPersonList GetAccessTempPwd SearchControlNum SearchControl GetPictureSimilarity
        GetPictureSearch DetectFaceFromPic FrontalFaceSnap SearchCaptureNum SearchCapture ManualPushRecords)
}

#[test]
fn every_answer_of_the_document_is_read_and_written_again() {
    let mut seen = 0;
    for (file, operator) in examples("answer") {
        if file.starts_with('B') {
            continue;
        }
        let bytes = golden(&file);
        let mut example = value(&bytes);
        let written = answer_again(&file, &operator, &bytes);
        // The device that answers is ours.
        for place in ["/info/DeviceID", "/DeviceID"] {
            if let Some(id) = example.pointer_mut(place) {
                *id = 1_300_001.into();
            }
        }
        compare(&file, &example, &written);
        seen += 1;
    }
    assert_eq!(seen, 46);
    let image = answer_again("", "GetImage", &golden("3.18.3-GetImage.answer.json"));
    assert_eq!(image["info"]["FeatureData1"], "4AAQSkZJRgABAQAAAQAB......");
}

#[test]
fn the_answers_to_writing_calls_are_the_documents() {
    let operation = GetSettings(SettingsGroup::Sound);
    let refused = |file: &str| answer_of(&operation, &golden(file)).unwrap_err();
    assert_eq!(
        refused("B.1-authentication.answer.json"),
        Refusal::Authentication("Unsupport authentication protocol type".to_owned())
    );
    assert_eq!(
        refused("B.1-authentication-2.answer.json"),
        Refusal::Authentication("Unknown user or password".to_owned())
    );
    assert_eq!(
        refused("B.2-set-2.answer.json"),
        Refusal::Failed {
            operator: "GetSound",
            code: None,
            detail: "<detial>".to_owned()
        }
    );
    let reboot = dialects::facegate::device::RebootDevice::NOW;
    let done = golden("B.2-set.answer.json");
    assert!(answer_of(&reboot, &done).is_ok());
    let ours = dialects::facegate::Done.body(&device());
    compare("B.2", &value(&done)["info"], &value(&ours.to_bytes())["info"]);
    assert_eq!(value(&ours.to_bytes())["code"], 200);
    let ours = failure("<Operator>", None, "<detial>").to_bytes();
    assert_eq!(value(&golden("B.2-set-2.answer.json")), value(&ours));
}

#[test]
fn every_push_of_the_document_is_read_and_written_again() {
    let examples = examples("push");
    for (file, operator) in &examples {
        let bytes = golden(file);
        let received = ReceivedPush::parse(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(received.push.operator(), operator, "{file}");
        assert_eq!(received.device, Some(device()), "{file}");
        let written = received.push.to_bytes(&device());
        compare(file, &value(&bytes), &value(&written));
        assert_eq!(
            ReceivedPush::parse(&written).unwrap().push,
            received.push,
            "{file}"
        );
        assert!(!received.native.to_string().contains("base64"), "{file}");
    }
    assert_eq!(examples.len(), 8);
}

#[test]
fn every_acknowledgement_of_the_document_is_read_and_written_again() {
    let read = |file: &str| {
        let bytes = golden(file);
        let read = Acknowledgement::parse(&bytes).unwrap();
        compare(file, &value(&bytes), &value(&read.to_bytes()));
        assert!(read.is_confirmed() && read.check().is_ok());
        read
    };
    assert_eq!(read("3.12-acknowledgement.ack.json"), Acknowledgement::ok());
    assert_eq!(
        read("3.2.3-acknowledgement.ack.json"),
        Acknowledgement::verdict(true, Some("XX 请通行"))
    );
    assert_eq!(
        read("3.2.3-acknowledgement-2.ack.json"),
        Acknowledgement::verdict(false, Some("XX 无权限通行"))
    );
    let urls: SubscribeUrls =
        dialects::lenient::read(&value(&golden("3.12-SubscribeUrl.urls.json"))).unwrap();
    assert_eq!(urls.heart_beat.as_deref(), Some("/Subscribe/heartbeat"));
    assert_eq!(std::fs::read_dir(folder("golden/facegate")).unwrap().count(), 149);
}
