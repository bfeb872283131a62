//! Chapter 9: every example, every limit at its edge, and what devices and platforms do otherwise.

use super::{golden, golden_value};
use dialects::http::Method;
use dialects::lenient::Base64Text;
use dialects::openapi::Seconds;
use dialects::openapi::platform::{
    Answer, Change, FaceChange, FaceChanges, FaceVerdict, OpenCode, PlatformOperation, PlatformRequest,
    PushError, QueryTime, Ret, StoreResult, SyAttribute, SyFace, SyHeartbeat, SyRecord, SyResult, call,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A call as a platform receives it.
fn arrive(path: &str, body: &Value) -> PlatformRequest {
    let call = PlatformRequest::read(path, "", body.to_string().as_bytes()).unwrap();
    call.request.check().unwrap();
    call.request
}

/// The example of a call: read, and written again the same, blanks around values aside.
fn example(name: &str, section: &str) -> PlatformRequest {
    let file = format!("{section}-{name}.request.json");
    let read = PlatformRequest::read(&format!("/openapi/{name}/0000001"), "", &golden(&file)).unwrap();
    assert_eq!(read.device, "0000001");
    assert_eq!((read.request.name(), read.request.section()), (name, section));
    assert_eq!(read.request.check(), Ok(()));
    let call = read.request.call("0000001");
    assert_eq!(
        (call.method, call.target),
        (Method::Post, format!("/{name}/0000001"))
    );
    let written: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(trimmed(&written), trimmed(&golden_value(&file)), "{file}");
    read.request
}

fn trimmed(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.trim()),
        Value::Array(items) => items.iter().map(trimmed).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.trim().to_owned(), trimmed(value)))
            .collect(),
        other => other.clone(),
    }
}

#[test]
fn the_changes_of_9_1() {
    let changes = FaceChanges::parse(&golden("9.1-syrecord.response.json")).unwrap();
    assert_eq!(changes.mark, QueryTime::new(1_487_313_392));
    let operations: Vec<&Change> = changes.list.iter().map(|change| &change.operation).collect();
    assert_eq!(operations, [&Change::Save, &Change::Delete, &Change::Save]);
    let first = &changes.list[0];
    assert_eq!(
        (first.id.as_str(), first.name.as_str(), first.kind.as_deref()),
        ("1112222", "刘金", Some("student"))
    );
    assert_eq!((first.sex, first.remark.as_deref()), (Some(1), Some("学生")));
    assert_eq!(first.at, Some(Seconds::new(1_487_315_041)));
    assert_eq!(first.image_url, "http://eee.com/dedc.jpg");
    for change in &changes.list {
        assert_eq!(change.check(), Ok(()));
    }
    // Written again it has the picture's address under both names (QUIRKS O5), and no blanks.
    let mut due = trimmed(&golden_value("9.1-syrecord.response.json"));
    for change in due["serviceResponse"]["list"].as_array_mut().unwrap() {
        change["imageUrl"] = change["userImageUrl"].clone();
    }
    assert_eq!(changes.written(), due);
    assert_eq!(FaceChanges::parse(&changes.to_bytes()), Ok(changes.clone()));
    let poll = SyRecord { since: changes.mark };
    let out = call(&poll, "门 1");
    assert_eq!(out.method, Method::Get);
    assert_eq!(out.target, "/syrecord/%E9%97%A8%201?lastQueryTime=1487313392");
    let (path, query) = out.target.split_once('?').unwrap();
    let read = PlatformRequest::read(&format!("/openapi{path}"), query, b"").unwrap();
    assert_eq!((read.device.as_str(), read.request), ("门 1", poll.into()));
}

