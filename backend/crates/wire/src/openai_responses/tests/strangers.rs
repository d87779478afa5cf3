//! Bytes from strangers: no reader panics, whatever they are.

use super::folder;
use crate::model::{Context, Target};
use crate::openai_responses::{
    EventScan, StreamReader, StreamWriter, compact, read_answer, read_error, read_facts, read_request,
    scan_answer, websocket, write_answer, write_request,
};
use crate::sse::Events;
use proptest::prelude::*;

/// Gives them to every reader, and what is read to the writers.
fn read_all(bytes: &[u8]) {
    let _ = (
        read_facts(bytes),
        compact::read_facts(bytes),
        read_error(bytes),
        websocket::read_create(bytes),
    );
    if let Ok(request) = read_request(bytes) {
        let _ = write_request(
            &request,
            &Target {
                model: "m",
                max_output: 1,
            },
            &mut Vec::new(),
        );
    }
    assert!(read_answer(bytes).is_err() || scan_answer(bytes).is_ok());
    if let Ok(answer) = read_answer(bytes) {
        write_answer(&answer, &Context::default(), &mut Vec::new());
    }
    let (mut reader, mut scan, mut events) = (StreamReader::default(), EventScan::default(), Vec::new());
    for event in Events::new(bytes, true) {
        let data = event.data();
        if reader.read(event.name, &data, &mut events).is_err() || scan.event(event.name, &data).is_err() {
            break;
        }
    }
    let (mut writer, mut into) = (StreamWriter::new(Context::default()), Vec::new());
    for event in &events {
        writer.write(event, &mut into);
    }
}

/// All golden files; of those with JSON, what they hold beside the source.
fn samples() -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder()).unwrap();
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|kind| kind == "json") {
            super::golden(&name).into_bytes()
        } else {
            std::fs::read(path).unwrap()
        }
    };
    let mut samples: Vec<_> = files.map(|file| read(file.unwrap().path())).collect();
    samples.sort();
    samples
}

proptest! {
    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn samples_with_pieces_moved_never_panic(
        sample in prop::sample::select(samples()),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..40_usize), 1..6),
    ) {
        let mut bytes = sample;
        for (from, to, length) in cuts {
            let from = from.index(bytes.len());
            let piece: Vec<u8> = bytes[from..].iter().take(length).copied().collect();
            let to = to.index(bytes.len());
            let end = (to + length / 2).min(bytes.len());
            bytes.splice(to..end, piece);
            if bytes.is_empty() {
                bytes.push(b'{');
            }
        }
        read_all(&bytes);
    }
}
