//! The terminal: how it is called, how it answers, and waiting for it where it restarts.

use super::answers::exact;
use crate::links::dialled::{Answered, DeviceClient};
use crate::links::{CallError, Failure};
use crate::probe::compare::Difference;
use crate::probe::row::{Came, Device, NoAnswer};
use async_trait::async_trait;
use dialects::facegate::{BasicUser, Call, DeviceId, GetSettings, Operation as _, SettingsGroup, answer_of};
use dialects::http::{Call as HttpCall, JSON, Method};
use hyper::header::AUTHORIZATION;
use serde_json::Value;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What every answer has as its status of HTTP (QUIRKS A60).
const OK: u16 = 200;
/// What a caller who is not known may be answered with, too (QUIRKS A60).
const UNAUTHORIZED: u16 = 401;
/// Within this time a terminal that restarts is gone.
const GONE_WITHIN: Duration = Duration::from_secs(3);
/// Within this time it is back.
const BACK_WITHIN: Duration = Duration::from_mins(2);
/// How often it is looked for meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Who a terminal is (3.9).
const WHO: GetSettings = GetSettings(SettingsGroup::SysParam);

pub(super) struct Terminal {
    client: DeviceClient,
    user: BasicUser,
    /// Its number, once it told it.
    device: Option<DeviceId>,
}

impl Terminal {
    pub(super) fn new(client: DeviceClient, user: BasicUser) -> Self {
        Self {
            client,
            user,
            device: None,
        }
    }

    /// The local address that reaches it.
    pub(super) fn local_address(&self) -> Option<IpAddr> {
        self.client.local_address()
    }

    /// The first word: whether anybody is there, and who.
    pub(super) async fn hello(&mut self) -> Result<(), CallError> {
        let answered = self.exchange(&WHO.into()).await?;
        let said = answer_of(&WHO, &answered.body).ok();
        let number = said.and_then(|said| said.text("DeviceID"));
        self.device = number
            .filter(|number| !number.trim().is_empty())
            .map(|number| DeviceId::from(number.as_str()));
        Ok(())
    }

    async fn exchange(&self, call: &Call) -> Result<Answered, CallError> {
        // Whoever asks for the number does not know it (QUIRKS A74).
        let is_who = call.operator() == WHO.operator();
        let device = self.device.as_ref().filter(|_| !is_who);
        let written = HttpCall {
            method: Method::Post,
            target: format!("/action/{}", call.operator()),
            content_type: Some(JSON),
            body: call.request(device),
        };
        let headers = [(AUTHORIZATION, self.user.header())];
        self.client.call(&written, &headers).await
    }

    fn came(&self, call: &Call, answered: Answered) -> Came {
        let status = answered.status;
        let value = dialects::facegate::json::read(&answered.body).unwrap_or_default();
        let device = self.device.clone().unwrap_or_else(|| DeviceId::from(""));
        let exact = exact(call, &answered.body, &value, &device);
        let is_unknown = status == UNAUTHORIZED && matches!(exact, Err(NoAnswer::Refused(_)));
        let mut around = Vec::new();
        if status != OK && !is_unknown {
            around.push(Difference::new(
                "HTTP",
                format!("{status} came, {OK} is expected"),
            ));
        }
        if let Ok(exact) = &exact {
            around.extend(super::answers::dropped(&value, exact));
        }
        Came {
            bytes: answered.body,
            value,
            exact,
            around,
        }
    }

    /// Waits until it is gone for a restart, and back.
    async fn back(&self) {
        let begun = Instant::now();
        let mut was_gone = false;
        while begun.elapsed() < BACK_WITHIN {
            let is_there = self.exchange(&WHO.into()).await.is_ok();
            was_gone |= !is_there;
            if is_there && (was_gone || begun.elapsed() > GONE_WITHIN) {
                return;
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

#[async_trait]
impl Device for Terminal {
    type Request = Call;

    async fn ask(&mut self, call: &Call) -> Result<Came, CallError> {
        let came = match self.exchange(call).await {
            Err(error) if !call.is_answered() && is_silence(&error) => silence(),
            answered => self.came(call, answered?),
        };
        if call.reboots() || !call.is_answered() {
            self.back().await;
        }
        Ok(came)
    }
}

fn is_silence(error: &CallError) -> bool {
    matches!(error.failure, Failure::Timeout | Failure::Disconnected)
}

/// No answer, as documented (QUIRKS A38).
fn silence() -> Came {
    Came {
        bytes: Default::default(),
        value: Value::Null,
        exact: Ok(Value::Null),
        around: Vec::new(),
    }
}
