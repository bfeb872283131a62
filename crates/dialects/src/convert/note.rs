//! Losses that most dialects have, each said once.

use crate::text::cut;
use crate::{Loss, LossReason};
use model::{Credential, CredentialKind, Person};

/// A value that does not fit and is left out.
pub(crate) fn left_out(field: &str) -> Loss {
    Loss {
        reason: LossReason::LeftOut,
        ..Loss::unsupported(field)
    }
}

/// Grants of which the device is given less than all.
pub(crate) fn narrowed(field: &str) -> Loss {
    Loss {
        reason: LossReason::Narrowed,
        ..Loss::unsupported(field)
    }
}

/// Whether a text says something.
pub(crate) fn is_filled(text: &Option<String>) -> bool {
    text.as_deref().is_some_and(|text| !text.trim().is_empty())
}

/// The fields that are set and that the dialect has no place for.
pub(crate) fn unsupported(fields: &[(&str, bool)], losses: &mut Vec<Loss>) {
    let set = fields.iter().filter(|(_, is_set)| *is_set);
    losses.extend(set.map(|(field, _)| Loss::unsupported(*field)));
}

/// The name shown, or the id where there is none.
pub(crate) fn shown_name(person: &Person) -> &str {
    match person.name.trim() {
        "" => person.id.as_str(),
        name => name,
    }
}

/// A text of at most so many bytes; a cut is a loss.
pub(crate) fn fitted(field: &str, text: &str, bytes: usize, losses: &mut Vec<Loss>) -> String {
    let kept = cut(text, bytes);
    if kept.len() < text.len() {
        losses.push(Loss::changed(field, LossReason::Cut, text, kept));
    }
    kept.to_owned()
}

/// The credentials of a kind.
pub(crate) fn of_kind(person: &Person, kind: CredentialKind) -> impl Iterator<Item = &Credential> {
    person
        .credentials
        .iter()
        .filter(move |credential| credential.kind == kind)
}

/// Something that the dialect lacks and the hub sees to, by adding and removing the person in time.
pub(crate) fn enforced_by_hub(field: &str) -> Loss {
    Loss {
        reason: LossReason::EnforcedByHub,
        ..Loss::unsupported(field)
    }
}
