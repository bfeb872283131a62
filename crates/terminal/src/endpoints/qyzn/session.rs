//! Register, log in, keep the clock (4.2, 4.6.2).

use super::LinkEnd;
use super::identity::Identity;
use crate::device::Device;
use dialects::local_time;
use dialects::qyzn::exchange::{Exchange, Moment};
use dialects::qyzn::operation::{Refusal, answer_of};
use dialects::qyzn::{Code, Login, Register, ResponseBody, SyncTime};
use std::time::Duration;
use tokio::time::Instant;

/// How often the clock is set (QUIRKS T55).
pub(super) const SYNC_PERIOD: Duration = Duration::from_secs(5 * 60);

/// How far a connection has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Registering(u32),
    LoggingIn(u32),
    Online,
}

/// The session of one connection.
pub(super) struct Session {
    phase: Phase,
    /// A registration of this very connection is not thrown away at once: the two calls would chase each other.
    fresh: bool,
    sync: Option<(u32, Instant)>,
    sync_due: Instant,
}

/// What an answer meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It was not for the session.
    Unrelated,
    /// The session goes on.
    Going,
    /// The platform knows this terminal now.
    Online,
}

impl Session {
    /// Begins: with `login` where the platform gave an identity before, else with `register`.
    pub(super) async fn begin(
        device: &Device,
        identity: &Identity,
        exchange: &mut Exchange,
        now: Moment,
    ) -> Result<Self, LinkEnd> {
        let known = identity.registration().await.is_some();
        let mut session = Self {
            phase: Phase::Online,
            fresh: false,
            sync: None,
            sync_due: Instant::now() + SYNC_PERIOD,
        };
        if known {
            session.log_in(device, identity, exchange, now).await;
        } else {
            session.register(device, identity, exchange, now);
        }
        Ok(session)
    }

    /// Whether the platform knows this terminal.
    pub(super) fn is_online(&self) -> bool {
        self.phase == Phase::Online
    }

    /// When the clock is due.
    pub(super) fn sync_due(&self) -> Option<Instant> {
        self.is_online().then_some(self.sync_due)
    }

    /// Asks for the time.
    pub(super) fn sync_time(&mut self, device: &Device, exchange: &mut Exchange, now: Moment) {
        self.sync_due = Instant::now() + SYNC_PERIOD;
        let local = device.zone().to_datetime(device.clock.now());
        if let Ok(sequence) = exchange.request(&SyncTime::new(local), now) {
            self.sync = Some((sequence, Instant::now()));
        }
    }

    /// Takes an answer that may be the session's.
    pub(super) async fn answered(
        &mut self,
        (sequence, body): (u32, &ResponseBody),
        device: &Device,
        identity: &Identity,
        exchange: &mut Exchange,
        now: Moment,
    ) -> Result<Progress, LinkEnd> {
        match self.phase {
            Phase::Registering(waiting) if waiting == sequence => {
                let answer = answer_of::<Register>(body);
                let given = answer.map_err(|refusal| LinkEnd::Refused {
                    message: "register",
                    refusal,
                })?;
                identity.keep(Some(given)).await?;
                self.fresh = true;
                self.log_in(device, identity, exchange, now).await;
                Ok(Progress::Going)
            }
            Phase::LoggingIn(waiting) if waiting == sequence => {
                self.logged_in(body, device, identity, exchange, now).await
            }
            _ if self.sync.is_some_and(|(waiting, _)| waiting == sequence) => {
                self.set_clock(body, device).await;
                Ok(Progress::Going)
            }
            _ => Ok(Progress::Unrelated),
        }
    }

    async fn logged_in(
        &mut self,
        body: &ResponseBody,
        device: &Device,
        identity: &Identity,
        exchange: &mut Exchange,
        now: Moment,
    ) -> Result<Progress, LinkEnd> {
        match answer_of::<Login>(body) {
            Ok(_) => {
                self.phase = Phase::Online;
                self.sync_time(device, exchange, now);
                Ok(Progress::Online)
            }
            Err(Refusal::Code {
                code: Code::Unregistered,
                ..
            }) if !self.fresh => {
                identity.keep(None).await?;
                self.register(device, identity, exchange, now);
                Ok(Progress::Going)
            }
            Err(refusal) => {
                if let Refusal::Code {
                    code: Code::Unregistered,
                    ..
                } = refusal
                {
                    identity.keep(None).await?;
                }
                Err(LinkEnd::Refused {
                    message: "login",
                    refusal,
                })
            }
        }
    }

    fn register(&mut self, device: &Device, identity: &Identity, exchange: &mut Exchange, now: Moment) {
        let Identity {
            serial,
            mac,
            device_type,
            ..
        } = identity;
        let request = Register::signed(serial, mac, device_type, unix_seconds(device));
        if let Ok(sequence) = exchange.request(&request, now) {
            self.phase = Phase::Registering(sequence);
        }
    }

    async fn log_in(&mut self, device: &Device, identity: &Identity, exchange: &mut Exchange, now: Moment) {
        let Some(given) = identity.registration().await else {
            return;
        };
        let version = device.version();
        let request = Login::signed(&given, &version, unix_seconds(device));
        if let Ok(sequence) = exchange.request(&request, now) {
            self.phase = Phase::LoggingIn(sequence);
        }
    }

    /// Sets the one clock (terminal rule 19); half of the way there and back has passed since the platform looked.
    async fn set_clock(&mut self, body: &ResponseBody, device: &Device) {
        let Some((_, asked_at)) = self.sync.take() else {
            return;
        };
        let half_way = asked_at.elapsed() / 2;
        let told = answer_of::<SyncTime>(body).ok().and_then(|answer| answer.local());
        let reading = told.and_then(|local| local_time::read(local, &device.zone(), device.clock.now()));
        let Some(time) = reading.and_then(|reading| reading.at.checked_add(half_way).ok()) else {
            tracing::warn!(code = %body.result, "the platform told no time");
            return;
        };
        if let Err(error) = device.clock.set(time).await {
            tracing::error!(%error, "the clock's offset could not be kept");
        }
    }
}

fn unix_seconds(device: &Device) -> u64 {
    u64::try_from(device.clock.now().as_second()).unwrap_or(0)
}
