//! Accounts carried from one place to another in a file: their settings in the clear, their secrets under a passphrase.

mod export;
mod import;
pub(crate) mod routes;
mod sealed;
mod store;

/// What the file says it is.
const FORMAT: &str = "tollgate-accounts/1";
/// Most accounts of a file: as many as a tenant's list shows.
const ACCOUNTS_MAX: usize = 1000;
