//! The doors of the demo: one terminal for each dialect, and what can be seen of each dialect at its door.

use super::client::Kiosk;
use crate::config::{Effective, Side, Sources, TERMINAL};
use anyhow::{Context, Result};
use face::Engine;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::Arc;
use terminal::StartOptions;

/// What a pass should come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The kiosk's answer.
    pub(crate) door: &'static str,
    /// The hub's record.
    pub(crate) hub: &'static str,
}

impl Expected {
    /// The same at both.
    pub(crate) const fn both(result: &'static str) -> Self {
        Self {
            door: result,
            hub: result,
        }
    }
}

/// A door of the demo, before it is there.
pub(crate) struct Plan {
    /// The dialect.
    pub(crate) dialect: &'static str,
    /// The terminal's serial.
    pub(crate) serial: &'static str,
    /// The terminal's setting that leads it to the hub; `None` where the hub does not listen.
    platform: fn(&hub::Listeners) -> Option<String>,
    /// Nobody is on such a terminal without a photo.
    pub(crate) needs_photo: bool,
    /// A visitor whose time is over.
    pub(crate) after_visit: Expected,
    /// A card that nobody has.
    pub(crate) unknown_card: Expected,
}

/// Every door.
pub(crate) const DOORS: &[Plan] = &[
    Plan {
        dialect: "qyzn",
        serial: "DEMO-QYZN-1",
        platform: |hub| Some(format!("qyzn.platform={}", hub.qyzn.as_ref()?)),
        needs_photo: false,
        after_visit: Expected::both("expired"),
        // The wire does not tell an unknown card from an unknown face.
        unknown_card: Expected {
            door: "not_authorised",
            hub: "stranger",
        },
    },
    Plan {
        dialect: "mqtt",
        serial: "DEMO-MQTT-1",
        platform: |hub| Some(format!("mqtt.broker=tcp://{}", hub.mqtt.as_ref()?)),
        needs_photo: true,
        // The wire has days: at the minute it is the hub that tells the terminal.
        after_visit: Expected::both("expired"),
        unknown_card: Expected::both("not_authorised"),
    },
];

/// A door that is there.
pub(crate) struct Door {
    /// What it is.
    pub(crate) plan: &'static Plan,
    /// Where its kiosk is.
    pub(crate) address: String,
    terminal: terminal::Running,
}

impl Door {
    /// Starts a terminal that dials the hub.
    pub(crate) async fn start(
        plan: &'static Plan,
        data: &Path,
        hub: &hub::Listeners,
        engine: Option<Arc<Engine>>,
    ) -> Result<Self> {
        let platform = (plan.platform)(hub)
            .with_context(|| format!("the hub has no listener for terminals of {}", plan.dialect))?;
        let sets = vec![
            format!("terminal.data={}", data.join(plan.dialect).display()),
            format!("terminal.serial={}", plan.serial),
            format!("terminal.name={} door", plan.dialect),
            // Every pass counts, however soon the next one comes.
            "terminal.repeat_seconds=0".to_owned(),
            "kiosk.listen=127.0.0.1:0".to_owned(),
            platform,
        ];
        let config = configured(&TERMINAL, sets)?;
        let terminal = terminal::Terminal::start(config, StartOptions { engine }).await?;
        let address = terminal.listeners().kiosk.context("the terminal has no kiosk")?;
        Ok(Self {
            plan,
            address: address.to_string(),
            terminal,
        })
    }

    /// Its camera and reader.
    pub(crate) fn kiosk(&self) -> Result<Kiosk> {
        Kiosk::new(&self.address)
    }

    /// Stops it.
    pub(crate) async fn stop(self) {
        self.terminal.stop().await;
    }
}

/// A side's configuration: its defaults, and these over them.
pub(crate) fn configured<T: DeserializeOwned>(side: &Side, sets: Vec<String>) -> Result<T> {
    let sources = Sources {
        sets,
        ..Sources::default()
    };
    Ok(Effective::load(side, &sources)?.read()?)
}
