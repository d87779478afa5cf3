//! Upstream accounts.

pub(crate) mod routes;
mod sealing;
mod service;
mod store;
mod test;

pub(crate) use routes::mount;
