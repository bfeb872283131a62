//! Records (2.3.1, 2.3.3; terminal rules 16, 17 and 27).

use crate::support::broker::{Broker, Message};
use crate::support::{Door, card_holder, empty_picture, face_holder, folder, mqtt_config, sample};
use crate::{base64, is_online};
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn passes_of_faces_cards_and_strangers_are_told() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start_with_faces(mqtt_config(&path, broker.url())).await;
    door.put(face_holder("20001", "obama.jpg")).await;
    let mut wire = broker.welcome().await;
    door.state_where(is_online).await;
    let photo = sample("obama2.jpg");
    assert_eq!(door.frame(photo.clone()).await["decision"]["result"], "granted");
    let record = wire.record().await;
    let fields = |record: &Message, names: [&str; 4]| names.map(|name| record.text(name).to_owned());
    let names = ["snapType", "compareResult", "idNumber", "name"];
    assert_eq!(fields(&record, names), ["0", "0", "20001", "Name of 20001"]);
    assert_eq!(record.text("version"), "V1.0");
    assert_eq!(record.text("recognitionPhoto"), base64(&photo));
    assert_eq!(record.text("comparePhoto"), base64(&sample("obama.jpg")));
    let time = record.text("passTime");
    assert!(
        time.len() == 23 && &time[10..11] == " " && &time[19..20] == ".",
        "{time}"
    );
    assert!((1..=32).contains(&record.text("msgID").len()));
    wire.take(&record, "", "").await;

    assert_eq!(
        door.frame(sample("biden.jpg")).await["decision"]["result"],
        "stranger"
    );
    let stranger = wire.record().await;
    assert_eq!(
        [stranger.text("snapType"), stranger.text("name")],
        ["3", "陌生人"]
    );
    let id = stranger.text("idNumber");
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );
    assert_eq!(stranger.text("comparePhoto"), "");
    wire.take(&stranger, "", "").await;

    door.card("nobody's").await;
    let card = wire.record().await;
    assert_eq!(fields(&card, names), ["4", "4", "", ""]);
    assert_eq!(card.text("normalNumber"), "nobody's");
    wire.take(&card, "", "").await;
}

#[tokio::test]
async fn a_record_keeps_its_id_until_it_is_acknowledged() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    config.mqtt.as_mut().unwrap().resend_seconds = 1;
    let door = Door::start(config).await;
    door.put(card_holder("1", "8899")).await;
    door.card("8899").await;
    let mut wire = broker.welcome().await;
    let record = wire.record().await;
    // Another id, and a failure, are no acknowledgement.
    let mut other = record.clone();
    other.json["msgID"] = json!("another");
    wire.take(&other, "", "").await;
    let refused = json!({
        "msgType": "uploadRecordResp", "msgID": record.text("msgID"), "errorCode": "200", "controlState": "", "msg": "",
    });
    wire.respond(refused).await;
    let again = wire.record().await;
    assert_eq!(again.json, record.json, "a resend is the same");
    // Over a new connection, and over a restart of the process.
    drop(wire);
    let mut wire = broker.welcome().await;
    assert_eq!(wire.record().await.text("msgID"), record.text("msgID"));
    door.running.stop().await;
    let door = Door::start(door.config).await;
    let mut wire = broker.welcome().await;
    let restarted = wire.record().await;
    assert_eq!(restarted.json, record.json);
    wire.take(&restarted, "", "").await;
    wire.ask("onlineGetRegisterCount", json!({})).await;
    // Acknowledged: after another restart only what is new comes.
    door.card("unknown").await;
    let new = wire.record().await;
    assert_ne!(new.text("msgID"), record.text("msgID"));
    drop(wire);
    door.running.stop().await;
    let _door = Door::start(door.config).await;
    let mut wire = broker.welcome().await;
    assert_eq!(wire.record().await.json, new.json);
}

#[tokio::test]
async fn the_window_bounds_what_waits() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    let mqtt = config.mqtt.as_mut().unwrap();
    (mqtt.window, mqtt.resend_seconds) = (2, 600);
    let door = Door::start(config).await;
    for number in 0..5 {
        door.card(&format!("unknown {number}")).await;
    }
    let mut wire = broker.welcome().await;
    let (first, second) = (wire.record().await, wire.record().await);
    wire.ask("onlineGetRegisterCount", json!({})).await;
    assert!(!wire.has_early("uploadRecord"), "two wait");
    wire.take(&second, "", "").await;
    let third = wire.record().await;
    wire.take(&first, "", "").await;
    let fourth = wire.record().await;
    let numbers: BTreeSet<&str> = [&first, &second, &third, &fourth]
        .into_iter()
        .map(|record| record.text("normalNumber"))
        .collect();
    assert_eq!(
        numbers,
        BTreeSet::from(["unknown 0", "unknown 1", "unknown 2", "unknown 3"])
    );
}

