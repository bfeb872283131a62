//! Chapter 9: what a terminal asks of its platform and reports to it. There is no authentication (QUIRKS O17): a device is
//! who its path says.
//!
//! A terminal calls `{base}/{operation}/{deviceid}`; [`PlatformRequest`] lists the calls. One file for each section:
//! [`changes`] (9.1), [`compared`] (9.2), [`measured`] (9.3), [`stored`] (9.4), [`alive`] (9.5).

pub mod alive;
pub mod answer;
pub mod changes;
pub mod compared;
pub mod measured;
mod operation;
pub mod stored;

pub use alive::SyHeartbeat;
pub use answer::{Answer, Ret};
pub use changes::{Change, FaceChange, FaceChanges, QueryTime, SyRecord};
pub use compared::{FaceVerdict, IdCardInfo, SyFace};
pub use measured::{OpenCode, SyAttribute};
pub use operation::{DeviceCall, PlatformOperation, PlatformRequest, PushError, call};
pub use stored::{StoreResult, SyResult};

/// Characters of an id of chapter 9.
pub const ID_CHARACTERS: usize = 32;
/// Characters of a name of chapter 9.
pub const NAME_CHARACTERS: usize = 32;
/// Characters of a short text of chapter 9.
pub const SHORT_CHARACTERS: usize = 16;
/// Bytes of a picture's Base64.
pub const PICTURE_BYTES: usize = 700 * 1024;
