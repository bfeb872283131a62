//! By which ways people pass a door, and by which they do not.

use crate::WIRE;
use crate::kit::{Pair, Silence, photos, until};
use serde_json::{Value, json};

const CARD: &str = "77001";
const OLD_CARD: &str = "77002";
const ENDED: &str = "2021-01-01T00:00:00Z";

fn result(answer: &Value) -> &str {
    answer["decision"]["result"].as_str().unwrap_or("no decision")
}

fn credential(number: &str) -> Value {
    json!([{ "kind": "ic_card", "number": number }])
}

/// A door, and how many of its records are known.
struct Door {
    pair: Pair,
    told: usize,
}

impl Door {
    /// Somebody with a card and a photo.
    async fn enrol(&self, id: &str, photo: &[u8], more: &Value) {
        self.pair.person(id, more).await;
        self.pair
            .api
            .upload(&format!("/persons/{id}/photos"), photo.to_vec())
            .await;
    }

    /// The hub's next record.
    async fn next(&mut self) -> Value {
        self.told += 1;
        let records = self.pair.records_at_least(self.told).await;
        assert_eq!(records.len(), self.told, "one record of one pass: {records:?}");
        records[self.told - 1].clone()
    }

    /// The hub's next record is of this kind.
    async fn tells(&mut self, method: &str, result: &str, person: Option<&str>) {
        let record = self.next().await;
        let found = [&record["method"], &record["result"], &record["person_id"]];
        assert_eq!(
            found,
            [&json!(method), &json!(result), &json!(person)],
            "{record}"
        );
    }

    /// The hub's next record is of this decision.
    async fn decides(&mut self, result: &str, person: &str) {
        let record = self.next().await;
        let found = [&record["result"], &record["person_id"]];
        assert_eq!(found, [result, person], "{record}");
    }

