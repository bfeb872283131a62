//! A terminal that holds people is taken over by a hub that has never heard of it. `MENSHEN_TEST_PEOPLE` asks for more.

use crate::WIRE;
use crate::kit::{Api, Pair, number, patience_for, photos, start_hub, until, until_within};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_hub_takes_over_whom_a_terminal_holds() {
    let photos = photos().expect("the face models and sample photos");
    let people = number("MENSHEN_TEST_PEOPLE", if WIRE.needs_photo { 10 } else { 40 });
    let mut pair = Pair::start(&[]).await;
    pair.people_with_cards(people).await;
    pair.person("with-photo", &json!({})).await;
    pair.api
        .upload("/persons/with-photo/photos", photos[0][0].clone())
        .await;
    pair.settled(people + 1).await;
    let credentials = pair.credentials().await;
    pair.hub.stop();

    // The old registration means nothing to the new hub: the terminal registers anew.
    let (_hub, admin) = start_hub(&pair.folder.path().join("fresh"), pair.port, &[]).await;
    let api = Api::sign_in(&admin).await;
    // One of the ids is somebody else's here.
    api.post("/persons", &json!({"id": "p0", "name": "Somebody else"}))
        .await;
    let device = format!("/devices/{}", pair.introduce_to(&api, &credentials).await);
    until("the terminal to be online", || async {
        (api.try_get(&device).await?["status"] == "online").then_some(())
    })
    .await;
    api.post(&format!("{device}/import"), &json!({})).await;
    let state = until_within(patience_for(people), "the import to end", || async {
        let state = api.try_get(&format!("{device}/import")).await?;
        (state["state"] != "running").then_some(state)
    })
    .await;
    assert_eq!(
        state,
        json!({"state": "done", "persons": people + 1, "photos": if WIRE.needs_photo { people + 1 } else { 1 },
            "photos_refused": 0, "error": null})
    );
    let all = api.all("/persons").await;
    assert_eq!(all.len(), people + 2);
    let named = |name: &str| all.iter().find(|person| person["name"] == name).unwrap();
    assert_ne!(named("Name of p0")["id"], "p0", "the id is somebody else's");
    assert_eq!(named("Name of p1")["id"], "p1");
    assert_eq!(
        named("Name of p1")["credentials"][0]["number"],
        (WIRE.card)("p1").1
    );
    assert_eq!(named("Name of with-photo")["photos"].as_array().unwrap().len(), 1);
    // Nothing changed at the terminal, and a pass there is the person's here, under whatever id.
    assert_eq!(pair.kiosk.state().await["counts"]["persons"], people + 1);
    pair.kiosk.card("p0").await;
    let record = until("the record", || async { api.all("/records").await.pop() }).await;
    assert_eq!(record["person_id"], named("Name of p0")["id"]);
}
