//! The API's own document: OpenAPI 3.1 at `/api/openapi.json`, for people at `/api/docs`.

use super::problem::ProblemDocument;
use crate::state::Hub;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::Arc;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, SecurityRequirement};
use utoipa::{PartialSchema, ToSchema};

/// The whole document.
#[must_use]
pub fn openapi() -> OpenApi {
    super::frame::documented().into_openapi()
}

/// The document without its paths.
pub(super) fn frame() -> OpenApi {
    let mut schemas = Vec::new();
    ProblemDocument::schemas(&mut schemas);
    let components = ComponentsBuilder::new()
        .schema(ProblemDocument::name(), ProblemDocument::schema())
        .schemas_from_iter(schemas)
        .security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(super::permission::COOKIE))),
        )
        .security_scheme(
            "token",
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        )
        .build();
    let info = InfoBuilder::new()
        .title("Menshen hub")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Who may pass which door and when, and who did. Sign in with POST /api/v1/session, or send a bearer \
             token. Errors are RFC 9457 documents with a stable code; instants are RFC 3339 UTC; lists come in \
             pages; If-Match with an object's revision guards a change.",
        ))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([
            SecurityRequirement::new::<_, [&str; 0], &str>("session", []),
            SecurityRequirement::new::<_, [&str; 0], &str>("token", []),
        ]))
        .build()
}

/// The document and its page.
pub(super) fn routes(document: &OpenApi) -> Router<Arc<Hub>> {
    const HTML: &str = include_str!("../../../../web/console/docs.html");
    const SCRIPT: &str = include_str!("../../../../web/console/docs.js");
    let json = document.to_json().unwrap_or_default();
    Router::new()
        .route(
            "/api/openapi.json",
            get(move || {
                let json = json.clone();
                async move { ([(header::CONTENT_TYPE, "application/json")], json).into_response() }
            }),
        )
        .route("/api/docs", get(|| async { axum::response::Html(HTML) }))
        .route(
            "/api/docs.js",
            get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT) }),
        )
}
