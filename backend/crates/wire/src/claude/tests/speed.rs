//! What a stream and a request cost in time. Prints, asserts nothing: run with
//! `cargo test -p tollgate-wire --release -- --ignored --nocapture speed`.

use crate::claude::{conversation_key, read_facts};
use crate::scan::Scan;
use bytes::Bytes;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: u32 = 20_000;

/// A stream of 34 events of some 130 bytes, as the benchmark's upstream sends it.
fn events() -> Vec<Bytes> {
    let sample = super::stream::STREAM;
    let (head, tail) = sample.split_at(sample.find("event: content_block_delta").expect("it is there"));
    let tail = &tail[tail.find("event: content_block_stop").expect("it is there")..];
    let delta = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" some words here\"}}\n\n";
    let stream = [head, &delta.repeat(24), tail].concat();
    let parts = stream.split_inclusive("\n\n");
    parts
        .map(|part| Bytes::copy_from_slice(part.as_bytes()))
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "a measurement needs the real clock")]
fn timed(name: &str, rounds: u32, mut run: impl FnMut()) {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        for _ in 0..rounds {
            run();
        }
        best = best.min(began.elapsed() / rounds);
    }
    println!("{name}: {best:?}");
}

#[test]
#[ignore = "a measurement"]
fn streams_and_requests() {
    let events = events();
    let all = Bytes::from(events.concat());
    println!("{} events, {} bytes", events.len(), all.len());
    timed("stream in one burst", ROUNDS, || {
        let mut scan = Scan::claude();
        black_box(scan.push(black_box(all.clone())).expect("no fault"));
        assert!(scan.is_exact());
    });
    timed("stream event by event", ROUNDS, || {
        let mut scan = Scan::claude();
        for event in &events {
            black_box(scan.push(black_box(event.clone())).expect("no fault"));
        }
        assert!(scan.is_exact());
    });
    let halves: Vec<Bytes> = all.chunks(97).map(Bytes::copy_from_slice).collect();
    timed("stream in pieces of 97 bytes", ROUNDS, || {
        let mut scan = Scan::claude();
        for piece in &halves {
            black_box(scan.push(black_box(piece.clone())).expect("no fault"));
        }
        assert!(scan.is_exact());
    });
    let small = r#"{"model":"claude-sonnet-4-6","max_tokens":1000,"stream":true,"messages":[{"role":"user","content":"Hello, who are you?"}]}"#;
    timed("small request", ROUNDS, || {
        black_box(read_facts(black_box(small.as_bytes())).expect("a request"));
    });
    let block = r#"{"type":"text","text":"Some words of a prompt,\nin lines of usual length,\nwith a \"quote\" here and there."},"#.repeat(800);
    let large = format!(
        r#"{{"model":"m","max_tokens":32000,"messages":[{{"role":"user","content":[{block}{{"type":"text","text":"x"}}]}}]}}"#
    );
    timed(&format!("request of {} bytes", large.len()), 500, || {
        black_box(read_facts(black_box(large.as_bytes())).expect("a request"));
    });
    let facts = read_facts(large.as_bytes()).expect("a request");
    timed("its conversation key", 500, || {
        black_box(conversation_key(black_box(large.as_bytes()), &facts));
    });
}
