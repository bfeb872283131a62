//! Calls as they come and go: every operation, every encoding, what real devices and platforms do otherwise.

use super::{post, through};
use dialects::epoch::Epoch;
use dialects::http::{Method, Parameters};
use dialects::lan::operation::{authenticate, parameters};
use dialects::lan::{
    Check, Encoding, GetDeviceInfo, GetHeartBeat, GetPerson, GetRecordCallback, GetTime, HeartBeat,
    ListPerson, ListRecord, Open, Operation, PassRecord, Reboot, RecordCallback, Refusal, RemovePerson,
    RemoveRecord, Reply, Request, Reset, SetDeviceInfo, SetDeviceKey, SetHeartBeat, SetPerson,
    SetRecordCallback, SetTime, Status, TakePhotos, UpdateApk,
};
use dialects::lenient::Base64Text;
use proptest::prelude::*;
use serde_json::{Map, json};

/// One call of each operation, as `name, what is asked`.
fn all() -> Vec<(&'static str, Request)> {
    let photo = Base64Text::encode(b"\xFF\xD8\xFF\xE0\x3E\x3F+");
    let settings = json!({"deviceName": "1号机", "doorType": 26, "faceFeaturePairNumber": 0.6});
    let at = Epoch::from_millisecond(1_539_666_601_235);
    let url = || "http://10.0.0.1:8081/lan/x/record?a=b&c=d".to_owned();
    vec![
        (
            "setDeviceKey",
            SetDeviceKey {
                new_key: "秘 +&=%".to_owned(),
            }
            .into(),
        ),
        ("setDeviceInfo", SetDeviceInfo::read(&settings).unwrap().into()),
        ("getDeviceInfo", GetDeviceInfo.into()),
        ("setTime", SetTime { ts: at }.into()),
        ("getTime", GetTime.into()),
        (
            "setPerson",
            SetPerson {
                id: "1".to_owned(),
                name: Some("胖虎 1".to_owned()),
                photo: Some(photo.clone()),
                pass_count: Some(3),
                start: Some(Epoch::from_second(-1)),
                end: Some(at),
                ..SetPerson::default()
            }
            .into(),
        ),
        ("getPerson", GetPerson { id: "1".to_owned() }.into()),
        ("listPerson", ListPerson.into()),
        ("removePerson", RemovePerson::of(["1", "2"]).unwrap().into()),
        ("listRecord", ListRecord { ts: at, count: 50 }.into()),
        ("removeRecord", RemoveRecord { ts: at }.into()),
        ("setRecordCallback", SetRecordCallback { url: url() }.into()),
        ("getRecordCallback", GetRecordCallback.into()),
        ("reboot", Reboot.into()),
        ("open", Open.into()),
        (
            "setHeartBeat",
            SetHeartBeat {
                url: url(),
                period: 15.5,
            }
            .into(),
        ),
        ("getHeartBeat", GetHeartBeat.into()),
        ("updateAPK", UpdateApk { url: url() }.into()),
        ("check", Check { photo }.into()),
        (
            "photo",
            TakePhotos {
                count: Some(3),
                tips_before: Some("请看镜头".to_owned()),
                tips_after: None,
            }
            .into(),
        ),
        ("reset", Reset.into()),
    ]
}

#[test]
fn every_operation_survives_the_wire_in_both_encodings() {
    let names: Vec<&str> = all().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, Request::ALL);
    for (name, request) in all() {
        assert_eq!(request.name(), name);
        assert!(request.section().unwrap().starts_with("3."));
        for encoding in [Encoding::Form, Encoding::Json] {
            let (read, parameters) = through(&request, encoding);
            assert_eq!(read, request, "{name}");
            assert_eq!(authenticate(&parameters, "abc"), Ok(()));
            let reads = [
                "getDeviceInfo",
                "getTime",
                "getPerson",
                "listPerson",
                "listRecord",
            ];
            let reads = reads.contains(&name) || name.ends_with("Callback") && name.starts_with("get");
            let method = request.call("abc", encoding).method;
            assert_eq!(
                method == Method::Get,
                reads || name == "getHeartBeat",
                "{name}: {method}"
            );
        }
    }
}

#[test]
fn paths_count_whatever_their_case_and_slashes() {
    for path in ["/open", "/OPEN/", "open", "/Open"] {
        assert_eq!(post(path, "key=abc"), Ok(Open.into()), "{path}");
    }
    let none = Parameters::read("key=abc&coffee=1", b"", &[]).unwrap();
    let Ok(Request::Unknown { name, parameters }) = Request::parse(Method::Get, "/makeCoffee", &none) else {
        panic!()
    };
    assert_eq!(name, "makeCoffee");
    assert_eq!(
        parameters,
        Map::from_iter([("coffee".to_owned(), json!("1"))]),
        "the key goes no further"
    );
    // 3.14 and 3.15 by GET as well; nothing else is changed by it (QUIRKS L15).
    for (_, request) in all() {
        let parsed = Request::parse(Method::Get, request.name(), &none);
        let refused = parsed.is_err_and(|refused| refused.status == Status::ClientError);
        let call = request.call("k", Encoding::Form);
        let by_get = call.method == Method::Get || ["reboot", "open"].contains(&request.name());
        assert_eq!(refused, !by_get, "{}", request.name());
    }
}

