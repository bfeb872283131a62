//! The screen, and who may ask from a browser.

use super::problem::Problem;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

/// The screen, one file without anything from elsewhere.
const PAGE: &str = include_str!("../../../../web/kiosk/index.html");

/// Nothing is loaded from elsewhere and nobody frames the page.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                      img-src 'self' data: blob:; media-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'";

pub(super) async fn page() -> impl IntoResponse {
    (
        [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        Html(PAGE),
    )
}

/// Refuses what another site's page asks of this computer's kiosk: it would open the door.
pub(super) async fn same_origin(request: Request, next: Next) -> Response {
    if is_foreign(request.headers()) {
        let detail = "requests of other sites' pages are refused";
        return Problem::new(StatusCode::FORBIDDEN, "cross_origin", detail).into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let site = origin.split_once("://").map(|(_, site)| site);
    site.is_none() || site != text(header::HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_page_and_programs_may_ask() {
        let headers = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, header::HeaderValue::from_static("127.0.0.1:8090"));
            headers.insert(header::ORIGIN, header::HeaderValue::from_static(origin));
            headers
        };
        assert!(!is_foreign(&HeaderMap::new()));
        assert!(!is_foreign(&headers("http://127.0.0.1:8090")));
        for foreign in ["http://evil.example", "null", "http://127.0.0.1:9999"] {
            assert!(is_foreign(&headers(foreign)), "{foreign}");
        }
    }
}
