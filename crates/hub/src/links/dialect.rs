//! What a dialect can do, known before any device is connected.

use super::dialled::Dialled;
use dialects::fields::Field;
use face::RenditionLimits;
use model::{CommandKind, SettingsChange};
use serde_json::{Map, Value};

/// The longest serial, in bytes, where a dialect does not say.
const MOST_SERIAL_BYTES: usize = 64;

/// Why a command's arguments cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyFault {
    /// Which field.
    pub path: String,
    /// Why.
    pub message: String,
}

impl BodyFault {
    /// A fault of a field.
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

/// One wire protocol, as far as the rest of the hub is concerned.
pub trait Dialect: Send + Sync {
    /// Its name, as in `device.dialect`.
    fn name(&self) -> &'static str;

    /// What can be asked of its devices: command kinds and features (hub rule 38).
    fn capabilities(&self) -> &'static [&'static str];

    /// How the hub dials its devices; `None` where they dial the hub and may be entered beforehand by serial.
    fn dialled(&self) -> Option<&'static dyn Dialled> {
        None
    }

    /// Whether the hub dials its devices.
    fn hub_dials(&self) -> bool {
        self.dialled().is_some()
    }

    /// Whether its devices sign in with a password that the hub makes for them (hub rule 15).
    fn has_passwords(&self) -> bool {
        false
    }

    /// Whether a device of this dialect can have this serial.
    ///
    /// # Errors
    /// The limit that it breaks.
    fn check_serial(&self, serial: &str) -> Result<(), BodyFault> {
        if serial.trim().is_empty() || serial.len() > MOST_SERIAL_BYTES {
            let limit = format!("what the device calls itself, 1 to {MOST_SERIAL_BYTES} bytes");
            return Err(BodyFault::new("serial", limit));
        }
        Ok(())
    }

    /// The limits of photos (hub rule 30).
    fn photo_limits(&self) -> RenditionLimits {
        RenditionLimits::default()
    }

    /// Photos that a device takes of one person.
    fn photos(&self) -> usize {
        1
    }

    /// People that a device takes in one call, beyond one: a command waits for the whole call.
    fn people_at_once(&self) -> usize {
        1
    }

    /// Whether a command of this kind with these arguments can be sent, before it is queued.
    ///
    /// # Errors
    /// The field that cannot.
    fn check_command(&self, kind: CommandKind, body: &Value) -> Result<(), BodyFault>;

    /// Whether a command destroys records that a device holds: they are brought here first (hub rule 33).
    fn clears_records(&self, kind: CommandKind, body: &Value) -> bool {
        let _ = body;
        kind == CommandKind::ClearRecords
    }

    /// The message of this dialect that opens the door.
    fn door_operation(&self) -> &'static str;

    /// Whether a command opens the door, by whatever name: one that comes late opens it for nobody (hub rules 32 and 33).
    fn opens_door(&self, kind: CommandKind, body: &Value) -> bool {
        let operation = || body.get("operation").and_then(Value::as_str).unwrap_or_default();
        let bare = |name: &str| name.trim().trim_matches('/').to_ascii_lowercase();
        match kind {
            CommandKind::OpenDoor => true,
            CommandKind::Native => bare(operation()) == bare(self.door_operation()),
            _ => false,
        }
    }

    /// Whether a device carries out a command beside others, and takes its time: the door does not wait for it.
    fn is_long(&self, kind: CommandKind, body: &Value) -> bool {
        let _ = (kind, body);
        false
    }

    /// The version of the protocol that a command needs, where a device may speak an older one: one that is known to
    /// is not told it.
    fn needs_version(&self, kind: CommandKind, body: &Value) -> Option<u8> {
        let _ = (kind, body);
        None
    }

    /// Whether its devices know people by ids that may be none of the hub's: then [`super::PersonPut::wire_id`] says who is
    /// meant.
    fn has_ids_of_its_own(&self) -> bool {
        false
    }

    /// Whether its devices bring QR codes to the hub, which decides on them.
    fn brings_codes(&self) -> bool {
        false
    }

    /// The groups of this dialect's own settings (hub rule 36).
    fn setting_groups(&self) -> &'static [&'static str] {
        &[]
    }

    /// The fields of one of those groups, where the dialect has a table of them: whoever is no admin is not shown those
    /// that are secret.
    fn setting_fields(&self, group: &str) -> &'static [Field] {
        let _ = group;
        &[]
    }

    /// Whether a change of one group of this dialect's own settings can be sent, before it is.
    ///
    /// # Errors
    /// The field that cannot, with its range.
    fn check_native_settings(&self, group: &str, changes: &Map<String, Value>) -> Result<(), BodyFault> {
        let _ = changes;
        Err(BodyFault::new(group, "this dialect has no such group"))
    }

    /// Whether a change of shared settings can be sent, before it is (hub rule 37).
    ///
    /// # Errors
    /// The field that cannot, with its range.
    fn check_settings(&self, change: &SettingsChange) -> Result<(), BodyFault> {
        let _ = change;
        Err(BodyFault::new("", "this dialect has no settings"))
    }

    /// The shared settings that this dialect can change, by name.
    fn writable_settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// What can be asked of a device that understands this version of the protocol at most.
    fn capabilities_within(&self, limit: Option<u8>) -> Box<dyn Iterator<Item = &'static str> + '_> {
        let beyond = move |name: &str| {
            let kind = CommandKind::ALL.into_iter().find(|kind| kind.name() == name);
            let needs = kind.and_then(|kind| self.needs_version(kind, &Value::Null));
            needs.zip(limit).is_some_and(|(needs, limit)| needs > limit)
        };
        let names = self.capabilities().iter().copied();
        Box::new(names.filter(move |name| !beyond(name)))
    }

    /// Whether this kind of command exists here.
    fn has_command(&self, kind: CommandKind) -> bool {
        self.capabilities().contains(&kind.name())
    }
}
