//! What conversions to all dialects share: which of a person's grants a device is given, as one validity with one
//! schedule that never allows more than they do together (hub rule 24).

pub(crate) mod note;
pub(crate) mod union;
pub(crate) mod unscheduled;
pub(crate) mod window;
pub(crate) mod zone;
