//! The scheduler's dry run: where a request would go now, and why.

pub(crate) mod routes;
mod service;
mod store;

pub(crate) use routes::mount;
