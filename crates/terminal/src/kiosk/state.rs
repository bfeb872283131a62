//! The state of the terminal, as the screen shows it.

use super::Kiosk;
use crate::connections::Connection;
use crate::decider::Decider;
use crate::device::Device;
use crate::door::DoorState;
use crate::pass::{Pass, Sensors};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// `GET /api/state` (terminal rule 5), and the event `state`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Snapshot {
    started_at: Timestamp,
    now: Timestamp,
    serial: String,
    name: String,
    volume: Option<f64>,
    language: String,
    door: DoorState,
    counts: Counts,
    connections: BTreeMap<&'static str, Connection>,
    recognition: Recognition,
    decider: Decider,
    sensors: Sensors,
    last: Option<Pass>,
}

#[derive(Debug, Clone, Serialize)]
struct Counts {
    persons: usize,
    records: u64,
}

/// Whether faces can be recognised; else what to do.
#[derive(Debug, Clone, Serialize)]
struct Recognition {
    available: bool,
    problem: Option<String>,
}

impl Snapshot {
    pub(super) fn of(device: &Device) -> Self {
        Self {
            started_at: device.started_at(),
            now: device.clock.now(),
            serial: device.config.terminal.serial.clone(),
            name: device
                .behaviour()
                .name
                .clone()
                .unwrap_or_else(|| device.config.terminal.name.clone()),
            volume: device.behaviour().volume,
            language: device.config.terminal.language.clone(),
            door: device.door.state(),
            counts: Counts {
                persons: device.people.len(),
                records: device.journal.count(),
            },
            connections: device.connections.all(),
            recognition: Recognition {
                available: device.engine.is_ok(),
                problem: device.engine.as_ref().err().cloned(),
            },
            decider: device.decisions.decider(),
            sensors: *device.sensors.lock().unwrap_or_else(PoisonError::into_inner),
            last: device
                .last_pass
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }
}

pub(super) async fn state(State(kiosk): State<Kiosk>) -> Json<Snapshot> {
    Json(Snapshot::of(&kiosk.device))
}
