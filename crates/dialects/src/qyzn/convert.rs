//! Between the model and the wire: people both ways, records both ways.
//!
//! What goes to a device never allows more than `model::access::decide` does on the hub (hub rule 24); where the
//! dialect can only say less, a [`crate::Loss`] tells.

mod library;
mod received;
mod reported;
pub mod settings;
mod wanted;

pub use library::{LibraryFace, LibraryPerson, person_from_platform, person_without_faces, rule_times};
pub use received::record_from_device;
pub use reported::{Pass, SeenPerson, record_to_platform};
pub use wanted::{Converted, DevicePhoto, Wanted, person_to_device};

/// `passNum` for "unlimited" (QUIRKS T52); this many or more are read as no limit.
pub const UNLIMITED_PASSES: u32 = 99_999;
