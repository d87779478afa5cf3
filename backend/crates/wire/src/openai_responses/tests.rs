//! Tests of this format. Golden samples stand in `golden/openai_responses`, written after OpenAI's public documentation.

mod answers;
mod errors;
mod facts;
mod faults;
mod fields;
mod properties;
mod requests;
mod strangers;
mod streams;
mod values;
mod websocket;
mod writing;
mod written;

use crate::tree::Node;

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/openai_responses")
}

/// What a golden file holds beside its source.
fn golden(name: &str) -> String {
    let kind = name.split('_').next().unwrap();
    let text = std::fs::read(folder().join(format!("{name}.json"))).unwrap();
    let node = Node::parse(&text).unwrap();
    assert!(
        node.get("source")
            .and_then(Node::as_text)
            .unwrap()
            .starts_with("https://"),
        "{name}"
    );
    node.get(kind).unwrap().to_text()
}

/// The names of golden files that begin so.
fn all(kind: &str, ending: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap();
    let name = |file: std::io::Result<std::fs::DirEntry>| file.unwrap().file_name().into_string().unwrap();
    let names = files.map(name);
    let mut found: Vec<_> = names
        .filter(|name| name.starts_with(kind))
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "there are samples of {kind}");
    found
}

fn golden_stream(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(folder().join(format!("stream_{name}.sse"))).unwrap();
    assert!(bytes.starts_with(b": source https://"), "{name}");
    bytes
}
