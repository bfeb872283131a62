//! The hub alone against an openapi terminal written from the document's bytes (chapters 7 and 8).

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

use kit::Client;
use openapi_device::{NOTHING, OK, Terminal, hub, made, page, parameters, record, signed};
use serde_json::{Value, json};

/// Waits until the device has this status.
async fn until(admin: &Client, path: &str, status: &str) -> Value {
    let mut events = admin.events(None).await;
    loop {
        let shown = admin.get(path).await.expect(200).json();
        if shown["status"] == status {
            return shown;
        }
        events.next_named("device.status").await;
    }
}

/// Waits for so many records.
async fn records(admin: &Client, count: usize) -> Vec<Value> {
    let mut events = admin.events(None).await;
    loop {
        let kept = admin.all("/records").await;
        if kept.len() >= count {
            return kept;
        }
        events.next_named("record.created").await;
    }
}

#[tokio::test]
async fn a_terminal_is_called_signed_and_listened_to() {
    let (_hub, admin) = hub().await;
    let mut terminal = Terminal::start().await;
    let path = terminal.enter(&admin, json!({})).await;
    let asked = terminal.http.asked("/api/device/information").await;
    assert_eq!(asked.method, "POST");
    let at = signed(&asked.query);
    assert!(
        (at - jiff::Timestamp::now().as_millisecond()).abs() < 60_000,
        "milliseconds"
    );
    let mut listening = terminal.listened().await;
    listening.greet().await;
    let shown = until(&admin, &path, "online").await;
    assert_eq!(
        (&shown["serial"], &shown["model"]),
        (&json!("OA-1"), &json!("DS-7"))
    );
    assert_eq!(listening.heard().await, "{}", "a heartbeat");

    let now = jiff::Timestamp::now().as_second();
    listening.push(&record(7, "p-7", now)).await;
    let kept = records(&admin, 1).await;
    assert_eq!(kept[0]["result"], "granted");
    assert_eq!(kept[0]["method"], "face");
    assert_eq!(kept[0]["person_name"], "张三");
    assert_eq!(kept[0]["late"], false);
    // What cannot be read, what is no record, and the same once more change nothing.
    listening.say(&json!({"code": 30000, "data": {"id": "x"}})).await;
    listening.say(&json!({"code": 99, "message": "?"})).await;
    listening.push(&record(7, "p-7", now)).await;
    let stranger =
        json!({"id": 8, "userId": "0", "userType": -1, "type": -1, "signTime": now, "inputType": 1});
    listening.push(&stranger).await;
    let kept = records(&admin, 2).await;
    assert_eq!(kept.len(), 2);
    let outcomes: Vec<_> = kept.iter().map(|record| record["result"].clone()).collect();
    assert!(outcomes.contains(&json!("stranger")), "{outcomes:?}");

    // Its end is the device's.
    drop(listening);
    until(&admin, &path, "offline").await;
    let mut listening = terminal.listened().await;
    listening.greet().await;
    until(&admin, &path, "online").await;
}

#[tokio::test]
async fn what_the_socket_did_not_bring_is_fetched_after_each_reconnect() {
    let (_hub, admin) = hub().await;
    let mut terminal = Terminal::start().await;
    let now = jiff::Timestamp::now().as_second();
    terminal.http.answers(
        "/api/record",
        &page(&[record(2, "b", now - 50), record(1, "a", now - 100)]),
    );
    let path = terminal.enter(&admin, json!({})).await;
    let mut listening = terminal.listened().await;
    listening.greet().await;
    let asked = parameters(&terminal.http.asked("/api/record").await);
    assert_eq!((&asked["startTime"], &asked["page"]), (&json!("0"), &json!("1")));
    let kept = records(&admin, 2).await;
    assert!(kept.iter().all(|record| record["late"] == true));
    drop(listening);
    until(&admin, &path, "offline").await;
    let listed = [record(3, "c", now - 10), record(2, "b", now - 50)];
    terminal.http.answers("/api/record", &page(&listed));
    let mut listening = terminal.listened().await;
    listening.greet().await;
    let again = parameters(&terminal.http.asked("/api/record").await);
    let from: i64 = again["startTime"].as_str().unwrap().parse().unwrap();
    assert!(
        from > now - 3600 && from < now,
        "from where the last walk ended: {from}"
    );
    assert_eq!(records(&admin, 3).await.len(), 3, "each once");
}

