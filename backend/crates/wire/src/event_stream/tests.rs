//! Frames against an independent encoder, in any chunks, and broken in every way.

use super::*;
use crate::tests::chunks;
use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use proptest::prelude::*;

/// A frame by AWS's own encoder.
fn theirs(headers: Vec<Header>, payload: &[u8]) -> Vec<u8> {
    let message = Message::new_from_parts(headers, payload.to_vec());
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).expect("a frame");
    bytes
}

fn text(name: &'static str, value: &str) -> Header {
    Header::new(name, HeaderValue::String(value.to_owned().into()))
}

fn pushed(bytes: &[u8], lengths: &[usize]) -> Result<Vec<Frame>, StreamFault> {
    let mut splitter = FrameSplitter::new();
    let mut frames = Vec::new();
    for chunk in chunks(bytes, lengths) {
        frames.extend(splitter.push(chunk)?);
    }
    assert_eq!(splitter.pending(), 0);
    Ok(frames)
}

fn why(result: Result<Vec<Frame>, StreamFault>) -> String {
    result.expect_err("a fault").to_string()
}

#[test]
fn frames_of_another_encoder_are_read() {
    let mut bytes = theirs(
        vec![
            text(":event-type", "chunk"),
            text(":content-type", "application/json"),
            text(":message-type", "event"),
        ],
        b"{\"bytes\":\"e30=\"}",
    );
    // Every type of value that the encoding has.
    bytes.extend(theirs(
        vec![
            Header::new("yes", HeaderValue::Bool(true)),
            Header::new("no", HeaderValue::Bool(false)),
            Header::new("byte", HeaderValue::Byte(-1)),
            Header::new("short", HeaderValue::Int16(2)),
            Header::new("int", HeaderValue::Int32(3)),
            Header::new("long", HeaderValue::Int64(4)),
            Header::new("bytes", HeaderValue::ByteArray(Bytes::from_static(b"\xff\0"))),
            Header::new(
                "time",
                HeaderValue::Timestamp(aws_smithy_types::DateTime::from_secs(5)),
            ),
            Header::new("uuid", HeaderValue::Uuid(6)),
            text(":message-type", "exception"),
            text(":exception-type", "throttlingException"),
        ],
        b"{\"message\":\"slow down\"}",
    ));
    bytes.extend(theirs(
        vec![
            text(":message-type", "error"),
            text(":error-code", "InternalFailure"),
            text(":error-message", "a \"fault\""),
        ],
        b"",
    ));
    let frames = pushed(&bytes, &[bytes.len()]).expect("frames");
    let expected = [
        (MessageType::Event, "chunk", "", "{\"bytes\":\"e30=\"}", "chunk"),
        (
            MessageType::Exception,
            "",
            "throttlingException",
            "{\"message\":\"slow down\"}",
            "exception:throttlingException",
        ),
        (
            MessageType::Error,
            "",
            "InternalFailure",
            "{\"message\":\"a \\\"fault\\\"\"}",
            "exception:InternalFailure",
        ),
    ];
    assert_eq!(frames.len(), expected.len());
    for (frame, (message_type, event_type, exception_type, payload, name)) in frames.iter().zip(expected) {
        assert_eq!(frame.message_type, message_type);
        assert_eq!(frame.event_type, event_type);
        assert_eq!(frame.exception_type, exception_type);
        assert_eq!(frame.payload, payload);
        assert_eq!(frame.name(), name);
    }
}

#[test]
fn frames_are_written_as_another_decoder_reads_them() {
    let frame = encode_event("messageStart", b"{\"role\":\"assistant\"}");
    let read = read_message_from(&mut frame.as_slice()).expect("a frame");
    assert_eq!(read.payload().as_ref(), b"{\"role\":\"assistant\"}");
    let names: Vec<_> = read
        .headers()
        .iter()
        .map(|header| header.name().as_str())
        .collect();
    assert_eq!(names, [":event-type", ":content-type", ":message-type"]);
    assert_eq!(
        frame,
        theirs(
            vec![
                text(":event-type", "messageStart"),
                text(":content-type", "application/json"),
                text(":message-type", "event"),
            ],
            b"{\"role\":\"assistant\"}",
        )
    );
}

