//! Proxies through which upstream accounts are reached.

pub(crate) mod routes;
mod service;
mod store;
mod test;

pub(crate) use routes::mount;
