//! The doors of the demo: one terminal for each dialect, and what can be seen of each dialect at its door.

use super::client::Kiosk;
use crate::config::{Effective, Side, Sources, TERMINAL};
use anyhow::{Context, Result};
use face::Engine;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use terminal::StartOptions;

/// What a pass should come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The kiosk's answer.
    pub(crate) door: &'static str,
    /// The hub's record; `None` where the wire tells of no such pass.
    pub(crate) hub: Option<&'static str>,
}

impl Expected {
    /// The same at both.
    pub(crate) const fn both(result: &'static str) -> Self {
        Self {
            door: result,
            hub: Some(result),
        }
    }

    /// The door alone knows.
    const fn at_the_door(result: &'static str) -> Self {
        Self {
            door: result,
            hub: None,
        }
    }
}

/// Who dials whom.
enum Meeting {
    /// The terminal dials the hub: its setting that leads it there; `None` where the hub does not listen.
    AtTheHub(fn(&hub::Listeners) -> Option<String>),
    /// The hub dials the terminal.
    AtTheTerminal {
        /// The terminal's settings.
        sets: &'static [&'static str],
        /// What the hub must know to dial it; `None` where the terminal does not listen.
        dial: fn(&terminal::Listeners) -> Option<Dial>,
    },
}

/// What the hub must know of a terminal that it dials.
pub(crate) struct Dial {
    /// Where the terminal is, in the words of the hub's API; this changes with each start.
    pub(crate) place: Value,
    /// What it asks for, as it comes from the factory.
    pub(crate) credentials: Value,
}

/// A door of the demo, before it is there.
pub(crate) struct Plan {
    /// The dialect.
    pub(crate) dialect: &'static str,
    /// The terminal's serial.
    pub(crate) serial: &'static str,
    meeting: Meeting,
    /// Nobody is on such a terminal without a photo.
    pub(crate) needs_photo: bool,
    /// Somebody blocked is on the terminal, too.
    pub(crate) knows_blocked: bool,
    /// A face that nobody has.
    pub(crate) stranger: Expected,
    /// Somebody who is blocked.
    pub(crate) blocked: Expected,
    /// A visitor whose time is over.
    pub(crate) after_visit: Expected,
    /// A card that nobody has.
    pub(crate) unknown_card: Expected,
}

/// A door whose wire tells everything.
const TALKATIVE: Plan = Plan {
    dialect: "",
    serial: "",
    meeting: Meeting::AtTheHub(|_| None),
    needs_photo: true,
    knows_blocked: true,
    stranger: Expected::both("stranger"),
    blocked: Expected::both("blocked"),
    after_visit: Expected::both("expired"),
    unknown_card: Expected::both("not_authorised"),
};

/// Every door.
pub(crate) const DOORS: &[Plan] = &[
    Plan {
        dialect: "qyzn",
        serial: "DEMO-QYZN-1",
        meeting: Meeting::AtTheHub(|hub| Some(format!("qyzn.platform={}", hub.qyzn.as_ref()?))),
        needs_photo: false,
        // The wire does not tell an unknown card from an unknown face.
        unknown_card: Expected {
            door: "not_authorised",
            hub: Some("stranger"),
        },
        ..TALKATIVE
    },
    Plan {
        dialect: "mqtt",
        serial: "DEMO-MQTT-1",
        meeting: Meeting::AtTheHub(|hub| Some(format!("mqtt.broker=tcp://{}", hub.mqtt.as_ref()?))),
        ..TALKATIVE
    },
    Plan {
        dialect: "facegate",
        serial: "1000000003",
        meeting: Meeting::AtTheTerminal {
            sets: &["facegate.listen=127.0.0.1:0"],
            dial: |terminal| {
                Some(Dial {
                    place: json!({ "address": terminal.facegate?.to_string() }),
                    credentials: json!({ "user": "admin", "password": "admin" }),
                })
            },
        },
        // The wire has one word for every refusal of somebody known.
        after_visit: Expected {
            door: "expired",
            hub: Some("denied"),
        },
        ..TALKATIVE
    },
    Plan {
        dialect: "lan",
        serial: "DEMO-LAN-1",
        meeting: Meeting::AtTheTerminal {
            sets: &["lan.listen=127.0.0.1:0"],
            dial: |terminal| {
                Some(Dial {
                    place: json!({ "address": terminal.lan?.to_string() }),
                    credentials: json!({ "key": "abc" }),
                })
            },
        },
        // The wire has passes of people and nothing else, and no word for somebody who is known and may not pass.
        knows_blocked: false,
        stranger: Expected::at_the_door("stranger"),
        blocked: Expected::at_the_door("stranger"),
        after_visit: Expected::at_the_door("expired"),
        unknown_card: Expected::at_the_door("not_authorised"),
        ..TALKATIVE
    },
    Plan {
        dialect: "openapi",
        serial: "DEMO-OPENAPI-1",
        meeting: Meeting::AtTheTerminal {
            sets: &[
                "openapi.listen=127.0.0.1:0",
                "openapi.push_listen=127.0.0.1:0",
                "openapi.platform=",
            ],
            dial: |terminal| {
                let (address, push_address) = (terminal.openapi?, terminal.openapi_push?);
                Some(Dial {
                    place: json!({ "address": address.to_string(), "push_address": push_address.to_string() }),
                    credentials: json!({ "password": "123456" }),
                })
            },
        },
        // The wire has no results, only kinds of people: who is turned away is told as a stranger.
        after_visit: Expected {
            door: "expired",
            hub: Some("stranger"),
        },
        ..TALKATIVE
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
    /// Starts a terminal that dials the hub, or is dialled.
    pub(crate) async fn start(
        plan: &'static Plan,
        data: &Path,
        hub: &hub::Listeners,
        engine: Option<Arc<Engine>>,
    ) -> Result<Self> {
        let mut sets = vec![
            format!("terminal.data={}", data.join(plan.dialect).display()),
            format!("terminal.serial={}", plan.serial),
            format!("terminal.name={} door", plan.dialect),
            // Every pass counts, however soon the next one comes.
            "terminal.repeat_seconds=0".to_owned(),
            "kiosk.listen=127.0.0.1:0".to_owned(),
        ];
        match plan.meeting {
            Meeting::AtTheHub(platform) => sets.push(
                platform(hub)
                    .with_context(|| format!("the hub has no listener for terminals of {}", plan.dialect))?,
            ),
            Meeting::AtTheTerminal { sets: more, .. } => {
                sets.extend(more.iter().map(|set| (*set).to_owned()));
            }
        }
        let config = configured(&TERMINAL, sets)?;
        let terminal = terminal::Terminal::start(config, StartOptions { engine }).await?;
        let address = terminal.listeners().kiosk.context("the terminal has no kiosk")?;
        Ok(Self {
            plan,
            address: address.to_string(),
            terminal,
        })
    }

    /// What the hub must know to dial it; `None` where the terminal dials the hub.
    pub(crate) fn dial(&self) -> Result<Option<Dial>> {
        match self.plan.meeting {
            Meeting::AtTheHub(_) => Ok(None),
            Meeting::AtTheTerminal { dial, .. } => {
                let dial = dial(self.terminal.listeners())
                    .with_context(|| format!("the terminal of {} does not listen", self.plan.dialect));
                dial.map(Some)
            }
        }
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
