//! What this dialect can do.

use super::calls::named;
use super::{NAME, contact, settings};
use crate::links::dialled::records::range_of;
use crate::links::dialled::{Dialled, DialledLink, Line};
use crate::links::{BodyFault, CallError, Dialect};
use async_trait::async_trait;
use dialects::openapi::OpenDoor;
use dialects::openapi::convert::settings as unified;
use dialects::openapi::device::REMARK_CHARACTERS;
use dialects::openapi::operation::Operation as _;
use dialects::openapi::sign::DEFAULT_PASSWORD;
use dialects::openapi::socket;
use model::{CommandKind, SettingsChange};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Where terminals listen (3).
const PORT: u16 = 8899;
/// Characters of a password; the document names none.
const PASSWORD_BYTES: usize = 64;

/// The dialect `openapi`.
#[derive(Debug, Clone, Copy)]
pub struct OpenApi;

/// What a terminal is called with.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    pub(super) password: String,
}

impl Credentials {
    /// Those that are kept, else the factory's.
    pub(super) fn of(kept: Option<&Value>) -> Self {
        let kept = kept.and_then(|kept| Self::deserialize(kept).ok());
        kept.unwrap_or_else(|| Self {
            password: DEFAULT_PASSWORD.to_owned(),
        })
    }
}

#[async_trait]
impl Dialled for OpenApi {
    fn port(&self) -> u16 {
        PORT
    }

    fn check_credentials(&self, credentials: &Value) -> Result<(), BodyFault> {
        let given = Credentials::deserialize(credentials)
            .map_err(|error| BodyFault::new("", format!("{{\"password\": …}}: {error}")))?;
        if (1..=PASSWORD_BYTES).contains(&given.password.len()) {
            return Ok(());
        }
        Err(BodyFault::new("password", format!("1 to {PASSWORD_BYTES} bytes")))
    }

    fn push_port(&self) -> Option<u16> {
        Some(socket::PORT)
    }

    async fn contact(&self, line: Line) -> Result<Arc<dyn DialledLink>, CallError> {
        let link: Arc<dyn DialledLink> = contact::contact(line).await?;
        Ok(link)
    }
}

impl Dialect for OpenApi {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &'static [&'static str] {
        &[
            "open_door",
            "reboot",
            "sync_time",
            "resend_records",
            "native",
            "import",
            "blocked",
            "photos:1",
            "records_query",
        ]
    }

    fn dialled(&self) -> Option<&'static dyn Dialled> {
        Some(&OpenApi)
    }

    fn setting_groups(&self) -> &'static [&'static str] {
        settings::GROUPS
    }

    fn check_native_settings(&self, group: &str, changes: &Map<String, Value>) -> Result<(), BodyFault> {
        settings::check(group, changes)
    }

    fn check_settings(&self, change: &SettingsChange) -> Result<(), BodyFault> {
        settings::check_shared(change)
    }

    fn writable_settings(&self) -> &'static [&'static str] {
        unified::WRITABLE
    }

    /// The dialect deletes no records.
    fn door_operation(&self) -> &'static str {
        OpenDoor::NAME
    }

    fn clears_records(&self, _kind: CommandKind, _body: &Value) -> bool {
        false
    }

    fn check_command(&self, kind: CommandKind, body: &Value) -> Result<(), BodyFault> {
        match kind {
            CommandKind::OpenDoor => {
                let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
                if message.chars().count() > REMARK_CHARACTERS {
                    let limit = format!("at most {REMARK_CHARACTERS} characters");
                    return Err(BodyFault::new("message", limit));
                }
                Ok(())
            }
            CommandKind::ResendRecords => range_of(body).map(|_| ()),
            CommandKind::Native => named(body).map(|_| ()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn credentials_are_a_password() {
        assert!(OpenApi.check_credentials(&json!({"password": "123456"})).is_ok());
        for given in [json!({"password": ""}), json!({"key": "abc"}), json!(1)] {
            assert!(OpenApi.check_credentials(&given).is_err(), "{given}");
        }
    }

    #[test]
    fn what_is_missing_or_too_long_is_named_before_it_is_queued() {
        let faulty = |kind, body: Value| OpenApi.check_command(kind, &body).unwrap_err().path;
        let long = json!({"message": "x".repeat(REMARK_CHARACTERS + 1)});
        assert_eq!(faulty(CommandKind::OpenDoor, long), "message");
        assert_eq!(
            faulty(CommandKind::Native, json!({"operation": "open"})),
            "operation"
        );
        let native = json!({"operation": "/api/device/open", "body": []});
        assert_eq!(faulty(CommandKind::Native, native), "body");
        let changes = json!({"faceThre": 11});
        let fault = OpenApi.check_native_settings("smartface", changes.as_object().unwrap());
        assert_eq!(fault.unwrap_err().path, "faceThre");
    }
}
