//! Being asked to stop, and stopping in time.

use std::future::Future;
use std::time::Duration;

/// The process is gone at the latest 10 s after it was asked; what is not finished by then is left to the next start.
const STOP_WITHIN: Duration = Duration::from_secs(9);

/// Resolves at SIGTERM or Ctrl-C.
pub(crate) async fn requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals there is nothing to wait for but the end of the process.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Lets `stopping` finish, for as long as there is time.
pub(crate) async fn finish(stopping: impl Future<Output = ()>) {
    if tokio::time::timeout(STOP_WITHIN, stopping).await.is_err() {
        tracing::warn!("not everything was finished in time; going anyway");
    }
}
