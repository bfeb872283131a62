//! Devices with planted faults that come to the probe.

use crate::kit::free_port;
use crate::probing::probe;
use dialects::qyzn::frame::{HEADER_BYTES, encode};
use dialects::qyzn::{Header, PacketKind, Register, Version};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// Dials until somebody listens.
async fn dial(address: &str) -> TcpStream {
    loop {
        match TcpStream::connect(address).await {
            Ok(stream) => return stream,
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// Speaks qyzn, badly: each answer has a fault of its own.
fn qyzn_answer(message: &str, data: &Value) -> String {
    let done = r#"{"result":0,"desc":"Success","data":{}}"#;
    match (message, data["groupKey"][0].as_str()) {
        // The code as a text.
        ("add_person", _) => r#"{"result":"0","desc":"Success","data":{}}"#,
        // Nobody follows.
        ("sync_person", _) => r#"{"result":0,"desc":"Success","data":{"person_num":2}}"#,
        // A code that the document does not have.
        ("delete_person", _) => r#"{"result":777,"desc":"?","data":{}}"#,
        // Cut.
        ("add_person_face", _) => r#"{"result":0,"desc":"#,
        // The document's own refusal is none.
        ("snapshot_picture", _) => r#"{"result":107,"desc":"no picture","data":{}}"#,
        // The spelling of the document's example, and a range left.
        (_, Some("vaparam")) => {
            r#"{"result":0,"desc":"Success","data":[{"groupKey":"vaparam","SimilarThres":80,"DetThres":65,"LiveThres":50,"LiveSwitch":0,"Distance":0,"safetyhatDelect":false}],"RspMsg":"get_vaparam"}"#
        }
        (_, Some("switchCtrl")) => {
            r#"{"result":0,"desc":"Success","data":[{"groupKey":"switchCtrl","switchOutput":true,"switchOutMode":65,"outputInterval":500,"outputDelay":0}],"RspMsg":"get_switchCtrl"}"#
        }
        // It tells the volume, and does not keep it.
        (_, Some("audioctl")) => {
            r#"{"result":0,"desc":"Success","data":[{"groupKey":"audioctl","level":3}],"RspMsg":"get_audioctl"}"#
        }
        _ => done,
    }
    .to_owned()
}

async fn frame(stream: &mut TcpStream) -> Option<(Header, Vec<u8>)> {
    let mut head = [0; HEADER_BYTES];
    stream.read_exact(&mut head).await.ok()?;
    let (header, size) = Header::parse(&head)?;
    let mut body = vec![0; size as usize];
    stream.read_exact(&mut body).await.ok()?;
    Some((header, body))
}

fn faulty_qyzn(address: String) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut stream = dial(&address).await;
        let register = Register::signed("faulty", "8CEC4B91040C", "KG02", 1_700_000_000);
        let mut data = serde_json::to_value(register).unwrap();
        // A signature that is none.
        data["sign"] = json!("0123456789abcdef0123456789abcdef");
        let login = json!({"uuid": "u", "timestamp": 1_700_000_000, "sign": "s", "version": "1"});
        for (sequence, message, data) in [(7, "register", data), (8, "login", login)] {
            let body = json!({"message": message, "data": data}).to_string();
            let header = Header::new(Version::V2, PacketKind::Request, 0, sequence);
            stream.write_all(&encode(header, body.as_bytes())).await.unwrap();
        }
        // Heartbeats count.
        let beat = Header::new(Version::V2, PacketKind::Heartbeat, 0, 5);
        stream.write_all(&encode(beat, &[])).await.unwrap();
        while let Some((header, body)) = frame(&mut stream).await {
            if header.kind != PacketKind::Request {
                continue;
            }
            let body: Value = serde_json::from_slice(&body).unwrap();
            let answer = qyzn_answer(body["message"].as_str().unwrap(), &body["data"]);
            let header = Header {
                kind: PacketKind::Response,
                reserved: 9,
                ..header
            };
            stream
                .write_all(&encode(header, answer.as_bytes()))
                .await
                .unwrap();
        }
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_qyzn_device_is_found_out_with_the_bytes() {
    let address = format!("127.0.0.1:{}", free_port());
    let _device = faulty_qyzn(address.clone());
    let probed = probe(&["qyzn", &address, "--answer-within", "1s"]).await;
    assert_eq!(probed.code, 1);
    for (name, quirk, part, bytes) in [
        (
            "register",
            "T12",
            "data.sign is not that of its serial",
            r#""serial":"faulty""#,
        ),
        (
            "login",
            "T12",
            "data.timestamp 1700000000 came",
            r#""timestamp":1700000000"#,
        ),
        (
            "add_person",
            "",
            r#"result "0" came, 0 is expected"#,
            r#"{"result":"0","#,
        ),
        ("sync_person", "", "2 were announced, 0 came", r#""person_num":2"#),
        ("delete_person", "", "777", r#"{"result":777,"#),
        ("add_person_face", "", "not JSON", r#"{"result":0,"desc":"#),
        (
            "get_configs:vaparam",
            "T3",
            "data[].safetyhatDecect is missing",
            "safetyhatDelect",
        ),
        (
            "get_configs:switchCtrl",
            "T19",
            "data[].switchOutMode is 65",
            r#""switchOutMode":65"#,
        ),
        (
            "config_system:audioctl",
            "",
            "data[].level is 3, was set to 4",
            r#""level":3"#,
        ),
        ("HEARTBEAT", "T13", "header.Seq is 5, not 0", "0x51595a4e"),
        ("RESPONSE", "", "header.Resv is 9, not 0", "0x51595a4e"),
        ("sync_time", "", "did not ask for the time", ""),
        ("device_sync_person", "", "told of nobody", ""),
    ] {
        let row = probed.row(name);
        assert_eq!(row["outcome"], "differs", "{row}");
        let detail = row["detail"].as_str().unwrap();
        assert!(
            detail.contains(part) && detail.contains(bytes),
            "{name}: {detail}"
        );
        assert_eq!(
            row["quirk"].as_str().unwrap_or_default(),
            quirk,
            "{name}: {detail}"
        );
    }
    assert_eq!(probed.row("snapshot_picture")["outcome"], "refused");
    assert_eq!(probed.row("update_person")["outcome"], "holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_comes_is_a_failure_and_the_user_is_told_where_it_was_to_come() {
    for (dialect, before, after) in [
        (&["qyzn"][..], "", ""),
        (&["mqtt"], "tcp://", ""),
        (&["openapi", "--listen"], "http://", "/openapi"),
    ] {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_menshen"));
        let (name, more) = dialect.split_first().unwrap();
        let probing = command
            .args(["probe", name, &address, "--wait", "100ms"])
            .args(more)
            .output();
        let nobody = probing.await.unwrap();
        assert_eq!(nobody.status.code(), Some(1));
        let stderr = String::from_utf8(nobody.stderr).unwrap();
        let told =
            format!("waiting for a device at {address}; it is to be set to {before}{address}{after}\n");
        assert!(stderr.contains(&told), "{stderr}");
        assert!(stderr.contains("no device came"), "{stderr}");
    }
}
