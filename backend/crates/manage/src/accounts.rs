//! Upstream accounts.

pub(crate) mod batch;
pub(crate) mod carry;
pub(crate) mod connect;
mod proxy;
pub(crate) mod renew;
pub(crate) mod routes;
mod sealing;
mod service;
mod store;
pub(crate) mod test;
pub(crate) mod timeline;
mod vendor;

pub(crate) use routes::mount;
pub use test::schedule::SelfTests;
