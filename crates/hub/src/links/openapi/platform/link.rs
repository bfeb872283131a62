//! A terminal that only asks, as a [`Link`]: it fetches its people, and nothing can be asked of it.

use super::changes::Changes;
use crate::links::{CallError, CommandDone, Failure, Link, PersonDone, PersonPut, Progress};
use async_trait::async_trait;
use model::{CommandKind, Decider};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// The hub's end of what a terminal asks.
#[derive(Default)]
pub(super) struct AskingLink {
    pub(super) closing: CancellationToken,
    /// What it was told and has not confirmed.
    pub(super) changes: Mutex<Changes>,
}

fn only_asks() -> CallError {
    CallError::ours(
        Failure::Unsupported,
        "the device only asks the hub and cannot be called; enter its address and password",
    )
}

#[async_trait]
impl Link for AskingLink {
    async fn put_person(&self, _put: PersonPut) -> Result<PersonDone, CallError> {
        Err(only_asks())
    }

    async fn remove_person(&self, _wire_id: &str) -> Result<(), CallError> {
        Err(only_asks())
    }

    async fn command(
        &self,
        _kind: CommandKind,
        _body: &Value,
        _progress: &dyn Progress,
    ) -> Result<CommandDone, CallError> {
        Err(only_asks())
    }

    /// It always asks.
    async fn set_decider(&self, decider: Decider) -> Result<(), CallError> {
        match decider {
            Decider::Hub => Ok(()),
            Decider::Device => Err(only_asks()),
        }
    }

    fn fetches_people(&self) -> bool {
        true
    }

    fn close(&self) {
        self.closing.cancel();
    }
}
