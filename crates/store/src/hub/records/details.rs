//! How a record lies in its row: what is searched in columns, the rest as JSON, what identifies people sealed.

use model::{Direction, IdentityDocument, Location, Method, Outcome, Record, TemperatureAlarm};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The table name that private parts are sealed under.
pub(super) const SEAL_TABLE: &str = "records";

/// The part of a record that nobody searches.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) person_name: Option<String>,
    pub(super) late: bool,
    pub(super) clock_suspect: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) scores: Vec<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<f32>,
    pub(super) temperature_alarm: TemperatureAlarm,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mask: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) helmet: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) card: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) channel: Option<String>,
    pub(super) direction: Direction,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device_time: Option<String>,
}

/// The part that is sealed (hub rule 4).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Private {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) document: Option<IdentityDocument>,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) native: Value,
}

impl Details {
    pub(super) fn of(record: &Record, device_time: Option<&str>) -> Self {
        Self {
            person_name: record.person_name.clone(),
            late: record.late,
            clock_suspect: record.clock_suspect,
            score: record.score,
            scores: record.scores.clone(),
            temperature: record.temperature,
            temperature_alarm: record.temperature_alarm,
            mask: record.mask,
            helmet: record.helmet,
            card: record.card.clone(),
            channel: record.channel.clone(),
            direction: record.direction,
            location: record.location,
            device_time: device_time.map(str::to_owned),
        }
    }
}

pub(super) fn method_name(method: Method) -> &'static str {
    match method {
        Method::Face => "face",
        Method::IcCard => "ic_card",
        Method::RfCard => "rf_card",
        Method::Wiegand => "wiegand",
        Method::IdCard => "id_card",
        Method::Qr => "qr",
        Method::Pin => "pin",
        Method::Remote => "remote",
        Method::FaceAndCard => "face_and_card",
        Method::FaceAndIdCard => "face_and_id_card",
        Method::Unknown => "unknown",
    }
}

pub(super) fn method_of(name: &str) -> Method {
    use Method::{Face, FaceAndCard, FaceAndIdCard, IcCard, IdCard, Pin, Qr, Remote, RfCard, Wiegand};
    [
        Face,
        IcCard,
        RfCard,
        Wiegand,
        IdCard,
        Qr,
        Pin,
        Remote,
        FaceAndCard,
        FaceAndIdCard,
    ]
    .into_iter()
    .find(|method| method_name(*method) == name)
    .unwrap_or(Method::Unknown)
}

pub(super) fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Granted => "granted",
        Outcome::Denied => "denied",
        Outcome::Stranger => "stranger",
        Outcome::Pending => "pending",
        Outcome::Expired => "expired",
        Outcome::OutOfSchedule => "out_of_schedule",
        Outcome::Blocked => "blocked",
        Outcome::NotAuthorised => "not_authorised",
    }
}

pub(super) fn outcome_of(name: &str) -> Outcome {
    use Outcome::{Blocked, Expired, Granted, NotAuthorised, OutOfSchedule, Pending, Stranger};
    [
        Granted,
        Stranger,
        Pending,
        Expired,
        OutOfSchedule,
        Blocked,
        NotAuthorised,
    ]
    .into_iter()
    .find(|outcome| outcome_name(*outcome) == name)
    .unwrap_or(Outcome::Denied)
}