#[tokio::test]
async fn a_clock_that_is_days_off_is_set() {
    let (_hub, admin) = hub().await;
    let mut terminal = Terminal::start().await;
    let expired = r#"{"code":10003,"message":"Request Expired","desc":""}"#;
    let information = "/api/device/information";
    let right = json!({"code": 200, "message": "OK", "data": {"deviceID": "OA-2"}}).to_string();
    terminal.http.answers(information, expired);
    let path = terminal.enter(&admin, json!({})).await;
    terminal.http.asked(information).await;
    let set = terminal.http.asked("/api/device/syncTime").await;
    let at = signed(&set.query);
    assert!(
        (at - jiff::Timestamp::now().as_millisecond()).abs() < 60_000,
        "the right time"
    );
    terminal.http.answers(information, &right);
    let mut listening = terminal.listened().await;
    listening.greet().await;
    assert_eq!(until(&admin, &path, "online").await["serial"], "OA-2");
}

#[tokio::test]
async fn a_clock_that_cannot_be_set_is_followed() {
    let (_hub, admin) = hub().await;
    let mut terminal = Terminal::start().await;
    let body = r#"{"code":50001,"message":"RPC Failed","desc":"illegal timestamp"}"#;
    let refused = format!(
        "HTTP/1.1 200 OK\r\nDate: Fri, 01 Jan 2021 00:00:00 GMT\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for path in ["/api/device/information", "/api/device/syncTime"] {
        terminal
            .http
            .on(path, http_device::Reaction::Raw(refused.clone().into_bytes()));
    }
    terminal.enter(&admin, json!({})).await;
    terminal.http.asked("/api/device/syncTime").await;
    let again = signed(&terminal.http.asked("/api/device/information").await.query);
    let there: jiff::Timestamp = "2021-01-01T00:00:00Z".parse().unwrap();
    assert!((again - there.as_millisecond()).abs() < 60_000, "{again}");
}

