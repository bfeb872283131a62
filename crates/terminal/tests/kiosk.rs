//! The kiosk, asked over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use model::{Person, PersonKind, Verify};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::HashMap;
use support::{Door, card_holder, config, empty_picture, face_holder, folder, sample};
use terminal::behaviour::Behaviour;
use terminal::people::PhotoChange;

#[tokio::test]
async fn a_card_opens_the_door_and_leaves_a_record() {
    let (_folder, path) = folder();
    let door = Door::start(config(&path)).await;
    door.put(card_holder("p1", "157342643")).await;
    let mut events = door.events().await;
    let answer = door.card("157342643").await;
    assert_eq!(answer["decision"]["result"], "granted");
    assert_eq!(answer["decision"]["reason"], "granted");
    assert_eq!(answer["faces"], json!([]));
    let pass = events.pass().await;
    assert_eq!(
        (&pass["record_id"], &pass["person_id"]),
        (&answer["record_id"], &json!("p1"))
    );
    let state = door.state().await;
    assert_eq!(state["door"]["open"], true);
    assert_eq!(state["door"]["openings"], 1);
    assert_eq!(state["door"]["last"]["method"], "ic_card");
    assert_eq!(state["counts"], json!({ "persons": 1, "records": 1 }));
    assert_eq!(state["last"]["record_id"], answer["record_id"]);
    door.running.stop().await;
}

#[tokio::test]
async fn an_unknown_card_is_recorded_and_opens_nothing() {
    let (_folder, path) = folder();
    let door = Door::start(config(&path)).await;
    let answer = door.card("404").await;
    assert_eq!(answer["decision"]["result"], "not_authorised");
    assert_eq!(answer["decision"]["reason"], "unknown_credential");
    assert!(answer["record_id"].is_string());
    let state = door.state().await;
    assert_eq!(
        (&state["door"]["open"], &state["counts"]["records"]),
        (&json!(false), &json!(1))
    );
}

#[tokio::test]
async fn a_repeat_is_the_same_pass_unless_every_pass_counts() {
    let (_folder, path) = folder();
    let door = Door::start(config(&path)).await;
    door.put(card_holder("p1", "1")).await;
    let first = door.card("1").await;
    let second = door.card("1").await;
    assert_eq!(first, second);
    assert_eq!(door.state().await["door"]["openings"], 1);
    // Whoever's rights change is looked at anew.
    let mut blocked = card_holder("p1", "1");
    blocked.person.kind = PersonKind::Blocked;
    door.put(blocked).await;
    assert_eq!(door.card("1").await["decision"]["result"], "blocked");
    door.running.stop().await;

    let (_folder, path) = folder();
    let mut every = config(&path);
    every.terminal.repeat_seconds = Some(0);
    let door = Door::start(every).await;
    door.put(card_holder("p1", "1")).await;
    assert_ne!(
        door.card("1").await["record_id"],
        door.card("1").await["record_id"]
    );
    assert_eq!(door.state().await["door"]["openings"], 2);
}

#[tokio::test]
async fn the_last_pass_is_granted_once() {
    let (_folder, path) = folder();
    let mut every = config(&path);
    every.terminal.repeat_seconds = Some(0);
    let door = Door::start(every.clone()).await;
    let mut visitor = card_holder("v", "7");
    visitor.person.pass_limit = Some(3);
    door.put(visitor).await;
    let answers = futures_util::future::join_all((0..8).map(|_| door.card("7"))).await;
    let granted = answers
        .iter()
        .filter(|answer| answer["decision"]["result"] == "granted")
        .count();
    assert_eq!(granted, 3);
    let refused = answers
        .iter()
        .filter(|answer| answer["decision"]["reason"] == "used_up")
        .count();
    assert_eq!(refused, 5);
    door.running.stop().await;
    let door = Door::start(every).await;
    assert_eq!(
        door.card("7").await["decision"]["reason"],
        "used_up",
        "counted over a restart"
    );
}

#[tokio::test]
async fn two_factors_make_one_pass() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(config(&path)).await;
    let mut strict = face_holder("p1", "obama.jpg");
    strict.person.verify = Verify::FaceAndCard;
    door.put(strict).await;
    let first = door.card("card of p1").await;
    assert_eq!(first["decision"]["result"], "denied");
    assert_eq!(first["decision"]["reason"], "second_factor_missing");
    assert_eq!(first["record_id"], Value::Null);
    let second = door.frame(sample("obama2.jpg")).await;
    assert_eq!(second["decision"]["result"], "granted", "{second}");
    assert_eq!(door.state().await["door"]["last"]["method"], "face_and_card");
}

