//! The place where changes of persons and rules reach the devices' rosters.

use crate::{StoreError, Write};

/// What may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::hub) enum RosterScope<'a> {
    /// One person, on every device.
    Person(&'a str),
    /// The devices of a zone.
    Zone(&'a str),
}

/// Recomputes what devices should hold within a scope.
pub(in crate::hub) fn refresh(_tx: &mut Write<'_>, scope: RosterScope<'_>) -> Result<(), StoreError> {
    match scope {
        RosterScope::Person(_) | RosterScope::Zone(_) => Ok(()),
    }
}
