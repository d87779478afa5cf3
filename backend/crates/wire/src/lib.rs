//! The AI formats as they stand on the wire: what a request asks for, what an answer cost, where an event ends, what a
//! refusal looks like. Pure functions and small state machines over bytes; every limit is a named constant.
//! Never in here: async, sockets, HTTP, clocks, prices, and panics (slicing is denied: all bytes come from strangers).
//!
//! Each format has a module: [`claude`], [`openai_chat`], [`openai_responses`], [`gemini`], [`converse`]; [`model`] is the
//! neutral conversation between them. [`scan`] reads what only passes; [`sse`] splits any stream into events;
//! [`usage`] holds the figures that are billed; [`error`] is the one table of refusals.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

pub mod bedrock;
pub mod claude;
pub mod converse;
pub mod error;
pub mod event_stream;
pub mod facts;
pub mod fault;
mod fields;
pub mod format;
pub mod gemini;
mod json;
mod limit;
pub mod model;
pub mod objects;
pub mod openai_chat;
pub mod openai_responses;
pub mod scan;
pub mod sse;
pub mod table;
pub mod translate;
pub mod tree;
pub mod usage;
mod write;

#[cfg(test)]
mod tests;
