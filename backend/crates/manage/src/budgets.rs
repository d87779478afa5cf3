//! Budgets: whose money may be spent on what, and by when. The ledger keeps to them; here they are made, changed and shown.

mod changes;
mod paths;
mod period;
pub(crate) mod routes;
mod service;
mod store;
mod view;

pub(crate) use paths::check_paths;
pub(crate) use period::stored_rule;
pub(crate) use routes::mount;
pub(crate) use service::of_key;
pub(crate) use store::{Raised, raise_total};