proptest! {
    #[test]
    fn any_chunks_give_the_same_frames(
        events in prop::collection::vec(("[a-zA-Z]{1,12}", prop::collection::vec(any::<u8>(), 0..200)), 1..6),
        lengths in prop::collection::vec(0_usize..40, 1..8),
    ) {
        let bytes: Vec<u8> = events
            .iter()
            .flat_map(|(name, payload)| {
                theirs(vec![Header::new(":event-type", HeaderValue::String(name.clone().into()))], payload)
            })
            .collect();
        let frames = pushed(&bytes, &lengths).expect("frames");
        let read: Vec<_> = frames.iter().map(|frame| (frame.event_type.clone(), frame.payload.to_vec())).collect();
        prop_assert_eq!(read, events);
    }

    #[test]
    fn strange_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = FrameSplitter::new().push(bytes.into());
    }

    #[test]
    fn a_flipped_bit_is_seen(at in 0_usize..1000, bit in 0_u8..8) {
        let mut bytes = encode_event("chunk", b"{\"bytes\":\"e30=\",\"p\":\"abcd\"}");
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert!(FrameSplitter::new().push(bytes.into()).is_err());
    }
}

/// A frame of these lengths, its checksums right.
fn forged(total: u32, headers: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = [total.to_be_bytes(), headers.to_be_bytes()].concat();
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

#[test]
fn what_can_not_be_is_refused_at_once() {
    let long = forged(u32::try_from(FRAME_MAX).unwrap() + 1, 0, b"");
    assert_eq!(
        why(pushed(&long[..12], &[12])),
        "a frame of the event stream is broken: it is too long"
    );
    for (total, headers) in [(15, 0), (16, 1), (20, u32::MAX), (0, 0)] {
        let bytes = forged(total, headers, b"");
        assert_eq!(
            why(pushed(&bytes, &[bytes.len()])),
            "a frame of the event stream is broken: its lengths can't be"
        );
    }
    // Cut within a name, within a value, an unknown type of value, a string that is no UTF-8.
    for headers in [
        &b"\x05ab"[..],
        b"\x01a\x07\x00\x05x",
        b"\x01a\x0a",
        b"\x01a\x07\x00\x01\xff",
        b"\x01a",
    ] {
        let length = u32::try_from(headers.len()).unwrap();
        let bytes = forged(16 + length, length, headers);
        assert_eq!(
            why(pushed(&bytes, &[bytes.len()])),
            "a frame of the event stream is broken: its headers can't be read"
        );
    }
    let bytes = encode(&[(":message-type", "news")], b"");
    assert_eq!(
        why(pushed(&bytes, &[bytes.len()])),
        "a frame of the event stream is broken: its message type is not known"
    );
}

/// Copied anew with each piece it would take minutes.
#[test]
fn a_long_frame_in_small_pieces_is_put_together_once() {
    let frame = encode_event("chunk", &vec![b'x'; FRAME_MAX - 200]);
    let frames = pushed(&frame, &[64]).expect("a frame");
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].payload.len(), FRAME_MAX - 200);
}

#[test]
fn what_is_held_is_told() {
    let frame = encode_event("chunk", b"{}");
    let mut splitter = FrameSplitter::new();
    let (some, rest) = frame.split_at(20);
    assert_eq!(splitter.push(Bytes::copy_from_slice(some)), Ok(Vec::new()));
    assert_eq!(splitter.pending(), 20);
    assert_eq!(
        splitter
            .push(Bytes::copy_from_slice(rest))
            .expect("a frame")
            .len(),
        1
    );
    assert_eq!(splitter.pending(), 0);
}
