//! The hub alone against a terminal written from the document's bytes: what each operation of mqtt looks like on the wire,
//! what becomes of a success, and what of a documented error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod broker_client;
mod kit;

use broker_client::{Device, Hello};
use kit::{Client, TestHub};
use serde_json::{Value, json};
use std::time::Duration;

struct Site {
    hub: TestHub,
    admin: Client,
    device: Device,
    /// How the device connects.
    hello: Hello,
    path: String,
    group: String,
}

impl Site {
    async fn start() -> Self {
        let overrides = "[mqtt]\nlisten = \"127.0.0.1:0\"\n[faces]\ncheck = \"off\"\n\
             [devices]\ndrain_quiet_ms = 100\n";
        let hub = TestHub::start_with(overrides).await;
        let admin = hub.admin().await;
        let made = |answer: kit::Answer| answer.expect(201).json();
        let zone = made(admin.post("/zones", &json!({"name": "gate"})).await);
        let group = made(admin.post("/groups", &json!({"name": "staff"})).await);
        let grant = json!({"group_id": group["id"], "zone_id": zone["id"]});
        made(admin.post("/grants", &grant).await);
        let device = json!({"dialect": "mqtt", "serial": "OPS-1", "zone_id": zone["id"]});
        let entered = made(admin.post("/devices", &device).await);
        let broker = hub.running.listeners().mqtt.clone().unwrap();
        let hello = Hello::with("OPS-1", &entered["broker"]);
        let mut device = Device::connect(&broker, "OPS-1", &hello).await;
        device.enter().await;
        Self {
            hub,
            admin,
            device,
            hello,
            path: format!("/devices/{}", entered["id"].as_str().unwrap()),
            group: group["id"].as_str().unwrap().to_owned(),
        }
    }

    async fn post(&self, body: &Value) -> Value {
        let path = format!("{}/commands", self.path);
        self.admin.post(&path, body).await.expect(202).json()
    }

    /// Has the door opened.
    async fn door(&mut self) {
        self.post(&json!({"kind": "open_door"})).await;
        let door = self.device.asked("onlineOpen").await;
        self.device.answer(&door, "100", json!({})).await;
    }

    /// The device is told to remove somebody, and answers with a code.
    async fn is_removed(&mut self, person: &str, code: &str) {
        let asked = self.device.asked("registerPersonInfo").await;
        let sent = &asked["personInfoData"][0];
        assert_eq!(
            (&sent["operateType"], &sent["idNumber"]),
            (&json!("2"), &json!(person))
        );
        self.device.answer(&asked, code, json!({})).await;
    }

    /// The command once the hub has written what became of it: another one goes the whole way behind it.
    async fn ended(&mut self, command: &Value) -> Value {
        let path = format!("/commands/{}", command["id"].as_str().unwrap());
        self.door().await;
        self.admin.get(&path).await.expect(200).json()
    }

    /// A command whose message is exactly this; answered by `data`, then, given again, by a code.
    async fn command(&mut self, body: Value, name: &str, wire: Value, data: Value, code: &str) -> Value {
        let command = self.post(&body).await;
        let asked = self.device.asked(name).await;
        assert_eq!(without_frame(&asked), wire, "{body}");
        assert!(asked["msgID"].as_str().unwrap().len() <= 32, "QUIRKS M46");
        self.device.answer(&asked, "100", data).await;
        let done = self.ended(&command).await;
        assert_eq!(done["state"], "done", "{done}");

        let command = self.post(&body).await;
        let asked = self.device.asked(name).await;
        self.device.answer(&asked, code, json!({})).await;
        let failed = self.ended(&command).await;
        assert_eq!(failed["state"], "failed", "{failed}");
        assert_eq!(failed["error"], format!("{code}: from the device"));
        done["result"].clone()
    }
}

/// A message without what each has.
fn without_frame(message: &Value) -> Value {
    let mut fields = message.as_object().unwrap().clone();
    for key in ["msgType", "msgID", "deviceNo"] {
        fields.remove(key);
    }
    Value::Object(fields)
}

