//! A hub and a terminal that know each other.

use super::{
    Api, Between, Kiosk, PATIENCE, Process, Wire, free_port, here, patience_for, photos, start_hub_over,
    start_terminal, until, until_within, use_ring,
};
use crate::WIRE;
use serde_json::{Value, json};
use std::time::Duration;

/// A hub and a terminal on ports of their own.
pub(crate) struct Pair {
    pub(crate) hub: Process,
    pub(crate) terminal: Process,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) api: Api,
    pub(crate) kiosk: Kiosk,
    pub(crate) device: String,
    pub(crate) group: String,
    pub(crate) grant: String,
    /// Where the dialect meets.
    pub(crate) port: u16,
    /// Where the terminal itself is dialled.
    own: u16,
}

impl Pair {
    /// Starts both, approves the terminal into a zone, and grants a group that zone.
    pub(crate) async fn start(terminal_sets: &[&str]) -> Self {
        Self::start_over(WIRE, terminal_sets).await
    }

    /// The same over a wire of one's choice.
    pub(crate) async fn start_over(wire: &Wire, terminal_sets: &[&str]) -> Self {
        Self::start_between(wire, &[], terminal_sets, |port| port).await
    }

    /// The same with settings of the hub, too.
    pub(crate) async fn start_with_hub(hub_sets: &[&str], terminal_sets: &[&str]) -> Self {
        Self::start_between(WIRE, hub_sets, terminal_sets, |port| port).await
    }

    /// The same with something between the two: given a port that one of them listens at, `between` says which one the
    /// other dials.
    pub(crate) async fn start_between(
        wire: &Wire,
        hub_sets: &[&str],
        terminal_sets: &[&str],
        between: impl FnMut(u16) -> u16,
    ) -> Self {
        Self::start_all(wire, free_port(), hub_sets, terminal_sets, between).await
    }

    /// The same at a port where something else waits already.
    pub(crate) async fn start_at(wire: &Wire, port: u16, terminal_sets: &[&str]) -> Self {
        Self::start_all(wire, port, &[], terminal_sets, |port| port).await
    }

    async fn start_all(
        wire: &Wire,
        port: u16,
        hub_sets: &[&str],
        terminal_sets: &[&str],
        mut between: impl FnMut(u16) -> u16,
    ) -> Self {
        use_ring();
        let folder = tempfile::tempdir().unwrap();
        let reached = between(port);
        let public_url = format!("devices.public_url=http://{}", here(reached));
        let mut hub_sets = hub_sets.to_vec();
        if wire.dialled.is_some() && reached != port {
            hub_sets.push(&public_url);
        }
        let (hub, admin) = start_hub_over(wire, &folder.path().join("hub"), port, &hub_sets).await;
        let own = free_port();
        let mut sets = (wire.terminal)(reached, own);
        sets.extend(terminal_sets.iter().map(|set| (*set).to_owned()));
        let (terminal, kiosk) = start_terminal(&folder.path().join("terminal"), &sets).await;
        let api = Api::sign_in(&admin).await;
        let zone = api.post("/zones", &json!({ "name": "House" })).await["id"].clone();
        let group = api.post("/groups", &json!({ "name": "People" })).await["id"].clone();
        let grant = api
            .post("/grants", &json!({ "group_id": group, "zone_id": zone }))
            .await;
        let more = json!({ "name": "Door", "zone_id": zone, "direction": "entry" });
        let device = introduce(wire, &api, own, &mut between, &more).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (group, grant) = (text(&group), text(&grant["id"]));
        let pair = Self {
            hub,
            terminal,
            folder,
            api,
            kiosk,
            device,
            group,
            grant,
            port,
            own,
        };
        pair.online().await;
        pair
    }

    /// What another hub must know to dial the terminal, which this hub may have given other credentials.
    pub(crate) async fn credentials(&self) -> Value {
        if WIRE.dialled.is_none() {
            return json!({});
        }
        let path = format!("/devices/{}/credentials", self.device);
        let mut credentials = self.api.get(&path).await;
        // By these that hub alone knows what the device pushes.
        for own in ["link_key", "secret"] {
            credentials.as_object_mut().unwrap().remove(own);
        }
        json!({ "credentials": credentials })
    }

    /// Makes another hub know the terminal; the device there.
    pub(crate) async fn introduce_to(&self, api: &Api, more: &Value) -> String {
        introduce(WIRE, api, self.own, &mut |port| port, more).await
    }

