//! The plain page at `/`: devices and live records, until the console comes.

use crate::state::Hub;
use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use std::sync::Arc;

const PAGE: &str = include_str!("../../../../web/console/index.html");
const SCRIPT: &str = include_str!("../../../../web/console/app.js");
const STYLE: &str = include_str!("../../../../web/console/app.css");

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route(
            "/app.js",
            get(|| async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT) }),
        )
        .route(
            "/app.css",
            get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE) }),
        )
}
