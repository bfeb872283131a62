//! Many people with photos onto one terminal, the hub killed on the way: all arrive, and nobody who was confirmed is
//! sent again. `MENSHEN_TEST_BULK` asks for more; where the hub dials, each call makes a connection of its own, and fewer
//! will do.

use crate::WIRE;
use crate::kit::{Api, Pair, number, patience_for, until, until_within};
use crate::pictures::pictures;
use serde_json::json;
use std::time::Instant;

/// People that are made at a time.
const AT_A_TIME: usize = 4;

/// Calls that brought somebody onto the terminal since the hub's start.
async fn applied(api: &Api) -> u64 {
    let metrics = api.metrics().await;
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix(r#"menshen_roster_calls_total{outcome="applied"} "#));
    line.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_people_arrive_whole_though_the_hub_is_killed_twice() {
    let count = number(
        "MENSHEN_TEST_BULK",
        if WIRE.dialled.is_some() { 100 } else { 500 },
    );
    let mut pair = Pair::start_with_hub(&["faces.check=off"], &[]).await;
    let pictures = pictures(count);
    let begun = Instant::now();
    for chunk in (0..count).collect::<Vec<_>>().chunks(AT_A_TIME) {
        let made = chunk.iter().map(|n| {
            let (pair, picture) = (&pair, pictures[*n].clone());
            async move {
                // Nobody is due on the terminal before the photo is there.
                let (id, path) = (format!("b{n}"), format!("/persons/b{n}"));
                pair.api
                    .post("/persons", &json!({"id": id, "name": format!("Name of {id}")}))
                    .await;
                pair.api.upload(&format!("{path}/photos"), picture).await;
                pair.api.patch(&path, &json!({"groups": [pair.group]})).await;
            }
        });
        futures_util::future::join_all(made).await;
    }
    let made_in = begun.elapsed();
    let mut calls = 0;
    let device = format!("/devices/{}", pair.device);
    for kill in 1..=2_u64 {
        let part = count as u64 * kill / 3;
        until_within(
            patience_for(count),
            &format!("{part} people to be applied"),
            || async {
                let device = pair.api.try_get(&device).await?;
                (device["persons_applied"].as_u64()? >= part).then_some(())
            },
        )
        .await;
        calls += applied(&pair.api).await;
        pair.hub.kill();
        pair.hub.restart();
        pair.hub_ready().await;
    }
    until_within(patience_for(count), "the roster to be complete", || async {
        let device = pair.api.try_get(&device).await?;
        let (wanted, applied) = (&device["persons_wanted"], &device["persons_applied"]);
        assert_eq!(device["persons_failed"], 0, "{device}");
        (wanted == applied && *applied == count).then_some(())
    })
    .await;
    until("the terminal to hold them", || async {
        (pair.kiosk.try_state().await?["counts"]["persons"] == count).then_some(())
    })
    .await;
    calls += applied(&pair.api).await;
    eprintln!(
        "{count} people made in {:.1} s, on the terminal after {:.1} s, {calls} calls",
        made_in.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    // Of each killed hub one call may have been under way.
    assert!(calls <= count as u64 + 2, "{calls} calls for {count} people");
}
