//! The kiosk: the terminal's screen, and what its sensors would feed, over HTTP (CONTRACT, "Terminal").

mod events;
mod input;
mod page;
mod problem;
mod state;

use crate::device::Device;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post, put};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use events::tell_state;

/// What the handlers share.
#[derive(Clone)]
struct Kiosk {
    device: Arc<Device>,
    streams: Arc<tokio::sync::Semaphore>,
    shutdown: CancellationToken,
}

/// Serves the kiosk until `shutdown`.
pub(crate) async fn serve(listener: TcpListener, device: Arc<Device>, shutdown: CancellationToken) {
    let ended = shutdown.clone().cancelled_owned();
    let served = axum::serve(listener, router(device, shutdown))
        .with_graceful_shutdown(ended)
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the kiosk stopped");
    }
}

fn router(device: Arc<Device>, shutdown: CancellationToken) -> Router {
    let limits = device.config.limits.clone();
    let kiosk = Kiosk {
        streams: Arc::new(tokio::sync::Semaphore::new(limits.event_streams)),
        device,
        shutdown,
    };
    let small = DefaultBodyLimit::max(limits.credential_bytes);
    Router::new()
        .route("/", get(page::page))
        .route(
            "/api/frames",
            post(input::frames).layer(DefaultBodyLimit::max(limits.frame_bytes)),
        )
        .route("/api/credentials", post(input::credentials).layer(small))
        .route(
            "/api/sensors",
            put(input::sensors).get(input::measured).layer(small),
        )
        .route("/api/calls", post(input::calls).layer(small))
        .route("/api/state", get(state::state))
        .route("/api/events", get(events::events))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(middleware::from_fn(page::same_origin))
        .with_state(kiosk)
}
