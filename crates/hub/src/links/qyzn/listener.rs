//! Accepting connections, so many at a time.

use super::connection;
use crate::state::Hub;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

/// How long to rest when the system gives no more connections (it is out of file descriptors).
const REST_AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(100);

/// Serves terminals until the hub stops; past `limits.qyzn_connections` new ones wait in the system's queue.
pub async fn serve(hub: Arc<Hub>, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(hub.config.limits.qyzn_connections));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = hub.shutdown.cancelled() => break,
            place = Arc::clone(&places).acquire_owned() => {
                let Ok(place) = place else { break };
                tokio::select! {
                    () = hub.shutdown.cancelled() => break,
                    accepted = listener.accept() => accepted.map(|(stream, peer)| (stream, peer, place)),
                }
            }
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let hub = Arc::clone(&hub);
                connections.spawn(async move {
                    connection::run(hub, stream, peer).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a terminal's connection was not accepted");
                tokio::time::sleep(REST_AFTER_ACCEPT_ERROR).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}
