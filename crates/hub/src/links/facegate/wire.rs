//! Calls of the dialect on the line to one terminal (2.2, 2.4).

use crate::links::dialled::{Answered, Line};
use crate::links::{CallError, Failure};
use dialects::facegate::operation::{Operation, Refusal, answer_of};
use dialects::facegate::{BasicUser, Body, DeviceId, FailureClass};
use dialects::http::{Call, JSON, Method};
use dialects::lenient::BodyError;
use hyper::header::AUTHORIZATION;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The status of HTTP for a caller who is not known (QUIRKS A60).
const UNAUTHORIZED: u16 = 401;
/// The status of HTTP for a path that the terminal lacks.
const NOT_FOUND: u16 = 404;

/// What destroys records that a terminal holds (3.8, 3.11): those after them move up in its lists.
const DESTROYS: [&str; 3] = ["DeletePerson", "DeleteAllPerson", "SetFactoryDefault"];

/// The line to a terminal, with what is known of how it is to be spoken to.
pub(super) struct Wire {
    pub(super) line: Line,
    spoken: Mutex<Spoken>,
}

struct Spoken {
    user: BasicUser,
    /// Who it is, once it said so.
    device: Option<DeviceId>,
    /// The terminal's clock minus ours, in milliseconds, when it was looked at last.
    skew_ms: i64,
    /// How often it was told to destroy records.
    removals: u64,
}

impl Wire {
    pub(super) fn new(line: Line, user: BasicUser) -> Self {
        let skew_ms = line.device.device.clock_skew_ms.unwrap_or_default();
        Self {
            line,
            spoken: Mutex::new(Spoken {
                user,
                device: None,
                skew_ms,
                removals: 0,
            }),
        }
    }

    /// Who calls from now on.
    pub(super) fn set_user(&self, user: BasicUser) {
        self.with(|spoken| spoken.user = user);
    }

    /// Whose number calls have from now on.
    pub(super) fn set_device(&self, device: DeviceId) {
        self.with(|spoken| spoken.device = Some(device));
    }

    pub(super) fn device(&self) -> Option<DeviceId> {
        self.with(|spoken| spoken.device.clone())
    }

    /// The clock was looked at.
    pub(super) fn set_skew(&self, skew_ms: i64) {
        self.with(|spoken| spoken.skew_ms = skew_ms);
    }

    /// How often the terminal was told to destroy records: where it was meanwhile, a list that was read page by page may
    /// lack some.
    pub(super) fn removals(&self) -> u64 {
        self.with(|spoken| spoken.removals)
    }

    /// Whether the terminal took a connection since then, in milliseconds: it may have heard what it did not answer.
    pub(super) fn was_reached_since(&self, begun_ms: i64) -> bool {
        let connected = self.line.client.last_connection();
        connected.is_some_and(|at| at.as_millisecond() >= begun_ms)
    }

    /// What the terminal's clock says at an instant, in milliseconds, as it was looked at last.
    pub(super) fn there_ms(&self, at: Timestamp) -> i64 {
        at.as_millisecond()
            .saturating_add(self.with(|spoken| spoken.skew_ms))
    }

