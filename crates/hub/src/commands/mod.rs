//! Commands on their way to devices: sent by the device's worker, expired by the clock (hub rules 32 to 35).
//!
//! One that takes its time, or first brings the device's records here, is done beside the worker: meanwhile only those
//! pass it for which somebody stands at the door.

mod drain;

use crate::links::{CallError, CommandDone, Dialect, Failure, LiveLink, Progress, dialect};
use crate::patience::patiently;
use crate::state::Hub;
use jiff::Timestamp;
use model::CommandState;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::hub::commands::{ClaimedCommand, Finished, Waiting};
use tokio::sync::{Mutex, mpsc};

/// How often what was never sent is looked through.
const EXPIRE_EVERY: Duration = Duration::from_secs(1);

/// What is kept of a command for which the device was busy until it had expired.
const LATE: &str = "its time ran out before the device was free";

/// Why a command is not done.
enum Undone {
    /// It expired while the device was busy, and was not sent (hub rule 32).
    Late,
    /// The device, or the way there.
    Failed(CallError),
}

/// Held while a command of a device is done that takes its time.
pub(crate) type Slow = Arc<Mutex<()>>;

/// Sends the next command of a device and keeps what came of it; `false` when there was none. One that takes its time is
/// only begun.
///
/// It is marked sent before it is sent, so that whatever happens it is never sent twice.
pub(crate) async fn run_next(
    hub: &Arc<Hub>,
    live: &Arc<LiveLink>,
    dialect_name: &str,
    slow: &Slow,
) -> Result<bool, StoreError> {
    let idle = Arc::clone(slow).try_lock_owned();
    let which = if idle.is_ok() {
        Waiting::All
    } else {
        Waiting::AtTheDoor
    };
    let commands = &hub.store.commands;
    if !commands.waiting(&live.device, which).await? {
        return Ok(false);
    }
    let Some(command) = commands.claim(&live.device, which, Timestamp::now()).await? else {
        return Ok(false);
    };
    hub.outbox_grew();
    let Some(dialect) = dialect(dialect_name) else {
        let unknown = CallError::ours(
            Failure::Unsupported,
            "this hub does not speak the device's dialect",
        );
        keep(hub, live, &command, Err(Undone::Failed(unknown))).await?;
        return Ok(true);
    };
    match idle {
        Ok(busy)
            if dialect.clears_records(command.kind, &command.body)
                || dialect.is_long(command.kind, &command.body) =>
        {
            let (hub, live) = (Arc::clone(hub), Arc::clone(live));
            hub.tasks.clone().spawn(async move {
                if let Err(error) = carry_out(&hub, &live, dialect, &command).await {
                    tracing::error!(command = %command.id, %error, "what came of a command was not kept");
                }
                drop(busy);
                live.wake.notify_one();
            });
        }
        _ => carry_out(hub, live, dialect, &command).await?,
    }
    Ok(true)
}

/// Does a command, after what is to be done before it, and keeps what came of it.
async fn carry_out(
    hub: &Arc<Hub>,
    live: &LiveLink,
    dialect: &'static dyn Dialect,
    command: &ClaimedCommand,
) -> Result<(), StoreError> {
    let begun = std::time::Instant::now();
    let clears = dialect.clears_records(command.kind, &command.body);
    let ready = if clears {
        drain::drained(hub, live).await
    } else {
        Ok(())
    };
    let outcome = match ready {
        Ok(()) => told(hub, live, dialect, command).await,
        Err(error) => Err(Undone::Failed(error)),
    };
    metrics::histogram!("menshen_command_seconds").record(begun.elapsed().as_secs_f64());
    if let Err(Undone::Failed(error)) = &outcome
        && error.failure == Failure::Unsupported
        && error.code.is_some()
    {
        learn_limit(hub, live, dialect, command).await?;
    }
    keep(hub, live, command, outcome).await
}

/// A device that does not know a message of a newer version speaks an older one.
async fn learn_limit(
    hub: &Hub,
    live: &LiveLink,
    dialect: &dyn Dialect,
    command: &ClaimedCommand,
) -> Result<(), StoreError> {
    let needs = dialect.needs_version(command.kind, &command.body);
    let Some(limit) = needs.and_then(|needs| needs.checked_sub(1)) else {
        return Ok(());
    };
    tracing::info!(device = %live.device, limit, "the device speaks an older version of its protocol");
    hub.store.devices.set_protocol_limit(&live.device, limit).await
}

/// Keeps what came of a command.
async fn keep(
    hub: &Arc<Hub>,
    live: &LiveLink,
    command: &ClaimedCommand,
    outcome: Result<CommandDone, Undone>,
) -> Result<(), StoreError> {
    let ClaimedCommand { id, kind, .. } = command;
    let state = match &outcome {
        Ok(_) => "done",
        Err(Undone::Late) => "expired",
        Err(Undone::Failed(error)) => {
            tracing::info!(device = %live.device, command = %id, kind = kind.name(), %error, "a command failed");
            "failed"
        }
    };
    metrics::counter!("menshen_commands_total", "kind" => kind.name(), "state" => state).increment(1);
    let finished = finished(outcome);
    patiently(|| hub.store.commands.finish(id, finished.clone())).await?;
    hub.outbox_grew();
    Ok(())
}

/// Sends a command, if the device is free before it expires; what it says on the way is kept as it comes.
async fn told(
    hub: &Arc<Hub>,
    live: &LiveLink,
    dialect: &dyn Dialect,
    command: &ClaimedCommand,
) -> Result<CommandDone, Undone> {
    let ClaimedCommand {
        id,
        kind,
        body,
        expires_at,
    } = command;
    let left = expires_at.duration_since(Timestamp::now());
    let left = Duration::try_from(left).unwrap_or_default();
    let _turn = match dialect.is_long(*kind, body) {
        // Others go on beside it.
        true => None,
        false => match tokio::time::timeout(left, live.turn.lock()).await {
            Ok(turn) => Some(turn),
            Err(_) => return Err(Undone::Late),
        },
    };
    let (reports, mut reported) = mpsc::unbounded_channel();
    let reports = Reports(reports);
    let mut work = live.link.command(*kind, body, &reports);
    loop {
        tokio::select! {
            biased;
            Some(progress) = reported.recv() => {
                if let Err(error) = hub.store.commands.progress(id, progress).await {
                    tracing::warn!(command = %id, %error, "a command's progress was not kept");
                }
                hub.outbox_grew();
            }
            outcome = &mut work => return outcome.map_err(Undone::Failed),
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

fn finished(outcome: Result<CommandDone, Undone>) -> Finished {
    let at = Timestamp::now();
    let ended = |state, error: String| Finished {
        state,
        result: None,
        error: Some(error),
        photo: None,
        at,
    };
    match outcome {
        Ok(done) => Finished {
            state: CommandState::Done,
            result: done.result,
            error: None,
            photo: done.photo,
            at,
        },
        Err(Undone::Late) => ended(CommandState::Expired, LATE.to_owned()),
        Err(Undone::Failed(error)) => ended(CommandState::Failed, error.to_string()),
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
