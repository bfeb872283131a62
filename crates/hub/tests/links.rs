//! What the hub does with any connected device, whatever it speaks: a device of these tests' own stands behind the link.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod kit;

use async_trait::async_trait;
use hub::links::{
    CallError, CommandDone, DevicePerson, Failure, HeldPerson, Link, LiveLink, PeopleSink, PersonDone,
    PersonPut, Progress,
};
use jiff::Timestamp;
use kit::{Client, TestHub};
use model::{CommandKind, Decider, DeviceId, Person, PersonId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

const PATIENCE: Duration = Duration::from_secs(20);

/// A device: whom it holds, and what it was asked, in order.
struct Fake {
    held: Arc<Mutex<BTreeSet<String>>>,
    counts: bool,
    asked: mpsc::UnboundedSender<String>,
    /// One permit for each person that may be read.
    readable: Arc<Semaphore>,
    /// The connection ends instead of the next person.
    breaks: AtomicBool,
    keeps_records: bool,
}

impl Fake {
    fn ask(&self, what: impl Into<String>) {
        // A test that has seen enough does not listen any more.
        let _ = self.asked.send(what.into());
    }

    fn ids(&self) -> Vec<String> {
        self.held.lock().unwrap().iter().cloned().collect()
    }
}

#[async_trait]
impl Link for Fake {
    async fn put_person(&self, put: PersonPut) -> Result<PersonDone, CallError> {
        let id = put.person.id.to_string();
        self.held.lock().unwrap().insert(id.clone());
        self.ask(format!("put {id}"));
        Ok(PersonDone::default())
    }

    async fn remove_person(&self, wire_id: &str) -> Result<(), CallError> {
        self.held.lock().unwrap().remove(wire_id);
        self.ask(format!("remove {wire_id}"));
        Ok(())
    }

    async fn count_persons(&self) -> Result<u32, CallError> {
        if !self.counts {
            return Err(CallError::ours(Failure::Unsupported, "cannot count"));
        }
        self.ask("count");
        Ok(u32::try_from(self.ids().len()).unwrap())
    }

    async fn list_persons(&self) -> Result<Vec<HeldPerson>, CallError> {
        self.ask("list");
        let held = self.ids().into_iter().map(|wire_id| HeldPerson {
            name: format!("name of {wire_id}"),
            wire_id,
        });
        Ok(held.collect())
    }

    async fn recall_records(&self, since: Option<Timestamp>) -> Result<(), CallError> {
        self.ask(format!("recall {since:?}"));
        if self.keeps_records {
            return Err(CallError::ours(Failure::Busy, "not now"));
        }
        Ok(())
    }

    async fn command(
        &self,
        kind: CommandKind,
        _body: &Value,
        _progress: &dyn Progress,
    ) -> Result<CommandDone, CallError> {
        self.ask(kind.name());
        Ok(CommandDone::default())
    }

    async fn read_people(&self, sink: &dyn PeopleSink) -> Result<u32, CallError> {
        self.ask("read");
        let ids = self.ids();
        for id in &ids {
            self.readable.acquire().await.unwrap().forget();
            if self.breaks.load(Ordering::Relaxed) {
                return Err(CallError::disconnected());
            }
            let person = Person::new(PersonId::new(id.as_str()).unwrap(), format!("name of {id}"));
            let taken = sink
                .take(DevicePerson {
                    wire_id: id.clone(),
                    person,
                    photos: Vec::new(),
                    index: None,
                })
                .await;
            taken.unwrap();
        }
        Ok(u32::try_from(ids.len()).unwrap())
    }

    async fn set_decider(&self, _decider: Decider) -> Result<(), CallError> {
        Ok(())
    }

    fn close(&self) {}
}

/// A hub with one approved device in a granted zone, which comes and goes.
struct Site {
    hub: TestHub,
    admin: Client,
    group: String,
    device: DeviceId,
    held: Arc<Mutex<BTreeSet<String>>>,
    readable: Arc<Semaphore>,
    counts: bool,
    keeps_records: bool,
}

/// The device's connection.
struct Connected {
    live: Arc<LiveLink>,
    fake: Arc<Fake>,
    asked: mpsc::UnboundedReceiver<String>,
}

impl Connected {
    /// What the device is asked next.
    async fn next(&mut self) -> String {
        let next = tokio::time::timeout(PATIENCE, self.asked.recv());
        next.await.expect("the device is asked something").unwrap()
    }

    async fn expect(&mut self, asked: &[&str]) {
        for expected in asked {
            assert_eq!(self.next().await, *expected);
        }
    }
}

impl Site {
    async fn start() -> Self {
        let hub = TestHub::start_with("[devices]\ndrain_quiet_ms = 50\n[faces]\ncheck = \"off\"\n").await;
        let admin = hub.admin().await;
        let id = |made: Value| made["id"].as_str().unwrap().to_owned();
        let made = async |path: &str, body: Value| id(admin.post(path, &body).await.expect(201).json());
        let zone = made("/zones", json!({"name": "gate"})).await;
        let group = made("/groups", json!({"name": "staff"})).await;
        made("/grants", json!({"group_id": group, "zone_id": zone})).await;
        let device = json!({"dialect": "qyzn", "serial": "F-1", "zone_id": zone});
        let device = DeviceId::new(made("/devices", device).await);
        Self {
            hub,
            admin,
            group,
            device,
            held: Arc::default(),
            readable: Arc::new(Semaphore::new(0)),
            counts: false,
            keeps_records: false,
        }
    }

    /// The same hub again, over the same data.
    async fn restarted(self) -> Self {
        let folder = self.hub.stop().await;
        let hub = TestHub::start_in(folder, "[faces]\ncheck = \"off\"\n").await;
        let admin = hub.admin().await;
        Self { hub, admin, ..self }
    }

    fn connect(&self) -> Connected {
        let (asked, receiver) = mpsc::unbounded_channel();
        let fake = Arc::new(Fake {
            held: Arc::clone(&self.held),
            counts: self.counts,
            asked,
            readable: Arc::clone(&self.readable),
            breaks: AtomicBool::new(false),
            keeps_records: self.keeps_records,
        });
        let link = Arc::clone(&fake);
        let live = hub::presence::arrived(self.hub.running.hub(), self.device.clone(), link);
        Connected {
            live,
            fake,
            asked: receiver,
        }
    }

    async fn disconnect(&self, connected: Connected) {
        hub::presence::left(self.hub.running.hub(), &connected.live).await;
    }

    async fn person(&self, id: &str) {
        let person = json!({"id": id, "name": format!("name of {id}"), "groups": [self.group]});
        self.admin.post("/persons", &person).await.expect(201);
    }

    fn path(&self, rest: &str) -> String {
        format!("/devices/{}{rest}", self.device)
    }

    async fn tell(&self, kind: &str) -> String {
        let told = self
            .admin
            .post(&self.path("/commands"), &json!({"kind": kind}))
            .await;
        told.expect(202).json()["id"].as_str().unwrap().to_owned()
    }

    async fn get(&self, rest: &str) -> Value {
        self.admin.get(&self.path(rest)).await.expect(200).json()
    }

    async fn strays(&self) -> Vec<String> {
        let strays = self.admin.all(&self.path("/strays")).await;
        let id = |stray: &Value| stray["wire_id"].as_str().unwrap().to_owned();
        strays.iter().map(id).collect()
    }
}

#[tokio::test]
async fn a_count_that_differs_after_a_reconnect_is_put_right() {
    let mut site = Site::start().await;
    site.counts = true;
    site.person("a").await;
    site.person("b").await;
    let mut device = site.connect();
    device.expect(&["count", "put a", "put b"]).await;
    // Another connection, nothing changed.
    site.tell("open_door").await;
    device.expect(&["open_door"]).await;
    site.disconnect(device).await;
    let mut device = site.connect();
    device.expect(&["count"]).await;
    site.tell("open_door").await;
    device.expect(&["open_door"]).await;
    site.disconnect(device).await;
    // By hand: b off, two others on.
    {
        let mut held = site.held.lock().unwrap();
        held.remove("b");
        held.extend(["x".to_owned(), "y".to_owned()]);
    }
    let mut device = site.connect();
    device.expect(&["count", "list", "put b"]).await;
    assert_eq!(site.strays().await, ["x", "y"]);
    let audit = site.admin.all("/audit").await;
    let verified = audit
        .iter()
        .find(|entry| entry["action"] == "roster.verify")
        .unwrap();
    assert_eq!(
        (&verified["actor"], &verified["detail"]),
        (&json!("hub"), &json!({"held": 3, "missing": 1, "strays": 2}))
    );
    // The strays are known of: the next count is as expected.
    site.tell("open_door").await;
    device.expect(&["open_door"]).await;
    site.disconnect(device).await;
    let mut device = site.connect();
    device.expect(&["count"]).await;
    site.tell("open_door").await;
    device.expect(&["open_door"]).await;
}

#[tokio::test]
async fn a_device_that_cannot_count_is_not_listed_at_each_connection() {
    let site = Site::start().await;
    site.held.lock().unwrap().insert("x".to_owned());
    site.person("a").await;
    let mut device = site.connect();
    device.expect(&["put a"]).await;
    assert!(site.strays().await.is_empty());
    let verify = site.path("/roster/verify");
    site.admin.post(&verify, &json!({})).await.expect(202);
    device.expect(&["list"]).await;
    site.person("b").await;
    device.expect(&["put b"]).await;
    assert_eq!(site.strays().await, ["x"]);
}

#[tokio::test]
async fn records_are_brought_here_before_they_are_cleared_and_the_door_does_not_wait() {
    let site = Site::start().await;
    let mut device = site.connect();
    let live = Arc::clone(&device.live);
    let record = live.records.begin();
    let cleared = site.tell("clear_records").await;
    device.expect(&["recall None"]).await;
    let rebooted = site.tell("reboot").await;
    site.tell("open_door").await;
    // A record is still being taken.
    device.expect(&["open_door"]).await;
    let state = async |id: &str| {
        let command = site.admin.get(&format!("/commands/{id}")).await.expect(200);
        command.json()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (state(&cleared).await, state(&rebooted).await),
        ("sent".into(), "queued".into())
    );
    drop(record);
    device.expect(&["clear_records", "reboot"]).await;
    assert_eq!(state(&cleared).await, "done");
}

#[tokio::test]
async fn records_that_do_not_come_are_not_cleared() {
    let mut site = Site::start().await;
    site.keeps_records = true;
    let mut device = site.connect();
    let cleared = site.tell("clear_records").await;
    device.expect(&["recall None"]).await;
    site.tell("reboot").await;
    device.expect(&["reboot"]).await;
    let command = site
        .admin
        .get(&format!("/commands/{cleared}"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&command["state"], &command["error"]),
        (&json!("failed"), &json!("not now"))
    );
}

#[tokio::test]
async fn the_door_does_not_wait_for_an_import_and_people_do() {
    let site = Site::start().await;
    site.held.lock().unwrap().extend(["p".to_owned(), "q".to_owned()]);
    let mut device = site.connect();
    site.admin
        .post(&site.path("/import"), &json!({}))
        .await
        .expect(202);
    device.expect(&["read"]).await;
    site.admin
        .post(&site.path("/import"), &json!({}))
        .await
        .problem(409, "running");
    site.person("a").await;
    site.tell("open_door").await;
    device.expect(&["open_door"]).await;
    site.readable.add_permits(1);
    site.tell("reboot").await;
    device.expect(&["reboot"]).await;
    site.readable.add_permits(1);
    device.expect(&["put a"]).await;
    let import = site.get("/import").await;
    assert_eq!(
        (&import["state"], &import["persons"]),
        (&json!("done"), &json!(2))
    );
}

#[tokio::test]
async fn an_import_that_was_cut_short_goes_on_after_a_reconnect_and_after_a_restart() {
    let site = Site::start().await;
    let ids = ["p", "q", "r"];
    site.held.lock().unwrap().extend(ids.map(str::to_owned));
    let mut device = site.connect();
    site.admin
        .post(&site.path("/import"), &json!({}))
        .await
        .expect(202);
    device.expect(&["read"]).await;
    device.fake.breaks.store(true, Ordering::Relaxed);
    site.readable.add_permits(1);
    site.disconnect(device).await;
    assert_eq!(site.get("/import").await["state"], "running");

    let mut device = site.connect();
    device.expect(&["read"]).await;
    site.readable.add_permits(2);
    let site = site.restarted().await;
    assert_eq!(site.get("/import").await["state"], "running");
    let mut device = site.connect();
    device.expect(&["read"]).await;
    site.person("a").await;
    site.readable.add_permits(ids.len());
    device.expect(&["put a"]).await;
    let import = site.get("/import").await;
    assert_eq!(
        (&import["state"], &import["persons"]),
        (&json!("done"), &json!(3))
    );
    assert_eq!(site.admin.all("/persons").await.len(), ids.len() + 1);
}
