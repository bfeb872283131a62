//! What this dialect can do.

use super::NAME;
use crate::links::{BodyFault, Dialect};
use model::CommandKind;
use serde_json::Value;

/// The longest wait for a face in a snapshot, in seconds: under the 20 s after which a request is sent again (T60).
pub(super) const SNAPSHOT_SECONDS: i64 = 15;

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
            "native",
            "decide",
            "blocked",
            "weekly",
            "holidays",
            "pass_limit",
            "photos:1",
        ]
    }

    fn hub_dials(&self) -> bool {
        false
    }

    fn check_command(&self, kind: CommandKind, body: &Value) -> Result<(), BodyFault> {
        match kind {
            CommandKind::Native => check_native(body),
            CommandKind::Snapshot => match body.get("timeout").map(Value::as_i64) {
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

fn check_native(body: &Value) -> Result<(), BodyFault> {
    let operation = body.get("operation").and_then(Value::as_str).unwrap_or_default();
    if operation.trim().is_empty() {
        return Err(BodyFault::new(
            "operation",
            "the operation's name as it stands in the document".to_owned(),
        ));
    }
    match body.get("body") {
        None | Some(Value::Object(_) | Value::Null) => Ok(()),
        Some(_) => Err(BodyFault::new(
            "body",
            "an object, as in the document's data".to_owned(),
        )),
    }
}
