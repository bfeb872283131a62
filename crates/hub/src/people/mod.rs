//! What the hub knows of persons beyond keeping them: what a person may look like, what is found in photos, whose face
//! it is.

pub mod calendar;
mod draft;
mod fields;
mod limits;
mod photo;
mod recognition;
mod refresh;

pub use draft::{Draft, change, create};
pub use fields::Fields;
pub use limits::*;
pub(crate) use photo::keep_photo;
pub use photo::{Look, look_at};
pub use recognition::{Recognition, RecognitionError, rejected};
pub use refresh::keep_templates_current;
