//! A pass at a terminal as the message for the platform.

use crate::lenient::Base64Text;
use crate::qyzn::check;
use crate::qyzn::person::PersonType;
use crate::qyzn::record::SnapshotFace;
use crate::qyzn::time::WallTime;
use crate::text::cut;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{IdentityDocument, Outcome, PersonKind};

/// Somebody whom the terminal knows.
#[derive(Debug, Clone, Copy)]
pub struct SeenPerson<'a> {
    /// The platform's id.
    pub id: &'a str,
    /// The platform's id of the photo that matched.
    pub face_id: Option<&'a str>,
    /// The name.
    pub name: &'a str,
    /// What the person is.
    pub kind: PersonKind,
    /// Identity number.
    pub id_number: Option<&'a str>,
    /// IC card number.
    pub ic_number: Option<&'a str>,
}

/// One attempt to pass.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// Who; `None` is a stranger.
    pub person: Option<SeenPerson<'a>>,
    /// When.
    pub at: Timestamp,
    /// The terminal's zone.
    pub zone: &'a TimeZone,
    /// How it ended.
    pub outcome: Outcome,
    /// Similarity on the wire's scale, 0 to 1; `None` where no face was compared (the wire then has 0).
    pub score: Option<f32>,
    /// Body temperature, °C.
    pub temperature: Option<f32>,
    /// The card presented.
    pub card: Option<&'a str>,
    /// The identity document presented.
    pub document: Option<&'a IdentityDocument>,
    /// The picture just taken, JPEG.
    pub capture: Option<&'a [u8]>,
    /// The enrolled photo, JPEG.
    pub registered: Option<&'a [u8]>,
}

/// Makes the message. The result's code is the outcome's; a blocked person is type 2, a stranger type 4 (QUIRKS T62).
#[must_use]
pub fn record_to_platform(pass: &Pass<'_>) -> SnapshotFace {
    let person = pass.person.filter(|_| pass.outcome != Outcome::Stranger);
    let document = pass.document.cloned().unwrap_or_default();
    let id_number = document
        .number
        .as_deref()
        .or(person.and_then(|person| person.id_number));
    let ic_number = pass.card.or(person.and_then(|person| person.ic_number));
    SnapshotFace {
        person_id: person.map_or_else(String::new, |person| person.id.to_owned()),
        face_id: person.and_then(|person| person.face_id).map(str::to_owned),
        full_name: cut(person.map_or("", |person| person.name), check::NAME_BYTES).to_owned(),
        person_type: Some(person.map_or(PersonType::Stranger, |person| {
            person_type(person.kind, pass.outcome)
        })),
        id_number: id_number.unwrap_or_default().to_owned(),
        gender: document.gender,
        ethnicity: document.ethnicity,
        birthday: document.birthday,
        address: document.address,
        expires: document.valid_until,
        ic_number: ic_number.unwrap_or_default().to_owned(),
        compare_picture: pass.registered.map(Base64Text::encode),
        snap_picture: pass.capture.map(Base64Text::encode),
        score: Some(f64::from(
            (pass.score.unwrap_or_default().clamp(0.0, 1.0) * 100.0).round(),
        )),
        result: Some(result_code(pass.outcome)),
        snap_time: WallTime::new(pass.zone.to_datetime(pass.at)).to_string(),
        body_temperature: pass.temperature.map(one_decimal),
    }
}

fn person_type(kind: PersonKind, outcome: Outcome) -> PersonType {
    match kind {
        _ if outcome == Outcome::Blocked => PersonType::Blocked,
        PersonKind::Blocked => PersonType::Blocked,
        PersonKind::Visitor => PersonType::Visitor,
        PersonKind::Member | PersonKind::Vip => PersonType::Member,
    }
}

/// The codes of 4.6.1; a decision that the platform takes is reported as a match.
fn result_code(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Granted | Outcome::Pending => 1,
        Outcome::Expired => 2,
        Outcome::OutOfSchedule => 3,
        Outcome::Denied | Outcome::Stranger | Outcome::Blocked | Outcome::NotAuthorised => 0,
    }
}

/// 36.7 as a float would be 36.70000076 as a double.
fn one_decimal(degrees: f32) -> f64 {
    (f64::from(degrees) * 10.0).round() / 10.0
}
