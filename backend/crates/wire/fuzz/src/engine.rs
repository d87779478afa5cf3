//! Between libFuzzer's calls and `mutate`. Half of all changes are libFuzzer's own, so that bytes that are no JSON come as
//! well. Never in here: what a change is.

use crate::mutate::Chance;
use libfuzzer_sys::fuzzer_mutate;

/// Changes `data[..size]` in place and gives the new length.
pub fn mutate(
    change: fn(&[u8], &mut Chance) -> Option<Vec<u8>>,
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
) -> usize {
    let mut chance = Chance::new(seed.into());
    let changed = if chance.below(4) == 0 {
        None
    } else {
        change(&data[..size], &mut chance)
    };
    match changed.filter(|changed| changed.len() <= max_size) {
        Some(changed) => put(&changed, data),
        None => fuzzer_mutate(data, size, max_size),
    }
}

/// Makes one input of two in `out` and gives its length; 0 if there is no way.
pub fn cross(
    cross: fn(&[u8], &[u8], &mut Chance) -> Option<Vec<u8>>,
    one: &[u8],
    other: &[u8],
    out: &mut [u8],
    seed: u32,
) -> usize {
    let crossed = cross(one, other, &mut Chance::new(seed.into()));
    crossed
        .filter(|crossed| crossed.len() <= out.len())
        .map_or(0, |crossed| put(&crossed, out))
}

fn put(from: &[u8], into: &mut [u8]) -> usize {
    into[..from.len()].copy_from_slice(from);
    from.len()
}
