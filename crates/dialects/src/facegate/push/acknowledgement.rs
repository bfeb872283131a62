//! 3.2.3, 3.12, 3.14: what the platform answers to a push.

use crate::facegate::body::{Body, Place};
use crate::facegate::code::SUCCESS;
use crate::fields::FieldError;
use crate::lenient::{self, BodyError};
use crate::limits::optional;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Bytes of a text for the screen: 64 with the terminator (3.2.3).
pub const SHOWN_BYTES: usize = 63;

/// The acknowledgement of a push: with 200 and "OK" a record need not come again (QUIRKS A23). `openDoor` and
/// `showInfo` count only where the device leaves the decision to the platform (`OpendoorWay` 3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Acknowledgement {
    /// 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// "OK".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
    /// Whether the door is to open.
    #[serde(
        rename = "openDoor",
        skip_serializing_if = "Option::is_none",
        with = "crate::facegate::bit::optional"
    )]
    pub open_door: Option<bool>,
    /// What the screen is to show, at most [`SHOWN_BYTES`].
    #[serde(rename = "showInfo", skip_serializing_if = "Option::is_none")]
    pub show: Option<String>,
}

impl Acknowledgement {
    /// The record is kept.
    #[must_use]
    pub fn ok() -> Self {
        Self {
            code: Some(SUCCESS),
            desc: Some("OK".to_owned()),
            ..Self::default()
        }
    }

    /// The record is kept, and the door is to open or not.
    #[must_use]
    pub fn verdict(open: bool, show: Option<&str>) -> Self {
        Self {
            open_door: Some(open),
            show: show.map(|text| crate::text::cut(text, SHOWN_BYTES).to_owned()),
            ..Self::ok()
        }
    }

    /// Reads an answer; nothing at all, as plain receivers answer, confirms nothing.
    ///
    /// # Errors
    /// [`BodyError`] where bytes are not JSON.
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyError> {
        let flat = Body::parse(bytes)?.flat(Place::INFO);
        lenient::read(&flat).map_err(|error| BodyError::Json(error.to_string()))
    }

    /// Whether the platform has the record, so that it need not come again.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        let is_ok = |text: &str| text.trim().eq_ignore_ascii_case("OK");
        self.code == Some(SUCCESS) && self.desc.as_deref().is_none_or(is_ok)
    }

    /// Whether every field is within the document's limits.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self) -> Result<(), FieldError> {
        optional("showInfo", self.show.as_deref(), SHOWN_BYTES)
    }

    /// The bytes; they are to go with a literal `Content-Length` header.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The answer to a heartbeat (QUIRKS A22).
#[must_use]
pub fn heart_beat_answer() -> Vec<u8> {
    let info = Map::from_iter([("Result".to_owned(), Value::from("Ok"))]);
    let mut body = Body::placed("HeartBeat", info, Place::INFO);
    body.beside.insert("code".to_owned(), SUCCESS.into());
    body.beside.insert("desc".to_owned(), "OK".into());
    body.to_bytes()
}
