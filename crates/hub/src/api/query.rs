//! Query parameters, with faults named field by field.

use super::problem::{FieldError, Problem};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::error::Error as _;

/// The query parameters. A wrong one is 422 with its name as `path`.
#[derive(Debug, Clone)]
pub struct InputQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for InputQuery<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(value) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| {
                let text = rejection
                    .source()
                    .map_or_else(|| rejection.to_string(), ToString::to_string);
                let (path, message) = text.split_once(": ").unwrap_or(("", &text));
                Problem::invalid(vec![FieldError::new(path, "invalid", message)])
            })?;
        Ok(Self(value))
    }
}