    async fn openings(&self) -> Value {
        self.pair.kiosk.state().await["door"]["openings"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_pass_by_face_card_and_code_and_nobody_else_does() {
    let Some(photos) = photos() else { return };
    let pair = Pair::start(&["terminal.repeat_seconds=0"]).await;
    let mut door = Door { pair, told: 0 };
    door.enrol("one", &photos[0][0], &json!({ "credentials": credential(CARD) }))
        .await;
    let over = json!({ "credentials": credential(OLD_CARD), "valid_from": "2020-01-01T00:00:00Z",
        "valid_until": ENDED });
    door.enrol("old", &photos[1][0], &over).await;
    door.pair.settled_at(2, 1 + usize::from(WIRE.keeps_end)).await;

    assert_eq!(
        result(&door.pair.kiosk.frame(photos[0][1].clone()).await),
        "granted"
    );
    door.tells("face", "granted", Some("one")).await;
    assert_eq!(result(&door.pair.kiosk.present("ic_card", CARD).await), "granted");
    door.tells(WIRE.card_method, "granted", Some("one")).await;

    assert_eq!(
        result(&door.pair.kiosk.present("ic_card", "nobody's").await),
        "not_authorised"
    );
    if WIRE.tells_strangers {
        let record = door.next().await;
        assert_eq!(record["person_id"], Value::Null, "{record}");
        assert_ne!(record["result"], "granted", "{record}");
    }
    somebody_whose_time_is_over(&mut door).await;
    a_visitors_code(&mut door).await;
    assert_eq!(door.pair.kiosk.state().await["decider"], "terminal");
}

async fn somebody_whose_time_is_over(door: &mut Door) {
    let opened = door.openings().await;
    let said = if WIRE.keeps_end {
        "expired"
    } else {
        "not_authorised"
    };
    assert_eq!(result(&door.pair.kiosk.present("ic_card", OLD_CARD).await), said);
    if let Some(told) = WIRE.over {
        let record = door.next().await;
        let person = WIRE.keeps_end.then_some("old");
        assert_eq!(
            (&record["result"], &record["person_id"]),
            (&json!(told), &json!(person)),
            "{record}"
        );
    }
    assert_eq!(door.openings().await, opened);
}

/// Who comes for a visit shows a code that the device has never seen.
async fn a_visitors_code(door: &mut Door) {
    let opened = door.openings().await.as_u64().unwrap();
    let visit = json!({ "name": "Visitor", "host_id": "one", "valid_until": "2099-01-01T00:00:00Z",
        "groups": [door.pair.group] });
    let visitor = door.pair.api.post("/visitors", &visit).await;
    let cannot = if WIRE.brings_codes {
        json!([])
    } else {
        json!([door.pair.device])
    };
    assert_eq!(visitor["cannot"], cannot);
    let code = visitor["credentials"][0]["number"].as_str().unwrap();
    let answer = door.pair.kiosk.present("qr", code).await;
    if WIRE.brings_codes {
        until("the door to open", || async {
            (door.openings().await == opened + 1).then_some(())
        })
        .await;
        door.tells("qr", "granted", visitor["id"].as_str()).await;
        door.pair.kiosk.present("qr", "nobody's").await;
        let record = door.next().await;
        assert_eq!(
            (&record["method"], &record["person_id"]),
            (&json!("qr"), &Value::Null)
        );
        assert_eq!(door.openings().await, opened + 1);
    } else {
        assert_ne!(result(&answer), "granted", "{answer}");
        assert_eq!(door.openings().await, opened);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_decides_where_the_dialect_lets_it() {
    let pair = Pair::start(&["terminal.repeat_seconds=0"]).await;
    let mut door = Door { pair, told: 0 };
    let device = format!("/devices/{}", door.pair.device);
    let Some(silence) = WIRE.hub_decides else {
        let refused = door
            .pair
            .api
            .send(reqwest::Method::PATCH, &device, &json!({ "decision": "hub" }))
            .await;
        assert_eq!(refused.status(), 422);
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["code"], "unsupported", "{problem}");
        return;
    };
    let Some(photos) = photos() else { return };
    decided_by(&door, &json!({ "decision": "hub" })).await;
    door.enrol("one", &photos[0][0], &json!({ "credentials": credential(CARD) }))
        .await;
    never(&door, &photos[1][0]).await;
    door.pair.settled(2).await;

    door.pair.kiosk.present("ic_card", CARD).await;
    door.decides("granted", "one").await;
    opened(&door, 1).await;
    door.pair.kiosk.present("ic_card", OLD_CARD).await;
    door.decides("out_of_schedule", "never").await;
    opened(&door, 1).await;

    door.pair.hub.kill();
    door.pair.kiosk.present("ic_card", CARD).await;
    let reason = match silence {
        Silence::TerminalDecides => "granted",
        Silence::StaysShut => "platform_silent",
    };
    until("the door to do without an answer", || async {
        (door.pair.kiosk.state().await["last"]["reason"] == reason).then_some(())
    })
    .await;
    let openings = 1 + u64::from(silence == Silence::TerminalDecides);
    opened(&door, openings).await;
    door.pair.hub.restart();
    door.pair.hub_ready().await;
    door.pair.online().await;
    // It comes with what became of it; a verdict would be for nobody.
    door.next().await;
    opened(&door, openings).await;

    decided_by(&door, &json!({ "decision": "device" })).await;
    door.pair.hub.kill();
    assert_eq!(result(&door.pair.kiosk.present("ic_card", CARD).await), "granted");
    opened(&door, openings + 1).await;
}

/// Says who decides, and waits until the terminal knows.
async fn decided_by(door: &Door, change: &Value) {
    let pair = &door.pair;
    pair.api.patch(&format!("/devices/{}", pair.device), change).await;
    let by_itself = change["decision"] == "device";
    until("the terminal to know who decides", || async {
        ((pair.kiosk.state().await["decider"] == "terminal") == by_itself).then_some(())
    })
    .await;
}

/// Somebody who may pass at no time whatever.
async fn never(door: &Door, photo: &[u8]) {
    let api = &door.pair.api;
    let schedule = api
        .post(
            "/schedules",
            &json!({ "name": "Never", "weekly": {}, "holidays": [] }),
        )
        .await;
    let group = api.post("/groups", &json!({ "name": "Nobody" })).await["id"].clone();
    let zone = api.get(&format!("/devices/{}", door.pair.device)).await["zone_id"].clone();
    let grant = json!({ "group_id": group, "zone_id": zone, "schedule_id": schedule["id"] });
    api.post("/grants", &grant).await;
    let person = json!({ "credentials": credential(OLD_CARD), "groups": [group] });
    door.enrol("never", photo, &person).await;
}

/// The door opened so often, and no more.
async fn opened(door: &Door, times: u64) {
    until(&format!("{times} openings"), || async {
        (door.openings().await == times).then_some(())
    })
    .await;
}
