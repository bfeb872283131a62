//! The one recorder of figures in this process.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// Upper bounds of latency histograms, in seconds.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The recorder, installed when first asked for. Several hubs in one process share it; where something else was
/// installed before, figures go there and `/metrics` is empty.
pub(crate) fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || {
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets(SECONDS).unwrap_or_else(|error| {
            tracing::warn!(%error, "histograms are printed as summaries");
            PrometheusBuilder::new()
        });
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if let Err(error) = metrics::set_global_recorder(recorder) {
            tracing::warn!(%error, "figures go to another recorder; /metrics stays empty");
        }
        handle
    };
    HANDLE.get_or_init(install).clone()
}

/// A request of the API was answered.
pub(crate) fn request(
    method: &axum::http::Method,
    path: &str,
    status: axum::http::StatusCode,
    took: std::time::Duration,
) {
    let labels = [
        ("method", method.as_str().to_owned()),
        ("path", path.to_owned()),
        ("status", status.as_str().to_owned()),
    ];
    metrics::counter!("menshen_api_requests_total", &labels).increment(1);
    metrics::histogram!("menshen_api_request_seconds", "path" => path.to_owned()).record(took.as_secs_f64());
}

/// Event streams that are open.
pub(crate) fn event_streams(open: usize) {
    #[allow(clippy::cast_precision_loss)]
    metrics::gauge!("menshen_event_streams").set(open as f64);
}
