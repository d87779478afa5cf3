//! Tests of the format. Samples stand in `golden/openai_chat`, written after the vendors' documentation.

mod admission;
mod answers;
mod bad_requests;
mod beside;
mod errors;
mod fates;
mod passing;
mod requests;
mod round_trip;
mod streams;
mod written;

use crate::error::{ErrorKind, Fault};
use crate::model::{Context, Part, StreamEvent, ToolCall};
use crate::openai_chat::StreamReader;
use crate::sse::{EventSplitter, Events};
use bytes::Bytes;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;

fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("golden/openai_chat")
        .join(file)
}

/// The names of the samples of a kind, without the ending.
fn samples(kind: &str, ending: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(golden(""))
        .expect("the folder")
        .filter_map(|entry| {
            let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
            Some(name.strip_prefix(kind)?.strip_suffix(ending)?.to_owned())
        })
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

/// The request, answer or error of a sample.
fn sample(kind: &str, name: &str) -> String {
    let text = std::fs::read_to_string(golden(&format!("{kind}-{name}.json"))).expect("a sample");
    let mut fields: HashMap<String, Box<RawValue>> = serde_json::from_str(&text).expect("JSON");
    assert!(fields.contains_key("source"));
    fields.remove(kind).expect("the sample itself").get().to_owned()
}

fn stream(name: &str) -> Vec<u8> {
    let stream = std::fs::read(golden(&format!("stream-{name}.sse"))).expect("a sample");
    assert!(stream.starts_with(b": source "));
    stream
}

/// The neutral events of a stream that comes in these chunks, its end included.
fn events(chunks: impl IntoIterator<Item = Bytes>) -> Vec<StreamEvent> {
    let (mut splitter, mut reader, mut out) = (EventSplitter::new(), StreamReader::default(), Vec::new());
    for chunk in chunks {
        let whole = splitter.push(chunk).expect("events");
        for event in Events::new(&whole, false) {
            reader
                .read(event.name, &event.data(), &mut out)
                .expect("a readable event");
        }
    }
    reader.close(&mut out);
    out
}

fn context() -> Context {
    Context {
        model: "asked-for".to_owned(),
        id: "0199".to_owned(),
        created: 1_741_569_952,
        include_usage: true,
        ..Context::default()
    }
}

fn call<'a>(id: &'a str, name: &'a str, arguments: impl Into<Cow<'a, str>>) -> Part<'a> {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
        sealed: None,
        cache: None,
    })
}

fn thinking(text: &str) -> Part<'_> {
    Part::Thinking {
        text: text.into(),
        sealed: None,
        redacted: false,
        id: None,
    }
}

fn fault(kind: ErrorKind) -> Fault<'static> {
    Fault {
        kind,
        code: "some_code",
        message: "What is \"wrong\".",
        field: Some("messages"),
        request_id: "0199",
        retry_after: None,
    }
}

fn json(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).expect("JSON")
}
