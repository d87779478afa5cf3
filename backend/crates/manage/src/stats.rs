//! Usage in figures: reports, trends and the dashboard.

mod by_model;
mod overview;
mod range;
mod report;
pub(crate) mod routes;
mod store;
mod trend;

pub(crate) use range::Days;
pub(crate) use report::of_key;
pub(crate) use routes::mount;
pub(crate) use store::labels;
