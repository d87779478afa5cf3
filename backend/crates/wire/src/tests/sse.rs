//! Events and their bounds.

use super::chunks;
use crate::sse::{EVENT_MAX, EventSplitter, EventTooLong, Events};
use bytes::Bytes;
use proptest::prelude::*;

/// (name, data) of all events in bytes.
fn fields(bytes: &[u8]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Events::new(bytes, true)
        .map(|event| (text(event.name), text(&event.data())))
        .collect()
}

fn event(name: &str, data: &str) -> (String, String) {
    (name.to_owned(), data.to_owned())
}

/// What came out in all, what is held, and whether any piece ended in the middle of an event.
fn pushed(pieces: Vec<Bytes>) -> (Vec<u8>, usize) {
    let mut splitter = EventSplitter::new();
    let mut out = Vec::new();
    for piece in pieces {
        let whole = splitter.push(piece).expect("short");
        if !whole.is_empty() {
            assert_eq!(EventSplitter::new().push(whole.clone()), Ok(whole.clone()));
        }
        out.extend_from_slice(&whole);
    }
    (out, splitter.pending())
}

#[test]
fn fields_are_read_as_the_standard_says() {
    for (stream, expected) in [
        ("event: a\ndata: 1\n\n", vec![event("a", "1")]),
        ("data: 1\nevent: a\n\n", vec![event("a", "1")]),
        ("data:1\n\ndata:  2\n\n", vec![event("", "1"), event("", " 2")]),
        ("data: 1\ndata: 2\ndata\ndata:\n\n", vec![event("", "1\n2\n\n")]),
        ("\u{feff}data: 1\n\n", vec![event("", "1")]),
        (": comment\n\n\n\ndata: 1\n\n", vec![event("", "1")]),
        (
            ": comment\nid: 7\nretry: 1\ndata: 1\nunknown\n\n",
            vec![event("", "1")],
        ),
        ("event: a\nevent: b\ndata: 1\n\n", vec![event("b", "1")]),
        (
            "event: a\r\ndata: 1\r\ndata: 2\r\n\r\ndata: 3\r\n\r\n",
            vec![event("a", "1\n2"), event("", "3")],
        ),
        (
            "event: a\rdata: 1\r\revent: b\r\r",
            vec![event("a", "1"), event("b", "")],
        ),
        (
            "event: a\rdata: 1\n\rdata: 2\r\n\n",
            vec![event("a", "1"), event("", "2")],
        ),
        ("datax: 1\nevents: 2\n\n", vec![]),
        ("data: never ends\n", vec![]),
    ] {
        assert_eq!(fields(stream.as_bytes()), expected, "{stream:?}");
    }
}

#[test]
fn a_chunk_that_ends_with_an_event_passes_without_a_copy() {
    let mut splitter = EventSplitter::new();
    let chunk = Bytes::from_static(b"data: 1\n\ndata: 2\n\n");
    let whole = splitter.push(chunk.clone()).expect("short");
    assert_eq!(whole.as_ptr(), chunk.as_ptr());
    assert_eq!((whole.len(), splitter.pending()), (chunk.len(), 0));
}

#[test]
fn only_whole_events_come_out() {
    let mut splitter = EventSplitter::new();
    let mut push = |text: &'static str| {
        let whole = splitter.push(Bytes::from_static(text.as_bytes())).expect("short");
        (
            String::from_utf8(whole.to_vec()).expect("UTF-8"),
            splitter.pending(),
        )
    };
    assert_eq!(push("data: 1\n\ndata: "), ("data: 1\n\n".to_owned(), 6));
    assert_eq!(push("2\n"), (String::new(), 8));
    assert_eq!(push("data: 3"), (String::new(), 15));
    assert_eq!(push("\n\nda"), ("data: 2\ndata: 3\n\n".to_owned(), 2));
    assert_eq!(push("ta: 4\r\n"), (String::new(), 9));
    assert_eq!(push("\r"), ("data: 4\r\n\r".to_owned(), 0));
    assert_eq!(push("\n"), ("\n".to_owned(), 0));
    assert_eq!(push("data: 5\r"), (String::new(), 8));
    assert_eq!(push("\r"), ("data: 5\r\r".to_owned(), 0));
}

#[test]
fn a_large_event_that_was_given_out_leaves_no_memory_behind() {
    for (end, held) in [("\n\n", 0), ("\n\ndata: the next", 14)] {
        let mut splitter = EventSplitter::new();
        for _ in 0..16 {
            splitter.push(Bytes::from(vec![b'x'; 64 << 10])).expect("short");
        }
        let whole = splitter.push(Bytes::from_static(end.as_bytes())).expect("short");
        assert_eq!((whole.len(), splitter.pending()), ((1 << 20) + 2, held));
        // The splitter has no part in that buffer any more: it is free when the event is sent.
        assert!(whole.is_unique(), "{end:?}");
    }
}

#[test]
fn an_event_without_an_end_is_held_no_longer_than_the_limit() {
    let mut splitter = EventSplitter::new();
    let piece = Bytes::from(vec![b'x'; 64 << 10]);
    let mut held = 0;
    let fault = loop {
        match splitter.push(piece.clone()) {
            Ok(whole) => {
                assert!(whole.is_empty());
                held += piece.len();
                assert_eq!(splitter.pending(), held);
                assert!(held <= EVENT_MAX);
            }
            Err(fault) => break fault,
        }
    };
    assert_eq!((fault, held), (EventTooLong, EVENT_MAX));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_chunking_gives_the_same_events(
        parts in prop::collection::vec(
            prop::sample::select(vec!["\n", "\r", "\r\n", "\n\n", "data: 1", "data: ü", "event: e", ": c", "x", "\u{feff}"]),
            0..40,
        ),
        lengths in prop::collection::vec(0..9_usize, 1..8),
    ) {
        let stream = parts.concat();
        let (at_once, held_at_once) = pushed(vec![Bytes::from(stream.clone().into_bytes())]);
        let (out, held) = pushed(chunks(stream.as_bytes(), &lengths));
        prop_assert_eq!(&out, &at_once);
        prop_assert_eq!(held, held_at_once);
        prop_assert_eq!(out.len() + held, stream.len());
        // Whatever is held has no event in it.
        prop_assert_eq!(fields(&out), fields(stream.as_bytes()));
        if let Some(last) = Events::new(&out, true).last() {
            prop_assert!(last.end <= out.len());
        }
    }
}
