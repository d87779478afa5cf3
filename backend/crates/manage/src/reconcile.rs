//! Reconciliation with a provider's own bill. An account's reports are uploaded and compared with what was booked, by the
//! provider's day and by model: the platform's accounts by their cost, a tenant's own by what was charged for them.
//! Of several reports of a kind that speak of the same day, the one uploaded last counts.

mod compare;
mod files;
mod requests;
pub(crate) mod routes;
mod service;
mod store;

pub(crate) use routes::mount;
pub use service::{ReportImport, import_report};
