//! A person of the hub as the object for a device.

use super::told::birthday;
use crate::convert::note::{
    enforced_by_hub, fitted_characters, is_filled, left_out, narrowed, of_kind, shown_name, unsupported,
};
use crate::convert::unscheduled::{Validity, Window, choose_window};
use crate::convert::window::Bounds;
use crate::epoch::Epoch;
use crate::lenient::Base64Text;
use crate::openapi::time::Seconds;
use crate::openapi::user::{self, User, UserType};
use crate::placement::{Converted, Placement, Wanted};
use crate::{Loss, LossReason};
use jiff::Timestamp;
use model::{CredentialKind, Gender, Person, PersonKind, Verify};

/// Converts a person with the grants that lead to a door into the object for the device there.
///
/// Only visits have a beginning and an end: of everybody else the hub sees to them, by adding and removing (hub rule 25).
#[must_use]
pub fn person_to_device(wanted: &Wanted<'_>) -> Converted<User> {
    let person = wanted.person;
    let mut losses = Vec::new();
    if person.kind == PersonKind::Blocked {
        return hold(wanted, UserType::Blocked, None, losses, None);
    }
    // Counted by the hub over all doors, which takes the person off the device at the last pass.
    if person.pass_limit.is_some_and(|limit| person.passes_used >= limit) {
        return Converted::absent(None);
    }
    let bounds = Bounds {
        from: person.valid_from,
        until: person.valid_until,
        vip: person.kind == PersonKind::Vip,
    };
    let validity = match choose_window(wanted.rules, bounds, wanted.now) {
        Window::Open(validity) => validity,
        Window::Closed => return Converted::absent(None),
        Window::Scheduled => return Converted::scheduled(),
    };
    if validity.narrowed {
        losses.push(narrowed("grants"));
    }
    if person.pass_limit.is_some() {
        losses.push(enforced_by_hub("pass_limit"));
    }
    if person.kind == PersonKind::Visitor {
        return hold(
            wanted,
            UserType::Visitor,
            Some(validity),
            losses,
            validity.redo_at,
        );
    }
    match watched(validity, wanted.now, &mut losses) {
        Watch::Now(redo_at) => hold(wanted, UserType::Staff, None, losses, redo_at),
        Watch::Absent(redo_at) => Converted::absent(redo_at),
    }
}

/// Whether somebody without a validity on the wire is to be on the device now, and when that changes.
pub(super) enum Watch {
    Now(Option<Timestamp>),
    Absent(Option<Timestamp>),
}

pub(super) fn watched(validity: Validity, now: Timestamp, losses: &mut Vec<Loss>) -> Watch {
    if now < validity.from {
        let redo_at = validity.redo_at.into_iter().chain([validity.from]).min();
        return Watch::Absent(redo_at);
    }
    if now >= validity.until {
        return Watch::Absent(validity.redo_at);
    }
    let end = Some(validity.until).filter(|until| *until < Timestamp::MAX);
    if end.is_some() {
        losses.push(enforced_by_hub("valid_until"));
    }
    Watch::Now(validity.redo_at.into_iter().chain(end).min())
}

fn hold(
    wanted: &Wanted<'_>,
    kind: UserType,
    visit: Option<Validity>,
    mut losses: Vec<Loss>,
    redo_at: Option<Timestamp>,
) -> Converted<User> {
    let mut user = described(wanted.person, &mut losses);
    user.kind = Some(kind);
    user.photo = wanted.photo.map(Base64Text::encode);
    user.start = visit.and_then(|visit| start(visit.from));
    user.end = visit.and_then(|visit| end(visit.until));
    note_unsupported(wanted.person, &mut losses);
    Converted {
        placement: Placement::Hold(Box::new(user)),
        losses,
        redo_at,
    }
}

/// What is not after 1970 is no beginning.
fn start(from: Timestamp) -> Option<Seconds> {
    let latest = Seconds::new(Epoch::LATEST.as_second());
    (from > Timestamp::UNIX_EPOCH).then(|| Seconds::not_before(from).min(latest))
}

/// The first second after 1970 stands for an end before: 0 may be read as none.
fn end(until: Timestamp) -> Option<Seconds> {
    let latest = Seconds::new(Epoch::LATEST.as_second());
    (until < Timestamp::MAX).then(|| Seconds::of(until).clamp(Seconds::new(1), latest))
}

