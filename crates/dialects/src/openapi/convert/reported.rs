//! A pass at a terminal as the record for platforms.

use super::told::{user_to_platform, user_type};
use crate::lenient::Base64Text;
use crate::openapi::record::{InputType, Sign, SignRecord};
use crate::openapi::time::Seconds;
use crate::openapi::user::{User, UserType};
use crate::reported::Pass;
use model::{Method, Outcome, PersonKind, TemperatureAlarm};
use serde_json::{Map, Value};

/// The id of a stranger.
pub const STRANGER_ID: &str = "0";

/// Makes the record. `id` is its number on this terminal, `extra` what the library keeps of the person for this dialect,
/// `device_mark` how the terminal marks itself. The dialect has no result: the person's type is all that it tells,
/// so that somebody who was turned away has the type of a stranger.
#[must_use]
pub fn record_to_platform(
    pass: &Pass<'_>,
    id: i64,
    extra: &Map<String, Value>,
    device_mark: &str,
) -> SignRecord {
    let person = pass.person.filter(|_| pass.outcome != Outcome::Stranger);
    let mut user = match person {
        Some(seen) => user_to_platform(seen.wire_id, seen.person, extra),
        None => User {
            id: STRANGER_ID.to_owned(),
            ..User::default()
        },
    };
    let kind = match person {
        Some(seen) if pass.outcome == Outcome::Blocked || seen.person.kind == PersonKind::Blocked => {
            UserType::Blocked
        }
        Some(_) if is_turned_away(pass) => UserType::Stranger,
        Some(seen) => user_type(seen.person.kind),
        None => UserType::Stranger,
    };
    user.kind = Some(kind);
    user.photo = pass.registered.map(Base64Text::encode);
    if let Some(card) = pass.card {
        card.clone_into(&mut user.card);
    }
    SignRecord {
        user,
        sign: Sign {
            id,
            capture: pass.capture.map(Base64Text::encode),
            at: Seconds::of(pass.at),
            kind: Some(kind),
            input: Some(input(pass.method)),
            similarity: pass.score.map(percent),
            temperature: pass.temperature.map(one_decimal),
            temperature_state: pass.temperature.map(|_| match pass.temperature_alarm {
                TemperatureAlarm::None => 0,
                TemperatureAlarm::Low => -1,
                TemperatureAlarm::High => 1,
            }),
            mask: pass.mask,
            mask_alarm: pass.mask.map(|worn| !worn),
            device_mark: Some(device_mark.to_owned()).filter(|mark| !mark.is_empty()),
        },
    }
}

/// Somebody known who was not let in, and of whom the record says nothing that tells why: of employees and visitors it says
/// that they passed. Fever and a missing mask have alarms of their own.
fn is_turned_away(pass: &Pass<'_>) -> bool {
    let has_alarm = pass.temperature_alarm != TemperatureAlarm::None || pass.mask == Some(false);
    match pass.outcome {
        Outcome::Expired | Outcome::OutOfSchedule | Outcome::NotAuthorised => true,
        Outcome::Denied => !has_alarm,
        Outcome::Granted | Outcome::Stranger | Outcome::Pending | Outcome::Blocked => false,
    }
}

fn input(method: Method) -> InputType {
    match method {
        Method::Face | Method::FaceAndCard | Method::FaceAndIdCard => InputType::Face,
        Method::Qr => InputType::Qr,
        Method::IcCard | Method::RfCard | Method::Wiegand | Method::IdCard => InputType::Card,
        Method::Pin | Method::Remote | Method::Unknown => InputType::Uuid,
    }
}

/// 0 to 1 as 0 to 100, whole.
pub(super) fn percent(score: f32) -> f64 {
    f64::from((score.clamp(0.0, 1.0) * 100.0).round())
}

/// 36.7 as a float would be 36.70000076 as a double.
pub(super) fn one_decimal(degrees: f32) -> f64 {
    (f64::from(degrees) * 10.0).round() / 10.0
}