#[test]
fn the_reports_of_9_2_to_9_5() {
    let PlatformRequest::Compared(face) = example("syface", "9.2") else {
        panic!()
    };
    assert_eq!(
        (face.user_id.as_str(), face.name.as_str(), face.device.as_str()),
        ("111222", "李二壮", "0000001")
    );
    assert_eq!(
        (face.uuid.as_deref(), face.area.as_deref(), face.action.as_deref()),
        (Some("SY001"), Some("XXX社区"), Some("进门"))
    );
    assert_eq!(
        (face.action_code, face.mask, face.degrees()),
        (Some(1), Some(true), Some(36.5))
    );
    assert_eq!(
        (face.at, face.similarity),
        (Some(Seconds::new(1_487_295_360)), Some(80.0))
    );
    let card = face.id_card.as_ref().unwrap();
    assert_eq!(
        (
            card.number.as_deref(),
            card.valid_until.as_deref(),
            card.authority.as_deref()
        ),
        (
            Some("43112319961122xxxx"),
            Some("2022.11.22"),
            Some("xxx县公安局")
        )
    );
    let PlatformRequest::Measured(measured) = example("syattribute", "9.3") else {
        panic!()
    };
    assert_eq!(
        (measured.code, measured.msg.as_deref(), measured.degrees()),
        (Some(OpenCode::Opened), Some("开门成功"), Some(36.3))
    );
    let PlatformRequest::Stored(stored) = example("syresult", "9.4") else {
        panic!()
    };
    assert_eq!(stored, SyResult::one(StoreResult::done("111222")));
    assert!(stored.results[0].is_done());
    let PlatformRequest::Alive(alive) = example("syheartbeat", "9.5") else {
        panic!()
    };
    assert_eq!(alive.server.as_deref().map(str::trim), Some("www.qwertasd.com"));

    let verdict = FaceVerdict::parse(&golden("9.2-syface.response.json")).unwrap();
    assert_eq!((verdict.opens(), verdict.unlock()), (true, Some(20)));
    assert_eq!(verdict, FaceVerdict::open(20));
    assert_eq!(verdict.written(), golden_value("9.2-syface.response.json"));
    for file in ["9.3-syattribute", "9.4-syresult", "9.5-syheartbeat"] {
        let ret = Ret::parse(&golden(&format!("{file}.response.json"))).unwrap();
        assert_eq!(ret, Ret::success());
        assert_eq!(ret.written(), golden_value(&format!("{file}.response.json")));
    }
}

#[test]
fn wrappers_are_there_or_not() {
    let info = json!({"deviceid": "1", "temperature": 36.3, "mask": "true", "screenTime": "1487295360123", "img": ""});
    let due = arrive("/syattribute/1", &info);
    for wrapped in [json!({"Info": info}), json!({"info ": info})] {
        assert_eq!(arrive("/SyAttribute/1/", &wrapped), due);
    }
    let PlatformRequest::Measured(measured) = &due else {
        panic!()
    };
    assert_eq!(
        (measured.degrees(), measured.mask, measured.at),
        (Some(36.3), Some(true), Some(Seconds::new(1_487_295_360)))
    );
    // One result or several, with or without the wrapper, in both spellings (QUIRKS O9).
    let one = json!({"userId": 7, "status": 100});
    for body in [
        json!({"resultList": one}),
        json!({"resultList": [one]}),
        one.clone(),
        json!([one]),
    ] {
        let PlatformRequest::Stored(stored) = arrive("/syresult/1", &body) else {
            panic!()
        };
        assert_eq!(
            (stored.results.len(), stored.results[0].user_id.as_str()),
            (1, "7"),
            "{body}"
        );
        assert!(stored.results[0].is_done());
    }
    let changes = json!({"list": [{"operation": "SAVE", "userId": 7, "imageUrl": "http://h/1.jpg"}], "lastQueryTime": "abc"});
    let bare = FaceChanges::read(&changes).unwrap();
    assert_eq!(
        FaceChanges::read(&json!({"serviceResponse": changes})),
        Ok(bare.clone())
    );
    assert_eq!(
        bare.list[0].image_url, "http://h/1.jpg",
        "the table's name for it"
    );
    assert_eq!(
        (bare.mark.as_text(), bare.mark.number()),
        ("abc", None),
        "opaque to the device"
    );
    assert_eq!(bare.written()["serviceResponse"]["lastQueryTime"], json!("abc"));
    for empty in [
        json!({}),
        json!({"serviceResponse": null}),
        json!({"serviceResponse": {"list": null}}),
    ] {
        let changes = FaceChanges::read(&empty).unwrap();
        assert_eq!(
            (changes.list.len(), changes.mark),
            (0, QueryTime::beginning()),
            "{empty}"
        );
    }
    assert!(FaceChanges::parse(b"<html>").is_err());
}

#[test]
fn a_card_is_nested_or_flat_and_a_spoiled_field_is_not_the_end() {
    let flat = json!({
        "userId": "0", "deviceID": "1", "name": "张三", "id": "4311", "maker": "局", "mask": "perhaps",
        "similarity": "79.6", "temperature": "warm", "screenTime": "soon", "img": "/9j/"
    });
    let PlatformRequest::Compared(face) = arrive("/syface/1", &flat) else {
        panic!()
    };
    let card = face.id_card.unwrap();
    assert_eq!(
        (
            card.name.as_deref(),
            card.number.as_deref(),
            card.authority.as_deref()
        ),
        (Some("张三"), Some("4311"), Some("局"))
    );
    assert_eq!((face.device.as_str(), face.mask, face.at), ("1", None, None));
    assert_eq!(face.similarity, Some(79.6));
    let PlatformRequest::Compared(bare) = arrive("/syface/1", &json!({"userId": "7"})) else {
        panic!()
    };
    assert_eq!(bare.id_card, None);
    assert!(matches!(
        PlatformRequest::read("/syheartbeat/1", "", b"").unwrap().request,
        PlatformRequest::Alive(_)
    ));
}

