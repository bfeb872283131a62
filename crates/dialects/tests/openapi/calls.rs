//! Calls as they come and go: every operation, every form, and the signature.

use super::{NOW_MS, PASSWORD, arrive, golden_value, post, through};
use dialects::http::Method;
use dialects::lenient::Base64Text;
use dialects::openapi::operation::named;
use dialects::openapi::page::{Page, Paging};
use dialects::openapi::sign::{Signed, WINDOW_MS, signature};
use dialects::openapi::{
    AddUser, Code, DeleteUser, GetInformation, GetNetwork, GetPeripherals, GetSmartFace, Incoming,
    JsonCommand, ListRecords, ListUsers, Network, OpenDoor, Peripherals, Reboot, Reply, Request, Seconds,
    SetNetwork, SetPeripherals, SetSmartFace, SmartFace, SyncTime, UpdateUser, User, UserType,
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn object(file: &str) -> Map<String, Value> {
    golden_value(file).as_object().unwrap().clone()
}

fn user() -> User {
    serde_json::from_value(golden_value("8.2.2-user.request.json")).unwrap()
}

/// One call of each operation, as `path, what is asked`.
fn all() -> Vec<(&'static str, Request)> {
    vec![
        (
            "/api/device/open",
            OpenDoor {
                remark: Some("快递 & more".to_owned()),
            }
            .into(),
        ),
        ("/api/device/syncTime", SyncTime.into()),
        ("/api/device/reboot", Reboot.into()),
        (
            "/api/device/jsonCmd",
            JsonCommand(Map::from_iter([("cmd".to_owned(), json!({"a": [1, null]}))])).into(),
        ),
        ("/api/device/information", GetInformation.into()),
        ("/api/device/network", GetNetwork.into()),
        (
            "/api/device/networkcfg",
            SetNetwork(Network::whole(&object("8.1.13-networkcfg.request.json")).unwrap()).into(),
        ),
        ("/api/device/smartface", GetSmartFace.into()),
        (
            "/api/device/smartfacecfg",
            SetSmartFace(SmartFace::whole(&object("8.1.15-smartfacecfg.request.json")).unwrap()).into(),
        ),
        ("/api/device/perpara", GetPeripherals.into()),
        (
            "/api/device/perparacfg",
            SetPeripherals(Peripherals::whole(&object("8.1.17-perparacfg.request.json")).unwrap()).into(),
        ),
        ("/api/user", AddUser(user()).into()),
        (
            "/api/user/update/{userId}",
            UpdateUser::to(&User {
                id: "a/b 张".to_owned(),
                ..user()
            })
            .into(),
        ),
        (
            "/api/user/delete/{userId}",
            DeleteUser::one("a/b 张").unwrap().into(),
        ),
        (
            "/api/user/list",
            ListUsers {
                kind: Some(-1),
                name: Some("张 三".to_owned()),
                ..ListUsers::page(3)
            }
            .into(),
        ),
        (
            "/api/record",
            ListRecords {
                kind: Some(0),
                user_id: Some("1001".to_owned()),
                ..ListRecords::between(Seconds::new(0), Seconds::new(1_573_539_353), 2)
            }
            .into(),
        ),
    ]
}

#[test]
fn every_operation_survives_the_wire() {
    let names: Vec<&str> = all().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, Request::ALL);
    for (name, request) in all() {
        assert_eq!(request.name(), name);
        assert!(request.section().starts_with("8."));
        let call = request.call(NOW_MS, PASSWORD);
        assert_eq!(through(&call), Ok(request), "{name}");
        let by_get = ["/api/user/delete/{userId}", "/api/user/list", "/api/record"].contains(&name);
        assert_eq!(call.method == Method::Get, by_get, "{name}");
        let other = match call.method {
            Method::Get => Method::Post,
            Method::Post => Method::Get,
        };
        let refused = arrive(other, &call.target, &call.body).unwrap_err();
        assert_eq!(refused.code, Code::MethodNotAllowed, "{name}");
        assert_eq!(Request::method(name), Some(call.method));
        let debug = format!("{call:?}");
        assert!(!debug.contains("sign"), "{debug}");
    }
}

