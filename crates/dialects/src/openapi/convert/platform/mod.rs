//! Between the model and chapter 9.
//!
//! Its devices hold people without validity and schedule: the hub adds and removes them in time, and decides on every
//! pass (hub rules 17 and 25).

mod received;
mod reported;
mod told;
mod wanted;

pub use received::{record_from_comparison, record_from_measurement};
pub use reported::{Reporter, comparison_to_platform, measurement_to_platform};
pub use told::person_from_change;
pub use wanted::{Wanted, deletion, person_to_change};

/// What the platform calls people who are no visitors (assumed: MODEL 2.1).
const USER: &str = "user";
/// What the platform calls visitors (assumed: MODEL 2.1).
const VISITOR: &str = "visitor";
