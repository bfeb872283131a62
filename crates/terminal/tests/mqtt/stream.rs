//! Everybody who is known, one by one (2.2.2, 2.2.3).

use crate::support::broker::{Broker, Message, SERIAL, Wire};
use crate::support::{Door, card_holder, folder, mqtt_config};
use serde_json::json;

async fn acknowledge(wire: &mut Wire, msg_id: &str, index: &str, code: &str) {
    wire.respond(json!({
        "msgType": "onlineGetRegisterResp", "msgID": msg_id, "deviceNo": SERIAL, "errorCode": code, "index": index,
    }))
    .await;
}

fn place(told: &Message) -> (&str, &str, &str) {
    (told.text("personNum"), told.text("index"), told.text("idNumber"))
}

async fn door_with(broker: &Broker, people: &[&str]) -> (tempfile::TempDir, Door) {
    let (folder, path) = folder();
    let mut config = mqtt_config(&path, broker.url());
    config.mqtt.as_mut().unwrap().resend_seconds = 1;
    let door = Door::start(config).await;
    for id in people {
        door.put(card_holder(id, &format!("card {id}"))).await;
    }
    (folder, door)
}

#[tokio::test]
async fn each_person_waits_for_the_acknowledgement_of_the_last() {
    let broker = Broker::listen().await;
    let (_folder, _door) = door_with(&broker, &["a", "b", "c"]).await;
    let mut wire = broker.welcome().await;
    let msg_id = wire.command("onlineGetRegister", json!({})).await;
    let first = wire.answer_to("onlineGetRegister", &msg_id).await;
    assert_eq!(place(&first), ("3", "0", "a"));
    // Wrong acknowledgements, a refusal, and a lost one: the same person again.
    acknowledge(&mut wire, "other", "0", "100").await;
    acknowledge(&mut wire, &msg_id, "1", "100").await;
    acknowledge(&mut wire, &msg_id, "0", "200").await;
    let again = wire.answer_to("onlineGetRegister", &msg_id).await;
    assert_eq!(again.json, first.json);
    acknowledge(&mut wire, &msg_id, "0", "100").await;
    let second = wire.answer_to("onlineGetRegister", &msg_id).await;
    assert_eq!(place(&second), ("3", "1", "b"));
    // The connection goes; it resumes where it was.
    drop(wire);
    let mut wire = broker.welcome().await;
    let second = wire.answer_to("onlineGetRegister", &msg_id).await;
    assert_eq!(place(&second), ("3", "1", "b"));
    acknowledge(&mut wire, &msg_id, "1", "100").await;
    let third = wire.answer_to("onlineGetRegister", &msg_id).await;
    assert_eq!(place(&third), ("3", "2", "c"));
    acknowledge(&mut wire, &msg_id, "2", "100").await;
    wire.ask("onlineGetRegisterCount", json!({})).await;
    assert!(!wire.has_early("onlineGetRegisterResp"), "it is over");
}

#[tokio::test]
async fn an_empty_terminal_says_so_once_and_a_stream_can_be_stopped() {
    let broker = Broker::listen().await;
    let (_folder, door) = door_with(&broker, &[]).await;
    let mut wire = broker.welcome().await;
    let none = wire.ask("onlineGetRegister", json!({})).await;
    assert_eq!(none.text("personNum"), "0");
    assert_eq!(none.json.get("idNumber"), None);
    door.put(card_holder("a", "1")).await;
    door.put(card_holder("b", "2")).await;
    let msg_id = wire.command("onlineGetRegister", json!({})).await;
    wire.answer_to("onlineGetRegister", &msg_id).await;
    let stopped = wire.ask("onlineStopGetRegister", json!({})).await;
    assert_eq!(stopped.text("errorCode"), "100");
    acknowledge(&mut wire, &msg_id, "0", "100").await;
    // Longer than a resend takes: heartbeats would be seen, people are not.
    let again = wire.command("onlineGetRegister", json!({})).await;
    let first = wire.answer_to("onlineGetRegister", &again).await;
    assert_eq!(place(&first), ("2", "0", "a"));
    // Whoever goes meanwhile leaves the place.
    door.running.device().delete_person("b").await.unwrap();
    acknowledge(&mut wire, &again, "0", "100").await;
    let gone = wire.answer_to("onlineGetRegister", &again).await;
    assert_eq!((gone.text("index"), gone.json.get("idNumber")), ("1", None));
    // Stopping what is not under way is no failure.
    wire.ask("onlineStopGetRegister", json!({})).await;
    let idle = wire.ask("onlineStopGetRegister", json!({})).await;
    assert_eq!(idle.text("errorCode"), "100");
}