#[test]
fn paths_count_whatever_their_case_and_slashes() {
    for path in ["/api/device/reboot", "/API/Device/Reboot/", "api/device/reboot"] {
        assert_eq!(arrive(Method::Post, path, b""), Ok(Reboot.into()), "{path}");
    }
    for path in [
        "/",
        "/api",
        "/api/user/delete/",
        "/api/user/delete/a/b",
        "/api/device/coffee",
    ] {
        let refused = arrive(Method::Get, path, b"").unwrap_err();
        assert_eq!(
            (refused.code, refused.reply().code),
            (Code::MethodNotAllowed, Code::MethodNotAllowed)
        );
    }
    // The id keeps its case.
    assert_eq!(
        arrive(Method::Get, "/API/USER/DELETE/AbC%20d", b""),
        Ok(DeleteUser::one("AbC d").unwrap().into())
    );
}

#[test]
fn signatures_are_of_the_password_and_of_the_last_five_minutes() {
    let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
    let code = |path: &str, timestamp: &str, sign: &str, now: i64| {
        let query = format!("timestamp={timestamp}&sign={sign}");
        let incoming = Incoming::read(Method::Post, path, &query, b"").unwrap();
        incoming
            .authenticate(PASSWORD, at(now))
            .map(|_| ())
            .map_err(|refused| refused.code)
    };
    let now = NOW_MS.to_string();
    let sign = signature(&now, PASSWORD);
    let open = "/api/device/open";
    assert_eq!(code(open, &now, &sign, NOW_MS), Ok(()));
    assert_eq!(
        code(open, &now, &sign.to_uppercase(), NOW_MS),
        Ok(()),
        "QUIRKS O28"
    );
    for (apart, due) in [
        (WINDOW_MS, Ok(())),
        (-WINDOW_MS, Ok(())),
        (WINDOW_MS + 1, Err(Code::RequestExpired)),
        (-WINDOW_MS - 1, Err(Code::RequestExpired)),
    ] {
        assert_eq!(code(open, &now, &sign, NOW_MS + apart), due, "{apart}");
    }
    // A clock that is days off can be set; the signature still counts (QUIRKS O2).
    let days = 3 * 86_400_000;
    assert_eq!(code("/api/device/syncTime", &now, &sign, NOW_MS + days), Ok(()));
    assert_eq!(code("/API/device/synctime/", &now, &sign, NOW_MS - days), Ok(()));
    assert_eq!(
        code("/api/device/syncTime", &now, "00", NOW_MS),
        Err(Code::WrongSignature)
    );
    assert_eq!(
        code(open, &now, &signature(&now, "other"), NOW_MS),
        Err(Code::WrongSignature)
    );
    assert_eq!(code(open, "", &sign, NOW_MS), Err(Code::MissingParameter));
    assert_eq!(code(open, &now, "", NOW_MS), Err(Code::MissingParameter));
    let soon = signature("soon", PASSWORD);
    assert_eq!(code(open, "soon", &soon, NOW_MS), Err(Code::InvalidParameter));
    // Seconds are read, too (QUIRKS O1).
    let seconds = (NOW_MS / 1000).to_string();
    assert_eq!(
        code(open, &seconds, &signature(&seconds, PASSWORD), NOW_MS),
        Ok(())
    );
    let signed = Signed { timestamp: now, sign };
    assert_eq!(signed.at(), Some(at(NOW_MS)));
}

#[test]
fn content_is_read_whatever_its_form() {
    let command = json!({"cmd": "snap", "n": 1});
    let due = JsonCommand(command.as_object().unwrap().clone());
    let json_field = format!("json={}", dialects::http::percent_encoded(&command.to_string()));
    let multipart = format!("--b\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{command}\r\n--b--");
    for body in [
        command.to_string(),
        format!("\u{feff}{command}\0\r\n"),
        json_field,
        multipart,
    ] {
        assert_eq!(
            arrive(Method::Post, "/api/device/jsonCmd", body.as_bytes()),
            Ok(due.clone().into()),
            "{body}"
        );
    }
    // A form of fields, its `+` unescaped; parameters in the body instead of the query.
    let photo = Base64Text::encode(&[0xFF, 0xD8, 0xFF, 0xFB, 0xEF]);
    assert!(photo.as_text().contains('+'));
    let form = format!("userId=7&userType=1&name=x&photo={}", photo.as_text());
    let Ok(Request::AddUser(AddUser(user))) = arrive(Method::Post, "/api/user", form.as_bytes()) else {
        panic!()
    };
    assert_eq!((user.photo, user.kind), (Some(photo), Some(UserType::Staff)));
    let open = OpenDoor {
        remark: Some("x".to_owned()),
    };
    assert_eq!(
        arrive(Method::Post, "/api/device/open", b"remark=x"),
        Ok(open.into())
    );
    for (body, due) in [
        (&b""[..], Code::MissingParameter),
        (b"[1]", Code::InvalidParameter),
        (b"{\"a\"", Code::InvalidParameter),
    ] {
        let refused = arrive(Method::Post, "/api/device/jsonCmd", body).unwrap_err();
        assert_eq!(refused.code, due);
    }
}

