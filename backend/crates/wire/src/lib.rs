//! The AI formats as they stand on the wire: what a request asks for, what an answer cost, where an event ends, what a
//! refusal looks like. Pure functions and small state machines over bytes; every limit is a named constant.
//! Never in here: async, sockets, HTTP, clocks, prices, and panics (slicing is denied: all bytes come from strangers).
//!
//! [`claude`] knows Anthropic's Messages format; [`sse`] splits any stream into events; [`usage`] holds the figures that
//! are billed; [`error`] is the one table of refusals.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

pub mod claude;
pub mod error;
mod json;
pub mod sse;
pub mod usage;

#[cfg(test)]
mod tests;
