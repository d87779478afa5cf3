//! The tenant's money, read only: its balance and the movements behind it.

pub(crate) mod routes;
mod service;
mod store;

pub(crate) use routes::mount;
pub(crate) use store::wallet_balance;
