//! Looking after a device that says by pushes and answers that it is there (hub rule 21).

use super::Line;
use crate::links::{CallError, Failure, LiveLink};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Periods without a sign of life after which a device is gone.
const PERIODS: u32 = 3;

/// A device that can be asked whether it is there.
#[async_trait]
pub trait Polled: Send + Sync {
    /// The line to it.
    fn line(&self) -> &Line;

    /// Asks something small.
    ///
    /// # Errors
    /// [`CallError`].
    async fn poll(&self) -> Result<(), CallError>;
}

/// Resolves once the device gave no sign of life for three periods, takes our credentials no more, refuses connections, or
/// the link is to end. It is polled only while nothing else comes from it.
pub async fn by_period(device: &dyn Polled, live: &LiveLink) {
    let line = device.line();
    let period = Duration::from_secs(line.hub.config.devices.period_seconds);
    loop {
        let quiet = quiet(line, live);
        let rest = period.saturating_sub(quiet);
        if !rest.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(rest) => continue,
                () = line.closing.cancelled() => return,
            }
        }
        // A call under way has its own bounds; it may take long, as those do that install a program.
        let polled = if line.client.is_busy() {
            None
        } else {
            let left = period.saturating_mul(PERIODS).saturating_sub(quiet);
            tokio::select! {
                polled = tokio::time::timeout(left, device.poll()) => Some(polled),
                () = line.closing.cancelled() => return,
            }
        };
        match polled {
            Some(Ok(Ok(()))) => {
                live.seen(Timestamp::now());
                continue;
            }
            Some(Ok(Err(error))) if is_gone(&error) => {
                tracing::info!(device = %live.device, %error, "the device is gone");
                return;
            }
            Some(Err(_)) => {
                tracing::info!(device = %live.device, "the device gave no sign of life");
                return;
            }
            Some(Ok(Err(_))) | None => {}
        }
        tokio::select! {
            () = tokio::time::sleep(period / PERIODS) => {}
            () = line.closing.cancelled() => return,
        }
    }
}

fn is_gone(error: &CallError) -> bool {
    matches!(error.failure, Failure::Auth | Failure::Disconnected)
}

/// For how long nothing came from the device.
fn quiet(line: &Line, live: &LiveLink) -> Duration {
    if let Some(answer) = line.client.last_answer() {
        live.seen(answer);
    }
    let since = Timestamp::now().duration_since(live.last_seen());
    since.max(SignedDuration::ZERO).unsigned_abs()
}