#[test]
fn the_key_is_missing_wrong_or_right() {
    let with = |query: &str| authenticate(&parameters(query, b"").unwrap(), "k1").map_err(|e| e.status);
    assert_eq!(with("key=k1"), Ok(()));
    assert_eq!(with("KEY= k1"), Ok(()));
    // Before V1.3 (QUIRKS L12).
    assert_eq!(with("oldKey=k1"), Ok(()));
    assert_eq!(with(""), Err(Status::Missing));
    assert_eq!(with("key="), Err(Status::WrongKey));
    assert_eq!(with("key=k2"), Err(Status::WrongKey));
    assert!(
        !format!(
            "{:?}",
            Request::from(SetDeviceKey {
                new_key: "s3cret".to_owned()
            })
        )
        .contains("s3cret")
    );
}

#[test]
fn parameters_are_read_in_any_spelling() {
    let due = Request::from(SetTime {
        ts: Epoch::from_millisecond(1_542_871_055_930),
    });
    for body in [
        "ts=1542871055.93",
        "ts=1.54287105593E9",
        "ts=1542871055930",
        "{\"ts\":1542871055.93}",
        "{\"TS \":\"1.54287105593E9\"}",
        "{\"ts\":1542871055930}",
        "--b\r\nContent-Disposition: form-data; name=\"ts\"\r\n\r\n1542871055.93\r\n--b--",
    ] {
        assert_eq!(post("setTime", body).as_ref(), Ok(&due), "{body}");
    }
}

#[test]
fn a_removal_names_people_or_everybody_and_never_by_accident() {
    let who = |body: &str| match post("removePerson", body) {
        Ok(Request::RemovePerson(removal)) => Ok(removal.ids().map(<[String]>::to_vec)),
        Ok(other) => panic!("{other:?}"),
        Err(refused) => Err(refused.status),
    };
    let these = |ids: &[&str]| Ok(Some(ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()));
    assert_eq!(who("id=7"), these(&["7"]));
    assert_eq!(who("id=[id1,id2]"), these(&["id1", "id2"]));
    assert_eq!(who("id=[ \"a\" , 'b' ]"), these(&["a", "b"]));
    assert_eq!(who("id=[\"a\",7]"), these(&["a", "7"]));
    assert_eq!(who("{\"id\":\"7\"}"), these(&["7"]));
    assert_eq!(who("{\"id\":7}"), these(&["7"]));
    assert_eq!(who("{\"id\":[\"a\",\"b\"]}"), these(&["a", "b"]));
    for everybody in ["id=[]", "id=%5B%20%5D", "{\"id\":[]}", "{\"id\":\"[]\"}"] {
        assert_eq!(who(everybody), Ok(None), "{everybody}");
    }
    for wrong in [
        "id=",
        "id=+",
        "id=[",
        "id=[1",
        "id=[,]",
        "id=[1,]",
        "{\"id\":\"\"}",
        "{\"id\":[\"\"]}",
        "{\"id\":[null]}",
        "{\"id\":{}}",
        "{\"id\":[[]]}",
        "{\"id\":true}",
    ] {
        let status = who(wrong);
        assert!(
            status == Err(Status::Malformed) || wrong.contains("true"),
            "{wrong}: {status:?}"
        );
    }
    assert_eq!(who("x=1"), Err(Status::Missing));
    assert_eq!(who("{\"id\":null}"), Err(Status::Missing));
    assert_eq!(RemovePerson::of(Vec::<String>::new()), None, "nobody is no call");
    assert_eq!(RemovePerson::everyone().parameters()["id"], json!([]));
}

#[test]
fn base64_of_a_form_comes_with_blanks_for_pluses() {
    let photo = Base64Text::encode(&[0xFF, 0xD8, 0xFF, 0xFB, 0xEF, 0xBE, 0xFB, 0xEF]);
    assert!(photo.as_text().contains('+'));
    let Ok(Request::Check(check)) = post("check", &format!("photo={}", photo.as_text())) else {
        panic!()
    };
    assert_eq!(check.photo.decode(), photo.decode());
    let tidy = format!(
        "photo=data:image/jpeg;base64,{}",
        photo.as_text().replace('+', "%2B")
    );
    let Ok(Request::Check(check)) = post("check", &tidy) else {
        panic!()
    };
    assert_eq!(check.photo.decode(), photo.decode());
}

