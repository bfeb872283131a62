//! openapi: our own terminal, and one with planted faults.

use crate::faulty::serve;
use crate::kit::free_port;
use crate::probing::{Terminal, probe};
use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use dialects::openapi::sign::signature;
use serde_json::{Value, json};

const PASSWORD: &str = "secret";

/// Calls openapi at this port; the data of the answer.
async fn call(port: u16, method: reqwest::Method, path: &str, content: &Value) -> Value {
    let timestamp = jiff::Timestamp::now().as_millisecond().to_string();
    let sign = signature(&timestamp, PASSWORD);
    let url = format!("http://127.0.0.1:{port}{path}?timestamp={timestamp}&sign={sign}");
    let mut request = reqwest::Client::new().request(method, url);
    if !content.is_null() {
        request = request.json(content);
    }
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["code"], 200, "{path}: {answer}");
    answer["data"].clone()
}

/// What a terminal tells of its people and settings.
async fn told(port: u16) -> Value {
    let mut told = vec![call(port, reqwest::Method::GET, "/api/user/list", &Value::Null).await];
    for path in ["information", "network", "smartface", "perpara"] {
        let path = format!("/api/device/{path}");
        told.push(call(port, reqwest::Method::POST, &path, &Value::Null).await);
    }
    json!(told)
}

#[tokio::test(flavor = "multi_thread")]
async fn openapi_holds_and_is_as_before() {
    let (port, push_port, other_port) = (free_port(), free_port(), free_port());
    let _terminal = Terminal::start(&[
        format!("openapi.listen=127.0.0.1:{port}"),
        format!("openapi.push_listen=127.0.0.1:{push_port}"),
        format!("openapi.password={PASSWORD}"),
        "openapi.platform=".to_owned(),
        format!("facegate.listen=127.0.0.1:{other_port}"),
        // No whole seconds: openapi cannot tell them, and must not change them.
        "door.open_ms=1500".to_owned(),
    ])
    .await;
    let person = json!({"userId": "7", "userType": 1, "name": "Somebody", "icNumber": "4711", "jobNumber": "",
        "mobile": "", "remark": ""});
    call(port, reqwest::Method::POST, "/api/user", &person).await;
    let before = told(port).await;
    let door = crate::facegate::call(other_port, "GetDoorCondition", &json!({})).await;
    assert_eq!(door["info"]["IOStayTime"], 1500);
    let (address, push_address) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{push_port}"));
    let arguments = [
        "openapi",
        &address,
        "--push-address",
        &push_address,
        "--password",
        PASSWORD,
    ];
    let probed = probe(&arguments).await;
    probed.holds();
    assert_eq!(
        probed.with("skipped"),
        [
            "/api/device/networkcfg",
            "/api/device/open",
            "/api/user/delete/all",
            "/api/device/reboot"
        ]
    );
    assert_eq!(probed.report["holds"], 15);
    assert_eq!(told(port).await, before);
    let door_after = crate::facegate::call(other_port, "GetDoorCondition", &json!({})).await;
    assert_eq!(door_after, door);
    let probed = probe(&[&arguments[..], &["--destructive"]].concat()).await;
    probed.holds();
    assert!(probed.with("skipped").is_empty());
}

