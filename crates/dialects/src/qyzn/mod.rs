//! The dialect `qyzn`: TCP protocol V3.7 between a platform and face terminals.
//!
//! A terminal dials the platform and keeps one connection. Bytes become frames in [`decoder`], frames become requests
//! and answers in [`exchange`], both together are a [`connection`]; the operations themselves are in one file for each
//! chapter of the document: [`session`] (4.2), [`person`] and [`registered`] (4.3), [`face`] (4.4), [`control`] (4.5),
//! [`config`] (4.5.10), [`record`] (4.6), [`call`] (4.7).

pub mod call;
pub mod check;
pub mod code;
pub mod config;
pub mod connection;
pub mod control;
pub mod convert;
pub mod decoder;
pub mod envelope;
pub mod exchange;
pub mod face;
pub mod frame;
pub mod operation;
pub mod person;
pub mod record;
pub mod registered;
pub mod rule;
pub mod session;
pub mod sign;
pub mod time;

pub use call::{CallRecord, Called, DeviceCallParam, DeviceCallParamAnswer, DeviceCallResult};
pub use check::FieldError;
pub use code::Code;
pub use config::{ConfigGroup, ConfigSystem, ConfigValues, Configs, GetConfigs};
pub use connection::Connection;
pub use control::{
    ConfigDevicePassRule, DeviceRestart, DeviceUpgrade, OnlineOpenDoor, OpenDoor, RecordClear, ResendRecords,
    SerialOutput, SwipedCard, SwipingCard, WiegandOutput,
};
pub use decoder::{Decoder, DecoderError};
pub use envelope::{RequestBody, ResponseBody};
pub use exchange::{Event, Exchange, Moment, Role, Settings};
pub use face::{AddFace, DeleteFace};
pub use frame::{Frame, Header, PacketKind, Version};
pub use operation::{DeviceRequest, Done, Operation, ParseError, PlatformRequest, Refusal};
pub use person::{AddPersonFace, ClearPerson, DeletePerson, SnapshotPicture, SnapshotPictureAnswer};
pub use record::{QrCodeAnswer, QrCodeData, SnapshotFace, SnapshotFaceAnswer, SyncTime};
pub use registered::{
    AddPerson, DeviceSyncPerson, DeviceSyncPersonAnswer, RenamedFace, SyncPerson, SyncPersonAnswer,
    UpdatePerson,
};
pub use rule::PassRule;
pub use session::{Login, Logout, Register, RegisterAnswer};
