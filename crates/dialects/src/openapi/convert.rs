//! Between the model and the wire.
//!
//! What goes to a device never allows more than `model::access::decide` does on the hub (hub rule 24); where the dialect
//! can only say less, a [`crate::Loss`] tells.

pub mod platform;
mod received;
mod reported;
pub mod settings;
mod told;
mod wanted;

pub use received::{pass_key, record_from_device};
pub use reported::{STRANGER_ID, record_to_platform};
pub use told::{person_from_message, user_to_platform};
pub use wanted::person_to_device;
