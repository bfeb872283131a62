//! A call (2.1): its operator, who calls, what is done, and the answer: HTTP 200 with the document's codes, 401 for a
//! caller who is not known.

use super::Endpoint;
use super::failure::Failure;
use crate::endpoints::http::serving::{self, BodyError};
use axum::Router;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request as HttpRequest, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use dialects::facegate::code::AddPersonCode;
use dialects::facegate::{BasicUser, Body, Call, Operation, ReceivedCall, SettingsGroup, failure, success};
use dialects::http::percent_decoded;
use std::sync::Arc;
use std::time::Duration;

/// What answers are (2.2.4).
const ANSWER_TYPE: &str = "application/json; charset=UTF-8";
/// Where operators are called.
const ACTION: &str = "/action/";

/// An answer, and whether what was asked is done.
struct Answered {
    body: Body,
    is_done: bool,
}

/// Every path is an operator's, or refused in the document's words.
pub(super) fn router(endpoint: Arc<Endpoint>) -> Router {
    Router::new().fallback(call).with_state(endpoint)
}

async fn call(State(endpoint): State<Arc<Endpoint>>, request: HttpRequest<HttpBody>) -> Response {
    let (parts, body) = request.into_parts();
    if !matches!(parts.method, Method::POST | Method::GET) {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return (status, [(ALLOW, "POST, GET")]).into_response();
    }
    if let Err(error) = endpoint.admit(&parts) {
        return answer(StatusCode::UNAUTHORIZED, &error.answer());
    }
    endpoint.tell(true, None);
    match endpoint.answer(&parts, body).await {
        Some(body) => answer(StatusCode::OK, &body),
        // Nothing is said (3.4); the connection closes with the restart, and this with it.
        None => {
            drop(endpoint);
            std::future::pending().await
        }
    }
}

fn answer(status: StatusCode, body: &Body) -> Response {
    (status, [(CONTENT_TYPE, ANSWER_TYPE)], body.to_bytes()).into_response()
}

/// The last part of the path; the document prints blanks around some.
fn operator(path: &str) -> Option<String> {
    let path = percent_decoded(path);
    let prefix = path.get(..ACTION.len())?;
    let operator = path.get(ACTION.len()..)?.trim().trim_end_matches('/');
    let is_action = prefix.eq_ignore_ascii_case(ACTION) && !operator.is_empty();
    is_action.then(|| operator.to_owned())
}

impl Endpoint {
    /// Whether the caller is known (2.4).
    fn admit(&self, parts: &Parts) -> Result<(), dialects::facegate::AuthError> {
        let memory = self.memory.get();
        let header = parts.headers.get(AUTHORIZATION);
        let header = header.and_then(|header| header.to_str().ok());
        BasicUser::new(&memory.user, &memory.password).admits(header)
    }

    /// Does what was asked; `None`: nothing is to be said of it.
    async fn answer(self: &Arc<Self>, parts: &Parts, body: HttpBody) -> Option<Body> {
        let operator = operator(parts.uri.path()).unwrap_or_default();
        let limits = &self.device.config.limits;
        let within = Duration::from_secs(limits.header_seconds);
        let bytes = match serving::body(body, limits.message_bytes, within).await {
            Ok(bytes) => bytes,
            Err(error @ (BodyError::TooLarge(_) | BodyError::Broken)) => {
                let code = AddPersonCode::Parameter.number();
                let detail = format!("Parameter error: {error}");
                return Some(failure(&operator, Some(code), &detail));
            }
        };
        match ReceivedCall::parse(&operator, &bytes, &self.id) {
            Ok(received) => {
                // A caller who goes away leaves nothing half done.
                let endpoint = Arc::clone(self);
                let call = received.call;
                let done = tokio::spawn(async move { endpoint.carry_out_and_restart(call).await });
                match done.await {
                    Ok(body) => body,
                    Err(error) => {
                        let code = AddPersonCode::Failed.number();
                        Some(failure(&operator, Some(code), &error.to_string()))
                    }
                }
            }
            Err(refused) => {
                tracing::debug!(%refused, "a call was refused");
                Some(refused.answer())
            }
        }
    }

    async fn carry_out_and_restart(self: &Arc<Self>, call: Call) -> Option<Body> {
        let is_answered = call.is_answered();
        let reboots = self.restarts(&call);
        let Answered { body, is_done } = self.carry_out(call).await;
        if reboots && is_done {
            // Answers under way are finished before the connections close.
            self.device.reboot();
        }
        (is_answered || !is_done).then_some(body)
    }

