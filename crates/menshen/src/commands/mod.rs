//! One file per command.

pub(crate) mod admin;
pub(crate) mod config;
pub(crate) mod face;
pub(crate) mod models;
pub(crate) mod probe;
pub(crate) mod sides;
pub(crate) mod swarm;

/// The command was used wrongly, in a way that the command line's parser cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);
