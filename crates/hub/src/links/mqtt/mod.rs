//! The hub's side of mqtt: terminals and hub are both clients of a broker, which is embedded unless one is configured.
//!
//! [`broker`] is the embedded one; [`client`] is the hub's connection to whichever; [`devices`] hands what devices publish to
//! one [`session`] for each; [`calls`] is the [`Link`](super::Link) over which the hub asks a device.

mod broker;
mod calls;
mod client;
mod conversation;
mod declared;
mod devices;
mod open;
mod people;
mod record;
mod session;
mod url;

pub use broker::{BindError, Bound, bind};
pub use declared::Mqtt;
pub use devices::{Unreachable, check, serve};
pub(crate) use open::Meeting;

/// The dialect's name.
const NAME: &str = "mqtt";
