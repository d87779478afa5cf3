//! The management API under `/api/v2`: one folder per noun, each with `routes` (HTTP in and out), `service` (the rule, the
//! transaction, ids and times) and `store` (the SQL). Never in here: relaying, and what a request costs.

mod accounts;
mod auth;
mod billing;
mod cursor;
mod dynamic;
mod figures;
mod groups;
mod keys;
mod mount;
mod openapi;
mod permissions;
mod proxies;
mod requests;
mod schedule;
mod state;
mod stats;
mod tenants;
mod trail;
mod users;
mod zone;

pub use accounts::SelfTests;
pub use mount::configure;
pub use openapi::openapi;
pub use state::{ManageParts, ManageSettings, ManageState, PublicLimits};

/// Where all of it is mounted.
pub const PREFIX: &str = "/api/v2";
