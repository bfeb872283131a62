//! From a stream of bytes to frames: incremental, bounded, and able to find its way back (hub rule 48).
//!
//! A sender may count a body in UTF-16 units, so that the announced size cuts the JSON short; the decoder then goes on
//! to where the JSON ends. After a wrong magic it searches the next one. Either search ends after 64 KiB.

mod scanner;

use super::frame::{Frame, HEADER_BYTES, Header, MAGIC, PacketKind};
use crate::lenient::is_padding;
use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use scanner::Scanner;

/// The largest body taken, in bytes, unless configured otherwise.
pub const DEFAULT_BODY_LIMIT: usize = 16 * 1024 * 1024;

/// How far the next magic, or the end of a cut body, is searched for, in bytes.
pub const SEARCH_LIMIT: usize = 64 * 1024;

/// Why a stream of bytes cannot be read on; the connection is to be closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecoderError {
    /// A header announces more than is taken.
    #[error("a frame announces {announced} bytes, {limit} are taken at most")]
    TooLarge {
        /// The announced size.
        announced: u32,
        /// The limit.
        limit: usize,
    },
    /// No frame begins where one should, nor in the bytes after it.
    #[error("no frame begins within {SEARCH_LIMIT} bytes")]
    Lost,
    /// A body's JSON does not end within the search behind its announced size.
    #[error("a body does not end within {SEARCH_LIMIT} bytes of its announced size")]
    Endless,
}

/// Cuts pushed bytes into frames. Memory grows with what was pushed, never with what was announced.
#[derive(Debug)]
pub struct Decoder {
    buffer: BytesMut,
    body_limit: usize,
    skipped: usize,
    lost: bool,
    scan: Option<Scanner>,
    resynchronisations: u64,
    failed: Option<DecoderError>,
}

/// What the bytes at the front of the buffer are.
enum Step {
    Frame(Frame),
    Again,
    More,
    Fail(DecoderError),
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(DEFAULT_BODY_LIMIT)
    }
}

