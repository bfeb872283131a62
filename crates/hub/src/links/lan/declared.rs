//! What this dialect can do.

use super::NAME;
use super::calls::{SETTINGS, named};
use super::contact;
use crate::links::dialled::records::range_of;
use crate::links::dialled::{Dialled, DialledLink, Line};
use crate::links::{BodyFault, CallError, Dialect};
use async_trait::async_trait;
use dialects::fields::FieldError;
use dialects::lan::convert::settings as unified;
use dialects::lan::key::{DEFAULT_KEY, KEY_BYTES};
use dialects::lan::operation::Operation as _;
use dialects::lan::person::PHOTO_PIXELS;
use dialects::lan::{DeviceInfo, Open, Request, UpdateApk};
use face::RenditionLimits;
use model::{CommandKind, SettingsChange};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Where terminals listen (1.2).
const PORT: u16 = 8088;

/// The dialect `lan`.
#[derive(Debug, Clone, Copy)]
pub struct Lan;

/// What a terminal is called with.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    pub(super) key: String,
}

impl Credentials {
    /// Those that are kept, else the factory's.
    pub(super) fn of(kept: Option<&Value>) -> Self {
        let kept = kept.and_then(|kept| Self::deserialize(kept).ok());
        kept.unwrap_or_else(|| Self {
            key: DEFAULT_KEY.to_owned(),
        })
    }

    pub(super) fn to_value(&self) -> Value {
        serde_json::json!({ "key": self.key })
    }
}

#[async_trait]
impl Dialled for Lan {
    fn port(&self) -> u16 {
        PORT
    }

    fn check_credentials(&self, credentials: &Value) -> Result<(), BodyFault> {
        let given = Credentials::deserialize(credentials)
            .map_err(|error| BodyFault::new("", format!("{{\"key\": …}}: {error}")))?;
        if (1..=KEY_BYTES).contains(&given.key.len()) {
            return Ok(());
        }
        Err(BodyFault::new("key", format!("1 to {KEY_BYTES} bytes")))
    }

    async fn contact(&self, line: Line) -> Result<Arc<dyn DialledLink>, CallError> {
        let link: Arc<dyn DialledLink> = contact::contact(line).await?;
        Ok(link)
    }
}

impl Dialect for Lan {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &'static [&'static str] {
        &[
            "open_door",
            "reboot",
            "sync_time",
            "snapshot",
            "upgrade",
            "clear_records",
            "resend_records",
            "native",
            "import",
            "pass_limit",
            "photos:1",
            "records_query",
        ]
    }

    fn dialled(&self) -> Option<&'static dyn Dialled> {
        Some(&Lan)
    }

    /// A photo is fitted into the document's pixels (QUIRKS L16).
    fn photo_limits(&self) -> RenditionLimits {
        RenditionLimits {
            max_longer_side: PHOTO_PIXELS.0,
            max_shorter_side: PHOTO_PIXELS.1,
            ..RenditionLimits::default()
        }
    }

    fn setting_groups(&self) -> &'static [&'static str] {
        &[SETTINGS]
    }

    fn check_native_settings(&self, group: &str, changes: &Map<String, Value>) -> Result<(), BodyFault> {
        if group != SETTINGS {
            return Err(BodyFault::new("", format!("the group is {SETTINGS}")));
        }
        if changes.is_empty() {
            return Err(BodyFault::new("", "at least one field"));
        }
        DeviceInfo::change(changes).map(|_| ()).map_err(fault)
    }

    fn check_settings(&self, change: &SettingsChange) -> Result<(), BodyFault> {
        unified::write(change).map(|_| ()).map_err(fault)
    }

    fn writable_settings(&self) -> &'static [&'static str] {
        unified::WRITABLE
    }

    fn door_operation(&self) -> &'static str {
        Open::NAME
    }

    fn clears_records(&self, kind: CommandKind, body: &Value) -> bool {
        match kind {
            CommandKind::ClearRecords => true,
            CommandKind::Native => {
                matches!(named(body), Ok(Request::RemoveRecord(_) | Request::Reset(_)))
            }
            _ => false,
        }
    }

    fn check_command(&self, kind: CommandKind, body: &Value) -> Result<(), BodyFault> {
        match kind {
            CommandKind::Upgrade => update_of(body).check().map_err(fault),
            CommandKind::ResendRecords => range_of(body).map(|_| ()),
            CommandKind::Native => named(body).map(|_| ()),
            _ => Ok(()),
        }
    }
}

/// The call of an upgrade.
pub(super) fn update_of(body: &Value) -> UpdateApk {
    let url = body.get("url").and_then(Value::as_str).unwrap_or_default();
    UpdateApk {
        url: url.trim().to_owned(),
    }
}

fn fault(error: FieldError) -> BodyFault {
    BodyFault::new(error.field, format!("{}, got {}", error.limit, error.got))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn credentials_are_a_key_of_the_documents_length() {
        assert!(Lan.check_credentials(&json!({"key": "abc"})).is_ok());
        assert!(Lan.check_credentials(&json!({"key": "x".repeat(20)})).is_ok());
        for (given, path) in [
            (json!({"key": "x".repeat(21)}), "key"),
            (json!({"key": ""}), "key"),
            (json!({"user": "a"}), ""),
            (json!("abc"), ""),
        ] {
            assert_eq!(Lan.check_credentials(&given).unwrap_err().path, path, "{given}");
        }
    }

    #[test]
    fn what_is_missing_or_out_of_range_is_named_before_it_is_queued() {
        let faulty = |kind, body: Value| Lan.check_command(kind, &body).unwrap_err().path;
        assert_eq!(faulty(CommandKind::Upgrade, json!({})), "url");
        assert_eq!(
            faulty(
                CommandKind::ResendRecords,
                json!({"until": "2026-01-01T00:00:00Z"})
            ),
            "from"
        );
        assert_eq!(faulty(CommandKind::Native, json!({})), "operation");
        let call = json!({"operation": "photo", "body": {"count": 4}});
        assert_eq!(faulty(CommandKind::Native, call), "body");
        let changes = |changes: Value| {
            let changes = changes.as_object().unwrap().clone();
            Lan.check_native_settings(SETTINGS, &changes)
        };
        assert_eq!(
            changes(json!({"deviceSoundSize": 101})).unwrap_err().path,
            "deviceSoundSize"
        );
        assert_eq!(changes(json!({"loud": 1})).unwrap_err().path, "loud");
        assert!(changes(json!({"deviceSoundSize": 100})).is_ok());
    }

    #[test]
    fn what_deletes_records_is_known() {
        let native = |operation: &str| {
            let body = json!({"operation": operation, "body": {"ts": 1}});
            Lan.clears_records(CommandKind::Native, &body)
        };
        assert!(native("removeRecord") && native("reset") && !native("getTime"));
    }
}
