//! Answers, streams and errors as Bedrock documents them (the folder `golden/converse`), and requests as it wants them.

mod answers;
mod requests;
mod rules;
mod streams;
mod thinking;
mod turns;

use crate::model::{Part, Request, Role, Target, Turn, Unsayable};
use serde_json::Value;
use std::path::PathBuf;

pub(super) const SONNET_4_5: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
pub(super) const OPUS_4_6: &str = "global.anthropic.claude-opus-4-6-v1";
pub(super) const OPUS_4_8: &str = "us.anthropic.claude-opus-4-8";
pub(super) const NOVA: &str = "us.amazon.nova-pro-v1:0";
pub(super) const LLAMA: &str = "us.meta.llama3-3-70b-instruct-v1:0";

/// A file of the folder.
pub(super) fn golden(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("golden/converse/{name}.json"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("JSON")
}

/// The names of the folder's files that begin so.
pub(super) fn golden_names(begin: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/converse");
    let files = std::fs::read_dir(folder).expect("the folder");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"));
    let names: Vec<_> = names
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .filter(|name| name.starts_with(begin))
        .collect();
    assert!(!names.is_empty(), "{begin}");
    names
}

/// What a request becomes.
pub(super) fn written(request: &Request<'_>, model: &str) -> Result<Value, Unsayable> {
    let target = Target {
        model,
        max_output: 64_000,
    };
    let mut body = Vec::new();
    super::write_request(request, &target, &mut body)?;
    Ok(serde_json::from_slice(&body).expect("JSON"))
}

pub(super) fn user(parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn {
        role: Role::User,
        parts,
    }
}

pub(super) fn assistant(parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn {
        role: Role::Assistant,
        parts,
    }
}

/// A request that only greets.
pub(super) fn hello<'a>() -> Request<'a> {
    Request {
        model: "x".into(),
        turns: vec![user(vec![Part::text("hi")])],
        ..Request::default()
    }
}
