//! Chapter 4.6: what a device reports.

use super::check;
use super::frame::Version;
use super::operation::Operation;
use super::person::PersonType;
use super::time;
use crate::lenient::{self, Base64Text, LenientError};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `snapshot_face` (4.6.1), device to platform: someone was seen.
///
/// The platform reads whatever comes: a record with a strange field is still a record.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SnapshotFace {
    /// The person's id; empty for a stranger (QUIRKS T62).
    #[serde(rename = "personId")]
    pub person_id: String,
    /// The photo that matched.
    #[serde(rename = "faceId", skip_serializing_if = "Option::is_none")]
    pub face_id: Option<String>,
    /// The person's name. The example writes `fullname`.
    #[serde(rename = "fullName")]
    pub full_name: String,
    /// What the person is; 4 or absent for a stranger.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub person_type: Option<PersonType>,
    /// Identity number; empty for none.
    #[serde(rename = "idNum")]
    pub id_number: String,
    /// Of an identity document: gender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Of an identity document: ethnicity.
    #[serde(rename = "ethnic", skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<String>,
    /// Of an identity document: day of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// Of an identity document: address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Of an identity document: its end.
    #[serde(rename = "expiredate", skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// IC card number; empty for none.
    #[serde(rename = "icNum")]
    pub ic_number: String,
    /// The enrolled photo.
    #[serde(rename = "comparePic", skip_serializing_if = "Option::is_none")]
    pub compare_picture: Option<Base64Text>,
    /// The picture just taken.
    #[serde(rename = "snapPic", skip_serializing_if = "Option::is_none")]
    pub snap_picture: Option<Base64Text>,
    /// Similarity, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number")]
    pub score: Option<f64>,
    /// 0 no match, 1 match and valid, 2 expired, 3 outside the periods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<i64>,
    /// When, as text: it enters the duplicate key as it came.
    #[serde(rename = "snaptime")]
    pub snap_time: String,
    /// Body temperature, °C.
    #[serde(rename = "bodyTemp", skip_serializing_if = "Option::is_none")]
    pub body_temperature: Option<f64>,
}

/// The answer to [`SnapshotFace`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SnapshotFaceAnswer {
    /// The record's time, repeated.
    #[serde(rename = "snaptime", skip_serializing_if = "Option::is_none")]
    pub snap_time: Option<String>,
    /// 0 close, 1 open; absent: leave the door alone.
    #[serde(rename = "opendoor", skip_serializing_if = "Option::is_none")]
    pub open_door: Option<i64>,
    /// A text for the screen, at most 20 bytes; absent: none.
    #[serde(rename = "screenDisp", skip_serializing_if = "Option::is_none")]
    pub screen_text: Option<String>,
}

impl SnapshotFaceAnswer {
    /// An answer whose text is cut to the dialect's 20 bytes.
    #[must_use]
    pub fn new(snap_time: &str, open: Option<bool>, screen_text: Option<&str>) -> Self {
        Self {
            snap_time: Some(snap_time.to_owned()).filter(|time| !time.is_empty()),
            open_door: open.map(i64::from),
            screen_text: screen_text.map(|text| crate::text::cut(text, check::SCREEN_TEXT_BYTES).to_owned()),
        }
    }
}

/// Whole numbers without a fraction, as the document types `score`.
#[allow(clippy::ref_option, reason = "the signature that serde asks for")]
fn number<S: serde::Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    #[allow(clippy::cast_possible_truncation, reason = "whole and small")]
    match value {
        Some(score) if score.fract() == 0.0 && score.abs() < 1e9 => serializer.serialize_i64(*score as i64),
        other => other.serialize(serializer),
    }
}

impl Operation for SnapshotFace {
    const NAME: &'static str = "snapshot_face";
    const SINCE: Version = Version::V2;
    type Answer = SnapshotFaceAnswer;

    fn read(data: &Value) -> Result<Self, LenientError> {
        let fields = spread(data);
        let mut record: Self = lenient::read(&Value::Object(tolerable(fields)))?;
        for picture in [&mut record.compare_picture, &mut record.snap_picture] {
            *picture = picture.take().filter(|picture| !picture.is_blank());
        }
        Ok(record)
    }
}

/// The fields of a record: those of inner objects under whatever key or in an array come to the surface, where they
/// do not replace what is there (QUIRKS T6).
fn spread(data: &Value) -> Map<String, Value> {
    let mut fields = Map::new();
    let outer: Vec<&Map<String, Value>> = match data {
        Value::Object(object) => vec![object],
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    };
    for (key, value) in outer.iter().copied().flatten() {
        match value {
            Value::Object(inner) => {
                for (key, value) in inner {
                    fields.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            other => {
                fields.insert(key.clone(), other.clone());
            }
        }
    }
    fields
}

/// Without values that are no scalars, or no numbers where numbers belong: they must not lose the record.
fn tolerable(fields: Map<String, Value>) -> Map<String, Value> {
    let keep = |key: &str, value: &Value| match key.trim().to_ascii_lowercase().as_str() {
        "type" | "result" => lenient::read::<i64>(value).is_ok(),
        "score" | "bodytemp" => lenient::read::<f64>(value).is_ok(),
        _ => !matches!(value, Value::Null | Value::Array(_) | Value::Object(_)),
    };
    fields
        .into_iter()
        .filter(|(key, value)| keep(key, value))
        .collect()
}

/// `sync_time` (4.6.2), device to platform: after connecting, and every five minutes (QUIRKS T55). The answer has the
/// same form and gives the platform's time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncTime {
    /// `yyyyMMddHHmmssSSS`, wall clock of the device's zone.
    #[serde(default)]
    pub timestamp: String,
}

impl SyncTime {
    /// From a wall-clock time.
    #[must_use]
    pub fn new(local: DateTime) -> Self {
        Self {
            timestamp: time::format_sync_time(local),
        }
    }

    /// The wall-clock time, where the text is one.
    #[must_use]
    pub fn local(&self) -> Option<DateTime> {
        time::parse_sync_time(&self.timestamp)
    }
}

impl Operation for SyncTime {
    const NAME: &'static str = "sync_time";
    const SINCE: Version = Version::V2;
    type Answer = SyncTime;
}

/// `qrcode_data` (4.6.3), device to platform: a QR code was shown; the platform decides. Real devices also call it
/// `query_qrcode`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrCodeData {
    /// What the code says, of any length.
    pub content: String,
}

/// The answer to [`QrCodeData`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrCodeAnswer {
    /// 1 open, 0 close.
    #[serde(rename = "opendoor")]
    pub open_door: i64,
}

impl Operation for QrCodeData {
    const NAME: &'static str = "qrcode_data";
    const ALIASES: &'static [&'static str] = &["query_qrcode"];
    const SINCE: Version = Version::V2;
    type Answer = QrCodeAnswer;

    fn check(&self) -> Result<(), check::FieldError> {
        check::filled("content", &self.content, check::QR_CODE_BYTES)
    }
}
