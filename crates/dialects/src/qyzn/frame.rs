//! The frame (1.1): a header of 20 bytes, little-endian, then the body.
//!
//! | magic | version | kind | data type | reserved | timestamp | sequence | size | body |
//! | --- | --- | --- | --- | --- | --- | --- | --- | --- |
//! | 4 `QYZN` | 1 | 1 | 1 | 1 | 4 | 4 | 4 | size |

use bytes::{BufMut, Bytes, BytesMut};

/// What every frame starts with.
pub const MAGIC: [u8; 4] = *b"QYZN";

/// The bytes of a header.
pub const HEADER_BYTES: usize = 20;

/// The only data type: JSON.
pub const DATA_TYPE_JSON: u8 = 1;

/// The protocol version in the header; a message names the one that it needs (QUIRKS T1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u8);

impl Version {
    /// The basic messages.
    pub const V2: Self = Self(2);
    /// `add_person_face` (4.3.8).
    pub const V3: Self = Self(3);
    /// `config_device_pass_rule` (4.5.9).
    pub const V4: Self = Self(4);
    /// Intercom (4.7).
    pub const V5: Self = Self(5);
}

/// The four packet types (2.1); others survive as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PacketKind {
    /// 1: keeps the link alive.
    Heartbeat,
    /// 2: tells something, wants no answer.
    Notification,
    /// 3: wants an answer.
    Request,
    /// 4: is one.
    Response,
    /// A number that the document does not have.
    Other(u8),
}

impl PacketKind {
    /// From the header's byte.
    #[must_use]
    pub fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Heartbeat,
            2 => Self::Notification,
            3 => Self::Request,
            4 => Self::Response,
            other => Self::Other(other),
        }
    }

    /// The header's byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Heartbeat => 1,
            Self::Notification => 2,
            Self::Request => 3,
            Self::Response => 4,
            Self::Other(byte) => byte,
        }
    }
}

/// The header of a frame (1.2), without magic and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The protocol version.
    pub version: Version,
    /// The packet type.
    pub kind: PacketKind,
    /// 1, JSON.
    pub data_type: u8,
    /// Reserved, 0.
    pub reserved: u8,
    /// When the message was made, Unix seconds; what the sender's clock says.
    pub timestamp: u32,
    /// The sequence number; an answer repeats its request's, a heartbeat has 0.
    pub sequence: u32,
}

impl Header {
    /// A header for JSON.
    #[must_use]
    pub fn new(version: Version, kind: PacketKind, timestamp: u32, sequence: u32) -> Self {
        Self {
            version,
            kind,
            data_type: DATA_TYPE_JSON,
            reserved: 0,
            timestamp,
            sequence,
        }
    }

    /// Reads a header and the size of the body that it announces; `None` without the magic.
    #[must_use]
    pub fn parse(bytes: &[u8; HEADER_BYTES]) -> Option<(Self, u32)> {
        let [
            m0,
            m1,
            m2,
            m3,
            version,
            kind,
            data_type,
            reserved,
            t0,
            t1,
            t2,
            t3,
            s0,
            s1,
            s2,
            s3,
            z0,
            z1,
            z2,
            z3,
        ] = *bytes;
        if [m0, m1, m2, m3] != MAGIC {
            return None;
        }
        let header = Self {
            version: Version(version),
            kind: PacketKind::from_byte(kind),
            data_type,
            reserved,
            timestamp: u32::from_le_bytes([t0, t1, t2, t3]),
            sequence: u32::from_le_bytes([s0, s1, s2, s3]),
        };
        Some((header, u32::from_le_bytes([z0, z1, z2, z3])))
    }
}

/// A header and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The header.
    pub header: Header,
    /// The body: JSON, or nothing in a heartbeat.
    pub body: Bytes,
}

impl Frame {
    /// The frame as one piece of bytes; known platforms take one read as one frame, so it must be written at once.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        encode(self.header, &self.body)
    }
}

/// Header and body as one piece of bytes. A body over 4 GiB cannot exist here: bodies are bounded long before.
#[must_use]
pub fn encode(header: Header, body: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(HEADER_BYTES + body.len());
    bytes.put_slice(&MAGIC);
    bytes.put_u8(header.version.0);
    bytes.put_u8(header.kind.byte());
    bytes.put_u8(header.data_type);
    bytes.put_u8(header.reserved);
    bytes.put_u32_le(header.timestamp);
    bytes.put_u32_le(header.sequence);
    bytes.put_u32_le(u32::try_from(body.len()).unwrap_or(u32::MAX));
    bytes.put_slice(body);
    bytes.freeze()
}
