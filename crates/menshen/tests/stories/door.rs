//! Opening the door from the hub.

use crate::kit::{Pair, until};
use serde_json::{Value, json};

async fn finished(pair: &Pair, command: &Value) -> Value {
    let path = format!("/commands/{}", command["id"].as_str().unwrap());
    let done = || async {
        let command = pair.api.get(&path).await;
        (!matches!(command["state"].as_str(), Some("queued" | "sent"))).then_some(command)
    };
    until("the command to finish", done).await
}

#[tokio::test(flavor = "multi_thread")]
async fn open_door_opens_it_and_to_an_offline_device_is_expired_and_never_delivered() {
    let mut pair = Pair::start(&[]).await;
    let commands = format!("/devices/{}/commands", pair.device);
    let open = json!({ "kind": "open_door" });

    let command = pair.api.post(&commands, &open).await;
    assert_eq!(finished(&pair, &command).await["state"], "done");
    let state = pair.kiosk.state().await;
    assert_eq!(
        (&state["door"]["openings"], &state["door"]["last"]["method"]),
        (&json!(1), &json!("remote"))
    );

    pair.terminal.stop();
    pair.status("offline").await;
    let late = pair.api.post(&commands, &open).await;
    assert_eq!(finished(&pair, &late).await["state"], "expired");

    pair.terminal.restart();
    pair.kiosk_ready().await;
    pair.online().await;
    // A second command goes the whole way; had the expired one been kept, it would have gone before it.
    let command = pair.api.post(&commands, &open).await;
    assert_eq!(finished(&pair, &command).await["state"], "done");
    assert_eq!(pair.kiosk.state().await["door"]["openings"], 1);
    assert_eq!(
        pair.api
            .get(&format!("/commands/{}", late["id"].as_str().unwrap()))
            .await["state"],
        "expired"
    );
}
