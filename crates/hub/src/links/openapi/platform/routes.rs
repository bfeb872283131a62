//! The five requests of chapter 9, and the pictures that they lead to. A device is who its path says, from the address that
//! it was approved at (hub rules 18 and 20).

use super::super::{NAME, OpenApi};
use super::passes;
use super::presence::{Asking, Device};
use crate::api::problem::Problem;
use crate::intake::Taken;
use crate::links::dialled::address::HostPort;
use crate::links::dialled::pictures;
use crate::links::dialled::pushed::{Claim, Push, Whose, whose};
use crate::state::Hub;
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use dialects::http::JSON;
use dialects::openapi::convert::platform::{record_from_comparison, record_from_measurement};
use dialects::openapi::platform::answer::Answer;
use dialects::openapi::platform::{FaceChanges, FaceVerdict, PlatformRequest, QueryTime, Ret};
use dialects::received::ReceivedRecord;
use model::{Decider, Decision};
use std::sync::Arc;
use store::StoreError;
use store::hub::Actor;
use store::hub::devices::{DeviceChange, StoredDevice};

/// For how long a door opens, in milliseconds; the terminal has no setting that could be asked.
const UNLOCK_MS: u32 = 3000;

/// Where terminals ask, and where they fetch pictures.
pub(in crate::links) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/p/{name}", get(pictures::fetch))
        .route("/{operation}/{device}", any(asked))
        .layer(Extension(Arc::<Asking>::default()))
}

async fn asked(
    State(hub): State<Arc<Hub>>,
    Extension(asking): Extension<Arc<Asking>>,
    uri: Uri,
    push: Push,
) -> Response {
    let call = match PlatformRequest::read(uri.path(), &push.query, &push.body) {
        Ok(call) => call,
        Err(dialects::openapi::platform::PushError::Unknown) => return Problem::not_found().into_response(),
        Err(error) => {
            tracing::info!(%error, "a request that cannot be read");
            metrics::counter!("menshen_link_malformed_total", "dialect" => NAME).increment(1);
            return json(&error.answer());
        }
    };
    let answered = match known(&hub, &asking, call.device.trim(), &push).await {
        Ok(Some(device)) => {
            let asker = asking.asked(&hub, &device);
            let request = Request {
                hub: &hub,
                device: &device,
                asker,
                push: &push,
            };
            request.answer(call.request, &call.message).await
        }
        Ok(None) => Ok(turned_away(&call.request)),
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| {
        tracing::warn!(device = call.device, %error, "a request was not dealt with; it will come again");
        json(&Ret::failure("not kept"))
    })
}

/// The device that asks, if it is to be served.
async fn known(
    hub: &Arc<Hub>,
    asking: &Asking,
    serial: &str,
    push: &Push,
) -> Result<Option<Box<StoredDevice>>, StoreError> {
    let claim = Claim {
        token: None,
        serial,
        port: None,
    };
    let device = match whose(hub, &OpenApi, claim, push).await? {
        Whose::Device(device) => device,
        // Unpinned by an operator: it may come from anywhere.
        Whose::Elsewhere(device) if device.pinned_address.is_none() => device,
        Whose::Elsewhere(device) => {
            let peer = push.peer.to_string();
            asking.wrong_address(hub, &device.device.id, &peer).await;
            return Ok(None);
        }
        Whose::Pending(device) => {
            hub_decides(hub, device).await?;
            return Ok(None);
        }
        Whose::Nobody => return Ok(None),
    };
    hub_decides(hub, device).await.map(Some)
}

/// A device of chapter 9 always asks the hub.
async fn hub_decides(hub: &Hub, device: Box<StoredDevice>) -> Result<Box<StoredDevice>, StoreError> {
    if device.device.decision == Decider::Hub {
        return Ok(device);
    }
    let change = DeviceChange {
        decision: Some(Decider::Hub),
        ..DeviceChange::default()
    };
    let id = &device.device.id;
    let changed = hub
        .store
        .devices
        .change(&Actor::hub(), id, change, None, None)
        .await?;
    hub.outbox_grew();
    Ok(Box::new(changed))
}