    /// Waits until the hub says that the terminal is there.
    pub(crate) async fn online(&self) {
        self.status("online").await;
    }

    /// Waits for a status of the terminal.
    pub(crate) async fn status(&self, status: &str) {
        let is = || async {
            (self.api.try_get(&format!("/devices/{}", self.device)).await?["status"] == status).then_some(())
        };
        until(&format!("the terminal to be {status}"), is).await;
    }

    /// Waits until the hub serves, after a restart.
    pub(crate) async fn hub_ready(&self) {
        until("the hub to be ready", || async {
            self.api.is_ready().await.then_some(())
        })
        .await;
    }

    /// Waits until the kiosk serves, after a restart.
    pub(crate) async fn kiosk_ready(&self) {
        until("the kiosk to be ready", || async { self.kiosk.try_state().await }).await;
    }

    /// Creates a person in the granted group.
    pub(crate) async fn person(&self, id: &str, more: &Value) -> Value {
        let mut person = json!({ "id": id, "name": format!("Name of {id}"), "groups": [self.group] });
        merge(&mut person, more);
        self.api.post("/persons", &person).await
    }

    /// So many people with cards: `p0`, `p1`, …
    pub(crate) async fn people_with_cards(&self, count: usize) {
        let photo = WIRE
            .needs_photo
            .then(|| photos().expect("the face models and sample photos")[1][0].clone());
        for n in 0..count {
            let id = format!("p{n}");
            let (kind, number) = (WIRE.card)(&id);
            let cards = json!({ "credentials": [{ "kind": kind, "number": number }] });
            self.person(&id, &cards).await;
            if let Some(photo) = &photo {
                self.api
                    .upload(&format!("/persons/{id}/photos"), photo.clone())
                    .await;
            }
        }
        self.settled(count).await;
    }

    /// Waits until the terminal holds exactly so many, and nothing is left to do.
    pub(crate) async fn settled(&self, count: usize) {
        self.settled_at(count, count).await;
    }

    /// Waits until so many are applied, nothing is left to do, and the terminal holds `held`.
    pub(crate) async fn settled_at(&self, count: usize, held: usize) {
        let path = format!("/devices/{}/roster", self.device);
        let settled = || async {
            let items = self.api.try_all(&path).await?;
            (items.len() == count && items.iter().all(|item| item["state"] == "applied")).then_some(())
        };
        let applied = format!("{count} people to be applied");
        until_within(patience_for(count), &applied, settled).await;
        let there = || async { (self.kiosk.try_state().await?["counts"]["persons"] == held).then_some(()) };
        until(&format!("{held} people on the terminal"), there).await;
    }

    /// All records of the hub, oldest first.
    pub(crate) async fn records(&self) -> Vec<Value> {
        let mut records = self.api.all("/records").await;
        records.reverse();
        records
    }

    /// Waits until the hub has each record that the terminal has, and gives all, oldest first.
    pub(crate) async fn drained(&self) -> Vec<Value> {
        let made = self.kiosk.state().await["counts"]["records"].as_u64().unwrap();
        let within = PATIENCE + Duration::from_millis(made * 100);
        let arrived = || async {
            let stored = self.api.all("/records").await.len();
            if stored < usize::try_from(made).unwrap() {
                // Listing thousands is work that delays what is waited for.
                tokio::time::sleep(Duration::from_millis(made / 10)).await;
                return None;
            }
            Some(())
        };
        until_within(within, &format!("{made} records at the hub"), arrived).await;
        self.records().await
    }

    /// Waits until the hub has at least so many records, and gives all, oldest first.
    pub(crate) async fn records_at_least(&self, count: usize) -> Vec<Value> {
        let enough = || async { (self.records().await.len() >= count).then_some(()) };
        until(&format!("{count} records"), enough).await;
        self.records().await
    }
}

/// Makes a hub know the terminal: enters it where the hub dials, else approves it once it has come. Gives the device.
async fn introduce(wire: &Wire, api: &Api, own: u16, between: Between<'_>, more: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    if let Some(dialled) = wire.dialled {
        let mut device = dialled(own, between);
        device["dialect"] = wire.name.into();
        merge(&mut device, more);
        return text(&api.post("/devices", &device).await["id"]);
    }
    let pending = until("the terminal to be pending", || api.device(wire.name)).await;
    assert_eq!(pending["status"], "pending");
    let device = text(&pending["id"]);
    api.post(&format!("/devices/{device}/approve"), more).await;
    device
}

/// Puts the keys of the one into the other.
fn merge(into: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}
