//! One person library: whoever writes, all five read the same.

use crate::world::{FIVE, World};
use serde_json::json;
use std::collections::BTreeMap;

/// Changes of one name by each writer.
const CHANGES: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn whom_one_adds_changes_or_deletes_all_see() {
    let world = World::start().await;
    let mut expected = BTreeMap::new();
    for dialect in FIVE {
        let (id, name) = (format!("by-{dialect}"), format!("Added by {dialect}"));
        world.put(dialect, &id, &name, true).await;
        expected.insert(id, name);
    }
    world.all_tell(&expected).await;
    for dialect in FIVE {
        let card = format!("card-by-{dialect}");
        assert_eq!(
            world.pair.kiosk.card(&card).await["decision"]["result"],
            "granted"
        );
    }
    // Each changes whom the one before added.
    for (at, dialect) in FIVE.into_iter().enumerate() {
        let (id, name) = (
            format!("by-{}", FIVE[(at + 4) % 5]),
            format!("Changed by {dialect}"),
        );
        world.put(dialect, &id, &name, false).await;
        expected.insert(id, name);
    }
    world.all_tell(&expected).await;

    world.lan.done("removePerson", json!({ "id": [] })).await;
    world.all_tell(&BTreeMap::new()).await;
    world.put("mqtt", "again", "Again", true).await;
    world
        .all_tell(&BTreeMap::from([("again".to_owned(), "Again".to_owned())]))
        .await;
    world.openapi.told("/api/user/delete/all", "").await;
    world.all_tell(&BTreeMap::new()).await;
    let answer = world.pair.kiosk.card("card-again").await;
    assert_eq!(answer["decision"]["result"], "not_authorised");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_at_once_have_one_order_for_all() {
    let world = World::start().await;
    world.put("lan", "one", "First", true).await;
    let writing = FIVE.map(|dialect| {
        let world = &world;
        async move {
            for change in 1..=CHANGES {
                world
                    .put(dialect, "one", &format!("{dialect} {change}"), false)
                    .await;
            }
        }
    });
    futures_util::future::join_all(writing).await;
    let told = world.lan.told("getPerson", "id=one").await;
    let last = told["name"].as_str().unwrap().to_owned();
    let ends = FIVE.map(|dialect| format!("{dialect} {CHANGES}"));
    assert!(ends.contains(&last), "{last} is nobody's last word");
    world.all_tell(&BTreeMap::from([("one".to_owned(), last)])).await;
    assert_eq!(world.pair.kiosk.state().await["counts"]["persons"], 1);
}