#[tokio::test]
async fn records_can_be_forgotten_and_what_waits_is_dropped() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    config.mqtt.as_mut().unwrap().resend_seconds = 1;
    let door = Door::start(config).await;
    door.card("first").await;
    let mut wire = broker.welcome().await;
    wire.record().await;
    let forgot = wire.ask("onlineDeleteSnapRecord", json!({})).await;
    assert_eq!(forgot.text("errorCode"), "100");
    drop(wire);
    let mut wire = broker.welcome().await;
    door.card("second").await;
    assert_eq!(wire.record().await.text("normalNumber"), "second");
}

/// A terminal whose platform decides.
async fn undecided(broker: &Broker) -> (tempfile::TempDir, Door, crate::support::broker::Wire) {
    let (folder, path) = folder();
    let mut config = mqtt_config(&path, broker.url());
    config.limits.decision_wait_ms = 1500;
    let door = Door::start(config).await;
    door.put(card_holder("1", "8899")).await;
    let mut wire = broker.welcome().await;
    let answer = wire
        .ask("onlineSetDevInfo", json!({"autoOpenDoorEnable": "0"}))
        .await;
    assert_eq!(answer.text("errorCode"), "100");
    (folder, door, wire)
}

#[tokio::test]
async fn the_platform_decides_where_the_door_does_not_open_by_itself() {
    let broker = Broker::listen().await;
    let (_folder, door, mut wire) = undecided(&broker).await;
    let mut events = door.events().await;
    assert_eq!(door.card("8899").await["decision"]["result"], "pending");
    let record = wire.record().await;
    assert_eq!(record.text("compareResult"), "0", "what the terminal sees itself");
    assert_eq!(door.state().await["door"]["openings"], 0);
    wire.take(&record, "open", "条件符合，道闸开启").await;
    let pass = events.pass().await;
    assert_eq!(
        (&pass["result"], &pass["message"]),
        (&json!("granted"), &json!("条件符合，道闸开启"))
    );
    assert_eq!(pass["speech"], "条件符合，道闸开启");
    door.state_where(|state| state["door"]["openings"] == 1).await;

    // An unknown card may be let in, too; a known one refused.
    door.card("visitor").await;
    let record = wire.record().await;
    assert_eq!(record.text("compareResult"), "4");
    wire.take(&record, "open", "").await;
    assert_eq!(events.pass().await["result"], "granted");
    door.put(card_holder("2", "7788")).await;
    door.card("7788").await;
    let record = wire.record().await;
    wire.take(&record, "close", "请联系管理员").await;
    let pass = events.pass().await;
    assert_eq!(
        (&pass["result"], &pass["reason"]),
        (&json!("denied"), &json!("platform_denied"))
    );
    assert_eq!(pass["speech"], "请联系管理员");
    assert_eq!(door.state().await["door"]["openings"], 2);
}

#[tokio::test]
async fn a_silent_platform_keeps_the_door_shut_and_others_verdicts_are_ignored() {
    let broker = Broker::listen().await;
    let (_folder, door, mut wire) = undecided(&broker).await;
    let mut events = door.events().await;
    door.card("8899").await;
    let record = wire.record().await;
    let pass = events.pass().await;
    assert_eq!(
        (&pass["result"], &pass["reason"]),
        (&json!("denied"), &json!("platform_silent"))
    );
    // Too late.
    wire.take(&record, "open", "").await;
    wire.ask("onlineSetDevInfo", json!({"autoOpenDoorEnable": "1"}))
        .await;
    assert_eq!(door.state().await["door"]["openings"], 0);
    door.put(card_holder("2", "7788")).await;
    assert_eq!(door.card("7788").await["decision"]["result"], "granted");
    let record = wire.record().await;
    wire.take(&record, "close", "ignored").await;
    wire.ask("onlineGetRegisterCount", json!({})).await;
    let state = door.state().await;
    assert_eq!(state["door"]["openings"], 1);
    assert_ne!(state["last"]["speech"], "ignored");
}

#[tokio::test]
async fn pictures_that_are_too_large_are_made_to_fit() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start_with_faces(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    door.state_where(is_online).await;
    let frame = terminal::swarm::photo::jpeg(4_000_000);
    door.frame(frame).await;
    door.card("x").await;
    let record = wire.record().await;
    let sent = record.text("recognitionPhoto").len();
    assert!(sent > 0 && record.payload.len() < 3_000_000, "{sent}");
    // A picture without a face is shown as it is.
    wire.take(&record, "", "").await;
    door.frame(empty_picture()).await;
    door.card("y").await;
    assert_eq!(
        wire.record().await.text("recognitionPhoto"),
        base64(&empty_picture())
    );
}
