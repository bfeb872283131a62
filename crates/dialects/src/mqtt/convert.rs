//! Between the model and the wire.
//!
//! What goes to a device never allows more than `model::access::decide` does on the hub (hub rule 24); where the dialect
//! can only say less, a [`crate::Loss`] tells.

mod known;
mod library;
mod received;
mod reported;
pub mod settings;
mod wanted;

pub use known::{KnownPerson, person_to_platform};
pub use library::{LibraryPerson, PersonError, person_from_platform, wording};
pub use received::record_from_device;
pub use reported::{Pass, SeenPerson, record_to_platform};
pub use wanted::{DevicePhoto, PHOTOS, Wanted, person_to_device};
