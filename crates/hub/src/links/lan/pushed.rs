//! What terminals post: records (3.12) and heartbeats (3.16).

use super::records::RESOLUTION_MS;
use super::{Lan, NAME};
use crate::api::problem::Problem;
use crate::intake::Taken;
use crate::links::dialled::pushed::{Push, Sender, looked_at, sender};
use crate::links::dialled::records;
use crate::state::Hub;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use dialects::http::JSON;
use dialects::lan::convert::record_from_device;
use dialects::lan::heartbeat::HEARTBEAT_ANSWER;
use dialects::lan::record::RECORD_ANSWER;
use dialects::lan::{HeartBeat, RecordCallback, Refused, Status};
use model::DeviceId;
use std::sync::Arc;
use std::time::Duration;

/// How soon a terminal may come again when the disk cannot keep up, in seconds.
const BUSY_SECONDS: u64 = 5;

/// Addresses that the hub told a terminal, and those for terminals that were set up by hand (hub rule 20).
pub(in crate::links) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/record", any(record_by_hand))
        .route("/heartbeat", any(heartbeat_by_hand))
        .route("/{token}/record", any(record))
        .route("/{token}/heartbeat", any(heartbeat))
}

async fn record(State(hub): State<Arc<Hub>>, Path(token): Path<String>, push: Push) -> Response {
    take_record(&hub, Some(&token), &push).await
}

async fn record_by_hand(State(hub): State<Arc<Hub>>, push: Push) -> Response {
    take_record(&hub, None, &push).await
}

async fn heartbeat(State(hub): State<Arc<Hub>>, Path(token): Path<String>, push: Push) -> Response {
    take_heartbeat(&hub, Some(&token), &push).await
}

async fn heartbeat_by_hand(State(hub): State<Arc<Hub>>, push: Push) -> Response {
    take_heartbeat(&hub, None, &push).await
}

async fn take_record(hub: &Arc<Hub>, token: Option<&str>, push: &Push) -> Response {
    let callback = match RecordCallback::parse(&push.query, &push.body) {
        Ok(callback) => callback,
        Err(refused) => return malformed(&refused),
    };
    let serial = callback.record.serial.clone().unwrap_or_default();
    let device = match sender(hub, &Lan, token, &serial, push).await {
        Ok(Sender::Device(device)) => device,
        Ok(Sender::Pending) => return pending(),
        Ok(Sender::Nobody) => return Problem::not_found().into_response(),
        Err(error) => return not_taken(&serial, &error),
    };
    let device = match looked_at(hub, *device).await {
        Ok(device) => device,
        Err(error) => return not_taken(&serial, &error),
    };
    let Some(_room) = hub.intake.room(push.body.len()) else {
        metrics::counter!("menshen_intake_busy_total").increment(1);
        return Problem::busy(BUSY_SECONDS).into_response();
    };
    let record = record_from_device(callback.record, &callback.message);
    match records::take(hub, &device, record, RESOLUTION_MS).await {
        Ok(Taken::HeldFull) => pending(),
        Ok(Taken::Stored { .. } | Taken::Repeated) => json(RECORD_ANSWER),
        Err(error) => not_taken(&device.device.serial, &error),
    }
}

async fn take_heartbeat(hub: &Arc<Hub>, token: Option<&str>, push: &Push) -> Response {
    let heartbeat = match HeartBeat::parse(&push.query, &push.body) {
        Ok(heartbeat) => heartbeat,
        Err(refused) => return malformed(&refused),
    };
    let serial = heartbeat.serial.unwrap_or_default();
    match sender(hub, &Lan, token, &serial, push).await {
        Ok(Sender::Device(device)) => {
            if let Some(uptime) = heartbeat.uptime {
                look_again(hub, &device.device.id, uptime);
            }
            json(HEARTBEAT_ANSWER)
        }
        Ok(Sender::Pending) => pending(),
        Ok(Sender::Nobody) => Problem::not_found().into_response(),
        Err(error) => not_taken(&serial, &error),
    }
}

/// A terminal that was started again may have another program: it is looked at anew.
fn look_again(hub: &Hub, device: &DeviceId, uptime_seconds: f64) {
    let Ok(uptime) = Duration::try_from_secs_f64(uptime_seconds) else {
        return;
    };
    let Some(live) = hub.links.get(device) else { return };
    if live.has_restarted(uptime) {
        hub.tasks.spawn(async move {
            if let Err(error) = live.link.restarted().await {
                tracing::info!(device = %live.device, %error, "a device that was started again was not looked at");
            }
        });
    }
}

fn json(body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, JSON)], body).into_response()
}

/// It comes again.
fn not_taken(serial: &str, error: &store::StoreError) -> Response {
    tracing::warn!(serial, %error, "a push was not taken; it will come again");
    json(Refused::new(Status::ServerError, "not kept").reply().to_bytes())
}

fn pending() -> Response {
    let refused = Refused::new(Status::Unknown, "the device waits for approval");
    json(refused.reply().to_bytes())
}

fn malformed(refused: &Refused) -> Response {
    tracing::info!(problem = %refused, "a push that cannot be read");
    metrics::counter!("menshen_link_malformed_total", "dialect" => NAME).increment(1);
    json(refused.reply().to_bytes())
}
