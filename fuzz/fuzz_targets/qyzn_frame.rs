//! Bytes to frames, and a whole connection on top: any bytes, cut anywhere, give the same frames or the same reason,
//! and memory stays bounded.
#![no_main]

use dialects::qyzn::decoder::SEARCH_LIMIT;
use dialects::qyzn::frame::HEADER_BYTES;
use dialects::qyzn::{Connection, Decoder, DecoderError, Event, Frame, Moment, ResponseBody, Role, Settings};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

const BODY_LIMIT: usize = 4096;

fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<DecoderError>) {
    let mut decoder = Decoder::new(BODY_LIMIT);
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
        assert!(decoder.pending_bytes() <= HEADER_BYTES + BODY_LIMIT + SEARCH_LIMIT);
    }
    (frames, None)
}

fn drive(role: Role, bytes: &[u8], piece: usize) {
    let at = |seconds: u64| Moment {
        elapsed: Duration::from_secs(seconds),
        unix_seconds: 0,
    };
    let settings = Settings {
        body_limit: BODY_LIMIT,
        running: 4,
        ..Settings::new(role)
    };
    let mut connection = Connection::new(settings, 1, at(0));
    for (second, piece) in (1..).zip(bytes.chunks(piece)) {
        connection.push(piece, at(second));
        connection.tick(at(second));
        assert!(connection.next_tick() > Duration::ZERO);
        while let Some(event) = connection.exchange().next_event() {
            if let Event::Request { ticket, .. } = event {
                let answer = ResponseBody::of_code(dialects::qyzn::Code::Success);
                connection.exchange().answer(&ticket, &answer, at(second));
            }
        }
        while connection.exchange().take_output().is_some() {}
    }
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let piece = usize::from(piece).max(1);
    let whole = decode(std::iter::once(bytes));
    assert_eq!(decode(bytes.chunks(piece)), whole);
    // What came out well goes in and out again unchanged.
    for frame in &whole.0 {
        let body_is_whole = serde_json::from_slice::<serde_json::Value>(&frame.body).is_ok();
        if body_is_whole && frame.body.len() <= BODY_LIMIT {
            assert_eq!(
                decode(std::iter::once(&frame.encode()[..])).0,
                std::slice::from_ref(frame)
            );
        }
    }
    drive(Role::Platform, bytes, piece);
    drive(Role::Device, bytes, piece);
});
