//! A simulated device's connection.

use dialects::qyzn::frame::HEADER_BYTES;
use dialects::qyzn::{Connection, Header, PacketKind};
use std::collections::BTreeMap;
use std::io;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A connection and how far it has got.
pub(super) struct Line {
    pub(super) connection: Connection,
    /// The register or login that is on its way.
    pub(super) session: Option<u32>,
    /// The sync_time that is on its way.
    pub(super) clock: Option<u32>,
    /// When work begins even if the platform has told no time.
    pub(super) clock_due: Option<Instant>,
    pub(super) online: bool,
    /// Answers that may still come, per sequence number: each sending of a request earns one.
    expected: BTreeMap<u32, u32>,
}

impl Line {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            session: None,
            clock: None,
            clock_due: None,
            online: false,
            expected: BTreeMap::new(),
        }
    }

    /// Writes what is to be written.
    pub(super) async fn write(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        while let Some(frame) = self.connection.exchange().take_output() {
            let header = frame.first_chunk::<HEADER_BYTES>().and_then(Header::parse);
            if let Some((header, _)) = header.filter(|(header, _)| header.kind == PacketKind::Request) {
                *self.expected.entry(header.sequence).or_default() += 1;
            }
            stream.write_all(&frame).await?;
        }
        Ok(())
    }

    /// Takes an answer into account; false for one too many.
    pub(super) fn take_answer(&mut self, sequence: u32) -> bool {
        let Some(expected) = self.expected.get_mut(&sequence) else {
            return false;
        };
        *expected -= 1;
        if *expected == 0 {
            self.expected.remove(&sequence);
        }
        true
    }
}
