//! Amazon's frames, taken apart by a reader and a checksum that share nothing with what wrote them.

use super::{events, headers, said, streamed};
use crate::harness::upstream::answer::{Answer, Usage};
use crate::harness::upstream::event_stream::{base64, exception};
use crate::harness::upstream::reply::{Body, Tells};
use crate::harness::upstream::route::{Asked, Route};
use crate::harness::upstream::sigv4;
use serde_json::{Value, json};

/// CRC-32 bit by bit, as its standard (IEEE 802.3) has it.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// A frame's headers and payload.
type Opened = (Vec<(String, String)>, Value);

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().expect("four bytes"))
}

/// Takes the frames of some bytes apart; panics over what is not well formed.
pub fn open(mut bytes: &[u8]) -> Vec<Opened> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let total = number(&bytes[..4]) as usize;
        let (frame, rest) = bytes.split_at(total);
        let names = number(&frame[4..8]) as usize;
        assert_eq!(number(&frame[8..12]), crc32(&frame[..8]), "the lengths' checksum");
        let (before, last) = frame.split_at(total - 4);
        assert_eq!(number(last), crc32(before), "the frame's checksum");
        let (mut left, payload) = before[12..].split_at(names);
        let mut headers = Vec::new();
        while let Some((length, after)) = left.split_first() {
            let (name, after) = after.split_at(usize::from(*length));
            assert_eq!(after[0], 7, "a text");
            let length = usize::from(u16::from_be_bytes([after[1], after[2]]));
            let (value, after) = after[3..].split_at(length);
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
            headers.push((text(name), text(value)));
            left = after;
        }
        frames.push((headers, serde_json::from_slice(payload).expect("JSON")));
        bytes = rest;
    }
    frames
}

fn header<'a>(frame: &'a Opened, name: &str) -> &'a str {
    let found = frame.0.iter().find(|(other, _)| other == name);
    found.map_or("", |(_, value)| value.as_str())
}

/// Standard base64 without its padding, read.
fn unpacked(text: &str) -> Vec<u8> {
    let mut bits = 0_u32;
    let mut have = 0;
    let mut bytes = Vec::new();
    for c in text.trim_end_matches('=').bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        have += 6;
        if have >= 8 {
            have -= 8;
            bytes.push(u8::try_from(bits >> have & 0xFF).expect("a byte"));
        }
    }
    bytes
}

#[test]
fn the_checksum_and_base64_are_the_standard_ones() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(base64(bytes.as_bytes()), text);
        assert_eq!(unpacked(text), bytes.as_bytes());
    }
}

#[test]
fn converses_stream_is_well_formed_and_tells_its_figures_last() {
    let usage = Usage {
        input: 11,
        output: 7,
        cache_write_5m: 2,
        cache_write_1h: 3,
        cache_read: 5,
    };
    let answer = Answer::costing(usage).calling("get", json!({"city": "Zürich"}));
    let stream = streamed("/model/amazon.nova-v1%3A0/converse-stream", &answer, |_| ());
    let frames = open(&stream.bytes());
    let kinds: Vec<&str> = frames.iter().map(|frame| header(frame, ":event-type")).collect();
    assert_eq!((kinds[0], kinds[1]), ("messageStart", "contentBlockDelta"));
    assert_eq!(&kinds[kinds.len() - 2..], ["messageStop", "metadata"]);
    assert_eq!(
        kinds.iter().filter(|kind| **kind == "contentBlockStop").count(),
        2
    );
    assert!(
        frames
            .iter()
            .all(|frame| header(frame, ":message-type") == "event")
    );
    let text: String = frames
        .iter()
        .filter_map(|(_, data)| data["delta"]["text"].as_str())
        .collect();
    assert_eq!(text, answer.text());
    let input: String = frames
        .iter()
        .filter_map(|(_, data)| data["delta"]["toolUse"]["input"].as_str())
        .collect();
    assert_eq!(
        serde_json::from_str::<Value>(&input).expect("JSON"),
        answer.tools[0].input
    );
    let told = &frames.last().expect("frames").1["usage"];
    assert_eq!(
        (&told["inputTokens"], &told["totalTokens"]),
        (&json!(11), &json!(28))
    );
    assert_eq!(
        told["cacheDetails"],
        json!([{"ttl": "5m", "inputTokens": 2}, {"ttl": "1h", "inputTokens": 3}])
    );
    assert_eq!(stream.frames.last().expect("frames").tells, Tells::All);
}

