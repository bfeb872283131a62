//! The swarm of `mqtt` devices.

use crate::support::broker::{Broker, Wire};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use terminal::swarm::{SwarmOptions, mqtt};

type Seen = Arc<Mutex<BTreeMap<String, usize>>>;

#[derive(Clone, Copy, PartialEq)]
enum Trick {
    None,
    Twice,
    HangUp,
}

/// Takes every device; the first record of a connection is answered twice, or not at all, as `trick` says.
async fn platform(trick: fn(usize) -> Trick) -> (String, Seen) {
    let broker = Broker::listen().await;
    let address = broker.url();
    let seen = Seen::default();
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        for number in 0.. {
            let wire = broker.accept().await;
            tokio::spawn(serve(wire, trick(number), Arc::clone(&count)));
        }
    });
    (address, seen)
}

async fn serve(mut wire: Wire, mut trick: Trick, seen: Seen) {
    let serial = wire.serial().to_owned();
    assert_eq!(
        wire.connect.username.as_deref(),
        Some(format!("user of {serial}").as_str())
    );
    wire.message("register").await;
    wire.answer_register("100").await;
    wire.command("onlineGetRegisterCount", json!({"deviceNo": serial}))
        .await;
    while let Some(message) = wire.try_any().await {
        match message.kind() {
            "onlineGetRegisterCountResp" => assert_eq!(message.text("personNum"), "0"),
            "uploadRecord" => {
                let trick = std::mem::replace(&mut trick, Trick::None);
                if trick == Trick::HangUp {
                    return;
                }
                assert_eq!(message.text("deviceNo"), serial);
                assert!(message.text("recognitionPhoto").len() > 5_000);
                *seen
                    .lock()
                    .unwrap()
                    .entry(message.text("msgID").to_owned())
                    .or_default() += 1;
                for _ in 0..if trick == Trick::Twice { 2 } else { 1 } {
                    wire.take(&message, "", "").await;
                }
            }
            _ => {}
        }
    }
}

fn options(hub: String) -> SwarmOptions {
    SwarmOptions {
        hub,
        username: "user of {serial}".to_owned(),
        password: "secret".to_owned(),
        count: 8,
        records_per_second: 0.0,
        records_per_device: Some(5),
        photo_bytes: 5_000,
        connects_per_second: 1_000,
        duration: Duration::from_secs(60),
        ..SwarmOptions::default()
    }
}

#[tokio::test]
async fn every_device_delivers_every_record_whatever_the_broker_does() {
    let (address, seen) = platform(|number| match number % 4 {
        1 => Trick::HangUp,
        _ => Trick::None,
    })
    .await;
    let report = mqtt::run(options(address)).await.unwrap();
    assert_eq!((report.devices, report.connected), (8, 8));
    assert_eq!(
        (report.sent, report.acknowledged, report.lost, report.duplicated),
        (40, 40, 0, 0)
    );
    assert!(report.latency_ms.p50 > 0.0 && report.latency_ms.max >= report.latency_ms.p99);
    let seen = seen.lock().unwrap();
    assert_eq!((seen.len(), seen.values().sum::<usize>()), (40, 40));
}

#[tokio::test]
async fn answers_that_come_twice_are_counted_and_a_missing_broker_is_told() {
    let (address, _) = platform(|_| Trick::Twice).await;
    let report = mqtt::run(options(address)).await.unwrap();
    assert_eq!((report.acknowledged, report.duplicated), (40, 8));
    let nobody = SwarmOptions {
        patience: Duration::from_millis(100),
        duration: Duration::ZERO,
        ..options("127.0.0.1:1".into())
    };
    let report = mqtt::run(nobody).await.unwrap();
    assert_eq!((report.devices, report.connected, report.sent), (8, 0, 0));
    for wrong in ["ssl://127.0.0.1:8883", "nowhere"] {
        assert!(mqtt::run(options(wrong.into())).await.is_err(), "{wrong}");
    }
}
