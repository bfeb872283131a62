//! One connection's requests and answers, for both sides, as pure state: no sockets, no clock.
//!
//! Each side counts its own requests (QUIRKS T16). A request without an answer is sent again, the same bytes with the
//! same sequence number, three times (3.2 item 5). A request that arrives again is not started again: while it runs
//! it is ignored, once answered it gets the same answer (T14, T60). A device beats, a platform answers beats and
//! notices silence (T13).

mod asked;
mod event;
mod sent;
mod settings;

use super::code::Code;
use super::envelope::{EnvelopeError, RequestBody, ResponseBody};
use super::frame::{Frame, Header, PacketKind, Version, encode};
use super::operation::Operation;
use asked::{Asked, Seen};
use bytes::Bytes;
use sent::Sent;
use std::collections::VecDeque;
use std::time::Duration;

pub use event::{CloseReason, Event, RequestError, Ticket};
pub use settings::{Moment, Role, Settings};

/// A device takes a platform that answers heartbeats for gone after so many that nothing followed (T13).
const MISSED_BEATS: u32 = 3;

/// The state of one connection. Feed it frames and ticks; take events and bytes to write out of it.
#[derive(Debug)]
pub struct Exchange {
    settings: Settings,
    sent: Sent,
    asked: Asked,
    events: VecDeque<Event>,
    output: VecDeque<Bytes>,
    highest_version: Option<Version>,
    peer_limit: Option<Version>,
    last_received: Duration,
    last_beat: Duration,
    /// A platform answered a heartbeat; not all do (T13).
    beats_back: bool,
    closing: bool,
}

impl Exchange {
    /// A new connection's state. `first_sequence` is to be random (1.2).
    #[must_use]
    pub fn new(settings: Settings, first_sequence: u32, now: Moment) -> Self {
        Self {
            sent: Sent::new(first_sequence),
            asked: Asked::default(),
            settings,
            events: VecDeque::new(),
            output: VecDeque::new(),
            highest_version: None,
            peer_limit: None,
            last_received: now.elapsed,
            last_beat: now.elapsed,
            beats_back: false,
            closing: false,
        }
    }

    /// The connection's settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes the device's heartbeat period.
    pub fn set_heartbeat(&mut self, period: Duration) {
        self.settings.heartbeat = period;
    }

    /// The highest version in the peer's headers. It tells what the peer has sent, not what it understands: a device
    /// whose own messages all need version 2 may well take those of version 3 (QUIRKS T1).
    #[must_use]
    pub fn highest_version(&self) -> Option<Version> {
        self.highest_version
    }

    /// Declares what the peer speaks, where that is known: what needs more is then refused.
    pub fn set_peer_limit(&mut self, version: Option<Version>) {
        self.peer_limit = version;
    }

    /// The next thing that happened.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next bytes to write; each piece is a whole frame and goes out in one write.
    pub fn take_output(&mut self) -> Option<Bytes> {
        self.output.pop_front()
    }

    /// Sends an operation's request; gives its sequence number, which its answer will carry.
    ///
    /// # Errors
    /// [`RequestError`] where it cannot be sent now, or never to this peer.
    pub fn request<O: Operation>(&mut self, operation: &O, now: Moment) -> Result<u32, RequestError> {
        let body = RequestBody {
            message: O::NAME.to_owned(),
            data: operation.data(),
        };
        self.request_raw(&body, O::SINCE, now)
    }

    /// Sends a request as it stands, for messages and spellings that are no [`Operation`].
    ///
    /// # Errors
    /// [`RequestError`] where it cannot be sent now, or never to this peer.
    pub fn request_raw(
        &mut self,
        body: &RequestBody,
        needs: Version,
        now: Moment,
    ) -> Result<u32, RequestError> {
        if self.closing {
            return Err(RequestError::Closing);
        }
        if let Some(speaks) = self.peer_limit.filter(|speaks| *speaks < needs) {
            return Err(RequestError::Version {
                message: body.message.clone(),
                needs,
                speaks,
            });
        }
        if self.sent.len() >= self.settings.outstanding {
            return Err(RequestError::Busy(self.sent.len()));
        }
        let sequence = self.sent.next_sequence();
        let header = Header::new(needs, PacketKind::Request, now.unix_seconds, sequence);
        let bytes = encode(header, &body.encode());
        self.sent.add(
            sequence,
            &body.message,
            bytes.clone(),
            now.elapsed,
            &self.settings,
        );
        self.output.push_back(bytes);
        Ok(sequence)
    }

    /// Tells the peer something and wants no answer.
    pub fn notify(&mut self, body: &RequestBody, version: Version, now: Moment) {
        let sequence = self.sent.next_sequence();
        let header = Header::new(version, PacketKind::Notification, now.unix_seconds, sequence);
        self.output.push_back(encode(header, &body.encode()));
    }

    /// Answers a request of the peer, with the version and sequence number of the request.
    pub fn answer(&mut self, ticket: &Ticket, body: &ResponseBody, now: Moment) {
        let header = Header::new(
            ticket.version,
            PacketKind::Response,
            now.unix_seconds,
            ticket.sequence,
        );
        let bytes = encode(header, &body.encode());
        self.asked
            .answered(ticket, bytes.clone(), now.elapsed, &self.settings);
        self.output.push_back(bytes);
    }

