//! API keys: their life from creation to the recycle bin and out of it, one at a time or many.

pub(crate) mod batch;
mod bin;
mod bindings;
mod conflict;
mod limits;
mod list;
mod make;
mod rights;
mod rotate;
pub(crate) mod routes;
mod service;
mod store;

pub(crate) use bindings::{BoundTo, refuse_bound};
pub(crate) use routes::mount;
