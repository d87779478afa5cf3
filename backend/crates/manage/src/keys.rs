//! API keys.

mod bindings;
mod list;
pub(crate) mod routes;
mod service;
mod store;

pub(crate) use routes::mount;
