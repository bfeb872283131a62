//! A call of chapter 8: its signature and its time, the operation, and the answer, HTTP 200 always (QUIRKS O41).

use super::{Endpoint, used};
use crate::endpoints::http::serving::{self, BodyError};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request as HttpRequest, request::Parts};
use axum::response::{IntoResponse, Response};
use dialects::http::Method;
use dialects::openapi::sign::Signed;
use dialects::openapi::{Code, Incoming, Refused, Reply, Request};
use jiff::Timestamp;
use model::Method as PassMethod;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;

/// How often it is kept until when signatures were taken, milliseconds.
const NOTED_EVERY_MS: i64 = 60_000;
/// What answers are.
const ANSWER_TYPE: &str = "application/json; charset=utf-8";

/// What a call came to: what it is answered with, or why it was refused.
pub(super) type Outcome = Result<Reply, Refused>;

/// The device failed.
pub(super) fn failed(error: &StoreError) -> Refused {
    tracing::error!(%error, "a call could not be carried out");
    Refused::new(Code::InternalError, "it could not be kept")
}

/// Whether a call does at once what a second time, or another's, would do harm: such a one takes a signature once.
fn acts_at_once(request: &Request) -> bool {
    match request {
        Request::OpenDoor(_) | Request::SyncTime(_) | Request::Reboot(_) => true,
        Request::DeleteUser(message) => message.id().is_none(),
        _ => false,
    }
}

/// Every path is an operation's, or refused in the document's words.
pub(super) fn router(endpoint: Arc<Endpoint>) -> Router {
    Router::new().fallback(call).with_state(endpoint)
}

async fn call(State(endpoint): State<Arc<Endpoint>>, request: HttpRequest<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let reply = match endpoint.answer(&parts, body).await {
        Ok(reply) => reply,
        Err(refused) => {
            tracing::debug!(path = parts.uri.path(), %refused, "a call was refused");
            refused.reply()
        }
    };
    ([(CONTENT_TYPE, ANSWER_TYPE)], reply.to_bytes()).into_response()
}

impl Endpoint {
    async fn answer(self: &Arc<Self>, parts: &Parts, body: Body) -> Outcome {
        let limits = &self.device.config.limits;
        let within = Duration::from_secs(limits.header_seconds);
        let body = serving::body(body, limits.message_bytes, within).await;
        let body =
            body.map_err(|error: BodyError| Refused::new(Code::InvalidParameter, error.to_string()))?;
        let method = Method::of(parts.method.as_str())
            .ok_or_else(|| Refused::new(Code::MethodNotAllowed, "GET or POST is expected"))?;
        let query = parts.uri.query().unwrap_or_default();
        let incoming = Incoming::read(method, parts.uri.path(), query, &body)?;
        let signed = incoming.authenticate(&self.config.password, self.device.clock.now())?;
        let is_first = self.used.take(&signed);
        let request = Request::parse(&incoming)?;
        let acts = acts_at_once(&request);
        if acts && !is_first {
            let reason = "this signature was taken before";
            return Err(Refused::new(Code::RequestExpired, reason));
        }
        self.note_signed(&signed, acts).await;
        if self.config.platform().is_none() {
            self.tell(true, None);
        }
        self.carry_out(request, &signed).await
    }

    /// Keeps over restarts until when signatures were taken: at once for what acts, else now and then.
    async fn note_signed(&self, signed: &Signed, acts: bool) {
        let Some(at_ms) = signed.at().map(Timestamp::as_millisecond) else {
            return;
        };
        let kept_ms = self.memory.get().signed_ms;
        let due_ms = if acts {
            kept_ms
        } else {
            kept_ms.saturating_add(NOTED_EVERY_MS)
        };
        if at_ms <= due_ms && used::is_credible(kept_ms) {
            return;
        }
        let noted = self.memory.change(|memory| memory.signed_ms = at_ms).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "which signatures were taken could not be kept");
        }
    }

    async fn carry_out(self: &Arc<Self>, request: Request, signed: &Signed) -> Outcome {
        match request {
            Request::OpenDoor(message) => {
                tracing::info!(
                    remark = message.remark.unwrap_or_default(),
                    "a platform opens the door"
                );
                self.device.open_door(PassMethod::Remote);
                Ok(Reply::done())
            }
            Request::SyncTime(_) => self.set_clock(signed).await,
            Request::Reboot(_) => {
                self.device.reboot();
                Ok(Reply::done())
            }
            Request::JsonCommand(command) => self.command(&command).await,
            Request::GetInformation(_) => Ok(self.information()),
            Request::GetNetwork(_) => Ok(self.network()),
            Request::SetNetwork(message) => self.set_network(message.0).await,
            Request::GetSmartFace(_) => Ok(self.smart_face()),
            Request::SetSmartFace(message) => self.set_smart_face(message.0).await,
            Request::GetPeripherals(_) => Ok(self.peripherals()),
            Request::SetPeripherals(message) => self.set_peripherals(message.0).await,
            Request::AddUser(message) => self.add(&message.0).await,
            Request::UpdateUser(message) => self.update(&message).await,
            Request::DeleteUser(message) => self.delete(&message).await,
            Request::ListUsers(message) => self.users(&message).await,
            Request::ListRecords(message) => self.records(&message).await,
        }
    }

    async fn set_clock(&self, signed: &Signed) -> Outcome {
        let no_time = || Refused::new(Code::IllegalTimestamp, "timestamp: no time");
        let set = self.device.clock.set(signed.at().ok_or_else(no_time)?).await;
        set.map(|()| Reply::done()).map_err(|error| failed(&error))
    }
}
