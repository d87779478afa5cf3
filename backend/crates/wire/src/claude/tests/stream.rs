//! Streams: what they cost, how they end, and that no chunking matters.

use super::usage;
use crate::fault::StreamFault;
use crate::scan::Scan;
use crate::sse::EVENT_MAX;
use crate::tests::chunks;
use bytes::Bytes;
use proptest::prelude::*;

/// A stream as Anthropic sends it.
pub(super) const STREAM: &str = concat!(
    "event: message_start\n",
    r#"data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":30,"cache_read_input_tokens":17,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":1,"service_tier":"standard"}}}"#,
    "\n\nevent: content_block_start\n",
    r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    "\n\nevent: ping\n",
    r#"data: {"type":"ping"}"#,
    "\n\nevent: content_block_delta\n",
    r#"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüß"}}"#,
    "\n\nevent: content_block_delta\n",
    r#"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" \"dich\"\n\u4f60"}}"#,
    "\n\nevent: content_block_stop\n",
    r#"data: {"type":"content_block_stop","index":0}"#,
    "\n\n: a comment, and an event of tomorrow\nevent: tomorrow\n",
    r#"data: {"type":"tomorrow","usage":{"output_tokens":999}}"#,
    "\n\nevent: content_block_delta\n",
    r#"data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
    "\n\nevent: content_block_delta\n",
    r#"data: {"type":"content_block_delta","index":2,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
    "\n\nevent: message_delta\n",
    r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":21}}"#,
    "\n\nevent: message_stop\n",
    r#"data: {"type":"message_stop"}"#,
    "\n\n",
);
/// `Grüß`, ` "dich"␤你`, `{"a":`, `hm`.
const TEXT_BYTES: u64 = 6 + 11 + 5 + 2;

fn push(scan: &mut Scan, text: &str) -> String {
    let pushed = scan
        .push(Bytes::copy_from_slice(text.as_bytes()))
        .expect("no fault");
    String::from_utf8(pushed.forward.to_vec()).expect("UTF-8")
}

