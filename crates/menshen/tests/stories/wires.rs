//! How each dialect's terminal meets the hub.

#![allow(dead_code, reason = "each test binary speaks one dialect")]

use crate::kit::{Silence, Wire, here, ic_card};
use serde_json::json;
use std::time::Duration;

/// The terminal dials the hub.
pub(crate) const QYZN: Wire = Wire {
    name: "qyzn",
    hub: |port| vec![format!("qyzn.listen=127.0.0.1:{port}")],
    terminal: |port, _| {
        vec![
            format!("qyzn.platform=127.0.0.1:{port}"),
            "qyzn.reconnect_seconds=1".to_owned(),
        ]
    },
    resolution: Duration::from_secs(1),
    impatient: &["qyzn.request_timeout_seconds=2"],
    clock: Duration::from_millis(500),
    needs_photo: false,
    knows_blocked: true,
    tells_strangers: true,
    newest_first: false,
    card: ic_card,
    swarm_port: None,
    // 4.6.1 does not say how somebody identified; MODEL.md takes it for a face.
    card_method: "face",
    // 4.3.1 expireTime; 4.6.1 result 2.
    keeps_end: true,
    over: Some("expired"),
    // 4.6.2 qrcode_data.
    brings_codes: true,
    // 4.5.7 online_openDoor mode 1: alone while there is no answer.
    hub_decides: Some(Silence::TerminalDecides),
    dialled: None,
};

/// Both meet at the broker that the hub brings along.
pub(crate) const MQTT: Wire = Wire {
    name: "mqtt",
    hub: |port| {
        vec![
            format!("mqtt.listen=127.0.0.1:{port}"),
            "mqtt.anonymous=true".to_owned(),
        ]
    },
    terminal: |port, _| {
        vec![
            format!("mqtt.broker=tcp://127.0.0.1:{port}"),
            "mqtt.reconnect_seconds=1".to_owned(),
        ]
    },
    resolution: Duration::from_millis(1),
    impatient: &["mqtt.resend_seconds=2"],
    clock: Duration::from_millis(500),
    needs_photo: true,
    knows_blocked: true,
    tells_strangers: true,
    newest_first: false,
    card: ic_card,
    swarm_port: None,
    // uploadRecord snapType 4.
    card_method: "ic_card",
    // 2.2.1 validDateEnd; compareResult 3.
    keeps_end: true,
    over: Some("expired"),
    brings_codes: false,
    // autoOpenDoorEnable 0: the device does not open by itself.
    hub_decides: Some(Silence::StaysShut),
    dialled: None,
};

/// The terminal pushes to where the hub that dials it says.
fn pushed_to(port: u16) -> Vec<String> {
    vec![
        format!("devices.listen=127.0.0.1:{port}"),
        "devices.fill_after_ms=1000".to_owned(),
        "devices.period_seconds=3".to_owned(),
    ]
}

/// The hub dials the terminal.
pub(crate) const LAN: Wire = Wire {
    name: "lan",
    hub: pushed_to,
    terminal: |_, own| vec![format!("lan.listen=127.0.0.1:{own}")],
    resolution: Duration::from_millis(1),
    impatient: &["lan.resend_seconds=2"],
    clock: Duration::from_millis(500),
    needs_photo: true,
    knows_blocked: false,
    tells_strangers: false,
    newest_first: false,
    card: ic_card,
    swarm_port: None,
    // 3.12 leaves the values of passType open.
    card_method: "unknown",
    // 3.7 endTs; records are of passes alone.
    keeps_end: true,
    over: None,
    brings_codes: false,
    hub_decides: None,
    dialled: Some(|own, between| json!({ "address": here(between(own)), "credentials": { "key": "abc" } })),
};

/// A card whose passes are told until they are acknowledged (an access card's are told once), with a hexadecimal number.
fn rf_card(person: &str) -> (&'static str, String) {
    ("rf_card", hex::encode_upper(person))
}

/// The hub dials the terminal, and tells it where to push.
pub(crate) const FACEGATE: Wire = Wire {
    name: "facegate",
    hub: pushed_to,
    terminal: |_, own| vec![format!("facegate.listen=127.0.0.1:{own}")],
    resolution: Duration::from_secs(1),
    impatient: &["facegate.resend_seconds=2"],
    clock: Duration::from_millis(500),
    needs_photo: true,
    knows_blocked: true,
    tells_strangers: true,
    newest_first: false,
    card: rf_card,
    swarm_port: Some(80),
    // CardVerify.
    card_method: "ic_card",
    // 3.10 ValidEnd; VerifyStatus has no value of its own for it.
    keeps_end: true,
    over: Some("denied"),
    // QRCodePush.
    brings_codes: true,
    // 3.2.3 OpendoorWay 3.
    hub_decides: Some(Silence::StaysShut),
    dialled: Some(|own, between| {
        let credentials = json!({ "user": "admin", "password": "admin" });
        json!({ "address": here(between(own)), "credentials": credentials })
    }),
};

/// The hub dials the terminal, and listens to its WebSocket at the next port.
pub(crate) const OPENAPI: Wire = Wire {
    name: "openapi",
    hub: pushed_to,
    terminal: |_, own| {
        vec![
            format!("openapi.listen=127.0.0.1:{own}"),
            format!("openapi.push_listen=127.0.0.1:{}", own + 1),
            "openapi.platform=".to_owned(),
        ]
    },
    resolution: Duration::from_secs(1),
    impatient: &[],
    clock: Duration::from_millis(500),
    needs_photo: true,
    knows_blocked: true,
    tells_strangers: true,
    newest_first: true,
    card: ic_card,
    swarm_port: None,
    // 8.3.1 inputType 3.
    card_method: "ic_card",
    // 8.2.1: employees have no end; the hub takes them away.
    keeps_end: false,
    over: Some("stranger"),
    brings_codes: false,
    hub_decides: None,
    dialled: Some(|own, between| {
        let (address, push) = (here(between(own)), here(between(own + 1)));
        json!({ "address": address, "push_address": push, "credentials": { "password": "123456" } })
    }),
};
