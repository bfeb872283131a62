//! What the demo's site needs before anyone can pass: a zone with the terminal in it, a group, a grant, people. All
//! through the hub's API, and all of it may be there already from an earlier start.

use super::client::Hub;
use super::people::Role;
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// The terminal's serial.
pub(crate) const SERIAL: &str = "DEMO-QYZN-1";
/// How often the hub is asked about something that takes its time.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// How long a device or a person may take to be where it should be.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// The site, ready.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The API.
    pub(crate) hub: Hub,
    /// The terminal's id.
    pub(crate) device: String,
    /// The group whose members may pass.
    group: String,
}

impl Site {
    /// Makes what is missing and approves the terminal.
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
        let device = until("the terminal to register", || find_device(&hub)).await?;
        let id = text(&device, "id");
        if text(&device, "status") == "pending" {
            let settings = json!({ "name": "Demo door", "zone_id": zone, "direction": "entry" });
            hub.send(Method::POST, &format!("/devices/{id}/approve"), &settings)
                .await?;
        }
        let site = Self {
            hub,
            device: id,
            group,
        };
        until("the terminal to come online", || site.online()).await?;
        Ok(site)
    }

    /// Creates a person, or brings one of an earlier start to the same state, and waits until the terminal knows.
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
        until("the terminal to take the person", || self.held(role.id))
            .await
            .map(drop)
    }

    /// Deletes a person, and waits until the terminal has forgotten them.
    pub(crate) async fn forget(&self, role: &Role) -> Result<()> {
        self.hub.delete(&format!("/persons/{}", role.id)).await?;
        until("the terminal to forget the person", || async {
            let items = self.roster().await?;
            Ok((!items.iter().any(|item| text(item, "person_id") == role.id)).then_some(()))
        })
        .await
    }

    async fn roster(&self) -> Result<Vec<Value>> {
        self.hub
            .items(&format!("/devices/{}/roster?limit=1000", self.device))
            .await
    }

    async fn online(&self) -> Result<Option<()>> {
        let device = self.hub.get(&format!("/devices/{}", self.device)).await?;
        Ok((text(&device, "status") == "online").then_some(()))
    }

    /// The roster's item of a person once it is applied; a refusal is an error.
    async fn held(&self, person: &str) -> Result<Option<Value>> {
        let items = self.roster().await?;
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

async fn find_device(hub: &Hub) -> Result<Option<Value>> {
    let devices = hub.items(&format!("/devices?query={SERIAL}")).await?;
    Ok(devices
        .into_iter()
        .find(|device| text(device, "serial") == SERIAL))
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