/// Speaks openapi, badly: each answer has a fault of its own.
async fn faulty(uri: Uri) -> impl IntoResponse {
    let data = |data: &str| format!(r#"{{"code":200,"message":"OK","desc":"","data":{data}}}"#);
    let (status, body) = match uri.path() {
        // A number in a text.
        "/api/device/information" => (
            200,
            r#"{"code":"200","message":"OK","desc":"","data":{}}"#.to_owned(),
        ),
        // Cut.
        "/api/device/syncTime" => (200, r#"{"code":200,"message":"#.to_owned()),
        // Neither a result nor the word that there is none.
        "/api/device/jsonCmd" => (200, r#"{"code":200,"message":"OK","desc":""}"#.to_owned()),
        // Without its address.
        "/api/device/network" => (
            200,
            data(r#"{"dhcpEnable":1,"subMask":"","DNS1":"","DNS2":"","defRout":""}"#),
        ),
        // A field as text.
        "/api/device/smartface" => (200, data(r#"{"faceEnable":1,"faceThre":"5"}"#)),
        // Out of its range: which one the document leaves open.
        "/api/device/perpara" => (
            200,
            data(
                r#"{"detecTemMod":0,"voiceProswitch":1,"tempNormal":1,"maskNormal":1,"cmpNormal":1,"RecordOpen":0,"unlockControl":1,"unlockOuttime":5000}"#,
            ),
        ),
        // Lacks what may be empty but not missing.
        "/api/user" => (
            200,
            data(r#"{"userId":"menshen-probe","userType":1,"name":"Menshen Probe"}"#),
        ),
        // A status of HTTP that no answer has.
        "/api/user/update/menshen-probe" => (500, r#"{"code":50002,"message":"","desc":""}"#.to_owned()),
        // A code that the document lacks.
        "/api/user/list" => (200, r#"{"code":777,"message":"?","desc":""}"#.to_owned()),
        // The document's own refusal is none.
        "/api/user/delete/menshen-probe" => (
            200,
            r#"{"code":20001,"message":"User Not Exists","desc":""}"#.to_owned(),
        ),
        // What cannot be read, although it may be left out.
        "/api/record" => (
            200,
            data(
                r#"{"total":1,"pageNum":1,"size":1,"pageSize":5,"totalPage":1,"data":[{"id":1,"signTime":1573539353,"type":1,"inputType":1,"userId":"7","userType":1,"name":"x","icNumber":"","jobNumber":"","mobile":"","remark":"","similarity":"high"}]}"#,
            ),
        ),
        _ => (404, String::new()),
    };
    (StatusCode::from_u16(status).unwrap(), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_openapi_device_is_found_out_with_the_bytes() {
    let (address, _serving) = serve(Router::new().fallback(faulty)).await;
    let probed = probe(&["openapi", &address, "--push-address", &address]).await;
    assert_eq!(probed.code, 1);
    for (name, part, bytes, quirk) in [
        ("/api/device/information", "code", r#"{"code":"200""#, None),
        ("/api/device/syncTime", "not JSON", r#""message":"#, None),
        ("/api/device/jsonCmd", "json is missing", r#""desc":""}"#, None),
        (
            "/api/device/network",
            "data.ipAddress is missing",
            r#""subMask":"""#,
            None,
        ),
        (
            "/api/device/smartface",
            "data.faceThre \"5\" came, 5",
            r#""faceThre":"5""#,
            None,
        ),
        (
            "/api/device/perpara",
            "data.unlockOuttime is 5000",
            "5000}",
            Some("O31"),
        ),
        (
            "/api/user",
            "data.icNumber is missing",
            r#""userType":1"#,
            Some("O32"),
        ),
        (
            "/api/user/update/{userId}",
            "500 came, 200 is expected",
            "50002",
            Some("O41"),
        ),
        ("/api/user/list", "777", r#"{"code":777"#, None),
        ("/api/record", "data.data[].similarity", r#""high""#, Some("O37")),
        ("ws /api/record", "200 came, 101 is expected", "", Some("O42")),
    ] {
        let row = probed.row(name);
        assert_eq!(row["outcome"], "differs", "{row}");
        let detail = row["detail"].as_str().unwrap();
        assert!(detail.contains(part) && detail.contains(bytes), "{detail}");
        assert_eq!(row["quirk"].as_str(), quirk, "{row}");
    }
    assert_eq!(probed.row("/api/user/delete/{userId}")["outcome"], "refused");
    assert_eq!(probed.row("/api/device/perparacfg")["outcome"], "differs");
    assert!(probed.with("holds").is_empty());
}
