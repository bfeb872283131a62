//! The dialect `openapi`: HTTP calls to a face terminal on port 8899, records over its WebSocket on port 9000 and, the
//! other way round, what a terminal asks of its platform and reports to it.
//!
//! A platform calls `http://{device}:8899/api/…` with `timestamp` and `sign` in the query ([`sign`]); the device answers
//! with a `code` in the body ([`reply`]). [`Request`] lists the calls, each declared once ([`operation`]). Records come
//! as [`socket`] messages. What a terminal asks of its platform and reports to it is in [`platform`] (9).
//!
//! One file for each part of the document: [`sign`] (4), [`code`] (7), [`object`] and [`device`] (8.1), [`user`] and
//! [`people`] (8.2), [`record`] (8.3.1, 8.3.2), [`socket`] (8.3.3).

pub mod code;
pub mod convert;
pub mod device;
pub mod incoming;
pub mod object;
pub mod operation;
pub mod page;
pub mod people;
pub mod platform;
pub mod record;
pub mod reply;
pub mod sign;
pub mod socket;
pub mod temperature;
pub mod time;
pub mod user;

pub use code::Code;
pub use device::{
    GetInformation, GetNetwork, GetPeripherals, GetSmartFace, JsonCommand, OpenDoor, Reboot, SetNetwork,
    SetPeripherals, SetSmartFace, SyncTime,
};
pub use incoming::{Incoming, Refused};
pub use object::{Audio, Information, Network, Peripherals, Production, SmartFace};
pub use operation::{Operation, Request};
pub use page::Page;
pub use people::{AddUser, DeleteUser, ListUsers, UpdateUser};
pub use platform::PlatformRequest;
pub use record::{InputType, ListRecords, Sign, SignRecord};
pub use reply::{Refusal, Reply, ReplyError};
pub use socket::{Listen, SocketMessage};
pub use time::Seconds;
pub use user::{User, UserType};
