//! The management API as the app sees it: calls, the session's tokens, and hooks that load and change, one file per noun.
//! Never in here: anything that is shown.

pub mod accounts;
pub mod auth;
pub mod billing;
pub mod books;
pub mod budgets;
mod cache;
pub mod captures;
mod client;
mod error;
pub mod exports;
pub mod groups;
mod hooks;
pub mod keys;
pub mod ledger;
pub mod margin;
pub mod people;
pub mod plans;
pub mod policies;
pub mod prices;
pub mod proxies;
pub mod reconcile;
pub mod relay;
pub mod reports;
pub mod requests;
pub mod schedule;
pub mod stats;
mod stream;
pub mod token;
pub mod version;
pub mod vouchers;

pub use cache::{clear as forget_everything, refresh_stale};
pub use error::ApiError;
pub use hooks::{Action, Query, use_action, use_get};

/// Below which all paths of the management API lie.
const PREFIX: &str = "/api/v2";

/// A path with a query string made of `query`'s fields; absent ones are left out.
fn path_with(path: &str, query: &impl serde::Serialize) -> String {
    match serde_urlencoded::to_string(query) {
        Ok(text) if !text.is_empty() => format!("{path}?{text}"),
        _ => path.to_owned(),
    }
}
