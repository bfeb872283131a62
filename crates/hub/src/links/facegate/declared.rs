//! What this dialect can do.

use super::commands::{self, audio_name, door, native_call, shown, upgrade};
use super::{NAME, contact, settings};
use crate::links::dialled::records::range_of;
use crate::links::dialled::{Dialled, DialledLink, Line};
use crate::links::{BodyFault, CallError, Dialect};
use async_trait::async_trait;
use dialects::facegate::BasicUser;
use dialects::facegate::convert::settings as unified;
use dialects::facegate::device::USER_BYTES;
use dialects::facegate::operation::Operation;
use dialects::facegate::settings::SettingsGroup;
use dialects::fields::{Field, FieldError};
use model::{CommandKind, SettingsChange};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};

/// Where terminals listen: 3.9.1 names no port.
const PORT: u16 = 80;
/// People of one call: devices take 32 whose photos are in the message (3.10.2), but a door command waits for all of them.
const AT_ONCE: usize = 16;
/// The user of a terminal that nobody changed (2.4).
const FACTORY: (&str, &str) = ("admin", "admin");

/// The dialect `facegate`.
#[derive(Debug, Clone, Copy)]
pub struct Facegate;

/// What a terminal is called with.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    user: String,
    password: String,
}

/// The user that is kept, else the factory's.
pub(super) fn user_of(kept: Option<&Value>) -> BasicUser {
    match kept.and_then(|kept| Credentials::deserialize(kept).ok()) {
        Some(kept) => BasicUser::new(kept.user, kept.password),
        None => BasicUser::new(FACTORY.0, FACTORY.1),
    }
}

/// The user as it is kept.
pub(super) fn kept(user: &BasicUser) -> Value {
    json!({"user": user.user, "password": user.password})
}

#[async_trait]
impl Dialled for Facegate {
    fn port(&self) -> u16 {
        PORT
    }

    fn check_credentials(&self, credentials: &Value) -> Result<(), BodyFault> {
        let given = Credentials::deserialize(credentials)
            .map_err(|error| BodyFault::new("", format!("{{\"user\": …, \"password\": …}}: {error}")))?;
        let is_fit = |text: &str| (1..=USER_BYTES).contains(&text.len());
        if !is_fit(&given.user) || given.user.contains(':') {
            return Err(BodyFault::new(
                "user",
                format!("1 to {USER_BYTES} bytes without a colon"),
            ));
        }
        if !is_fit(&given.password) {
            return Err(BodyFault::new("password", format!("1 to {USER_BYTES} bytes")));
        }
        Ok(())
    }

    /// Terminals compare header names by case (QUIRKS A23).
    fn title_case(&self) -> bool {
        true
    }

    async fn contact(&self, line: Line) -> Result<Arc<dyn DialledLink>, CallError> {
        let link: Arc<dyn DialledLink> = contact::contact(line).await?;
        Ok(link)
    }
}

/// The groups of settings: the operators without `Get` and `Set` (hub rule 36).
static GROUPS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| SettingsGroup::ALL.iter().map(|group| group.name()).collect());

impl Dialect for Facegate {
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
            "show_message",
            "play_audio",
            "native",
            "decide",
            "import",
            "blocked",
            "pass_limit",
            "photos:1",
            "records_query",
        ]
    }

    fn dialled(&self) -> Option<&'static dyn Dialled> {
        Some(&Facegate)
    }

    fn has_ids_of_its_own(&self) -> bool {
        true
    }

    fn people_at_once(&self) -> usize {
        AT_ONCE
    }

    fn brings_codes(&self) -> bool {
        true
    }

    fn door_operation(&self) -> &'static str {
        "OpenDoor"
    }

    fn clears_records(&self, kind: CommandKind, body: &Value) -> bool {
        match kind {
            CommandKind::ClearRecords => true,
            CommandKind::Native => commands::clears_records(body),
            _ => false,
        }
    }

    fn setting_groups(&self) -> &'static [&'static str] {
        &GROUPS
    }

    fn setting_fields(&self, group: &str) -> &'static [Field] {
        SettingsGroup::of(group).map_or(&[], SettingsGroup::fields)
    }

    fn check_native_settings(&self, group: &str, changes: &Map<String, Value>) -> Result<(), BodyFault> {
        settings::check(group, changes)
    }

    fn check_settings(&self, change: &SettingsChange) -> Result<(), BodyFault> {
        settings::check_unified(change)
    }

    fn writable_settings(&self) -> &'static [&'static str] {
        unified::WRITABLE
    }

    fn check_command(&self, kind: CommandKind, body: &Value) -> Result<(), BodyFault> {
        match kind {
            CommandKind::OpenDoor => checked(&door(body), &[("msg", "message")]),
            CommandKind::ShowMessage => checked(&shown(body), &[("msg", "text")]),
            CommandKind::Upgrade => checked(&upgrade(body), &[("Path", "url"), ("Name", "version")]),
            CommandKind::PlayAudio => audio_name(body).map(|_| ()),
            CommandKind::ResendRecords => range_of(body).map(|_| ()),
            CommandKind::Native => native_call(body).map(|_| ()),
            _ => Ok(()),
        }
    }
}

pub(super) fn fault(error: FieldError) -> BodyFault {
    BodyFault::new(error.field, format!("{}, got {}", error.limit, error.got))
}

/// Whether a call is within the document's limits; its fields have other names in a command.
fn checked(call: &impl Operation, names: &[(&str, &str)]) -> Result<(), BodyFault> {
    call.check().map_err(|error| {
        let known = names.iter().find(|(wire, _)| *wire == error.field);
        let field = known.map_or(error.field.as_str(), |(_, ours)| ours).to_owned();
        fault(FieldError { field, ..error })
    })
}
