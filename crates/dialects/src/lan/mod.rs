//! The dialect `lan`: HTTP calls to a face terminal on port 8088, and what it posts back.
//!
//! A platform calls `http://{device}:8088/{name}` with the device's `key` among the parameters; the device answers with
//! HTTP 200 always and a `status` in the body ([`reply`]). [`Request`] lists the calls, each declared once
//! ([`operation`]). The device posts heartbeats and records to addresses that it was told ([`HeartBeat`],
//! [`RecordCallback`]). Parameters come in the query, as a form or as JSON, whatever the content type
//! ([`operation::parameters`]).
//!
//! One file for each part of the document: [`key`] (3.1), [`device_info`] (3.2, 3.3), [`person`] (3.6 to 3.9),
//! [`record`] (3.10 to 3.13), [`heartbeat`] (3.16, 3.17), [`control`] (the others), [`status`] (4).

pub mod control;
pub mod convert;
pub mod device_info;
pub mod heartbeat;
pub mod key;
pub mod operation;
pub mod person;
pub mod record;
pub mod reply;
pub mod status;

pub use control::{
    Check, Checked, DeviceTime, GetTime, Open, Photos, Reboot, Reset, SetTime, TakePhotos, UpdateApk,
    Usability,
};
pub use device_info::{DeviceInfo, GetDeviceInfo, SetDeviceInfo};
pub use heartbeat::{GetHeartBeat, HeartBeat, HeartBeatTarget, SetHeartBeat};
pub use key::SetDeviceKey;
pub use operation::{Encoding, Operation, Refused, Request};
pub use person::{GetPerson, ListPerson, People, RemovePerson, SetPerson};
pub use record::{
    GetRecordCallback, ListRecord, PassRecord, RecordCallback, RecordTarget, Records, RemoveRecord,
    SetRecordCallback,
};
pub use reply::{Refusal, Reply, ReplyError};
pub use status::Status;

/// What a device posts, by the names of this catalogue.
pub const PUSHES: &[&str] = &[RecordCallback::NAME, HeartBeat::NAME];
