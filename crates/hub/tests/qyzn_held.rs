//! What a qyzn terminal holds, records and people, and what it understands: the hub alone against a terminal written
//! from the document's bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod device;
mod kit;

use device::Came;
use device::site::Site;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// `device_sync_person` (4.3.7).
fn person(id: &str) -> Value {
    json!({"personId": id, "personCode": id, "name": format!("N {id}"), "type": 1, "faces": []})
}

fn code(answer: &Value) -> i64 {
    answer["result"].as_i64().unwrap()
}

/// Answers a request with success.
async fn done(site: &mut Site, asked: &Came) {
    site.device.answer(asked, 0, json!({})).await;
}

#[tokio::test]
async fn records_are_asked_for_once_more_before_record_clear() {
    let mut site = Site::start().await;
    // Without a record here, everything is asked for; a device of before V3.6 does not know the message.
    let cleared = site.post(&json!({"kind": "clear_records"})).await;
    let asked = site.device.asked().await;
    assert_eq!(asked.body["message"], "reSend_record_set");
    assert_eq!(
        (
            &asked.body["data"]["recordType"],
            &asked.body["data"]["snapStartTime"]
        ),
        (&json!(2), &json!("2000-01-01 08:00:00"))
    );
    site.device.answer(&asked, 103, json!({})).await;
    let asked = site.device.asked().await;
    assert_eq!(asked.body["message"], "record_clear");
    done(&mut site, &asked).await;
    assert_eq!(site.ended(&cleared).await["state"], "done");

    let answer = site.device.record("", "2026-01-01 10:00:00", 1, "").await;
    assert_eq!(code(&answer), 0);
    for clearing in [
        json!({"kind": "clear_records"}),
        json!({"kind": "native", "operation": "record_clear"}),
    ] {
        let command = site.post(&clearing).await;
        let asked = site.device.asked().await;
        assert_eq!(asked.body["message"], "reSend_record_set");
        assert_eq!(asked.body["data"]["snapStartTime"], "2026-01-01 10:00:00");
        done(&mut site, &asked).await;
        // What comes again is recognised, and the device keeps its records while it sends.
        for _ in 0..3 {
            let answer = site.device.record("", "2026-01-01 10:00:00", 1, "").await;
            assert_eq!(code(&answer), 0);
        }
        let asked = site.device.asked().await;
        assert_eq!(asked.body["message"], "record_clear");
        done(&mut site, &asked).await;
        assert_eq!(site.ended(&command).await["state"], "done");
        assert_eq!(site.admin.all("/records").await.len(), 1);
    }
}

#[tokio::test]
async fn a_record_that_the_hub_put_off_is_waited_for_before_record_clear() {
    let mut site = Site::start_with(1000, "[limits]\nintake_mb = 1\n").await;
    let too_much = "A".repeat(1_100_000);
    site.post(&json!({"kind": "clear_records"})).await;
    let asked = site.device.asked_for("reSend_record_set").await;
    done(&mut site, &asked).await;
    let answer = site.device.record("", "2026-01-01 10:00:00", 1, &too_much).await;
    let put_off = Instant::now();
    let wait = answer["data"]["waitSeconds"].as_u64().unwrap();
    assert_eq!((code(&answer), wait), (109, 3));
    let asked = site.device.asked().await;
    assert_eq!(asked.body["message"], "record_clear");
    assert!(
        put_off.elapsed() >= Duration::from_secs(wait),
        "{:?}",
        put_off.elapsed()
    );
}

#[tokio::test]
async fn a_device_that_does_not_give_its_records_keeps_them() {
    let mut site = Site::start().await;
    let command = site.post(&json!({"kind": "clear_records"})).await;
    let asked = site.device.asked().await;
    assert_eq!(asked.body["message"], "reSend_record_set");
    site.device.answer(&asked, 109, json!({"waitSeconds": 5})).await;
    let failed = site.ended(&command).await;
    assert_eq!(
        (&failed["state"], &failed["error"]),
        (&json!("failed"), &json!("109: from the device"))
    );
}

