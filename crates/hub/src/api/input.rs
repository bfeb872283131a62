//! Request bodies: bounded, timed, and with faults named field by field (hub rule 10).

use super::problem::{FieldError, Problem};
use crate::state::Hub;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A JSON body. Not JSON (or nested too deeply) is 400, wrong fields are 422, too large is 413, too slow is 408.
#[derive(Debug, Clone)]
pub struct Input<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Hub>> for Input<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let bytes = read(request.into_body(), hub.config.body_bytes(), hub).await?;
        parse(&bytes).map(Self)
    }
}

/// A body that is a file: a photo or another upload, bounded by `limits.photo_kb`.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The bytes as they came.
    pub bytes: Bytes,
    /// The media type as the caller stated it.
    pub media_type: Option<String>,
}

impl FromRequest<Arc<Hub>> for Upload {
    type Rejection = Problem;
    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let stated = request.headers().get(header::CONTENT_TYPE);
        let media_type = stated.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bytes = read(request.into_body(), hub.config.photo_bytes(), hub).await?;
        Ok(Self { bytes, media_type })
    }
}

/// A body whose fields are all optional: none at all is as good as `{}`.
#[derive(Debug, Clone)]
pub struct OptionalInput<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<Arc<Hub>> for OptionalInput<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let bytes = read(request.into_body(), hub.config.body_bytes(), hub).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        parse(&bytes).map(Self)
    }
}

/// What is read and thrown away of a body that is too large: a client that writes all of it before it reads the answer
/// would meet a broken connection instead of the 413.
const MOST_DISCARDED_BYTES: usize = 64 * 1024 * 1024;

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read(body: Body, limit: usize, hub: &Hub) -> Result<Bytes, Problem> {
    let within = Duration::from_secs(hub.config.limits.body_seconds);
    match tokio::time::timeout(within, gather(body, limit)).await {
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => Err(Problem::too_large(limit)),
        Ok(Err(error)) => Err(Problem::bad_request(
            "cut_short",
            format!("the body did not arrive: {error}"),
        )),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            format!("the body was not in within {} seconds", within.as_secs()),
        )),
    }
}

/// The whole body; none where it has more than `limit` bytes.
async fn gather(mut body: Body, limit: usize) -> Result<Option<Bytes>, axum::Error> {
    let mut gathered = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if gathered.len().saturating_add(data.len()) > limit {
            drop(gathered);
            discard(body).await;
            return Ok(None);
        }
        gathered.extend_from_slice(&data);
    }
    Ok(Some(gathered.freeze()))
}

async fn discard(mut body: Body) {
    let mut left = MOST_DISCARDED_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let size = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Reads JSON into a typed value; each fault has a path.
///
/// # Errors
/// 400 for what is not JSON, 422 for what does not fit.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::bad_request("not_json", format!("the body is not JSON: {error}")))?;
    typed(value)
}

/// The same from JSON that is already read.
///
/// # Errors
/// 422 for what does not fit.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        Problem::invalid(vec![fault(&path, &error.into_inner().to_string())])
    })
}

/// Names the field: serde tells of a missing or unknown one at the object that it is missing from.
fn fault(path: &str, message: &str) -> FieldError {
    let path = if path == "." { "" } else { path };
    for (beginning, code) in [
        ("missing field `", "required"),
        ("unknown field `", "unknown_field"),
    ] {
        let named = message
            .strip_prefix(beginning)
            .and_then(|rest| rest.split_once('`'));
        if let Some((field, _)) = named {
            return FieldError::new(within(path, field), code, message);
        }
    }
    FieldError::new(path, "invalid", message)
}

fn within(path: &str, field: &str) -> String {
    match path {
        "" => field.to_owned(),
        _ if path == field || path.ends_with(&format!(".{field}")) => path.to_owned(),
        _ => format!("{path}.{field}"),
    }
}

/// For `PATCH`: tells an absent field (`None`) from one that is null (`Some(None)`). Use with
/// `#[serde(default, deserialize_with = "…::nullable")]`.
///
/// # Errors
/// Those of the value itself.
pub fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        name: String,
        #[serde(default)]
        inner: Vec<Inner>,
        #[serde(default, deserialize_with = "nullable")]
        zone: Option<Option<String>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        number: u8,
    }

    async fn refused(text: &str) -> (u16, Value) {
        let response = parse::<Outer>(text.as_bytes()).unwrap_err().into_response();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        (status, document["errors"][0]["path"].clone())
    }

    #[tokio::test]
    async fn every_fault_has_its_path() {
        for (text, path) in [
            ("{}", "name"),
            (r#"{"name": 1}"#, "name"),
            (
                r#"{"name": "a", "inner": [{"number": 1}, {"number": 256}]}"#,
                "inner[1].number",
            ),
            (r#"{"name": "a", "inner": [{}]}"#, "inner[0].number"),
            (r#"{"name": "a", "extra": 1}"#, "extra"),
            (
                r#"{"name": "a", "inner": [{"number": 1, "extra": 1}]}"#,
                "inner[0].extra",
            ),
            ("[]", ""),
        ] {
            assert_eq!(refused(text).await, (422, Value::from(path)), "{text}");
        }
    }

    #[tokio::test]
    async fn what_is_not_json_is_another_matter() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for text in ["", "{", "nonsense", &deep] {
            assert_eq!(refused(text).await.0, 400, "{text:.20}");
        }
    }

    #[test]
    fn null_is_not_absent() {
        let absent: Outer = parse(br#"{"name": "a"}"#).unwrap();
        assert_eq!(absent.zone, None);
        let null: Outer = parse(br#"{"name": "a", "zone": null}"#).unwrap();
        assert_eq!(null.zone, Some(None));
    }
}
