//! A pass at a terminal as its report.

use super::super::reported::{one_decimal, percent};
use super::{USER, VISITOR};
use crate::lenient::Base64Text;
use crate::openapi::platform::{
    ID_CHARACTERS, IdCardInfo, NAME_CHARACTERS, OpenCode, PICTURE_BYTES, SyAttribute, SyFace,
};
use crate::openapi::time::Seconds;
use crate::reported::Pass;
use model::{Direction, IdentityDocument, Method, Outcome, PersonKind, TemperatureAlarm};

/// How a terminal names itself.
#[derive(Debug, Clone, Copy)]
pub struct Reporter<'a> {
    /// Its serial.
    pub device: &'a str,
    /// Its number, as set on its page.
    pub uuid: Option<&'a str>,
    /// Its area's code, as set on its page.
    pub area: Option<&'a str>,
}

/// The report of somebody recognised; `None` for a stranger, whom [`measurement_to_platform`] reports. `kind` is the
/// platform's own word for what the person is.
#[must_use]
pub fn comparison_to_platform(pass: &Pass<'_>, reporter: Reporter<'_>, kind: Option<&str>) -> Option<SyFace> {
    let seen = pass.person.filter(|_| pass.outcome != Outcome::Stranger)?;
    let usual = match seen.person.kind {
        PersonKind::Visitor => VISITOR,
        PersonKind::Member | PersonKind::Vip | PersonKind::Blocked => USER,
    };
    let (action_code, action) = match pass.direction {
        Direction::Entry => (Some(1), Some("进门")),
        Direction::Exit => (Some(2), Some("出门")),
        Direction::None => (None, None),
    };
    let by_document = matches!(pass.method, Method::IdCard | Method::FaceAndIdCard);
    Some(SyFace {
        user_id: seen.wire_id.to_owned(),
        name: cut(&seen.person.name, NAME_CHARACTERS),
        kind: Some(cut(kind.unwrap_or(usual), NAME_CHARACTERS)),
        device: cut(reporter.device, ID_CHARACTERS),
        uuid: reporter.uuid.map(|uuid| cut(uuid, ID_CHARACTERS)),
        area: reporter.area.map(|area| cut(area, NAME_CHARACTERS)),
        action_code,
        action: action.map(str::to_owned),
        temperature: temperature(pass),
        mask: pass.mask,
        at: Some(Seconds::of(pass.at)),
        similarity: Some(pass.score.map_or(0.0, percent)),
        id_card: pass.document.filter(|_| by_document).map(id_card),
        img: picture(pass.capture),
    })
}

/// The report of somebody whom nobody recognised, or of a pass without comparison.
#[must_use]
pub fn measurement_to_platform(pass: &Pass<'_>, reporter: Reporter<'_>) -> SyAttribute {
    let code = match pass.outcome {
        Outcome::Granted => Some(OpenCode::Opened),
        Outcome::Stranger => None,
        _ if pass.temperature_alarm != TemperatureAlarm::None => Some(OpenCode::Temperature),
        _ if pass.mask == Some(false) => Some(OpenCode::NoMask),
        _ => None,
    };
    SyAttribute {
        device: cut(reporter.device, ID_CHARACTERS),
        uuid: reporter.uuid.map(|uuid| cut(uuid, ID_CHARACTERS)),
        temperature: temperature(pass),
        mask: pass.mask,
        area: reporter.area.map(|area| cut(area, NAME_CHARACTERS)),
        at: Some(Seconds::of(pass.at)),
        img: picture(pass.capture),
        code,
        msg: code.map(|code| code.text().to_owned()),
    }
}

/// Digits alone (QUIRKS O10).
fn temperature(pass: &Pass<'_>) -> String {
    let degrees = pass.temperature.map(one_decimal);
    degrees.map(|degrees| format!("{degrees:.1}")).unwrap_or_default()
}

/// A picture within the document's limit; a larger one is left out.
fn picture(capture: Option<&[u8]>) -> Base64Text {
    capture
        .map(Base64Text::encode)
        .filter(|picture| picture.as_text().len() <= PICTURE_BYTES)
        .unwrap_or_default()
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

fn id_card(document: &IdentityDocument) -> IdCardInfo {
    let document = document.clone();
    IdCardInfo {
        name: document.name,
        gender: document.gender,
        ethnicity: document.ethnicity,
        birthday: document.birthday,
        address: document.address,
        number: document.number,
        authority: document.authority,
        valid_from: document.valid_from,
        valid_until: document.valid_until,
    }
    .within_limits()
}
