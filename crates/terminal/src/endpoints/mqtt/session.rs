//! Register, and beat (2.1.1, 2.1.2).

use super::LinkEnd;
use crate::config::MqttConfig;
use crate::device::Device;
use dialects::mqtt::session::PROTOCOL_VERSION;
use dialects::mqtt::{DeviceRequest, ErrorCode, KeepAlive, Register, RegisterResp};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// What the document calls the hardware's version.
const HARDWARE_VERSION: &str = "MENSHEN";

/// How far a connection has got.
#[derive(Debug)]
enum Phase {
    /// The broker is being dialled.
    Dialling,
    /// `register` was sent; when it is sent again.
    Registering(Instant),
    /// The platform knows this terminal; when the next `keepAlive` is due.
    Online(Instant),
}

/// The session of one connection.
pub(super) struct Session {
    phase: Phase,
    token: String,
    heartbeat: Duration,
    register_again: Duration,
}

impl Session {
    /// Before the broker is reached.
    pub(super) fn new(config: &MqttConfig) -> Self {
        Self {
            phase: Phase::Dialling,
            token: String::new(),
            heartbeat: Duration::from_secs(config.heartbeat_seconds),
            register_again: Duration::from_secs(config.register_seconds),
        }
    }

    /// Whether the platform knows this terminal: before that only `register` is sent (terminal rule 26).
    pub(super) fn is_online(&self) -> bool {
        matches!(self.phase, Phase::Online(_))
    }

    /// What the platform gave at registration.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// When something is to be said.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.phase {
            Phase::Dialling => None,
            Phase::Registering(at) | Phase::Online(at) => Some(at),
        }
    }

    /// What is to be said now: `register` after the broker was reached, and again without an answer; `keepAlive` after.
    pub(super) fn say(&mut self, device: &Device) -> DeviceRequest {
        let now = Instant::now();
        let serial = device.config.terminal.serial.clone();
        if self.is_online() {
            self.phase = Phase::Online(now + self.heartbeat);
            return KeepAlive {
                device_no: serial,
                token: self.token.clone(),
                longitude: None,
                latitude: None,
            }
            .into();
        }
        self.phase = Phase::Registering(now + self.register_again);
        let register = Register {
            device_no: serial,
            time: device.clock.now().as_second().to_string(),
            rand: hex::encode(rand::random::<[u8; 16]>()),
            protocol: PROTOCOL_VERSION.to_owned(),
            hardware: HARDWARE_VERSION.to_owned(),
            software: device.version(),
            algorithm: face::MODEL_VERSION.to_owned(),
            serial_no: None,
            sign: String::new(),
        };
        register.signed().into()
    }

    /// Takes `registerResp`: sets the clock (terminal rule 19) and keeps the token. True where the platform knows this
    /// terminal since now. One that is there before `register` was sent answers that of an older connection.
    pub(super) async fn registered(
        &mut self,
        answer: &RegisterResp,
        device: &Device,
    ) -> Result<bool, LinkEnd> {
        if matches!(self.phase, Phase::Dialling) {
            tracing::debug!(code = %answer.code, "an older answer to register is ignored");
            return Ok(false);
        }
        if answer.code != ErrorCode::Success {
            return Err(LinkEnd::Refused(answer.code));
        }
        answer.token.trim().clone_into(&mut self.token);
        set_clock(answer, device).await;
        let newly = !self.is_online();
        self.phase = Phase::Online(Instant::now() + self.heartbeat);
        Ok(newly)
    }
}

async fn set_clock(answer: &RegisterResp, device: &Device) {
    let told = answer.milliseconds().filter(|time| *time > 0);
    let Some(time) = told.and_then(|time| Timestamp::from_millisecond(time).ok()) else {
        tracing::warn!(time = answer.time, "the platform told no time");
        return;
    };
    if let Err(error) = device.clock.set(time).await {
        tracing::error!(%error, "the clock's offset could not be kept");
    }
}
