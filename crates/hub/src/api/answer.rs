//! Answers that carry an object, its revision and its place; and the guard on changes (hub rules 10 and 11).

use super::problem::Problem;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// 201 with the object and where it is now.
pub fn created<T: Serialize>(location: &str, revision: i64, object: T) -> Response {
    let mut headers = revision_header(revision);
    if let Ok(value) = HeaderValue::from_str(location) {
        headers.insert(header::LOCATION, value);
    }
    (StatusCode::CREATED, headers, Json(object)).into_response()
}

/// 200 with the object.
pub fn object<T: Serialize>(revision: i64, object: T) -> Response {
    (revision_header(revision), Json(object)).into_response()
}

/// 204.
#[must_use]
pub fn deleted() -> StatusCode {
    StatusCode::NO_CONTENT
}

fn revision_header(revision: i64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        headers.insert(header::ETAG, value);
    }
    headers
}

/// The revision that a change expects (`If-Match: "<revision>"`); without the header a change is unconditional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        text.trim_start_matches("W/")
            .trim_matches('"')
            .parse()
            .map(|revision| Self(Some(revision)))
            .map_err(|_| {
                Problem::bad_request(
                    "bad_if_match",
                    "If-Match is the object's revision in quotes, as in \"3\"",
                )
            })
    }
}
