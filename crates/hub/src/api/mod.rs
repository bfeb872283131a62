//! What people and programs reach: the console page, the API under `/api/v1`, its document, health and metrics.
//!
//! Each resource is a file with its `routes()` and, where events tell of it, its `resolvers()`. Permission stands in
//! each handler's signature ([`permission`]), and a test walks every route with every role.

mod access;
pub mod answer;
pub mod attempts;
mod audit;
mod commands;
mod device_input;
mod device_schemas;
mod device_settings;
mod devices;
mod dialled_input;
mod document;
mod faces;
mod frame;
mod grants;
mod groups;
mod holidays;
pub mod input;
mod laid_over;
mod meta;
pub mod page;
mod page_files;
pub mod permission;
mod persons;
mod photos;
pub mod problem;
pub mod query;
mod records;
mod rooms;
mod rosters;
mod schedules;
pub mod schemas;
pub mod scope;
mod session;
mod settings;
mod settled;
mod stats;
mod stream;
mod tokens;
mod users;
mod visitors;
mod zones;

pub use document::openapi;
pub(crate) use frame::{devices_router, resolvers, router};
use laid_over::laid_over;
pub(crate) use settings::{Current as CurrentSettings, DAYS as RETENTION_DAYS};
pub use settings::{HubSettings, RetentionSettings};
use settled::settled;
