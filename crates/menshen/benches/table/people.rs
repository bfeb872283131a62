//! People with photos onto a terminal, from the grant until the last is applied, for each dialect.
//!
//! Floor: what the terminal needs to take the same people, told to it one after the other by a bare loop of HTTP requests
//! that keeps no books. Each time the terminal finds the face and keeps the person on its disk before it answers.

use crate::kit::{Pair, Wire, free_port, start_terminal, until_within, use_ring};
use crate::pictures::pictures;
use crate::report::Row;
use crate::{runtime, wires};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const COUNT: usize = 400;
const WIRES: [&Wire; 5] = [
    &wires::QYZN,
    &wires::MQTT,
    &wires::FACEGATE,
    &wires::LAN,
    &wires::OPENAPI,
];
/// None takes longer.
const WITHIN: Duration = Duration::from_secs(300);

pub(crate) fn rows() -> Vec<Row> {
    use_ring();
    let pictures = pictures(COUNT);
    let runtime = runtime();
    let floor = runtime.block_on(told_barely(&pictures));
    WIRES
        .map(|wire| {
            let ours = runtime.block_on(synced(wire, &pictures));
            Row {
                what: format!("{COUNT} people with photos onto a terminal, {}", wire.name),
                ours: rate(ours),
                floor: format!("the terminal alone: {}", rate(floor)),
                ratio: Some(ours.as_secs_f64() / floor.as_secs_f64()),
            }
        })
        .into()
}

fn rate(took: Duration) -> String {
    format!("{:.1}/s", COUNT as f64 / took.as_secs_f64())
}

async fn synced(wire: &Wire, pictures: &[Vec<u8>]) -> Duration {
    let pair = Pair::start_between(wire, &["faces.check=off"], &[], |port| port).await;
    let waiting = pair.api.post("/groups", &json!({ "name": "Waiting" })).await["id"].clone();
    for (n, picture) in pictures.iter().enumerate() {
        let id = format!("b{n}");
        let person = json!({ "id": id, "name": format!("Name of {id}"), "groups": [waiting] });
        pair.api.post("/persons", &person).await;
        pair.api
            .upload(&format!("/persons/{id}/photos"), picture.clone())
            .await;
    }
    let device = format!("/devices/{}", pair.device);
    let zone = pair.api.get(&device).await["zone_id"].clone();
    let begun = Instant::now();
    let grant = json!({ "group_id": waiting, "zone_id": zone });
    pair.api.post("/grants", &grant).await;
    until_within(WITHIN, "the last to be applied", || async {
        let device = pair.api.try_get(&device).await?;
        assert_eq!(device["persons_failed"], 0, "{device}");
        (device["persons_applied"] == pictures.len()).then_some(())
    })
    .await;
    begun.elapsed()
}

async fn told_barely(pictures: &[Vec<u8>]) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let sets = (wires::LAN.terminal)(0, port);
    let (_terminal, kiosk) = start_terminal(folder.path(), &sets).await;
    let http = reqwest::Client::new();
    let begun = Instant::now();
    for (n, picture) in pictures.iter().enumerate() {
        let person = json!({ "key": "abc", "id": format!("b{n}"), "name": format!("Name of b{n}"),
            "photo": STANDARD.encode(picture) });
        let url = format!("http://127.0.0.1:{port}/setPerson");
        let answer = http.post(url).json(&person).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["status"], 0, "{answer}");
    }
    let took = begun.elapsed();
    assert_eq!(kiosk.state().await["counts"]["persons"], pictures.len());
    took
}
