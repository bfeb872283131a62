//! Between the model and the wire.
//!
//! What goes to a device never allows more than `model::access::decide` does on the hub (hub rule 24); where the dialect
//! can only say less, a [`crate::Loss`] tells.

mod received;
mod reported;
pub mod settings;
mod told;
mod wanted;

pub use received::record_from_device;
pub use reported::record_to_platform;
pub use told::person_from_message;
pub use wanted::person_to_device;
