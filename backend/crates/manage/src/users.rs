//! The people of a tenant, read only for now.

pub(crate) mod routes;
mod store;

pub(crate) use routes::mount;
