//! The request log.

mod list;
pub(crate) mod routes;
mod store;

pub(crate) use routes::mount;
