//! The management API under `/api/v2`: one folder per noun, each with `routes` (HTTP in and out), `service` (the rule, the
//! transaction, ids and times) and `store` (the SQL). Never in here: relaying, and what a request costs.

mod accounts;
mod auth;
mod billing;
mod budgets;
mod cursor;
mod dynamic;
mod figures;
mod groups;
mod keys;
mod mount;
mod notices;
mod openapi;
mod payments;
mod permissions;
mod policies;
mod proxies;
mod requests;
mod schedule;
mod state;
mod stats;
mod tenants;
mod trail;
mod users;
mod vouchers;
mod zone;

pub use accounts::SelfTests;
pub use mount::configure;
pub use notices::{money_notices, tell_limits_in_process};
pub use openapi::openapi;
pub use payments::PaymentProviders;
pub use state::{ManageParts, ManageSettings, ManageState, PublicLimits};
pub use vouchers::{MadeVoucher, VoucherOrder, make_vouchers, revoke_voucher};

/// Where all of it is mounted.
pub const PREFIX: &str = "/api/v2";