    /// Takes a frame of the peer.
    pub fn receive(&mut self, frame: Frame, now: Moment) {
        if self.closing {
            return;
        }
        self.last_received = now.elapsed;
        let header = frame.header;
        self.highest_version = self.highest_version.max(Some(header.version));
        match header.kind {
            PacketKind::Heartbeat => self.heartbeat(header, now),
            PacketKind::Request => self.asked(&frame, now),
            PacketKind::Notification => match RequestBody::parse(&frame.body) {
                Ok(body) => self.events.push_back(Event::Notification(body)),
                Err(error) => self.malformed(header, error),
            },
            PacketKind::Response => self.response(&frame),
            PacketKind::Other(kind) => self.events.push_back(Event::UnknownKind(kind)),
        }
    }

    /// Counts bytes of a frame that is not complete as a sign of life.
    pub fn note_bytes(&mut self, now: Moment) {
        self.last_received = self.last_received.max(now.elapsed);
    }

    /// Does what time demands: resends, beats, gives up, notices silence.
    pub fn tick(&mut self, now: Moment) {
        if self.closing {
            return;
        }
        for (sequence, message) in self.sent.resend(now.elapsed, &self.settings, &mut self.output) {
            self.events.push_back(Event::GaveUp {
                sequence,
                message: message.clone(),
            });
            self.close(CloseReason::NoAnswer { message });
        }
        self.asked.forget(now.elapsed);
        if self.silent_at().is_some_and(|at| now.elapsed >= at) {
            self.close(CloseReason::Silent);
        } else if self.beat_at().is_some_and(|at| now.elapsed >= at) {
            self.last_beat = now.elapsed;
            self.beat(Version::V2, now);
        }
    }

    /// When the peer has been silent for too long; never, where a platform may be silent by nature.
    fn silent_at(&self) -> Option<Duration> {
        match self.settings.role {
            Role::Platform => Some(self.last_received + self.settings.silence),
            Role::Device => self
                .beats_back
                .then(|| self.last_received + self.settings.heartbeat * MISSED_BEATS),
        }
    }

    fn beat_at(&self) -> Option<Duration> {
        (self.settings.role == Role::Device).then(|| self.last_beat + self.settings.heartbeat)
    }

    /// When [`Self::tick`] is due next, by the clock of [`Moment::elapsed`].
    #[must_use]
    pub fn next_tick(&self) -> Duration {
        let due = [self.beat_at(), self.silent_at(), self.sent.next_due()];
        let first = due.into_iter().flatten().min();
        first.unwrap_or(self.last_received + self.settings.silence)
    }

    /// Ends the connection: nothing is taken or sent any more.
    pub fn close(&mut self, reason: CloseReason) {
        if !self.closing {
            self.closing = true;
            self.events.push_back(Event::Close(reason));
        }
    }

    /// Own requests that wait for an answer.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.sent.len()
    }

    fn beat(&mut self, version: Version, now: Moment) {
        self.output.push_back(encode(
            Header::new(version, PacketKind::Heartbeat, now.unix_seconds, 0),
            &[],
        ));
    }

    fn heartbeat(&mut self, header: Header, now: Moment) {
        self.events.push_back(Event::Heartbeat);
        // A device never answers: two answering sides would beat for ever.
        match self.settings.role {
            Role::Platform => self.beat(header.version, now),
            Role::Device => self.beats_back = true,
        }
    }

    fn asked(&mut self, frame: &Frame, now: Moment) {
        let header = frame.header;
        let ticket = Ticket {
            sequence: header.sequence,
            fingerprint: asked::fingerprint(&frame.body),
            version: header.version,
        };
        let answered = match self.asked.seen(&ticket) {
            Seen::Never => return self.asked_first(frame, ticket, now),
            Seen::Running => None,
            Seen::Answered(bytes) => Some(bytes),
        };
        self.events.push_back(Event::Repeated {
            sequence: header.sequence,
            answered: answered.is_some(),
        });
        self.output.extend(answered);
    }

    fn asked_first(&mut self, frame: &Frame, ticket: Ticket, now: Moment) {
        let header = frame.header;
        match RequestBody::parse(&frame.body) {
            Err(error) => {
                let reason = ResponseBody::refusal(Code::InvalidParameter, error.to_string());
                self.answer(&ticket, &reason, now);
                self.malformed(header, error);
            }
            Ok(body) if self.asked.running() >= self.settings.running => {
                let busy = ResponseBody::busy(self.settings.busy_seconds);
                let kind = PacketKind::Response;
                let answer = Header::new(header.version, kind, now.unix_seconds, header.sequence);
                // Not stored: the peer is to ask again, and may then be served.
                self.output.push_back(encode(answer, &busy.encode()));
                self.events.push_back(Event::Overrun {
                    message: body.message,
                });
            }
            Ok(body) => {
                self.asked.started(&ticket);
                let timestamp = header.timestamp;
                self.events.push_back(Event::Request {
                    ticket,
                    body,
                    timestamp,
                });
            }
        }
    }

    fn response(&mut self, frame: &Frame) {
        let sequence = frame.header.sequence;
        // Some platforms answer a beat with an empty response (QUIRKS T13).
        if crate::lenient::trim_padding(&frame.body).is_empty() {
            self.events.push_back(Event::Heartbeat);
            return;
        }
        let body = match ResponseBody::parse(&frame.body) {
            Ok(body) => body,
            Err(error) => return self.malformed(frame.header, error),
        };
        match self.sent.answered(sequence) {
            Some(message) => self.events.push_back(Event::Answer {
                sequence,
                message,
                body,
            }),
            None => self.events.push_back(Event::UnknownAnswer { sequence }),
        }
    }

    fn malformed(&mut self, header: Header, error: EnvelopeError) {
        self.events.push_back(Event::Malformed {
            kind: header.kind,
            sequence: header.sequence,
            error,
        });
    }
}
