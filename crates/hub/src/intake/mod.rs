//! Records from any dialect on their way to the disk (hub rules 39 to 43).

mod clock;
mod received;
mod room;
mod take;

pub use clock::{Clock, Timing, clock_measured};
pub use received::{Receipt, blank};
pub use room::Intake;
pub use take::{Arrival, Taken, picture, take};
