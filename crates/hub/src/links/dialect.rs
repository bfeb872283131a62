//! What a dialect can do, known before any device is connected.

use face::RenditionLimits;
use model::CommandKind;
use serde_json::Value;

/// Why a command's arguments cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyFault {
    /// Which field.
    pub path: &'static str,
    /// Why.
    pub message: String,
}

/// One wire protocol, as far as the rest of the hub is concerned.
pub trait Dialect: Send + Sync {
    /// Its name, as in `device.dialect`.
    fn name(&self) -> &'static str;

    /// What can be asked of its devices: command kinds and features (hub rule 38).
    fn capabilities(&self) -> &'static [&'static str];

    /// Whether the hub dials its devices; else they dial the hub and may be entered beforehand by serial.
    fn hub_dials(&self) -> bool;

    /// The limits of photos (hub rule 30).
    fn photo_limits(&self) -> RenditionLimits {
        RenditionLimits::default()
    }

    /// Photos that a device takes of one person.
    fn photos(&self) -> usize {
        1
    }

    /// Whether a command of this kind with these arguments can be sent, before it is queued.
    ///
    /// # Errors
    /// The field that cannot.
    fn check_command(&self, kind: CommandKind, body: &Value) -> Result<(), BodyFault>;

    /// Whether this kind of command exists here.
    fn has_command(&self, kind: CommandKind) -> bool {
        self.capabilities().contains(&kind.name())
    }
}
