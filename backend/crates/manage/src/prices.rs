//! The price book: written by the operator in versions that never change, read by everybody who pays.
//! Never in here: what a request costs (that is `tollgate_money`).

mod book;
mod diff;
mod own;
pub(crate) mod routes;
mod service;
mod store;

pub use book::{
    Import, ListFormat, PricesError, VersionLine, Written, ensure_prices, import_prices, list_prices,
    look_at_prices,
};
pub(crate) use routes::mount;
pub(crate) use service::operator;
