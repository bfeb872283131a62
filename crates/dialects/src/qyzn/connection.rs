//! A connection as a whole: bytes in, events and bytes out. What is left for the caller is a socket and a clock.
//!
//! ```text
//! loop: select {
//!     bytes read       => connection.push(&bytes, now),
//!     next_tick passed => connection.tick(now),
//!     own work         => connection.exchange().request(..) / .answer(..),
//! }
//! while let Some(bytes) = connection.exchange().take_output() { write all of it at once }
//! while let Some(event) = connection.exchange().next_event() { .. }
//! ```

use super::decoder::Decoder;
use super::exchange::{CloseReason, Exchange, Moment, Settings};
use std::time::Duration;

/// How long a body that is cut inside its JSON may take to go on, before it is read as it is.
pub const CUT_BODY_PATIENCE: Duration = Duration::from_secs(1);

/// A decoder and an exchange.
#[derive(Debug)]
pub struct Connection {
    decoder: Decoder,
    exchange: Exchange,
    frame_since: Option<Duration>,
    last_bytes: Duration,
}

impl Connection {
    /// A new connection. `first_sequence` is to be random.
    #[must_use]
    pub fn new(settings: Settings, first_sequence: u32, now: Moment) -> Self {
        Self {
            decoder: Decoder::new(settings.body_limit),
            exchange: Exchange::new(settings, first_sequence, now),
            frame_since: None,
            last_bytes: now.elapsed,
        }
    }

    /// Requests, answers, events and bytes to write.
    pub fn exchange(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    /// How many times the stream was out of step.
    #[must_use]
    pub fn resynchronisations(&self) -> u64 {
        self.decoder.resynchronisations()
    }

    /// Bytes held for a frame that is not complete.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        self.decoder.pending_bytes()
    }

    /// Takes bytes of the peer.
    pub fn push(&mut self, bytes: &[u8], now: Moment) {
        if bytes.is_empty() {
            return;
        }
        self.last_bytes = now.elapsed;
        self.exchange.note_bytes(now);
        self.decoder.push(bytes);
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => {
                    self.frame_since = None;
                    self.exchange.receive(frame, now);
                }
                Ok(None) => break,
                Err(error) => return self.exchange.close(CloseReason::Stream(error)),
            }
        }
        match self.decoder.pending_bytes() {
            0 => self.frame_since = None,
            _ => self.frame_since = self.frame_since.or(Some(now.elapsed)),
        }
    }

    /// Does what time demands.
    pub fn tick(&mut self, now: Moment) {
        if self.decoder.awaits_rest_of_body() && now.elapsed >= self.last_bytes + CUT_BODY_PATIENCE {
            self.frame_since = None;
            if let Some(frame) = self.decoder.settle() {
                self.exchange.receive(frame, now);
            }
        }
        if self
            .frame_since
            .is_some_and(|since| now.elapsed >= since + self.exchange.settings().frame_time)
        {
            self.exchange.close(CloseReason::HalfFrame);
        }
        self.exchange.tick(now);
    }

    /// When [`Self::tick`] is due next, by the clock of [`Moment::elapsed`].
    #[must_use]
    pub fn next_tick(&self) -> Duration {
        let settle = self
            .decoder
            .awaits_rest_of_body()
            .then(|| self.last_bytes + CUT_BODY_PATIENCE);
        let half_frame = self
            .frame_since
            .map(|since| since + self.exchange.settings().frame_time);
        [settle, half_frame]
            .into_iter()
            .flatten()
            .fold(self.exchange.next_tick(), Duration::min)
    }
}
