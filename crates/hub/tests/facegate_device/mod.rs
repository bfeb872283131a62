//! A hub with one facegate terminal that was written by hand from the document's bytes, in a granted zone.

#![allow(dead_code, unreachable_pub)]

use crate::http_device::{Asked, HttpDevice, Reaction};
use crate::kit::{self, Answer, Client, TestHub};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// What a terminal says of itself (3.9.1).
pub const WHO: &str =
    r#"{"operator":"GetSysParam","info":{"Name":"facegate1","DeviceID":1300001,"Version":"v4.0.5-0.0.6.0"}}"#;
/// A caller who is not known (B.1).
pub const UNKNOWN: &str =
    r#"{"operator":"authentication","info":{"Result":"Fail","Detail":"Unknown user or password"}}"#;
/// Nobody is found (QUIRKS A76).
pub const NOBODY: &str =
    r#"{"operator":"SearchPerson","info":{"Result":"Fail","Detail":"Person not found"}}"#;

/// The answer that says yes (B.2).
pub fn done(operator: &str) -> String {
    json!({"operator": operator, "code": 200, "info": {"Result": "OK"}}).to_string()
}

/// An answer that says no (B.2).
pub fn refused(operator: &str, code: i64, detail: &str) -> String {
    json!({"operator": operator, "code": code, "info": {"Result": "Fail", "Detail": detail}}).to_string()
}

/// The wall clock of a terminal in UTC, so many seconds ago.
pub fn wall_clock(seconds_ago: i64) -> String {
    let at = Timestamp::from_second(Timestamp::now().as_second() - seconds_ago).unwrap();
    TimeZone::UTC
        .to_datetime(at)
        .strftime("%Y-%m-%dT%H:%M:%S")
        .to_string()
}

fn time() -> String {
    let now = TimeZone::UTC.to_datetime(Timestamp::now());
    json!({"operator": "GetSysTime", "info": {
        "Year": now.year(), "Month": now.month(), "Day": now.day(),
        "Hour": now.hour(), "Minute": now.minute(), "Second": now.second(),
    }})
    .to_string()
}

/// A terminal at peace: nothing is subscribed, nobody is held, no record is kept; past the end of lists it says nothing.
pub async fn terminal() -> HttpDevice {
    let device = HttpDevice::start(&[
        ("/action/GetSysParam", WHO),
        ("/action/GetSysTime", &time()),
        (
            "/action/SearchPersonNum",
            r#"{"operator":"SearchPersonNum","info":{"DeviceID":1300001,"MaxListsNum":10000,"PersonNum":0}}"#,
        ),
        (
            "/action/GetDatabaseVer",
            r#"{"operator":"GetDatabaseVer","info":{" DatabaseVersion ":1}}"#,
        ),
        (
            "/action/GetSubscribe",
            r#"{"operator":"GetSubscribe","info":{"Num":0}}"#,
        ),
        (
            "/action/GetDoorCondition",
            r#"{"operator":"GetDoorCondition","info":{"DeviceID":1300001,"VerifyMode":1,"OpendoorWay":2}}"#,
        ),
        ("/action/SearchPerson", NOBODY),
        ("/action/SearchPersonList", ""),
        ("/action/SearchControl", ""),
        ("/action/SearchCapture", ""),
    ])
    .await;
    let subscribed = Reaction::Keep(done("Subscribe"), "/action/GetSubscribe");
    device.on("/action/Subscribe", subscribed);
    for operator in [
        "AddPerson",
        "EditPerson",
        "DeletePerson",
        "OpenDoor",
        "RebootDevice",
        "SetSysTime",
        "SetDoorCondition",
        "SetFactoryDefault",
        "SetUserPwd",
        "Upgrade",
        "SetAudio",
    ] {
        device.answers(&format!("/action/{operator}"), &done(operator));
    }
    device
}

/// The configuration of a hub that looks after devices fast.
pub const FAST: &str =
    "[faces]\ncheck = \"off\"\n[devices]\nfill_after_ms = 100\ndrain_quiet_ms = 50\ncall_seconds = 2\n";

pub async fn hub() -> (TestHub, Client) {
    let hub = TestHub::start_with(FAST).await;
    let admin = hub.admin().await;
    (hub, admin)
}

pub fn admins() -> Value {
    json!({"user": "admin", "password": "12345"})
}