    /// What the wall clock at the terminal shows when its clock is at this millisecond.
    pub(super) fn wall_clock(&self, there_ms: i64) -> DateTime {
        let at = Timestamp::from_millisecond(there_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        self.line.zone().to_datetime(at)
    }

    /// Makes a call; what the terminal gives back.
    pub(super) async fn call<O: Operation>(&self, operation: &O) -> Result<O::Answer, CallError> {
        self.call_within(operation, self.line.client.usual_time()).await
    }

    /// The same with a time of its own.
    pub(super) async fn call_within<O: Operation>(
        &self,
        operation: &O,
        within: Duration,
    ) -> Result<O::Answer, CallError> {
        operation
            .check()
            .map_err(|error| CallError::ours(Failure::BadParameter, error.to_string()))?;
        let body = operation.request(self.device().as_ref());
        let answered = self.exchange(operation.operator(), body, within).await?;
        answer_of(operation, &answered.body).map_err(|refusal| refused(&refusal, answered.status))
    }

    /// Makes any call; the answer as it came, whatever it says.
    pub(super) async fn any(
        &self,
        operator: &str,
        body: &Body,
        within: Duration,
    ) -> Result<Answered, CallError> {
        self.exchange(operator, body.to_bytes(), within).await
    }

    async fn exchange(&self, operator: &str, body: Vec<u8>, within: Duration) -> Result<Answered, CallError> {
        let call = Call {
            method: Method::Post,
            target: format!("/action/{operator}"),
            content_type: Some(JSON),
            body,
        };
        let header = self.with(|spoken| spoken.user.header());
        let headers = [(AUTHORIZATION, header)];
        let answered = self.line.client.call_within(&call, &headers, within).await;
        if DESTROYS.iter().any(|name| name.eq_ignore_ascii_case(operator)) {
            self.with(|spoken| spoken.removals = spoken.removals.saturating_add(1));
        }
        let answered = answered?;
        if answered.status == UNAUTHORIZED {
            return Err(CallError::ours(
                Failure::Auth,
                "the device does not know the user or the password",
            ));
        }
        Ok(answered)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Spoken) -> T) -> T {
        work(&mut self.spoken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The document's own form of an answer, for whoever asked for it as it came; a text that is none is kept as such.
pub(super) fn as_it_came(answered: &Answered) -> Value {
    match Body::parse(&answered.body) {
        Ok(body) => body.to_value(),
        Err(_) => Value::String(String::from_utf8_lossy(&answered.body).into_owned()),
    }
}

/// What a refusal means (MODEL section 7).
pub(super) fn refused(refusal: &Refusal, status: u16) -> CallError {
    let is_silent = matches!(refusal, Refusal::Body(BodyError::Empty));
    let failure = match status {
        NOT_FOUND => Failure::Unsupported,
        _ => failure_of(refusal.class()),
    };
    let text = match refusal {
        Refusal::Failed { detail, .. } => detail.clone(),
        Refusal::Authentication(detail) => detail.clone(),
        _ if is_silent => format!("HTTP {status}: the device said nothing"),
        other => format!("HTTP {status}: {other}"),
    };
    CallError {
        failure,
        code: refusal.code(),
        text,
        wait: None,
    }
}

/// What a class of the dialect's failures is in the model's terms.
pub(super) fn failure_of(class: FailureClass) -> Failure {
    match class {
        FailureClass::Authentication => Failure::Auth,
        FailureClass::Unsupported => Failure::Unsupported,
        FailureClass::BadParameter => Failure::BadParameter,
        FailureClass::Exists => Failure::Exists,
        FailureClass::PhotoRejected => Failure::PhotoRejected,
        FailureClass::Download => Failure::Download,
        FailureClass::Internal => Failure::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::facegate::AddPerson;
    use dialects::facegate::operation::Done;

    fn failure(answer: &str, status: u16) -> CallError {
        let answered: Result<Done, Refusal> = answer_of(&AddPerson::default(), answer.as_bytes());
        refused(&answered.unwrap_err(), status)
    }

    #[test]
    fn refusals_have_their_classes_and_the_devices_words() {
        let no_face =
            r#"{"operator":"AddPerson","code":473,"info":{"Result":"Fail","Detail":"Face Undetected"}}"#;
        let error = failure(no_face, 200);
        assert_eq!(error.failure, Failure::PhotoRejected);
        assert_eq!(error.to_string(), "473: Face Undetected");
        let unknown = r#"{"operator":"AddPerson","info":{"Result":"FAIL","Detail":"Unkonw operator"}}"#;
        assert_eq!(failure(unknown, 200).failure, Failure::Unsupported);
        let nobody =
            r#"{"operator":"authentication","info":{"Result":"Fail","Detail":"Unknown user or password"}}"#;
        assert_eq!(failure(nobody, 200).failure, Failure::Auth);
        assert_eq!(failure("<html>", 404).failure, Failure::Unsupported);
        assert_eq!(failure("", 500).to_string(), "HTTP 500: the device said nothing");
    }
}
