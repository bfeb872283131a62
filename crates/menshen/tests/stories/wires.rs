//! How each dialect's terminal meets the hub.

#![allow(dead_code, reason = "each test binary speaks one dialect")]

use crate::kit::Wire;
use std::time::Duration;

/// The terminal dials the hub.
pub(crate) const QYZN: Wire = Wire {
    name: "qyzn",
    hub: |port| vec![format!("qyzn.listen=127.0.0.1:{port}")],
    terminal: |port| {
        vec![
            format!("qyzn.platform=127.0.0.1:{port}"),
            "qyzn.reconnect_seconds=1".to_owned(),
        ]
    },
    resolution: Duration::from_secs(1),
    impatient: &["qyzn.request_timeout_seconds=2"],
    clock: Duration::from_millis(500),
    needs_photo: false,
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
    terminal: |port| {
        vec![
            format!("mqtt.broker=tcp://127.0.0.1:{port}"),
            "mqtt.reconnect_seconds=1".to_owned(),
        ]
    },
    resolution: Duration::from_millis(1),
    impatient: &["mqtt.resend_seconds=2"],
    clock: Duration::from_millis(500),
    needs_photo: true,
};
