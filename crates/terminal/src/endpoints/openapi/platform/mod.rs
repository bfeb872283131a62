//! Chapter 9: the platform is asked for changes of the library ([`changes`]), is told passes and decides on them
//! ([`reports`]), and hears that the terminal lives.

mod changes;
mod reports;

use super::{DIALECT, Endpoint};
use crate::endpoints::http::client::{Answer as HttpAnswer, CallError};
use crate::endpoints::http::pushing::{self, Delivery};
use dialects::openapi::platform::{Answer, PlatformOperation, SyHeartbeat, call};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Asks, reports and beats until `end`. Without a platform records have nobody to go to, and are done with.
pub(super) async fn run(endpoint: Arc<Endpoint>, end: CancellationToken) {
    // The address is the configuration's: it does not change.
    let (_steady, changed) = watch::channel(0);
    let delivery = Delivery {
        dialect: DIALECT,
        window: 1,
        resend: Duration::from_secs(endpoint.config.resend_seconds),
        changed,
    };
    let device = Arc::clone(&endpoint.device);
    let reporter = reports::Reporter(Arc::clone(&endpoint));
    let reports = pushing::run(device, reporter, delivery, end.clone());
    if endpoint.config.platform().is_none() {
        return reports.await;
    }
    tokio::join!(
        reports,
        end.run_until_cancelled(changes::poll(&endpoint)),
        async { end.run_until_cancelled(beat(&endpoint)).await }
    );
}

async fn beat(endpoint: &Endpoint) {
    let mut due = tokio::time::interval_at(
        Instant::now(),
        Duration::from_secs(endpoint.config.heartbeat_seconds),
    );
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let heartbeat = SyHeartbeat {
        device: endpoint.id().to_owned(),
        server: endpoint.config.platform().map(str::to_owned),
    };
    loop {
        due.tick().await;
        if let Err(problem) = endpoint.ask(&heartbeat).await {
            tracing::info!(problem, "a heartbeat was not taken");
        }
    }
}

impl Endpoint {
    /// Makes a call of chapter 9 and reads the answer; whether there was one tells how the platform stands.
    async fn ask<O: PlatformOperation>(&self, operation: &O) -> Result<O::Answer, String> {
        let base = self.config.platform().unwrap_or_default();
        let call = call(operation, self.id());
        let answered = self.client.call(base, call).await;
        let answered = match answered {
            Ok(HttpAnswer { status, body }) if (200..300).contains(&status) => {
                O::Answer::parse(&body).map_err(|error| error.to_string())
            }
            Ok(HttpAnswer { status, .. }) => Err(CallError::Status(status).to_string()),
            Err(error) => Err(error.to_string()),
        };
        self.tell(answered.is_ok(), answered.as_ref().err().cloned());
        answered
    }
}
