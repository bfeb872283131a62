//! `[limits]`: what is taken on at most.

use super::{ConfigError, value};
use serde::{Deserialize, Serialize};

/// `[limits]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Bytes of one camera frame.
    pub frame_bytes: usize,
    /// Frames in work or waiting.
    pub frames_waiting: usize,
    /// Open event streams.
    pub event_streams: usize,
    /// Bytes of a body of `/api/credentials` (a document may carry a photo), `/api/sensors` and `/api/calls`.
    pub credential_bytes: usize,
    /// Bytes of one message of a dialect.
    pub message_bytes: usize,
    /// Photos that a person may have.
    pub photos_per_person: usize,
    /// Milliseconds that a platform may take to decide.
    pub decision_wait_ms: u64,
    /// Connections at a time on each listener of a dialect.
    pub connections: usize,
    /// Seconds that the headers of a request may take, and its body.
    pub header_seconds: u64,
    /// Seconds that a platform may take to answer what is posted to it, or to hand out a picture.
    pub push_seconds: u64,
    /// Bytes of a picture that is fetched from a platform.
    pub picture_bytes: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            frame_bytes: 8 << 20,
            frames_waiting: 8,
            event_streams: 32,
            credential_bytes: 4 << 20,
            message_bytes: 16 << 20,
            photos_per_person: 3,
            decision_wait_ms: 3000,
            connections: 64,
            header_seconds: 10,
            push_seconds: 10,
            picture_bytes: 8 << 20,
        }
    }
}

impl LimitsConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let least = [
            ("frames_waiting", self.frames_waiting > 0),
            ("photos_per_person", self.photos_per_person > 0),
            ("connections", self.connections > 0),
            ("header_seconds", self.header_seconds > 0),
            ("push_seconds", self.push_seconds > 0),
            ("picture_bytes", self.picture_bytes > 0),
        ];
        match least.iter().find(|(_, is_set)| !is_set) {
            Some((key, _)) => Err(value("limits", format!("{key} is at least 1"))),
            None => Ok(()),
        }
    }
}
