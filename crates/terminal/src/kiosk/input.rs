//! What sensors, readers and cameras would feed.

use super::Kiosk;
use super::problem::Problem;
use crate::pass::{Channel, FrameAnswer, Presented, Sensors};
use crate::questions::CallOutcome;
use axum::Json;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use bytes::Bytes;
use model::{CredentialKind, IdentityDocument};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::PoisonError;

/// The longest number of a room, in bytes.
const ROOM_BYTES: usize = 64;
/// The longest number or code that a reader gives, in bytes.
const NUMBER_BYTES: usize = 512;

type Body = Result<Bytes, BytesRejection>;

/// Of which camera a frame is.
#[derive(Debug, Deserialize)]
pub(super) struct Source {
    channel: Option<u8>,
}

pub(super) async fn frames(
    State(kiosk): State<Kiosk>,
    source: Result<Query<Source>, QueryRejection>,
    body: Body,
) -> Result<Json<FrameAnswer>, Problem> {
    let limit = || Problem::field("channel", format!("0 to {}", Channel::LAST));
    let Query(source) = source.map_err(|_| limit())?;
    let channel = source
        .channel
        .map(|number| Channel::new(number).ok_or_else(limit));
    Ok(Json(kiosk.device.frame(body?, channel.transpose()?).await?))
}

pub(super) async fn credentials(
    State(kiosk): State<Kiosk>,
    body: Body,
) -> Result<Json<FrameAnswer>, Problem> {
    let object = object(&body?)?;
    let kind: CredentialKind = required(&object, "kind", "ic_card, rf_card, wiegand, id_card, qr or pin")?;
    let number: String = required(&object, "number", "a text")?;
    if number.trim().is_empty() || number.len() > NUMBER_BYTES {
        return Err(Problem::field("number", format!("1 to {NUMBER_BYTES} bytes")));
    }
    let document = match object.get("document") {
        None | Some(Value::Null) => None,
        Some(document) => Some(read_document(document, kind, &number)?),
    };
    Ok(Json(
        kiosk
            .device
            .credential(Presented {
                kind,
                number,
                document,
            })
            .await?,
    ))
}

fn read_document(document: &Value, kind: CredentialKind, number: &str) -> Result<IdentityDocument, Problem> {
    if kind != CredentialKind::IdCard {
        return Err(Problem::field("document", "only an id_card carries a document"));
    }
    let document: IdentityDocument = serde_json::from_value(document.clone())
        .map_err(|error| Problem::field("document", error.to_string()))?;
    Ok(IdentityDocument {
        number: Some(number.to_owned()),
        ..document
    })
}

/// Sets what is named; what is not named stays, null is no measurement.
pub(super) async fn sensors(State(kiosk): State<Kiosk>, body: Body) -> Result<Json<Sensors>, Problem> {
    let object = object(&body?)?;
    let mut sensors = *kiosk
        .device
        .sensors
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = object.get("temperature") {
        sensors.temperature = optional(value, "temperature", "degrees Celsius or null")?;
    }
    if let Some(value) = object.get("mask") {
        sensors.mask = optional(value, "mask", "true, false or null")?;
    }
    if let Some(value) = object.get("safety_hat") {
        sensors.safety_hat = optional(value, "safety_hat", "true, false or null")?;
    }
    *kiosk
        .device
        .sensors
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = sensors;
    kiosk.device.touch();
    Ok(Json(sensors))
}

pub(super) async fn measured(State(kiosk): State<Kiosk>) -> Json<Sensors> {
    Json(
        *kiosk
            .device
            .sensors
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    )
}

/// Someone at the door calls a room: a platform says who is called.
pub(super) async fn calls(State(kiosk): State<Kiosk>, body: Body) -> Result<Json<CallOutcome>, Problem> {
    let object = object(&body?)?;
    let room: String = required(&object, "room", "a text")?;
    if room.trim().is_empty() || room.len() > ROOM_BYTES {
        return Err(Problem::field("room", format!("1 to {ROOM_BYTES} bytes")));
    }
    let device = &kiosk.device;
    if !device.questions.can_ask() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no_platform",
            "no platform that knows the rooms is connected",
        ));
    }
    let picture = device.camera.last().map(|frame| frame.bytes);
    Ok(Json(device.questions.call(&room, picture.as_deref()).await))
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "the body is a JSON object",
        )),
        Err(error) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "not_json",
            format!("the body is not JSON: {error}"),
        )),
    }
}

fn required<T: DeserializeOwned>(
    object: &Map<String, Value>,
    name: &'static str,
    what: &str,
) -> Result<T, Problem> {
    let value = object
        .get(name)
        .ok_or_else(|| Problem::field(name, format!("is missing: {what}")))?;
    optional(value, name, what)
}

fn optional<T: DeserializeOwned>(value: &Value, name: &'static str, what: &str) -> Result<T, Problem> {
    serde_json::from_value(value.clone()).map_err(|_| Problem::field(name, format!("{what} is expected")))
}
