//! A bad network between hub and terminal: what is to arrive does, once and in order.

use crate::WIRE;
use crate::kit::{Pair, here};
use crate::proxy::{Done, Plan, Proxy};
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many times as many passes at most, until the network was rough.
const PATIENT: usize = 10;

async fn people_and_passes(seed: u64) {
    let mut plan = Plan::rough(seed);
    if WIRE.dialled.is_some() {
        // Each call of the hub's has a connection of its own, and one of a few must bring a photo through.
        plan.cut_after = 500..100_000;
        plan.cut_percent = 30;
        plan.stall_permille = 1;
        plan.delay_percent = 2;
    } else if WIRE.needs_photo {
        // Several records with their photos must fit between two cuts.
        plan.cut_after = 1_000_000..4_000_000;
        plan.cut_percent = 100;
        // Pieces are counted, and a photo has many.
        plan.stall_permille = 1;
        plan.delay_percent = 2;
    }
    // One for each port that either of the two listens at.
    let mut proxies = Vec::new();
    for _ in 0..WIRE.ports() {
        proxies.push(Proxy::start(plan.clone()).await);
    }
    let mut sets = vec!["terminal.repeat_seconds=0"];
    sets.extend(WIRE.impatient);
    let mut free = proxies.iter();
    let pair = Pair::start_between(WIRE, &[], &sets, |port| {
        let proxy = free.next().expect("a proxy for each port");
        proxy.lead_to(&here(port));
        proxy.port()
    })
    .await;
    let (people, passes) = if WIRE.needs_photo { (10, 60) } else { (100, 200) };
    pair.people_with_cards(people).await;
    let done = |of: fn(&Done) -> &AtomicU64| -> u64 {
        let counts = proxies
            .iter()
            .map(|proxy| of(proxy.done()).load(Ordering::Relaxed));
        counts.sum()
    };
    let was_rough = || done(|done| &done.cuts) > 0 && done(|done| &done.splits) > 0;
    // Two passes that the wire cannot tell apart are told as two times.
    let apart = WIRE.resolution + Duration::from_millis(100);
    let mut expected = Vec::new();
    let mut records = Vec::new();
    // Which connection is cut is a matter of chance: people come again until one was.
    while expected.len() < passes || !was_rough() && expected.len() < passes * PATIENT {
        let round = Instant::now();
        for n in 0..people {
            let person = format!("p{n}");
            let answer = pair.kiosk.card(&person).await;
            assert_eq!(answer["decision"]["result"], "granted", "{answer}");
            expected.push(person);
        }
        tokio::time::sleep(apart.saturating_sub(round.elapsed())).await;
        if expected.len() >= passes {
            records = pair.drained().await;
        }
    }
    let whose = |record: &Value| record["person_id"].as_str().unwrap_or("nobody").to_owned();
    let mut delivered: Vec<String> = records.iter().map(whose).collect();
    if WIRE.newest_first {
        // What each cut left behind comes backwards.
        delivered.sort();
        expected.sort();
    }
    assert_eq!(delivered, expected);
    for proxy in &proxies {
        eprintln!("seed {seed}: {:?}", proxy.done());
    }
    assert!(was_rough(), "the network was rough");
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
