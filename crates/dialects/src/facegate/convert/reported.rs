//! A pass at a terminal as the messages for the platform.

use super::wanted::picture;
use crate::facegate::person::PersonInfo;
use crate::facegate::push::{
    CardVerify, Push, PwdVerify, SnapPush, VerifyPush, VerifyResult, VerifyStatus, VerifyType,
};
use crate::facegate::record::control::ControlEvent;
use crate::facegate::record::{CaptureRecord, ControlRecord};
use crate::facegate::time::write_wall_time;
use crate::reported::Pass;
use jiff::tz::TimeZone;
use model::{CredentialKind, Direction, Method, Outcome, TemperatureAlarm};

/// Which push tells of a pass; each has a topic of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportKind {
    /// A stranger: `SnapPush`, and a picture for `SearchCapture`.
    Snap,
    /// Somebody, or a card of nobody: `VerifyPush`, and a record for `SearchControl`.
    Verify,
    /// A card that passed, where that is subscribed (door stations): `CardVerify` instead.
    Card,
    /// A password that passed (door stations): `PwdVerify` instead.
    Password,
}

/// How a pass is told.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The pass.
    pub pass: Pass<'a>,
    /// The terminal's zone.
    pub zone: &'a TimeZone,
    /// The person, as [`super::person_to_platform`] tells them, without a photo.
    pub person: Option<&'a PersonInfo>,
    /// The terminal's number of the person.
    pub lib_id: Option<i64>,
    /// Whether it is told within 10 s of the pass.
    pub in_time: bool,
    /// Whether `ManualPushRecords` asked for it.
    pub by_hand: bool,
    /// Which camera saw it, where there are several: 0 to 8.
    pub channel: Option<u8>,
}

impl ReportKind {
    /// The push that tells of a pass, where `Card` and `PassWord` are subscribed.
    #[must_use]
    pub fn of(pass: &Pass<'_>) -> Self {
        match (pass.method, pass.outcome) {
            (Method::Face, Outcome::Stranger) => Self::Snap,
            (Method::IcCard, Outcome::Granted) => Self::Card,
            (Method::Pin, Outcome::Granted) => Self::Password,
            _ => Self::Verify,
        }
    }
}

/// Makes the push. A pass that a topic of its own does not reach goes as [`ReportKind::Verify`].
#[must_use]
pub fn record_to_platform(report: &Report<'_>, kind: ReportKind) -> Push {
    let pass = &report.pass;
    let capture = pass.capture.map(picture);
    match kind {
        ReportKind::Snap => SnapPush {
            time: report.time(),
            picture_type: 0,
            temperature: pass.temperature.map(one_decimal),
            temperature_alarm: alarm(pass),
            channel: report.channel.map(i64::from),
            in_time: Some(i64::from(report.in_time)),
            direction: Some(direction(pass.direction)),
            picture: capture,
        }
        .into(),
        ReportKind::Card => CardVerify {
            time: report.time(),
            card: pass.card.unwrap_or_default().to_owned(),
            has_picture: capture.is_some(),
            picture: capture,
        }
        .into(),
        ReportKind::Password => PwdVerify {
            time: report.time(),
            has_picture: capture.is_some(),
            picture: capture,
        }
        .into(),
        ReportKind::Verify => report.verified().into(),
    }
}

