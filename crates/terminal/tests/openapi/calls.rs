//! Signature, time and form of a call (4, 8.1.8).

use crate::support::{Door, folder, openapi_config};
use crate::{Caller, answer, now, sign, user};
use serde_json::json;

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn signatures_are_of_the_password_and_within_five_minutes() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let code = async |timestamp: i64, password: &str| {
        let url = caller.url("/api/device/information", timestamp, password);
        answer(caller.http.post(url)).await["code"].clone()
    };
    assert_eq!(code(now(), "123456").await, 200);
    assert_eq!(code(now(), "654321").await, 10005);
    assert_eq!(code(now() - 299_000, "123456").await, 200);
    assert_eq!(code(now() + 295_000, "123456").await, 200);
    assert_eq!(code(now() - 301_000, "123456").await, 10003);
    assert_eq!(code(now() + HOUR, "123456").await, 10003);
    let unsigned = caller
        .http
        .post(format!("{}/api/device/information", caller.base));
    assert_eq!(answer(unsigned).await["code"], 30003);
    // The document's own example (4.1).
    assert_eq!(sign(1_474_628_490_155, "123456").len(), 32);
    // The same call again does no harm.
    let url = caller.url("/api/user", now(), "123456");
    for _ in 0..2 {
        let request = caller.http.post(&url).body(user("1").to_string());
        assert_eq!(answer(request).await["code"], 200);
    }
    assert_eq!(caller.told("/api/user/list", "").await["total"], 1);
}

#[tokio::test]
async fn the_clock_is_set_whatever_it_says_and_calls_follow_it() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let ahead = now() + 72 * HOUR;
    let sync = |timestamp, password| {
        caller
            .http
            .post(caller.url("/api/device/syncTime", timestamp, password))
    };
    assert_eq!(answer(sync(ahead, "wrong")).await["code"], 10005);
    assert_eq!(answer(sync(ahead, "123456")).await["code"], 200);
    assert_eq!(
        caller.post("/api/device/information", json!({})).await["code"],
        10003
    );
    door.running.stop().await;
    let door = Door::start(door.config).await;
    let caller = Caller::of(&door);
    let url = caller.url("/api/device/information", now() + 72 * HOUR, "123456");
    assert_eq!(
        answer(caller.http.post(url)).await["code"],
        200,
        "kept over a restart"
    );
}

#[tokio::test]
async fn content_comes_under_any_type_and_as_a_field_of_a_form() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    for (id, content_type) in [
        ("1", "text/plain"),
        ("2", "application/json"),
        ("3", "multipart/form-data"),
    ] {
        let request = caller.http.post(caller.url("/API/user/", now(), "123456"));
        let request = request
            .header("content-type", content_type)
            .body(user(id).to_string());
        assert_eq!(answer(request).await["code"], 200, "{content_type}");
    }
    let form = "json=%7B%22userId%22%3A%224%22%2C%22userType%22%3A1%2C%22name%22%3A%22x%22%7D";
    let request = caller
        .http
        .post(caller.url("/api/user", now(), "123456"))
        .body(form);
    assert_eq!(answer(request).await["code"], 200);
    let broken = caller
        .http
        .post(caller.url("/api/user", now(), "123456"))
        .body("{\"userId\":");
    assert_eq!(answer(broken).await["code"], 30001);
    assert_eq!(caller.told("/api/user/list", "").await["total"], 4);
}

#[tokio::test]
async fn a_reboot_is_answered_and_comes_back_on_the_same_addresses() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let before = door.state().await["started_at"].clone();
    caller.done("/api/device/reboot", json!({})).await;
    door.state_where(|state| state["started_at"] != before).await;
    while caller.http.get(&caller.base).send().await.is_err() {
        tokio::task::yield_now().await;
    }
    caller.done("/api/device/information", json!({})).await;
}

#[tokio::test]
async fn what_acts_takes_a_signature_once_and_none_of_another_call() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let post = async |path: &str, timestamp: i64| {
        let request = caller.http.post(caller.url(path, timestamp, "123456"));
        answer(request).await["code"].clone()
    };
    let overheard = now();
    for _ in 0..2 {
        assert_eq!(
            post("/api/device/information", overheard).await,
            200,
            "it only reads"
        );
    }
    for path in ["/api/device/open", "/api/device/reboot", "/api/device/syncTime"] {
        assert_eq!(post(path, overheard).await, 10003, "{path}");
    }
    let everybody = caller
        .http
        .get(caller.url("/api/user/delete/all", overheard, "123456"));
    assert_eq!(answer(everybody).await["code"], 10003);
    assert_eq!(door.state().await["door"]["last"], json!(null), "it stayed shut");
    let opened = now();
    assert_eq!(post("/api/device/open", opened).await, 200);
    assert_eq!(post("/api/device/open", opened).await, 10003);
    assert_eq!(post("/api/device/information", opened).await, 200);
    let set = now();
    assert_eq!(post("/api/device/syncTime", set).await, 200);
    door.running.stop().await;
    let door = Door::start(door.config).await;
    let caller = Caller::of(&door);
    for (path, timestamp) in [("open", opened), ("syncTime", set), ("syncTime", overheard)] {
        let url = caller.url(&format!("/api/device/{path}"), timestamp, "123456");
        assert_eq!(
            answer(caller.http.post(url)).await["code"],
            10003,
            "{path} after a restart"
        );
    }
    caller.done("/api/device/open", json!({})).await;
}
