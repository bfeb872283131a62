//! Passwords of the door itself, which nobody in particular has: a dialect sets them, and a PIN typed at the kiosk is
//! checked against them where nobody of the library has it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The passwords that open the door now.
#[derive(Debug, Default)]
pub struct Pins(Mutex<BTreeSet<String>>);

impl Pins {
    /// These and no others.
    pub fn set(&self, pins: BTreeSet<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = pins;
    }

    /// Whether one opens the door.
    #[must_use]
    pub fn open(&self, pin: &str) -> bool {
        let pins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pins.contains(pin)
    }
}
