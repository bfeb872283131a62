//! What this dialect can do.

use super::NAME;
use super::calls::{SETTINGS, update_of};
use crate::links::{BodyFault, Dialect};
use dialects::fields::{Field, FieldError};
use dialects::mqtt::convert::{PHOTOS, settings as unified};
use dialects::mqtt::{
    CloudRequest, DevInfo, Message as _, OnlineDeleteSnapRecord, OnlineOpen, dev_info, topic,
};
use model::{CommandKind, SettingsChange};
use serde_json::{Map, Value};

/// The dialect `mqtt`.
#[derive(Debug, Clone, Copy)]
pub struct Mqtt;

impl Dialect for Mqtt {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &'static [&'static str] {
        &[
            "open_door",
            "reboot",
            "snapshot",
            "upgrade",
            "clear_records",
            "native",
            "decide",
            "import",
            "blocked",
            "weekly",
            "photos:3",
        ]
    }

    fn door_operation(&self) -> &'static str {
        OnlineOpen::NAME
    }

    fn clears_records(&self, kind: CommandKind, body: &Value) -> bool {
        match kind {
            CommandKind::ClearRecords => true,
            CommandKind::Native => operation(body).eq_ignore_ascii_case(OnlineDeleteSnapRecord::NAME),
            _ => false,
        }
    }

    fn photos(&self) -> usize {
        PHOTOS
    }

    fn has_passwords(&self) -> bool {
        true
    }

    /// The serial stands in topics.
    fn check_serial(&self, serial: &str) -> Result<(), BodyFault> {
        if topic::is_serial(serial) {
            return Ok(());
        }
        let limit = format!("1 to {} bytes without /, + and #", topic::SERIAL_BYTES);
        Err(BodyFault::new("serial", limit))
    }

    fn setting_groups(&self) -> &'static [&'static str] {
        &[SETTINGS]
    }

    fn setting_fields(&self, _group: &str) -> &'static [Field] {
        dev_info::FIELDS
    }

    fn check_native_settings(&self, group: &str, changes: &Map<String, Value>) -> Result<(), BodyFault> {
        if group != SETTINGS {
            return Err(BodyFault::new("", format!("the group is {SETTINGS}")));
        }
        if changes.is_empty() {
            return Err(BodyFault::new("", "at least one field"));
        }
        if let Some(unknown) = dialects::fields::unknown(dev_info::FIELDS, changes) {
            return Err(BodyFault::new(unknown, format!("{SETTINGS} has no such field")));
        }
        DevInfo::change(changes).map(|_| ()).map_err(fault)
    }

    fn check_settings(&self, change: &SettingsChange) -> Result<(), BodyFault> {
        unified::write(change).map(|_| ()).map_err(fault)
    }

    fn writable_settings(&self) -> &'static [&'static str] {
        unified::WRITABLE
    }

    fn check_command(&self, kind: CommandKind, body: &Value) -> Result<(), BodyFault> {
        match kind {
            CommandKind::OpenDoor => checked(
                &OnlineOpen {
                    // Each message gets an id of its own.
                    msg_id: "0".to_owned(),
                    device_no: String::new(),
                    msg: body
                        .get("message")
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned(),
                }
                .into(),
                &[("msg", "message")],
            ),
            CommandKind::Upgrade => {
                let names = [("updateUrl", "url"), ("updateKey", "size")];
                checked(&update_of(body).into(), &names)
            }
            CommandKind::Native => check_native(body),
            _ => Ok(()),
        }
    }
}

fn fault(error: FieldError) -> BodyFault {
    BodyFault::new(error.field, format!("{}, got {}", error.limit, error.got))
}

/// Whether a message is within the document's limits; its fields have other names in a command.
fn checked(request: &CloudRequest, names: &[(&str, &str)]) -> Result<(), BodyFault> {
    use dialects::mqtt::MessageError;
    match CloudRequest::parse(&request.to_bytes()) {
        Ok(_) => Ok(()),
        Err(MessageError::Limit(error)) => {
            let known = names.iter().find(|(wire, _)| *wire == error.field);
            let field = known.map_or(error.field.as_str(), |(_, ours)| ours).to_owned();
            Err(fault(FieldError { field, ..error }))
        }
        Err(other) => Err(BodyFault::new("", other.to_string())),
    }
}

/// The name of a native command's message.
pub(super) fn operation(body: &Value) -> &str {
    let name = body.get("operation").and_then(Value::as_str);
    name.unwrap_or_default().trim()
}

fn check_native(body: &Value) -> Result<(), BodyFault> {
    if operation(body).is_empty() {
        return Err(BodyFault::new(
            "operation",
            "the message's name as it stands in the document",
        ));
    }
    match body.get("body") {
        None | Some(Value::Object(_) | Value::Null) => Ok(()),
        Some(_) => Err(BodyFault::new("body", "an object, the message's fields")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faulty(kind: CommandKind, body: Value) -> String {
        Mqtt.check_command(kind, &body).unwrap_err().path
    }

    #[test]
    fn what_is_too_long_or_missing_is_named_before_it_is_queued() {
        assert_eq!(
            faulty(CommandKind::OpenDoor, json!({"message": "x".repeat(129)})),
            "message"
        );
        assert!(
            Mqtt.check_command(CommandKind::OpenDoor, &json!({"message": "x".repeat(128)}))
                .is_ok()
        );
        assert_eq!(faulty(CommandKind::Upgrade, json!({"size": 3})), "url");
        assert_eq!(faulty(CommandKind::Upgrade, json!({"url": "http://h/f"})), "size");
        let whole = json!({"url": "http://h/f", "size": 3, "version": "2"});
        assert!(Mqtt.check_command(CommandKind::Upgrade, &whole).is_ok());
        assert_eq!(faulty(CommandKind::Native, json!({})), "operation");
    }

    /// Hub rule 33: what the device holds is brought here first.
    #[test]
    fn whatever_destroys_records_is_known_by_its_name() {
        assert!(Mqtt.clears_records(CommandKind::ClearRecords, &Value::Null));
        for name in ["onlineDeleteSnapRecord", " OnlineDeleteSnaprecord "] {
            assert!(
                Mqtt.clears_records(CommandKind::Native, &json!({"operation": name})),
                "{name}"
            );
        }
        assert!(!Mqtt.clears_records(CommandKind::Native, &json!({"operation": "onlineReboot"})));
        assert!(!Mqtt.clears_records(CommandKind::Reboot, &Value::Null));
    }

    #[test]
    fn settings_are_checked_by_name_and_range() {
        let fault = |changes: Value| Mqtt.check_native_settings(SETTINGS, changes.as_object().unwrap());
        assert_eq!(fault(json!({"voiceVolume": 11})).unwrap_err().path, "voiceVolume");
        assert_eq!(fault(json!({"loud": 1})).unwrap_err().path, "loud");
        assert_eq!(
            fault(json!({"wiredIpAddr": "1"})).unwrap_err().path,
            "wiredIpAddr"
        );
        assert!(fault(json!({"voiceVolume": 10})).is_ok());
    }

    #[test]
    fn what_is_declared_is_what_the_codec_takes() {
        assert!(Mqtt.capabilities().contains(&format!("photos:{PHOTOS}").as_str()));
    }
}
