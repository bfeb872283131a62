//! One socket: bytes to the dialect's state machine and back, what a device asks to [`session`](super::session), what
//! the hub asks from [`calls`](super::calls).
//!
//! A device's requests are carried out one after the other, in its order, while heartbeats and the hub's own calls go
//! on beside. An idle connection holds no buffers.

use super::calls::{Call, QyznLink};
use super::session::{After, Handled, Session};
use crate::links::{CallError, Failure};
use crate::presence;
use crate::state::Hub;
use bytes::Bytes;
use dialects::qyzn::exchange::{CloseReason, RequestError};
use dialects::qyzn::{Connection, Event, Moment, RequestBody, ResponseBody, Role, Settings, Version};
use futures_util::future::{BoxFuture, OptionFuture};
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;

/// Who does not sign in within this is closed.
const SIGN_IN_WITHIN: Duration = Duration::from_secs(30);
/// A peer that takes no bytes for so long is closed.
const WRITE_WITHIN: Duration = Duration::from_secs(60);
/// Requests of a device that wait their turn; more are answered with "busy".
const REQUESTS_WAITING: usize = 8;
/// Bytes of answers kept for requests that arrive again.
const KEPT_ANSWER_BYTES: usize = 64 * 1024;
/// Bytes read at a time, on the stack of whoever reads.
const READ_BYTES: usize = 16 * 1024;
/// Bytes of a frame under way that a connection may hold beside the common budget.
const FREE_FRAME_BYTES: usize = 128 * 1024;
/// Bytes of a frame under way that a connection may hold before it signed in.
const STRANGER_FRAME_BYTES: usize = 64 * 1024;
/// How soon to look again for room in the common budget.
const ROOM_RETRY: Duration = Duration::from_millis(100);

/// Serves a connection until it ends.
pub(super) async fn run(hub: Arc<Hub>, stream: TcpStream, peer: SocketAddr) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "no TCP_NODELAY");
    }
    let mut serving = Serving::new(hub, stream, peer);
    let why = serving.serve().await;
    tracing::debug!(%peer, device = ?serving.session.device_id(), why, "a terminal's connection ended");
    metrics::counter!("menshen_link_closed_total", "dialect" => super::NAME).increment(1);
    serving.end().await;
}

struct Serving {
    hub: Arc<Hub>,
    stream: TcpStream,
    connection: Connection,
    begun: Instant,
    session: Session,
    calls: mpsc::Receiver<Box<Call>>,
    /// Our requests under way, by sequence number.
    asked: HashMap<u32, oneshot::Sender<Result<ResponseBody, CallError>>>,
    /// The device's requests that wait their turn.
    waiting: VecDeque<(dialects::qyzn::exchange::Ticket, RequestBody, u32)>,
    handling: Option<BoxFuture<'static, Handled>>,
    output: VecDeque<Bytes>,
    written_at: Instant,
    /// Room in the common budget for a large frame under way.
    room: Option<OwnedSemaphorePermit>,
    starved: bool,
    closing: Option<String>,
}

impl Serving {
    fn new(hub: Arc<Hub>, stream: TcpStream, peer: SocketAddr) -> Self {
        let settings = Settings {
            running: REQUESTS_WAITING,
            kept_answer_bytes: KEPT_ANSWER_BYTES,
            body_limit: hub.config.limits.qyzn_frame_kb.saturating_mul(1024),
            ..Settings::new(Role::Platform)
        };
        let begun = Instant::now();
        let connection = Connection::new(settings, rand::random(), moment(begun));
        let (link, calls) = QyznLink::new(Arc::clone(&hub));
        Self {
            session: Session::new(Arc::clone(&hub), peer, link),
            hub,
            stream,
            connection,
            begun,
            calls,
            asked: HashMap::new(),
            waiting: VecDeque::new(),
            handling: None,
            output: VecDeque::new(),
            written_at: begun,
            room: None,
            starved: false,
            closing: None,
        }
    }

