//! Amazon's binary event stream: lengths, headers, payload and two checksums a frame. From AWS's documentation: "Amazon
//! Transcribe — Event stream encoding" (the one page that shows the frame bit by bit) and Smithy's "Amazon Event Stream".

use serde_json::{Value, json};

/// The type byte of a text among a frame's headers.
const TEXT: u8 = 7;
/// Two lengths and their checksum before, a checksum after.
const AROUND: usize = 16;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A frame with these headers.
pub fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    for (name, value) in headers {
        packed.push(u8::try_from(name.len()).expect("a short name"));
        packed.extend_from_slice(name.as_bytes());
        packed.push(TEXT);
        packed.extend_from_slice(&u16::try_from(value.len()).expect("a short value").to_be_bytes());
        packed.extend_from_slice(value.as_bytes());
    }
    let total = AROUND + packed.len() + payload.len();
    let mut bytes = Vec::with_capacity(total);
    bytes.extend_from_slice(&u32::try_from(total).expect("a length").to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(packed.len()).expect("a length").to_be_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    bytes.extend_from_slice(&packed);
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

/// An event of this type.
pub fn event(kind: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        (":event-type", kind),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ];
    frame(&headers, payload.to_string().as_bytes())
}

/// An exception of this type, after which nothing more comes.
pub fn exception(kind: &str, message: &str) -> Vec<u8> {
    let headers = [
        (":exception-type", kind),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    frame(&headers, json!({ "message": message }).to_string().as_bytes())
}

/// A part of another format's stream, as `invoke-with-response-stream` carries it. The padding is Amazon's own.
pub fn chunk(inner: &Value) -> Vec<u8> {
    let bytes = base64(inner.to_string().as_bytes());
    event("chunk", &json!({"bytes": bytes, "p": "abcdefgh"}))
}

/// Standard base64 with its padding.
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for n in 0..4 {
            if n <= three.len() {
                text.push(char::from(ALPHABET[(bits >> (18 - 6 * n) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}
