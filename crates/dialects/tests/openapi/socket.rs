//! The WebSocket of 8.3.3.

use super::{NOW_MS, PASSWORD};
use dialects::openapi::socket::{HEARTBEAT, HEARTBEAT_SECONDS, Listen, SILENT_SECONDS, SocketMessage};
use dialects::openapi::{Code, UserType};
use jiff::Timestamp;
use serde_json::json;

#[test]
fn a_client_signs_like_any_caller() {
    let target = Listen::target(NOW_MS, PASSWORD);
    let (path, query) = target.split_once('?').unwrap();
    assert_eq!(path, Listen::PATH);
    let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
    let code = |query: &str, password: &str, now: i64| {
        Listen::authenticate(query, password, at(now))
            .map(drop)
            .map_err(|refused| refused.code)
    };
    assert_eq!(code(query, PASSWORD, NOW_MS + 300_000), Ok(()));
    assert_eq!(code(query, PASSWORD, NOW_MS + 300_001), Err(Code::RequestExpired));
    assert_eq!(code(query, "other", NOW_MS), Err(Code::WrongSignature));
    assert_eq!(code("", PASSWORD, NOW_MS), Err(Code::MissingParameter));
    assert!(HEARTBEAT_SECONDS * 3 < SILENT_SECONDS && !HEARTBEAT.is_empty());
}

#[test]
fn messages_survive_what_is_odd_about_them() {
    // Numbers as texts, a trailing blank in a key, a temperature with its unit, milliseconds, a spoiled field.
    let odd = json!({
        "code": "30000",
        "data": {
            "id": "7", "signTime ": 1_573_539_353_795_i64, "type": "1", "userId": 1001, "temperature": "36.5°C",
            "wearMask": 1, "similarity": "91.6", "gender": "男", "userType": "x",
        },
    });
    let Ok(SocketMessage::Record { record, data }) = SocketMessage::parse(odd.to_string().as_bytes()) else {
        panic!()
    };
    assert_eq!((record.sign.id, record.sign.at.get()), (7, 1_573_539_353));
    assert_eq!(
        (record.user.id.as_str(), record.user.gender, record.user.kind),
        ("1001", None, None)
    );
    assert_eq!(
        (record.sign.kind, record.sign.mask),
        (Some(UserType::Staff), Some(true))
    );
    assert_eq!(
        (record.sign.temperature, record.sign.similarity),
        (Some(36.5), Some(91.6))
    );
    assert_eq!(data["gender"], json!("男"));
    let text = SocketMessage::record(record).to_text();
    assert!(text.contains("\"similarity\":92"), "{text}");

    let other = SocketMessage::parse(br#"{"code":7,"x":1}"#).unwrap();
    assert!(matches!(&other, SocketMessage::Other { code: 7, .. }));
    assert_eq!(SocketMessage::parse(other.to_text().as_bytes()), Ok(other));
    for wrong in [
        &b"{}"[..],
        b"",
        b"pong",
        br#"{"code":30000}"#,
        br#"{"code":30000,"data":{"id":1}}"#,
    ] {
        assert!(SocketMessage::parse(wrong).is_err(), "{wrong:?}");
    }
}
