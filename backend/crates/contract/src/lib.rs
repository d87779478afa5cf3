//! The management API's types, shared by server and single-page application: one file per noun.
//! Serde and validator only; never I/O, id generation or anything that does not compile to WebAssembly.
//!
//! Shapes: `snake_case` fields, RFC 3339 UTC times, money as decimal strings of nano-USD in fields called `*_nano`, ids as
//! strings, tokens as numbers. Requests refuse unknown fields; answers may gain some, so readers must not.

pub mod accounts;
pub mod auth;
pub mod billing;
pub mod books;
pub mod budgets;
pub mod captures;
pub mod check;
mod day;
pub mod exports;
pub mod groups;
pub mod ids;
pub mod invoices;
pub mod keys;
pub mod ledger;
pub mod margin;
pub mod money;
pub mod notices;
pub mod page;
pub mod payments;
pub mod periods;
pub mod plans;
pub mod platform;
pub mod policies;
pub mod prices;
pub mod problem;
pub mod proxies;
pub mod receipts;
pub mod reconcile;
pub mod reports;
pub mod requests;
pub mod rules;
pub mod schedule;
pub mod stats;
pub mod tenants;
pub mod users;
pub mod vouchers;
