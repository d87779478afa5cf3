//! Amazon Bedrock's Converse format, which only upstreams speak: requests are written, answers, streams and errors are read
//! (Amazon Bedrock's API reference, "Converse" and "ConverseStream"). Claude's models take more than the others, in fields
//! of their own.
//! Never in here: what follows from a fault, and other formats.

mod answer;
mod blocks;
mod citation;
mod figures;
mod messages;
mod model;
mod request;
mod stream;
mod thinking;
mod tools;

pub use crate::bedrock::{read_count, read_error};
pub use answer::{read_answer, scan_answer};
pub use request::{write_count_request, write_request};
pub use stream::StreamReader;

#[cfg(test)]
mod tests;
