//! Whether and how a person is to be on a device, for dialects that have a validity and no schedules.

use crate::Loss;
use jiff::Timestamp;
use model::Person;
use model::access::Rule;

/// Who is to be on a device.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The person.
    pub person: &'a Person,
    /// The grants that lead to the device's door, resolved.
    pub rules: &'a [Rule],
    /// The best photo, a JPEG within the dialect's limits; none for somebody with cards alone.
    pub photo: Option<&'a [u8]>,
    /// Now. Where grants have several validities, what is sent is what serves from now on.
    pub now: Timestamp,
}

/// What is to be on the device.
#[derive(Debug, Clone, PartialEq)]
pub enum Placement<T> {
    /// The person, as this says.
    Hold(Box<T>),
    /// Not the person: nothing leads there now, or the dialect has no people of this kind.
    Absent,
    /// Not the person: the dialect cannot say when the person may pass (hub rule 25: failed, `unsupported`).
    Unsupported,
}

/// What came of a conversion.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted<T> {
    /// What is to be on the device.
    pub placement: Placement<T>,
    /// What was cut, left out, narrowed, or is left to the hub.
    pub losses: Vec<Loss>,
    /// When the person is to be converted and sent again: grants begin or end that the message leaves out.
    pub redo_at: Option<Timestamp>,
}

impl<T> Converted<T> {
    /// Nobody on the device.
    pub(crate) fn absent(redo_at: Option<Timestamp>) -> Self {
        Self {
            placement: Placement::Absent,
            losses: Vec::new(),
            redo_at,
        }
    }

    /// Nobody on the device, because it knows no schedules.
    pub(crate) fn scheduled() -> Self {
        Self {
            placement: Placement::Unsupported,
            losses: vec![Loss::unsupported("grants.schedule")],
            redo_at: None,
        }
    }
}
