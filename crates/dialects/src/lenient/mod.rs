//! Reading what real devices and platforms send, for every dialect.
//!
//! The rules, once for all: a body may open with a BOM and end in NULs or blanks; keys are trimmed and match exactly
//! first, then without case; scalars may be text, number or boolean; a blank optional value is a missing one; unknown
//! keys are ignored here and stay in the raw value; a duplicate key's last value wins.

mod base64_text;
mod body;
mod deserialize;
mod picture;

pub use base64_text::{Base64Error, Base64Text};
pub(crate) use body::is_padding;
pub use body::{BodyError, body, trim_padding};
pub use deserialize::{LenientError, read, salvage, salvaged_list};
pub use picture::PictureFormat;
