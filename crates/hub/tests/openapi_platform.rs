//! The hub alone against a terminal that asks it (openapi, chapter 9), written from the document's bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod http_device;
mod kit;
mod openapi_device;

use kit::{Client, TestHub};
use openapi_device::{Terminal, hub, made};
use serde_json::{Value, json};

/// Somebody who asks the hub as a terminal does.
struct Asker {
    base: String,
    http: reqwest::Client,
}

impl Asker {
    fn new(hub: &TestHub) -> Self {
        Self {
            base: format!(
                "http://{}/openapi",
                hub.running.listeners().devices.clone().unwrap()
            ),
            http: reqwest::Client::new(),
        }
    }

    async fn changes(&self, since: &Value) -> Value {
        let since = since.as_i64().unwrap();
        let url = format!("{}/syrecord/OA-9?lastQueryTime={since}", self.base);
        kit::send(self.http.get(url)).await.expect(200).json()["serviceResponse"].clone()
    }

    async fn post(&self, operation: &str, body: &Value) -> Value {
        let url = format!("{}/{operation}/OA-9", self.base);
        kit::send(self.http.post(url).json(body)).await.expect(200).json()
    }

    async fn beat(&self) -> Value {
        let body = json!({"Heartinfo": {"deviceid": "OA-9", "ServerURL": "http://10.0.0.1/"}});
        self.post("syheartbeat", &body).await
    }

    async fn face(&self, person: &str, at: i64) -> Value {
        let body = json!({"userId": person, "userName": "张三", "userType": "user", "deviceId": "OA-9",
            "actionCode": 1, "temperature": "36.5°C", "screenTime": at, "similarity": 92,
            "img": "/9j/2wBDABQODxIPDRQ="});
        self.post("syface", &body).await
    }
}

struct Site {
    hub: TestHub,
    admin: Client,
    asker: Asker,
    path: String,
    group: String,
}

impl Site {
    /// A terminal that was pending and is approved, in a granted zone.
    async fn start() -> Self {
        let (hub, admin) = hub().await;
        let zone = made(admin.post("/zones", &json!({"name": "gate"})).await);
        let group = made(admin.post("/groups", &json!({"name": "staff"})).await);
        let grant = json!({"group_id": group["id"], "zone_id": zone["id"]});
        made(admin.post("/grants", &grant).await);
        let asker = Asker::new(&hub);
        assert_eq!(asker.beat().await["ret"], "1", "pending: not acknowledged");
        let pending = admin.all("/devices").await[0].clone();
        let path = format!("/devices/{}", pending["id"].as_str().unwrap());
        admin
            .post(&format!("{path}/approve"), &json!({"zone_id": zone["id"]}))
            .await
            .expect(200);
        assert_eq!(asker.beat().await["ret"], "0");
        Self {
            hub,
            admin,
            asker,
            path,
            group: group["id"].as_str().unwrap().to_owned(),
        }
    }

    /// A person whom the terminal was told of.
    async fn told(&self, id: &str) -> Value {
        let person = json!({"id": id, "name": "张三", "groups": [self.group]});
        made(self.admin.post("/persons", &person).await);
        let mut picture = std::io::Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(200, 150)
            .write_to(&mut picture, image::ImageFormat::Jpeg)
            .unwrap();
        let photos = format!("/persons/{id}/photos");
        let posted = self
            .admin
            .post_bytes(&photos, "image/jpeg", picture.into_inner())
            .await;
        posted.expect(201);
        let mut mark = json!(1);
        loop {
            let changes = self.asker.changes(&mark).await;
            let list = changes["list"].as_array().unwrap().clone();
            if let Some(change) = list.iter().find(|change| change["userId"] == id) {
                return change.clone();
            }
            mark = changes["lastQueryTime"].clone();
        }
    }

    async fn confirm(&self, id: &str, status: &str) {
        let result = json!({"resultList": {"userID": format!(" {id}"), "status": status, "msg": "x"}});
        assert_eq!(self.asker.post("syresult", &result).await["ret"], "0");
    }

    async fn item(&self) -> Option<Value> {
        let items = self.admin.all(&format!("{}/roster", self.path)).await;
        items.into_iter().next()
    }
}