#[tokio::test]
async fn whom_a_device_tells_of_unasked_is_a_stray() {
    let mut site = Site::start().await;
    let strays = format!("{}/strays", site.path);
    for _ in 0..2 {
        let answer = site.device.ask("device_sync_person", person("77")).await;
        assert_eq!(code(&answer), 0);
        assert_eq!(
            (&answer["data"]["oriPersonId"], &answer["data"]["newPersonId"]),
            (&json!("77"), &json!("77"))
        );
    }
    assert_eq!(
        site.admin.all(&strays).await,
        [json!({"wire_id": "77", "name": "N 77"})]
    );
    // Whom the hub put there is none.
    let group = site.admin.all("/groups").await[0]["id"].clone();
    let known = json!({"id": "k", "name": "Known", "groups": [group]});
    site.admin.post("/persons", &known).await.expect(201);
    let put = site.device.asked_for("add_person_face").await;
    done(&mut site, &put).await;
    let answer = site.device.ask("device_sync_person", person("k")).await;
    assert_eq!(code(&answer), 0);
    assert_eq!(site.admin.all(&strays).await.len(), 1);
    assert_eq!(site.admin.all("/persons").await.len(), 1, "nobody was taken over");
}

#[tokio::test]
async fn an_import_lets_the_door_pass_while_the_device_tells_of_people() {
    let mut site = Site::start().await;
    let import = format!("{}/import", site.path);
    site.admin.post(&import, &json!({})).await.expect(202);
    let asked = site.device.asked_for("sync_person").await;
    site.device.answer(&asked, 0, json!({"person_num": 2})).await;
    assert_eq!(code(&site.device.ask("device_sync_person", person("1")).await), 0);
    let opened = site.post(&json!({"kind": "open_door"})).await;
    let door = site.device.asked_for("open_door").await;
    done(&mut site, &door).await;
    assert_eq!(site.ended(&opened).await["state"], "done");
    assert_eq!(site.admin.get(&import).await.json()["state"], "running");

    // The connection ends in the middle; on the next one the hub asks again.
    let address = site.hub.running.listeners().qyzn.clone().unwrap();
    let mut again = site.device.again(&address).await;
    assert_eq!(code(&again.login().await), 0);
    site.device.is_hung_up_on().await;
    site.device = again;
    let asked = site.device.asked_for("sync_person").await;
    site.device.answer(&asked, 0, json!({"person_num": 2})).await;
    for id in ["1", "2"] {
        assert_eq!(code(&site.device.ask("device_sync_person", person(id)).await), 0);
    }
    // Somebody new is put there once the import has ended.
    let group = site.admin.all("/groups").await[0]["id"].clone();
    let new = json!({"id": "new", "name": "New", "groups": [group]});
    site.admin.post("/persons", &new).await.expect(201);
    site.device.asked_for("add_person_face").await;
    let state = site.admin.get(&import).await.expect(200).json();
    assert_eq!((&state["state"], &state["persons"]), (&json!("done"), &json!(2)));
    assert_eq!(site.admin.all("/persons").await.len(), 3);
}

#[tokio::test]
async fn what_a_device_is_known_not_to_understand_is_refused_before_it_is_queued() {
    let mut site = Site::start().await;
    let commands = format!("{}/commands", site.path);
    let rule = json!({"kind": "native", "operation": "config_device_pass_rule",
        "body": {"weekly": {"mon": {"mode": 0}}}});
    let command = site.post(&rule).await;
    let asked = site.device.asked_for("config_device_pass_rule").await;
    assert_eq!(asked.version, 4);
    site.device.answer(&asked, 103, json!({})).await;
    assert_eq!(site.ended(&command).await["state"], "failed");
    let problem = site
        .admin
        .post(&commands, &rule)
        .await
        .problem(422, "unsupported");
    assert!(
        problem.to_string().contains("version 4") && problem.to_string().contains("speaks 3"),
        "{problem}"
    );
    // What needs no newer version is told as ever, and a message that nobody knows tells nothing of the version.
    let unknown = site
        .post(&json!({"kind": "native", "operation": "make_coffee"}))
        .await;
    let asked = site.device.asked_for("make_coffee").await;
    site.device.answer(&asked, 103, json!({})).await;
    assert_eq!(site.ended(&unknown).await["state"], "failed");
    let added = site
        .post(&json!({"kind": "native", "operation": "add_person_face", "body": {}}))
        .await;
    let asked = site.device.asked_for("add_person_face").await;
    done(&mut site, &asked).await;
    assert_eq!(site.ended(&added).await["state"], "done");
}
