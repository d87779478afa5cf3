//! Requests in Claude's format: see `tollgate_wire_fuzz::request`.

#![no_main]

use libfuzzer_sys::{fuzz_crossover, fuzz_mutator, fuzz_target};
use tollgate_wire::format::ClientFormat;
use tollgate_wire_fuzz::{engine, mutate, request};

fuzz_target!(|data: &[u8]| request::check(ClientFormat::Claude, data));
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    engine::mutate(mutate::json, data, size, max_size, seed)
});
fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    engine::cross(mutate::cross, one, other, out, seed)
});
