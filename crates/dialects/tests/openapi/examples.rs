//! Every example of chapters 4 and 8, its typography repaired and the names of objects filled in: read, looked at field
//! by field, and written again.

use super::{NOW_MS, PASSWORD, folder, golden, golden_value, post};
use dialects::openapi::operation::call;
use dialects::openapi::sign::{DEFAULT_PASSWORD, signature};
use dialects::openapi::socket::Listen;
use dialects::openapi::{
    AddUser, Code, DeleteUser, GetInformation, GetNetwork, GetPeripherals, GetSmartFace, InputType,
    JsonCommand, ListRecords, ListUsers, OpenDoor, Operation, PlatformRequest, Reboot, Refusal, Reply,
    Request, Seconds, SetNetwork, SetPeripherals, SetSmartFace, SocketMessage, SyncTime, UpdateUser,
    UserType,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The example of an operation: read, and written again the same.
fn example<O: Operation>(file: &str) -> O::Answer {
    let file = format!("{}-{file}.response.json", O::SECTION);
    let bytes = golden(&file);
    let reply = Reply::parse(&bytes).unwrap();
    let due: Value = serde_json::from_slice(&bytes).unwrap();
    let same = |written: Vec<u8>| serde_json::from_slice::<Value>(&written).unwrap();
    assert_eq!(same(reply.to_bytes()), due, "{file}");
    let answer = reply
        .answer::<O>()
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    assert_eq!(same(Reply::success::<O>(&answer).to_bytes()), due, "{file}");
    assert_eq!(same(reply.exact::<O>().unwrap().to_bytes()), due, "{file}");
    answer
}

/// The answer of a device that cannot do it.
fn refused<O: Operation>(file: &str) {
    let due = golden_value(&format!("{}-{file}.refused.json", O::SECTION));
    let written = Reply::of(Code::NotSupported).to_bytes();
    assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), due, "{file}");
    let Err(Refusal::Code { code, desc, .. }) = Reply::parse(&written).unwrap().answer::<O>() else {
        panic!("{file}")
    };
    assert_eq!((code, desc.as_str()), (Code::NotSupported, "device-not-support"));
}

#[test]
fn the_signature_of_4_1_verifies() {
    assert_eq!(DEFAULT_PASSWORD, PASSWORD);
    assert_eq!(
        signature("1573539353795", PASSWORD),
        "188ef735093645c802b0e4741bd3e9a1"
    );
    let open = OpenDoor {
        remark: Some("test".to_owned()),
    };
    assert_eq!(
        call(&open, NOW_MS, PASSWORD).target,
        "/api/device/open?timestamp=1573539353795&sign=188ef735093645c802b0e4741bd3e9a1&remark=test"
    );
}

#[test]
fn the_code_declares_the_names_of_the_document() {
    let committed = std::fs::read_to_string(folder("names/openapi.txt")).unwrap();
    let committed: BTreeSet<&str> = committed.lines().collect();
    let socket = [Listen::NAME, Listen::HEARTBEAT_NAME, Listen::RECORD_NAME];
    let declared: BTreeSet<&str> = Request::ALL
        .iter()
        .chain(PlatformRequest::ALL)
        .copied()
        .chain(socket)
        .collect();
    assert_eq!(declared, committed);
    assert_eq!(committed.len(), 24);
}

#[test]
fn what_gives_nothing_back_is_read_and_written_again() {
    example::<OpenDoor>("open");
    refused::<OpenDoor>("open");
    example::<SyncTime>("syncTime");
    refused::<SyncTime>("syncTime");
    example::<Reboot>("reboot");
    refused::<Reboot>("reboot");
    example::<SetNetwork>("networkcfg");
    refused::<SetNetwork>("networkcfg");
    example::<SetSmartFace>("smartfacecfg");
    refused::<SetSmartFace>("smartfacecfg");
    example::<SetPeripherals>("perparacfg");
    refused::<SetPeripherals>("perparacfg");
    refused::<GetInformation>("information");
    refused::<GetNetwork>("network");
    refused::<GetSmartFace>("smartface");
    refused::<GetPeripherals>("perpara");
    assert_eq!(example::<JsonCommand>("jsonCmd"), json!({}));
    refused::<JsonCommand>("jsonCmd");
}

#[test]
fn the_objects_of_8_1() {
    let information = example::<GetInformation>("information");
    assert_eq!(
        (
            information.text("deviceID").as_deref(),
            information.text("deviceMoel").as_deref()
        ),
        (Some("0a9310e7acc298d3"), Some("FR-8"))
    );
    let network = example::<GetNetwork>("network");
    assert_eq!(
        (network.is_on("dhcpEnable"), network.text("defRout").as_deref()),
        (Some(false), Some("192.168.1.1"))
    );
    let face = example::<GetSmartFace>("smartface");
    assert_eq!(
        (face.number("tempWarnThre"), face.number("faceInterval")),
        (Some(37.3), Some(6.0))
    );
    let around = example::<GetPeripherals>("perpara");
    assert_eq!(
        (around.number("unlockOuttime"), around.is_on("RecordOpen")),
        (Some(5.0), Some(false))
    );
    for (path, file) in [
        ("/api/device/networkcfg", "8.1.13-networkcfg.request.json"),
        ("/api/device/smartfacecfg", "8.1.15-smartfacecfg.request.json"),
        ("/api/device/perparacfg", "8.1.17-perparacfg.request.json"),
    ] {
        let body = golden_value(file);
        let request = post(path, &body).unwrap();
        let written = request.call(NOW_MS, PASSWORD).body;
        assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), body, "{file}");
    }
}

