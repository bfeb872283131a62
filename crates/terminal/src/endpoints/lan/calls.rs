//! A call (1.2): its parameters, whatever their encoding; the key; the operation; and the answer, HTTP 200 always.

use super::Endpoint;
use crate::endpoints::http::serving::{self, BodyError};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request as HttpRequest, request::Parts};
use axum::response::{IntoResponse, Response};
use dialects::http::{Method, percent_decoded};
use dialects::lan::control::REBOOT_DELAY_MS;
use dialects::lan::operation::{Refused, authenticate, parameters};
use dialects::lan::{
    GetHeartBeat, GetRecordCallback, HeartBeatTarget, RecordTarget, Reply, Request, SetDeviceKey,
    SetHeartBeat, SetRecordCallback, Status,
};
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;

/// What answers are, as text in the document's charset.
const ANSWER_TYPE: &str = "application/json; charset=utf-8";

/// What a call came to: what it is answered with, or why it was refused.
pub(super) type Outcome = Result<Reply, Refused>;

/// The device failed.
pub(super) fn failed(error: &StoreError) -> Refused {
    tracing::error!(%error, "a call could not be carried out");
    Refused::new(Status::ServerError, "it could not be kept")
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
        let body = body.map_err(|error: BodyError| Refused::new(Status::Malformed, error.to_string()))?;
        let parameters = parameters(parts.uri.query().unwrap_or_default(), &body)?;
        authenticate(&parameters, &self.memory.get().key)?;
        let method = Method::of(parts.method.as_str())
            .ok_or_else(|| Refused::new(Status::ClientError, "GET or POST is expected"))?;
        let request = Request::parse(method, &percent_decoded(parts.uri.path()), &parameters)?;
        self.tell(true, None);
        self.carry_out(request).await
    }

    async fn carry_out(self: &Arc<Self>, request: Request) -> Outcome {
        match request {
            Request::SetDeviceKey(message) => self.set_key(message).await,
            Request::SetDeviceInfo(message) => self.set_info(&message).await,
            Request::GetDeviceInfo(_) => Ok(self.info()),
            Request::SetTime(message) => self.set_time(message).await,
            Request::GetTime(_) => Ok(self.time()),
            Request::SetPerson(message) => self.put(&message).await,
            Request::GetPerson(message) => self.person(&message.id).await,
            Request::ListPerson(_) => Ok(self.everybody()),
            Request::RemovePerson(message) => self.remove(&message).await,
            Request::ListRecord(message) => self.list(message).await,
            Request::RemoveRecord(message) => self.remove_records(message).await,
            Request::SetRecordCallback(message) => self.set_record_callback(message).await,
            Request::GetRecordCallback(_) => Ok(self.record_callback()),
            Request::Reboot(_) => {
                self.reboot_soon();
                Ok(Reply::done())
            }
            Request::Open(_) => Ok(self.open()),
            Request::SetHeartBeat(message) => self.set_heartbeat(message).await,
            Request::GetHeartBeat(_) => Ok(self.heartbeat()),
            Request::UpdateApk(message) => self.update(&message.url).await,
            Request::Check(message) => self.check(&message.photo).await,
            Request::Photo(message) => self.photos(&message).await,
            // "Not enabled" (3.21): answered as the document shows, and nothing is wiped.
            Request::Reset(_) => Ok(Reply::done()),
            Request::Unknown { name, .. } => Err(Refused::new(
                Status::ClientError,
                format!("there is no call {name:?}"),
            )),
        }
    }

    /// Restarts once the answer is there (3.14).
    pub(super) fn reboot_soon(&self) {
        let device = Arc::clone(&self.device);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(REBOOT_DELAY_MS)).await;
            device.reboot();
        });
    }

    async fn set_key(&self, message: SetDeviceKey) -> Outcome {
        let set = self.memory.change(|memory| memory.key = message.new_key).await;
        set.map(|()| Reply::done()).map_err(|error| failed(&error))
    }

    async fn set_record_callback(&self, message: SetRecordCallback) -> Outcome {
        let url = message.url.trim().to_owned();
        let set = self.memory.change(|memory| memory.record_url = url).await;
        set.map(|()| Reply::done()).map_err(|error| failed(&error))
    }

    fn record_callback(&self) -> Reply {
        Reply::success::<GetRecordCallback>(&RecordTarget {
            url: self.memory.get().record_url.clone(),
        })
    }

    async fn set_heartbeat(&self, message: SetHeartBeat) -> Outcome {
        let set = self.memory.change(|memory| {
            memory.heartbeat_url = message.url.trim().to_owned();
            memory.heartbeat_period = message.period;
        });
        set.await.map(|()| Reply::done()).map_err(|error| failed(&error))
    }

    fn heartbeat(&self) -> Reply {
        let memory = self.memory.get();
        Reply::success::<GetHeartBeat>(&HeartBeatTarget {
            period: memory.heartbeat_period,
            url: memory.heartbeat_url.clone(),
        })
    }
}
