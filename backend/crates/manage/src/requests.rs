//! The request log.

mod list;
mod receipt;
mod rollups;
pub(crate) mod routes;
mod search;
mod store;

pub(crate) use routes::mount;
