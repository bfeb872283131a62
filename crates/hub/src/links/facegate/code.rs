//! QR codes (3.12.5): the hub decides on them whoever decides else (hub rule 17). The push has no answer; the door is opened
//! by a call that follows.

use crate::intake::{self, Arrival, Clock, Taken, blank};
use crate::links::dialled::pushed::connected_at;
use crate::links::{CallError, CommandDone, Failure, LiveLink, Progress, words};
use crate::state::Hub;
use dialects::facegate::push::QrCodePush;
use jiff::Timestamp;
use model::{CommandKind, Decision, Method, Outcome, Record};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::hub::devices::StoredDevice;

/// The same code within this time is the same push: it says nothing that tells two apart, and may come twice (QUIRKS A77).
const SAME_WITHIN_SECONDS: i64 = 2;
/// So long somebody stands before a door that stays shut: what is not told by then opens it for nobody (hub rule 17).
const TOLD_WITHIN: Duration = Duration::from_secs(3);

/// Decides on a code, keeps the record, and has the door opened or the refusal shown.
///
/// # Errors
/// What the store says; nothing was kept then.
pub(super) async fn take(
    hub: &Arc<Hub>,
    device: &StoredDevice,
    push: QrCodePush,
    native: Value,
) -> Result<(), StoreError> {
    let received_at = Timestamp::now();
    let code = push.content.trim().to_owned();
    let live = hub.links.get(&device.device.id);
    let span = received_at.as_second().div_euclid(SAME_WITHIN_SECONDS);
    let key = |span: i64| format!("{span}\n{code}\nqr");
    let arrival = Arrival {
        draft: Record {
            method: Method::Qr,
            result: Outcome::Pending,
            direction: device.device.direction,
            native,
            ..blank(&device.device.id, received_at)
        },
        clock: Clock {
            connected_at: connected_at(hub, live.as_deref()),
            skew_ms: None,
            wrong_until: None,
            ambiguous: false,
            resolution_ms: 1,
        },
        device_time: None,
        wire_person: None,
        key_text: key(span),
        key_with_picture: false,
        same_as: vec![key(span - 1)],
        code: Some(code),
        asks: true,
        capture: None,
        registered: None,
    };
    let taken = intake::take(hub, arrival).await?;
    if let (
        Taken::Stored {
            decision: Some(decision),
        },
        Some(live),
    ) = (taken, live)
    {
        let language = hub.settings().language.clone();
        hub.tasks
            .spawn(async move { tell(&live, &language, decision).await });
    }
    Ok(())
}

/// What was decided, while somebody stands at the door.
async fn tell(live: &LiveLink, language: &str, decision: Decision) {
    let words = words::of_decision(language, decision);
    let (kind, body) = if decision.is_granted() {
        (CommandKind::OpenDoor, json!({ "message": words }))
    } else {
        (CommandKind::ShowMessage, json!({ "text": words }))
    };
    let told = async {
        let _turn = live.turn.lock().await;
        live.link.command(kind, &body, &Unheard).await
    };
    let told: Result<CommandDone, CallError> =
        tokio::time::timeout(TOLD_WITHIN, told).await.unwrap_or_else(|_| {
            Err(CallError::ours(
                Failure::Timeout,
                "the device was busy for too long",
            ))
        });
    if let Err(error) = told {
        tracing::warn!(device = %live.device, %error, "what was decided on a code was not told");
    }
}

/// Nobody listens to how far it is.
struct Unheard;

impl Progress for Unheard {
    fn report(&self, _: Value) {}
}
