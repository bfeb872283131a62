//! Errors as RFC 9457 problems.

use crate::pass::PassError;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use store::StoreError;

/// Seconds after which a busy terminal may be asked again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// An error on its way to the caller.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// The field that is wrong, for input.
    path: Option<&'static str>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            path: None,
        }
    }

    /// A field of the body that cannot be taken.
    pub(super) fn field(path: &'static str, detail: impl Into<String>) -> Self {
        Self {
            path: Some(path),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or_default();
        let mut body = json!({
            "type": "about:blank", "title": title, "status": self.status.as_u16(), "code": self.code,
            "detail": self.detail,
        });
        if let (Some(path), Some(body)) = (self.path, body.as_object_mut()) {
            let errors = json!([{ "path": path, "code": self.code, "message": self.detail }]);
            body.insert("errors".to_owned(), errors);
        }
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, kind, body.to_string()).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

impl From<PassError> for Problem {
    fn from(error: PassError) -> Self {
        let (status, code) = match &error {
            PassError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            PassError::Image(image) if image.fault() == model::FaceFault::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large")
            }
            PassError::Image(_) => (StatusCode::UNPROCESSABLE_ENTITY, "not_an_image"),
            PassError::NoEngine(_) => (StatusCode::SERVICE_UNAVAILABLE, "no_models"),
            PassError::Store(StoreError::Busy { .. }) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            PassError::Store(StoreError::Full { .. }) => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            PassError::Engine(_) | PassError::Store(_) => {
                tracing::error!(%error, "a pass failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        let status = rejection.status();
        let code = if status == StatusCode::PAYLOAD_TOO_LARGE {
            "too_large"
        } else {
            "unreadable"
        };
        Self::new(status, code, rejection.body_text())
    }
}

pub(super) async fn no_such_path() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this path",
    )
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path does not take this method",
    )
}
