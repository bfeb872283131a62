//! How a call may come (1.2; terminal rule 30).

use crate::support::{Door, folder, lan_config};
use crate::{Caller, answer, person, with};
use serde_json::json;

#[tokio::test]
async fn parameters_come_as_form_as_json_and_as_a_form_that_claims_to_be_json() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let url = format!("{}/setPerson", caller.base);
    for (id, content_type, body) in [
        (
            "1",
            "application/x-www-form-urlencoded",
            "key=abc&id=1&name=%E5%BC%A0%E4%B8%89",
        ),
        ("2", "application/json", "key=abc&id=2&name=%E5%BC%A0%E4%B8%89"),
        (
            "3",
            "text/html; charset=\"<meta>",
            "{\"key\":\"abc\",\"id\":3,\"name\":\"张三\"}",
        ),
    ] {
        let request = caller.http.post(&url).header("content-type", content_type);
        assert_eq!(answer(request.body(body)).await["status"], 0, "{id}");
        assert_eq!(
            caller.told("getPerson", &format!("id={id}")).await["name"],
            "张三"
        );
    }
    // In the query, with any case and a slash at the end.
    let url = format!("{}/SETPERSON/?key=abc&id=4", caller.base);
    assert_eq!(answer(caller.http.post(&url)).await["status"], 0);
    assert_eq!(
        caller.told("listperson/", "").await["person"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[tokio::test]
async fn another_key_is_refused_everywhere_and_a_new_one_takes_the_place_of_the_old() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let mut caller = Caller::of(&door);
    caller.key = "wrong".to_owned();
    assert_eq!(caller.get("getTime", "").await["status"], 103);
    assert_eq!(caller.get("no/such/path", "").await["status"], 103);
    let without = caller.http.get(format!("{}/getTime", caller.base));
    assert_eq!(answer(without).await["status"], 101);
    caller.key = "abc".to_owned();
    assert_eq!(caller.get("no/such/path", "").await["status"], 100);
    assert_eq!(
        caller.get("setPerson", "id=1").await["status"],
        100,
        "no change by GET"
    );
    // The old key stays where the new one is refused.
    let long = json!({"newKey": "k".repeat(21)});
    assert_eq!(caller.post("setDeviceKey", long).await["status"], 102);
    caller.done("setDeviceKey", json!({"newKey": "s3cret"})).await;
    assert_eq!(caller.get("getTime", "").await["status"], 103);
    caller.key = "s3cret".to_owned();
    caller.told("getTime", "").await;
    // It outlives the process.
    door.running.stop().await;
    let door = Door::start(door.config).await;
    let restarted = Caller::of(&door);
    assert_eq!(restarted.get("getTime", "").await["status"], 103);
    caller.base = restarted.base;
    caller.told("getTime", "").await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_door_goes_on() {
    let (_folder, path) = folder();
    let mut config = lan_config(&path);
    config.limits.message_bytes = 1000;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    let large = with(person("1"), "name", "x".repeat(2000));
    let refused = caller.post("setPerson", large).await;
    assert_eq!(refused["status"], 102);
    assert!(
        refused["msg"].as_str().unwrap().contains("1000 bytes"),
        "{refused}"
    );
    caller.done("setPerson", person("1")).await;
}
