//! Devices with planted faults.

use crate::probing::probe;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Router, routing::any};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// Serves until dropped; gives the address.
pub(crate) async fn serve(router: Router) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, AbortOnDropHandle::new(serving))
}

/// Speaks lan, badly: each answer has a fault of its own.
async fn lan(Path(call): Path<String>) -> impl IntoResponse {
    let done = r#"{"status":0,"msg":"ok"}"#;
    let (status, body) = match call.as_str() {
        // A number in a text.
        "getTime" => (200, r#"{"status":0,"msg":"ok","data":{"ts":"1539666601.235"}}"#),
        // The name as it is set, a text that is cut.
        "getRecordCallback" => (200, r#"{"status":0,"msg":"ok","data":{"url":"#),
        // Without its period.
        "getHeartBeat" => (200, r#"{"status":0,"msg":"ok","data":{"url":""}}"#),
        // Unlimited as 0.0, and a known mistake of the document: data in a text.
        "listPerson" => (200, r#"{"status":0,"msg":"ok","data":"{\"person\":[]}"}"#),
        // A status of HTTP that no answer has, and one of the document that it lacks.
        "setPerson" => (500, done),
        "check" => (200, r#"{"status":777,"msg":"?"}"#),
        // The document's own refusal is none.
        "photo" => (200, r#"{"status":123,"msg":"busy"}"#),
        _ => (200, done),
    };
    (StatusCode::from_u16(status).unwrap(), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_lan_device_is_found_out_with_the_bytes() {
    let (address, _serving) = serve(Router::new().route("/{call}", any(lan))).await;
    let probed = probe(&["lan", &address]).await;
    assert_eq!(probed.code, 1);
    assert!(probed.stderr.contains("differ"), "{}", probed.stderr);
    for (name, part, bytes) in [
        ("getTime", "ts", r#"{"ts":"1539666601.235"}"#),
        ("getRecordCallback", "not JSON", r#""data":{"url":"#),
        ("getHeartBeat", "data.period is missing", r#"{"url":""}"#),
        (
            "setPerson",
            "500 came, 200 is expected",
            r#"{"status":0,"msg":"ok"}"#,
        ),
        ("check", "777", r#"{"status":777,"msg":"?"}"#),
        (
            "getDeviceInfo",
            "expected an object",
            r#"{"status":0,"msg":"ok"}"#,
        ),
    ] {
        let row = probed.row(name);
        assert_eq!(row["outcome"], "differs", "{row}");
        let detail = row["detail"].as_str().unwrap();
        assert!(detail.contains(part) && detail.contains(bytes), "{detail}");
    }
    let list = probed.row("listPerson");
    assert_eq!(
        (&list["outcome"], &list["quirk"]),
        (&"differs".into(), &"L13".into())
    );
    assert_eq!(probed.row("photo")["outcome"], "refused");
    assert_eq!(probed.row("setRecordCallback")["outcome"], "skipped");
    assert_eq!(probed.row("setDeviceKey")["outcome"], "holds");
    let counted = |outcome: &str| probed.with(outcome).len();
    for outcome in ["holds", "differs", "refused", "skipped"] {
        assert_eq!(probed.report[outcome], counted(outcome));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_a_failure_and_no_address_wrong_usage() {
    let port = crate::kit::free_port();
    let run = |address: String| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_menshen"));
        command.args(["probe", "lan", &address]).output()
    };
    let nobody = run(format!("127.0.0.1:{port}")).await.unwrap();
    assert_eq!(nobody.status.code(), Some(1));
    assert!(
        String::from_utf8(nobody.stderr)
            .unwrap()
            .contains("no device answers")
    );
    assert_eq!(run("here".to_owned()).await.unwrap().status.code(), Some(2));
}
