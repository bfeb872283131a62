//! facegate: our own terminal, and one with planted faults.

use crate::faulty::serve;
use crate::kit::{free_port, photos};
use crate::probing::{Terminal, probe};
use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Groups of settings, and what else is to be as before.
const TOLD: [&str; 20] = [
    "GetSound",
    "GetDoorCondition",
    "GetNetParam",
    "GetSysNTP",
    "GetCenter",
    "GetSysParam",
    "GetEnterIPC",
    "GetServerBasicPara",
    "GetWorktype",
    "GetGeneralParam",
    "GetTemperature",
    "GetHandSharkData",
    "GetSysCfg",
    "GetMQTTParam",
    "GetNetWiFi",
    "GetFaceParam",
    "GetRTSPCfg",
    "GetSubscribe",
    "SearchPersonNum",
    "SearchPersonList",
];

/// Calls facegate at this port; the answer.
pub(crate) async fn call(port: u16, operator: &str, body: &Value) -> Value {
    let url = format!("http://127.0.0.1:{port}/action/{operator}");
    let request = reqwest::Client::new()
        .post(url)
        .basic_auth("admin", Some("admin"));
    let answer = request.json(body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{operator}");
    answer.json().await.unwrap()
}

/// What a terminal tells of its people and settings.
async fn told(port: u16) -> Value {
    let mut told = Vec::new();
    for operator in TOLD {
        told.push(call(port, operator, &json!({})).await);
    }
    json!(told)
}

#[tokio::test(flavor = "multi_thread")]
async fn facegate_holds_and_is_as_before() {
    let Some(photos) = photos() else { return };
    let port = free_port();
    let _terminal = Terminal::start(&[format!("facegate.listen=127.0.0.1:{port}")]).await;
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("photo.jpg");
    std::fs::write(&photo, &photos[0][0]).unwrap();
    let somebody = json!({
        "operator": "AddPerson", "info": {"PersonUUID": "7", "Name": "Somebody", "PersonType": 0},
        "picinfo": STANDARD.encode(&photos[1][0]),
    });
    let added = call(port, "AddPerson", &somebody).await;
    assert_eq!(added["info"]["Result"], "Ok", "{added}");
    let before = told(port).await;
    let address = format!("127.0.0.1:{port}");
    let probed = probe(&["facegate", &address, "--photo", photo.to_str().unwrap()]).await;
    probed.holds();
    assert_eq!(
        probed.with("skipped"),
        [
            "SetAudio",
            "OpenDoor",
            "ClearAccessPwd",
            "SetFactoryDefault",
            "SetUserPwd",
            "SetNetWiFi",
            "DeleteAllPerson",
            "SetRTSPCfg",
            "SetNetParam",
            "Upgrade",
            "RebootDevice",
        ]
    );
    assert_eq!(probed.report["holds"], 61);
    assert_eq!(told(port).await, before);
    let arguments = [
        "facegate",
        &address,
        "--photo",
        photo.to_str().unwrap(),
        "--destructive",
    ];
    let probed = probe(&arguments).await;
    probed.holds();
    assert_eq!(probed.with("skipped"), ["Upgrade"]);
    assert_eq!(
        call(port, "SearchPersonNum", &json!({})).await["info"]["PersonNum"],
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_photo_people_are_skipped_and_subscribers_stay() {
    let Some(_) = photos() else { return };
    let port = free_port();
    let _terminal = Terminal::start(&[format!("facegate.listen=127.0.0.1:{port}")]).await;
    let (platform, _serving) = serve(Router::new().fallback(async || r#"{"code":200,"desc":"OK"}"#)).await;
    let subscription = json!({"operator": "Subscribe", "info": {
        "Num": 1, "Topics": ["Verify"], "SubscribeAddr": format!("http://{platform}"),
        "SubscribeUrl": {"Verify": "/verify", "HeartBeat": "/beat"}, "BeatInterval": 20, "Auth": "none",
    }});
    let subscribed = call(port, "Subscribe", &subscription).await;
    assert_eq!(subscribed["info"]["Result"], "Ok", "{subscribed}");
    let before = call(port, "GetSubscribe", &json!({})).await;
    let probed = probe(&["facegate", &format!("127.0.0.1:{port}")]).await;
    probed.holds();
    for name in ["AddPerson", "EditPersonsNew", "GetFaceSignature"] {
        let row = probed.row(name);
        assert_eq!(row["outcome"], "skipped", "{row}");
        assert!(row["detail"].as_str().unwrap().contains("--photo"), "{row}");
    }
    assert_eq!(probed.row("DetectFaceFromPic")["outcome"], "holds");
    assert_eq!(probed.row("Subscribe")["outcome"], "holds");
    assert_eq!(probed.row("Unsubscribe")["outcome"], "skipped");
    assert_eq!(call(port, "GetSubscribe", &json!({})).await, before);
}

/// Speaks facegate, badly: each answer has a fault of its own.
async fn faulty(uri: Uri) -> impl IntoResponse {
    let operator = uri.path().trim_start_matches("/action/");
    let told = |info: &str| (200, format!(r#"{{"operator":"{operator}","info":{info}}}"#));
    let (status, body) = match operator {
        // Its number as a text.
        "GetSysParam" => told(r#"{"DeviceID":"1300001","Name":"door","Version":"1"}"#),
        // A field as text, which is set nevertheless, and not.
        "GetSound" => told(r#"{"Volume":"80"}"#),
        // Out of its range.
        "GetDoorCondition" => told(r#"{"FaceThreshold":20}"#),
        // Without what must be named.
        "GetTemperature" => told(r#"{"TemperatureMode":0}"#),
        // A number where the document prints a text.
        "GetFaceParam" => told(
            r#"{"recDistance":200,"faceMinPixel":"122","detectArea_x":0,"detectArea_y":0,"detectArea_w":960,"detectArea_h":"1280"}"#,
        ),
        // Nothing of the group.
        "GetSysCfg" => told(r#"{"Result":"Ok"}"#),
        // Cut.
        "GetDatabaseVer" => (200, r#"{"operator":"GetDatabaseVer","info":{"#.to_owned()),
        // A code that the document lacks.
        "AddAccessPwd" => (
            200,
            r#"{"operator":"AddAccessPwd","code":777,"info":{"Result":"Fail","Detail":"?"}}"#.to_owned(),
        ),
        // One that it has.
        "DelAccessPwd" => (
            200,
            r#"{"operator":"DelAccessPwd","code":461,"info":{"Result":"Fail","Detail":"Unknow operator"}}"#
                .to_owned(),
        ),
        // Another count than the list's.
        "GetAudio" => told(r#"{"AudioNum":2,"AudioName":["a.wav"]}"#),
        // What cannot be read, although it may be left out.
        "SearchControl" => told(
            r#"{"DeviceID":1300001,"TotalNum":1,"SearchInfo":[{"Time":"2020-01-01T08:00:00","VerfyType":1,"VerifyStatus":1,"Name":"x","LibID":1,"Similarity":"high"}]}"#,
        ),
        // A status of HTTP that no answer has.
        "SearchControlNum" => (
            500,
            r#"{"operator":"SearchControlNum","info":{"DeviceID":1300001,"ControlNum":1}}"#.to_owned(),
        ),
        // Well.
        "SearchCaptureNum" => told(r#"{"DeviceID":1300001,"CaptureNum":0}"#),
        _ => (
            200,
            format!(r#"{{"operator":"{operator}","code":200,"info":{{"Result":"Ok"}}}}"#),
        ),
    };
    (StatusCode::from_u16(status).unwrap(), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_facegate_device_is_found_out_with_the_bytes() {
    let (address, _serving) = serve(Router::new().fallback(faulty)).await;
    let probed = probe(&["facegate", &address]).await;
    assert_eq!(probed.code, 1);
    for (name, part, bytes, quirk) in [
        (
            "GetSysParam",
            "info.DeviceID",
            r#""DeviceID":"1300001""#,
            Some("A10"),
        ),
        (
            "GetSound",
            "info.Volume \"80\" came, 80",
            r#""Volume":"80""#,
            None,
        ),
        ("SetSound", "info.Volume is 80, not 50", r#""Volume":"80""#, None),
        ("GetDoorCondition", "info.FaceThreshold is 20", "20}", None),
        (
            "GetTemperature",
            "info.TemperatureHigh is missing",
            "TemperatureMode",
            None,
        ),
        ("GetFaceParam", "info.recDistance", "200,", Some("A56")),
        ("GetSysCfg", "no field of the group", r#""Ok""#, None),
        ("GetDatabaseVer", "not JSON", r#""info":{"#, None),
        ("AddAccessPwd", "777", r#""code":777"#, None),
        ("GetAudio", "info.AudioNum is 2, not 1", "a.wav", None),
        (
            "SearchControl",
            "Similarity \"high\" cannot be read",
            r#""high""#,
            None,
        ),
        (
            "SearchControlNum",
            "500 came, 200 is expected",
            "ControlNum",
            Some("A60"),
        ),
    ] {
        let row = probed.row(name);
        assert_eq!(row["outcome"], "differs", "{row}");
        let detail = row["detail"].as_str().unwrap();
        assert!(detail.contains(part) && detail.contains(bytes), "{detail}");
        assert_eq!(row["quirk"].as_str(), quirk, "{row}");
    }
    assert_eq!(probed.row("DelAccessPwd")["outcome"], "refused");
    assert_eq!(probed.row("SearchCaptureNum")["outcome"], "holds");
    assert_eq!(probed.row("SetSysCfg")["outcome"], "skipped");
}
