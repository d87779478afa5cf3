//! Groups of upstream accounts, and which tenants may use the platform's.

mod grants;
pub(crate) mod routes;
mod service;
mod store;

pub(crate) use grants::platform_services;
pub(crate) use routes::mount;
