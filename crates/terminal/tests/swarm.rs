//! The swarm against a platform written by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::platform::{Link, Platform};
use terminal::swarm::{SwarmOptions, qyzn};

type Seen = Arc<Mutex<BTreeMap<String, usize>>>;

/// Takes every device; the first record of each connection is answered with "busy" or twice, as `trick` says.
async fn platform(trick: fn(usize) -> Trick) -> (String, Seen) {
    let platform = Platform::listen().await;
    let address = platform.address();
    let seen = Seen::default();
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        for number in 0.. {
            let link = platform.accept().await;
            tokio::spawn(serve(link, trick(number), Arc::clone(&count)));
        }
    });
    (address, seen)
}

#[derive(Clone, Copy, PartialEq)]
enum Trick {
    None,
    Busy,
    Twice,
    HangUp,
}

async fn serve(mut link: Link, trick: Trick, seen: Seen) {
    link.admit().await;
    let mut first = true;
    while let Some(packet) = link.try_read().await {
        if packet.message() != "snapshot_face" {
            continue;
        }
        let trick = if std::mem::take(&mut first) {
            trick
        } else {
            Trick::None
        };
        let key = format!("{} {}", packet.data("personId"), packet.data("snaptime"));
        match trick {
            Trick::HangUp => return,
            Trick::Busy => {
                let busy = json!({ "result": 109, "desc": "", "data": { "waitSeconds": 0 } });
                link.answer(packet.sequence, &busy).await;
                continue;
            }
            Trick::None | Trick::Twice => {}
        }
        *seen.lock().unwrap().entry(key).or_default() += 1;
        for _ in 0..if trick == Trick::Twice { 2 } else { 1 } {
            link.answer(packet.sequence, &json!({ "result": 0, "desc": "", "data": {} }))
                .await;
        }
    }
}

fn options(hub: String) -> SwarmOptions {
    SwarmOptions {
        hub,
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
async fn every_device_delivers_every_record_whatever_the_hub_does() {
    let (address, seen) = platform(|number| match number % 4 {
        0 => Trick::Busy,
        1 => Trick::HangUp,
        _ => Trick::None,
    })
    .await;
    let report = qyzn::run(options(address)).await.unwrap();
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
async fn answers_that_come_twice_are_counted() {
    let (address, _) = platform(|_| Trick::Twice).await;
    let report = qyzn::run(options(address)).await.unwrap();
    assert_eq!((report.acknowledged, report.duplicated), (40, 8));
}

#[tokio::test]
async fn the_rate_and_the_duration_are_kept_and_a_missing_hub_is_told() {
    let (address, _) = platform(|_| Trick::None).await;
    let paced = SwarmOptions {
        records_per_second: 40.0,
        records_per_device: None,
        duration: Duration::from_secs(1),
        ..options(address)
    };
    let report = qyzn::run(paced).await.unwrap();
    assert!((32..=40).contains(&report.sent), "{}", report.sent);
    assert_eq!(report.lost, 0);
    let nobody = SwarmOptions {
        patience: Duration::from_millis(100),
        duration: Duration::ZERO,
        ..options("127.0.0.1:1".into())
    };
    let report = qyzn::run(nobody).await.unwrap();
    assert_eq!((report.devices, report.connected, report.sent), (8, 0, 0));
    assert!(
        qyzn::run(SwarmOptions {
            count: 0,
            ..SwarmOptions::default()
        })
        .await
        .is_err()
    );
}
