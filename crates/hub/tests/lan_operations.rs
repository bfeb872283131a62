//! The hub alone against a lan terminal written from the document's bytes: what each operation looks like on the wire, what
//! becomes of a success, and what of a documented error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod http_device;
mod kit;

use http_device::{HttpDevice, Reaction};
use kit::{Client, TestHub};
use serde_json::{Value, json};

const DONE: &str = r#"{"status":0,"msg":"ok"}"#;
const INFO: &str = r#"{"data":{"APKVersion":"1.0.5","sn":"LAN-1","name":"door","deviceSoundSize":40,"faceFeaturePairNumber":0.7,"cameraDetectType":0,"openDoorContinueTime":3.0,"faceFeaturePairSuccessOrFailWaitTime":2.0,"deviceDefendTime":"23:50"},"msg":"ok","status":0}"#;
const NOBODY: &str = r#"{"data":{"person":[]},"msg":"ok","status":0}"#;
const PICTURE: &str = "/9j/2wBDABQODxIPDRQ=";

fn now() -> f64 {
    jiff::Timestamp::now().as_millisecond() as f64 / 1000.0
}

struct Site {
    _hub: TestHub,
    admin: Client,
    device: HttpDevice,
    path: String,
    group: String,
}

impl Site {
    async fn start() -> Self {
        let time = format!(r#"{{"data":{{"ts":{}}},"msg":"ok","status":0}}"#, now());
        let device = HttpDevice::start(&[
            ("/getDeviceInfo", INFO),
            ("/getTime", &time),
            ("/listPerson", NOBODY),
            ("/listRecord", r#"{"data":{"record":[]},"msg":"ok","status":0}"#),
            ("/setRecordCallback", DONE),
            ("/setHeartBeat", DONE),
        ])
        .await;
        let overrides = "[devices]\nfill_after_ms = 60000\ndrain_quiet_ms = 50\n[faces]\ncheck = \"off\"\n";
        let hub = TestHub::start_with(overrides).await;
        let admin = hub.admin().await;
        let made = |answer: kit::Answer| answer.expect(201).json();
        let zone = made(admin.post("/zones", &json!({"name": "gate"})).await);
        let group = made(admin.post("/groups", &json!({"name": "staff"})).await);
        let grant = json!({"group_id": group["id"], "zone_id": zone["id"]});
        made(admin.post("/grants", &grant).await);
        let entered = json!({
            "dialect": "lan", "address": device.address.to_string(), "credentials": {"key": "k"},
            "zone_id": zone["id"],
        });
        let entered = made(admin.post("/devices", &entered).await);
        let mut site = Self {
            _hub: hub,
            admin,
            device,
            path: format!("/devices/{}", entered["id"].as_str().unwrap()),
            group: group["id"].as_str().unwrap().to_owned(),
        };
        // It is there, and whom it holds was counted.
        site.device.asked("/listPerson").await;
        site
    }

    async fn post(&self, body: &Value) -> Value {
        let path = format!("{}/commands", self.path);
        self.admin.post(&path, body).await.expect(202).json()
    }

    /// The command once the hub has written what became of it.
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

    /// A command whose call is exactly this, beside the key; answered by `answer`, then, given again, by a status.
    async fn command(&mut self, body: Value, call: &str, wire: Value, answer: &str, status: i64) -> Value {
        self.device.answers(call, answer);
        let command = self.post(&body).await;
        self.called(call, &wire).await;
        let done = self.ended(&command).await;
        assert_eq!(done["state"], "done", "{done}");
        self.device
            .answers(call, &format!(r#"{{"status":{status},"msg":"from the device"}}"#));
        let command = self.post(&body).await;
        let failed = self.ended(&command).await;
        assert_eq!(failed["state"], "failed", "{failed}");
        assert_eq!(failed["error"], format!("{status}: from the device"));
        self.device.asked(call).await;
        done["result"].clone()
    }

    async fn called(&mut self, call: &str, wire: &Value) {
        let asked = self.device.asked(call).await;
        let mut form = asked.form();
        assert_eq!(form.remove("key").as_deref(), Some("k"));
        assert_eq!(json!(form), *wire, "{call}");
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
    let none = || json!({});
    site.command(json!({"kind": "open_door"}), "/open", none(), DONE, 1)
        .await;
    site.command(json!({"kind": "reboot"}), "/reboot", none(), DONE, 1000)
        .await;
    let upgrade = json!({"kind": "upgrade", "url": "http://10.0.0.1/a.apk", "version": "2"});
    let wire = json!({"url": "http://10.0.0.1/a.apk"});
    site.command(upgrade, "/updateAPK", wire, DONE, 122).await;
    let pictures = format!(r#"{{"status":0,"msg":"ok","data":{{"photos":["{PICTURE}"]}}}}"#);
    let snapshot = json!({"kind": "snapshot"});
    let result = site
        .command(snapshot, "/photo", json!({"count": "1"}), &pictures, 104)
        .await;
    let photo = result["photo_url"]
        .as_str()
        .unwrap()
        .trim_start_matches("/api/v1")
        .to_owned();
    assert_eq!(site.admin.get(&photo).await.expect(200).bytes[..2], [0xff, 0xd8]);
    for (operation, wire, answer) in [
        (
            "getTime",
            json!({}),
            r#"{"status":0,"msg":"ok","data":{"ts":1542595445}}"#,
        ),
        (
            "check",
            json!({"photo": PICTURE}),
            r#"{"status":0,"data":{"isValid":3,"isExist":false}}"#,
        ),
        (
            "getRecordCallback",
            json!({}),
            r#"{"status":0,"data":{"url":"http://x"}}"#,
        ),
        (
            "getHeartBeat",
            json!({}),
            r#"{"status":0,"data":{"url":"http://x","period":50}}"#,
        ),
    ] {
        let body = json!({"kind": "native", "operation": operation, "body": wire});
        let result = site
            .command(body, &format!("/{operation}"), wire, answer, 1)
            .await;
        let mut due: Value = serde_json::from_str(answer).unwrap();
        let mut result = result;
        for value in [&mut due, &mut result] {
            value.as_object_mut().unwrap().remove("msg");
        }
        assert_eq!(result, due, "{operation}: as it came");
    }
    for kind in ["show_message", "serial_output", "play_audio"] {
        let path = format!("{}/commands", site.path);
        site.admin.post(&path, &json!({"kind": kind})).await.expect(422);
    }
}

#[tokio::test]
async fn the_clock_is_set_and_records_are_cleared_and_fetched_again() {
    let mut site = Site::start().await;
    site.device.answers("/setTime", DONE);
    let command = site.post(&json!({"kind": "sync_time"})).await;
    let set = site.device.asked("/setTime").await.form();
    let ts: f64 = set["ts"].parse().unwrap();
    assert!((ts - now()).abs() < 60.0, "{ts}");
    assert_eq!(site.ended(&command).await["state"], "done");

    // First they are brought here, then they are deleted.
    let listed = r#"{"data":{"record":[{"personID":"a","passType":0,"ts":1542871055.93}]},"status":0}"#;
    site.device.answers("/listRecord", listed);
    site.device.answers("/removeRecord", DONE);
    let command = site.post(&json!({"kind": "clear_records"})).await;
    assert_eq!(site.device.asked("/listRecord").await.form()["ts"], "0");
    assert_eq!(
        site.device.asked("/removeRecord").await.form()["ts"],
        "1542871055.93"
    );
    assert_eq!(site.admin.all("/records").await.len(), 1);
    let until: f64 = site.device.asked("/removeRecord").await.form()["ts"]
        .parse()
        .unwrap();
    assert!((until - now()).abs() < 60.0, "{until}");
    assert_eq!(site.ended(&command).await["state"], "done");

    let again =
        json!({"kind": "resend_records", "from": "2018-11-22T00:00:00Z", "until": "2018-11-23T00:00:00Z"});
    let command = site.post(&again).await;
    let from: f64 = site.device.asked("/listRecord").await.form()["ts"]
        .parse()
        .unwrap();
    assert!((from - 1_542_844_800.0).abs() < 60.0, "{from}");
    let done = site.ended(&command).await;
    assert_eq!(done["result"], json!({"records": 1}), "{done}");
    assert_eq!(site.admin.all("/records").await.len(), 1, "kept once");
}

#[tokio::test]
async fn people_are_brought_to_the_device_and_off_it() {
    let mut site = Site::start().await;
    site.device.answers("/setPerson", DONE);
    site.device.answers("/removePerson", DONE);
    let checked = |valid: i64| format!(r#"{{"status":0,"data":{{"isValid":{valid},"isExist":false}}}}"#);
    site.device.answers("/check", &checked(3));
    let person = json!({
        "id": "p-7", "name": "张三", "groups": [site.group], "valid_until": "2030-01-01T00:00:00Z", "pass_limit": 5,
        "credentials": [{"kind": "ic_card", "number": "7267e840"}, {"kind": "id_card", "number": "430502197301053913"}],
    });
    site.admin.post("/persons", &person).await.expect(201);
    let set = site.device.asked("/setPerson").await;
    assert_eq!(
        set.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let expected = json!({
        "key": "k", "id": "p-7", "name": "张三", "IC_NO": "7267e840", "ID_NO": "430502197301053913",
        "passCount": "5", "startTs": "-1", "endTs": "1893456000",
    });
    assert_eq!(json!(set.form()), expected);
    site.roster("applied").await;

    // A photo that the device cannot use.
    let mut picture = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(800, 800)
        .write_to(&mut picture, image::ImageFormat::Jpeg)
        .unwrap();
    let photos = "/persons/p-7/photos";
    site.admin
        .post_bytes(photos, "image/jpeg", picture.into_inner())
        .await
        .expect(201);
    let shown = site.device.asked("/check").await.form();
    let sent = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &shown["photo"]).unwrap();
    let sent = image::load_from_memory(&sent).unwrap();
    assert!(
        sent.width() <= 640 && sent.height() <= 480,
        "3.6: {}x{}",
        sent.width(),
        sent.height()
    );
    let failed = site.roster("failed").await;
    assert_eq!(failed["reason"], "photo_rejected");
    assert_eq!(failed["detail"], "3: 找不到人脸");
    // Changed, they are tried again.
    site.device.answers("/check", &checked(0));
    site.admin
        .patch("/persons/p-7", &json!({"name": "李四"}))
        .await
        .expect(200);
    let set = site.device.asked("/setPerson").await.form();
    assert_eq!(
        (set["name"].as_str(), set["photo"].as_str()),
        ("李四", shown["photo"].as_str())
    );
    site.roster("applied").await;

    site.admin.delete("/persons/p-7").await.expect(204);
    let removed = site.device.asked("/removePerson").await.form();
    assert_eq!(removed["id"], "p-7", "never an empty list");
    // A command goes behind it; what is gone has no event (hub rule 44).
    site.device.answers("/open", DONE);
    let command = site.post(&json!({"kind": "open_door"})).await;
    assert_eq!(site.ended(&command).await["state"], "done");
    assert!(site.admin.all(&format!("{}/roster", site.path)).await.is_empty());
}

/// Its records are trusted again at once, not only when it is dialled the next time.
#[tokio::test]
async fn a_clock_that_is_found_wrong_and_set_on_one_line_is_known_as_right() {
    let mut site = Site::start().await;
    site.device.answers("/setTime", DONE);
    for status in ["disabled", "online"] {
        let switched = json!({"status": status});
        site.admin.patch(&site.path, &switched).await.expect(200);
    }
    // Dialled again while its clock is known to be right.
    site.device.asked("/listPerson").await;
    for days_ahead in [0.0, 3.0, 0.0] {
        let ts = now() + days_ahead * 86_400.0;
        let time = format!(r#"{{"data":{{"ts":{ts}}},"msg":"ok","status":0}}"#);
        site.device.answers("/getTime", &time);
        let command = site.post(&json!({"kind": "sync_time"})).await;
        assert_eq!(site.ended(&command).await["state"], "done");
        let shown = site.admin.get(&site.path).await.expect(200).json();
        let skew_ms = shown["clock_skew_ms"].as_f64().unwrap();
        assert!((skew_ms - days_ahead * 86_400_000.0).abs() < 60_000.0, "{shown}");
    }
}

#[tokio::test]
async fn forms_that_the_device_cannot_read_go_as_json_from_then_on() {
    let mut site = Site::start().await;
    site.device.answers("/open", r#"{"status":101,"msg":"no key"}"#);
    let command = site.post(&json!({"kind": "open_door"})).await;
    assert_eq!(site.device.asked("/open").await.form()["key"], "k");
    let again = site.device.asked("/open").await;
    assert_eq!(again.header("content-type"), Some("application/json"));
    assert_eq!(again.json(), json!({"key": "k"}));
    assert_eq!(site.ended(&command).await["state"], "failed", "101 in either way");
    // A device that answers nothing is not waited for by others; the command fails.
    site.device.on("/reboot", Reaction::HangUp);
    let command = site.post(&json!({"kind": "reboot"})).await;
    site.device.asked("/reboot").await;
    assert_eq!(site.ended(&command).await["state"], "failed");
}

#[tokio::test]
async fn settings_are_read_and_changed() {
    let mut site = Site::start().await;
    site.device.answers("/setDeviceInfo", DONE);
    let settings = format!("{}/settings", site.path);
    let shown = site.admin.get(&settings).await.expect(200).json();
    assert_eq!(shown["volume"], json!({"value": 0.4, "writable": true}));
    assert_eq!(shown["liveness"], json!({"value": true, "writable": true}));
    assert_eq!(shown["open_ms"], json!({"value": 3000, "writable": true}));
    assert_eq!(shown["mask"], Value::Null);
    site.admin
        .patch(&settings, &json!({"volume": 0.5, "open_ms": 2500}))
        .await
        .expect(200);
    let wire = json!({"deviceSoundSize": "50", "openDoorContinueTime": "2.5"});
    site.called("/setDeviceInfo", &wire).await;
    site.admin
        .patch(&settings, &json!({"mask": true}))
        .await
        .expect(422);
    let native = format!("{settings}/native/deviceInfo");
    let shown = site.admin.get(&native).await.expect(200).json();
    assert_eq!(
        (&shown["deviceName"], &shown["sn"]),
        (&json!("door"), &json!("LAN-1"))
    );
    site.admin
        .patch(&native, &json!({"deviceName": "north"}))
        .await
        .expect(200);
    site.called("/setDeviceInfo", &json!({"deviceName": "north"}))
        .await;
    site.admin.patch(&native, &json!({"sn": "x"})).await.expect(422);
    site.device
        .answers("/setDeviceInfo", r#"{"status":102,"msg":"no"}"#);
    let refused = site.admin.patch(&native, &json!({"deviceName": "n"})).await;
    assert_eq!(
        refused.problem(422, "invalid")["errors"][0]["code"],
        "refused_by_device"
    );
}

#[tokio::test]
async fn whom_the_device_holds_is_taken_over_and_compared() {
    let mut site = Site::start().await;
    let held = r#"{"data":{"person":[{"ID_NO":"43","IC_NO":"72","name":"张三","id":"12","passCount":10000,"startTs":0.0,"endTs":0.0},{"name":"gone","id":"13"}]},"msg":"ok","status":0}"#;
    site.device.answers("/listPerson", held);
    site.admin
        .post(&format!("{}/roster/verify", site.path), &json!({}))
        .await
        .expect(202);
    site.device.asked("/listPerson").await;
    let photo = format!(
        r#"{{"data":{{"IC_NO":"72","name":"张三","id":"12","photo":"data:image/jpeg;base64,{PICTURE}"}},"status":0}}"#
    );
    site.device.answers("/getPerson", &photo);
    site.admin
        .post(&format!("{}/import", site.path), &json!({}))
        .await
        .expect(202);
    assert_eq!(site.device.asked("/getPerson").await.form()["id"], "12");
    assert_eq!(site.device.asked("/getPerson").await.form()["id"], "13");
    let import = format!("{}/import", site.path);
    loop {
        let shown = site.admin.get(&import).await.expect(200).json();
        if shown["state"] != "running" {
            assert_eq!(shown["state"], "done", "{shown}");
            break;
        }
        tokio::task::yield_now().await;
    }
    let person = site.admin.get("/persons/12").await.expect(200).json();
    assert_eq!(person["name"], "张三");
    assert_eq!(person["credentials"][0]["number"], "72");
    assert_eq!(person["valid_until"], Value::Null);
}

#[tokio::test]
async fn a_key_that_an_operator_sets_is_kept() {
    let mut site = Site::start().await;
    site.device.answers("/setDeviceKey", DONE);
    let body = json!({"kind": "native", "operation": "setDeviceKey", "body": {"newKey": "n"}});
    let command = site.post(&body).await;
    site.called("/setDeviceKey", &json!({"newKey": "n"})).await;
    assert_eq!(site.device.asked("/getDeviceInfo").await.form()["key"], "n");
    assert_eq!(site.ended(&command).await["state"], "done");
    let kept = site.admin.get(&format!("{}/credentials", site.path)).await.json();
    assert_eq!(kept["key"], "n");
}