pub async fn enter(admin: &Client, device: &HttpDevice, more: Value) -> String {
    let mut body = json!({
        "dialect": "facegate", "address": device.address.to_string(), "credentials": admins(), "time_zone": "UTC",
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let entered = admin.post("/devices", &body).await.expect(201).json();
    format!("/devices/{}", entered["id"].as_str().unwrap())
}

/// Waits until the device has this status.
pub async fn until(admin: &Client, path: &str, status: &str) -> Value {
    let mut events = admin.events(None).await;
    loop {
        let shown = admin.get(path).await.expect(200).json();
        if shown["status"] == status {
            return shown;
        }
        events.next_named("device.status").await;
    }
}

/// The next call of an operator.
pub async fn asked(device: &mut HttpDevice, operator: &str) -> Asked {
    device.asked(&format!("/action/{operator}")).await
}

/// What a terminal pushes.
pub async fn push(url: &str, body: impl Into<reqwest::Body>) -> Answer {
    kit::send(reqwest::Client::new().post(url).body(body)).await
}

pub struct Site {
    pub hub: TestHub,
    pub admin: Client,
    pub device: HttpDevice,
    pub path: String,
    /// Where the terminal pushes to, up to its token.
    pub pushes: String,
    pub group: Value,
}

impl Site {
    pub async fn start() -> Self {
        Self::start_with(json!({}), terminal().await).await
    }

    /// With more of the device as it is entered.
    pub async fn start_with(more: Value, mut device: HttpDevice) -> Self {
        let (hub, admin) = hub().await;
        let named = async |path: &str, name: &str| {
            admin
                .post(path, &json!({ "name": name }))
                .await
                .expect(201)
                .json()["id"]
                .clone()
        };
        let (zone, group) = (named("/zones", "gate").await, named("/groups", "staff").await);
        let grant = json!({"group_id": group, "zone_id": zone});
        admin.post("/grants", &grant).await.expect(201);
        let mut entered = json!({"zone_id": zone});
        entered
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let path = enter(&admin, &device, entered).await;
        let subscribed = asked(&mut device, "Subscribe").await.json();
        let info = &subscribed["info"];
        let verify = info["SubscribeUrl"]["Verify"].as_str().unwrap();
        let pushes = format!(
            "{}{}",
            info["SubscribeAddr"].as_str().unwrap(),
            verify.strip_suffix("/verify").unwrap()
        );
        until(&admin, &path, "online").await;
        Self {
            hub,
            admin,
            device,
            path,
            pushes,
            group,
        }
    }

    pub async fn push(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        push(&format!("{}/{path}", self.pushes), body).await
    }

    pub async fn asked(&mut self, operator: &str) -> Asked {
        asked(&mut self.device, operator).await
    }

    pub async fn records(&self) -> Vec<Value> {
        self.admin.all("/records").await
    }

    /// Gives a command and waits for what became of it.
    pub async fn command(&self, body: &Value) -> Value {
        let mut events = self.admin.events(None).await;
        let path = format!("{}/commands", self.path);
        let given = self.admin.post(&path, body).await.expect(202).json();
        loop {
            let told = events.next_named("command.updated").await.data;
            let is_over = told["state"] == "done" || told["state"] == "failed";
            if told["id"] == given["id"] && is_over {
                return told;
            }
        }
    }

    /// A person of the granted group, with a photo.
    pub async fn person(&self, id: &str) {
        self.person_of(&self.group, id).await;
    }

    /// People of a group that is granted once all are there, so that all are due at once.
    pub async fn people_at_once(&self, ids: &[&str]) {
        let named = json!({ "name": ids.join(" ") });
        let group = self.admin.post("/groups", &named).await.expect(201).json()["id"].clone();
        for id in ids {
            self.person_of(&group, id).await;
        }
        let zone = self.admin.get(&self.path).await.expect(200).json()["zone_id"].clone();
        let grant = json!({"group_id": group, "zone_id": zone});
        self.admin.post("/grants", &grant).await.expect(201);
    }

    async fn person_of(&self, group: &Value, id: &str) {
        let body = json!({"id": id, "name": format!("name of {id}"), "groups": [group]});
        self.admin.post("/persons", &body).await.expect(201);
        let photo = format!("/persons/{id}/photos");
        let sent = self.admin.post_bytes(&photo, "image/jpeg", jpeg()).await;
        assert_eq!(sent.status, 201, "{}", sent.text());
    }

    /// Waits until the person's state on the device is this.
    pub async fn on_roster(&self, id: &str, state: &str) -> Value {
        let mut events = self.admin.events(None).await;
        loop {
            let roster = self.admin.all(&format!("{}/roster", self.path)).await;
            let item = roster.into_iter().find(|item| item["person_id"] == id);
            match item {
                Some(item) if item["state"] == state => return item,
                _ => {}
            }
            events.next_named("roster.updated").await;
        }
    }
}

fn jpeg() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(400, 400, |x, y| {
        image::Rgb([(x % 251) as u8, (y % 241) as u8, ((x ^ y) % 239) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}
