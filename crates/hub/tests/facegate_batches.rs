//! The hub alone against a facegate terminal written from the document's bytes: several people in one call.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod facegate_device;
mod http_device;
mod kit;

use facegate_device::{Site, refused};
use http_device::Reaction;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Notify;

/// Somebody whom the terminal says it holds, whoever is asked for.
const HELD: &str = r#"{"operator":"SearchPerson","info":{"Name":"somebody","Gender":0}}"#;

/// The answer to a batch, with the codes of those who were refused (QUIRKS A67).
fn answer(operator: &str, refused: &[(&str, i64)]) -> String {
    let codes = refused
        .iter()
        .map(|(id, code)| json!({"PersonUUID": id, "errcode": code}));
    json!({"operator": operator, "code": 200, "info": codes.collect::<Value>()}).to_string()
}

/// The people of an `AddPersons`, by their numbers.
fn added(call: &Value) -> Vec<&Value> {
    let total = call["Total"].as_u64().unwrap();
    assert!(call.get("info").is_none(), "{call}");
    (0..total)
        .map(|at| {
            call.get(format!("Personinfo_{at}"))
                .expect("a person for each number")
        })
        .collect()
}

fn ids<'a>(people: &[&'a Value]) -> Vec<&'a str> {
    people
        .iter()
        .map(|person| person["PersonUUID"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn new_people_go_together_and_each_has_a_result() {
    let mut site = Site::start().await;
    let all: Vec<String> = (0..18).map(|n| format!("n-{n:02}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let result = answer("AddPersons", &[("n-03", 473), ("n-04", 470)]);
    site.device.answers("/action/AddPersons", &result);
    let card = refused("AddPerson", 470, "ID_CardNo already exist");
    site.device.answers("/action/AddPerson", &card);
    site.people_at_once(&all).await;

    let first = site.asked("AddPersons").await.json();
    assert_eq!(first["DeviceID"], 1_300_001);
    let people = added(&first);
    assert_eq!(ids(&people), all[..16]);
    for person in &people {
        assert!(person["CustomizeID"].as_i64().unwrap() > 0);
        let picture = person["picinfo"].as_str().unwrap();
        assert!(picture.starts_with("data:image/jpeg;base64,"), "{picture:.30}");
    }
    // Whose number may be another's goes once more alone.
    let alone = site.asked("AddPerson").await.json();
    assert_eq!(alone["info"]["PersonUUID"], "n-04");
    let second = site.asked("AddPersons").await.json();
    assert_eq!(ids(&added(&second)), all[16..]);

    for id in &all {
        let (state, reason) = match *id {
            "n-03" => ("failed", json!("photo_rejected")),
            "n-04" => ("failed", json!("exists")),
            _ => ("applied", Value::Null),
        };
        assert_eq!(site.on_roster(id, state).await["reason"], reason, "{id}");
    }
}

#[tokio::test]
async fn those_who_are_there_are_changed_together_by_photos_that_the_terminal_fetches() {
    let mut site = Site::start().await;
    site.device.answers("/action/SearchPerson", HELD);
    let told = Arc::new(Notify::new());
    let result = answer("EditPersonsNew", &[("c-1", 465), ("c-2", 480)]);
    let when = Reaction::When(Arc::clone(&told), result);
    site.device.on("/action/EditPersonsNew", when);
    site.people_at_once(&["c-0", "c-1", "c-2"]).await;

    let call = site.asked("EditPersonsNew").await.json();
    assert_eq!((&call["IdType"], &call["Total"]), (&json!(2), &json!(3)));
    let people: Vec<&Value> = call["info"].as_array().unwrap().iter().collect();
    assert_eq!(ids(&people), ["c-0", "c-1", "c-2"]);
    let url = people[0]["picURI"].as_str().unwrap();
    assert!(url.len() <= 128 && url.contains("/facegate/p/"), "{url}");
    assert!(people[0].get("picinfo").is_none());
    let picture = reqwest::get(url).await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    assert!(picture.bytes().await.unwrap().starts_with(&[0xFF, 0xD8]));
    told.notify_one();

    // Who could not be fetched goes alone, with the photo in the message.
    let alone = site.asked("EditPerson").await.json();
    assert_eq!(alone["info"]["PersonUUID"], "c-1");
    assert!(alone["picinfo"].as_str().unwrap().len() > 100);
    site.on_roster("c-0", "applied").await;
    site.on_roster("c-1", "applied").await;
    assert_eq!(site.on_roster("c-2", "failed").await["reason"], "exists");
    assert_eq!(
        reqwest::get(url).await.unwrap().status(),
        404,
        "the address is over with the call"
    );
}

#[tokio::test]
async fn a_batch_whose_answer_is_lost_is_sent_again() {
    let mut site = Site::start().await;
    site.device.on("/action/AddPersons", Reaction::HangUp);
    site.people_at_once(&["l-0", "l-1"]).await;
    for _ in 0..2 {
        let call = site.asked("AddPersons").await.json();
        assert_eq!(ids(&added(&call)), ["l-0", "l-1"]);
    }
    let roster = site.admin.all(&format!("{}/roster", site.path)).await;
    assert!(roster.iter().all(|item| item["state"] == "wanted"), "{roster:?}");
    site.device
        .answers("/action/AddPersons", &answer("AddPersons", &[]));
    site.on_roster("l-0", "applied").await;
    site.on_roster("l-1", "applied").await;
}

#[tokio::test]
async fn a_terminal_without_batches_is_brought_people_one_by_one() {
    let mut site = Site::start().await;
    let unknown = refused("AddPersons", 461, "Unkonw operator");
    site.device.answers("/action/AddPersons", &unknown);
    site.people_at_once(&["s-0", "s-1"]).await;
    site.asked("AddPersons").await;
    for id in ["s-0", "s-1"] {
        let call = site.asked("AddPerson").await.json();
        assert_eq!(call["info"]["PersonUUID"], id);
        site.on_roster(id, "applied").await;
    }
    // It is not asked for it again: this refusal is never heard.
    site.device
        .answers("/action/AddPersons", &answer("AddPersons", &[("s-2", 473)]));
    site.people_at_once(&["s-2", "s-3"]).await;
    site.on_roster("s-2", "applied").await;
    site.on_roster("s-3", "applied").await;
}
