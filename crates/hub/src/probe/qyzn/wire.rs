//! One connection of a device: frames in, frames out.

use crate::links::{CallError, Failure};
use dialects::qyzn::connection::CUT_BODY_PATIENCE;
use dialects::qyzn::frame::encode;
use dialects::qyzn::{Decoder, Frame, Header};
use jiff::Timestamp;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Bytes read at a time.
const READ_BYTES: usize = 16 * 1024;

/// A device's connection.
pub(super) struct Wire {
    stream: TcpStream,
    pub(super) peer: SocketAddr,
    decoder: Decoder,
    buffer: Vec<u8>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, peer: SocketAddr) -> Self {
        Self {
            stream,
            peer,
            decoder: Decoder::default(),
            buffer: vec![0; READ_BYTES],
        }
    }

    /// Writes a frame in one piece: some peers take one read for one frame.
    pub(super) async fn write(&mut self, header: Header, body: &[u8]) -> Result<(), CallError> {
        let written = self.stream.write_all(&encode(header, body)).await;
        written.map_err(|error| gone(&error.to_string()))
    }

    /// The next frame; `None` where none is complete at `until`.
    pub(super) async fn next(&mut self, until: Instant) -> Result<Option<Frame>, CallError> {
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => return Ok(Some(frame)),
                Ok(None) => {}
                Err(error) => return Err(gone(&error.to_string())),
            }
            let is_cut = self.decoder.awaits_rest_of_body();
            let patience = match is_cut {
                true => until.min(Instant::now() + CUT_BODY_PATIENCE),
                false => until,
            };
            match tokio::time::timeout_at(patience, self.stream.read(&mut self.buffer)).await {
                Ok(Ok(0)) => return Err(gone("it hung up")),
                Ok(Ok(count)) => self.decoder.push(self.buffer.get(..count).unwrap_or_default()),
                Ok(Err(error)) => return Err(gone(&error.to_string())),
                Err(_) if is_cut => {
                    if let Some(frame) = self.decoder.settle() {
                        return Ok(Some(frame));
                    }
                }
                Err(_) => return Ok(None),
            }
        }
    }
}

fn gone(why: &str) -> CallError {
    CallError::ours(
        Failure::Disconnected,
        format!("the device's connection ended: {why}"),
    )
}

/// The header's time: now.
pub(super) fn unix_seconds() -> u32 {
    u32::try_from(Timestamp::now().as_second()).unwrap_or(0)
}