impl Decoder {
    /// A decoder that takes bodies of at most `body_limit` bytes.
    #[must_use]
    pub fn new(body_limit: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            body_limit,
            skipped: 0,
            lost: false,
            scan: None,
            resynchronisations: 0,
            failed: None,
        }
    }

    /// Takes the next bytes of the stream. Take frames out with [`Self::next_frame`] before pushing more.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next frame, if one is complete. After an error there is none any more.
    ///
    /// # Errors
    /// [`DecoderError`]: close the connection.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, DecoderError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        loop {
            match self.step() {
                Step::Again => {}
                Step::Frame(frame) => return Ok(Some(frame)),
                Step::More => return Ok(None),
                Step::Fail(error) => {
                    self.buffer = BytesMut::new();
                    self.failed = Some(error.clone());
                    return Err(error);
                }
            }
        }
    }

    /// How many times the stream was out of step: a wrong magic, or a body that did not end at its announced size.
    #[must_use]
    pub fn resynchronisations(&self) -> u64 {
        self.resynchronisations
    }

    /// Bytes held for frames that are not complete.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Whether all announced bytes of a body are there but its JSON is not complete. It may be spoiled, or go on: if
    /// nothing follows for a while, [`Self::settle`].
    #[must_use]
    pub fn awaits_rest_of_body(&self) -> bool {
        self.scan.is_some()
    }

    /// Takes a body that did not go on as it is; its reader will find the JSON incomplete.
    pub fn settle(&mut self) -> Option<Frame> {
        self.scan.take()?;
        let header = self.header()?.0;
        let body_bytes = self.buffer.len().saturating_sub(HEADER_BYTES);
        self.resynchronisations += 1;
        Some(self.take_frame(header, body_bytes))
    }

    fn header(&self) -> Option<(Header, u32)> {
        Header::parse(self.buffer.first_chunk::<HEADER_BYTES>()?)
    }

    fn step(&mut self) -> Step {
        if self.lost {
            return self.search();
        }
        self.skip_padding();
        let seen = self.buffer.len().min(MAGIC.len());
        if self.buffer.get(..seen) != MAGIC.get(..seen) {
            self.lost = true;
            self.resynchronisations += 1;
            return Step::Again;
        }
        match self.header() {
            Some((header, size)) => self.body(header, size),
            None => Step::More,
        }
    }

    /// NULs, blanks and a byte order mark between frames mean nothing.
    fn skip_padding(&mut self) {
        const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];
        if self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.advance(BYTE_ORDER_MARK.len());
        }
        let padding = self.buffer.iter().take_while(|byte| is_padding(**byte)).count();
        self.buffer.advance(padding);
        if self.buffer.is_empty() {
            // Lets go of what a large frame needed: an idle connection holds nothing.
            self.buffer = BytesMut::new();
        }
    }

    /// Searches the next magic, dropping what is before it.
    fn search(&mut self) -> Step {
        let found = find_frame(&self.buffer, 0);
        let keep_from = match found {
            Some(at) => at,
            None => self.buffer.len().saturating_sub(HEADER_BYTES),
        };
        self.buffer.advance(keep_from);
        self.skipped += keep_from;
        if self.skipped > SEARCH_LIMIT {
            return Step::Fail(DecoderError::Lost);
        }
        if found.is_none() {
            return Step::More;
        }
        self.lost = false;
        self.skipped = 0;
        Step::Again
    }

    fn body(&mut self, header: Header, announced: u32) -> Step {
        let size = match usize::try_from(announced) {
            Ok(size) if size <= self.body_limit => size,
            _ => {
                let limit = self.body_limit;
                return Step::Fail(DecoderError::TooLarge { announced, limit });
            }
        };
        let body = self.buffer.get(HEADER_BYTES..).unwrap_or_default();
        let Some(announced_body) = body.get(..size) else {
            return Step::More;
        };
        let mut scan = self.scan.take().unwrap_or_default();
        if scan.position() < size {
            scan.feed(announced_body);
        }
        if scan.is_settled() {
            return Step::Frame(self.take_frame(header, size));
        }
        self.cut_body(header, size, scan)
    }

    /// All announced bytes are there and the JSON is not complete: it goes on, or the next frame begins.
    fn cut_body(&mut self, header: Header, size: usize, mut scan: Scanner) -> Step {
        let body = self.buffer.get(HEADER_BYTES..).unwrap_or_default();
        let next = find_frame(body, size);
        // Bytes that may turn out to begin the next frame are not looked at yet: how the stream was cut into reads
        // must not matter.
        let known = next.unwrap_or_else(|| frame_may_begin(body, size));
        let limit = known.min(size + SEARCH_LIMIT);
        scan.feed(body.get(..limit).unwrap_or_default());
        let end = match (scan.end(), next) {
            (Some(end), _) => end,
            (None, Some(next)) if next <= size + SEARCH_LIMIT => next,
            _ if body.len() > size + SEARCH_LIMIT + KIND => return Step::Fail(DecoderError::Endless),
            _ => {
                self.scan = Some(scan);
                return Step::More;
            }
        };
        self.resynchronisations += 1;
        Step::Frame(self.take_frame(header, end))
    }

    fn take_frame(&mut self, header: Header, body_bytes: usize) -> Frame {
        self.buffer.advance(HEADER_BYTES.min(self.buffer.len()));
        let body: Bytes = self.buffer.split_to(body_bytes.min(self.buffer.len())).freeze();
        Frame { header, body }
    }
}

/// Where in a header the packet type is.
const KIND: usize = 5;

/// The first place at or after `from` where a frame plausibly begins: the magic, and a packet type that exists. (The
/// four letters alone may also stand inside a picture's Base64; a packet type's byte may not stand in JSON at all.)
fn find_frame(bytes: &[u8], from: usize) -> Option<usize> {
    memmem::find_iter(bytes.get(from..)?, &MAGIC)
        .map(|at| from + at)
        .find(|at| {
            let kind = bytes.get(at + KIND).map(|byte| PacketKind::from_byte(*byte));
            matches!(kind, Some(kind) if !matches!(kind, PacketKind::Other(_)))
        })
}

/// The first place at or after `from` where the last bytes, too few to tell, may be the beginning of a frame; the end
/// if there is none.
fn frame_may_begin(bytes: &[u8], from: usize) -> usize {
    let tail = bytes.len().saturating_sub(KIND).max(from);
    let begins = |at: &usize| {
        let rest = bytes.get(*at..).unwrap_or_default();
        rest.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic)
    };
    (tail..bytes.len()).find(begins).unwrap_or(bytes.len())
}
