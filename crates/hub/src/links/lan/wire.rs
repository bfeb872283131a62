//! Calls of the dialect on the line to one terminal (1.2).

use crate::links::dialled::Line;
use crate::links::{CallError, Failure};
use dialects::http::Call;
use dialects::lan::operation::{Encoding, Operation, call};
use dialects::lan::reply::Refusal;
use dialects::lan::{Reply, Request, Status};
use jiff::Timestamp;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a terminal that takes a picture is left alone (QUIRKS L23).
pub(super) const BUSY_FOR: Duration = Duration::from_secs(2);

/// The line to a terminal, with what is known of how it is to be spoken to.
pub(super) struct Wire {
    pub(super) line: Line,
    spoken: Mutex<Spoken>,
}

struct Spoken {
    key: String,
    encoding: Encoding,
    /// The terminal's clock minus ours, in milliseconds, when it was looked at last.
    skew_ms: i64,
}

/// A call, and the same in JSON: a terminal that finds no parameters in a form may find them there (QUIRKS L1).
struct Written {
    first: Call,
    again: Option<Call>,
}

impl Wire {
    pub(super) fn new(line: Line, key: String) -> Self {
        Self {
            line,
            spoken: Mutex::new(Spoken {
                key,
                encoding: Encoding::default(),
                skew_ms: 0,
            }),
        }
    }

    /// The key that calls have from now on.
    pub(super) fn set_key(&self, key: String) {
        self.with(|spoken| spoken.key = key);
    }

    /// What the terminal's clock says now, in milliseconds, as it was looked at last.
    pub(super) fn now_there_ms(&self) -> i64 {
        self.there_ms(Timestamp::now())
    }

    /// What it said at a time of ours.
    pub(super) fn there_ms(&self, at: Timestamp) -> i64 {
        let skew_ms = self.with(|spoken| spoken.skew_ms);
        at.as_millisecond().saturating_add(skew_ms)
    }

    /// The clock was looked at.
    pub(super) fn set_skew(&self, skew_ms: i64) {
        self.with(|spoken| spoken.skew_ms = skew_ms);
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
        let written = self.written(|key, encoding| call(operation, key, encoding));
        let reply = self.exchange(written, within).await?;
        reply.answer::<O>().map_err(refused)
    }

    /// Makes any call; the answer as it came, if it says that all is well.
    pub(super) async fn any(&self, request: &Request, within: Duration) -> Result<Reply, CallError> {
        let written = self.written(|key, encoding| request.call(key, encoding));
        let reply = self.exchange(written, within).await?;
        match reply.status {
            Status::Success => Ok(reply),
            status => Err(of_status(status, &reply.msg)),
        }
    }

    fn written(&self, write: impl Fn(&str, Encoding) -> Call) -> Written {
        let (key, encoding) = self.with(|spoken| (spoken.key.clone(), spoken.encoding));
        let (first, in_json) = (write(&key, encoding), write(&key, Encoding::Json));
        Written {
            again: (first != in_json).then_some(in_json),
            first,
        }
    }

    async fn exchange(&self, written: Written, within: Duration) -> Result<Reply, CallError> {
        let reply = self.once(&written.first, within).await?;
        let Some(again) = written.again.filter(|_| reply.status == Status::Missing) else {
            return Ok(reply);
        };
        let again = self.once(&again, within).await?;
        if again.status != Status::Missing {
            self.with(|spoken| spoken.encoding = Encoding::Json);
        }
        Ok(again)
    }

    async fn once(&self, call: &Call, within: Duration) -> Result<Reply, CallError> {
        let answered = self.line.client.call_within(call, &[], within).await?;
        Reply::parse(&answered.body).map_err(|error| {
            let text = format!("HTTP {}: the answer cannot be read: {error}", answered.status);
            CallError::ours(Failure::Internal, text)
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Spoken) -> T) -> T {
        work(&mut self.spoken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn refused(refusal: Refusal) -> CallError {
    match refusal {
        Refusal::Status { status, msg } => of_status(status, &msg),
        Refusal::Malformed(error) => {
            let text = format!("the answer cannot be read: {error}");
            CallError::ours(Failure::Internal, text)
        }
    }
}

/// What a terminal's status means (MODEL section 7).
fn of_status(status: Status, words: &str) -> CallError {
    let failure = match status {
        Status::ClientError => Failure::Unsupported,
        Status::WrongKey => Failure::Auth,
        Status::PictureNotKept
        | Status::PictureSize
        | Status::NoFace
        | Status::PictureFormat
        | Status::NoFeatures
        | Status::PictureBroken => Failure::PhotoRejected,
        Status::Busy => Failure::Busy,
        Status::UnknownPerson => Failure::NotFound,
        Status::Full => Failure::Full,
        Status::Success
        | Status::Unknown
        | Status::ServerError
        | Status::ServerUnknown
        | Status::Other(_) => Failure::Internal,
        _ => Failure::BadParameter,
    };
    let words = words.trim();
    CallError {
        failure,
        code: Some(status.number()),
        text: if words.is_empty() { status.text() } else { words }.to_owned(),
        wait: (failure == Failure::Busy).then_some(BUSY_FOR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_their_classes() {
        let class = |number: i64| of_status(Status::from(number), "").failure;
        assert_eq!(class(103), Failure::Auth);
        assert_eq!(class(106), Failure::PhotoRejected);
        assert_eq!(class(108), Failure::BadParameter);
        assert_eq!(class(123), Failure::Busy);
        assert_eq!(class(126), Failure::NotFound);
        assert_eq!(class(128), Failure::Full);
        assert_eq!(class(100), Failure::Unsupported);
        assert_eq!(class(4711), Failure::Internal);
        assert_eq!(of_status(Status::NoFace, "").to_string(), "106: 图片找不到人脸");
        assert_eq!(of_status(Status::NoFace, " no ").to_string(), "106: no");
    }
}
