//! Captured bodies: an organisation's settings, and looking at what was kept. Off unless an owner turns it on; each look
//! stands in the audit log. Never in here: the copying itself (the relay's).

pub(crate) mod routes;
mod service;
mod store;

pub(crate) use routes::mount;
