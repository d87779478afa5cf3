//! Organisations: signing one up.

pub(crate) mod routes;
mod service;
mod slug;
mod store;

pub(crate) use routes::mount;
