//! What terminals push (3.12.3 to 3.12.8, 3.14): records, codes, heartbeats. What it is says the body, not the path (QUIRKS
//! A17).

use super::document::CardsRead;
use super::{Facegate, NAME, code, record};
use crate::api::problem::Problem;
use crate::intake::Taken;
use crate::links::dialled::pictures;
use crate::links::dialled::pushed::{Push, Sender, looked_at, sender};
use crate::links::words;
use crate::state::Hub;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use dialects::facegate::convert::record_from_device;
use dialects::facegate::operation::failure;
use dialects::facegate::push::heart_beat_answer;
use dialects::facegate::{Acknowledgement, Push as Told, ReceivedPush};
use dialects::http::JSON;
use model::Decider;
use std::sync::Arc;
use store::StoreError;
use store::hub::devices::StoredDevice;

/// How soon a terminal may come again when the disk cannot keep up, in seconds.
const BUSY_SECONDS: u64 = 5;

/// Addresses that the hub subscribed, those for terminals that were set up by hand, and the pictures of people (hub rule 20).
pub(in crate::links) fn routes() -> Router<Arc<Hub>> {
    const PATHS: [&str; 7] = [
        "heartbeat",
        "verify",
        "snap",
        "qrcode",
        "idcard",
        "card",
        "password",
    ];
    let pictures = Router::new().route("/p/{name}", get(pictures::fetch));
    let routes = PATHS.into_iter().fold(pictures, |routes, path| {
        routes
            .route(&format!("/{path}"), any(by_hand))
            .route(&format!("/{{token}}/{path}"), any(subscribed))
    });
    routes.layer(Extension(Arc::new(CardsRead::default())))
}

type Cards = Extension<Arc<CardsRead>>;

async fn subscribed(
    State(hub): State<Arc<Hub>>,
    cards: Cards,
    Path(token): Path<String>,
    push: Push,
) -> Response {
    take(&hub, &cards, Some(&token), &push).await
}

async fn by_hand(State(hub): State<Arc<Hub>>, cards: Cards, push: Push) -> Response {
    take(&hub, &cards, None, &push).await
}

async fn take(hub: &Arc<Hub>, cards: &CardsRead, token: Option<&str>, push: &Push) -> Response {
    let received = match ReceivedPush::parse(&push.body) {
        Ok(received) => received,
        Err(error) => {
            tracing::info!(peer = %push.peer, problem = %error, "a push that cannot be read");
            metrics::counter!("menshen_link_malformed_total", "dialect" => NAME).increment(1);
            return refused(StatusCode::BAD_REQUEST, &error.to_string());
        }
    };
    let named = received.device.as_ref().map(|device| device.as_str().to_owned());
    let serial = named.unwrap_or_default();
    let device = match sender(hub, &Facegate, token, &serial, push).await {
        Ok(Sender::Device(device)) => device,
        Ok(Sender::Pending) => return refused(StatusCode::FORBIDDEN, "the device waits for approval"),
        Ok(Sender::Nobody) => return Problem::not_found().into_response(),
        Err(error) => return not_taken(&serial, &error),
    };
    if !serial.is_empty() && serial != device.device.serial {
        tracing::info!(device = %device.device.id, serial, "a push that names another device");
        return refused(StatusCode::FORBIDDEN, "Unkonw DeviceID");
    }
    let device = match known(hub, *device, &received.push).await {
        Ok(device) => device,
        Err(error) => return not_taken(&serial, &error),
    };
    let Some(_room) = hub.intake.room(push.body.len()) else {
        metrics::counter!("menshen_intake_busy_total").increment(1);
        return Problem::busy(BUSY_SECONDS).into_response();
    };
    match answer(hub, cards, &device, received).await {
        Ok(body) => json(body),
        Err(error) => not_taken(&device.device.serial, &error),
    }
}

/// The device as a push is read by it: a record that it decided on waits for its clock to be looked at. For all else
/// somebody stands at the door, or no clock matters.
async fn known(hub: &Hub, device: StoredDevice, push: &Told) -> Result<StoredDevice, StoreError> {
    let timeless = matches!(
        push,
        Told::HeartBeat(_) | Told::QrCode(_) | Told::IdCardInfo(_) | Told::Unknown(_)
    );
    match device.device.decision {
        Decider::Device if !timeless => looked_at(hub, device).await,
        _ => Ok(device),
    }
}

/// Takes what was pushed and says how it is answered; every push is acknowledged (QUIRKS A77).
async fn answer(
    hub: &Arc<Hub>,
    cards: &CardsRead,
    device: &StoredDevice,
    received: ReceivedPush,
) -> Result<Vec<u8>, StoreError> {
    let ReceivedPush { push, native, .. } = received;
    match push {
        Told::HeartBeat(_) => return Ok(heart_beat_answer()),
        Told::QrCode(code) => code::take(hub, device, code, native).await?,
        // Read, and nothing decided: what becomes of it is pushed as a result.
        Told::IdCardInfo(card) => cards.read(&device.device.id, &card),
        Told::Unknown(body) => {
            tracing::debug!(device = %device.device.id, operator = body.operator, "an unknown push");
        }
        told => {
            if let Some(mut record) = record_from_device(told, native) {
                cards.complete(&device.device.id, &mut record);
                let may_open = record.may_open;
                let taken = record::take(hub, device, record).await?;
                return Ok(acknowledged(&hub.settings().language, taken, may_open).to_bytes());
            }
        }
    }
    Ok(Acknowledgement::ok().to_bytes())
}

/// Only a decision on a fresh record moves the door (3.2.3).
fn acknowledged(language: &str, taken: Taken, may_open: bool) -> Acknowledgement {
    match taken {
        Taken::Stored {
            decision: Some(decision),
        } if may_open => {
            let words = words::of_decision(language, decision);
            Acknowledgement::verdict(decision.is_granted(), Some(words))
        }
        _ => Acknowledgement::ok(),
    }
}

fn json(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, JSON)], body).into_response()
}

fn refused(status: StatusCode, why: &str) -> Response {
    let code = i64::from(status.as_u16());
    (status, json(failure("", Some(code), why).to_bytes())).into_response()
}

/// It comes again.
fn not_taken(serial: &str, error: &StoreError) -> Response {
    tracing::warn!(serial, %error, "a push was not taken; it will come again");
    refused(StatusCode::SERVICE_UNAVAILABLE, "not kept")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Decision, Denial};

    #[test]
    fn only_a_fresh_decision_moves_the_door() {
        let decided = |decision| Taken::Stored {
            decision: Some(decision),
        };
        let granted = acknowledged("en", decided(Decision::Granted), true);
        assert_eq!((granted.open_door, granted.is_confirmed()), (Some(true), true));
        let denied = acknowledged("en", decided(Decision::Denied(Denial::Expired)), true);
        assert_eq!(
            (denied.open_door, denied.show.as_deref()),
            (Some(false), Some("Expired"))
        );
        for plain in [
            acknowledged("en", Taken::Repeated, true),
            acknowledged("en", decided(Decision::Granted), false),
            acknowledged("en", Taken::Stored { decision: None }, true),
        ] {
            assert_eq!(plain, Acknowledgement::ok());
        }
    }
}
