//! The management API's types, shared by server and single-page application: one file per noun.
//! Serde and validator only; never I/O, id generation or anything that does not compile to WebAssembly.

pub mod ids;