/// What the object says of the person, type and times apart.
fn described(person: &Person, losses: &mut Vec<Loss>) -> User {
    let visit = person.visit.clone().unwrap_or_default();
    let mut text = |field: &str, text: &Option<String>, limit: usize| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        Some(fitted_characters(field, text, limit, losses))
    };
    let department = text("department", &person.department, user::DEPARTMENT_CHARACTERS);
    let title = text("title", &person.title, user::TITLE_CHARACTERS);
    let prompt = text("greeting", &person.greeting, user::PROMPT_CHARACTERS);
    let purpose = text("visit.purpose", &visit.purpose, user::PURPOSE_CHARACTERS);
    let interviewee = text("visit.host", &visit.host, user::INTERVIEWEE_CHARACTERS);
    let come_from = match is_filled(&visit.from_company) {
        true => text(
            "visit.from_company",
            &visit.from_company,
            user::COME_FROM_CHARACTERS,
        ),
        false if person.kind == PersonKind::Visitor => {
            text("company", &person.company, user::COME_FROM_CHARACTERS)
        }
        false => None,
    };
    let remark = text("remark", &person.remark, user::REMARK_CHARACTERS).unwrap_or_default();
    let name = shown_name(person);
    User {
        id: person.id.to_string(),
        name: fitted_characters("name", name, user::NAME_CHARACTERS, losses),
        card: number(person, CredentialKind::IcCard, losses).unwrap_or_default(),
        id_number: number(person, CredentialKind::IdCard, losses),
        // What is cut there is another's.
        job_number: whole("code", &person.code, user::JOB_NUMBER_CHARACTERS, losses).unwrap_or_default(),
        mobile: whole("phone", &person.phone, user::MOBILE_CHARACTERS, losses).unwrap_or_default(),
        mail: whole("email", &person.email, user::MAIL_CHARACTERS, losses),
        birthday: person.birthday.and_then(birthday),
        gender: match person.gender {
            Some(Gender::Male) => Some(1),
            Some(Gender::Female) => Some(2),
            Some(Gender::Other) | None => None,
        },
        remark,
        department,
        title,
        prompt,
        purpose,
        interviewee,
        come_from,
        ..User::default()
    }
}

/// A text that is left out where it does not fit.
fn whole(field: &str, text: &Option<String>, limit: usize, losses: &mut Vec<Loss>) -> Option<String> {
    let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
    if text.chars().count() > limit {
        losses.push(left_out(field));
        return None;
    }
    Some(text.to_owned())
}

fn number(person: &Person, kind: CredentialKind, losses: &mut Vec<Loss>) -> Option<String> {
    let (field, limit) = match kind {
        CredentialKind::IdCard => ("credentials.id_card", user::ID_NUMBER_CHARACTERS),
        _ => ("credentials.ic_card", user::CARD_CHARACTERS),
    };
    let mut numbers = of_kind(person, kind);
    let first = numbers.next()?;
    let fits = !first.number.trim().is_empty() && first.number.chars().count() <= limit;
    if numbers.next().is_some() || !fits {
        losses.push(left_out(field));
    }
    fits.then(|| first.number.clone())
}

/// Everything that this dialect has no place for (MODEL section 8).
fn note_unsupported(person: &Person, losses: &mut Vec<Loss>) {
    if person.kind == PersonKind::Vip {
        losses.push(Loss::changed("kind", LossReason::Unsupported, "vip", "member"));
    }
    let has = |kind: CredentialKind| of_kind(person, kind).next().is_some();
    let is_told = person.kind == PersonKind::Visitor
        && !person
            .visit
            .as_ref()
            .is_some_and(|visit| is_filled(&visit.from_company));
    let fields = [
        ("gender", person.gender == Some(Gender::Other)),
        ("company", is_filled(&person.company) && !is_told),
        ("ethnicity", is_filled(&person.ethnicity)),
        ("native_place", is_filled(&person.native_place)),
        ("address", is_filled(&person.address)),
        ("room", is_filled(&person.room)),
        ("verify", person.verify != Verify::Device),
        ("photos", person.photos.len() > 1),
        ("credentials.rf_card", has(CredentialKind::RfCard)),
        ("credentials.wiegand", has(CredentialKind::Wiegand)),
        ("credentials.pin", has(CredentialKind::Pin)),
        ("credentials.qr", has(CredentialKind::Qr)),
    ];
    unsupported(&fields, losses);
}
