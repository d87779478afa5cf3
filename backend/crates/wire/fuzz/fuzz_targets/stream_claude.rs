//! Streams in Claude's format, bare and in Bedrock's frames: see `tollgate_wire_fuzz::stream`.

#![no_main]

use libfuzzer_sys::{fuzz_crossover, fuzz_mutator, fuzz_target};
use tollgate_wire::format::Dialect;
use tollgate_wire_fuzz::{engine, mutate, stream};

fuzz_target!(|data: &[u8]| stream::check(Dialect::Claude, data));
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    engine::mutate(mutate::events, data, size, max_size, seed)
});
fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    engine::cross(mutate::cross_events, one, other, out, seed)
});
