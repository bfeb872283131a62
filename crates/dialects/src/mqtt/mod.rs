//! The dialect `mqtt`: JSON messages between a platform ("cloud") and face terminals, both clients of a broker.
//!
//! A device talks on `face/{serial}/request|response`, the cloud on `pass/{serial}/request|response` ([`topic`]). What a
//! payload says depends on the topic it came by, never on its name alone: parse it with the type of that topic,
//! [`DeviceRequest`], [`DeviceResponse`], [`CloudRequest`] or [`CloudResponse`]. Answers belong to questions by `msgID`
//! (`register` and `keepAlive` have none). Every scalar leaves as text and may come as text, number or boolean.
//!
//! One file for each part of the document: [`session`] (2.1.1, 2.1.2), [`control`] (2.1.3 to 2.1.5), [`dev_info`]
//! (2.1.6, 2.1.7), [`person`] (2.2), [`record`] (2.3), [`code`] (3); [`answer`] has the answers.

pub mod answer;
pub mod code;
pub mod control;
pub mod convert;
pub mod dev_info;
pub mod message;
pub mod person;
pub mod record;
pub mod session;
pub mod sign;
pub mod time;
pub mod topic;

pub use answer::Refusal;
pub use code::ErrorCode;
pub use control::{OnlineOpen, OnlineReboot, OnlineUpdate};
pub use dev_info::{DevInfo, OnlineGetDevInfo, OnlineGetDevInfoResp, OnlineSetDevInfo};
pub use message::{CloudRequest, CloudResponse, DeviceRequest, DeviceResponse, Message, MessageError, Reply};
pub use person::{
    GetRegisterAck, OnlineGetRegister, OnlineGetRegisterByIndex, OnlineGetRegisterCount,
    OnlineGetRegisterCountResp, OnlineStopGetRegister, PersonInfo, PersonReply, RegisterPersonInfo,
};
pub use record::{
    OnlineDeleteSnapRecord, OnlineGetPhoto, OnlineGetPhotoResp, UploadRecord, UploadRecordResp,
};
pub use session::{KeepAlive, KeepAliveResp, Register, RegisterResp};
pub use topic::{Sender, Topic};