#[tokio::test]
async fn faces_are_known_strange_or_not_there() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(config(&path)).await;
    door.put(face_holder("obama", "obama.jpg")).await;
    let known = door.frame(sample("obama2.jpg")).await;
    assert_eq!(known["decision"]["result"], "granted", "{known}");
    assert_eq!(known["faces"][0]["person_id"], "obama");
    assert_eq!(known["faces"][0]["box"].as_array().unwrap().len(), 4);
    let stranger = door.frame(sample("biden.jpg")).await;
    assert_eq!(stranger["decision"]["result"], "stranger");
    assert_eq!(stranger["decision"]["reason"], "stranger");
    assert_eq!(
        door.frame(sample("biden.jpg")).await["record_id"],
        stranger["record_id"],
        "the same stranger"
    );
    let another = door.frame(sample("astronaut.png")).await;
    assert_ne!(another["record_id"], stranger["record_id"]);
    let nobody = door.frame(empty_picture()).await;
    assert_eq!(
        nobody,
        json!({ "faces": [], "decision": null, "record_id": null })
    );
    assert_eq!(door.state().await["counts"]["records"], 3);
    assert!(door.running.device().delete_person("obama").await.unwrap());
    assert_eq!(
        door.frame(sample("obama2.jpg")).await["decision"]["result"],
        "stranger"
    );
}

#[tokio::test]
async fn between_reject_and_accept_the_door_asks_to_look_again() {
    let (_folder, path) = folder();
    let mut unsure = config(&path);
    (unsure.face.accept, unsure.face.reject) = (0.99, 0.2);
    let door = Door::start_with_faces(unsure).await;
    door.put(face_holder("obama", "obama.jpg")).await;
    let answer = door.frame(sample("obama3.jpg")).await;
    assert_eq!(answer["decision"]["result"], "denied");
    assert_eq!(answer["decision"]["reason"], "look_again");
    assert_eq!(answer["record_id"], Value::Null);
    assert_eq!(door.state().await["counts"]["records"], 0);
}

#[tokio::test]
async fn without_models_people_are_kept_and_known_once_models_arrive() {
    let (_folder, path) = folder();
    let door = Door::start(config(&path)).await;
    door.put(face_holder("obama", "obama.jpg")).await;
    let frame = door
        .request(Method::POST, "/api/frames")
        .body(sample("obama2.jpg"))
        .send()
        .await
        .unwrap();
    assert_eq!(frame.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = serde_json::from_str(&frame.text().await.unwrap()).unwrap();
    assert_eq!(problem["code"], "no_models");
    assert_eq!(door.state().await["recognition"]["available"], false);
    door.running.stop().await;
    let door = Door::start_with_faces(config(&path)).await;
    let device = door.running.device();
    device.people.recompute().await;
    let known = door.frame(sample("obama2.jpg")).await;
    assert_eq!(known["decision"]["result"], "granted", "{known}");
    // A change that leaves the photo leaves its template, too.
    let change = |person: &mut Person, _: &mut Vec<_>, _: &mut _| person.name = "Barack".to_owned();
    let found = device.revise_person("lan", "obama", change, PhotoChange::Keep);
    assert!(found.await.unwrap());
    assert!(
        device
            .rename_person("obama", "barack", &HashMap::new())
            .await
            .unwrap()
    );
    let known = door.frame(sample("obama2.jpg")).await;
    assert_eq!(known["faces"][0]["person_id"], "barack", "{known}");
    assert_eq!(known["decision"]["result"], "granted", "{known}");
}

#[tokio::test]
async fn nobody_with_a_fever_is_let_in() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(config(&path)).await;
    let strict = |behaviour: &mut Behaviour| {
        behaviour.fever_from = Some(37.3);
        behaviour.strangers.let_in = true;
    };
    door.running.device().change_behaviour(strict).await.unwrap();
    let measured = |temperature: f32| {
        let sensors = door.request(Method::PUT, "/api/sensors");
        sensors.json(&json!({ "temperature": temperature })).send()
    };
    assert_eq!(measured(38.5).await.unwrap().status(), 200);
    door.frame(sample("biden.jpg")).await;
    assert_eq!(door.state().await["door"]["openings"], 0);
    assert_eq!(measured(36.5).await.unwrap().status(), 200);
    door.frame(sample("astronaut.png")).await;
    assert_eq!(door.state().await["door"]["openings"], 1);
}