#[tokio::test]
async fn what_the_hub_asks_of_a_device() {
    let mut site = Site::start().await;
    let none = || json!({});
    let door = json!({"kind": "open_door", "message": "欢迎光临"});
    site.command(door, "onlineOpen", json!({"msg": "欢迎光临"}), none(), "200")
        .await;
    site.command(json!({"kind": "reboot"}), "onlineReboot", none(), none(), "200")
        .await;
    let clear = json!({"kind": "clear_records"});
    site.command(clear, "onlineDeleteSnapRecord", none(), none(), "200")
        .await;
    let upgrade =
        json!({"kind": "upgrade", "url": "https://10.0.0.1/deviceFirmware", "size": 457_803, "version": "3"});
    let wire =
        json!({"updateType": "1", "updateUrl": "https://10.0.0.1/deviceFirmware", "updateKey": "457803"});
    site.command(upgrade, "onlineUpdate", wire, none(), "503").await;
    let picture = json!({"photo": "/9j/2wBDABQODxIPDRQ="});
    let snapshot = json!({"kind": "snapshot"});
    let result = site
        .command(
            snapshot,
            "onlineGetPhoto",
            json!({"photoType": "1"}),
            picture,
            "601",
        )
        .await;
    let photo = result["photo_url"]
        .as_str()
        .unwrap()
        .trim_start_matches("/api/v1")
        .to_owned();
    assert_eq!(site.admin.get(&photo).await.expect(200).bytes[..2], [0xff, 0xd8]);
    for (operation, wire, code) in [
        ("onlineGetRegisterCount", json!({}), "200"),
        ("onlineGetRegisterByIndex", json!({"index": "999"}), "200"),
        ("onlineStopGetRegister", json!({}), "200"),
        ("onlineGetRegister", json!({}), "200"),
        ("onlineGetDevInfo", json!({}), "401"),
        ("onlineSetDevInfo", json!({"voiceVolume": "5"}), "400"),
        (
            "registerPersonInfo",
            json!({"personInfoCount": "1", "personInfoData": [{"operateType": "3"}]}),
            "300",
        ),
    ] {
        let body = json!({"kind": "native", "operation": operation, "body": wire});
        let result = site
            .command(body, operation, wire, json!({"personNum": "0"}), code)
            .await;
        assert_eq!(result["personNum"], "0", "as it came");
    }
    // What this dialect lacks is said before anything is queued.
    for kind in [
        "sync_time",
        "resend_records",
        "show_message",
        "read_card",
        "play_audio",
    ] {
        let path = format!("{}/commands", site.path);
        site.admin
            .post(&path, &json!({"kind": kind}))
            .await
            .problem(422, "unsupported");
    }
    let too_long = json!({"kind": "open_door", "message": "x".repeat(129)});
    let problem = site
        .admin
        .post(&format!("{}/commands", site.path), &too_long)
        .await
        .expect(422)
        .json();
    assert_eq!(problem["errors"][0]["path"], "message", "{problem}");
}

#[tokio::test]
async fn a_door_is_told_to_open_now_or_never() {
    let mut site = Site::start().await;
    site.post(&json!({"kind": "open_door"})).await;
    let (topic, asked, qos) = site.device.client.published().await.unwrap();
    assert_eq!((topic.as_str(), qos), ("pass/OPS-1/request", 0));
    site.device.answer(&asked, "100", json!({})).await;
    // No broker keeps what would restart the device, or destroy the records of another day (hub rule 33).
    for name in ["onlineReboot", "onlineUpdate", " OnlineDeleteSnapRecord"] {
        site.post(&json!({"kind": "native", "operation": name})).await;
        let (_, asked, qos) = site.device.client.published().await.unwrap();
        assert_eq!((&asked["msgType"], qos), (&json!(name.trim()), 0));
        site.device.answer(&asked, "100", json!({})).await;
    }
    let commands = format!("{}/commands", site.path);
    let mut events = site.admin.events(None).await;
    drop(site.device);
    while events.next_named("device.status").await.data["status"] != "offline" {}
    for door in [
        json!({"kind": "open_door"}),
        json!({"kind": "native", "operation": "onlineOpen", "body": {"msg": ""}}),
    ] {
        let late = site.admin.post(&commands, &door).await.expect(202).json();
        assert_eq!(late["state"], "expired", "the device is away: {door}");
    }
}

