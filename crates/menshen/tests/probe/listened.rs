//! Our own terminals, where they come to the probe.

use crate::kit::free_port;
use crate::ours::{lan, told_by_lan};
use crate::probing::{Probed, Terminal, probe};
use serde_json::json;

/// What only somebody at the door brings about, or what is never tried.
const QYZN_UNTRIED: &[&str] = &[
    "swiping_card",
    "device_upgrade",
    "snapshot_face",
    "qrcode_data",
    "device_call_param",
    "device_call_result",
    "logout",
    "NOTIFICATION",
];
/// What cannot be undone.
const QYZN_DESTRUCTIVE: &[&str] = &[
    "serial_output",
    "weigand_output",
    "open_door",
    "online_openDoor",
    "config_device_pass_rule",
    "record_clear",
    "clear_person",
    "device_restart",
];

/// The rows that were skipped are these, whatever their order.
fn skipped(probed: &Probed, names: &[&[&str]]) {
    let (mut skipped, mut expected) = (probed.with("skipped"), names.concat());
    skipped.sort_unstable();
    expected.sort_unstable();
    assert_eq!(skipped, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn qyzn_holds_and_is_as_before() {
    let (port, lan_port) = (free_port(), free_port());
    let address = format!("127.0.0.1:{port}");
    let settings = [
        format!("qyzn.platform={address}"),
        "qyzn.reconnect_seconds=1".to_owned(),
        "qyzn.heartbeat_seconds=1".to_owned(),
        format!("lan.listen=127.0.0.1:{lan_port}"),
    ];
    let _terminal = Terminal::start(&settings).await;
    let person = json!({"id": "7", "name": "Somebody", "IC_NO": "4711"});
    lan(lan_port, reqwest::Method::POST, "setPerson", &person).await;
    let before = told_by_lan(lan_port).await;
    let probed = probe(&["qyzn", &address]).await;
    probed.holds();
    skipped(&probed, &[QYZN_UNTRIED, QYZN_DESTRUCTIVE]);
    assert_eq!(told_by_lan(lan_port).await, before);
    let probed = probe(&["qyzn", &address, "--destructive"]).await;
    probed.holds();
    // It signs in with what the first probe gave it.
    skipped(&probed, &[QYZN_UNTRIED, &["register"]]);
}

/// What only somebody at the door brings about, or what is never tried.
const MQTT_UNTRIED: &[&str] = &["uploadRecord", "onlineUpdate"];
/// What cannot be undone.
const MQTT_DESTRUCTIVE: &[&str] = &["onlineOpen", "onlineDeleteSnapRecord", "onlineReboot"];

#[tokio::test(flavor = "multi_thread")]
async fn mqtt_holds_and_is_as_before() {
    let (port, lan_port) = (free_port(), free_port());
    let address = format!("127.0.0.1:{port}");
    let settings = [
        format!("mqtt.broker=tcp://{address}"),
        "mqtt.reconnect_seconds=1".to_owned(),
        "mqtt.heartbeat_seconds=1".to_owned(),
        format!("lan.listen=127.0.0.1:{lan_port}"),
    ];
    let _terminal = Terminal::start(&settings).await;
    for (id, name) in [("7", "Somebody"), ("8", "Somebody else")] {
        let person = json!({"id": id, "name": name, "IC_NO": format!("471{id}")});
        lan(lan_port, reqwest::Method::POST, "setPerson", &person).await;
    }
    let before = told_by_lan(lan_port).await;
    let probed = probe(&["mqtt", &address]).await;
    probed.holds();
    skipped(&probed, &[MQTT_UNTRIED, MQTT_DESTRUCTIVE]);
    assert_eq!(told_by_lan(lan_port).await, before);
    let probed = probe(&["mqtt", &address, "--destructive"]).await;
    probed.holds();
    skipped(&probed, &[MQTT_UNTRIED]);
}

#[tokio::test(flavor = "multi_thread")]
async fn chapter_9_holds_and_is_as_before() {
    let (port, own, lan_port) = (free_port(), free_port(), free_port());
    let address = format!("127.0.0.1:{port}");
    let settings = [
        format!("openapi.listen=127.0.0.1:{own}"),
        "openapi.push_listen=".to_owned(),
        format!("openapi.platform=http://{address}/openapi"),
        "openapi.poll_seconds=1".to_owned(),
        "openapi.heartbeat_seconds=1".to_owned(),
        format!("lan.listen=127.0.0.1:{lan_port}"),
    ];
    let _terminal = Terminal::start(&settings).await;
    let person = json!({"id": "7", "name": "Somebody", "IC_NO": "4711"});
    lan(lan_port, reqwest::Method::POST, "setPerson", &person).await;
    let before = told_by_lan(lan_port).await;
    let probed = probe(&["openapi", &address, "--listen"]).await;
    probed.holds();
    skipped(&probed, &[&["syface", "syattribute"]]);
    assert_eq!(told_by_lan(lan_port).await, before);
}
