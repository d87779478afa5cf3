//! One file per upstream platform: base URL, headers, signing, model name, how to read its limits.
//! Never in here: when to send, and what a client is told.

pub(crate) mod claude_console;
mod headers;
