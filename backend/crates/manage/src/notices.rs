//! Notices: what an organisation is told by itself. They are written once for each cause and wait in the outbox, from
//! which channels deliver them and pages list them.

pub(crate) mod routes;
mod service;
mod store;
mod watch;

pub(crate) use routes::mount;
pub(crate) use store::write;
pub use watch::{money_notices, tell_limits_in_process, tell_unpriced};