#[test]
fn invokes_stream_carries_claudes_events_and_bedrocks_metrics() {
    let answer = Answer::costing(Usage::of(31, 7));
    let path = "/model/anthropic.claude-v1%3A0/invoke-with-response-stream";
    let stream = streamed(path, &answer, |_| ());
    let frames = open(&stream.bytes());
    assert!(frames.iter().all(|frame| header(frame, ":event-type") == "chunk"));
    let inner: Vec<Value> = frames
        .iter()
        .map(|(_, data)| {
            serde_json::from_slice(&unpacked(data["bytes"].as_str().expect("bytes"))).expect("JSON")
        })
        .collect();
    assert_eq!(inner[0]["type"], "message_start");
    assert_eq!(inner[0]["message"]["usage"]["input_tokens"], 31);
    let last = inner.last().expect("events");
    assert_eq!(last["type"], "message_stop");
    assert_eq!(last["amazon-bedrock-invocationMetrics"]["outputTokenCount"], 7);
    let like = streamed("/v1/messages", &answer, |body| body["stream"] = json!(true));
    let texts = |all: &[Value]| -> String {
        all.iter()
            .filter_map(|data| data["delta"]["text"].as_str())
            .collect()
    };
    assert_eq!(texts(&inner), texts(&events(&like)));
}

#[test]
fn an_exception_says_so_in_its_headers() {
    let frames = open(&exception("throttlingException", "Too many"));
    assert_eq!(header(&frames[0], ":message-type"), "exception");
    assert_eq!(header(&frames[0], ":exception-type"), "throttlingException");
    assert_eq!(frames[0].1["message"], "Too many");
}

/// The signature is that of AWS's own SDK for JavaScript over the same request.
#[test]
fn a_signature_of_aws_own_is_taken_and_a_changed_one_is_not() {
    let path = "/model/amazon.nova-lite-v1%3A0/converse";
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIAUPSTREAMEXAMPLE7/20260102/eu-central-2/bedrock/aws4_request, \
         SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, \
         Signature=2d963ed5dc8a85bd913570813294d5df9b874f7dc30499eb7087cdcd10d2f6d9";
    let given = crate::harness::upstream::reply::headers(&[
        ("host", "127.0.0.1:4321"),
        ("content-type", "application/json"),
        ("x-amz-date", "20260102T030405Z"),
        ("x-amz-security-token", "session-1"),
        (
            "x-amz-content-sha256",
            "45e583fed2564dc00e823303d7609f8587af7f685b993cb0f998afc0d480b01d",
        ),
        ("authorization", authorization),
    ]);
    let route = Route::find(path).expect("a route");
    assert_eq!(route.model.as_deref(), Some("amazon.nova-lite-v1:0"));
    let body = r#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"#;
    let judged = |raw: &str, headers: &[(String, String)]| {
        let asked = Asked {
            route: &route,
            method: "POST",
            target: path,
            headers,
            raw: raw.as_bytes(),
            body: Value::Null,
            maker: "up",
            number: 0,
        };
        sigv4::credential(&asked).map_err(|fault| fault.kind)
    };
    assert_eq!(judged(body, &given), Ok(()));
    assert_eq!(judged("{}", &given), Err("signature_error".to_owned()));
    let mut unsigned = given.clone();
    unsigned[5].1 = authorization.replace(";x-amz-security-token", "");
    assert_eq!(judged(body, &unsigned), Err("signature_error".to_owned()));
    unsigned.truncate(5);
    assert_eq!(judged(body, &unsigned), Err("permission_error".to_owned()));
    let mut unknown = given;
    unknown[5].1 = authorization.replace("AKIAUPSTREAMEXAMPLE7", "AKIASOMEBODYELSE0000");
    assert_eq!(judged(body, &unknown), Err("authentication_error".to_owned()));
    assert_eq!(judged(body, &headers("authorization")), Ok(()));
}

#[test]
fn embeddings_in_base64_are_the_same_numbers() {
    let numbers = |encoding: &str| {
        let body = said("/v1/embeddings", &Answer::default(), |body| {
            body["encoding_format"] = json!(encoding);
        });
        let Body::Whole(body) = body else {
            panic!("a stream")
        };
        let value: Value = serde_json::from_slice(&body).expect("JSON");
        value["data"][1]["embedding"].clone()
    };
    let floats: Vec<f64> = numbers("float")
        .as_array()
        .expect("numbers")
        .iter()
        .map(|n| n.as_f64().expect("a number"))
        .collect();
    let bytes = unpacked(numbers("base64").as_str().expect("a text"));
    let packed: Vec<f64> = bytes
        .chunks(4)
        .map(|four| f64::from(f32::from_le_bytes(four.try_into().expect("four"))))
        .collect();
    assert_eq!((floats.len(), floats), (8, packed));
}
