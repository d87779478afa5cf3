//! Frames of an AWS event stream: see `tollgate_wire_fuzz::frames`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_wire_fuzz::frames;

fuzz_target!(|data: &[u8]| frames::check(data));