#[test]
fn an_update_changes_what_it_names() {
    let held = user();
    let change = |body: Value| match post("/api/user/update/1001", &body).unwrap() {
        Request::UpdateUser(update) => update,
        other => panic!("{other:?}"),
    };
    let update = change(json!({"NAME ": "李四", "department": "", "gender": "2", "photo": ""}));
    let laid = update.lay_over(&held).unwrap();
    assert_eq!(
        laid,
        User {
            name: "李四".to_owned(),
            department: None,
            gender: Some(2),
            ..held.clone()
        }
    );
    assert!(!update.has_photo());
    let again = through(&Request::from(update.clone()).call(NOW_MS, PASSWORD));
    assert_eq!(again, Ok(update.into()));
    let update = change(json!({"department": null, "title": null, "userId": "1001"}));
    assert_eq!(update.lay_over(&held), Ok(held.clone()), "null is nothing said");
    let update = change(json!({"photo": "/9j/4AAT"}));
    assert!(update.has_photo());
    assert_eq!(
        update.lay_over(&held).unwrap().photo,
        Some(Base64Text::from_text("/9j/4AAT"))
    );
    let other = post("/api/user/update/1001", &json!({"userId": "1002"})).unwrap_err();
    assert_eq!(other.code, Code::UserMismatch);
}

#[test]
fn everybody_is_not_deleted_by_accident() {
    assert_eq!(
        arrive(Method::Get, "/api/user/delete/all", b""),
        Ok(DeleteUser::everybody().into())
    );
    for id in ["all", "ALL", " All ", ""] {
        assert_eq!(DeleteUser::one(id), None, "{id:?}");
    }
    for id in ["ALL", "All", "%20all"] {
        let refused = arrive(Method::Get, &format!("/api/user/delete/{id}"), b"").unwrap_err();
        assert_eq!(refused.code, Code::InvalidParameter, "{id}");
    }
    let add = |id: &str| post("/api/user", &json!({"userId": id, "userType": 1, "name": "x"}));
    assert_eq!(add("All").unwrap_err().code, Code::InvalidParameter);
    assert!(add("alli").is_ok());
}

