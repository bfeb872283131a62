//! What happens on a connection.

use crate::qyzn::decoder::DecoderError;
use crate::qyzn::envelope::{EnvelopeError, RequestBody, ResponseBody};
use crate::qyzn::frame::{PacketKind, Version};

/// A request of the peer that awaits its answer: hand it back to [`Exchange::answer`](super::Exchange::answer).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticket {
    pub(super) sequence: u32,
    pub(super) fingerprint: u64,
    pub(super) version: Version,
}

impl Ticket {
    /// The request's sequence number.
    #[must_use]
    pub fn sequence(&self) -> u32 {
        self.sequence
    }
}

/// Why a connection is to be closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The bytes are no frames.
    #[error(transparent)]
    Stream(#[from] DecoderError),
    /// Nothing came for [`Settings::silence`](super::Settings::silence), or to a device for three heartbeats.
    #[error("nothing came for too long")]
    Silent,
    /// A frame was not complete after [`Settings::frame_time`](super::Settings::frame_time).
    #[error("a frame was begun and not ended")]
    HalfFrame,
    /// A request was never answered.
    #[error("{message} was never answered")]
    NoAnswer {
        /// The operation's wire name.
        message: String,
    },
}

/// What happened on a connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The peer asks something; answer it.
    Request {
        /// To be handed back with the answer.
        ticket: Ticket,
        /// What is asked.
        body: RequestBody,
        /// The header's timestamp, Unix seconds by the peer's clock.
        timestamp: u32,
    },
    /// The peer tells something and wants no answer.
    Notification(RequestBody),
    /// An own request was answered.
    Answer {
        /// The request's sequence number, as [`Exchange::request`](super::Exchange::request) gave it.
        sequence: u32,
        /// The request's wire name.
        message: String,
        /// The answer.
        body: ResponseBody,
    },
    /// An answer to nothing that was asked, or that was answered before; ignored.
    UnknownAnswer {
        /// Its sequence number.
        sequence: u32,
    },
    /// A request came again; it is not to be started again.
    Repeated {
        /// Its sequence number.
        sequence: u32,
        /// Whether the stored answer went out again; otherwise the request is still running.
        answered: bool,
    },
    /// A body that is no envelope; a request was answered with code 104.
    Malformed {
        /// The packet type.
        kind: PacketKind,
        /// The sequence number.
        sequence: u32,
        /// What is wrong.
        error: EnvelopeError,
    },
    /// Too many requests at a time; this one was answered with code 109.
    Overrun {
        /// The operation's wire name.
        message: String,
    },
    /// The peer is alive.
    Heartbeat,
    /// A packet type that the document does not have; ignored.
    UnknownKind(u8),
    /// An own request has no answer after all resends.
    GaveUp {
        /// Its sequence number.
        sequence: u32,
        /// Its wire name.
        message: String,
    },
    /// Close the connection. Nothing follows.
    Close(CloseReason),
}

/// Why a request cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The peer does not speak the version that the operation needs.
    #[error("{message} needs protocol version {needs}, the peer speaks {speaks}", needs = needs.0, speaks = speaks.0)]
    Version {
        /// The wire name.
        message: String,
        /// What it needs.
        needs: Version,
        /// What the peer speaks.
        speaks: Version,
    },
    /// Too many requests wait for answers.
    #[error("{0} requests wait for answers already")]
    Busy(usize),
    /// The connection is to be closed.
    #[error("the connection is closing")]
    Closing,
}
