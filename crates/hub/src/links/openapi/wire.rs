//! Signed calls on the line to one terminal (4), and its clock: what is signed is the time, so a clock that is off refuses
//! every call but the one that sets it (QUIRKS O2, O27).

use crate::links::dialled::{Answered, Line};
use crate::links::{CallError, Failure};
use dialects::http::Call;
use dialects::openapi::operation::{Operation, call, named};
use dialects::openapi::reply::Refusal;
use dialects::openapi::sign::Stamps;
use dialects::openapi::{Code, Reply, SyncTime};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicI64, Ordering};

/// The line to a terminal.
pub(super) struct Wire {
    pub(super) line: Line,
    password: String,
    /// Its clock minus ours where it does not let us set it, in milliseconds.
    offset_ms: AtomicI64,
    stamps: Stamps,
}

impl Wire {
    pub(super) fn new(line: Line, password: String) -> Self {
        Self {
            line,
            password,
            offset_ms: AtomicI64::new(0),
            stamps: Stamps::default(),
        }
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// What its clock says now, in milliseconds, as far as is known.
    pub(super) fn now_there_ms(&self) -> i64 {
        let now_ms = Timestamp::now().as_millisecond();
        now_ms.saturating_add(self.offset_ms.load(Ordering::Relaxed))
    }

    /// What the next call is signed with: the time by its clock, which no other call of this line has.
    pub(super) fn stamp(&self) -> i64 {
        let own_ms = self.stamps.next(Timestamp::now().as_millisecond());
        own_ms.saturating_add(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Makes a call; what the terminal gives back.
    pub(super) async fn call<O: Operation + Sync>(&self, operation: &O) -> Result<O::Answer, CallError> {
        let sign = |at_ms: i64| call(operation, at_ms, &self.password);
        let reply = self.exchange(&sign).await?;
        reply.answer::<O>().map_err(refused)
    }

    /// Makes a call by its path; the answer as it came, if it says that all is well.
    pub(super) async fn any(&self, path: &str, parameters: &Map<String, Value>) -> Result<Reply, CallError> {
        let sign = |at_ms: i64| named(path, parameters.clone(), at_ms, &self.password);
        let reply = self.exchange(&sign).await?;
        match reply.code {
            Code::Success => Ok(reply),
            code => Err(of_code(code, &reply.message, &reply.desc)),
        }
    }

    /// Sets its clock to ours.
    pub(super) async fn set_clock(&self) -> Result<(), CallError> {
        let asked = Timestamp::now();
        let set_ms = self.stamps.next(asked.as_millisecond());
        let set = call(&SyncTime, set_ms, &self.password);
        let (reply, _) = self.once(&set).await?;
        reply.answer::<SyncTime>().map_err(refused)?;
        self.offset_ms.store(0, Ordering::Relaxed);
        let answered = Timestamp::now();
        let ours_ms = asked.as_millisecond().midpoint(answered.as_millisecond());
        self.line.clock(ours_ms, asked, answered).await.map(|_| ())
    }

    async fn exchange(&self, sign: &(dyn Fn(i64) -> Call + Sync)) -> Result<Reply, CallError> {
        let first = sign(self.stamp());
        let (reply, answered) = self.once(&first).await?;
        if !reply.code.is_clock() {
            return Ok(reply);
        }
        self.recover(&answered).await?;
        let again = sign(self.stamp());
        let (reply, _) = self.once(&again).await?;
        Ok(reply)
    }

    /// A clock that is off is set; one that cannot be is followed, as far as its answers tell it.
    async fn recover(&self, answered: &Answered) -> Result<(), CallError> {
        self.line.clock_is_wrong().await?;
        match self.set_clock().await {
            Ok(()) => {
                tracing::info!(device = %self.line.device.device.id, "the device's clock was off and is set");
                return Ok(());
            }
            Err(error) if error.failure != Failure::Clock => return Err(error),
            Err(_) => {}
        }
        let Some(there) = date(answered) else {
            let text = "its clock is off, cannot be set and is not told";
            return Err(CallError::ours(Failure::Clock, text));
        };
        let now = Timestamp::now();
        let offset_ms = self.line.clock(there.as_millisecond(), now, now).await?;
        self.offset_ms.store(offset_ms, Ordering::Relaxed);
        Ok(())
    }

    async fn once(&self, call: &Call) -> Result<(Reply, Answered), CallError> {
        let answered = self.line.client.call(call, &[]).await?;
        let reply = Reply::parse(&answered.body).map_err(|error| {
            let text = format!("HTTP {}: the answer cannot be read: {error}", answered.status);
            CallError::ours(Failure::Internal, text)
        })?;
        Ok((reply, answered))
    }
}

/// The time by the header of an answer.
fn date(answered: &Answered) -> Option<Timestamp> {
    let text = answered.headers.get(hyper::header::DATE)?.to_str().ok()?;
    rfc2822::parse(text).ok().map(|at| at.timestamp())
}

fn refused(refusal: Refusal) -> CallError {
    match refusal {
        Refusal::Code { code, message, desc } => of_code(code, &message, &desc),
        Refusal::Malformed(error) => {
            let text = format!("the answer cannot be read: {error}");
            CallError::ours(Failure::Internal, text)
        }
    }
}

/// What a terminal's code means (MODEL section 7).
fn of_code(code: Code, message: &str, desc: &str) -> CallError {
    let failure = match code {
        Code::NoPassword | Code::PasswordExpired | Code::AddressRefused | Code::WrongSignature => {
            Failure::Auth
        }
        Code::RequestExpired | Code::IllegalTimestamp => Failure::Clock,
        Code::UnknownUser | Code::NothingFound => Failure::NotFound,
        Code::UserMismatch | Code::InvalidParameter | Code::MissingParameter => Failure::BadParameter,
        Code::NoFace | Code::NotAPicture => Failure::PhotoRejected,
        Code::NotSupported | Code::MethodNotAllowed => Failure::Unsupported,
        Code::Full => Failure::Full,
        Code::Success | Code::InternalError | Code::BatchError | Code::Unknown | Code::Other(_) => {
            Failure::Internal
        }
    };
    let words: Vec<&str> = [message.trim(), desc.trim()]
        .into_iter()
        .filter(|words| !words.is_empty())
        .collect();
    CallError {
        failure,
        code: Some(code.number()),
        text: match words.as_slice() {
            [] => code.text().to_owned(),
            words => words.join(", "),
        },
        wait: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_classes() {
        let class = |number: i64| of_code(Code::from(number), "", "").failure;
        assert_eq!(class(10005), Failure::Auth);
        assert_eq!(class(10003), Failure::Clock);
        assert_eq!(class(50001), Failure::Clock);
        assert_eq!(class(20001), Failure::NotFound);
        assert_eq!(class(30002), Failure::PhotoRejected);
        assert_eq!(class(40001), Failure::Unsupported);
        assert_eq!(class(50009), Failure::Full);
        assert_eq!(class(4711), Failure::Internal);
        assert_eq!(of_code(Code::Full, "", "").to_string(), "50009: Database Full");
        assert_eq!(of_code(Code::Full, "full", "500").to_string(), "50009: full, 500");
    }
}
