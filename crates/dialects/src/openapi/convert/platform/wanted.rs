//! A person of the hub as a change of the library.

use super::super::wanted::{Watch, watched};
use super::{USER, VISITOR};
use crate::convert::note::{
    enforced_by_hub, fitted_characters, is_filled, left_out, narrowed, of_kind, shown_name, unsupported,
};
use crate::convert::unscheduled::{Validity, Window, choose_window};
use crate::convert::window::Bounds;
use crate::openapi::platform::changes::check_url;
use crate::openapi::platform::{Change, FaceChange, NAME_CHARACTERS, SHORT_CHARACTERS};
use crate::openapi::time::Seconds;
use crate::placement::{Converted, Placement};
use crate::{Loss, LossReason};
use jiff::Timestamp;
use model::access::Rule;
use model::{CredentialKind, Gender, Person, PersonKind, Verify};

/// Who is to be on a device.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The person.
    pub person: &'a Person,
    /// The grants that lead to the device's door, resolved.
    pub rules: &'a [Rule],
    /// Where the device fetches the photo: http, at most 128 characters, a JPEG of 300 to 500 pixels.
    pub image_url: Option<&'a str>,
    /// When the person or the grants were changed.
    pub changed_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// Converts a person with the grants that lead to a door into the change for the device there. Schedules are left to the
/// hub, which decides on every pass; nobody is held without a picture.
#[must_use]
pub fn person_to_change(wanted: &Wanted<'_>) -> Converted<FaceChange> {
    let person = wanted.person;
    let Some(validity) = validity(wanted) else {
        return Converted::absent(None);
    };
    let mut losses = Vec::new();
    if validity.narrowed {
        losses.push(narrowed("grants"));
    }
    let redo_at = match watched(validity, wanted.now, &mut losses) {
        Watch::Now(redo_at) => redo_at,
        Watch::Absent(redo_at) => return Converted::absent(redo_at),
    };
    let Some(image_url) = wanted.image_url.filter(|url| check_url(url).is_ok()) else {
        return Converted {
            losses: vec![left_out("photos")],
            ..Converted::absent(redo_at)
        };
    };
    if person.kind != PersonKind::Vip && wanted.rules.iter().any(|rule| rule.times.is_some()) {
        losses.push(enforced_by_hub("grants.schedule"));
    }
    if person.pass_limit.is_some() {
        losses.push(enforced_by_hub("pass_limit"));
    }
    let change = change(wanted, image_url, &mut losses);
    note_unsupported(person, &mut losses);
    Converted {
        placement: Placement::Hold(Box::new(change)),
        losses,
        redo_at,
    }
}

/// When the person may pass, schedules apart; `None` for somebody who may not pass at all.
fn validity(wanted: &Wanted<'_>) -> Option<Validity> {
    let person = wanted.person;
    let is_used_up = person.pass_limit.is_some_and(|limit| person.passes_used >= limit);
    if person.kind == PersonKind::Blocked || is_used_up {
        return None;
    }
    let bounds = Bounds {
        from: person.valid_from,
        until: person.valid_until,
        vip: person.kind == PersonKind::Vip,
    };
    let at_any_time: Vec<Rule> = wanted
        .rules
        .iter()
        .map(|rule| Rule {
            times: None,
            ..rule.clone()
        })
        .collect();
    match choose_window(&at_any_time, bounds, wanted.now) {
        Window::Open(validity) => Some(validity),
        Window::Closed | Window::Scheduled => None,
    }
}

fn change(wanted: &Wanted<'_>, image_url: &str, losses: &mut Vec<Loss>) -> FaceChange {
    let person = wanted.person;
    let kind = match person.kind {
        PersonKind::Visitor => VISITOR,
        PersonKind::Member | PersonKind::Vip | PersonKind::Blocked => USER,
    };
    let remark = person
        .remark
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    FaceChange {
        operation: Change::Save,
        kind: Some(kind.to_owned()),
        id: person.id.to_string(),
        name: fitted_characters("name", shown_name(person), NAME_CHARACTERS, losses),
        sex: person.gender.map(|gender| match gender {
            Gender::Male => 1,
            Gender::Female => 2,
            Gender::Other => 3,
        }),
        remark: remark.map(|text| fitted_characters("remark", text, SHORT_CHARACTERS, losses)),
        image_url: image_url.to_owned(),
        at: Some(Seconds::of(wanted.changed_at)),
    }
}

/// The change that takes somebody off a device.
#[must_use]
pub fn deletion(wire_id: &str, changed_at: Timestamp) -> FaceChange {
    FaceChange {
        operation: Change::Delete,
        id: wire_id.to_owned(),
        at: Some(Seconds::of(changed_at)),
        ..FaceChange::default()
    }
}

/// Everything that chapter 9 has no place for (MODEL section 8).
fn note_unsupported(person: &Person, losses: &mut Vec<Loss>) {
    if person.kind == PersonKind::Vip {
        losses.push(Loss::changed("kind", LossReason::Unsupported, "vip", "member"));
    }
    let has = |kind: CredentialKind| of_kind(person, kind).next().is_some();
    let fields = [
        ("code", is_filled(&person.code)),
        ("birthday", person.birthday.is_some()),
        ("phone", is_filled(&person.phone)),
        ("email", is_filled(&person.email)),
        ("department", is_filled(&person.department)),
        ("title", is_filled(&person.title)),
        ("company", is_filled(&person.company)),
        ("ethnicity", is_filled(&person.ethnicity)),
        ("native_place", is_filled(&person.native_place)),
        ("address", is_filled(&person.address)),
        ("visit", person.visit.is_some()),
        ("greeting", is_filled(&person.greeting)),
        ("room", is_filled(&person.room)),
        ("verify", person.verify != Verify::Device),
        ("photos", person.photos.len() > 1),
        ("credentials.ic_card", has(CredentialKind::IcCard)),
        ("credentials.rf_card", has(CredentialKind::RfCard)),
        ("credentials.wiegand", has(CredentialKind::Wiegand)),
        ("credentials.id_card", has(CredentialKind::IdCard)),
        ("credentials.pin", has(CredentialKind::Pin)),
        ("credentials.qr", has(CredentialKind::Qr)),
    ];
    unsupported(&fields, losses);
}
