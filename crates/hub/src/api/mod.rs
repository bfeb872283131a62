//! What people and programs reach: the console page, the API under `/api/v1`, its document, health and metrics.
//!
//! Each resource is a file with its `routes()` and, where events tell of it, its `resolvers()`. Permission stands in
//! each handler's signature ([`permission`]), and a test walks every route with every role.

pub mod answer;
pub mod attempts;
mod audit;
mod document;
mod frame;
pub mod input;
mod meta;
pub mod page;
mod page_files;
pub mod permission;
pub mod problem;
pub mod query;
pub mod scope;
mod session;
mod settings;
mod stream;
mod tokens;
mod users;

pub use document::openapi;
pub(crate) use frame::{devices_router, resolvers, router};
pub use settings::HubSettings;
