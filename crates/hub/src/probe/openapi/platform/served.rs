//! The five endpoints, and the photo that they lead to.

use super::said;
use crate::probe::heard::Heard;
use crate::probe::{PERSON, PERSON_NAME};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Router, body};
use bytes::Bytes;
use dialects::http::JSON;
use dialects::openapi::platform::{
    Answer, Change, DeviceCall, FaceChange, FaceChanges, FaceVerdict, PlatformRequest, PushError, Ret,
    StoreResult,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Under which the calls are served, as the hub does.
const BASE: &str = "/openapi";
/// Where the photo is.
const PHOTO: &str = "/openapi/photo/menshen-probe.jpg";
/// What is told of a pass: it comes again, to its own platform.
const LATER: &str = "a probe takes no records";

/// What the device is handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// A person to save.
    Saving,
    /// The same person to delete.
    Deleting,
    /// Nothing.
    Done,
}

/// How far it has got.
pub(super) struct State {
    /// The first device that called.
    pub(super) device: Option<String>,
    pub(super) phase: Phase,
    pub(super) heard: Heard,
    /// Whether the photo was fetched.
    fetched: bool,
}

/// The platform.
pub(super) struct Served {
    state: Mutex<State>,
    moved: Notify,
    jpeg: Vec<u8>,
    /// Whether somebody can be found on the photo.
    has_face: bool,
}

impl Served {
    pub(super) fn new(jpeg: Vec<u8>, has_face: bool) -> Self {
        Self {
            state: Mutex::new(State {
                device: None,
                phase: Phase::Saving,
                heard: Heard::default(),
                fetched: false,
            }),
            moved: Notify::new(),
            jpeg,
            has_face,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something; `false` where it did not come within that time.
    pub(super) async fn until(&self, wait: Duration, reached: impl Fn(&State) -> bool) -> bool {
        let until = Instant::now() + wait;
        loop {
            // Asked for before the look, so that nothing falls between.
            let moved = self.moved.notified();
            if reached(&self.state()) {
                return true;
            }
            if tokio::time::timeout_at(until, moved).await.is_err() {
                return reached(&self.state());
            }
        }
    }

    /// The device, and what it said.
    pub(super) fn end(&self) -> (String, Heard) {
        let mut state = self.state();
        let mut heard = std::mem::take(&mut state.heard);
        if !state.fetched {
            let text = "was not fetched: the person who was handed out has a photo there";
            heard.keep("syrecord", said::differs("userImageUrl", text, PHOTO.as_bytes()));
        }
        if state.phase == Phase::Deleting && heard.has("syresult") {
            let text = "no result came of the person who was to be deleted";
            heard.keep("syresult", said::differs("userID", text, PERSON.as_bytes()));
        }
        (state.device.clone().unwrap_or_default(), heard)
    }

    /// Takes a call of the device; whoever else calls gets nothing.
    fn take(&self, method: &Method, uri: &Uri, host: &str, body: &Bytes, call: &DeviceCall) -> Response {
        let mut state = self.state();
        let device = state.device.get_or_insert_with(|| call.device.clone());
        if *device != call.device {
            return json(&Ret::failure("another device is tried"));
        }
        let query = uri.query().unwrap_or_default();
        let tried = said::looked_at(method, query, body, call);
        state.heard.keep(call.request.name(), tried);
        let answer = match &call.request {
            PlatformRequest::Changes(asked) => json(&FaceChanges {
                list: handed_out(state.phase, host),
                // What it has read of its own platform stays so.
                mark: asked.since.clone(),
            }),
            PlatformRequest::Stored(told) => {
                for result in &told.results {
                    self.came_of(&mut state, result, body);
                }
                json(&Ret::success())
            }
            PlatformRequest::Alive(_) => json(&Ret::success()),
            PlatformRequest::Compared(_) => json(&FaceVerdict::failure(LATER)),
            PlatformRequest::Measured(_) => json(&Ret::failure(LATER)),
        };
        drop(state);
        self.moved.notify_waiters();
        answer
    }

    /// A result of the person who was handed out.
    fn came_of(&self, state: &mut State, result: &StoreResult, body: &Bytes) {
        if result.user_id != PERSON {
            return;
        }
        // Whoever looks finds no face in a picture that has none.
        let must_succeed = self.has_face || state.phase != Phase::Saving;
        if must_succeed && !result.is_done() {
            let text = format!("is {}: {}", result.status, result.msg);
            state.heard.keep("syresult", said::differs("status", &text, body));
        }
        state.phase = match state.phase {
            Phase::Saving => Phase::Deleting,
            Phase::Deleting | Phase::Done => Phase::Done,
        };
    }
}

/// The routes.
pub(super) fn routes(served: Arc<Served>) -> Router {
    Router::new()
        .route(PHOTO, get(photo))
        .route(&format!("{BASE}/{{operation}}/{{device}}"), any(asked))
        .with_state(served)
}

async fn photo(Shared(served): Shared<Arc<Served>>) -> impl IntoResponse {
    served.state().fetched = true;
    served.moved.notify_waiters();
    (
        [(header::CONTENT_TYPE, "image/jpeg")],
        body::Body::from(served.jpeg.clone()),
    )
}

async fn asked(
    Shared(served): Shared<Arc<Served>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match PlatformRequest::read(uri.path(), uri.query().unwrap_or_default(), &body) {
        Ok(call) => served.take(&method, &uri, host.unwrap_or_default(), &body, &call),
        Err(PushError::Unknown) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            let name = uri.path().rsplit('/').nth(1).unwrap_or_default();
            let tried = said::unreadable(&body, &error.to_string());
            served.state().heard.keep(name, tried);
            json(&error.answer())
        }
    }
}

/// What the device is to do now.
fn handed_out(phase: Phase, host: &str) -> Vec<FaceChange> {
    let person = |operation| FaceChange {
        operation,
        id: PERSON.to_owned(),
        name: PERSON_NAME.to_owned(),
        image_url: format!("http://{host}{PHOTO}"),
        ..FaceChange::default()
    };
    match phase {
        Phase::Saving => vec![person(Change::Save)],
        Phase::Deleting => vec![person(Change::Delete)],
        Phase::Done => Vec::new(),
    }
}

fn json(answer: &impl Answer) -> Response {
    ([(header::CONTENT_TYPE, JSON)], answer.to_bytes()).into_response()
}
