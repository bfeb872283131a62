//! 3.10 to 3.13: records of passes.

use super::control::{bare, instant};
use super::heartbeat::{address_or_off, form};
use super::operation::{Refused, operation, parameters};
use super::status::Status;
use crate::epoch::Epoch;
use crate::fields::FieldError;
use crate::lenient::{self, Base64Text};
use crate::limits::within;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Records that a device gives at once; the document names no limit.
pub const RECORDS: i64 = 50;
/// Between two tries to push a record, seconds: the first, and what it grows to (QUIRKS L27).
pub const RESEND_SECONDS: (u64, u64) = (10, 60);

/// `listRecord` (3.10): what happened after a time, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRecord {
    /// Strictly after this time.
    pub ts: Epoch,
    /// At most so many; more than [`RECORDS`] is as many.
    pub count: i64,
}

impl ListRecord {
    fn check_limits(&self) -> Result<(), FieldError> {
        instant("ts", self.ts)?;
        within("count", self.count, 1..=i64::from(i32::MAX))
    }

    /// How many to give.
    #[must_use]
    pub fn most(&self) -> usize {
        usize::try_from(self.count.clamp(0, RECORDS)).unwrap_or_default()
    }
}

operation!(ListRecord: "listRecord", "3.10", [Get], ["ts", "count"] -> Records);

/// What `listRecord` gives back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Records {
    /// The records.
    #[serde(rename = "record", default, deserialize_with = "lenient::salvaged_list")]
    pub records: Vec<PassRecord>,
}

/// A pass, as listed (3.10) and, with more fields, as pushed (3.12).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PassRecord {
    /// The device, in a push alone.
    #[serde(rename = "deviceSn", skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Who.
    #[serde(rename = "personID")]
    pub person_id: String,
    /// When; `None` where it came as no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<Epoch>,
    /// How; the document defines no value (QUIRKS L9).
    #[serde(rename = "passType", skip_serializing_if = "Option::is_none")]
    pub pass_type: Option<i64>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The picture just taken, in a push alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<Base64Text>,
}

/// `removeRecord` (3.11): deletes what happened until a time, that time included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveRecord {
    /// Until here.
    pub ts: Epoch,
}

impl RemoveRecord {
    fn check_limits(&self) -> Result<(), FieldError> {
        instant("ts", self.ts)
    }
}

operation!(RemoveRecord: "removeRecord", "3.11", [Post], ["ts"] -> ());

/// `setRecordCallback` (3.12): where records are pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRecordCallback {
    /// Where; blank is nowhere (QUIRKS L27).
    pub url: String,
}

impl SetRecordCallback {
    fn check_limits(&self) -> Result<(), FieldError> {
        address_or_off("url", &self.url)
    }
}

operation!(SetRecordCallback: "setRecordCallback", "3.12", [Post], ["url"] -> ());

bare! {
    /// `getRecordCallback` (3.13).
    GetRecordCallback = "getRecordCallback", "3.13", [Get] -> RecordTarget;
}

/// What `getRecordCallback` gives back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordTarget {
    /// Where; blank is nowhere.
    pub url: String,
}

/// A record pushed to the address of [`SetRecordCallback`] (3.12), as a form.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordCallback {
    /// The record.
    pub record: PassRecord,
    /// Everything that came, by name.
    pub message: Value,
}

impl RecordCallback {
    /// The operation's name in this catalogue; on the wire it has none.
    pub const NAME: &'static str = "recordCallback";

    /// Reads a push, in any encoding.
    ///
    /// # Errors
    /// [`Refused`] with status 102 for a body that cannot be read, 101 for a record without a time.
    pub fn parse(query: &str, body: &[u8]) -> Result<Self, Refused> {
        let parameters = parameters(query, body)?;
        let record: PassRecord = lenient::salvage(parameters.value())
            .map_err(|error| Refused::new(Status::Malformed, error.to_string()))?;
        if parameters.get("ts").is_none() {
            return Err(Refused::new(Status::Missing, "ts"));
        }
        Ok(Self {
            record,
            message: parameters.value().clone(),
        })
    }
}

impl PassRecord {
    /// The form that a device posts.
    #[must_use]
    pub fn to_form(&self) -> String {
        form(self)
    }
}

/// What a platform answers once a record is kept; the device then deletes it (QUIRKS L4).
pub const RECORD_ANSWER: &str = r#"{"status":0,"data":""}"#;

/// Whether an answer says that the record is kept; anything else means that it is to be pushed again.
#[must_use]
pub fn is_kept(answer: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Answer {
        status: Status,
    }
    let answer = lenient::body(answer)
        .ok()
        .and_then(|body| lenient::read::<Answer>(&body).ok());
    answer.is_some_and(|answer| answer.status == Status::Success)
}
