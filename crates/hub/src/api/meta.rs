//! Health, readiness and metrics.

use super::permission::Read;
use super::problem::Problem;
use super::scope;
use crate::config::MetricsAccess;
use crate::state::Hub;
use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Seconds after which who asks for readiness too early may ask again.
const RETRY_SECONDS: u64 = 1;

/// That it is well.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The version that runs.
    version: &'static str,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
}

fn well() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()), responses((status = 200, body = Health)))]
async fn healthz() -> Json<Health> {
    well()
}

/// Everything is up: listeners are bound and the database answers.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()), responses(
    (status = 200, body = Health), (status = 503, description = "Not yet, or no more")
))]
async fn readyz(State(hub): State<Arc<Hub>>) -> Result<Json<Health>, Problem> {
    if !hub.ready.load(Ordering::Acquire) {
        return Err(Problem::busy(RETRY_SECONDS));
    }
    hub.store.outbox.extent().await.map_err(|error| {
        tracing::error!(%error, "not ready: the database does not answer");
        Problem::busy(RETRY_SECONDS)
    })?;
    Ok(well())
}

/// Figures for Prometheus; wants a token with `metrics:read` unless `admin.metrics = "open"`.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = String)))]
async fn metrics(State(hub): State<Arc<Hub>>, request: Request) -> Result<Response, Problem> {
    if hub.config.admin.metrics == MetricsAccess::Token {
        let (mut parts, _) = request.into_parts();
        Read::<scope::Metrics>::from_request_parts(&mut parts, &hub).await?;
    }
    let streams = hub.config.limits.event_streams;
    crate::metrics::event_streams(streams.saturating_sub(hub.streams.available_permits()));
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, hub.metrics.render()).into_response())
}
