//! Being asked to stop, and stopping in time.

use std::future::Future;
use std::time::Duration;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The process is gone at the latest 10 s after it was asked; what is not finished by then is left to the next start.
const STOP_WITHIN: Duration = Duration::from_secs(9);

/// Hears SIGTERM and Ctrl-C from the moment that it is made, so that a side which is still starting stops like any other.
pub(crate) struct Stop {
    #[cfg(unix)]
    signals: Option<(Signal, Signal)>,
}

impl Stop {
    /// Begins to hear.
    pub(crate) fn hear() -> Self {
        Self {
            #[cfg(unix)]
            signals: signal(SignalKind::terminate())
                .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)))
                .inspect_err(
                    |error| tracing::warn!(%error, "signals cannot be heard; the end comes unannounced"),
                )
                .ok(),
        }
    }

    /// Resolves once somebody asked.
    pub(crate) async fn requested(self) {
        #[cfg(unix)]
        if let Some((mut terminate, mut interrupt)) = self.signals {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            return;
        }
        // Without signals there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Lets `stopping` finish, for as long as there is time.
pub(crate) async fn finish(stopping: impl Future<Output = ()>) {
    if tokio::time::timeout(STOP_WITHIN, stopping).await.is_err() {
        tracing::warn!("not everything was finished in time; going anyway");
    }
}