    /// Serves; says why it ended.
    async fn serve(&mut self) -> String {
        let link = self.session.link();
        loop {
            self.settle();
            if self.output.is_empty()
                && let Some(why) = self.closing.take()
            {
                return why;
            }
            let tick = self.next_tick();
            tokio::select! {
                biased;
                () = self.hub.shutdown.cancelled() => return "the hub stops".to_owned(),
                () = link.closed() => return "closed by the hub".to_owned(),
                ready = self.stream.writable(), if !self.output.is_empty() => {
                    if let Err(error) = ready.and_then(|()| self.write()) {
                        return error.to_string();
                    }
                }
                Some(handled) = OptionFuture::from(self.handling.as_mut()) => {
                    self.handling = None;
                    self.handled(handled);
                }
                Some(call) = self.calls.recv() => self.call(*call),
                ready = self.stream.readable(), if self.may_read() => {
                    match ready.and_then(|()| self.read()) {
                        Ok(true) => {}
                        Ok(false) => return "the device hung up".to_owned(),
                        Err(error) => return error.to_string(),
                    }
                }
                () = tokio::time::sleep_until(tick) => {
                    self.starved = false;
                    self.connection.tick(moment(self.begun));
                }
            }
            if let Some(why) = self.overdue() {
                return why.to_owned();
            }
        }
    }

    /// Moves events and bytes out of the state machine, and starts the next request.
    fn settle(&mut self) {
        while let Some(event) = self.connection.exchange().next_event() {
            self.event(event);
        }
        if self.handling.is_none()
            && self.closing.is_none()
            && let Some((ticket, body, timestamp)) = self.waiting.pop_front()
        {
            self.handling = Some(self.session.handle(ticket, body, timestamp));
        }
        if self.output.is_empty() {
            self.written_at = Instant::now();
        }
        while let Some(bytes) = self.connection.exchange().take_output() {
            self.output.push_back(bytes);
        }
    }

    fn event(&mut self, event: Event) {
        self.session.seen(Timestamp::now());
        match event {
            Event::Request {
                ticket,
                body,
                timestamp,
            } => self.waiting.push_back((ticket, body, timestamp)),
            Event::Answer { sequence, body, .. } => {
                if let Some(reply) = self.asked.remove(&sequence) {
                    // Whoever asked may have stopped waiting.
                    let _ = reply.send(Ok(body));
                }
            }
            Event::GaveUp { sequence, message } => {
                if let Some(reply) = self.asked.remove(&sequence) {
                    let text = format!("{message} was not answered, sent four times");
                    let _ = reply.send(Err(CallError::ours(Failure::Timeout, text)));
                }
            }
            Event::Notification(body) => {
                if body.message.eq_ignore_ascii_case("logout") {
                    self.closing = Some("the device logged out".to_owned());
                }
            }
            Event::Malformed { error, .. } => {
                tracing::debug!(device = ?self.session.device_id(), %error, "a body that is no envelope");
                metrics::counter!("menshen_link_malformed_total", "dialect" => super::NAME).increment(1);
            }
            Event::Close(reason) => self.close(&reason),
            Event::Heartbeat
            | Event::UnknownAnswer { .. }
            | Event::Repeated { .. }
            | Event::Overrun { .. }
            | Event::UnknownKind(_) => {}
        }
    }

    fn close(&mut self, reason: &CloseReason) {
        if let CloseReason::Stream(error) = reason {
            tracing::info!(peer = %self.session.peer(), %error, "a stream that cannot be read");
        }
        // Nothing is owed to a stream that is lost.
        self.output.clear();
        self.closing = Some(reason.to_string());
    }

    fn handled(&mut self, handled: Handled) {
        let now = moment(self.begun);
        self.connection
            .exchange()
            .answer(&handled.ticket, &handled.answer, now);
        match handled.after {
            After::Nothing => {}
            After::Registered(identity) => self.session.registered(identity),
            After::SignedIn(device) => {
                let limit = device.protocol_limit.map(Version);
                self.connection.exchange().set_peer_limit(limit);
                self.session.signed_in(&device);
            }
            After::Close(why) => self.closing = Some(why.to_owned()),
        }
    }

