//! Tests of what all formats share.

mod error;
mod fates;
mod found;
mod json;
mod pairs;
mod speed;
mod sse;

use bytes::Bytes;

/// Cuts bytes into chunks of these lengths, over and over; a length of 0 is an empty chunk.
pub(crate) fn chunks(bytes: &[u8], lengths: &[usize]) -> Vec<Bytes> {
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut chunks = Vec::new();
    let mut lengths = lengths.iter().cycle();
    let mut empty = 0;
    while !rest.is_empty() {
        let length = (*lengths.next().expect("a length")).min(rest.len());
        empty = if length == 0 { empty + 1 } else { 0 };
        // Zeros alone would never come to the end.
        chunks.push(rest.split_to(if empty > 8 { 1 } else { length }));
    }
    chunks
}
