//! What this dialect can do.

use super::{NAME, native, settings};
use crate::links::{BodyFault, Dialect};
use dialects::fields::Field;
use dialects::qyzn::convert::settings as unified;
use dialects::qyzn::{ConfigGroup, DeviceUpgrade, OpenDoor, Operation, PlatformRequest, check};
use model::{CommandKind, SettingsChange};
use serde_json::{Map, Value};
use std::time::Duration;

/// The longest wait for a face in a snapshot, in seconds: under the 20 s after which a request is sent again (T60).
pub(super) const SNAPSHOT_SECONDS: i64 = check::SENT_SNAPSHOT_SECONDS as i64;

/// The dialect `qyzn`.
#[derive(Debug, Clone, Copy)]
pub struct Qyzn;

impl Dialect for Qyzn {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &'static [&'static str] {
        &[
            "open_door",
            "reboot",
            "snapshot",
            "sync_time",
            "upgrade",
            "clear_records",
            "resend_records",
            "serial_output",
            "wiegand_output",
            "read_card",
            "native",
            "decide",
            "import",
            "blocked",
            "weekly",
            "holidays",
            "pass_limit",
            "photos:1",
        ]
    }

    fn door_operation(&self) -> &'static str {
        OpenDoor::NAME
    }

    fn clears_records(&self, kind: CommandKind, body: &Value) -> bool {
        match kind {
            CommandKind::ClearRecords => true,
            CommandKind::Native => native::clears_records(body),
            _ => false,
        }
    }

    /// `device_upgrade` is answered once the file was fetched (4.5.2).
    fn is_long(&self, kind: CommandKind, body: &Value) -> bool {
        match kind {
            CommandKind::Upgrade => true,
            CommandKind::Native => PlatformRequest::patience(&native::request(body).message) > Duration::ZERO,
            _ => false,
        }
    }

    fn needs_version(&self, kind: CommandKind, body: &Value) -> Option<u8> {
        match kind {
            CommandKind::Native => native::needs_of_device(body).map(|version| version.0),
            _ => None,
        }
    }

    fn brings_codes(&self) -> bool {
        true
    }

    fn setting_groups(&self) -> &'static [&'static str] {
        ConfigGroup::NAMES
    }

    fn setting_fields(&self, group: &str) -> &'static [Field] {
        ConfigGroup::of(group).map_or(&[], ConfigGroup::fields)
    }

    fn check_native_settings(&self, group: &str, changes: &Map<String, Value>) -> Result<(), BodyFault> {
        settings::check(group, changes)
    }

    fn check_settings(&self, change: &SettingsChange) -> Result<(), BodyFault> {
        unified::write(change)
            .map(|_| ())
            .map_err(|error| BodyFault::new(error.field, format!("{}, got {}", error.limit, error.got)))
    }

    fn writable_settings(&self) -> &'static [&'static str] {
        unified::WRITABLE
    }

    fn check_command(&self, kind: CommandKind, body: &Value) -> Result<(), BodyFault> {
        match kind {
            CommandKind::Native => check_native(body),
            CommandKind::Upgrade => check_upgrade(body),
            CommandKind::ResendRecords => check_span(body),
            CommandKind::SerialOutput => check_digits(body, 2..=check::SERIAL_DIGITS),
            CommandKind::WiegandOutput => check_digits(body, 6..=8),
            CommandKind::Snapshot | CommandKind::ReadCard => match body.get("timeout").map(Value::as_i64) {
                None | Some(Some(1..=SNAPSHOT_SECONDS)) => Ok(()),
                Some(_) => Err(BodyFault::new(
                    "timeout",
                    format!("1 to {SNAPSHOT_SECONDS} seconds"),
                )),
            },
            _ => Ok(()),
        }
    }
}

fn check_digits(body: &Value, digits: std::ops::RangeInclusive<usize>) -> Result<(), BodyFault> {
    let hex = body.get("hex").and_then(Value::as_str).unwrap_or_default();
    check::hexadecimal("hex", hex, digits).map_err(|error| BodyFault::new("hex", error.limit))?;
    match body.get("index").map(Value::as_i64) {
        None | Some(Some(0)) => Ok(()),
        Some(_) => Err(BodyFault::new("index", "0: there is one port")),
    }
}

/// `from` and `until`: instants, in this order.
fn check_span(body: &Value) -> Result<(), BodyFault> {
    let instant = |key: &str| {
        let text = body.get(key).and_then(Value::as_str).unwrap_or_default();
        text.parse::<jiff::Timestamp>()
            .map_err(|_| BodyFault::new(key, "an RFC 3339 instant"))
    };
    if instant("until")? < instant("from")? {
        return Err(BodyFault::new("until", "not before from"));
    }
    Ok(())
}

fn check_upgrade(body: &Value) -> Result<(), BodyFault> {
    let text = |key: &str| {
        body.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let upgrade = DeviceUpgrade {
        url: text("url"),
        version: text("version"),
        check: text("md5"),
    };
    upgrade.check().map_err(|error| {
        let field = if error.field == "check" {
            "md5"
        } else {
            error.field.as_str()
        };
        BodyFault::new(field, error.limit)
    })
}

/// What a device waits for at the door ends before the request would be sent again (QUIRKS T60).
fn check_patience(body: &Value) -> Result<(), BodyFault> {
    let request = native::request(body);
    let (field, seconds) = match PlatformRequest::read(&request.message, &request.data) {
        Ok(PlatformRequest::SnapshotPicture(asked)) => ("timeoutSeconds", asked.timeout_seconds),
        Ok(PlatformRequest::SwipingCard(asked)) => ("timeOut", asked.timeout_seconds),
        _ => return Ok(()),
    };
    if seconds <= SNAPSHOT_SECONDS {
        return Ok(());
    }
    Err(BodyFault::new(
        format!("body.{field}"),
        format!("at most {SNAPSHOT_SECONDS} seconds"),
    ))
}

fn check_native(body: &Value) -> Result<(), BodyFault> {
    let operation = body.get("operation").and_then(Value::as_str).unwrap_or_default();
    if operation.trim().is_empty() {
        return Err(BodyFault::new(
            "operation",
            "the operation's name as it stands in the document".to_owned(),
        ));
    }
    check_patience(body)?;
    match body.get("body") {
        None | Some(Value::Object(_) | Value::Null) => Ok(()),
        Some(_) => Err(BodyFault::new(
            "body",
            "an object, as in the document's data".to_owned(),
        )),
    }
}