impl Report<'_> {
    fn time(&self) -> String {
        write_wall_time(self.zone.to_datetime(self.pass.at))
    }

    fn person(&self) -> PersonInfo {
        let person = self
            .person
            .filter(|_| self.pass.outcome != Outcome::Stranger)
            .cloned();
        PersonInfo {
            lib_id: None,
            ..person.unwrap_or_default()
        }
    }

    fn verified(&self) -> VerifyPush {
        let pass = &self.pass;
        let result = VerifyResult {
            person_id: Some(self.lib_id.filter(|_| pass.person.is_some()).unwrap_or_default()),
            time: self.time(),
            similarity: Some(hundredfold(pass.score)),
            card_similarity: Some(0.0),
            status: status(pass.outcome),
            verify_type: Some(verify_type(pass)),
            channel: self.channel.map(i64::from),
            temperature: pass.temperature.map(one_decimal),
            temperature_alarm: alarm(pass),
            in_time: Some(i64::from(self.in_time)),
            direction: Some(direction(pass.direction)),
            push_type: self.by_hand.then_some(2),
            capture: pass.capture.map(picture),
            registered: pass.registered.map(picture),
        };
        VerifyPush {
            result,
            person: self.person(),
            ..VerifyPush::default()
        }
    }

    /// The pass as a control record (3.22).
    #[must_use]
    pub fn control_record(&self) -> ControlRecord {
        let pass = &self.pass;
        ControlRecord {
            event: ControlEvent {
                time: self.time(),
                verify_type: Some(verify_type(pass)),
                status: status(pass.outcome),
                similarity: Some(hundredfold(pass.score)),
                temperature: pass.temperature.map(one_decimal),
                temperature_alarm: alarm(pass),
                is_remote: (pass.method == Method::Remote).then_some(1),
                registered: pass.registered.map(picture),
                capture: pass.capture.map(picture),
            },
            person: PersonInfo {
                lib_id: Some(self.lib_id.unwrap_or_default()),
                ..self.person()
            },
        }
    }

    /// The pass as a picture of a stranger (3.26), with the terminal's number of it.
    #[must_use]
    pub fn capture_record(&self, id: i64) -> CaptureRecord {
        CaptureRecord {
            id: Some(id),
            time: self.time(),
            temperature: self.pass.temperature.map(one_decimal),
            temperature_alarm: alarm(&self.pass),
            picture: self.pass.capture.map(picture),
        }
    }
}

fn status(outcome: Outcome) -> VerifyStatus {
    match outcome {
        Outcome::Granted => VerifyStatus::Granted,
        Outcome::Stranger => VerifyStatus::Stranger,
        Outcome::Pending => VerifyStatus::Pending,
        Outcome::OutOfSchedule => VerifyStatus::OutOfSchedule,
        Outcome::Denied | Outcome::Expired | Outcome::Blocked | Outcome::NotAuthorised => {
            VerifyStatus::Denied
        }
    }
}

/// The kind of identification; 0 where the document has none (QUIRKS A28).
fn verify_type(pass: &Pass<'_>) -> VerifyType {
    let has_wiegand = pass
        .person
        .is_some_and(|person| person.number(CredentialKind::Wiegand) == pass.card && pass.card.is_some());
    let base = match pass.method {
        Method::Face => VerifyType::FACE,
        Method::IdCard => VerifyType::ID_CARD,
        Method::FaceAndIdCard => VerifyType::FACE_AND_ID_CARD,
        Method::RfCard => VerifyType::RF_CARD,
        Method::FaceAndCard if has_wiegand => VerifyType::WIEGAND_AND_FACE,
        Method::FaceAndCard => VerifyType::RF_CARD_AND_FACE,
        Method::Wiegand | Method::IcCard => VerifyType::WIEGAND,
        Method::Remote => VerifyType::REMOTE,
        Method::Qr | Method::Pin | Method::Unknown => 0,
    };
    let mask = if pass.mask == Some(true) {
        VerifyType::MASK
    } else {
        0
    };
    let temperature = pass.temperature.map_or(0, |_| VerifyType::TEMPERATURE);
    VerifyType(base | mask | temperature)
}

fn alarm(pass: &Pass<'_>) -> Option<i64> {
    pass.temperature
        .map(|_| i64::from(pass.temperature_alarm != TemperatureAlarm::None))
}

fn direction(direction: Direction) -> i64 {
    match direction {
        Direction::None => 0,
        Direction::Entry => 1,
        Direction::Exit => 2,
    }
}

/// A share as 0.0 to 100.0.
fn hundredfold(score: Option<f32>) -> f64 {
    (f64::from(score.unwrap_or_default().clamp(0.0, 1.0)) * 1000.0).round() / 10.0
}

/// 36.7 as a float would be 36.70000076 as a double.
fn one_decimal(degrees: f32) -> f64 {
    (f64::from(degrees) * 10.0).round() / 10.0
}
