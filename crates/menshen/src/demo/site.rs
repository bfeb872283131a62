//! What the demo's site needs before anyone can pass: a zone with the terminals in it, a group, a grant, people. All
//! through the hub's API, and all of it may be there already from an earlier start.

use super::client::Hub;
use super::doors::{Dial, Door, Plan};
use super::people::Role;
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// How often the hub is asked about something that takes its time.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// How long a device or a person may take to be where it should be.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// The site, ready.
pub(crate) struct Site {
    /// The API.
    pub(crate) hub: Hub,
    /// The terminals' ids, and what they are.
    devices: Vec<(String, &'static Plan)>,
    /// The zone that they guard.
    zone: String,
    /// The group whose members may pass.
    group: String,
}

impl Site {
    /// Makes what is missing.
    pub(crate) async fn prepare(hub: Hub) -> Result<Self> {
        let zone = named(&hub, "/zones", "Demo building").await?;
        let group = named(&hub, "/groups", "Demo people").await?;
        let grants = hub.items("/grants").await?;
        if !grants
            .iter()
            .any(|grant| text(grant, "group_id") == group && text(grant, "zone_id") == zone)
        {
            hub.send(
                Method::POST,
                "/grants",
                &json!({ "group_id": group, "zone_id": zone }),
            )
            .await?;
        }
        Ok(Self {
            hub,
            devices: Vec::new(),
            zone,
            group,
        })
    }

    /// Takes a terminal in, waits until it is online, and gives its id.
    pub(crate) async fn admit(&mut self, door: &Door) -> Result<String> {
        let plan = door.plan;
        let settings = json!({ "name": format!("Demo door, {}", plan.dialect), "zone_id": self.zone, "direction": "entry" });
        let id = match door.dial()? {
            Some(dial) => self.enter(plan, dial, settings).await?,
            None => self.approve(plan, &settings).await?,
        };
        until("a terminal to come online", || self.online(&id)).await?;
        self.devices.push((id.clone(), plan));
        Ok(id)
    }

    /// Approves a terminal that came by itself.
    async fn approve(&self, plan: &Plan, settings: &Value) -> Result<String> {
        let find = || find_device(&self.hub, "serial", plan.serial);
        let device = until("a terminal to register", find).await?;
        let id = text(&device, "id");
        if text(&device, "status") == "pending" {
            let approval = format!("/devices/{id}/approve");
            self.hub.send(Method::POST, &approval, settings).await?;
        }
        Ok(id)
    }

    /// Enters a terminal that the hub dials, or the new place of one that is entered already.
    async fn enter(&self, plan: &Plan, dial: Dial, settings: Value) -> Result<String> {
        let name = text(&settings, "name");
        if let Some(device) = find_device(&self.hub, "name", &name).await? {
            let id = text(&device, "id");
            let device = format!("/devices/{id}");
            self.hub.send(Method::PATCH, &device, &dial.place).await?;
            return Ok(id);
        }
        let mut device = json!({ "dialect": plan.dialect, "credentials": dial.credentials });
        for part in [settings, dial.place] {
            if let (Some(device), Value::Object(part)) = (device.as_object_mut(), part) {
                device.extend(part);
            }
        }
        Ok(text(
            &self.hub.send(Method::POST, "/devices", &device).await?,
            "id",
        ))
    }