#[tokio::test]
async fn an_unknown_device_waits_and_is_told_of_nobody() {
    let (hub, admin) = hub().await;
    let asker = Asker::new(&hub);
    let changes = asker.changes(&json!(0)).await;
    assert_eq!(changes["list"], json!([]));
    assert_eq!(asker.face("p-7", 1).await["ret"], "1");
    let pending = admin.all("/devices").await;
    assert_eq!(pending.len(), 1);
    assert_eq!(
        (&pending[0]["status"], &pending[0]["serial"]),
        (&json!("pending"), &json!("OA-9"))
    );
    let path = format!("/devices/{}", pending[0]["id"].as_str().unwrap());
    let approved = admin
        .post(&format!("{path}/approve"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(approved["pinned_address"], "127.0.0.1");
    assert_eq!(approved["decision"], "hub", "hub rule 17");
    let refused = admin.patch(&path, &json!({"decision": "device"})).await;
    refused.problem(422, "unsupported");
    admin.patch(&path, &json!({"decision": "hub"})).await.expect(200);
    assert_eq!(asker.beat().await, json!({"ret": "0", "desc": "Success"}));
    let mut events = admin.events(None).await;
    while admin.get(&path).await.json()["status"] != "online" {
        events.next_named("device.status").await;
    }
    let url = format!("{}/sysomething/OA-9", asker.base);
    kit::send(asker.http.post(url)).await.expect(404);
}

#[tokio::test]
async fn a_device_that_moved_is_told_of_nobody_and_told_of() {
    let site = Site::start().await;
    let mut events = site.admin.events(None).await;
    let elsewhere = json!({"pinned_address": "192.0.2.1"});
    site.admin.patch(&site.path, &elsewhere).await.expect(200);
    assert_eq!(site.asker.changes(&json!(0)).await["list"], json!([]));
    let told = events.next_named("device.wrong_address").await;
    assert_eq!(told.data["serial"], "OA-9");
    assert_eq!(site.asker.beat().await["ret"], "1");
    site.admin
        .patch(&site.path, &json!({"pinned_address": null}))
        .await
        .expect(200);
    assert_eq!(site.asker.beat().await["ret"], "0", "unpinned");
}

#[tokio::test]
async fn changes_are_handed_out_until_they_are_confirmed() {
    let site = Site::start().await;
    let change = site.told("p-7").await;
    assert_eq!(
        (&change["operation"], &change["userName"]),
        (&json!("save"), &json!("张三"))
    );
    assert_eq!(change["imageUrl"], change["userImageUrl"], "QUIRKS O5");
    let url = change["imageUrl"].as_str().unwrap();
    assert!(
        url.len() <= 128 && url.starts_with(&format!("{}/p/", site.asker.base)),
        "{url}"
    );
    let fetched = kit::send(site.asker.http.get(url)).await.expect(200);
    assert_eq!(fetched.header("content-type"), "image/jpeg");
    let picture = image::load_from_memory(&fetched.bytes).unwrap();
    assert!(
        picture.width() <= 500 && picture.height() >= 300,
        "{}x{}",
        picture.width(),
        picture.height()
    );
    let guessed = url.replace("/p/", "/p/0");
    kit::send(site.asker.http.get(guessed)).await.expect(404);
    // Asked again before it confirmed, it is told again.
    let again = site.asker.changes(&json!(5)).await;
    assert_eq!(again["list"].as_array().unwrap().len(), 1);
    assert_eq!(site.item().await.unwrap()["state"], "wanted");
    site.confirm("p-7", "100").await;
    assert_eq!(site.item().await.unwrap()["state"], "applied");
    let quiet = site.asker.changes(&again["lastQueryTime"]).await;
    assert_eq!(quiet["list"], json!([]));
    assert_eq!(quiet["lastQueryTime"], again["lastQueryTime"]);
    // Gone from the hub, gone from there.
    site.admin.delete("/persons/p-7").await.expect(204);
    let gone = site.asker.changes(&quiet["lastQueryTime"]).await;
    assert_eq!(gone["list"][0]["operation"], "delete");
    assert!(gone["lastQueryTime"].as_i64() > quiet["lastQueryTime"].as_i64());
    site.confirm("p-7", "100").await;
    assert!(site.item().await.is_none());
}

#[tokio::test]
async fn refusals_and_people_without_photos_are_told() {
    let site = Site::start().await;
    let person = json!({"id": "card", "name": "李四", "groups": [site.group]});
    made(site.admin.post("/persons", &person).await);
    assert_eq!(site.asker.changes(&json!(1)).await["list"], json!([]));
    let item = site.item().await.unwrap();
    assert_eq!(
        (&item["state"], &item["reason"]),
        (&json!("failed"), &json!("photo_rejected"))
    );
    site.admin.delete("/persons/card").await.expect(204);
    site.asker.changes(&json!(1)).await;
    site.told("p-7").await;
    site.confirm("p-7", "101").await;
    let items = site.admin.all(&format!("{}/roster", site.path)).await;
    let item = items.iter().find(|item| item["person_id"] == "p-7").unwrap();
    assert_eq!(
        (&item["state"], &item["detail"]),
        (&json!("failed"), &json!("101: x"))
    );
}

#[tokio::test]
async fn every_fresh_pass_is_decided_by_the_hub() {
    let site = Site::start().await;
    site.told("p-7").await;
    site.confirm("p-7", "100").await;
    let now = jiff::Timestamp::now().as_second();
    let opened = site.asker.face("p-7", now).await;
    assert_eq!(
        (&opened["ret"], &opened["openDoor"], &opened["unlockDelay"]),
        (&json!("0"), &json!(1), &json!(3000))
    );
    let repeated = site.asker.face("p-7", now).await;
    assert_eq!(
        (&repeated["ret"], &repeated["openDoor"]),
        (&json!("0"), &json!(0)),
        "repeated"
    );
    let late = site.asker.face("p-7", now - 600).await;
    assert_eq!(late["openDoor"], 0, "late");
    let stranger = site.asker.face("nobody", now).await;
    assert_eq!(stranger["openDoor"], 0);
    site.admin
        .patch("/persons/p-7", &json!({"kind": "blocked"}))
        .await
        .expect(200);
    assert_eq!(site.asker.face("p-7", now + 1).await["openDoor"], 0, "blocked");
    let kept = site.admin.all("/records").await;
    assert_eq!(kept.len(), 4, "{kept:?}");
    let granted: Vec<_> = kept
        .iter()
        .filter(|record| record["result"] == "granted")
        .collect();
    assert_eq!(granted.len(), 1);
    assert_eq!(
        (&granted[0]["person_id"], &granted[0]["direction"]),
        (&json!("p-7"), &json!("entry"))
    );
    // Somebody without a name.
    let seen = json!({"Info": {"deviceid": "OA-9", "temperature": "38.1", "screenTime": now, "opencode": "1",
        "img": "/9j/2wBDABQODxIPDRQ="}});
    assert_eq!(site.asker.post("syattribute", &seen).await["ret"], "0");
    assert_eq!(site.admin.all("/records").await.len(), 5);
    drop(site.hub);
}

#[tokio::test]
async fn the_same_device_by_both_ways_is_one() {
    let (hub, admin) = hub().await;
    let asker = Asker::new(&hub);
    asker.beat().await;
    assert_eq!(admin.all("/devices").await.len(), 1);
    let mut terminal = Terminal::start().await;
    let information = json!({"code": 200, "data": {"deviceID": "OA-9"}}).to_string();
    terminal.http.answers("/api/device/information", &information);
    let path = terminal.enter(&admin, json!({})).await;
    let mut listening = terminal.listened().await;
    listening.greet().await;
    let mut events = admin.events(None).await;
    while admin.get(&path).await.json()["status"] != "online" {
        events.next_named("device.status").await;
    }
    assert_eq!(
        admin.all("/devices").await.len(),
        1,
        "the pending one is this one"
    );
    assert_eq!(asker.beat().await["ret"], "0");
    assert_eq!(admin.get(&path).await.json()["decision"], "hub");
    // One pass, reported both ways: decided, and kept once.
    let now = jiff::Timestamp::now().as_second();
    listening.push(&openapi_device::record(7, "p-7", now)).await;
    assert_eq!(asker.face("p-7", now).await["ret"], "0");
    let later = openapi_device::record(8, "p-8", now + 1);
    listening.push(&later).await;
    let mut events = admin.events(None).await;
    loop {
        let kept = admin.all("/records").await;
        if kept.iter().any(|record| record["native"]["id"] == 8) {
            assert_eq!(kept.len(), 2, "{kept:?}");
            break;
        }
        events.next_named("record.created").await;
    }
}

#[tokio::test]
async fn a_result_is_that_of_the_change_it_was_of() {
    let site = Site::start().await;
    assert_eq!(site.told("p-7").await["operation"], "save");
    site.admin.delete("/persons/p-7").await.expect(204);
    // Whose answer is lost.
    let gone = site.asker.changes(&json!(5)).await;
    assert_eq!(gone["list"][0]["operation"], "delete");
    site.confirm("p-7", "100").await;
    assert!(site.item().await.is_some(), "that was the save");
    let gone = site.asker.changes(&json!(5)).await;
    assert_eq!(gone["list"][0]["operation"], "delete");
    site.confirm("p-7", "100").await;
    assert!(site.item().await.is_none());
}

#[tokio::test]
async fn a_record_from_before_the_device_asked_is_known_again() {
    let (hub, admin) = hub().await;
    let mut terminal = Terminal::start().await;
    let information = json!({"code": 200, "data": {"deviceID": "OA-9"}}).to_string();
    terminal.http.answers("/api/device/information", &information);
    let path = terminal.enter(&admin, json!({})).await;
    let mut listening = terminal.listened().await;
    listening.greet().await;
    let now = jiff::Timestamp::now().as_second();
    let before = openapi_device::record(7, "p-7", now);
    let mut events = admin.events(None).await;
    listening.push(&before).await;
    events.next_named("record.created").await;
    let asker = Asker::new(&hub);
    assert_eq!(asker.beat().await["ret"], "0");
    assert_eq!(admin.get(&path).await.json()["decision"], "hub");
    let listed = [before, openapi_device::record(6, "p-6", now - 9)];
    terminal
        .http
        .answers("/api/record", &openapi_device::page(&listed));
    drop(listening);
    let mut listening = terminal.listened().await;
    listening.greet().await;
    events.next_named("record.created").await;
    let kept = admin.all("/records").await;
    let ids: Vec<_> = kept.iter().map(|record| record["native"]["id"].clone()).collect();
    assert_eq!((kept.len(), ids.contains(&json!(6))), (2, true), "{ids:?}");
}
