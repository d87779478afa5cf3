//! The ledger against a real PostgreSQL: each test in a database of its own.

mod budgets;
mod credits;
mod leases;
mod lost;
mod nodes;
mod periods;
mod settling;
mod speed;
mod support;
mod verifying;
mod waiting;
mod wallet;
