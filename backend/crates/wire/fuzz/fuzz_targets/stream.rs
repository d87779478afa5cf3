//! Any bytes as a stream, in any chunks: no panic, and the chunks make no difference. The first byte says how long they
//! are.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use tollgate_wire::claude::StreamScan;

fn told(chunks: impl Iterator<Item = Bytes>) -> Option<(Vec<u8>, StreamScan)> {
    let mut scan = StreamScan::new();
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend_from_slice(&scan.push(chunk).ok()?.forward);
    }
    Some((out, scan))
}

fuzz_target!(|data: &[u8]| {
    let Some((length, stream)) = data.split_first() else {
        return;
    };
    let stream = Bytes::copy_from_slice(stream);
    let length = usize::from(*length).max(1);
    let pieces = (0..stream.len())
        .step_by(length)
        .map(|at| stream.slice(at..stream.len().min(at + length)));
    let (at_once, in_pieces) = (told(std::iter::once(stream.clone())), told(pieces));
    match (at_once, in_pieces) {
        (Some((out, scan)), Some((other_out, other))) => {
            assert_eq!(
                (out, scan.usage(), scan.is_exact()),
                (other_out, other.usage(), other.is_exact())
            );
            assert_eq!(scan.estimated_output(), other.estimated_output());
        }
        (at_once, in_pieces) => assert_eq!(at_once.is_none(), in_pieces.is_none()),
    }
});
