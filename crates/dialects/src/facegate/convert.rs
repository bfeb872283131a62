//! Between the model and the wire: people both ways, records both ways, settings.
//!
//! What goes to a device never allows more than `model::access::decide` does on the hub (hub rule 24), as long as the
//! hub comes again when it is told to; what the dialect cannot say, a [`crate::Loss`] tells.

mod access;
mod days;
mod ids;
mod received;
mod reported;
pub mod settings;
mod told;
mod wanted;

pub use ids::{customize_id, wire_id, wire_refs};
pub use received::{DeviceRecord, record_from_capture, record_from_control, record_from_device};
pub use reported::{Report, ReportKind, record_to_platform};
pub use told::{changed, person_from_device, person_from_platform, person_to_platform};
pub use wanted::{DevicePhoto, Wanted, person_to_device, picture};
