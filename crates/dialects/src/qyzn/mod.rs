//! The dialect `qyzn`: TCP protocol V3.7 between a platform and face terminals.
//!
//! A terminal dials the platform and keeps one connection. Bytes become frames in [`decoder`], frames become requests
//! and answers in [`exchange`], both together are a [`connection`]; the operations themselves are in one file for each
//! chapter of the document: [`session`] (4.2), [`person`] (4.3), [`control`] (4.5), [`record`] (4.6).

pub mod check;
pub mod code;
pub mod connection;
pub mod control;
pub mod convert;
pub mod decoder;
pub mod envelope;
pub mod exchange;
pub mod frame;
pub mod operation;
pub mod person;
pub mod record;
pub mod rule;
pub mod session;
pub mod sign;
pub mod time;

pub use check::FieldError;
pub use code::Code;
pub use connection::Connection;
pub use control::{DeviceRestart, OnlineOpenDoor, OpenDoor};
pub use decoder::{Decoder, DecoderError};
pub use envelope::{RequestBody, ResponseBody};
pub use exchange::{Event, Exchange, Moment, Role, Settings};
pub use frame::{Frame, Header, PacketKind, Version};
pub use operation::{DeviceRequest, Done, Operation, ParseError, PlatformRequest, Refusal};
pub use person::{AddPersonFace, ClearPerson, DeletePerson, SnapshotPicture, SnapshotPictureAnswer};
pub use record::{SnapshotFace, SnapshotFaceAnswer, SyncTime};
pub use rule::PassRule;
pub use session::{Login, Logout, Register, RegisterAnswer};
