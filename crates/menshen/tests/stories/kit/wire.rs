//! How a dialect's terminal meets the hub.

use serde_json::Value;
use std::time::Duration;

/// What a terminal does when the hub that decides says nothing (terminal rule 16).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It decides by itself.
    TerminalDecides,
    /// The door stays shut.
    StaysShut,
}

/// How a dialect's terminal meets the hub.
pub(crate) struct Wire {
    /// The dialect.
    pub(crate) name: &'static str,
    /// The hub's settings for a port that is free.
    pub(crate) hub: fn(u16) -> Vec<String>,
    /// The terminal's settings for the same port, and for one of its own.
    pub(crate) terminal: fn(u16, u16) -> Vec<String>,
    /// How finely the wire tells times.
    pub(crate) resolution: Duration,
    /// Settings of a terminal that waits for no answer long.
    pub(crate) impatient: &'static [&'static str],
    /// How far a terminal's clock may be off: the hub's answers that set it are under way for a moment.
    pub(crate) clock: Duration,
    /// Nobody is on a device without a photo.
    pub(crate) needs_photo: bool,
    /// Somebody blocked is on the device, too.
    pub(crate) knows_blocked: bool,
    /// Somebody unknown makes a record, too.
    pub(crate) tells_strangers: bool,
    /// What an outage left comes newest first, as the document lists it.
    pub(crate) newest_first: bool,
    /// Where the swarm's devices are dialled, if that port may need rights.
    pub(crate) swarm_port: Option<u16>,
    /// The kind and the number of a person's card.
    pub(crate) card: fn(&str) -> (&'static str, String),
    /// How a pass by card is told.
    pub(crate) card_method: &'static str,
    /// Somebody whose time is over stays on the device, which says so.
    pub(crate) keeps_end: bool,
    /// How a pass of somebody whose time is over is told; `None`: not at all.
    pub(crate) over: Option<&'static str>,
    /// QR codes are brought to the hub, which decides on them.
    pub(crate) brings_codes: bool,
    /// The hub can be the one who decides, and what its silence then means at the door; `None`: it cannot.
    pub(crate) hub_decides: Option<Silence>,
    /// Where the hub dials: what it must know, given the terminal's own port, and which one to dial instead of a port.
    pub(crate) dialled: Option<fn(u16, Between<'_>) -> Value>,
}

/// Which port to dial instead of another one, where something stands between the two.
pub(crate) type Between<'a> = &'a mut dyn FnMut(u16) -> u16;

/// A card with the person's id for its number.
pub(crate) fn ic_card(person: &str) -> (&'static str, String) {
    ("ic_card", person.to_owned())
}

/// An address of this computer.
pub(crate) fn here(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

impl Wire {
    /// How many ports the two listen at, for each other.
    pub(crate) fn ports(&self) -> usize {
        let mut ports = 1;
        if let Some(dialled) = self.dialled {
            dialled(1, &mut |port| {
                ports += 1;
                port
            });
        }
        ports
    }

    /// So many people that nobody passes twice within what the wire cannot tell apart, when somebody passes every
    /// `between`; at least `least`.
    pub(crate) fn people(&self, between: Duration, least: usize) -> usize {
        let blurred = self.resolution.max(self.clock);
        let fits = blurred.as_millis().saturating_mul(4) / between.as_millis().max(1);
        usize::try_from(fits).unwrap().max(least)
    }
}