/// Nobody's data for whoever is not served, and nothing is acknowledged.
fn turned_away(request: &PlatformRequest) -> Response {
    match request {
        PlatformRequest::Changes(asked) => json(&FaceChanges {
            list: Vec::new(),
            mark: asked.since.clone(),
        }),
        PlatformRequest::Compared(_) => json(&FaceVerdict::failure("not approved")),
        PlatformRequest::Measured(_) | PlatformRequest::Stored(_) | PlatformRequest::Alive(_) => {
            json(&Ret::failure("not approved"))
        }
    }
}

/// A request of a device that is served.
struct Request<'a> {
    hub: &'a Arc<Hub>,
    device: &'a StoredDevice,
    /// `None` where it is called, too.
    asker: Option<Arc<Device>>,
    push: &'a Push,
}

impl Request<'_> {
    async fn answer(
        &self,
        request: PlatformRequest,
        message: &serde_json::Value,
    ) -> Result<Response, StoreError> {
        Ok(match request {
            PlatformRequest::Changes(asked) => json(&self.changes(&asked.since).await?),
            PlatformRequest::Stored(told) => {
                if let Some(asker) = &self.asker {
                    let mut changes = asker.link.changes.lock().await;
                    changes
                        .came_of(self.hub, &self.device.device.id, &told.results)
                        .await?;
                }
                json(&Ret::success())
            }
            PlatformRequest::Alive(_) => json(&Ret::success()),
            PlatformRequest::Compared(face) => {
                json(&self.verdict(record_from_comparison(face, message)).await?)
            }
            PlatformRequest::Measured(measured) => {
                let taken = self.take(record_from_measurement(measured, message)).await?;
                json(&match taken {
                    Some(Taken::Stored { .. } | Taken::Repeated) => Ret::success(),
                    Some(Taken::HeldFull) | None => Ret::failure("busy"),
                })
            }
        })
    }

    async fn changes(&self, since: &QueryTime) -> Result<FaceChanges, StoreError> {
        let Some(asker) = &self.asker else {
            return Ok(FaceChanges {
                list: Vec::new(),
                mark: since.clone(),
            });
        };
        let base = self.base();
        let mut changes = asker.link.changes.lock().await;
        let id = &self.device.device.id;
        changes.next(self.hub, id, base.as_deref(), since).await
    }

    /// Only a fresh pass is decided on; what is late or repeated opens nothing.
    async fn verdict(&self, record: ReceivedRecord) -> Result<FaceVerdict, StoreError> {
        Ok(match self.take(record).await? {
            Some(Taken::Stored {
                decision: Some(Decision::Granted),
            }) => FaceVerdict::open(UNLOCK_MS),
            Some(Taken::Stored { .. } | Taken::Repeated) => FaceVerdict::shut(),
            Some(Taken::HeldFull) | None => FaceVerdict::failure("busy"),
        })
    }

    /// `None` where there is no room now.
    async fn take(&self, record: ReceivedRecord) -> Result<Option<Taken>, StoreError> {
        let Some(_room) = self.hub.intake.room(self.push.body.len()) else {
            metrics::counter!("menshen_intake_busy_total").increment(1);
            return Ok(None);
        };
        passes::take(self.hub, self.device, record).await.map(Some)
    }

    /// Where the device reaches what it is to fetch: `devices.public_url`, else as it reached us. Plain HTTP (QUIRKS O14).
    fn base(&self) -> Option<String> {
        let public = self.hub.config.devices.public_url.trim().trim_end_matches('/');
        if !public.is_empty() {
            return Some(format!("{public}/{NAME}"));
        }
        let host = self.push.host.as_deref()?;
        let is_host = host.parse::<HostPort>().is_ok() || format!("{host}:80").parse::<HostPort>().is_ok();
        is_host.then(|| format!("http://{host}/{NAME}"))
    }
}

fn json(answer: &impl Answer) -> Response {
    ([(header::CONTENT_TYPE, JSON)], answer.to_bytes()).into_response()
}
