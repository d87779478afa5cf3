//! Tests of the format: golden samples after Google's documentation, properties, tables of faults.

mod answers;
mod cli;
mod errors;
mod facts;
mod faults;
mod properties;
mod requests;
mod strategies;
mod streams;
mod targets;

use super::*;
use crate::model::{Request, StreamEvent, Target};
use crate::sse::{EventSplitter, Events};
use crate::tree::Node;
use bytes::Bytes;
use std::path::PathBuf;

/// A model that is told to think by a level, and one by a budget.
const NEW: Target<'_> = Target {
    model: "gemini-3-flash-preview",
    max_output: 65_536,
};
const OLD: Target<'_> = Target {
    model: "gemini-2.5-flash",
    max_output: 65_536,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/gemini")
}

/// The names of the samples that begin and end so.
fn names(begin: &str, end: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.retain(|name| name.starts_with(begin) && name.ends_with(end));
    names.sort();
    assert!(!names.is_empty());
    names
}

/// A sample's `kind`, as bytes.
fn sample(name: &str, kind: &str) -> Vec<u8> {
    let name = name.strip_suffix(".json").unwrap_or(name);
    let text = std::fs::read(folder().join(format!("{name}.json"))).unwrap();
    let node = Node::parse(&text).unwrap();
    assert!(
        node.get("source")
            .unwrap()
            .as_text()
            .unwrap()
            .starts_with("https://"),
        "{name}"
    );
    node.get(kind).unwrap().to_text().into_bytes()
}

fn stream(name: &str) -> Bytes {
    let name = name.strip_suffix(".sse").unwrap_or(name);
    let bytes = std::fs::read(folder().join(format!("{name}.sse"))).unwrap();
    assert!(bytes.starts_with(b": source https://"), "{name}");
    bytes.into()
}

fn text(json: &[u8]) -> &str {
    std::str::from_utf8(json).unwrap()
}

fn written(request: &Request<'_>, target: &Target<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    write_request(request, target, &mut body).unwrap();
    body
}

/// The neutral events of a whole stream, and whether reading ended in a fault.
fn read_events(chunks: impl IntoIterator<Item = Bytes>) -> Vec<StreamEvent> {
    let (mut splitter, mut reader) = (EventSplitter::new(), StreamReader::default());
    let mut events = Vec::new();
    let mut begins = true;
    for chunk in chunks {
        let whole = splitter.push(chunk).unwrap();
        for event in Events::new(&whole, begins) {
            reader.read(event.name, &event.data(), &mut events).unwrap();
        }
        begins &= whole.is_empty();
    }
    reader.close(&mut events);
    events
}