#[test]
fn the_people_of_8_2() {
    let body = golden_value("8.2.2-user.request.json");
    let Ok(Request::AddUser(AddUser(user))) = post("/api/user", &body) else {
        panic!()
    };
    assert_eq!(Value::Object(user.fields()), body);
    assert_eq!(
        (user.id.as_str(), user.kind, user.name.as_str()),
        ("1001", Some(UserType::Staff), "张三")
    );
    assert_eq!(
        (user.card.as_str(), user.job_number.as_str(), user.mobile.as_str()),
        ("7267e840", "A-17", "13800000000")
    );
    assert_eq!(
        (user.birthday, user.entry_time),
        (Some(Seconds::new(860_515_200)), Some(Seconds::new(1_546_300_800)))
    );
    assert_eq!(
        (
            user.mail.as_deref(),
            user.title.as_deref(),
            user.position.as_deref()
        ),
        (Some("zhang@example.com"), Some("工程师"), Some("长沙"))
    );
    assert_eq!((user.gender, user.prompt.as_deref()), (Some(1), Some("欢迎")));
    assert_eq!(
        user.photo.as_ref().unwrap().decode().unwrap()[..3],
        [0xFF, 0xD8, 0xFF]
    );
    assert_eq!(example::<AddUser>("user"), Some(user));

    let body = golden_value("8.2.3-update.request.json");
    let Ok(Request::UpdateUser(update)) = post("/api/user/update/2001", &body) else {
        panic!()
    };
    let visitor = example::<UpdateUser>("update").unwrap();
    assert_eq!(update, UpdateUser::to(&visitor));
    assert_eq!(
        (visitor.start, visitor.end),
        (
            Some(Seconds::new(1_573_539_353)),
            Some(Seconds::new(1_573_546_553))
        )
    );
    assert_eq!(
        (
            visitor.purpose.as_deref(),
            visitor.interviewee.as_deref(),
            visitor.come_from.as_deref()
        ),
        (Some("面试"), Some("张三"), Some("某公司"))
    );
    let blocked = example::<DeleteUser>("delete").unwrap();
    assert_eq!(blocked.kind, Some(UserType::Blocked));
    // The data may be absent (QUIRKS O38).
    assert_eq!(Reply::done().answer::<DeleteUser>(), Ok(None));

    let page = example::<ListUsers>("list");
    assert_eq!(
        (page.total, page.page, page.size, page.page_size, page.pages),
        (14, 1, 3, 3, 5)
    );
    assert_eq!(page.entries.len(), 3);
    assert!(page.has_next());
}

#[test]
fn the_records_of_8_3() {
    let page = example::<ListRecords>("record");
    let [face, stranger, card] = page.entries.as_slice() else {
        panic!()
    };
    assert_eq!(
        (face.sign.id, face.sign.at, face.sign.input),
        (731, Seconds::new(1_573_539_353), Some(InputType::Face))
    );
    assert_eq!(
        (
            face.sign.similarity,
            face.sign.temperature,
            face.sign.temperature_state
        ),
        (Some(92.0), Some(36.5), Some(0))
    );
    assert_eq!((face.sign.mask, face.sign.mask_alarm), (Some(true), Some(false)));
    assert_eq!(face.sign.device_mark.as_deref(), Some("0a9310e7acc298d3"));
    assert_eq!(
        (stranger.user.kind, stranger.sign.kind),
        (Some(UserType::Stranger), Some(UserType::Stranger))
    );
    assert_eq!(card.sign.input, Some(InputType::Card));

    for (file, due) in [
        ("8.3.3-connected.message.json", SocketMessage::Connected),
        (
            "8.3.3-denied.message.json",
            SocketMessage::Denied {
                desc: "app key not exist".to_owned(),
            },
        ),
        ("8.3.3-record.message.json", SocketMessage::record(face.clone())),
    ] {
        let message = SocketMessage::parse(&golden(file)).unwrap();
        assert_eq!(message, due, "{file}");
        let written: Value = serde_json::from_str(&message.to_text()).unwrap();
        assert_eq!(written, golden_value(file), "{file}");
    }
}

#[test]
fn codes_go_both_ways() {
    for code in Code::ALL {
        assert_eq!(Code::from(code.number()), *code);
        let read = Reply::parse(&Reply::of(*code).to_bytes()).unwrap();
        assert_eq!((read.code, read.message.as_str()), (*code, code.text()));
    }
    assert_eq!(Code::ALL.len(), 20);
    let clocks: Vec<i64> = Code::ALL
        .iter()
        .filter(|code| code.is_clock())
        .map(|code| code.number())
        .collect();
    assert_eq!(clocks, [10_003, 50_001]);
}