#[test]
fn records_and_heartbeats_are_pushed_as_forms() {
    let pushed = PassRecord {
        serial: Some("f269bb519fe282c5".to_owned()),
        person_id: "10000".to_owned(),
        ts: Some(Epoch::from_millisecond(1_542_871_055_930)),
        pass_type: Some(0),
        name: Some("张 三".to_owned()),
        photo: Some(Base64Text::encode(b"\xFF\xD8\xFF\xFB\xEF")),
    };
    let read = RecordCallback::parse("", pushed.to_form().as_bytes()).unwrap();
    assert_eq!(read.record, pushed);
    // Another spelling, an exponent, newer fields, JSON; a type that says nothing does not lose the record.
    let form = b"deviceSn=S&personId=7&ts=1.54287105593E9&passType=face&code=A1&visitor=false&photo=";
    let read = RecordCallback::parse("token=x", form).unwrap();
    assert_eq!(
        (
            read.record.person_id.as_str(),
            read.record.ts,
            read.record.pass_type
        ),
        ("7", pushed.ts, None)
    );
    assert_eq!(read.message["visitor"], json!("false"));
    let read = RecordCallback::parse("", br#"{"personID":7,"ts":1542871055930,"passType":0}"#).unwrap();
    assert_eq!((read.record.ts, read.record.serial), (pushed.ts, None));
    for wrong in [&b"personID=7"[..], b"{", b""] {
        assert!(RecordCallback::parse("", wrong).is_err());
    }

    let beat = HeartBeat {
        uptime: Some(5025.5),
        system_version: Some("5.1.1".to_owned()),
        serial: Some("f269bb519fe282c5".to_owned()),
        app_version: Some("1.1.103".to_owned()),
        rom_available: Some("5.1 GB".to_owned()),
        rom_size: Some("8589934592".to_owned()),
        address: Some("192.168.0.7".to_owned()),
    };
    assert_eq!(HeartBeat::parse("", beat.to_form().as_bytes()), Ok(beat));
    let odd = HeartBeat::parse("", b"deviceSn=S&deviceElapsedRealtime=long&battery=3").unwrap();
    assert_eq!((odd.serial.as_deref(), odd.uptime), (Some("S"), None));
}

#[test]
fn answers_are_read_in_any_form() {
    // The data as a text (1.2), a byte order mark, a status as text, padding.
    let body = "\u{feff}{\"status\":\"0\",\"data\":\"{\\\"ts\\\":\\\"1.539666601235E9\\\"}\"}\0\r\n";
    let reply = Reply::parse(body.as_bytes()).unwrap();
    assert_eq!(
        reply.answer::<GetTime>().unwrap().ts,
        Epoch::from_millisecond(1_539_666_601_235)
    );
    let refused = Reply::parse(br#"{"status":126,"msg":"x"}"#).unwrap();
    assert!(matches!(
        refused.answer::<GetPerson>(),
        Err(Refusal::Status {
            status: Status::UnknownPerson,
            ..
        })
    ));
    let unreadable = Reply::parse(br#"{"status":0,"data":{"ts":"soon"}}"#).unwrap();
    assert!(matches!(
        unreadable.answer::<GetTime>(),
        Err(Refusal::Malformed(_))
    ));
    assert!(Reply::parse(b"<html>").is_err() && Reply::parse(b"{}").is_err() && Reply::parse(b"").is_err());
}

#[test]
fn a_call_by_name_is_checked_like_any_other() {
    let parameters = Map::from_iter([("id".to_owned(), json!("7"))]);
    assert_eq!(
        Request::named("getperson", parameters.clone()),
        Ok(GetPerson { id: "7".to_owned() }.into())
    );
    let refused = Request::named("setPerson", Map::new()).unwrap_err();
    assert_eq!(refused.status, Status::Missing);
    let unknown = Request::named("setLight", parameters).unwrap();
    let (again, _) = through(&unknown, Encoding::Json);
    assert_eq!(again, unknown);
}

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9+&=% \u{4e00}-\u{4e10}]{1,20}"
}

proptest! {
    #[test]
    fn a_person_survives_the_wire(
        id in "[A-Za-z0-9_-]{1,64}", name in proptest::option::of(text()), bytes in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..60)),
        count in proptest::option::of(0_i64..=10_000), start in proptest::option::of(-1000_i64..4_102_444_800_000), json in any::<bool>(),
    ) {
        let person = SetPerson {
            id,
            name: name.filter(|name| !name.trim().is_empty()),
            photo: bytes.map(|bytes| Base64Text::encode(&bytes)),
            pass_count: count,
            // Between 1e11 and 1e11 seconds lies what is read as milliseconds.
            start: start.map(Epoch::from_millisecond),
            ..SetPerson::default()
        };
        let request = Request::from(person);
        let encoding = if json { Encoding::Json } else { Encoding::Form };
        prop_assert_eq!(through(&request, encoding).0, request);
    }

    #[test]
    fn a_removal_survives_the_wire(ids in proptest::collection::vec("[^\0-\x1f]{1,12}", 1..4), json in any::<bool>()) {
        prop_assume!(ids.iter().all(|id| !id.trim().is_empty()));
        let request = Request::from(RemovePerson::of(ids).unwrap());
        let encoding = if json { Encoding::Json } else { Encoding::Form };
        prop_assert_eq!(through(&request, encoding).0, request);
    }

    #[test]
    fn no_bytes_make_it_panic(query in ".{0,40}", body in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..21) {
        if let Ok(parameters) = parameters(&query, &body) {
            let _ = Request::parse(Method::Post, Request::ALL[at], &parameters);
        }
        let _ = RecordCallback::parse(&query, &body);
        let _ = HeartBeat::parse(&query, &body);
        let _ = Reply::parse(&body);
    }
}
