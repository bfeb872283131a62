//! Devices that the hub calls over HTTP, whatever they speak: dialling them, calling them, looking after them, fetching
//! their records, and taking what they push.
//!
//! # How a new link is added
//!
//! 1. A zero-sized type that is a [`Dialled`]: where such devices listen, what their credentials are,
//!    and [`Dialled::contact`], which is given a [`Line`] to one device, speaks to it for the first time and gives back the
//!    link. The dialect's [`Dialect::dialled`](super::Dialect::dialled) names it.
//! 2. In `contact`: try the credentials in doubt, then those in use ([`Line::dialling`]); replace what is to be replaced
//!    ([`Line::propose`] before it is sent, [`Line::proven`] after a call succeeded with it: hub rule 22); say who it is
//!    ([`Line::identified`]) and how its clock stands ([`Line::clock`]); tell it where to push ([`Line::push_url`]).
//! 3. The link is a [`Link`] over [`Line::client`], and a [`DialledLink`], whose [`DialledLink::attend`] resolves once the
//!    device is gone: [`attend::by_period`] where signs of life come by pushes and polls. Beside it, [`records::keep_filled`]
//!    fetches what an outage left on the device, for whatever is a [`records::RecordSource`].
//! 4. Its pushes are routes (`fn routes() -> Router<Arc<Hub>>`), nested under the dialect's name by
//!    [`super::pushed_routes`]. They read the body by [`pushed::Push`], ask [`pushed::sender`] whose it is, and hand records
//!    to [`records::take`]; what that returns may be acknowledged.
//!
//! Nothing here waits for two devices at once: each has its own task, its own connection for each call, and bounds on time
//! and bytes.

pub mod address;
pub mod attend;
mod client;
mod dialler;
mod line;
pub mod pictures;
pub mod pushed;
pub mod records;

pub use client::{Answered, DeviceClient};
pub(crate) use dialler::{Dialler, keep_dialling};
pub use line::Line;

use super::{BodyFault, CallError, Link, LiveLink};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;

/// How the devices of a dialect are dialled.
#[async_trait]
pub trait Dialled: Send + Sync {
    /// The port at which a device is called that is known by its pushes alone.
    fn port(&self) -> u16;

    /// Whether credentials of an operator can be used.
    ///
    /// # Errors
    /// The field that cannot.
    fn check_credentials(&self, credentials: &Value) -> Result<(), BodyFault>;

    /// The port at which a device is listened to, where that is not where it is called.
    fn push_port(&self) -> Option<u16> {
        None
    }

    /// Whether the device takes header names in title case alone.
    fn title_case(&self) -> bool {
        false
    }

    /// Speaks to a device for the first time on this line.
    ///
    /// # Errors
    /// [`CallError`]; it is dialled again.
    async fn contact(&self, line: Line) -> Result<Arc<dyn DialledLink>, CallError>;
}

/// The link to a device that was dialled.
#[async_trait]
pub trait DialledLink: Link {
    /// Looks after the device; resolves once it is gone, or [`Link::close`] was called.
    async fn attend(&self, live: &Arc<LiveLink>);
}