#[tokio::test]
async fn a_door_that_is_always_open_opens_to_whoever_is_seen_and_once() {
    let (_folder, path) = folder();
    let mut unsure = config(&path);
    (unsure.face.accept, unsure.face.reject) = (0.9, 0.2);
    let door = Door::start_with_faces(unsure).await;
    let open = |behaviour: &mut Behaviour| {
        behaviour.always_open = true;
        behaviour.strangers.recorded = false;
    };
    door.running.device().change_behaviour(open).await.unwrap();
    let mut strict = face_holder("obama", "obama.jpg");
    strict.person.verify = Verify::FaceAndCard;
    door.put(strict).await;
    for (photo, reason, openings) in [("obama3.jpg", "look_again", 1), ("biden.jpg", "stranger", 2)] {
        for _ in 0..2 {
            let seen = door.frame(sample(photo)).await;
            assert_eq!(seen["decision"]["reason"], reason, "{seen}");
            assert_eq!(door.state().await["door"]["openings"], openings, "{photo}");
        }
    }
    door.put(face_holder("biden", "biden.jpg")).await;
    let strict = |person: &mut Person, _: &mut Vec<_>, _: &mut _| person.verify = Verify::FaceAndCard;
    let device = door.running.device();
    let revised = device.revise_person("lan", "biden", strict, PhotoChange::Keep);
    assert!(revised.await.unwrap());
    for _ in 0..2 {
        let seen = door.frame(sample("biden.jpg")).await;
        assert_eq!(seen["decision"]["reason"], "second_factor_missing", "{seen}");
        assert_eq!(door.state().await["door"]["openings"], 3);
    }
    assert_eq!(door.state().await["counts"]["records"], 0);
}

#[tokio::test]
async fn bad_input_is_a_problem_and_nothing_else() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(config(&path)).await;
    for body in [
        "",
        "not json",
        "[]",
        "{}",
        r#"{"kind":"ic_card"}"#,
        r#"{"number":"1"}"#,
        r#"{"kind":"spoon","number":"1"}"#,
        r#"{"kind":"ic_card","number":1}"#,
        r#"{"kind":"ic_card","number":""}"#,
        r#"{"kind":"ic_card","number":"1","document":{}}"#,
        r#"{"kind":"id_card","number":"1","document":7}"#,
    ] {
        problem(&door, "/api/credentials", body.as_bytes().to_vec()).await;
    }
    let zip = b"PK\x03\x04 this is a zip".to_vec();
    let huge = vec![0xFF; door.config.limits.frame_bytes + 1];
    for picture in [Vec::new(), b"hello".to_vec(), zip, huge] {
        problem(&door, "/api/frames", picture).await;
    }
    problem(&door, "/api/calls", b"{}".to_vec()).await;
    problem(&door, "/api/nothing", Vec::new()).await;
    problem(&door, "/api/state", Vec::new()).await;
    assert_eq!(door.state().await["counts"]["records"], 0);
}

async fn problem(door: &Door, path: &str, body: Vec<u8>) {
    let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
    let response = door.request(Method::POST, path).body(body).send().await.unwrap();
    assert!(
        response.status().is_client_error(),
        "{path} {shown}: {}",
        response.status()
    );
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json",
        "{path} {shown}"
    );
    let problem: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert!(
        problem["code"].is_string() && problem["detail"].is_string(),
        "{path} {shown}: {problem}"
    );
}

#[tokio::test]
async fn sensors_stay_as_they_were_set() {
    let (_folder, path) = folder();
    let door = Door::start(config(&path)).await;
    door.put(card_holder("p1", "1")).await;
    let set = door
        .request(Method::PUT, "/api/sensors")
        .json(&json!({ "temperature": 39.4, "mask": false }));
    assert_eq!(set.send().await.unwrap().status(), 200);
    let mut events = door.events().await;
    assert_eq!(
        door.card("1").await["decision"]["result"],
        "granted",
        "nothing demands a normal temperature"
    );
    assert!((events.pass().await["temperature"].as_f64().unwrap() - 39.4).abs() < 0.01);
    let wrong = door
        .request(Method::PUT, "/api/sensors")
        .json(&json!({ "temperature": "warm" }));
    assert_eq!(wrong.send().await.unwrap().status(), 422);
    assert_eq!(door.state().await["sensors"]["mask"], false);
}

#[tokio::test]
async fn other_sites_pages_open_nothing_and_the_page_is_there() {
    let (_folder, path) = folder();
    let door = Door::start(config(&path)).await;
    door.put(card_holder("p1", "1")).await;
    let foreign = door
        .request(Method::POST, "/api/credentials")
        .header("origin", "https://evil.example")
        .body(r#"{"kind":"ic_card","number":"1"}"#);
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    assert_eq!(door.state().await["door"]["openings"], 0);
    let page = door.request(Method::GET, "/").send().await.unwrap();
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    let text = page.text().await.unwrap();
    assert!(text.contains("getUserMedia") && text.contains("speechSynthesis"));
    assert!(
        !text.contains("http://") && !text.contains("https://"),
        "nothing from elsewhere"
    );
}

#[tokio::test]
async fn listeners_are_written_and_the_folder_has_one_owner() {
    let (_folder, path) = folder();
    let door = Door::start(config(&path)).await;
    let text = std::fs::read_to_string(path.join("listeners.json")).unwrap();
    let listeners: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        listeners["kiosk"],
        door.running.listeners().kiosk.unwrap().to_string()
    );
    let second = terminal::Terminal::start(config(&path), terminal::StartOptions::default()).await;
    let error = second.err().expect("a second owner").to_string();
    assert!(error.contains("in use"), "{error}");
    door.running.stop().await;
    Door::start(config(&path)).await;
}
