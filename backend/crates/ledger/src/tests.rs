//! The ledger against a real PostgreSQL: each test in a database of its own.

mod ages;
mod budgets;
mod closing;
mod credits;
mod defects;
mod leases;
mod letters;
mod lost;
mod million;
mod nodes;
mod owner;
mod papers;
mod periods;
mod repricing;
mod repricing_costs;
mod retaining;
mod rollups;
mod sealing;
mod settling;
mod speed;
mod sums;
pub(crate) mod support;
mod ties;
mod verifying;
mod waiting;
mod wallet;
