//! The live event stream.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod kit;

use kit::{Client, TestHub};
use serde_json::json;

async fn make_token(client: &Client, name: &str) {
    client
        .post("/tokens", &json!({ "name": name, "scopes": ["*"] }))
        .await
        .expect(201);
}

#[tokio::test]
async fn what_happens_is_told_live_and_again_after_a_break() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let mut events = admin.events(None).await;
    for n in 0..3 {
        make_token(&admin, &format!("t{n}")).await;
    }
    let mut live = Vec::new();
    for n in 0..3 {
        let told = events.next_named("audit.created").await;
        assert_eq!(told.data["action"], "token.create");
        assert_eq!(told.data["detail"]["name"], format!("t{n}"));
        live.push(told);
    }
    assert!(live.windows(2).all(|pair| pair[0].id < pair[1].id), "{live:?}");
    drop(events);
    let mut again = admin.events(Some(live[0].id)).await;
    assert_eq!(again.next().await, live[1]);
    assert_eq!(again.next().await, live[2]);
}

#[tokio::test]
async fn a_stream_goes_on_over_a_restart() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let mut events = admin.events(None).await;
    make_token(&admin, "before").await;
    let before = events.next_named("audit.created").await;
    make_token(&admin, "between").await;
    let hub = TestHub::start_in(hub.stop().await, "").await;
    let mut again = hub.admin().await.events(Some(before.id)).await;
    assert_eq!(
        again.next_named("audit.created").await.data["detail"]["name"],
        "between"
    );
}

#[tokio::test]
async fn what_another_process_announces_is_told_within_a_second_or_so() {
    let hub = TestHub::start().await;
    let mut events = hub.admin().await.events(None).await;
    let beside = hub::admin::Admin::open(&kit::config(hub.directory.path(), "")).unwrap();
    beside
        .create_token("cron", vec!["*".to_owned()], None)
        .await
        .unwrap();
    let told = tokio::time::timeout(
        std::time::Duration::from_secs(5),
        events.next_named("audit.created"),
    );
    assert_eq!(told.await.unwrap().data["actor"], "cli");
    beside.close().await;
}

#[tokio::test]
async fn what_is_no_longer_kept_is_a_gap() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    for n in 0..3 {
        make_token(&admin, &format!("t{n}")).await;
    }
    let outbox = &hub.running.hub().store.outbox;
    let last = outbox.extent().await.unwrap().last;
    outbox
        .prune(jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1))
        .await
        .unwrap();
    let mut events = admin.events(Some(1)).await;
    let gap = events.next().await;
    assert_eq!((gap.event.as_str(), gap.id), ("gap", last));
    make_token(&admin, "after").await;
    assert_eq!(events.next().await.data["detail"]["name"], "after");
    // A place that was never given (a database put back from an older copy) is one too.
    assert_eq!(admin.events(Some(1_000_000)).await.next().await.event, "gap");
    // At the end of what there is nothing is missing.
    let end = outbox.extent().await.unwrap().last;
    let mut events = admin.events(Some(end)).await;
    make_token(&admin, "more").await;
    assert_eq!(events.next().await.data["detail"]["name"], "more");
}

#[tokio::test]
async fn the_audit_is_told_to_admins_only() {
    let hub = TestHub::start().await;
    let operator = hub.user("guard", "operator", None).await;
    let admin = hub.admin().await;
    let mut events = operator.events(Some(0)).await;
    let group = json!({ "id": "p1", "name": "Ada", "kind": "member" });
    admin.post("/persons", &group).await.expect(201);
    let told = events.next().await;
    assert_eq!(told.event, "person.updated");
    assert_eq!(told.data["id"], "p1");
}

#[tokio::test]
async fn streams_are_bounded_and_a_bad_place_is_refused() {
    let hub = TestHub::start_with("[limits]\nevent_streams = 1\n").await;
    let admin = hub.admin().await;
    let bad = admin
        .request(reqwest::Method::GET, "/events")
        .header("last-event-id", "soon");
    kit::send(bad).await.problem(400, "bad_last_event_id");
    let first = admin.events(None).await;
    let refused = admin.get("/events").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.problem(503, "busy");
    drop(first);
    let free = async {
        while admin
            .request(reqwest::Method::GET, "/events")
            .send()
            .await
            .unwrap()
            .status()
            != 200
        {}
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), free)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let made = admin
        .post("/tokens", &json!({ "name": "t", "scopes": ["events:read"] }))
        .await
        .expect(201)
        .json();
    let events = hub
        .nobody()
        .with_token(made["token"].as_str().unwrap())
        .events(None)
        .await;
    admin
        .delete(&format!("/tokens/{}", made["id"].as_str().unwrap()))
        .await
        .expect(204);
    events.end().await;
}