#[tokio::test]
async fn an_upgrade_tells_how_far_it_is() {
    let mut site = Site::start().await;
    let upgrade =
        json!({"kind": "upgrade", "url": "http://10.0.0.1/f", "md5": "E10ADC3949BA59ABBE56E057F20F883E"});
    let command = site.post(&upgrade).await;
    let asked = site.device.asked("onlineUpdate").await;
    assert_eq!(asked["updateKey"], "e10adc3949ba59abbe56e057f20f883e");
    let path = format!("/commands/{}", command["id"].as_str().unwrap());
    let mut events = site.admin.events(None).await;
    for (code, words) in [("500", "下载中"), ("501", "升级中")] {
        site.device.answer(&asked, code, json!({"msg": words})).await;
        loop {
            let told = events.next_named("command.updated").await;
            if told.data["result"]["progress"]["text"] == words {
                break;
            }
        }
        assert_eq!(site.admin.get(&path).await.json()["state"], "sent");
    }
    site.device.answer(&asked, "100", json!({})).await;
    assert_eq!(site.ended(&command).await["state"], "done");
}

#[tokio::test]
async fn people_are_brought_one_a_message_and_refusals_keep_their_reason() {
    let mut site = Site::start().await;
    let person = json!({"id": "2001", "name": "张三", "gender": "male", "birthday": "1997-04-03", "phone": "18868681819",
        "groups": [site.group], "greeting": "欢迎您的参观", "valid_from": "2019-08-08T16:00:00Z",
        "valid_until": "2029-08-09T16:00:00Z", "credentials": [{"kind": "ic_card", "number": "8899"}]});
    site.admin.post("/persons", &person).await.expect(201);
    site.is_removed("2001", "300").await;
    let asked = site.device.asked("registerPersonInfo").await;
    assert_eq!(asked["personInfoCount"], "1");
    let sent = &asked["personInfoData"][0];
    for (field, value) in [
        ("operateType", "0"),
        ("idNumber", "2001"),
        ("normalNumber", "8899"),
        ("name", "张三"),
        ("sex", "男"),
        ("birthday", "1997年4月3日"),
        ("phone", "18868681819"),
        ("validDateStart", "2019_08_09"),
        ("validDateEnd", "2029_08_09"),
        ("priority", "0"),
        ("visitorVoiceText", "欢迎您的参观"),
        ("visitordisplayText", "欢迎您的参观"),
    ] {
        assert_eq!(sent[field], value, "{field}");
    }
    let mut events = site.admin.events(None).await;
    site.device.answer(&asked, "301", json!({})).await;
    let roster = format!("{}/roster", site.path);
    let item = loop {
        let told = events.next_named("roster.updated").await;
        if told.data["state"] == "failed" {
            break told.data;
        }
    };
    assert_eq!(
        (&item["reason"], &item["person_id"]),
        (&json!("photo_rejected"), &json!("2001"))
    );
    // What is put right is sent again.
    site.admin
        .patch("/persons/2001", &json!({"name": "李四"}))
        .await
        .expect(200);
    site.is_removed("2001", "100").await;
    let asked = site.device.asked("registerPersonInfo").await;
    assert_eq!(asked["personInfoData"][0]["name"], "李四");
    site.device.answer(&asked, "100", json!({})).await;
    while events.next_named("roster.updated").await.data["state"] != "applied" {}
    assert_eq!(site.admin.all(&roster).await[0]["state"], "applied");
    // Gone from the group, gone from the device; that it never was there is as well (hub rule 27).
    site.admin
        .patch("/persons/2001", &json!({"groups": []}))
        .await
        .expect(200);
    site.is_removed("2001", "300").await;
    site.door().await;
    assert!(site.admin.all(&roster).await.is_empty());
}

