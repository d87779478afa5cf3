//! Signing in and out, sessions, and who the caller is.

mod begin;
pub(crate) mod cookie;
mod members;
mod rotation;
pub(crate) mod routes;
mod service;
mod store;

pub(crate) use begin::{Client, Started, begin};
pub(crate) use members::Member;
pub(crate) use routes::mount;
