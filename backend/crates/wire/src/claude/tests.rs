//! Tests of Claude's format, on samples made by hand.

mod answer;
mod beside_tokens;
mod bound;
mod build;
mod conversation;
mod error;
mod facts;
mod fields;
mod golden;
mod golden_answers;
mod golden_requests;
mod model;
mod output;
mod properties;
mod refusals;
mod session;
mod speed;
mod strategies;
mod stream;
mod translation;

use crate::usage::Usage;

/// Figures in the order input, output, 5-minute writes, 1-hour writes, reads.
fn usage(figures: [u64; 5]) -> Usage {
    let [input, output, cache_write_5m, cache_write_1h, cache_read] = figures;
    Usage {
        input,
        output,
        cache_write_5m,
        cache_write_1h,
        cache_read,
        ..Usage::default()
    }
}
