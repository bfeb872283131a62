//! Devices over the wire and over the API: registration, approval, records, rosters, commands, and what bad peers cost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod device;
mod kit;

use device::{Device, HEARTBEAT, REQUEST, frame};
use jiff::{SignedDuration, Timestamp};
use kit::{Client, Events, TestHub};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A JPEG's beginning in Base64; nobody decodes it further.
const PICTURE: &str = "/9j/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQy";

/// Shanghai's wall clock, which the hub's default zone shows, some seconds ago.
fn wall_clock(seconds_ago: i64) -> String {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let then = Timestamp::now() - SignedDuration::from_secs(seconds_ago);
    zone.to_datetime(then).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn address(hub: &TestHub) -> String {
    hub.running.listeners().qyzn.clone().unwrap()
}

async fn device_of(client: &Client, serial: &str) -> Value {
    let found = client.all(&format!("/devices?query={serial}")).await;
    assert_eq!(found.len(), 1, "{serial}");
    found[0].clone()
}

fn path(device: &Value, rest: &str) -> String {
    format!("/devices/{}{rest}", device["id"].as_str().unwrap())
}

/// Waits until the device's status is this.
async fn status(events: &mut Events, client: &Client, device: &Value, wanted: &str) {
    while client.get(&path(device, "")).await.expect(200).json()["status"] != wanted {
        events.next_named("device.status").await;
    }
}

/// A hub that approves by itself, with a zone, and a device of that zone that has been told who decides.
struct Site {
    hub: TestHub,
    admin: Client,
    zone: Value,
    group: Value,
    device: Device,
    shown: Value,
}

impl Site {
    async fn start() -> Self {
        let hub = TestHub::start_with("[devices]\napprove = \"automatic\"\n").await;
        let admin = hub.admin().await;
        let zone = admin
            .post("/zones", &json!({"name": "gate"}))
            .await
            .expect(201)
            .json();
        let group = admin
            .post("/groups", &json!({"name": "staff"}))
            .await
            .expect(201)
            .json();
        let grant = json!({"group_id": group["id"], "zone_id": zone["id"]});
        admin.post("/grants", &grant).await.expect(201);
        let mut device = Device::dial(&address(&hub), "SITE-1").await;
        device.enter().await;
        let told = device.asked_for("online_openDoor").await;
        assert_eq!(told.body["data"], json!({"online": 0, "mode": 0}));
        device.answer(&told, 0, json!({})).await;
        let shown = device_of(&admin, "SITE-1").await;
        let change = json!({"zone_id": zone["id"]});
        let shown = admin.patch(&path(&shown, ""), &change).await.expect(200).json();
        Self {
            hub,
            admin,
            zone,
            group,
            device,
            shown,
        }
    }

    /// A person of the group who is on the device.
    async fn person(&mut self, id: &str, more: Value) -> Value {
        let mut body = json!({"id": id, "name": "Han Meimei", "groups": [self.group["id"]]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let person = self.admin.post("/persons", &body).await.expect(201).json();
        let put = self.device.asked_for("add_person_face").await;
        assert_eq!(put.body["data"]["personId"], id);
        assert_eq!(put.version, 3);
        self.device.answer(&put, 0, json!({})).await;
        self.settled(id, "applied").await;
        person
    }

    /// Waits until the roster's item is this; `gone` is none.
    async fn settled(&self, person: &str, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let items = self.admin.all(&path(&self.shown, "/roster")).await;
            let item = items.into_iter().find(|item| item["person_id"] == person);
            let now = item
                .as_ref()
                .map_or("gone", |item| item["state"].as_str().unwrap());
            if now == state {
                return item.unwrap_or(Value::Null);
            }
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{person} is {now}, not {state}"
            );
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_device_registers_waits_is_approved_and_what_it_sent_appears() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let mut events = admin.events(None).await;
    let mut device = Device::dial(&address(&hub), "PENDING-1").await;
    device.enter().await;
    assert_eq!(
        events.next_named("device.pending").await.data["serial"],
        "PENDING-1"
    );
    let shown = device_of(&admin, "PENDING-1").await;
    assert_eq!(
        (
            &shown["status"],
            &shown["mac"],
            &shown["model"],
            &shown["dialect"]
        ),
        (
            &json!("pending"),
            &json!("8CEC4B91040C"),
            &json!("KG02"),
            &json!("qyzn")
        )
    );
    // Its record is taken and shown to nobody; nothing can be asked of it.
    let answer = device.record("", &wall_clock(1), 0, PICTURE).await;
    assert_eq!(answer["result"], 0);
    assert_eq!(admin.all("/records").await.len(), 0);
    let door = json!({"kind": "open_door"});
    let refused = admin
        .post(&path(&shown, "/commands"), &door)
        .await
        .expect(409)
        .json();
    assert_eq!(refused["code"], "pending");

    let approval = json!({"name": "Front gate", "direction": "entry"});
    let approved = admin
        .post(&path(&shown, "/approve"), &approval)
        .await
        .expect(200)
        .json();
    assert_eq!(approved["name"], "Front gate");
    let mut events = admin.events(None).await;
    status(&mut events, &admin, &shown, "online").await;
    let told = device.asked_for("online_openDoor").await;
    device.answer(&told, 0, json!({})).await;
    let records = admin.all("/records").await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["result"], "stranger");
    assert_eq!(records[0]["native"].get("snapPic"), None);
    let audit = admin.all("/audit?action=device.approve").await;
    assert_eq!(audit.len(), 1);
}

#[tokio::test]
async fn a_record_is_taken_once_however_often_it_comes() {
    let mut site = Site::start().await;
    site.person("P-1", json!({})).await;
    let mut events = site.admin.events(None).await;
    let time = wall_clock(0);
    for _ in 0..2 {
        let answer = site.device.record("P-1", &time, 1, PICTURE).await;
        assert_eq!(answer["result"], 0);
        assert_eq!(answer["data"]["snaptime"], time);
        assert_eq!(answer["data"].get("opendoor"), None);
    }
    let told = events.next_named("record.created").await.data;
    assert_eq!(told["person_id"], "P-1");
    let records = site.admin.all("/records?person_id=P-1").await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["id"], told["id"]);
    assert_eq!(
        (&records[0]["result"], &records[0]["method"]),
        (&json!("granted"), &json!("face"))
    );
    assert!((records[0]["score"].as_f64().unwrap() - 0.92).abs() < 1e-6);
    assert_eq!(records[0]["device_time"], time);
    let photo = site
        .admin
        .get(&records[0]["photo_url"].as_str().unwrap()["/api/v1".len()..])
        .await;
    assert_eq!(photo.header("content-type"), "image/jpeg");
    assert_eq!(photo.bytes[..3], [0xFF, 0xD8, 0xFF]);
    assert_eq!(site.admin.all("/audit?action=record.photo_view").await.len(), 1);
    let person = site.admin.get("/persons/P-1").await.expect(200).json();
    assert_eq!(person["passes_used"], 1);
}

#[tokio::test]
async fn a_picture_that_is_none_does_not_lose_the_record_and_strangers_differ_by_theirs() {
    let mut site = Site::start().await;
    let time = wall_clock(0);
    for picture in ["%%% not base64 %%%", "UEsDBHppcA==", PICTURE, PICTURE, ""] {
        assert_eq!(
            site.device.record("", &time, 0, picture).await["result"],
            0,
            "{picture}"
        );
    }
    let records = site.admin.all("/records?result=stranger").await;
    // The first and the last have no picture that can be kept, the third and fourth the same.
    let photos = records
        .iter()
        .filter(|record| !record["photo_url"].is_null())
        .count();
    assert_eq!((records.len(), photos), (3, 2));
}

#[tokio::test]
async fn people_come_to_the_device_and_go_from_it() {
    let mut site = Site::start().await;
    site.person("P-1", json!({})).await;
    // A change is sent anew; the same content is not.
    site.admin
        .patch("/persons/P-1", &json!({"name": "Han Mei"}))
        .await
        .expect(200);
    let put = site.device.asked_for("add_person_face").await;
    assert_eq!(put.body["data"]["name"], "Han Mei");
    site.device.answer(&put, 110, json!({})).await;
    let failed = site.settled("P-1", "failed").await;
    assert_eq!(
        (&failed["reason"], &failed["attempts"]),
        (&json!("photo_rejected"), &json!(1))
    );
    assert!(failed["retry_at"].is_string());
    // Taken from the group: gone from the device, even if it says that it never had them.
    site.admin
        .patch("/persons/P-1", &json!({"groups": []}))
        .await
        .expect(200);
    let delete = site.device.asked_for("delete_person").await;
    assert_eq!(delete.body["data"], json!({"idSet": ["P-1"]}));
    site.device.answer(&delete, 105, json!({})).await;
    site.settled("P-1", "gone").await;
    // A blocked person is on every device; a deleted one on none.
    let blocked = json!({"id": "P-2", "name": "X", "kind": "blocked"});
    site.admin.post("/persons", &blocked).await.expect(201);
    let put = site.device.asked_for("add_person_face").await;
    assert_eq!(put.body["data"]["type"], 2);
    site.device.answer(&put, 0, json!({})).await;
    site.settled("P-2", "applied").await;
    site.admin.delete("/persons/P-2").await.expect(204);
    let delete = site.device.asked_for("delete_person").await;
    site.device.answer(&delete, 0, json!({})).await;
    site.settled("P-2", "gone").await;
}

#[tokio::test]
async fn a_busy_device_is_asked_again_when_it_says() {
    let mut site = Site::start().await;
    let body = json!({"id": "P-1", "name": "Han", "groups": [site.group["id"]]});
    site.admin.post("/persons", &body).await.expect(201);
    let put = site.device.asked_for("add_person_face").await;
    site.device.answer(&put, 109, json!({"waitSeconds": 1})).await;
    let begun = Instant::now();
    let item = site.settled("P-1", "wanted").await;
    assert!(item["state"] == "wanted");
    let put = site.device.asked_for("add_person_face").await;
    assert!(
        begun.elapsed() > Duration::from_millis(700),
        "asked again too early"
    );
    site.device.answer(&put, 0, json!({})).await;
    site.settled("P-1", "applied").await;
}

#[tokio::test]
async fn what_the_dialect_cannot_say_is_a_warning() {
    let mut site = Site::start().await;
    site.person("P-1", json!({"name": "欧阳震华司马相如诸葛", "phone": "123"}))
        .await;
    let item = site.settled("P-1", "applied").await;
    let fields: Vec<_> = item["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["field"].clone())
        .collect();
    assert!(
        fields.contains(&json!("name")) && fields.contains(&json!("phone")),
        "{fields:?}"
    );
}

#[tokio::test]
async fn the_door_is_opened_there_and_not_elsewhere() {
    let mut site = Site::start().await;
    let commands = path(&site.shown, "/commands");
    let mut events = site.admin.events(None).await;
    let accepted = site
        .admin
        .post(&commands, &json!({"kind": "open_door"}))
        .await
        .expect(202)
        .json();
    let open = site.device.asked_for("open_door").await;
    site.device.answer(&open, 0, json!({})).await;
    let url = accepted["url"].as_str().unwrap()["/api/v1".len()..].to_owned();
    while site.admin.get(&url).await.expect(200).json()["state"] != "done" {
        events.next_named("command.updated").await;
    }
    // A snapshot brings its picture.
    let accepted = site
        .admin
        .post(&commands, &json!({"kind": "snapshot"}))
        .await
        .expect(202)
        .json();
    let snap = site.device.asked_for("snapshot_picture").await;
    assert!(snap.body["data"]["timeoutSeconds"].as_i64().unwrap() <= 15);
    site.device.answer(&snap, 0, json!({"image": PICTURE})).await;
    let url = accepted["url"].as_str().unwrap()["/api/v1".len()..].to_owned();
    let done = loop {
        let now = site.admin.get(&url).await.expect(200).json();
        if now["state"] == "done" {
            break now;
        }
        events.next_named("command.updated").await;
    };
    let photo = done["result"]["photo_url"].as_str().unwrap()["/api/v1".len()..].to_owned();
    assert_eq!(
        site.admin.get(&photo).await.expect(200).bytes[..3],
        [0xFF, 0xD8, 0xFF]
    );
    // Any operation as it stands in the document; the device's own code is told.
    let native = json!({"kind": "native", "operation": "get_configs:audioctl"});
    let accepted = site.admin.post(&commands, &native).await.expect(202).json();
    let asked = site.device.asked_for("get_configs").await;
    assert_eq!(asked.body["data"], json!({"groupKey": ["audioctl"]}));
    site.device.answer(&asked, 103, json!({})).await;
    let url = accepted["url"].as_str().unwrap()["/api/v1".len()..].to_owned();
    let failed = loop {
        let now = site.admin.get(&url).await.expect(200).json();
        if now["state"] == "failed" {
            break now;
        }
        events.next_named("command.updated").await;
    };
    assert!(failed["error"].as_str().unwrap().starts_with("103"), "{failed}");
    // Unsupported kinds and arguments are refused before anything is queued.
    for (body, code) in [
        (json!({"kind": "play_audio", "audio": ""}), "unsupported"),
        (json!({"kind": "fly"}), "invalid"),
        (json!({"kind": "reboot", "now": true}), "invalid"),
        (json!({"kind": "snapshot", "timeout": 60}), "invalid"),
    ] {
        assert_eq!(
            site.admin.post(&commands, &body).await.expect(422).json()["code"],
            code,
            "{body}"
        );
    }
    // Not connected: the door stays shut, and is not opened later.
    drop(site.device.stream);
    status(&mut events, &site.admin, &site.shown, "offline").await;
    for door in [
        json!({"kind": "open_door"}),
        json!({"kind": "native", "operation": "Open_Door", "body": {}}),
    ] {
        let late = site.admin.post(&commands, &door).await.expect(202).json();
        assert_eq!(late["state"], "expired", "{door}");
    }
    let mut back = Device::dial(&address(&site.hub), "SITE-1").await;
    (back.uuid, back.passwd) = (site.device.uuid.clone(), site.device.passwd.clone());
    assert_eq!(back.login().await["result"], 0);
    let first = back.asked().await;
    assert_eq!(first.body["message"], "online_openDoor");
    back.answer(&first, 0, json!({})).await;
    let person = json!({"id": "P-9", "name": "Li", "groups": [site.group["id"]]});
    site.admin.post("/persons", &person).await.expect(201);
    assert_eq!(back.asked().await.body["message"], "add_person_face");
}

#[tokio::test]
async fn the_hub_decides_for_a_device_that_asks() {
    let mut site = Site::start().await;
    site.person("P-1", json!({"pass_limit": 1})).await;
    site.admin
        .patch(&path(&site.shown, ""), &json!({"decision": "hub"}))
        .await
        .expect(200);
    let told = site.device.asked_for("online_openDoor").await;
    assert_eq!(told.body["data"], json!({"online": 1, "mode": 1}));
    site.device.answer(&told, 0, json!({})).await;
    let time = wall_clock(0);
    let granted = site.device.record("P-1", &time, 1, PICTURE).await;
    assert_eq!(granted["data"]["opendoor"], 1);
    // The same again opens nothing; a pass more is one too many; somebody unknown has no right.
    let repeated = site.device.record("P-1", &time, 1, PICTURE).await;
    assert_eq!(
        (&repeated["result"], repeated["data"].get("opendoor")),
        (&json!(0), None)
    );
    let used_up = site.device.record("P-1", &wall_clock(-1), 1, PICTURE).await;
    assert_eq!(used_up["data"]["opendoor"], 0);
    assert!(used_up["data"]["screenDisp"].as_str().unwrap().len() <= 20);
    let unknown = site.device.record("nobody", &wall_clock(0), 1, PICTURE).await;
    assert_eq!(unknown["data"]["opendoor"], 0);
    // What happened before the connection opens nothing.
    let late = site.device.record("P-1", &wall_clock(3600), 1, PICTURE).await;
    assert_eq!(late["data"].get("opendoor"), None);
    let results: Vec<_> = site
        .admin
        .all("/records")
        .await
        .iter()
        .map(|record| record["result"].clone())
        .collect();
    assert_eq!(
        results,
        [
            json!("granted"),
            json!("not_authorised"),
            json!("expired"),
            json!("granted")
        ]
    );
}

#[tokio::test]
async fn the_newer_connection_wins_and_presence_stays_true() {
    let mut site = Site::start().await;
    let mut events = site.admin.events(None).await;
    let mut newer = site.device.again(&address(&site.hub)).await;
    assert_eq!(newer.login().await["result"], 0);
    site.device.is_hung_up_on().await;
    let told = newer.asked_for("online_openDoor").await;
    newer.answer(&told, 0, json!({})).await;
    // Something that follows the older connection's end is told; the device was never offline.
    site.admin
        .patch(&path(&site.shown, ""), &json!({"name": "Gate"}))
        .await
        .expect(200);
    let told = events.next_named("device.status").await.data;
    assert_eq!(
        (&told["name"], &told["status"]),
        (&json!("Gate"), &json!("online"))
    );
    newer
        .send(&frame(2, REQUEST, 7, br#"{"message":"logout","data":{}}"#))
        .await;
    newer.is_hung_up_on().await;
    status(&mut events, &site.admin, &site.shown, "offline").await;
}

#[tokio::test]
async fn who_registers_again_gets_new_secrets_and_beside_a_live_link_waits() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let entered = json!({"dialect": "qyzn", "serial": "BEFORE-1", "name": "Beforehand"});
    let shown = admin.post("/devices", &entered).await.expect(201).json();
    assert_eq!(shown["status"], "offline");
    admin.post("/devices", &entered).await.expect(409);
    let mut events = admin.events(None).await;
    let mut device = Device::dial(&address(&hub), "BEFORE-1").await;
    device.enter().await;
    status(&mut events, &admin, &shown, "online").await;
    let now = admin.get(&path(&shown, "")).await.expect(200).json();
    assert_eq!(now["mac"], "8CEC4B91040C");
    // A second one claims to be it.
    let mut second = Device::dial(&address(&hub), "BEFORE-1").await;
    assert_eq!(second.register().await["result"], 0);
    let now = admin.get(&path(&shown, "")).await.expect(200).json();
    assert_eq!(now["status"], "pending");
    admin
        .post(&path(&shown, "/approve"), &json!({}))
        .await
        .expect(200);
    // The old secrets die when the new ones sign in.
    assert_eq!(second.login().await["result"], 0);
    device.is_hung_up_on().await;
    let mut old = device.again(&address(&hub)).await;
    assert_eq!(old.login().await["result"], 100);
    // Another MAC is another device.
    let mut other = Device::dial(&address(&hub), "BEFORE-1").await;
    other.mac = "001122334455".to_owned();
    other.enter().await;
    assert_eq!(admin.all("/devices?status=pending").await.len(), 1);
}

#[tokio::test]
async fn signs_uuids_and_second_registrations_are_looked_at() {
    let hub = TestHub::start().await;
    let mut device = Device::dial(&address(&hub), "SIGN-1").await;
    let mut wrong = device.registration();
    wrong["sign"] = json!("00000000000000000000000000000000");
    assert_eq!(device.ask("register", wrong).await["result"], 100);
    assert_eq!(
        device.ask("register", json!({"serial": "SIGN-1"})).await["result"],
        104
    );
    assert_eq!(device.record("", &wall_clock(0), 0, "").await["result"], 100);
    let given = device.register().await;
    assert_eq!(device.register().await, given);
    let login = json!({"uuid": device.uuid, "timestamp": "1", "sign": "x"});
    assert_eq!(device.ask("login", login).await["result"], 100);
    assert_eq!(device.login().await["result"], 0);
    assert_eq!(device.register().await["result"], 101);
    // A switched-off device is hung up on, and let in again when it is switched on.
    let admin = hub.admin().await;
    let shown = device_of(&admin, "SIGN-1").await;
    admin
        .patch(&path(&shown, ""), &json!({"status": "disabled"}))
        .await
        .expect(200);
    device.is_hung_up_on().await;
    let mut back = device.again(&address(&hub)).await;
    assert_eq!(back.login().await["result"], 109);
    // Nobody had approved it: switched on, it waits for that again.
    let switched_on = json!({"status": "online"});
    let shown = admin
        .patch(&path(&shown, ""), &switched_on)
        .await
        .expect(200)
        .json();
    assert_eq!(shown["status"], "pending");
}

#[tokio::test]
async fn a_clock_ten_years_off_is_told_and_set() {
    let mut site = Site::start().await;
    let answer = site
        .device
        .ask("sync_time", json!({"timestamp": "20161123120000000"}))
        .await;
    let told = answer["data"]["timestamp"].as_str().unwrap();
    assert_eq!(told.len(), 17);
    assert_eq!(told[..8], wall_clock(0)[..10].replace('-', ""));
    let shown = site.admin.get(&path(&site.shown, "")).await.expect(200).json();
    assert!(shown["clock_skew_ms"].as_i64().unwrap() < -9 * 365 * 86_400_000_i64);
    assert_eq!(
        site.device.record("", "2016-11-23 12:00:05", 0, PICTURE).await["result"],
        0
    );
    let record = site.admin.all("/records").await[0].clone();
    assert_eq!(
        (&record["clock_suspect"], &record["late"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(record["occurred_at"], "2016-11-23T04:00:05Z");
}

#[tokio::test]
async fn bad_peers_get_a_defined_answer_and_cost_others_nothing() {
    let mut site = Site::start().await;
    let address = address(&site.hub);
    // Half a frame, for ever.
    let mut half = Device::dial(&address, "HALF").await;
    half.send(&frame(2, REQUEST, 1, b"{\"message\":\"register\"")[..30])
        .await;
    // Garbage without end.
    let mut garbage = Device::dial(&address, "GARBAGE").await;
    let junk = vec![b'x'; 80 * 1024];
    let _ = tokio::io::AsyncWriteExt::write_all(&mut garbage.stream, &junk).await;
    // A size of 4 GiB.
    let mut absurd = Device::dial(&address, "ABSURD").await;
    let mut header = frame(2, REQUEST, 1, b"");
    header[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    absurd.send(&header).await;
    absurd.is_hung_up_on().await;
    // Much before signing in.
    let mut large = Device::dial(&address, "LARGE").await;
    let mut announced = frame(2, REQUEST, 1, b"");
    announced[16..20].copy_from_slice(&1_000_000_u32.to_le_bytes());
    announced.extend(vec![b'{'; 200 * 1024]);
    let _ = tokio::io::AsyncWriteExt::write_all(&mut large.stream, &announced).await;
    // Nonsense in frames is answered and leaves the connection as it was.
    let mut odd = Device::dial(&address, "ODD").await;
    let deep = format!(
        "{{\"message\":\"login\",\"data\":{}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert_eq!(odd.ask_raw(deep.as_bytes()).await["result"], 104);
    assert_eq!(odd.ask_raw(b"not json").await["result"], 104);
    assert_eq!(odd.ask("make_coffee", json!({})).await["result"], 103);
    odd.send(b"some noise before").await;
    odd.enter().await;
    // The first device notices nothing of it all.
    site.device.send(&frame(2, HEARTBEAT, 0, b"")).await;
    let beat = site.device.receive().await.unwrap();
    assert_eq!(
        (beat.kind, beat.sequence, &beat.body),
        (HEARTBEAT, 0, &Value::Null)
    );
    assert_eq!(
        site.device.record("", &wall_clock(0), 0, PICTURE).await["result"],
        0
    );
    drop(half);
}

#[tokio::test]
async fn a_request_that_comes_again_gets_the_same_answer() {
    let mut site = Site::start().await;
    let body = json!({"message": "snapshot_face", "data": {"personId": "", "type": 4, "result": 0,
        "snaptime": wall_clock(0), "snapPic": PICTURE}})
    .to_string();
    let bytes = frame(2, REQUEST, 77, body.as_bytes());
    site.device.send(&bytes).await;
    let first = site.device.answer_of(77).await;
    site.device.send(&bytes).await;
    assert_eq!(site.device.answer_of(77).await, first);
    assert_eq!(site.admin.all("/records").await.len(), 1);
}

#[tokio::test]
async fn a_pending_device_leaves_so_much_and_no_more() {
    let hub = TestHub::start_with("[limits]\npending_records = 2\n").await;
    let mut device = Device::dial(&address(&hub), "FULL-1").await;
    device.enter().await;
    for second in 0..2 {
        assert_eq!(
            device.record("", &wall_clock(second), 0, PICTURE).await["result"],
            0
        );
    }
    let full = device.record("", &wall_clock(9), 0, PICTURE).await;
    assert_eq!(full["result"], 109);
    assert!(full["data"]["waitSeconds"].as_i64().unwrap() > 0);
    let admin = hub.admin().await;
    let shown = device_of(&admin, "FULL-1").await;
    admin.delete(&path(&shown, "")).await.expect(204);
    device.is_hung_up_on().await;
    assert_eq!(admin.all("/records").await.len(), 0);
}

#[tokio::test]
async fn a_hub_that_starts_again_knows_whom_its_devices_hold() {
    let mut site = Site::start().await;
    site.person("P-1", json!({})).await;
    let queued = site
        .admin
        .post(&path(&site.shown, "/commands"), &json!({"kind": "reboot"}))
        .await;
    let url = queued.expect(202).json()["url"].as_str().unwrap()["/api/v1".len()..].to_owned();
    site.device.asked_for("device_restart").await;
    // The answer never comes: the hub stops first.
    let folder = site.hub.stop().await;
    let hub = TestHub::start_in(folder, "[devices]\napprove = \"automatic\"\n").await;
    let admin = hub.admin().await;
    assert_eq!(device_of(&admin, "SITE-1").await["status"], "offline");
    assert_eq!(admin.get(&url).await.expect(200).json()["state"], "failed");
    let mut back = site.device.again(&address(&hub)).await;
    assert_eq!(back.login().await["result"], 0);
    let told = back.asked().await;
    assert_eq!(told.body["message"], "online_openDoor");
    back.answer(&told, 0, json!({})).await;
    // Nobody is sent again; the next who comes is.
    let person = json!({"id": "P-2", "name": "Li", "groups": [site.group["id"]]});
    admin.post("/persons", &person).await.expect(201);
    let put = back.asked().await;
    assert_eq!(put.body["data"]["personId"], "P-2");
}

#[tokio::test]
async fn an_approval_needs_no_body_and_commands_are_listed_as_they_were_made() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let device = json!({"dialect": "qyzn", "serial": "BARE-1"});
    let shown = admin.post("/devices", &device).await.expect(201).json();
    let approve = path(&shown, "/approve");
    admin
        .post_bytes(&approve, "application/json", Vec::new())
        .await
        .expect(200);
    admin
        .post_bytes(&approve, "application/json", b"{".to_vec())
        .await
        .problem(400, "not_json");
    let commands = path(&shown, "/commands");
    for kind in ["open_door", "reboot", "snapshot"] {
        admin.post(&commands, &json!({"kind": kind})).await.expect(202);
    }
    let listed = admin.all(&format!("{commands}?limit=2")).await;
    let kinds: Vec<_> = listed.iter().map(|command| &command["kind"]).collect();
    assert_eq!(kinds, ["open_door", "reboot", "snapshot"]);
}

#[tokio::test]
async fn a_user_of_one_zone_sees_that_zone() {
    let site = Site::start().await;
    let other = site
        .admin
        .post("/zones", &json!({"name": "other"}))
        .await
        .expect(201)
        .json();
    let here = site.hub.user("here", "operator", site.zone["id"].as_str()).await;
    let there = site.hub.user("there", "operator", other["id"].as_str()).await;
    here.get(&path(&site.shown, "")).await.expect(200);
    for rest in ["", "/roster", "/strays", "/commands"] {
        there.get(&path(&site.shown, rest)).await.expect(404);
    }
    assert_eq!(there.all("/devices").await.len(), 0);
    let move_away = json!({"zone_id": other["id"]});
    here.patch(&path(&site.shown, ""), &move_away).await.expect(422);
    here.get(&path(&site.shown, "/credentials")).await.expect(403);
    let shown = site
        .admin
        .get(&path(&site.shown, "/credentials"))
        .await
        .expect(200)
        .json();
    assert_eq!(shown["secret"], site.device.passwd.as_str());
    let stats = there.get("/stats").await.expect(200).json();
    assert_eq!(stats["devices"]["online"], 0);
    assert_eq!(
        site.admin.get("/stats").await.expect(200).json()["devices"]["online"],
        1
    );
}
