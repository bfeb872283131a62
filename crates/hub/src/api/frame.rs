//! Putting the resources together: routes, resolvers, and what holds for every answer.

use super::problem::Problem;
use super::{access, faces, grants, groups, holidays, persons, photos, schedules, zones};
use super::{audit, document, meta, page_files, session, settings, stream, tokens, users};
use super::{commands, device_settings, devices, records, rooms, rosters, stats, visitors};
use crate::events::Resolvers;
use crate::state::Hub;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use std::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;

/// The resources under `/api/v1`.
fn resources() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(users::routes())
        .merge(tokens::routes())
        .merge(audit::routes())
        .merge(settings::routes())
        .merge(stream::routes())
        .merge(persons::routes())
        .merge(photos::routes())
        .merge(access::routes())
        .merge(groups::routes())
        .merge(zones::routes())
        .merge(schedules::routes())
        .merge(holidays::routes())
        .merge(grants::routes())
        .merge(faces::routes())
        .merge(devices::routes())
        .merge(rosters::routes())
        .merge(rooms::routes())
        .merge(visitors::routes())
        .merge(device_settings::routes())
        .merge(commands::routes())
        .merge(records::routes())
        .merge(stats::routes())
}

/// How each event is told.
pub(crate) fn resolvers() -> Resolvers {
    let mut resolvers = Resolvers::default();
    audit::resolvers(&mut resolvers);
    persons::resolvers(&mut resolvers);
    devices::resolvers(&mut resolvers);
    rosters::resolvers(&mut resolvers);
    commands::resolvers(&mut resolvers);
    records::resolvers(&mut resolvers);
    resolvers
}

/// Everything with its place and its entry in the API's document.
pub(super) fn documented() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::with_openapi(document::frame())
        .merge(meta::routes())
        .nest("/api/v1", resources())
}

/// The admin listener.
pub(crate) fn router(hub: &Arc<Hub>) -> Router {
    let (router, document) = documented().split_for_parts();
    let router = router
        .merge(document::routes(&document))
        .merge(page_files::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(hub.config.photo_bytes()))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(hub), measure));
    hardened(router).with_state(Arc::clone(hub))
}

/// The listener of devices: paths that are no device's are 404.
pub(crate) fn devices_router(hub: &Arc<Hub>) -> Router {
    hardened(crate::links::pushed_routes().fallback(not_found)).with_state(Arc::clone(hub))
}

async fn not_found() -> Problem {
    Problem::not_found()
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this address has other methods; the Allow header names them",
    )
}

/// Figures of each request; and a change may have announced something.
async fn measure(
    axum::extract::State(hub): axum::extract::State<Arc<Hub>>,
    path: Option<axum::extract::MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let path = path.map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    if !method.is_safe() && response.status().is_success() {
        hub.outbox_grew();
    }
    crate::metrics::request(&method, &path, response.status(), begun.elapsed());
    as_problem(response)
}

/// What the framework refuses by itself (a path that is not UTF-8, a broken form) is a problem document too.
fn as_problem(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let framework = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if framework && (status.is_client_error() || status.is_server_error()) {
        let why = "the request could not be understood";
        return Problem::new(status, "refused", why).into_response();
    }
    response
}

/// What every answer has: the headers that keep browsers from guessing, and no panic ends a connection.
fn hardened<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
                          connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    router
        .layer(CatchPanicLayer::custom(|cause: Box<dyn Any + Send>| {
            let text = cause
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| cause.downcast_ref::<&str>().copied())
                .unwrap_or("a panic");
            Problem::internal(&text).into_response()
        }))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::X_FRAME_OPTIONS, "DENY"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
}

#[cfg(test)]
mod tests {
    use super::resolvers;
    use store::hub::Event;

    #[test]
    fn every_event_can_be_told() {
        let resolvers = resolvers();
        for event in Event::ALL {
            assert!(resolvers.knows(event), "{}", event.name());
            assert_eq!(Event::of_name(event.name()), Some(event));
        }
    }
}
