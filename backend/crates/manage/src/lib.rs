//! The management API under `/api/v2`: one folder per noun, each with `routes` (HTTP in and out), `service` (the rule, the
//! transaction, ids and times) and `store` (the SQL). Never in here: relaying, and what a request costs.

mod accounts;
mod auth;
mod billing;
mod budgets;
mod captures;
mod cursor;
mod documents;
mod dynamic;
mod exports;
mod figures;
mod groups;
mod heavy;
mod keys;
mod ledger;
mod mail;
mod margin;
mod mount;
mod notices;
mod openapi;
mod payments;
mod permissions;
mod plans;
mod policies;
mod prices;
mod proxies;
mod reconcile;
mod reports;
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
pub use documents::{CloseMonths, DocumentSettings, close_months};
pub use exports::{
    ExportError, ExportOrder, Produced, ScheduledExports, export_to_file, forget_expired_exports,
};
pub use mail::{MailSettings, MailTls, Mailer, forget_letters, send_mail};
pub use mount::configure;
pub use notices::{money_notices, tell_limits_in_process, tell_unpriced};
pub use openapi::openapi;
pub use payments::PaymentProviders;
pub use prices::{
    Import, ListFormat, PricesError, VersionLine, Written, ensure_prices, import_prices, list_prices,
    look_at_prices,
};
pub use reconcile::{ReportImport, import_report};
pub use state::{ManageParts, ManageSettings, ManageState, PublicLimits};
pub use vouchers::{MadeVoucher, VoucherOrder, make_vouchers, revoke_voucher};

/// Where all of it is mounted.
pub const PREFIX: &str = "/api/v2";
