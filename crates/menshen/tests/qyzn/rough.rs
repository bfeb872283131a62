//! A bad network between hub and terminal: what is to arrive does, once and in order.

use crate::kit::Pair;
use crate::proxy::{Plan, Proxy};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const PEOPLE: usize = 100;
const PASSES: usize = 200;
/// qyzn tells times in whole seconds: two passes of one person in one second are told as two seconds.
const APART: Duration = Duration::from_millis(1100);

async fn people_and_passes(seed: u64) {
    let proxy = Proxy::start(Plan::rough(seed)).await;
    let sets = ["terminal.repeat_seconds=0", "qyzn.request_timeout_seconds=2"];
    let pair = Pair::start_through(&sets, |platform| {
        proxy.lead_to(&platform);
        proxy.address()
    })
    .await;
    pair.people_with_cards(PEOPLE).await;
    let mut expected = Vec::new();
    while expected.len() < PASSES {
        let round = Instant::now();
        for n in 0..PEOPLE {
            let person = format!("p{n}");
            let answer = pair.kiosk.card(&person).await;
            assert_eq!(answer["decision"]["result"], "granted", "{answer}");
            expected.push(person);
        }
        tokio::time::sleep(APART.saturating_sub(round.elapsed())).await;
    }
    let records = pair.drained().await;
    let whose = |record: &Value| record["person_id"].as_str().unwrap_or("nobody").to_owned();
    let delivered: Vec<String> = records.iter().map(whose).collect();
    assert_eq!(delivered, expected);
    let done = proxy.done();
    eprintln!("seed {seed}: {done:?}");
    assert!(done.cuts.load(Ordering::Relaxed) > 0, "the network was rough");
    assert!(done.splits.load(Ordering::Relaxed) > 0, "the network was rough");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_once_and_in_order_through_the_proxy_1() {
    people_and_passes(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_once_and_in_order_through_the_proxy_2() {
    people_and_passes(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_once_and_in_order_through_the_proxy_3() {
    people_and_passes(3).await;
}