/// A change leaves the photos that a device has: whoever's photos are gone goes with them.
#[tokio::test]
async fn a_photo_that_is_deleted_opens_no_door() {
    let mut site = Site::start().await;
    let mut events = site.admin.events(None).await;
    let person = json!({"id": "2001", "name": "张三", "groups": [site.group]});
    site.admin.post("/persons", &person).await.expect(201);
    site.is_removed("2001", "300").await;
    let asked = site.device.asked("registerPersonInfo").await;
    // It takes nobody without a photo, and says so by the code for whatever is wrong with a person.
    site.device.answer(&asked, "300", json!({})).await;
    let item = failed(&mut events).await;
    assert_eq!(item["reason"], "photo_rejected", "{item}");
    assert!(item["detail"].as_str().unwrap().contains("photos"), "{item}");

    let photos = "/persons/2001/photos";
    let posted = site.admin.post_bytes(photos, "image/png", png()).await;
    let photo = posted.expect(201).json()["id"].as_str().unwrap().to_owned();
    let asked = site.device.asked("registerPersonInfo").await;
    assert_ne!(asked["personInfoData"][0]["registerPhoto1"], "");
    // It has the person already: they are changed instead.
    site.device.answer(&asked, "200", json!({})).await;
    let asked = site.device.asked("registerPersonInfo").await;
    assert_eq!(asked["personInfoData"][0]["operateType"], "1");
    // It has not, after all: what was wrong at first is told.
    site.device
        .answer(&asked, "300", json!({"msg": "there is no such person"}))
        .await;
    let item = failed(&mut events).await;
    assert_eq!(item["detail"], "200: from the device", "{item}");

    site.admin
        .patch("/persons/2001", &json!({"name": "李四"}))
        .await
        .expect(200);
    let asked = site.device.asked("registerPersonInfo").await;
    site.device.answer(&asked, "100", json!({})).await;
    while events.next_named("roster.updated").await.data["state"] != "applied" {}

    let path = format!("{photos}/{photo}");
    site.admin.delete(&path).await.expect(204);
    site.is_removed("2001", "100").await;
    let asked = site.device.asked("registerPersonInfo").await;
    assert_eq!(asked["personInfoData"][0]["operateType"], "0");
    assert_eq!(asked["personInfoData"][0]["registerPhoto1"], "");
    site.device.answer(&asked, "300", json!({})).await;
    assert_eq!(failed(&mut events).await["reason"], "photo_rejected");
}

async fn failed(events: &mut kit::Events) -> Value {
    loop {
        let told = events.next_named("roster.updated").await.data;
        if told["state"] == "failed" {
            return told;
        }
    }
}

/// The dialect has no holidays (hub rule 25).
#[tokio::test]
async fn somebody_whose_grant_has_holidays_is_there_only_while_the_hub_decides() {
    let mut site = Site::start().await;
    let made = |answer: kit::Answer| answer.expect(201).json()["id"].clone();
    let day =
        json!({"name": "New Year", "first_day": "2031-01-01", "last_day": "2031-01-01", "mode": "closed"});
    let holiday = made(site.admin.post("/holidays", &day).await);
    let hours = json!([{"from": "08:00", "until": "18:00"}]);
    let schedule = json!({"name": "Mondays", "weekly": {"mon": hours}, "holidays": [holiday]});
    let schedule = made(site.admin.post("/schedules", &schedule).await);
    let group = made(site.admin.post("/groups", &json!({"name": "cleaners"})).await);
    let zone = site.admin.get(&site.path).await.expect(200).json()["zone_id"].clone();
    let grant = json!({"group_id": group, "zone_id": zone, "schedule_id": schedule});
    made(site.admin.post("/grants", &grant).await);
    let mut events = site.admin.events(None).await;
    let person = json!({"id": "3001", "name": "王五", "groups": [group]});
    made(site.admin.post("/persons", &person).await);

    let gone = |asked: &Value| {
        let sent = &asked["personInfoData"][0];
        assert_eq!(
            (&sent["operateType"], &sent["idNumber"]),
            (&json!("2"), &json!("3001"))
        );
    };
    let asked = site.device.asked("registerPersonInfo").await;
    gone(&asked);
    site.device.answer(&asked, "300", json!({})).await;
    let item = loop {
        let told = events.next_named("roster.updated").await.data;
        if told["state"] == "failed" {
            break told;
        }
    };
    assert_eq!(item["reason"], "unsupported", "{item}");

    for (decision, opens_itself) in [("hub", "0"), ("device", "1")] {
        let decided = json!({"decision": decision});
        site.admin.patch(&site.path, &decided).await.expect(200);
        let told = site.device.asked("onlineSetDevInfo").await;
        assert_eq!(told["autoOpenDoorEnable"], opens_itself);
        site.device.answer(&told, "100", json!({})).await;
        let mut asked = site.device.asked("registerPersonInfo").await;
        if decision == "device" {
            gone(&asked);
        } else {
            gone(&asked);
            site.device.answer(&asked, "300", json!({})).await;
            asked = site.device.asked("registerPersonInfo").await;
            let sent = &asked["personInfoData"][0];
            assert_eq!(
                (&sent["operateType"], &sent["passTime1"]),
                (&json!("0"), &json!("08_00,18_00"))
            );
        }
        site.device.answer(&asked, "100", json!({})).await;
        let due = if decision == "hub" { "applied" } else { "failed" };
        let item = loop {
            let told = events.next_named("roster.updated").await.data;
            if told["state"] == due {
                break told;
            }
        };
        if decision == "hub" {
            assert_eq!(
                item["warnings"],
                json!([{"field": "grants.holidays", "reason": "unsupported"}])
            );
        }
    }
}

