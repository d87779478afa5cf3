//! The ledger against a real PostgreSQL: each test in a database of its own.

mod credits;
mod leases;
mod nodes;
mod settling;
mod speed;
mod support;
mod verifying;
