//! What somebody changed at a terminal by hand is found and put right within a day.

use crate::kit::{Pair, until};
use rusqlite::Connection;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_by_hand_is_put_right_after_a_day() {
    let mut pair = Pair::start(&[]).await;
    pair.people_with_cards(3).await;
    for (operation, body) in [
        ("delete_person", json!({"idSet": ["p1"]})),
        (
            "add_person_face",
            json!({"personId": "x", "personCode": "x", "name": "By hand", "type": 1, "faces": []}),
        ),
    ] {
        let native = json!({"kind": "native", "operation": operation, "body": body});
        let path = format!("/devices/{}/commands", pair.device);
        let command = pair.api.post(&path, &native).await;
        let path = format!("/commands/{}", command["id"].as_str().unwrap());
        until(operation, || async {
            (pair.api.try_get(&path).await?["state"] == "done").then_some(())
        })
        .await;
    }
    let roster = format!("/devices/{}/roster", pair.device);
    let strays = format!("/devices/{}/strays", pair.device);
    assert!(pair.api.all(&strays).await.is_empty(), "the day has not passed");

    // A day passes while the hub is away.
    pair.hub.stop();
    let database = Connection::open(pair.folder.path().join("hub/menshen.db")).unwrap();
    let moved = database.execute("UPDATE devices SET created_at = created_at - 86400000", []);
    assert_eq!(moved.unwrap(), 1);
    drop(database);
    pair.hub.restart();
    pair.hub_ready().await;
    pair.settled_at(3, 4).await;
    assert_eq!(
        pair.api.all(&strays).await,
        [json!({"wire_id": "x", "name": "By hand"})]
    );
    let items = pair.api.all(&roster).await;
    assert!(items.iter().all(|item| item["state"] == "applied"));
    assert_eq!(pair.kiosk.card("p1").await["decision"]["result"], "granted");
}