    /// Sends a request of the hub.
    fn call(&mut self, call: Call) {
        match self
            .connection
            .exchange()
            .request_raw(&call.body, call.needs, moment(self.begun))
        {
            Ok(sequence) => {
                self.asked.insert(sequence, call.reply);
            }
            Err(error) => {
                let error = match error {
                    RequestError::Closing => CallError::disconnected(),
                    RequestError::Busy(_) => CallError::ours(Failure::Busy, error.to_string()),
                    RequestError::Version { .. } => CallError::ours(Failure::Unsupported, error.to_string()),
                };
                let _ = call.reply.send(Err(error));
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        while let Some(bytes) = self.output.front_mut() {
            match self.stream.try_write(bytes) {
                Ok(written) => {
                    self.written_at = Instant::now();
                    let _ = bytes.split_to(written);
                    if bytes.is_empty() {
                        self.output.pop_front();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.output.shrink_to_fit();
        Ok(())
    }

    /// Reads what is there; `false` at the end of the stream.
    fn read(&mut self) -> io::Result<bool> {
        let mut buffer = [0_u8; READ_BYTES];
        match self.stream.try_read(&mut buffer) {
            Ok(0) => Ok(false),
            Ok(count) => {
                let before = self.connection.pending_bytes();
                self.connection
                    .push(buffer.get(..count).unwrap_or_default(), moment(self.begun));
                if before > 0 || self.connection.pending_bytes() > 0 {
                    // A part of a frame: it may be a record's.
                    self.session.stir();
                }
                self.make_room();
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// While requests wait, or there is no room, the device's bytes wait in the system's buffers.
    fn may_read(&self) -> bool {
        self.closing.is_none() && !self.starved && self.waiting.len() < REQUESTS_WAITING
    }

    /// A large frame under way takes its bytes from the common budget, so that many of them at once are bounded.
    fn make_room(&mut self) {
        let pending = self.connection.pending_bytes();
        if !self.session.is_signed_in() && pending > STRANGER_FRAME_BYTES {
            self.closing = Some("too large a frame before signing in".to_owned());
            return;
        }
        if pending <= FREE_FRAME_BYTES {
            if pending == 0 {
                self.room = None;
            }
            return;
        }
        let held = self.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = pending.div_ceil(1024).saturating_sub(held);
        if wanted == 0 {
            return;
        }
        match self.hub.intake.frame_room(wanted) {
            Some(more) => match &mut self.room {
                Some(room) => room.merge(more),
                None => self.room = Some(more),
            },
            None => self.starved = true,
        }
    }

    fn next_tick(&self) -> Instant {
        let due = self.begun + self.connection.next_tick();
        let mut first = due;
        if !self.session.is_signed_in() {
            first = first.min(self.begun + SIGN_IN_WITHIN);
        }
        if !self.output.is_empty() {
            first = first.min(self.written_at + WRITE_WITHIN);
        }
        if self.starved {
            first = first.min(Instant::now() + ROOM_RETRY);
        }
        first
    }

    fn overdue(&self) -> Option<&'static str> {
        let now = Instant::now();
        if !self.session.is_signed_in() && self.handling.is_none() && now >= self.begun + SIGN_IN_WITHIN {
            return Some("nobody signed in");
        }
        (!self.output.is_empty() && now >= self.written_at + WRITE_WITHIN)
            .then_some("the device takes no bytes")
    }

    /// Ends what hangs on the connection. A record that is being committed still is; its device will ask again.
    async fn end(&mut self) {
        for (_, reply) in self.asked.drain() {
            let _ = reply.send(Err(CallError::disconnected()));
        }
        self.calls.close();
        self.session.link().ended();
        if let Some(handling) = self.handling.take() {
            handling.await;
        }
        if let Some(live) = self.session.live() {
            presence::left(&self.hub, &live).await;
        }
    }
}

/// Now, by both clocks.
fn moment(begun: Instant) -> Moment {
    Moment {
        elapsed: begun.elapsed(),
        unix_seconds: u32::try_from(Timestamp::now().as_second()).unwrap_or(0),
    }
}
