//! 3.26: pictures of strangers.

use super::{PAGE, check_times};
use crate::facegate::body::{Body, DeviceId, Place};
use crate::facegate::check::optional_within;
use crate::facegate::operation::{Answer, answers, operations, written};
use crate::facegate::time::write_wall_time;
use crate::fields::FieldError;
use crate::lenient::{self, Base64Text, LenientError};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Pictures of a page where nothing is said.
const DEFAULT_COUNT: i64 = 15;

/// Which pictures, and how they are paged (3.26).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptureQuery {
    /// From here on, `YYYY-MM-DDThh:mm:ss`.
    #[serde(rename = "BeginTime")]
    pub begin: String,
    /// Until here.
    #[serde(rename = "EndTime")]
    pub end: String,
    /// 0 the oldest first, 1 the newest; always to be sent (QUIRKS A43).
    #[serde(rename = "Ascending", skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// From which on, the first is 0.
    #[serde(rename = "BeginNO", skip_serializing_if = "Option::is_none")]
    pub first: Option<i64>,
    /// How many, at most [`PAGE`]; 15 where nothing is said; always to be sent.
    #[serde(rename = "RequestCount", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

impl CaptureQuery {
    /// A page of the pictures between two times, the oldest first.
    #[must_use]
    pub fn between(begin: DateTime, end: DateTime, first: u32, count: u32) -> Self {
        Self {
            begin: write_wall_time(begin),
            end: write_wall_time(end),
            order: Some(0),
            first: Some(first.into()),
            count: Some(count.into()),
        }
    }

    /// Whether the newest come first.
    #[must_use]
    pub fn is_descending(&self) -> bool {
        self.order == Some(1)
    }

    /// The first picture of the page.
    #[must_use]
    pub fn first(&self) -> u32 {
        u32::try_from(self.first.unwrap_or_default()).unwrap_or(u32::MAX)
    }

    /// How many pictures to give at most.
    #[must_use]
    pub fn count(&self) -> u32 {
        let count = self.count.unwrap_or(DEFAULT_COUNT).clamp(0, PAGE);
        u32::try_from(count).unwrap_or_default()
    }

    fn check(&self) -> Result<(), FieldError> {
        check_times(("BeginTime", &self.begin), ("EndTime", &self.end))?;
        optional_within("Ascending", self.order, 0..=1)?;
        optional_within("BeginNO", self.first, 0..=i64::from(u32::MAX))?;
        optional_within("RequestCount", self.count, 0..=PAGE)
    }
}

/// `SearchCaptureNum` (3.26.1): how many pictures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SearchCaptureNum {
    /// Which.
    pub query: CaptureQuery,
}

impl SearchCaptureNum {
    fn check_limits(&self) -> Result<(), FieldError> {
        self.query.check()
    }
}

/// The answer to [`SearchCaptureNum`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptureCount {
    /// How many.
    #[serde(rename = "CaptureNum")]
    pub found: i64,
}

/// `SearchCapture` (3.26.2): a page of pictures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SearchCapture {
    /// Which.
    pub query: CaptureQuery,
}

impl SearchCapture {
    fn check_limits(&self) -> Result<(), FieldError> {
        self.query.check()
    }
}

/// A picture of a stranger.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptureRecord {
    /// The device's number of it.
    #[serde(rename = "LibSnapID", skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// When, as text.
    #[serde(rename = "CreateTime")]
    pub time: String,
    /// Body temperature, °C.
    #[serde(rename = "Temperature", skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 1 over the threshold.
    #[serde(rename = "TemperatureAlarm", skip_serializing_if = "Option::is_none")]
    pub temperature_alarm: Option<i64>,
    /// The picture; what calls itself JPEG was BMP in the document (QUIRKS A43).
    #[serde(rename = "SnapPicinfo", skip_serializing_if = "Option::is_none")]
    pub picture: Option<Base64Text>,
}

/// The answer to [`SearchCapture`]; nothing past the end (QUIRKS A76).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Captures(pub Vec<CaptureRecord>);

impl Answer for Captures {
    fn read(body: Body) -> Result<Self, LenientError> {
        let list = body.get("List").and_then(Value::as_array);
        let captures = list.into_iter().flatten().enumerate().map(|(at, entry)| {
            lenient::salvage(entry).map_err(|error| LenientError {
                path: format!("List[{at}].{}", error.path),
                problem: error.problem,
            })
        });
        Ok(Self(captures.collect::<Result<_, _>>()?))
    }

    fn body(&self, device: &DeviceId) -> Body {
        let captures = self.0.iter().map(|capture| Value::Object(written(capture)));
        let fields = Map::from_iter([
            ("Listnum".to_owned(), self.0.len().into()),
            ("List".to_owned(), captures.collect::<Value>()),
        ]);
        let mut body = Body::placed("", fields, Place::INFO);
        body.put_device_id(device, false);
        body
    }

    fn nothing() -> Option<Self> {
        Some(Self::default())
    }
}

operations! {
    SearchCaptureNum: "SearchCaptureNum" "3.26.1" Place::INFO => CaptureCount, checked;
    SearchCapture: "SearchCapture" "3.26.2" Place::INFO => Captures, checked;
}

answers! {
    CaptureCount: Place::INFO, device;
}
