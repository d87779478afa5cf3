//! Any bytes as a stream of Claude's, in any chunks: no panic, and the chunks make no difference, whether it passes or
//! is translated. The first byte says how long they are.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use tollgate_wire::claude::{StreamReader, StreamWriter};
use tollgate_wire::model::{Context, StreamEvent};
use tollgate_wire::scan::Scan;
use tollgate_wire::sse::{EventSplitter, Events};

fn told(chunks: impl Iterator<Item = Bytes>) -> Option<(Vec<u8>, Scan)> {
    let mut scan = Scan::claude();
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend_from_slice(&scan.push(chunk).ok()?.forward);
    }
    Some((out, scan))
}

fn translated(chunks: impl Iterator<Item = Bytes>) -> (Vec<StreamEvent>, Vec<u8>) {
    let (mut splitter, mut reader) = (EventSplitter::new(), StreamReader::default());
    let mut writer = StreamWriter::new(Context::default());
    let (mut events, mut out, mut begins) = (Vec::new(), Vec::new(), true);
    'chunks: for chunk in chunks {
        let Ok(whole) = splitter.push(chunk) else { break };
        for event in Events::new(&whole, begins) {
            let first = events.len();
            let read = reader.read(event.name, &event.data(), &mut events);
            events
                .iter()
                .skip(first)
                .for_each(|event| writer.write(event, &mut out));
            if read.is_err() {
                break 'chunks;
            }
        }
        begins &= whole.is_empty();
    }
    (events, out)
}

fuzz_target!(|data: &[u8]| {
    let Some((length, stream)) = data.split_first() else {
        return;
    };
    let stream = Bytes::copy_from_slice(stream);
    let length = usize::from(*length).max(1);
    let pieces = || {
        (0..stream.len())
            .step_by(length)
            .map(|at| stream.slice(at..stream.len().min(at + length)))
    };
    match (told(std::iter::once(stream.clone())), told(pieces())) {
        (Some((out, scan)), Some((other_out, other))) => {
            assert_eq!(
                (out, scan.usage(), scan.is_exact()),
                (other_out, other.usage(), other.is_exact())
            );
            assert_eq!(scan.estimated_output(), other.estimated_output());
        }
        (at_once, in_pieces) => assert_eq!(at_once.is_none(), in_pieces.is_none()),
    }
    assert_eq!(translated(std::iter::once(stream.clone())), translated(pieces()));
});
