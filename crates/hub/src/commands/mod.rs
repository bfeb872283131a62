//! Commands on their way to devices: sent by the device's worker, expired by the clock (hub rules 32 to 35).

use crate::links::{CallError, CommandDone, LiveLink, Progress};
use crate::patience::patiently;
use crate::state::Hub;
use jiff::Timestamp;
use model::{CommandId, CommandKind, CommandState};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::hub::commands::{ClaimedCommand, Finished};
use tokio::sync::mpsc;

/// How often what was never sent is looked through.
const EXPIRE_EVERY: Duration = Duration::from_secs(1);

/// Sends the next command of a device and keeps what came of it; `false` when there was none.
///
/// It is marked sent before it is sent, so that whatever happens it is never sent twice.
pub(crate) async fn run_next(hub: &Arc<Hub>, live: &LiveLink) -> Result<bool, StoreError> {
    let Some(command) = hub.store.commands.claim(&live.device, Timestamp::now()).await? else {
        return Ok(false);
    };
    hub.outbox_grew();
    let ClaimedCommand { id, kind, body } = command;
    let begun = std::time::Instant::now();
    let outcome = told(hub, live, &id, kind, &body).await;
    let state = if outcome.is_ok() { "done" } else { "failed" };
    metrics::counter!("menshen_commands_total", "kind" => kind.name(), "state" => state).increment(1);
    metrics::histogram!("menshen_command_seconds").record(begun.elapsed().as_secs_f64());
    if let Err(error) = &outcome {
        tracing::info!(device = %live.device, command = %id, kind = kind.name(), %error, "a command failed");
    }
    let finished = finished(outcome);
    patiently(|| hub.store.commands.finish(&id, finished.clone())).await?;
    hub.outbox_grew();
    Ok(true)
}

/// Sends a command; what it says on the way is kept as it comes.
async fn told(
    hub: &Arc<Hub>,
    live: &LiveLink,
    id: &CommandId,
    kind: CommandKind,
    body: &Value,
) -> Result<CommandDone, CallError> {
    let _turn = live.turn.lock().await;
    let (reports, mut reported) = mpsc::unbounded_channel();
    let reports = Reports(reports);
    let mut work = live.link.command(kind, body, &reports);
    loop {
        tokio::select! {
            biased;
            Some(progress) = reported.recv() => {
                if let Err(error) = hub.store.commands.progress(id, progress).await {
                    tracing::warn!(command = %id, %error, "a command's progress was not kept");
                }
                hub.outbox_grew();
            }
            outcome = &mut work => return outcome,
        }
    }
}

struct Reports(mpsc::UnboundedSender<Value>);

impl Progress for Reports {
    fn report(&self, progress: Value) {
        // Whoever listens does so until the command ends.
        let _ = self.0.send(progress);
    }
}

fn finished(outcome: Result<CommandDone, CallError>) -> Finished {
    let at = Timestamp::now();
    match outcome {
        Ok(done) => Finished {
            state: CommandState::Done,
            result: done.result,
            error: None,
            photo: done.photo,
            at,
        },
        Err(error) => Finished {
            state: CommandState::Failed,
            result: None,
            error: Some(error.to_string()),
            photo: None,
            at,
        },
    }
}

/// Ends what has expired unsent, until the hub stops.
pub(crate) async fn expire(hub: Arc<Hub>) {
    loop {
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = tokio::time::sleep(EXPIRE_EVERY) => {}
        }
        match hub.store.commands.expire(Timestamp::now()).await {
            Ok(0) => {}
            Ok(_) => hub.outbox_grew(),
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "expired commands were not ended"),
        }
    }
}
