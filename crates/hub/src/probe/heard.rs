//! What a device says by itself while it is tried: looked at as it comes, told in rows of its own.

use super::report::Finding;
use super::row::{Quirks, Tried};
use std::collections::BTreeMap;

/// A message that a device says by itself.
pub(super) struct Said {
    /// The wire name.
    pub(super) name: &'static str,
    /// The section of the document.
    pub(super) section: &'static str,
    /// What it means that none came.
    pub(super) silence: Silence,
    /// Where devices are known to differ, and the entry that explains it.
    pub(super) quirks: Quirks,
}

/// A line of a room's table.
pub(super) const fn said(
    name: &'static str,
    section: &'static str,
    silence: Silence,
    quirks: Quirks,
) -> Said {
    Said {
        name,
        section,
        silence,
        quirks,
    }
}

/// A message of a device, looked at.
pub(super) struct LookedAt<R> {
    /// The wire name.
    pub(super) name: String,
    /// What it is like.
    pub(super) tried: Tried,
    /// What it says, where that can be read.
    pub(super) request: Option<R>,
}

/// What it means that a message did not come.
pub(super) enum Silence {
    /// Nothing: it takes something that a probe does not do.
    Skipped(&'static str),
    /// The device fails to say what the document has it say.
    Differs(&'static str),
}

/// The worst of each message that came, by its wire name.
#[derive(Default)]
pub(super) struct Heard(BTreeMap<String, Tried>);

impl Heard {
    /// Keeps what a message was like.
    pub(super) fn keep(&mut self, name: &str, tried: Tried) {
        let before = self.0.get(name);
        if before.is_none_or(|before| before.outcome < tried.outcome) {
            self.0.insert(name.to_owned(), tried);
        }
    }

    /// Whether such a message came.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The lines of these messages.
    pub(super) fn findings(mut self, said: &[Said]) -> Vec<Finding> {
        said.iter()
            .map(|said| {
                let silent = || match said.silence {
                    Silence::Skipped(why) => Tried::skipped(why),
                    Silence::Differs(why) => Tried::absent(why),
                };
                let tried = self.0.remove(said.name).unwrap_or_else(silent);
                tried.told(said.name, said.section, said.quirks)
            })
            .collect()
    }
}
