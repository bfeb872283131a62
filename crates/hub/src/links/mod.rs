//! The hub's side of each dialect, and what the rest of the hub sees of it: a [`Link`] to a connected device, a
//! [`Dialect`]'s capabilities, and the [`Registry`] of who is connected. This is the only place that wires dialects.

mod dialect;
pub mod dialled;
pub mod facegate;
mod flow;
pub mod lan;
mod link;
pub mod mqtt;
pub mod openapi;
pub mod qyzn;
mod registry;
pub mod words;

use crate::state::Hub;
use axum::Router;
use std::sync::Arc;

pub use dialect::{BodyFault, Dialect};
pub use flow::{RecordFlow, UnderWay};
pub use link::{
    CallError, CommandDone, DevicePerson, Failure, HeldPerson, Link, PeopleSink, PersonDone, PersonPut,
    Progress, PutPhoto, warnings,
};
pub use registry::{LiveLink, Registry};

/// Every dialect that this hub speaks.
#[must_use]
pub fn dialects() -> &'static [&'static dyn Dialect] {
    &[
        &facegate::Facegate,
        &lan::Lan,
        &mqtt::Mqtt,
        &openapi::OpenApi,
        &qyzn::Qyzn,
    ]
}

/// What devices push to, and fetch from, over HTTP.
pub(crate) fn pushed_routes() -> Router<Arc<Hub>> {
    Router::new()
        .nest("/facegate", facegate::routes())
        .nest("/lan", lan::routes())
        .nest("/openapi", openapi::routes())
}

/// The dialect of this name.
#[must_use]
pub fn dialect(name: &str) -> Option<&'static dyn Dialect> {
    dialects().iter().copied().find(|dialect| dialect.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::CommandKind;
    use serde_json::json;

    #[test]
    fn each_dialects_door_is_a_message_that_it_has() {
        for dialect in dialects() {
            let native = json!({"operation": dialect.door_operation(), "body": {"msg": ""}});
            assert_eq!(
                dialect.check_command(CommandKind::Native, &native),
                Ok(()),
                "{native}"
            );
            assert!(dialect.opens_door(CommandKind::Native, &native), "{native}");
            assert!(!dialect.opens_door(CommandKind::Native, &json!({"operation": "reboot"})));
        }
    }
}
