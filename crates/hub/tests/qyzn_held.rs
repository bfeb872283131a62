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

/// Waits until an import has ended; an event of its own tells that something went on.
async fn imported(site: &Site) -> Value {
    let mut events = site.admin.events(None).await;
    loop {
        let state = site
            .admin
            .get(&format!("{}/import", site.path))
            .await
            .expect(200)
            .json();
        if state["state"] != "running" {
            return state;
        }
        let zone = json!({"name": format!("wake {}", uuid::Uuid::new_v4())});
        site.admin.post("/zones", &zone).await.expect(201);
        events.next_named("audit.created").await;
    }
}

#[tokio::test]
async fn whoever_cannot_be_read_keeps_nobody_else_back() {
    let mut site = Site::start().await;
    let import = format!("{}/import", site.path);
    site.admin.post(&import, &json!({})).await.expect(202);
    // A busy device is asked again.
    let asked = site.device.asked_for("sync_person").await;
    site.device.answer(&asked, 109, json!({"waitSeconds": 1})).await;
    let asked = site.device.asked_for("sync_person").await;
    site.device.answer(&asked, 0, json!({"person_num": 5})).await;
    let mut tell = async |person: Value| code(&site.device.ask("device_sync_person", person).await);
    assert_eq!(
        tell(json!({"personCode": "1", "name": "Nobody", "type": 1})).await,
        104
    );
    assert_eq!(tell(json!({"personId": "bare"})).await, 0);
    assert_eq!(tell(person("twice")).await, 0);
    assert_eq!(tell(person("twice")).await, 0);
    assert_eq!(
        tell(json!({"personId": "x".repeat(80), "name": "Long", "type": "none"})).await,
        0
    );
    let mut spoilt = person("spoilt");
    spoilt["faces"] = json!([{"faceId": "1", "image": "this is, no Base64!"}]);
    spoilt["startTime"] = json!("0000-00-00 00:00:00");
    spoilt["expireTime"] = json!("0000-00-00 00:00:00");
    assert_eq!(tell(spoilt).await, 0);
    let state = imported(&site).await;
    assert_eq!(state["state"], "done", "{state}");
    assert_eq!(
        (&state["persons"], &state["photos_refused"]),
        (&json!(4), &json!(1)),
        "{state}"
    );
    let spoilt = site.admin.get("/persons/spoilt").await.expect(200).json();
    assert_eq!(spoilt["valid_until"], Value::Null);
}

#[tokio::test]
async fn a_busy_device_is_told_again_who_decides() {
    let mut site = Site::start().await;
    site.admin
        .patch(&site.path, &json!({"decision": "hub"}))
        .await
        .expect(200);
    for code in [109, 0] {
        let told = site.device.asked_for("online_openDoor").await;
        assert_eq!(told.body["data"], json!({"online": 1, "mode": 1}));
        site.device.answer(&told, code, json!({"waitSeconds": 1})).await;
    }
    let opened = site.post(&json!({"kind": "open_door"})).await;
    let door = site.device.asked().await;
    assert_eq!(door.body["message"], "open_door", "it is told no more");
    done(&mut site, &door).await;
    assert_eq!(site.ended(&opened).await["state"], "done");
}

#[tokio::test]
async fn a_device_of_before_v2_9_gets_its_people_in_parts() {
    let mut site = Site::start().await;
    let group = site.admin.all("/groups").await[0]["id"].clone();
    let card = json!([{"kind": "ic_card", "number": "157342643"}]);
    let new = json!({"id": "new", "name": "New", "groups": [group], "credentials": card});
    site.admin.post("/persons", &new).await.expect(201);
    let asked = site.device.asked_for("add_person_face").await;
    site.device.answer(&asked, 103, json!({})).await;
    // The table's 8 bytes of a card's number (QUIRKS T29).
    let asked = site.device.asked().await;
    assert_eq!(asked.body["message"], "add_person");
    assert_eq!(asked.body["data"]["icNum"], "157342643");
    site.device.answer(&asked, 104, json!({})).await;
    let asked = site.device.asked().await;
    assert_eq!(asked.body["message"], "add_person");
    assert_eq!(asked.body["data"].get("icNum"), None);
    done(&mut site, &asked).await;
    // Both are remembered.
    let new = json!({"id": "other", "name": "Other", "groups": [group],
        "credentials": [{"kind": "ic_card", "number": "998877665"}]});
    site.admin.post("/persons", &new).await.expect(201);
    let asked = site.device.asked().await;
    assert_eq!(asked.body["message"], "add_person");
    assert_eq!(asked.body["data"].get("icNum"), None);
    done(&mut site, &asked).await;
    let shown = site.post(&json!({"kind": "open_door"})).await;
    let door = site.device.asked_for("open_door").await;
    done(&mut site, &door).await;
    assert_eq!(site.ended(&shown).await["state"], "done");
    let roster = site.admin.all(&format!("{}/roster", site.path)).await;
    let states: Vec<&Value> = roster.iter().map(|item| &item["state"]).collect();
    assert_eq!(states, ["applied", "applied"], "{roster:?}");
    assert_eq!(
        roster[0]["warnings"][0]["field"], "credentials.ic_card",
        "{roster:?}"
    );
    let commands = format!("{}/commands", site.path);
    let native = json!({"kind": "native", "operation": "add_person_face", "body": {}});
    site.admin
        .post(&commands, &native)
        .await
        .problem(422, "unsupported");
    for (operation, body) in [
        ("swiping_card", json!({"timeOut": 60})),
        ("snapshot_picture", json!({"timeoutSeconds": 16})),
    ] {
        let native = json!({"kind": "native", "operation": operation, "body": body});
        site.admin.post(&commands, &native).await.expect(422);
    }
}

#[tokio::test]
async fn the_door_does_not_wait_for_a_program_to_be_fetched() {
    let mut site = Site::start().await;
    let upgrade = json!({"kind": "upgrade", "url": "http://10.0.0.1/file.bin", "version": "V2",
        "md5": "e10adc3949ba59abbe56e057f20f883e"});
    let upgrade = site.post(&upgrade).await;
    let fetching = site.device.asked_for("device_upgrade").await;
    let opened = site.post(&json!({"kind": "open_door"})).await;
    let door = site.device.asked_for("open_door").await;
    done(&mut site, &door).await;
    done(&mut site, &fetching).await;
    for command in [upgrade, opened] {
        assert_eq!(site.ended(&command).await["state"], "done");
    }
}

#[tokio::test]
async fn the_zone_that_was_set_last_is_the_devices() {
    let mut site = Site::start().await;
    // Far apart: whole days lie between them.
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        site.admin
            .patch(&site.path, &json!({"time_zone": zone}))
            .await
            .expect(200);
        let command = site.post(&json!({"kind": "sync_time"})).await;
        let asked = site.device.asked_for("config_system").await;
        let told = asked.body["data"]["time"]["currenttime"]
            .as_str()
            .unwrap()
            .replace(' ', "T");
        let told: jiff::civil::DateTime = told.parse().unwrap();
        let there = jiff::tz::TimeZone::get(zone)
            .unwrap()
            .to_datetime(jiff::Timestamp::now());
        let apart = there.duration_since(told).as_secs();
        assert!(apart.abs() < 60, "{zone}: {told}");
        done(&mut site, &asked).await;
        assert_eq!(site.ended(&command).await["state"], "done");
    }
}
