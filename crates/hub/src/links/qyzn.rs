//! The hub's side of qyzn: terminals dial in.

use crate::state::Hub;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves terminals until the hub stops.
pub async fn serve(hub: Arc<Hub>, listener: TcpListener) {
    hub.shutdown.cancelled().await;
    drop(listener);
}
