//! The times and bounds of a connection, and which side this is.

use std::time::Duration;

/// A moment, as the caller's clocks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Time since any fixed moment, by a clock that never goes back.
    pub elapsed: Duration,
    /// The wall clock, Unix seconds, for the header's timestamp.
    pub unix_seconds: u32,
}

/// Which side of the connection this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The terminal: beats.
    Device,
    /// The hub: answers beats, and drops a silent device.
    Platform,
}

/// The times and bounds of a connection.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which side this is.
    pub role: Role,
    /// A device beats this often.
    pub heartbeat: Duration,
    /// A platform drops a device that is silent for so long.
    pub silence: Duration,
    /// A request without an answer is sent again after so long.
    pub request_timeout: Duration,
    /// How many times it is sent again.
    pub resends: u32,
    /// One frame must be complete after so long.
    pub frame_time: Duration,
    /// Own requests that may wait for an answer at a time.
    pub outstanding: usize,
    /// The peer's requests that may be carried out at a time; more are answered with code 109.
    pub running: usize,
    /// Answers kept for requests that arrive again, by number.
    pub kept_answers: usize,
    /// Answers kept, in bytes; the latest is kept whatever its size.
    pub kept_answer_bytes: usize,
    /// What a peer is told to wait with code 109, in seconds.
    pub busy_seconds: u32,
    /// The largest body taken, in bytes.
    pub body_limit: usize,
}

impl Settings {
    /// The document's figures, and bounds that an honest peer never meets.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self {
            role,
            heartbeat: Duration::from_secs(25),
            silence: Duration::from_secs(75),
            request_timeout: Duration::from_secs(20),
            resends: 3,
            frame_time: Duration::from_secs(120),
            outstanding: 64,
            running: 64,
            kept_answers: 64,
            kept_answer_bytes: 1024 * 1024,
            busy_seconds: crate::qyzn::operation::DEFAULT_WAIT_SECONDS,
            body_limit: crate::qyzn::decoder::DEFAULT_BODY_LIMIT,
        }
    }
}
