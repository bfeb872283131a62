//! The terminal's clock, by which calls are signed (4.2). It is told by the header of an answer alone.

use crate::links::dialled::Answered;
use dialects::openapi::sign::{Stamps, WINDOW_MS};
use hyper::header::DATE;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// What a header's whole seconds and the way of the answer blur.
const BLUR_MS: i64 = 2000;

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// What it says minus what ours does, milliseconds.
    offset_ms: i64,
    stamps: Stamps,
    /// Whether the offset is what the terminal says, and not only near enough for its signatures.
    pub(super) is_told: bool,
}

impl Clock {
    /// What it says now, milliseconds since 1970; each call is signed with a time of its own.
    pub(super) fn now_there_ms(&self) -> i64 {
        let own_ms = self.stamps.next(Timestamp::now().as_millisecond());
        own_ms.saturating_add(self.offset_ms)
    }

    /// Reads the header of an answer; `is_off` says that the terminal found our time too far from its own. A header that
    /// contradicts that is of no use: then some other clock is in it.
    pub(super) fn read(&mut self, answered: &Answered, is_off: bool) {
        let text = answered.headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = text.and_then(|text| rfc2822::parse(text).ok());
        let Some(date) = date else { return };
        let now_ms = Timestamp::now().as_millisecond();
        let apart_ms = date.timestamp().as_millisecond().saturating_sub(now_ms);
        if is_off != (apart_ms.abs() > WINDOW_MS) {
            return;
        }
        self.is_told = true;
        self.offset_ms = if apart_ms.abs() > BLUR_MS { apart_ms } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderMap, HeaderValue};

    fn clock(apart_ms: i64, is_off: bool) -> (bool, i64) {
        let at = Timestamp::from_millisecond(Timestamp::now().as_millisecond() + apart_ms).unwrap();
        let date = rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&at)
            .unwrap();
        let answered = Answered {
            status: 200,
            headers: HeaderMap::from_iter([(DATE, HeaderValue::from_str(&date).unwrap())]),
            body: Default::default(),
        };
        let mut clock = Clock::default();
        clock.read(&answered, is_off);
        (clock.is_told, (clock.offset_ms + 30_000) / 60_000)
    }

    #[test]
    fn a_header_counts_where_it_agrees_with_what_the_terminal_says() {
        assert_eq!(clock(0, false), (true, 0));
        assert_eq!(clock(120_000, false), (true, 2));
        assert_eq!(clock(3_600_000, true), (true, 60));
        assert_eq!(clock(3_600_000, false), (false, 0));
        assert_eq!(clock(0, true), (false, 0));
    }
}