#[test]
fn lists_are_asked_for_by_page() {
    let users = |query: &str| match arrive(Method::Get, &format!("/api/user/list?{query}"), b"") {
        Ok(Request::ListUsers(list)) => Ok((list.paging.page, list.paging.size)),
        Ok(other) => panic!("{other:?}"),
        Err(refused) => Err(refused.code),
    };
    let records = |query: &str| match arrive(Method::Get, &format!("/api/record?{query}"), b"") {
        Ok(Request::ListRecords(list)) => Ok((list.paging.page, list.paging.size)),
        Ok(other) => panic!("{other:?}"),
        Err(refused) => Err(refused.code),
    };
    assert_eq!(users(""), Ok((1, 10)));
    assert_eq!(users("page=3&size=10"), Ok((3, 10)));
    assert_eq!(users("size=1000"), Ok((1, 10)), "more counts as ten (8.2.5)");
    assert_eq!(records(""), Ok((1, 20)));
    assert_eq!(records("size=1001&page=2"), Ok((2, 1000)));
    for wrong in ["page=0", "size=0", "size=-1", "page=first", "type=4"] {
        assert_eq!(users(wrong), Err(Code::InvalidParameter), "{wrong}");
        assert_eq!(records(wrong), Err(Code::InvalidParameter), "{wrong}");
    }
    assert_eq!(users("type=0"), Err(Code::InvalidParameter));
    assert_eq!((users("type=-1"), records("type=0")), (Ok((1, 10)), Ok((1, 20))));
    assert_eq!(records("startTime=today"), Err(Code::InvalidParameter));
    assert_eq!(records("endTime=1573546553000000"), Err(Code::InvalidParameter));

    let paging = Paging { page: 2, size: 10 };
    let page = Page::new(vec![user(); 4], 14, paging);
    assert_eq!((page.pages, page.size, page.has_next()), (2, 4, false));
    assert_eq!((paging.skipped(), paging.most()), (10, 10));
    // Nothing found is an empty list, no failure (QUIRKS O22).
    let nothing = Reply::of(Code::NothingFound);
    assert_eq!(nothing.answer::<ListUsers>(), Ok(Page::empty()));
    assert!(nothing.answer::<ListRecords>().is_ok_and(|page| !page.has_next()));
    assert!(nothing.answer::<GetNetwork>().is_err());
    let asked = ListUsers {
        kind: Some(1),
        mail: Some("zhang@example.com".to_owned()),
        ..ListUsers::one("1001")
    };
    assert!(asked.takes(&user()));
    let other = User { mail: None, ..user() };
    assert!(!asked.takes(&other) && ListUsers::page(1).takes(&other));
}

#[test]
fn a_call_by_its_path_goes_out_as_it_was_given() {
    let parameters = Map::from_iter([("cmd".to_owned(), json!("x y")), ("n".to_owned(), json!(7))]);
    let call = named("api/device/jsonCmd", parameters.clone(), NOW_MS, PASSWORD);
    assert_eq!(through(&call), Ok(JsonCommand(parameters.clone()).into()));
    let filters = Map::from_iter([("size".to_owned(), json!(5)), ("name".to_owned(), json!("张 三"))]);
    let call = named("/api/user/list", filters, NOW_MS, PASSWORD);
    let Ok(Request::ListUsers(list)) = through(&call) else {
        panic!()
    };
    assert_eq!((list.paging.size, list.name.as_deref()), (5, Some("张 三")));
    let call = named("/api/user/delete/7", Map::new(), NOW_MS, PASSWORD);
    assert_eq!(through(&call), Ok(DeleteUser::one("7").unwrap().into()));
    let call = named("/api/other", parameters, NOW_MS, PASSWORD);
    assert_eq!(call.method, Method::Post);
}

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9+&=% \u{4e00}-\u{4e10}]{0,19}[a-z]"
}

proptest! {
    #[test]
    fn a_person_survives_the_wire(
        id in "[A-Za-z0-9_-]{1,40}", name in text(), card in text(), department in proptest::option::of(text()),
        birthday in proptest::option::of(-2_000_000_000_i64..2_000_000_000), kind in 1_i64..4, bytes in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        prop_assume!(!id.eq_ignore_ascii_case("all"));
        let user = User {
            id, name, card, department,
            kind: Some(UserType::from(kind)),
            birthday: birthday.map(Seconds::new),
            photo: Some(Base64Text::encode(&bytes)).filter(|photo| !photo.is_blank()),
            ..User::default()
        };
        let add = Request::from(AddUser(user.clone()));
        prop_assert_eq!(through(&add.call(NOW_MS, PASSWORD)), Ok(add));
        let update = Request::from(UpdateUser::to(&user));
        prop_assert_eq!(through(&update.call(NOW_MS, PASSWORD)), Ok(update));
    }

    #[test]
    fn no_bytes_make_it_panic(path in "/[a-zA-Z/%]{0,20}", query in ".{0,40}", body in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..16) {
        for path in [path.as_str(), Request::ALL[at]] {
            for method in [Method::Get, Method::Post] {
                if let Ok(incoming) = Incoming::read(method, path, &query, &body) {
                    let _ = Request::parse(&incoming);
                    let _ = incoming.authenticate(PASSWORD, Timestamp::UNIX_EPOCH);
                }
            }
        }
        let _ = Reply::parse(&body);
        let _ = dialects::openapi::SocketMessage::parse(&body);
    }
}
