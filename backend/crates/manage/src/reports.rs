//! Reports: usage over any range in any zone, by what one likes. They read the rollups that settlement keeps, never the
//! events, and all queries of one call see one moment, so that every figure ties.

mod compare;
mod pieces;
mod plan;
mod range;
pub(crate) mod routes;
mod rows;
mod service;
mod store;
mod sums;

pub(crate) use routes::mount;
pub(crate) use store::{Filter, requests_between, run_in_memory};
