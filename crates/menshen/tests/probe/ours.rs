//! Our own terminals.

use crate::kit::free_port;
use crate::probing::{Terminal, probe};
use serde_json::{Value, json};

/// Calls lan at this port; the data of the answer.
pub(crate) async fn lan(port: u16, method: reqwest::Method, call: &str, parameters: &Value) -> Value {
    let url = format!("http://127.0.0.1:{port}/{call}?key=abc");
    let request = reqwest::Client::new().request(method, url).json(parameters);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], 0, "{call}: {answer}");
    answer["data"].clone()
}

/// What a lan terminal tells of its people and settings.
pub(crate) async fn told_by_lan(port: u16) -> Value {
    let mut told = Vec::new();
    for call in ["listPerson", "getDeviceInfo", "getRecordCallback", "getHeartBeat"] {
        told.push(lan(port, reqwest::Method::GET, call, &json!({})).await);
    }
    json!(told)
}

#[tokio::test(flavor = "multi_thread")]
async fn lan_holds_and_is_as_before() {
    let port = free_port();
    let _terminal = Terminal::start(&[format!("lan.listen=127.0.0.1:{port}")]).await;
    let person = json!({"id": "7", "name": "Somebody", "IC_NO": "4711"});
    lan(port, reqwest::Method::POST, "setPerson", &person).await;
    let before = told_by_lan(port).await;
    let address = format!("127.0.0.1:{port}");
    let probed = probe(&["lan", &address]).await;
    probed.holds();
    assert_eq!(
        probed.with("skipped"),
        ["removeRecord", "open", "updateAPK", "reset", "reboot"]
    );
    assert_eq!(probed.report["holds"], 16);
    assert_eq!(told_by_lan(port).await, before);
    let probed = probe(&["lan", &address, "--destructive"]).await;
    probed.holds();
    assert_eq!(probed.with("skipped"), ["updateAPK"]);
}