fn scan(text: &str) -> Scan {
    let mut scan = Scan::claude();
    push(&mut scan, text);
    scan
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

#[test]
fn a_whole_stream_passes_untouched_and_is_exact() {
    let mut scan = Scan::claude();
    let chunk = Bytes::from_static(STREAM.as_bytes());
    let pushed = scan.push(chunk.clone()).expect("no fault");
    assert_eq!(
        (pushed.forward.as_ptr(), pushed.forward.len()),
        (chunk.as_ptr(), chunk.len())
    );
    assert!(pushed.last && scan.is_complete() && scan.is_exact() && scan.has_usage());
    assert_eq!(scan.usage(), usage([25, 21, 10, 20, 17]));
    assert_eq!(
        (scan.estimated_output(), scan.error(), scan.pending()),
        (21, None, 0)
    );
}

#[test]
fn a_cut_stream_is_estimated_from_the_text_that_was_seen() {
    let cut = STREAM.find("event: message_delta").expect("it is there");
    let scan = scan(&STREAM[..cut + 30]);
    assert!(!scan.is_complete() && !scan.is_exact() && scan.has_usage());
    assert_eq!(scan.pending(), 30);
    assert_eq!(scan.usage(), usage([25, 1, 10, 20, 17]));
    assert_eq!(scan.estimated_output(), TEXT_BYTES.div_ceil(3));
    assert_eq!(scan.estimated_usage(), usage([25, 8, 10, 20, 17]));
}

#[test]
fn the_last_events_are_told_apart() {
    let mut scan = Scan::claude();
    let stop = STREAM.find("event: message_stop").expect("it is there");
    let before = scan
        .push(Bytes::from_static(&STREAM.as_bytes()[..stop + 9]))
        .expect("no fault");
    assert_eq!((before.forward.len(), before.last), (stop, false));
    let last = scan
        .push(Bytes::from_static(&STREAM.as_bytes()[stop + 9..]))
        .expect("no fault");
    assert_eq!((&last.forward[..], last.last), (&STREAM.as_bytes()[stop..], true));
}

#[test]
fn what_follows_the_last_event_is_dropped() {
    let more = event(
        "content_block_delta",
        r#"{"type":"content_block_delta","delta":{"text":"more"}}"#,
    );
    let mut scan = Scan::claude();
    assert_eq!(push(&mut scan, &format!("{STREAM}{more}")), STREAM);
    let after = scan
        .push(Bytes::from(vec![b'x'; EVENT_MAX + 1]))
        .expect("no fault");
    assert_eq!((after.forward.len(), after.last, scan.pending()), (0, true, 0));
    assert_eq!(scan.estimated_output(), 21);
}

#[test]
fn later_figures_stand_for_earlier_ones_and_count_once() {
    let start = |usage: &str| {
        event(
            "message_start",
            &format!(r#"{{"type":"message_start","message":{{"usage":{usage}}}}}"#),
        )
    };
    let delta = |usage: &str| {
        event(
            "message_delta",
            &format!(r#"{{"type":"message_delta","usage":{usage}}}"#),
        )
    };
    let full =
        r#"{"input_tokens":5,"cache_read_input_tokens":7,"cache_creation_input_tokens":9,"output_tokens":1}"#;
    for (later, expected) in [
        (full.to_owned(), [5, 1, 9, 0, 7]),
        (r#"{"output_tokens":40}"#.to_owned(), [5, 40, 9, 0, 7]),
        // With server tools, input grows while the answer is made.
        (
            r#"{"input_tokens":50,"cache_read_input_tokens":70,"output_tokens":40}"#.to_owned(),
            [50, 40, 9, 0, 70],
        ),
        // Upstreams that fill what they do not know.
        (
            r#"{"input_tokens":0,"cache_read_input_tokens":0,"output_tokens":40}"#.to_owned(),
            [5, 40, 9, 0, 7],
        ),
        (
            r#"{"input_tokens":null,"output_tokens":40}"#.to_owned(),
            [5, 40, 9, 0, 7],
        ),
        (r#"{"output_tokens":0}"#.to_owned(), [5, 0, 9, 0, 7]),
    ] {
        let once = scan(&[start(full), delta(&later)].concat());
        assert_eq!(once.usage(), usage(expected), "{later}");
        let twice = scan(&[start(full), start(full), delta(&later), delta(&later)].concat());
        assert_eq!(twice.usage(), usage(expected), "{later}");
    }
    // Input that is only told at the end.
    let late = scan(&[start("{}"), delta(r#"{"input_tokens":5,"output_tokens":6}"#)].concat());
    assert_eq!((late.usage(), late.has_usage()), (usage([5, 6, 0, 0, 0]), true));
    let compaction = r#"{"output_tokens":40,"iterations":[{"type":"compaction","input_tokens":100,"output_tokens":20},{"type":"message","output_tokens":40}]}"#;
    let compacted = scan(&[start(full), delta(compaction), delta(compaction)].concat());
    assert_eq!(compacted.usage(), usage([105, 60, 9, 0, 7]));
}

#[test]
fn a_stream_that_never_told_its_output_is_not_exact() {
    let start = event(
        "message_start",
        r#"{"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1}}}"#,
    );
    let stop = event("message_stop", r#"{"type":"message_stop"}"#);
    let untold = scan(&[start.as_str(), stop.as_str()].concat());
    assert!(untold.is_complete() && !untold.is_exact());
    let nothing = scan(&stop);
    assert!(nothing.is_complete() && !nothing.is_exact() && !nothing.has_usage());
}

#[test]
fn text_is_counted_alike_however_a_delta_is_written() {
    let delta = |data: &str| scan(&event("content_block_delta", data)).estimated_output();
    for data in [
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"twelve bytes"}}"#,
        r#"{"type":"content_block_delta","index":17,"delta":{"type":"text_delta","text":"twelve bytes"}     }"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"twelve\nbytes"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"twelve bytes","x":"}}"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"twelve bytes"},"text":"x"}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"twelve bytes"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"twelve bytes"}}"#,
        r#"{ "delta": { "text": "twelve bytes", "type": "text_delta" }, "index": 0, "type": "content_block_delta" }"#,
    ] {
        assert_eq!(delta(data), 4, "{data}");
    }
}

#[test]
fn the_type_is_found_wherever_it_stands() {
    let data = r#"{"delta":{},"usage":{"output_tokens":7},"type":"message_delta"}"#;
    let spaced = r#"{ "type" : "message_delta", "usage": {"output_tokens": 7} }"#;
    for stream in [
        format!("data: {data}\n\n"),
        format!("data:{data}\n\n"),
        format!("data: {data}\nevent: message_delta\nid: 1\n\n"),
        format!("\u{feff}event: message_delta\ndata: {data}\n\n"),
        format!("data: {spaced}\n\n"),
        format!(
            "event: message\ndata: {}\n\n",
            spaced.replacen("{ \"type\" :", "{\"type\":", 1)
        ),
        event("message_delta", &data.replace(",\"type\":\"message_delta\"", "")),
        format!("data: {}\n\n", data.replace(",\"type\"", ",\ndata: \"type\"")),
        format!(": x\r\ndata: {data}\r\n\r\n"),
        format!("data: {data}\r\r"),
    ] {
        assert_eq!(scan(&stream).usage().output, 7, "{stream}");
    }
    // A type within is not the event's.
    let within = r#"{"delta":{"type":"message_stop"},"index":0,"type":"content_block_delta"}"#;
    assert!(!scan(&format!("data: {within}\n\n")).is_complete());
}

#[test]
fn an_error_event_is_kept_in_the_upstreams_words() {
    let stream = event(
        "error",
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
    );
    let error = scan(&stream).error().cloned().expect("an error");
    assert_eq!(
        (error.kind.as_str(), error.message.as_str()),
        ("overloaded_error", "Overloaded")
    );
    let garbled = scan(&event("error", "no json"));
    assert_eq!(garbled.error().expect("an error").kind, "");
    assert!(!garbled.is_complete());
}

#[test]
fn figures_that_cannot_be_read_end_the_stream() {
    for data in [
        r#"{"type":"message_delta","usage":{"output_tokens":-5}}"#,
        r#"{"type":"message_delta","usage":{"output_tokens":1e9}}"#,
        r#"{"type":"message_delta","usage":7}"#,
        r#"{"type":"message_delta","usage":{"output_tokens":7}"#,
        r#"{"type":"message_start","message":{"usage":{"input_tokens":"many"}}}"#,
        r#"{"type":"message_start","message":{"usage":{"input_tokens":99999999999}}}"#,
    ] {
        let fault = Scan::claude()
            .push(Bytes::from(event("x", data)))
            .expect_err("a fault");
        assert!(matches!(fault, StreamFault::BadEvent { .. }), "{data}: {fault}");
    }
    // Text that can't be read costs nothing and harms nobody.
    assert_eq!(
        scan(&event("content_block_delta", "{broken")).estimated_output(),
        0
    );
}

#[test]
fn a_whole_event_over_the_limit_is_a_fault_as_well() {
    let long = event("x", &"x".repeat(EVENT_MAX));
    let at_once = Scan::claude().push(Bytes::from(long.clone()));
    assert!(matches!(at_once, Err(StreamFault::EventTooLong(_))));
    let mut scan = Scan::claude();
    let in_pieces = chunks(long.as_bytes(), &[1 << 20])
        .into_iter()
        .find_map(|chunk| scan.push(chunk).err());
    assert!(matches!(in_pieces, Some(StreamFault::EventTooLong(_))));
}

/// Everything a scan can tell after a stream in these chunks.
fn told(pieces: Vec<Bytes>) -> (Vec<u8>, bool, String) {
    let mut scan = Scan::claude();
    let (mut out, mut last) = (Vec::new(), false);
    for piece in pieces {
        let pushed = scan.push(piece).expect("no fault");
        out.extend_from_slice(&pushed.forward);
        last = pushed.last;
        assert_eq!(last, scan.is_complete());
    }
    let facts = format!(
        "{:?} {} {} {} {} {:?} {}",
        scan.usage(),
        scan.billed_beside_tokens(),
        scan.is_complete(),
        scan.is_exact(),
        scan.estimated_output(),
        scan.error(),
        scan.pending()
    );
    (out, last, facts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_chunking_tells_the_same(
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        bom in any::<bool>(),
        cut in 0..STREAM.len() + 400,
        lengths in prop::collection::vec(0..400_usize, 1..8),
        small in any::<bool>(),
    ) {
        let mut stream = STREAM.replace('\n', end).into_bytes();
        if bom {
            stream.splice(..0, *b"\xef\xbb\xbf");
        }
        stream.truncate(cut);
        let lengths: Vec<usize> = lengths.into_iter().map(|length| if small { length % 4 } else { length }).collect();
        let at_once = told(vec![Bytes::from(stream.clone())]);
        let in_pieces = told(chunks(&stream, &lengths));
        prop_assert_eq!(&in_pieces, &at_once);
        if at_once.1 {
            prop_assert_eq!(in_pieces.0, stream);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6)) {
        let mut scan = Scan::claude();
        for piece in pieces {
            let _ = scan.push(Bytes::from(piece));
        }
    }

    #[test]
    fn no_damage_to_a_stream_makes_it_panic(at in 0..STREAM.len(), byte in any::<u8>()) {
        let mut stream = STREAM.as_bytes().to_vec();
        stream[at] = byte;
        let mut scan = Scan::claude();
        let _ = scan.push(Bytes::from(stream));
        prop_assert!(scan.usage().input_total() <= 4_000_000_000);
    }
}
