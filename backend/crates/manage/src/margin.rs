//! The operator's margin report, read from the rollup of accounts' days. Only the platform's own people are told of it.

mod credited;
mod export;
pub(crate) mod routes;
mod service;
mod store;

pub(crate) use routes::mount;