    async fn carry_out(self: &Arc<Self>, call: Call) -> Answered {
        match call {
            Call::GetSettings(call) => self.respond(&call, Ok(self.settings_of(call.0))),
            Call::SetSettings(call) => self.respond(&call, self.set(&call).await),
            Call::GetAudio(call) => self.respond(&call, Ok(Self::sounds())),
            Call::SetAudio(call) => self.respond(&call, self.play(&call)),
            Call::SetUserPwd(call) => self.respond(&call, self.set_user(&call).await),
            Call::SetFactoryDefault(call) => self.respond(&call, self.reset(&call).await),
            Call::AddPerson(call) => self.respond(&call, self.add(&call.person).await),
            Call::AddPersons(call) => self.respond(&call, Ok(self.add_all(&call.people).await)),
            Call::EditPerson(call) => self.respond(&call, self.edit(&call).await),
            Call::GetDatabaseVer(call) => self.respond(&call, Ok(Self::database_version())),
            Call::EditPersonsNew(call) => self.respond(&call, Ok(self.put_all(&call).await)),
            Call::DeletePerson(call) => self.respond(&call, self.delete(&call.ids).await),
            Call::DeleteAllPerson(call) => self.respond(&call, self.delete_everybody().await),
            Call::Subscribe(call) => self.respond(&call, self.subscribe(call.0.clone()).await),
            Call::GetSubscribe(call) => self.respond(&call, self.subscribed().await),
            Call::Unsubscribe(call) => self.respond(&call, self.unsubscribe(&call.topics).await),
            Call::SearchPerson(call) => self.respond(&call, self.find(&call).await),
            Call::SearchPersonNum(call) => self.respond(&call, self.count(&call.filter).await),
            Call::SearchPersonList(call) => self.respond(&call, self.list(&call).await),
            Call::OpenDoor(call) => self.respond(&call, self.open(&call).await),
            Call::RebootDevice(call) => self.respond(&call, Ok(dialects::facegate::Done)),
            Call::Upgrade(call) => self.respond(&call, self.upgrade(&call).await),
            Call::GetAccessTempPwd(call) => self.respond(&call, self.temporary_password()),
            Call::AddAccessPwd(call) => self.respond(&call, self.add_passwords(&call.passwords).await),
            Call::DelAccessPwd(call) => self.respond(&call, self.delete_passwords(&call.passwords).await),
            Call::ClearAccessPwd(call) => self.respond(&call, self.clear_passwords().await),
            Call::SearchControlNum(call) => self.respond(&call, self.count_records(&call.filter).await),
            Call::SearchControl(call) => self.respond(&call, self.records(&call).await),
            Call::SearchCaptureNum(call) => self.respond(&call, self.count_captures(&call.query).await),
            Call::SearchCapture(call) => self.respond(&call, self.captures(&call.query).await),
            Call::ManualPushRecords(call) => self.respond(&call, self.push_again(&call).await),
            Call::GetFaceSignature(call) => self.respond(&call, self.signature(&call.picture).await),
            Call::GetSignatureSimilarity(call) => self.respond(&call, self.compare_signatures(&call)),
            Call::GetPictureSimilarity(call) => self.respond(&call, self.compare_pictures(&call).await),
            Call::GetPictureSearch(call) => self.respond(&call, self.whose_face(&call).await),
            Call::DetectFaceFromPic(call) => self.respond(&call, self.detect(&call.picture).await),
            Call::GetImage(call) => self.respond(&call, self.image(&call).await),
            Call::FrontalFaceSnap(call) => self.respond(&call, self.snap(call.whole).await),
        }
    }

    /// Whether the terminal restarts after a call (terminal rule 20).
    fn restarts(&self, call: &Call) -> bool {
        let is_network = matches!(call, Call::SetSettings(change)
            if change.group == SettingsGroup::NetParam || self.moves(change));
        is_network || call.reboots()
    }

    fn respond<O: Operation>(&self, request: &O, answer: Result<O::Answer, Failure>) -> Answered {
        match answer {
            Ok(answer) => Answered {
                body: success(request, &answer, &self.id),
                is_done: true,
            },
            Err(refused) => {
                tracing::debug!(
                    operator = request.operator(),
                    detail = refused.detail,
                    "a call failed"
                );
                Answered {
                    body: failure(request.operator(), refused.code, &refused.detail),
                    is_done: false,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::operator;

    #[test]
    fn operators_are_the_last_part_of_the_path() {
        for path in ["/action/GetSound", "/Action/GetSound/", "/action/%20GetSound"] {
            assert_eq!(operator(path).as_deref(), Some("GetSound"), "{path}");
        }
        for none in ["/", "/action/", "/actionGetSound", "/api/GetSound"] {
            assert_eq!(operator(none), None, "{none}");
        }
    }
}
