//! One journal: each of the five tells every pass once, in its own terms.

use crate::kit::until;
use crate::world::{FIVE, World};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PASSES: usize = 10;

/// Whose passes are told, and how often each.
type Told = BTreeMap<String, usize>;

fn counted(list: &Value, key: &str) -> Told {
    let mut told = Told::new();
    for record in list.as_array().into_iter().flatten() {
        let who = record[key].as_str().unwrap_or("nobody").to_owned();
        *told.entry(who).or_default() += 1;
    }
    told
}

impl World {
    /// What the hub has of one of its two devices, by the person's name.
    async fn at_the_hub(&self, device: &str) -> Told {
        let all = self.pair.api.all("/records").await;
        let of_device = all.into_iter().filter(|record| record["device_id"] == device);
        counted(&json!(of_device.collect::<Vec<_>>()), "person_name")
    }

    async fn by_search(&self) -> Told {
        let all = json!({"BeginTime": "2020-01-01T00:00:00", "EndTime": "2099-01-01T00:00:00", "BeginNO": 0,
            "RequestCount": 100, "Picture": 0});
        counted(
            &self.facegate.call("SearchControl", all).await["SearchInfo"],
            "Name",
        )
    }

    async fn by_list(&self) -> Told {
        counted(
            &self.lan.told("listRecord", "ts=0&count=50").await["record"],
            "name",
        )
    }

    async fn by_page(&self) -> Told {
        let page = self.openapi.told("/api/record", "startTime=1&size=1000").await;
        counted(&page["data"], "name")
    }

    async fn all_tell_passes(&self, expected: &Told) {
        let devices = [self.pair.device.clone(), self.second.clone()];
        for device in &devices {
            until(&format!("{expected:?} at the hub"), || async {
                (self.at_the_hub(device).await == *expected).then_some(())
            })
            .await;
        }
        assert_eq!(self.by_list().await, *expected);
        assert_eq!(self.by_search().await, *expected);
        assert_eq!(self.by_page().await, *expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tells_every_pass_once_and_its_time() {
    let mut world = World::start().await;
    let name = |dialect: &str| format!("Name by {dialect}");
    for dialect in FIVE {
        world
            .put(dialect, &format!("by-{dialect}"), &name(dialect), true)
            .await;
    }
    let begun = Timestamp::now().as_second();
    let mut expected = Told::new();
    for pass in 0..PASSES {
        let dialect = FIVE[pass % FIVE.len()];
        if pass == FIVE.len() {
            // Wires of whole seconds take two passes of one person in one second for one.
            until("the second to be over", || async {
                (Timestamp::now().as_second() > begun + 5).then_some(())
            })
            .await;
        }
        let answer = world.pair.kiosk.card(&format!("card-by-{dialect}")).await;
        assert_eq!(answer["decision"]["result"], "granted", "{answer}");
        *expected.entry(name(dialect)).or_default() += 1;
    }
    world.all_tell_passes(&expected).await;

    // One that the platform of one dialect has done with stays for the others.
    world
        .lan
        .done("removeRecord", json!({ "ts": Timestamp::now().as_second() + 60 }))
        .await;
    assert_eq!(world.by_list().await, Told::new());
    assert_eq!(world.by_search().await, expected);
    assert_eq!(world.by_page().await, expected);

    world.pair.hub.kill();
    world.pair.terminal.kill();
    world.pair.terminal.restart();
    world.pair.kiosk_ready().await;
    world.pair.kiosk.card("card-by-mqtt").await;
    *expected.entry(name("mqtt")).or_default() += 1;
    world.pair.hub.restart();
    world.pair.hub_ready().await;
    for device in [&world.pair.device, &world.second] {
        until("the last pass at the hub", || async {
            (world.at_the_hub(device).await == expected).then_some(())
        })
        .await;
    }
    assert_eq!(world.by_list().await, Told::from([(name("mqtt"), 1)]));
    assert_eq!(world.by_search().await, expected);
    assert_eq!(world.by_page().await, expected);
}
