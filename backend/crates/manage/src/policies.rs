//! Policies, what members may do by themselves, and the limits of people and of the organisation. Never in here: keeping
//! anybody to them; that is the relay's for rules and limits, and the keys' service for what members may do.

mod book;
mod limits;
pub(crate) mod routes;
pub(crate) mod routes_limits;
mod self_service;
mod service;
mod store;

pub(crate) use book::Book;
pub(crate) use limits::{tenant_limits, user_limits};
pub(crate) use routes::mount;
pub(crate) use self_service::{Bounds, read as read_self_service};