    /// Creates a person, or brings one of an earlier start to the same state, and waits until all terminals know.
    pub(crate) async fn enrol(&self, role: &Role, kind: &str, valid_until: Option<Timestamp>) -> Result<()> {
        let path = format!("/persons/{}", role.id);
        let known = match self.hub.find(&path).await? {
            Some(person) => person,
            None => {
                let person = json!({ "id": role.id, "name": role.name });
                self.hub.send(Method::POST, "/persons", &person).await?
            }
        };
        let photos = known.get("photos").and_then(Value::as_array);
        let has_photo = photos.is_some_and(|photos| !photos.is_empty());
        if let Some(photo) = role.enrolled.as_ref().filter(|_| !has_photo) {
            self.hub.upload(&format!("{path}/photos"), photo.clone()).await?;
        }
        let cards = role
            .card
            .iter()
            .map(|card| json!({ "kind": "ic_card", "number": card }));
        let belongs = json!({
            "kind": kind, "groups": [self.group], "valid_until": valid_until,
            "credentials": cards.collect::<Vec<_>>(),
        });
        self.hub.send(Method::PATCH, &path, &belongs).await?;
        for (device, plan) in &self.devices {
            if kind == "blocked" && !plan.knows_blocked {
                self.not_held(device, role.id).await?;
            } else {
                until("a terminal to take the person", || self.held(device, role.id)).await?;
            }
        }
        Ok(())
    }

    /// Deletes a person, and waits until no terminal has them.
    pub(crate) async fn forget(&self, role: &Role) -> Result<()> {
        self.hub.delete(&format!("/persons/{}", role.id)).await?;
        for (device, _) in &self.devices {
            self.not_held(device, role.id).await?;
        }
        Ok(())
    }

    /// Waits until a person is not on a terminal, and not wanted there.
    async fn not_held(&self, device: &str, person: &str) -> Result<()> {
        until("a terminal to forget the person", || async {
            let items = self.roster(device).await?;
            Ok((!items.iter().any(|item| text(item, "person_id") == person)).then_some(()))
        })
        .await
    }

    async fn roster(&self, device: &str) -> Result<Vec<Value>> {
        self.hub
            .items(&format!("/devices/{device}/roster?limit=1000"))
            .await
    }

    async fn online(&self, device: &str) -> Result<Option<()>> {
        let device = self.hub.get(&format!("/devices/{device}")).await?;
        Ok((text(&device, "status") == "online").then_some(()))
    }

    /// The roster's item of a person once it is applied; a refusal is an error.
    async fn held(&self, device: &str, person: &str) -> Result<Option<Value>> {
        let items = self.roster(device).await?;
        let Some(item) = items.into_iter().find(|item| text(item, "person_id") == person) else {
            return Ok(None);
        };
        match text(&item, "state").as_str() {
            "applied" => Ok(Some(item)),
            "failed" => bail!(
                "the terminal refused {person}: {}: {}",
                text(&item, "reason"),
                text(&item, "detail")
            ),
            _ => Ok(None),
        }
    }
}

/// The device of which `key` is exactly this.
async fn find_device(hub: &Hub, key: &str, value: &str) -> Result<Option<Value>> {
    let devices = hub.items("/devices?limit=1000").await?;
    Ok(devices.into_iter().find(|device| text(device, key) == value))
}

/// The id of the zone or group with this name, made where it is missing.
async fn named(hub: &Hub, path: &str, name: &str) -> Result<String> {
    let known = hub
        .items(&format!("{path}?limit=1000"))
        .await?
        .into_iter()
        .find(|item| text(item, "name") == name);
    let item = match known {
        Some(item) => item,
        None => hub.send(Method::POST, path, &json!({ "name": name })).await?,
    };
    Ok(text(&item, "id"))
}

/// A text of an answer; empty where there is none.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Asks again and again until there is an answer.
async fn until<T, F: Future<Output = Result<Option<T>>>>(what: &str, ask: impl Fn() -> F) -> Result<T> {
    let deadline = Instant::now() + SETTLED_WITHIN;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("waited {} s in vain for {what}", SETTLED_WITHIN.as_secs());
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// When the deadline of a visit that begins now is over, in whole seconds.
pub(crate) fn visit_end(now: Timestamp, lasts: Duration) -> Result<Timestamp> {
    let end = now.as_second().saturating_add(i64::try_from(lasts.as_secs())?);
    Timestamp::from_second(end).context("the end of a visit")
}