#[test]
fn paths_end_in_name_and_device() {
    let read = |path: &str| PlatformRequest::read(path, "lastQueryTime=5", b"").map(|call| call.device);
    assert_eq!(read("/openapi/syrecord/MS-0001"), Ok("MS-0001".to_owned()));
    assert_eq!(read("/a/b/SYRECORD/any%20word/"), Ok("any word".to_owned()));
    for unknown in ["/syrecord", "/", "", "/syrecord/", "/coffee/1", "/syrecord/%20"] {
        assert_eq!(read(unknown), Err(PushError::Unknown), "{unknown}");
    }
    assert_eq!(PlatformRequest::method("/openapi/syrecord/1"), Some(Method::Get));
    assert_eq!(PlatformRequest::method("/openapi/syface/1"), Some(Method::Post));
    assert_eq!(PlatformRequest::method("/openapi/coffee/1"), None);
    let refused = PlatformRequest::read("/syface/1", "", b"{").unwrap_err().answer();
    assert!(!refused.is_success() && !refused.desc.is_empty());
    assert!(PlatformRequest::read("/syresult/1", "", b"{}").is_err());
    assert!(PlatformRequest::read("/syface/1", "", b"7").is_err());
    let from_the_beginning = PlatformRequest::read("/syrecord/1", "", b"").unwrap().request;
    assert_eq!(from_the_beginning, SyRecord::default().into());
}

#[test]
fn verdicts_say_what_the_door_does() {
    for (body, opens, unlock) in [
        (
            json!({"ret": "0", "openDoor": 1, "unlockDelay": 500}),
            true,
            Some(500),
        ),
        (json!({"ret": 0, "openDoor": "1"}), true, None),
        (
            json!({"ret": " 0", "openDoor": 1, "unlockDelay": 19}),
            true,
            Some(20),
        ),
        (
            json!({"ret": "0", "openDoor": 1, "unlockDelay": 5001}),
            true,
            Some(5000),
        ),
        (
            json!({"ret": "0", "openDoor": 1, "unlockDelay": "long"}),
            true,
            None,
        ),
        (json!({"ret": "0", "openDoor": 0}), false, None),
        (json!({"ret": "0"}), false, None),
        (json!({"ret": "0", "openDoor": "yes"}), false, None),
        (json!({"ret": "1", "openDoor": 1}), false, None),
    ] {
        let verdict = FaceVerdict::read(&body).unwrap();
        assert_eq!((verdict.opens(), verdict.unlock()), (opens, unlock), "{body}");
    }
    assert!(FaceVerdict::read(&json!({})).is_err());
    assert_eq!(FaceVerdict::open(9_999).unlock_ms, Some(5000));
    assert_eq!(FaceVerdict::open(0).unlock_ms, Some(20));
    assert_eq!(
        FaceVerdict::shut().written(),
        json!({"ret": "0", "desc": "Success", "openDoor": 0, "unlockDelay": 20})
    );
    assert!(!FaceVerdict::failure("busy").is_success() && !Ret::failure("busy").is_success());
    assert!(!StoreResult::failed("7", &"x".repeat(99)).is_done());
    assert_eq!(
        SyResult::one(StoreResult::failed("7", &"门".repeat(99))).check(),
        Ok(())
    );
    for code in OpenCode::ALL {
        assert_eq!(OpenCode::from(code.number()), *code);
    }
}