fn png() -> Vec<u8> {
    let mut picture = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(64, 64)
        .write_to(&mut picture, image::ImageFormat::Png)
        .unwrap();
    picture.into_inner()
}

fn told(message: &Value, index: usize, of: usize) -> Value {
    json!({"msgType": "onlineGetRegisterInfoResp", "msgID": message["msgID"], "deviceNo": "OPS-1",
        "errorCode": "100", "msg": "操作成功", "personNum": of.to_string(), "index": index.to_string(),
        "idNumber": format!("P{index}"), "name": format!("Person {index}"), "sex": "女", "birthday": "1997 年 4 月 3 日",
        "phone": "18868681819", "validDateStart": "2000_1_1", "validDateEnd": "2099_12_31", "priority": 0,
        "normalNumber": format!("card {index}"), "registerPhoto1": "", "registerPhotoID1": "",
        "passTime1": "06_00,09_00", "passTime7": "00_00,23_59"})
}

#[tokio::test]
async fn whom_a_device_holds_is_taken_over_one_by_one() {
    let mut site = Site::start().await;
    let import = format!("{}/import", site.path);
    site.admin.post(&import, &json!({})).await.expect(202);
    let asked = site.device.asked("onlineGetRegister").await;
    let topic = "face/OPS-1/response";
    for index in [0, 1, 1] {
        // The second one comes again: as if our acknowledgement had been lost.
        let message = told(&asked, index, 4).to_string();
        assert!(site.device.client.publish(topic, message.as_bytes()).await);
        let acknowledged = site.device.heard("response").await;
        let due = json!({"msgType": "onlineGetRegisterResp", "msgID": asked["msgID"], "deviceNo": "OPS-1",
            "errorCode": "100", "index": index.to_string()});
        assert_eq!(acknowledged, due);
    }
    // Who had the third place was deleted meanwhile.
    let nobody = json!({"msgType": "onlineGetRegisterInfoResp", "msgID": asked["msgID"], "deviceNo": "OPS-1",
        "errorCode": "100", "personNum": "4", "index": "2"});
    for (message, index) in [(nobody, "2"), (told(&asked, 3, 4), "3")] {
        let message = message.to_string();
        assert!(site.device.client.publish(topic, message.as_bytes()).await);
        assert_eq!(site.device.heard("response").await["index"], index);
    }
    let mut people = site.admin.all("/persons").await;
    people.sort_by_key(|person| person["id"].to_string());
    let ids: Vec<_> = people
        .iter()
        .map(|person| person["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["P0", "P1", "P3"]);
    assert_eq!(people[1]["name"], "Person 1");
    assert_eq!(people[1]["credentials"][0]["number"], "card 1");
    assert_eq!(
        (&people[1]["valid_from"], &people[1]["valid_until"]),
        (&Value::Null, &Value::Null)
    );
    while site.admin.get(&import).await.expect(200).json()["state"] == "running" {}
    // Our last acknowledgement was lost: nobody listens any more, and the device is told so.
    let message = told(&asked, 3, 4).to_string();
    assert!(site.device.client.publish(topic, message.as_bytes()).await);
    let stop = site.device.asked("onlineStopGetRegister").await;
    site.device.answer(&stop, "100", json!({})).await;
    // An empty device says so (QUIRKS M40).
    let path = format!("{}/roster/verify", site.path);
    site.admin.post(&path, &json!({})).await.expect(202);
    let asked = site.device.asked("onlineGetRegister").await;
    site.device.answer(&asked, "100", json!({"personNum": "0"})).await;
    site.door().await;
    // Blank and odd fields cost nobody the rest; an answer that cannot be followed ends it at the device, too.
    site.admin.post(&path, &json!({})).await.expect(202);
    let asked = site.device.asked("onlineGetRegister").await;
    let mut odd = told(&asked, 0, 2);
    for (field, value) in [
        ("priority", json!("")),
        ("phone", Value::Null),
        ("birthday", json!([])),
        ("passTime1", json!("always")),
    ] {
        odd[field] = value;
    }
    let odd = odd.to_string();
    assert!(site.device.client.publish(topic, odd.as_bytes()).await);
    assert_eq!(site.device.heard("response").await["index"], "0");
    let mut lost = told(&asked, 1, 2);
    lost["index"] = json!("the second");
    let lost = lost.to_string();
    assert!(site.device.client.publish(topic, lost.as_bytes()).await);
    site.device.asked("onlineStopGetRegister").await;
}

impl Site {
    /// The device comes anew in the middle of an import; what it is asked of its people then, and of whom.
    async fn is_asked_on(&mut self, broker: &str, hello: &Hello) -> Value {
        self.device.client.hang_up().await;
        while self.admin.get(&self.path).await.expect(200).json()["status"] == "online" {}
        self.device = Device::connect(broker, "OPS-1", hello).await;
        self.device.held = 4;
        assert_eq!(self.device.register().await["errorCode"], "100");
        loop {
            let (topic, message, _) = self.device.next("").await;
            match message["msgType"].as_str() {
                _ if topic.is_empty() => {}
                Some("onlineSetDevInfo" | "onlineStopGetRegister") => {
                    self.device.answer(&message, "100", json!({})).await;
                }
                _ => return message,
            }
        }
    }

    /// The device tells of one of four, who is acknowledged.
    async fn tells(&mut self, asked: &Value, index: usize) {
        let message = told(asked, index, 4).to_string();
        let topic = "face/OPS-1/response";
        assert!(self.device.client.publish(topic, message.as_bytes()).await);
        assert_eq!(self.device.heard("response").await["index"], index.to_string());
    }

    /// The device answers who has a place.
    async fn has_place(&mut self, asked: &Value, index: usize, person: &str) {
        assert_eq!(asked["msgType"], "onlineGetRegisterByIndex", "{asked}");
        assert_eq!(asked["index"], index.to_string());
        let mut told = told(asked, index, 4);
        told.as_object_mut().unwrap().remove("msgType");
        told["idNumber"] = person.into();
        self.device.answer(asked, "100", told).await;
    }
}

/// Elsewhere than at our own broker a device that only pings says nothing that the hub hears (QUIRKS M38).
#[tokio::test]
async fn a_silent_device_is_asked_before_it_is_given_up() {
    let mut site = Site::start().await;
    let seen = |answer: kit::Answer| answer.expect(200).json()["last_seen_at"].clone();
    let before = seen(site.admin.get(&site.path).await);
    site.device.client.patience = Duration::from_secs(80);
    let asked = site.device.asked("onlineGetRegisterCount").await;
    site.device.answer(&asked, "100", json!({"personNum": "0"})).await;
    site.door().await;
    assert_ne!(seen(site.admin.get(&site.path).await), before);
}

#[tokio::test]
async fn an_import_that_is_cut_short_goes_on_where_it_was() {
    let mut site = Site::start().await;
    let (broker, hello) = (
        site.hub.running.listeners().mqtt.clone().unwrap(),
        site.hello.clone(),
    );
    let import = format!("{}/import", site.path);
    site.admin.post(&import, &json!({})).await.expect(202);
    let asked = site.device.asked("onlineGetRegister").await;
    for index in [0, 1] {
        site.tells(&asked, index).await;
    }
    let asked = site.is_asked_on(&broker, &hello).await;
    site.has_place(&asked, 1, "P1").await;
    let asked = site.device.asked("onlineGetRegisterByIndex").await;
    site.has_place(&asked, 2, "P2").await;
    let asked = site.device.asked("onlineGetRegisterByIndex").await;
    assert_eq!(asked["index"], "3");
    assert_eq!(
        site.admin.get(&import).await.expect(200).json()["persons"],
        3,
        "nobody is taken twice"
    );

    // Where somebody else has the place by now, nobody may be passed over.
    let asked = site.is_asked_on(&broker, &hello).await;
    site.has_place(&asked, 2, "P3").await;
    let asked = site.device.asked("onlineGetRegister").await;
    assert_eq!(site.admin.get(&import).await.expect(200).json()["persons"], 0);
    for index in 0..4 {
        site.tells(&asked, index).await;
    }
    let done = json!({"state": "done", "persons": 4, "photos": 0, "photos_refused": 0, "error": null});
    let state = loop {
        let state = site.admin.get(&import).await.expect(200).json();
        if state["state"] != "running" {
            break state;
        }
    };
    assert_eq!(state, done);
}

#[tokio::test]
async fn settings_are_read_and_set_by_name_and_range() {
    let mut site = Site::start().await;
    let native = format!("{}/settings/native/devInfo", site.path);
    let read = {
        let (admin, native) = (site.admin.clone(), native.clone());
        tokio::spawn(async move { admin.get(&native).await })
    };
    let asked = site.device.asked("onlineGetDevInfo").await;
    let held = json!({"voiceVolume": "5", "openDoorTimeDelayMs": "500", "lumaValue": "128", "entranceDirection": "1"});
    site.device.answer(&asked, "100", held).await;
    let read = read.await.unwrap().expect(200).json();
    assert_eq!(
        (&read["voiceVolume"], &read["lumaValue"]),
        (&json!("5"), &json!("128")),
        "{read}"
    );

    // A device's passwords are the admin's alone (QUIRKS M47).
    let held =
        json!({"voiceVolume": "5", "devicePassword": "123456", "WirelessPassword": "s", "deviceKey": "k"});
    for (role, shown) in [("admin", 4), ("operator", 1)] {
        let caller = site.hub.user(&format!("a-{role}"), role, None).await;
        let native = native.clone();
        let read = tokio::spawn(async move { caller.get(&native).await });
        let asked = site.device.asked("onlineGetDevInfo").await;
        site.device.answer(&asked, "100", held.clone()).await;
        let read = read.await.unwrap().expect(200).json();
        assert_eq!(read.as_object().unwrap().len(), shown, "{read}");
        assert_eq!(read["voiceVolume"], "5");
    }

    let set = {
        let (admin, native) = (site.admin.clone(), native.clone());
        tokio::spawn(async move {
            admin
                .patch(&native, &json!({"voiceVolume": 7, "banner": "人脸识别"}))
                .await
        })
    };
    let asked = site.device.asked("onlineSetDevInfo").await;
    assert_eq!(
        without_frame(&asked),
        json!({"voiceVolume": "7", "banner": "人脸识别"})
    );
    site.device.answer(&asked, "100", json!({})).await;
    // What the device holds now is read back.
    let asked = site.device.asked("onlineGetDevInfo").await;
    site.device
        .answer(&asked, "100", json!({"voiceVolume": "7"}))
        .await;
    set.await.unwrap().expect(200);

    let problem = site
        .admin
        .patch(&native, &json!({"voiceVolume": 11}))
        .await
        .expect(422)
        .json();
    assert_eq!(problem["errors"][0]["path"], "voiceVolume");
    assert!(
        problem["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("0 to 10"),
        "{problem}"
    );

    let shared = {
        let (admin, path) = (site.admin.clone(), format!("{}/settings", site.path));
        tokio::spawn(async move {
            admin
                .patch(&path, &json!({"volume": 0.5, "direction": "exit"}))
                .await
        })
    };
    let asked = site.device.asked("onlineSetDevInfo").await;
    assert_eq!(
        without_frame(&asked),
        json!({"voiceVolume": "5", "entranceDirection": "1"})
    );
    site.device.answer(&asked, "400", json!({})).await;
    let refused = shared.await.unwrap().expect(422).json();
    assert!(refused.to_string().contains("400: from the device"), "{refused}");
    drop(site.hub);
}
