//! Records that the platform asks for once more (4.5.11), over restarts; and a platform that decides and is switched off.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use serde_json::{Value, json};
use support::platform::{Link, Platform};
use support::{Door, card_holder, config, folder, qyzn_config};

fn success() -> Value {
    json!({"result": 0, "desc": "Success", "data": {}})
}

async fn ask_again(link: &mut Link, kind: i64) -> i64 {
    let span = json!({"recordType": kind, "snapStartTime": "2020-01-01 00:00:00", "snapEndTime": "2099-01-01 00:00:00"});
    link.ask("reSend_record_set", span).await["result"]
        .as_i64()
        .unwrap()
}

/// Whose records come, so many, each acknowledged.
async fn people(link: &mut Link, count: usize) -> Vec<String> {
    let mut people = Vec::new();
    for _ in 0..count {
        let record = link.record(json!({})).await;
        people.push(record.data("personId").as_str().unwrap().to_owned());
    }
    people
}

#[tokio::test]
async fn what_is_to_be_sent_again_survives_a_restart() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let mut config = qyzn_config(&path, platform.address());
    config.qyzn.as_mut().unwrap().window = 1;
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config.clone()).await;
    let mut link = platform.welcome().await;
    let everybody = ["a", "b", "c", "d"];
    for id in everybody {
        door.put(card_holder(id, id)).await;
        door.card(id).await;
    }
    assert_eq!(people(&mut link, 4).await, everybody);

    assert_eq!(ask_again(&mut link, 2).await, 0);
    assert_eq!(people(&mut link, 1).await, ["a"]);
    // The next one is on the wire when the terminal stops: nobody acknowledged it again.
    let open = link.request("snapshot_face").await;
    assert_eq!(open.data("personId"), "b");
    let stopped = tokio::spawn(door.running.stop());
    let farewell = link.request("logout").await;
    link.answer(farewell.sequence, &success()).await;
    stopped.await.unwrap();

    let door = Door::start(config.clone()).await;
    let mut link = platform.welcome().await;
    assert_eq!(people(&mut link, 3).await, ["b", "c", "d"]);
    // It is done with: what comes next is what happens next.
    door.card("a").await;
    assert_eq!(people(&mut link, 1).await, ["a"]);
    // Asked for and cleared: nothing comes again.
    assert_eq!(ask_again(&mut link, 2).await, 0);
    assert_eq!(link.ask("record_clear", json!({})).await["result"], 0);
    door.card("b").await;
    let mut next = Vec::new();
    while next.last().is_none_or(|last| last != "b") {
        next.extend(people(&mut link, 1).await);
    }
    assert!(next.len() <= 2, "one may have been on the wire: {next:?}");
}

#[tokio::test]
async fn spans_come_one_after_the_other_and_only_what_is_meant() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let mut config = qyzn_config(&path, platform.address());
    config.qyzn.as_mut().unwrap().window = 1;
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    let mut link = platform.welcome().await;
    door.put(card_holder("a", "a")).await;
    for number in ["a", "nobody"] {
        door.card(number).await;
    }
    people(&mut link, 2).await;
    for kind in [1, 0] {
        assert_eq!(ask_again(&mut link, kind).await, 0);
    }
    assert_eq!(people(&mut link, 2).await, ["a", ""]);
    // Too many at a time are refused as busy, whatever is on its way.
    let mut answers = Vec::new();
    for _ in 0..18 {
        answers.push(ask_again(&mut link, 1).await);
    }
    assert_eq!(answers.first(), Some(&0));
    assert_eq!(answers.last(), Some(&109), "{answers:?}");
}

#[tokio::test]
async fn a_platform_that_decides_and_is_switched_off_does_not_keep_the_door_shut() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start(qyzn_config(&path, platform.address())).await;
    door.put(card_holder("a", "a")).await;
    let mut link = platform.welcome().await;
    let decides = json!({"online": 1, "mode": 2});
    assert_eq!(link.ask("online_openDoor", decides).await["result"], 0);
    drop(link);
    door.running.stop().await;

    let door = Door::start(config(&path)).await;
    let answer = door.card("a").await;
    assert_eq!(answer["decision"]["result"], "granted", "{answer}");
    door.running.stop().await;

    // Switched on again it decides again: a platform that is silent keeps the door shut.
    let mut config = qyzn_config(&path, platform.address());
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    let _link = platform.welcome().await;
    let answer = door.card("a").await;
    assert_ne!(answer["decision"]["result"], "granted", "{answer}");
}