#[test]
fn limits_are_enforced_at_their_edges() {
    let face = |field: &str, text: String| {
        let mut body = golden_value("9.2-syface.request.json");
        match field.split_once('.') {
            Some((outer, inner)) => body[outer][inner] = json!(text),
            None => body[field] = json!(text),
        }
        let read = PlatformRequest::read("/syface/1", "", body.to_string().as_bytes()).unwrap();
        read.request.check().map_err(|error| error.field)
    };
    for (field, limit) in [
        ("userId", 32),
        ("userName", 32),
        ("userType", 32),
        ("deviceId", 32),
        ("uuid", 32),
        ("nationCode", 32),
        ("action", 16),
        ("temperature", 16),
        ("idCardInfo.name", 30),
        ("idCardInfo.gender", 5),
        ("idCardInfo.national", 12),
        ("idCardInfo.birthday", 16),
        ("idCardInfo.address", 140),
        ("idCardInfo.id", 36),
        ("idCardInfo.maker", 30),
        ("idCardInfo.startDate", 16),
        ("idCardInfo.endDate", 16),
    ] {
        assert_eq!(face(field, "门".repeat(limit)), Ok(()), "{field}");
        assert_eq!(face(field, "门".repeat(limit + 1)), Err(field.to_owned()));
    }
    let most = 700 * 1024;
    assert_eq!(face("img", "A".repeat(most)), Ok(()));
    assert_eq!(face("img", "A".repeat(most + 4)), Err("img".to_owned()));
    assert_eq!(face("actionCode", "3".to_owned()), Err("actionCode".to_owned()));

    let attribute = |change: fn(&mut SyAttribute)| {
        let mut attribute = SyAttribute::default();
        change(&mut attribute);
        attribute.check().map_err(|error| error.field)
    };
    assert_eq!(attribute(|a| a.device = "x".repeat(32)), Ok(()));
    assert_eq!(
        attribute(|a| a.device = "x".repeat(33)),
        Err("deviceid".to_owned())
    );
    assert_eq!(
        attribute(|a| a.msg = Some("x".repeat(33))),
        Err("openMsg".to_owned())
    );
    assert_eq!(
        attribute(|a| a.temperature = "3".repeat(17)),
        Err("temperature".to_owned())
    );
    assert_eq!(
        attribute(|a| a.img = Base64Text::from_text("A".repeat(700 * 1024 + 1))),
        Err("img".to_owned())
    );

    let change = |change: fn(&mut FaceChange)| {
        let mut saved = FaceChange {
            operation: Change::Save,
            id: "7".to_owned(),
            image_url: "http://h/1.jpg".to_owned(),
            ..FaceChange::default()
        };
        change(&mut saved);
        saved.check().map_err(|error| error.field)
    };
    assert_eq!(change(|c| c.id = "x".repeat(32)), Ok(()));
    assert_eq!(change(|c| c.id = "x".repeat(33)), Err("userId".to_owned()));
    assert_eq!(change(|c| c.id = " ".to_owned()), Err("userId".to_owned()));
    assert_eq!(change(|c| c.name = "门".repeat(32)), Ok(()));
    assert_eq!(change(|c| c.name = "门".repeat(33)), Err("userName".to_owned()));
    assert_eq!(
        change(|c| c.kind = Some("x".repeat(17))),
        Err("userType".to_owned())
    );
    assert_eq!(
        change(|c| c.remark = Some("x".repeat(17))),
        Err("userRemark".to_owned())
    );
    assert_eq!(change(|c| c.sex = Some(3)), Ok(()));
    assert_eq!(change(|c| c.sex = Some(4)), Err("sex".to_owned()));
    assert_eq!(
        change(|c| c.image_url = format!("http://{}", "h".repeat(121))),
        Ok(())
    );
    assert_eq!(
        change(|c| c.image_url = format!("http://{}", "h".repeat(122))),
        Err("userImageUrl".to_owned())
    );
    assert_eq!(
        change(|c| c.image_url = "https://h/1.jpg".to_owned()),
        Err("userImageUrl".to_owned())
    );
    assert_eq!(
        change(|c| c.image_url = String::new()),
        Err("userImageUrl".to_owned())
    );
    assert_eq!(
        change(|c| (c.operation, c.image_url) = (Change::Delete, String::new())),
        Ok(())
    );
    assert_eq!(
        change(|c| c.operation = Change::default()),
        Err("operation".to_owned())
    );

    let beat = SyHeartbeat {
        device: "x".repeat(32),
        server: Some("x".repeat(128)),
    };
    assert_eq!(beat.check(), Ok(()));
    let long = SyHeartbeat {
        server: Some("x".repeat(129)),
        ..beat
    };
    assert_eq!(long.check().unwrap_err().field, "ServerURL");
}

proptest! {
    #[test]
    fn a_report_survives_the_wire(
        device in "[A-Za-z0-9 _-]{0,31}[a-z]", id in "[A-Za-z0-9_-]{1,32}", name in "[a-z\u{4e00}-\u{4e10}]{1,32}", at in 0_i64..4_000_000_000,
        similarity in 0_u8..=100, action in proptest::option::of(1_i64..3), mask in proptest::option::of(any::<bool>()), bytes in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let face = SyFace {
            user_id: id.clone(), name: name.clone(), device: "1".to_owned(), action_code: action, mask,
            at: Some(Seconds::new(at)), similarity: Some(f64::from(similarity)), img: Base64Text::encode(&bytes),
            ..SyFace::default()
        };
        let results = SyResult { results: vec![StoreResult::done(id.clone()), StoreResult::failed(id, &name)] };
        for request in [PlatformRequest::from(face), results.into()] {
            let call = request.call(&device);
            let read = PlatformRequest::read(&call.target, "", &call.body).unwrap();
            prop_assert_eq!((read.device, read.request), (device.clone(), request));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(query in ".{0,20}", body in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..5) {
        let _ = PlatformRequest::read(&format!("/{}/1", PlatformRequest::ALL[at]), &query, &body);
        let _ = FaceChanges::parse(&body);
        let _ = FaceVerdict::parse(&body);
        let _ = Ret::parse(&body);
    }
}
