//! A person of the hub as the call for a device.

use crate::convert::note::{fitted, is_filled, left_out, narrowed, of_kind, shown_name, unsupported};
use crate::convert::unscheduled::{Validity, Window, choose_window};
use crate::convert::window::Bounds;
use crate::epoch::Epoch;
use crate::lan::person::{NAME_BYTES, NO_TIME, NUMBER_BYTES, SetPerson, UNLIMITED_PASSES};
use crate::lenient::Base64Text;
use crate::placement::{Converted, Placement, Wanted};
use crate::{Loss, LossReason};
use jiff::Timestamp;
use model::{CredentialKind, Person, PersonKind, Verify};

/// Converts a person with the grants that lead to a door into the call for the device there.
#[must_use]
pub fn person_to_device(wanted: &Wanted<'_>) -> Converted<SetPerson> {
    let person = wanted.person;
    if person.kind == PersonKind::Blocked {
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
    let mut losses = Vec::new();
    if validity.narrowed {
        losses.push(narrowed("grants"));
    }
    let message = message(wanted, validity, &mut losses);
    note_unsupported(person, &mut losses);
    Converted {
        placement: Placement::Hold(Box::new(message)),
        losses,
        redo_at: validity.redo_at,
    }
}

fn message(wanted: &Wanted<'_>, validity: Validity, losses: &mut Vec<Loss>) -> SetPerson {
    let person = wanted.person;
    SetPerson {
        id: person.id.to_string(),
        name: Some(fitted("name", shown_name(person), NAME_BYTES, losses)),
        card: card(person, losses),
        id_number: number(person, CredentialKind::IdCard, "credentials.id_card", losses),
        photo: wanted.photo.map(Base64Text::encode),
        pass_count: Some(passes_left(person, losses)),
        start: Some(start(validity.from)),
        end: Some(end(validity.until)),
    }
}

/// One number serves IC cards and Wiegand; the IC card's goes first.
fn card(person: &Person, losses: &mut Vec<Loss>) -> Option<String> {
    let ic_card = number(person, CredentialKind::IcCard, "credentials.ic_card", losses);
    match ic_card {
        Some(number) => {
            if of_kind(person, CredentialKind::Wiegand).next().is_some() {
                losses.push(left_out("credentials.wiegand"));
            }
            Some(number)
        }
        None => number(person, CredentialKind::Wiegand, "credentials.wiegand", losses),
    }
}

/// A credential's number. One that does not fit is left out, never cut: a cut number is somebody else's.
fn number(person: &Person, kind: CredentialKind, field: &str, losses: &mut Vec<Loss>) -> Option<String> {
    let mut numbers = of_kind(person, kind);
    let first = numbers.next()?;
    let fits = (1..=NUMBER_BYTES).contains(&first.number.len());
    if numbers.next().is_some() || !fits {
        losses.push(left_out(field));
    }
    fits.then(|| first.number.clone())
}

fn passes_left(person: &Person, losses: &mut Vec<Loss>) -> i64 {
    const MOST: i64 = UNLIMITED_PASSES - 1;
    let Some(limit) = person.pass_limit else {
        return UNLIMITED_PASSES;
    };
    let left = i64::from(limit.saturating_sub(person.passes_used));
    if left > MOST {
        losses.push(Loss::changed(
            "pass_limit",
            LossReason::Narrowed,
            left.to_string(),
            MOST.to_string(),
        ));
    }
    left.min(MOST)
}

/// What is not after 1970 is no beginning on this wire.
fn start(from: Timestamp) -> Epoch {
    if from <= Timestamp::UNIX_EPOCH {
        return NO_TIME;
    }
    Epoch::not_before(from).min(Epoch::LATEST)
}

/// An end before 1970 would be none on this wire: the first moment after stands for it.
fn end(until: Timestamp) -> Epoch {
    if until == Timestamp::MAX {
        return NO_TIME;
    }
    Epoch::of(until).clamp(Epoch::from_millisecond(1), Epoch::LATEST)
}

/// Everything that this dialect has no place for (MODEL section 8).
fn note_unsupported(person: &Person, losses: &mut Vec<Loss>) {
    let kind = match person.kind {
        PersonKind::Member | PersonKind::Blocked => None,
        PersonKind::Visitor => Some("visitor"),
        PersonKind::Vip => Some("vip"),
    };
    losses.extend(kind.map(|kind| Loss::changed("kind", LossReason::Unsupported, kind, "member")));
    let has = |kind: CredentialKind| of_kind(person, kind).next().is_some();
    let fields = [
        ("code", is_filled(&person.code)),
        ("gender", person.gender.is_some()),
        ("birthday", person.birthday.is_some()),
        ("phone", is_filled(&person.phone)),
        ("email", is_filled(&person.email)),
        ("department", is_filled(&person.department)),
        ("title", is_filled(&person.title)),
        ("company", is_filled(&person.company)),
        ("ethnicity", is_filled(&person.ethnicity)),
        ("native_place", is_filled(&person.native_place)),
        ("address", is_filled(&person.address)),
        ("remark", is_filled(&person.remark)),
        ("visit", person.visit.is_some()),
        ("greeting", is_filled(&person.greeting)),
        ("room", is_filled(&person.room)),
        ("verify", person.verify != Verify::Device),
        ("photos", person.photos.len() > 1),
        ("credentials.rf_card", has(CredentialKind::RfCard)),
        ("credentials.pin", has(CredentialKind::Pin)),
        ("credentials.qr", has(CredentialKind::Qr)),
    ];
    unsupported(&fields, losses);
}