#[tokio::test]
async fn a_wrong_password_and_a_socket_that_is_denied_keep_the_device_offline() {
    let (_hub, admin) = hub().await;
    let mut terminal = Terminal::start().await;
    let information = "/api/device/information";
    let denied = r#"{"code":10005,"message":"Signature Failed","desc":""}"#;
    terminal.http.answers(information, denied);
    let path = terminal.enter(&admin, json!({})).await;
    terminal.http.asked(information).await;
    terminal.http.asked(information).await;
    assert_eq!(admin.get(&path).await.json()["status"], "offline");
    terminal
        .http
        .answers(information, r#"{"code":200,"data":{"deviceID":"OA-3"}}"#);
    let mut listening = terminal.listened().await;
    listening
        .say(&json!({"code": 20002, "message": "Permission Denied!", "desc": "no"}))
        .await;
    drop(listening);
    // It is tried again, and then let in.
    let mut listening = terminal.listened().await;
    assert_eq!(admin.get(&path).await.json()["status"], "offline");
    listening.greet().await;
    until(&admin, &path, "online").await;
}

struct Site {
    admin: Client,
    terminal: Terminal,
    path: String,
    group: String,
    _listening: openapi_device::Listening,
    _hub: kit::TestHub,
}

impl Site {
    async fn start() -> Self {
        let (hub, admin) = hub().await;
        let zone = made(admin.post("/zones", &json!({"name": "gate"})).await);
        let group = made(admin.post("/groups", &json!({"name": "staff"})).await);
        let grant = json!({"group_id": group["id"], "zone_id": zone["id"]});
        made(admin.post("/grants", &grant).await);
        let mut terminal = Terminal::start().await;
        let path = terminal.enter(&admin, json!({"zone_id": zone["id"]})).await;
        let mut listening = terminal.listened().await;
        listening.greet().await;
        until(&admin, &path, "online").await;
        Self {
            admin,
            terminal,
            path,
            group: group["id"].as_str().unwrap().to_owned(),
            _listening: listening,
            _hub: hub,
        }
    }

    async fn post(&self, body: &Value) -> Value {
        let path = format!("{}/commands", self.path);
        self.admin.post(&path, body).await.expect(202).json()
    }

    async fn ended(&self, command: &Value) -> Value {
        let path = format!("/commands/{}", command["id"].as_str().unwrap());
        let mut events = self.admin.events(None).await;
        loop {
            let shown = self.admin.get(&path).await.expect(200).json();
            if !matches!(shown["state"].as_str().unwrap(), "queued" | "sent") {
                return shown;
            }
            events.next_named("command.updated").await;
        }
    }

    /// A command whose call has exactly these parameters; answered by `answer`, then, given again, by a code.
    async fn command(&mut self, body: Value, call: &str, wire: Value, answer: &str, code: i64) -> Value {
        self.terminal.http.answers(call, answer);
        let command = self.post(&body).await;
        let asked = self.terminal.http.asked(call).await;
        assert_eq!(parameters(&asked), wire, "{call}");
        let done = self.ended(&command).await;
        assert_eq!(done["state"], "done", "{done}");
        let refusal = json!({"code": code, "message": "from the device", "desc": ""});
        self.terminal.http.answers(call, &refusal.to_string());
        let command = self.post(&body).await;
        let failed = self.ended(&command).await;
        assert_eq!(failed["error"], format!("{code}: from the device"), "{failed}");
        self.terminal.http.asked(call).await;
        done["result"].clone()
    }

    async fn roster(&self, wanted: &str) -> Value {
        let mut events = self.admin.events(None).await;
        loop {
            let items = self.admin.all(&format!("{}/roster", self.path)).await;
            if let Some(item) = items.first().filter(|item| item["state"] == wanted) {
                return item.clone();
            }
            events.next_named("roster.updated").await;
        }
    }
}

#[tokio::test]
async fn what_the_hub_asks_of_a_device() {
    let mut site = Site::start().await;
    let door = json!({"kind": "open_door", "message": "欢迎"});
    site.command(door, "/api/device/open", json!({"remark": "欢迎"}), OK, 40001)
        .await;
    site.command(
        json!({"kind": "reboot"}),
        "/api/device/reboot",
        json!({}),
        OK,
        50002,
    )
    .await;
    site.command(
        json!({"kind": "sync_time"}),
        "/api/device/syncTime",
        json!({}),
        OK,
        10005,
    )
    .await;
    let native = json!({"kind": "native", "operation": "/api/device/jsonCmd", "body": {"cmd": "x"}});
    let answer = r#"{"code":200,"message":"OK","desc":"","json":{"y":1}}"#;
    let result = site
        .command(native, "/api/device/jsonCmd", json!({}), answer, 40001)
        .await;
    assert_eq!(result["json"], json!({"y": 1}), "as it came");
    let list = json!({"kind": "native", "operation": "/api/user/list", "body": {"page": 2}});
    site.command(list, "/api/user/list", json!({"page": "2"}), OK, 30001)
        .await;
    let now = jiff::Timestamp::now().as_second();
    site.terminal
        .http
        .answers("/api/record", &page(&[record(1, "a", now - 5)]));
    let at = |second: i64| jiff::Timestamp::from_second(second).unwrap().to_string();
    let again = json!({"kind": "resend_records", "from": at(now - 60), "until": at(now)});
    let command = site.post(&again).await;
    let done = site.ended(&command).await;
    assert_eq!(done["result"], json!({"records": 1}), "{done}");
    for kind in ["snapshot", "upgrade", "clear_records"] {
        let path = format!("{}/commands", site.path);
        site.admin.post(&path, &json!({"kind": kind})).await.expect(422);
    }
}

#[tokio::test]
async fn people_are_added_changed_and_deleted() {
    let mut site = Site::start().await;
    site.terminal.http.answers("/api/user", OK);
    let person = json!({"id": "p-7", "name": "张三", "code": "007", "groups": [site.group],
        "credentials": [{"kind": "ic_card", "number": "7267e840"}]});
    made(site.admin.post("/persons", &person).await);
    let added = site.terminal.http.asked("/api/user").await;
    signed(&added.query);
    assert_eq!(added.header("content-type"), Some("application/json"));
    let wire = json!({"userId": "p-7", "userType": 1, "name": "张三", "icNumber": "7267e840", "jobNumber": "007",
        "mobile": "", "remark": ""});
    assert_eq!(added.json(), wire);
    site.roster("applied").await;
    // It has the person: it is changed.
    let there = r#"{"code":20002,"message":"User Not Match","desc":""}"#;
    site.terminal.http.answers("/api/user", there);
    site.terminal.http.answers("/api/user/update/p-7", OK);
    site.admin
        .patch("/persons/p-7", &json!({"name": "李四"}))
        .await
        .expect(200);
    assert_eq!(
        site.terminal.http.asked("/api/user/update/p-7").await.json()["name"],
        "李四"
    );
    site.roster("applied").await;
    // A refusal keeps its reason.
    site.terminal.http.answers(
        "/api/user",
        r#"{"code":50009,"message":"Database Full","desc":""}"#,
    );
    site.admin
        .patch("/persons/p-7", &json!({"name": "王五"}))
        .await
        .expect(200);
    assert_eq!(site.roster("failed").await["reason"], "full");
    site.terminal.http.answers("/api/user/delete/p-7", OK);
    site.admin.delete("/persons/p-7").await.expect(204);
    assert_eq!(
        site.terminal.http.asked("/api/user/delete/p-7").await.method,
        "GET"
    );
}

#[tokio::test]
async fn whom_the_device_holds_is_taken_over() {
    let mut site = Site::start().await;
    let held = json!({"userId": "12", "userType": 3, "name": "赵六", "icNumber": "72", "photo": "/9j/2wBDABQODxIPDRQ="});
    site.terminal.http.answers("/api/user/list", &page(&[held]));
    let import = format!("{}/import", site.path);
    site.admin.post(&import, &json!({})).await.expect(202);
    site.terminal.http.asked("/api/user/list").await;
    loop {
        let shown = site.admin.get(&import).await.expect(200).json();
        if shown["state"] != "running" {
            assert_eq!(shown["state"], "done", "{shown}");
            break;
        }
        tokio::task::yield_now().await;
    }
    let person = site.admin.get("/persons/12").await.expect(200).json();
    assert_eq!(
        (&person["name"], &person["kind"]),
        (&json!("赵六"), &json!("blocked"))
    );
    site.terminal.http.answers("/api/user/list", NOTHING);
}

#[tokio::test]
async fn settings_are_whole_objects() {
    let mut site = Site::start().await;
    let face = json!({"faceEnable": 1, "faceCmpEnable": 1, "faceThre": 5, "faceMinsize": 60, "faceMaxsize": 400,
        "faceInterval": 8, "imgType": 0, "maskDetecEnable": 0, "tempDetecEnable": 1, "tempWarnThre": 37.3,
        "ftpPutImgEnable": 0, "faceFrame": 1});
    let around = json!({"detecTemMod": 0, "alarmType": 0, "voiceProswitch": 1, "tempNormal": 1, "maskNormal": 0,
        "cmpNormal": 1, "RecordOpen": 1, "unlockControl": 0, "unlockOuttime": 3});
    let given = |data: &Value| json!({"code": 200, "message": "OK", "data": data}).to_string();
    site.terminal.http.answers("/api/device/smartface", &given(&face));
    site.terminal.http.answers("/api/device/perpara", &given(&around));
    site.terminal.http.answers("/api/device/smartfacecfg", OK);
    site.terminal.http.answers("/api/device/perparacfg", OK);
    let settings = format!("{}/settings", site.path);
    let shown = site.admin.get(&settings).await.expect(200).json();
    assert_eq!(shown["open_ms"], json!({"value": 3000, "writable": true}));
    assert_eq!(shown["volume"], Value::Null);
    site.admin
        .patch(&settings, &json!({"open_ms": 5000}))
        .await
        .expect(200);
    let mut due = around.clone();
    due["unlockOuttime"] = json!(5);
    assert_eq!(
        site.terminal.http.asked("/api/device/perparacfg").await.json(),
        due,
        "whole"
    );
    let native = format!("{settings}/native/smartface");
    site.admin
        .patch(&native, &json!({"faceThre": 7}))
        .await
        .expect(200);
    let mut due = face.clone();
    due["faceThre"] = json!(7);
    assert_eq!(
        site.terminal.http.asked("/api/device/smartfacecfg").await.json(),
        due
    );
    site.admin
        .patch(&native, &json!({"faceThre": 11}))
        .await
        .expect(422);
}

#[tokio::test]
async fn what_a_wrong_clock_dated_is_fetched_although_the_line_broke_meanwhile() {
    let (_hub, admin) = hub().await;
    let mut terminal = Terminal::start().await;
    let now = jiff::Timestamp::now().as_second();
    terminal
        .http
        .answers("/api/record", &page(&[record(1, "a", now - 100)]));
    let path = terminal.enter(&admin, json!({})).await;
    let information = "/api/device/information";
    terminal.http.asked(information).await;
    let mut listening = terminal.listened().await;
    listening.greet().await;
    terminal.http.asked("/api/record").await;
    records(&admin, 1).await;
    until(&admin, &path, "online").await;
    // It begins in 1970; the clock is set, and the line breaks before anything is fetched.
    let right = json!({"code": 200, "message": "OK", "data": {"deviceID": "OA-1"}}).to_string();
    terminal.http.answers(
        information,
        r#"{"code":10003,"message":"Request Expired","desc":""}"#,
    );
    terminal
        .http
        .answers("/api/record", &page(&[record(2, "b", 500)]));
    drop(listening);
    terminal.http.asked(information).await;
    terminal.http.asked("/api/device/syncTime").await;
    terminal.http.asked(information).await;
    terminal.http.answers(information, &right);
    let mut listening = terminal.listened().await;
    listening.greet().await;
    let asked = parameters(&terminal.http.asked("/api/record").await);
    assert_eq!(asked["startTime"], "0");
    assert_eq!(records(&admin, 2).await.len(), 2);
}

#[tokio::test]
async fn a_page_that_is_too_much_is_asked_for_in_smaller_ones() {
    let (_hub, admin) = hub().await;
    let mut terminal = Terminal::start().await;
    let now = jiff::Timestamp::now().as_second();
    terminal.http.answers("/api/record", "{\"code\": 200, \"data\": ");
    terminal.enter(&admin, json!({})).await;
    let mut listening = terminal.listened().await;
    listening.greet().await;
    for size in ["50", "25", "12"] {
        let asked = parameters(&terminal.http.asked("/api/record").await);
        assert_eq!((&asked["page"], &asked["size"]), (&json!("1"), &json!(size)));
        if size == "25" {
            terminal
                .http
                .answers("/api/record", &page(&[record(1, "a", now - 100)]));
        }
    }
    assert_eq!(records(&admin, 1).await.len(), 1);
}
