//! Records and heartbeats (3.10 to 3.13, 3.16).

use crate::support::http::Receiver;
use crate::support::{Door, folder, lan_config, sample};
use crate::{Caller, base64, person, with};
use serde_json::{Value, json};

const KEPT: &str = r#"{"status":0,"data":""}"#;

async fn door_with_cards(path: &std::path::Path, numbers: usize) -> (Door, Caller) {
    let mut config = lan_config(path);
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    for number in 1..=numbers {
        let id = number.to_string();
        caller
            .done("setPerson", with(person(&id), "IC_NO", format!("card {id}")))
            .await;
    }
    (door, caller)
}

async fn listed(caller: &Caller, query: &str) -> Vec<Value> {
    caller.told("listRecord", query).await["record"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_record_is_pushed_as_a_form_until_the_answer_says_status_0() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(lan_config(&path)).await;
    let caller = Caller::of(&door);
    caller
        .done(
            "setPerson",
            with(person("1"), "photo", base64(&sample("obama.jpg"))),
        )
        .await;
    let platform = Receiver::listen().await;
    caller
        .done("setRecordCallback", json!({"url": platform.url("/record")}))
        .await;
    let url = caller.told("getRecordCallback", "").await["url"].clone();
    assert_eq!(url, platform.url("/record"));
    let photo = sample("obama2.jpg");
    assert_eq!(door.frame(photo.clone()).await["decision"]["result"], "granted");
    let pushed = platform.answered(r#"{"status":1,"data":""}"#).await;
    assert_eq!(
        (pushed.method.as_str(), pushed.target.as_str()),
        ("POST", "/record")
    );
    assert!(
        pushed
            .head
            .to_ascii_lowercase()
            .contains("application/x-www-form-urlencoded")
    );
    let form = pushed.form();
    assert_eq!(form["deviceSn"], "MS-TEST-1");
    assert_eq!((form["personID"].as_str(), form["passType"].as_str()), ("1", "0"));
    assert_eq!(form["photo"], base64(&photo));
    let ts: f64 = form["ts"].parse().unwrap();
    assert!(ts > 1.7e9 && ts < 4e9, "{ts}");
    assert_eq!(listed(&caller, "ts=0&count=10").await.len(), 1, "still there");
    // HTTP that fails, and silence, are no acknowledgement either.
    let mut again = platform.next().await;
    assert_eq!(again.form(), form);
    again
        .answer_with("500 Internal Server Error", "application/json", KEPT.as_bytes())
        .await;
    drop(platform.next().await);
    let last = platform.answered(KEPT).await;
    assert_eq!(last.form(), form);
    door.state_where(|state| state["connections"]["lan"]["online"] == true)
        .await;
    while !listed(&caller, "ts=0&count=10").await.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn records_wait_in_order_for_an_address_and_outlive_a_restart() {
    let (_folder, path) = folder();
    let (door, caller) = door_with_cards(&path, 3).await;
    for number in 1..=3 {
        assert_eq!(
            door.card(&format!("card {number}")).await["decision"]["result"],
            "granted"
        );
    }
    // What did not open the door is no record of this dialect.
    door.card("unknown").await;
    let platform = Receiver::listen().await;
    caller
        .done("setRecordCallback", json!({"url": platform.url("/record")}))
        .await;
    assert_eq!(platform.answered(KEPT).await.form()["personID"], "1");
    assert_eq!(platform.next().await.form()["personID"], "2");
    door.running.stop().await;
    let _door = Door::start(door.config).await;
    assert_eq!(platform.answered(KEPT).await.form()["personID"], "2");
    assert_eq!(platform.answered(KEPT).await.form()["personID"], "3");
}

#[tokio::test]
async fn records_are_listed_strictly_after_a_time_and_removed_up_to_one() {
    let (_folder, path) = folder();
    let (door, caller) = door_with_cards(&path, 60).await;
    for number in 1..=60 {
        door.card(&format!("card {number}")).await;
    }
    door.card("unknown").await;
    let all = listed(&caller, "ts=0&count=1000").await;
    assert_eq!(all.len(), 50, "fifty at most");
    let ids: Vec<&str> = all
        .iter()
        .map(|record| record["personID"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (1..=50).map(|number| number.to_string()).collect();
    assert_eq!(ids, expected, "oldest first");
    assert!(all[0].get("photo").is_none() && all[0].get("deviceSn").is_none());
    let last = &all[49]["ts"];
    let rest = listed(&caller, &format!("ts={last}&count=50")).await;
    assert!(rest.iter().all(|record| record["ts"].as_f64() > last.as_f64()));
    let first_two = listed(&caller, "ts=0&count=2").await;
    assert_eq!(first_two, all[..2]);
    caller.done("removeRecord", json!({"ts": last})).await;
    assert_eq!(listed(&caller, "ts=0&count=50").await, rest);
    caller
        .done("removeRecord", json!({"ts": 4_000_000_000_u64}))
        .await;
    assert!(listed(&caller, "ts=0&count=50").await.is_empty());
}

#[tokio::test]
async fn heartbeats_tell_the_seven_fields_in_their_period_and_after_a_restart() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    assert_eq!(
        caller.told("getHeartBeat", "").await,
        json!({"period": 15.0, "url": ""})
    );
    let platform = Receiver::listen().await;
    caller
        .done(
            "setHeartBeat",
            json!({"url": platform.url("/beat"), "period": 1.5}),
        )
        .await;
    let first = platform.answered(r#"{"status":0}"#).await.form();
    assert_eq!(first["deviceSn"], "MS-TEST-1");
    assert_eq!(first["deviceIpAddress"], "127.0.0.1");
    let names = [
        "deviceElapsedRealtime",
        "deviceSystemVersion",
        "deviceAppVersion",
        "deviceRomAvailableSize",
        "deviceRomSize",
    ];
    assert!(names.iter().all(|name| !first[*name].is_empty()), "{first:?}");
    let second = platform.answered(r#"{"status":0}"#).await.form();
    let up = |form: &std::collections::BTreeMap<String, String>| {
        form["deviceElapsedRealtime"].parse::<f64>().unwrap()
    };
    assert!((1.0..10.0).contains(&(up(&second) - up(&first))));
    door.running.stop().await;
    let door = Door::start(door.config).await;
    platform.answered(r#"{"status":0}"#).await;
    assert_eq!(Caller::of(&door).told("getHeartBeat", "").await["period"], 1.5);
}
