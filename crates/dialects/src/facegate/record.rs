//! 3.22, 3.26, 3.32: the records that a device keeps. [`control`] has those of people (3.22), [`capture`] those of
//! strangers (3.26); `ManualPushRecords` (3.32) has the former pushed again.

pub mod capture;
pub mod control;

pub use capture::{CaptureCount, CaptureQuery, CaptureRecord, Captures, SearchCapture, SearchCaptureNum};
pub use control::{
    ControlCount, ControlFilter, ControlRecord, ControlRecords, SearchControl, SearchControlNum,
};

use super::body::{Body, DeviceId, Place};
use super::operation::{Answer, Done, operations, plain, written};
use super::time::{any_wall_time, write_wall_time};
use crate::fields::FieldError;
use crate::lenient::LenientError;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// Records of one page (3.22, 3.26).
pub const PAGE: i64 = 100;

/// Two times that a question must have.
fn check_times(begin: (&str, &str), end: (&str, &str)) -> Result<(), FieldError> {
    for (field, text) in [begin, end] {
        if any_wall_time(text).is_none() {
            return Err(FieldError::new(field, "YYYY-MM-DDThh:mm:ss", text));
        }
    }
    Ok(())
}

/// `ManualPushRecords` (3.32): push the control records of these times again, whatever was acknowledged. Their answers
/// open no door, and they are pushed once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ManualPushRecords {
    /// From here on, `YYYY-MM-DDThh:mm:ss`.
    #[serde(rename = "TimeS")]
    pub begin: String,
    /// Until here.
    #[serde(rename = "TimeE")]
    pub end: String,
    /// Of this name exactly (reserved).
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
}

impl ManualPushRecords {
    /// The records between two times.
    #[must_use]
    pub fn between(begin: DateTime, end: DateTime) -> Self {
        Self {
            begin: write_wall_time(begin),
            end: write_wall_time(end),
            name: None,
        }
    }

    fn check_limits(&self) -> Result<(), FieldError> {
        check_times(("TimeS", &self.begin), ("TimeE", &self.end))
    }
}

/// The answer to [`ManualPushRecords`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PushedRecords {
    /// How many come.
    #[serde(rename = "RecordNum")]
    pub found: i64,
}

impl Answer for PushedRecords {
    fn read(mut body: Body) -> Result<Self, LenientError> {
        plain(&mut body, Place::INFO)
    }

    fn body(&self, device: &DeviceId) -> Body {
        let mut body = Done.body(device);
        if let Some(info) = body.info.as_mut().and_then(serde_json::Value::as_object_mut) {
            info.extend(written(self));
        }
        body
    }
}

operations! {
    ManualPushRecords: "ManualPushRecords" "3.32" Place::INFO => PushedRecords, checked;
}
