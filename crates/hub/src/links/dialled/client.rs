//! Calls to one device: one at a time, each on a connection of its own, bounded in time and bytes. Nothing is followed
//! anywhere: no redirects, no proxies.

use super::address::HostPort;
use crate::config::HubConfig;
use crate::links::{CallError, Failure};
use bytes::Bytes;
use dialects::http::Call;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex as Lock, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_util::task::AbortOnDropHandle;

/// Header lines of an answer at most.
const HEADERS: usize = 100;

/// An answer of a device, read to its end.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The status of HTTP; some devices always say 200.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whatever its content type says.
    pub body: Bytes,
}

/// Calls one device.
#[derive(Debug)]
pub struct DeviceClient {
    address: HostPort,
    connect_within: Duration,
    answer_within: Duration,
    most_bytes: usize,
    title_case: bool,
    /// Held during each call: devices do one thing at a time.
    turn: Mutex<()>,
    /// Our address on the last connection: where the device reaches us.
    local: Lock<Option<IpAddr>>,
    /// When the last connection was made, in milliseconds.
    last_connection: AtomicI64,
    /// When the last answer came, in milliseconds.
    last_answer: AtomicI64,
}

impl DeviceClient {
    /// Calls a device at this address, within the bounds of the configuration.
    #[must_use]
    pub fn new(address: HostPort, config: &HubConfig, title_case: bool) -> Self {
        Self {
            address,
            connect_within: Duration::from_secs(config.devices.connect_seconds),
            answer_within: Duration::from_secs(config.devices.call_seconds),
            most_bytes: config.limits.answer_kb.saturating_mul(1024),
            title_case,
            turn: Mutex::new(()),
            local: Lock::default(),
            last_connection: AtomicI64::new(0),
            last_answer: AtomicI64::new(0),
        }
    }

    /// Where the device is.
    #[must_use]
    pub fn address(&self) -> &HostPort {
        &self.address
    }

    /// How long a device may take by the configuration (`devices.call_seconds`).
    #[must_use]
    pub fn usual_time(&self) -> Duration {
        self.answer_within
    }

    /// The local address that reaches the device, once it was reached.
    #[must_use]
    pub fn local_address(&self) -> Option<IpAddr> {
        *self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.turn.try_lock().is_err()
    }

    /// When the device took a connection last.
    #[must_use]
    pub fn last_connection(&self) -> Option<Timestamp> {
        instant(&self.last_connection)
    }

    /// When the device answered last.
    #[must_use]
    pub fn last_answer(&self) -> Option<Timestamp> {
        instant(&self.last_answer)
    }

    /// Makes a call and reads the answer to its end, within the usual time.
    ///
    /// # Errors
    /// As [`Self::call_within`].
    pub async fn call(&self, call: &Call, headers: &[(HeaderName, String)]) -> Result<Answered, CallError> {
        self.call_within(call, headers, self.answer_within).await
    }

    /// Makes a call and reads the answer to its end, within this time from the moment when no other call is under way.
    ///
    /// # Errors
    /// [`Failure::Disconnected`] where nobody listens or the connection breaks, [`Failure::Timeout`] where it takes too
    /// long, [`Failure::Internal`] for what is no answer or too large.
    pub async fn call_within(
        &self,
        call: &Call,
        headers: &[(HeaderName, String)],
        within: Duration,
    ) -> Result<Answered, CallError> {
        let _turn = self.turn.lock().await;
        let request = self.request(call, headers)?;
        let stream = self.connect().await?;
        let answered = tokio::time::timeout(within, self.exchange(stream, request)).await;
        let answered = answered.unwrap_or_else(|_| Err(too_slow("answer", within)))?;
        note(&self.last_answer);
        Ok(answered)
    }

    async fn connect(&self) -> Result<TcpStream, CallError> {
        let address = (self.address.host.as_str(), self.address.port);
        let connected = tokio::time::timeout(self.connect_within, TcpStream::connect(address)).await;
        let stream = connected
            .map_err(|_| too_slow("connect", self.connect_within))?
            .map_err(|error| broken("the device cannot be reached", &error))?;
        note(&self.last_connection);
        let local = stream.local_addr().ok().map(|local| local.ip().to_canonical());
        *self.local.lock().unwrap_or_else(PoisonError::into_inner) = local;
        Ok(stream)
    }

    async fn exchange(
        &self,
        stream: TcpStream,
        request: Request<Full<Bytes>>,
    ) -> Result<Answered, CallError> {
        let mut http = http1::Builder::new();
        http.title_case_headers(self.title_case)
            .max_headers(HEADERS)
            .ignore_invalid_headers_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true);
        let (mut sender, connection) = http
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| not_http(&error))?;
        let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| not_http(&error))?;
        let (head, body) = response.into_parts();
        Ok(Answered {
            status: head.status.as_u16(),
            headers: head.headers,
            body: self.whole(body).await?,
        })
    }

    async fn whole(&self, body: Incoming) -> Result<Bytes, CallError> {
        match Limited::new(body, self.most_bytes).collect().await {
            Ok(whole) => Ok(whole.to_bytes()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                let text = format!("the answer has more than {} KiB", self.most_bytes / 1024);
                Err(CallError::ours(Failure::Internal, text))
            }
            Err(error) => Err(CallError::ours(
                Failure::Disconnected,
                format!("the answer broke off: {error}"),
            )),
        }
    }

    fn request(
        &self,
        call: &Call,
        headers: &[(HeaderName, String)],
    ) -> Result<Request<Full<Bytes>>, CallError> {
        let unfit = |error: &dyn std::fmt::Display| {
            CallError::ours(
                Failure::BadParameter,
                format!("the call cannot be written: {error}"),
            )
        };
        let mut request = Request::builder()
            .method(call.method.name())
            .uri(call.target.as_str())
            .header(HOST, self.address.to_string())
            .header(CONNECTION, HeaderValue::from_static("close"));
        if let Some(content_type) = call.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let body = Full::new(Bytes::from(call.body.clone()));
        request.body(body).map_err(|error| unfit(&error))
    }
}

fn note(last: &AtomicI64) {
    last.fetch_max(Timestamp::now().as_millisecond(), Ordering::Relaxed);
}

fn instant(last: &AtomicI64) -> Option<Timestamp> {
    let at = last.load(Ordering::Relaxed);
    (at > 0).then(|| Timestamp::from_millisecond(at).ok()).flatten()
}

fn too_slow(what: &str, within: Duration) -> CallError {
    let text = format!("the device did not {what} within {} s", within.as_secs());
    CallError::ours(Failure::Timeout, text)
}

/// A host that the network cannot reach just now may be there in a moment; one that refuses is not.
fn broken(what: &str, error: &io::Error) -> CallError {
    CallError::ours(Failure::Disconnected, format!("{what}: {error}"))
}

fn not_http(error: &hyper::Error) -> CallError {
    let (failure, what) = if error.is_parse() {
        (Failure::Internal, "the answer is no HTTP")
    } else {
        (Failure::Disconnected, "the connection broke before the answer")
    };
    CallError::ours(failure, format!("{what}: {error}"))
}
