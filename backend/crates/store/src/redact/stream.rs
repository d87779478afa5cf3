//! Streams of events: a model writes word by word, so that an address stands in no single event. The texts of the same
//! kind are put together, what is found there is blacked out of each event that has a part of it.

use super::{Mark, Redactor};
use serde_json::Value;
use std::collections::BTreeMap;

/// Fields in which answers and their pieces stand, in any of the formats.
const TEXTS: [&str; 9] = [
    "text",
    "content",
    "thinking",
    "partial_json",
    "delta",
    "arguments",
    "refusal",
    "reasoning",
    "reasoning_content",
];

/// Where a piece stands in the joined text of its kind.
struct Piece {
    from: usize,
    to: usize,
}

/// The stream with its events' texts redacted; `None` if it is no stream of events. An event that was cut off is left out.
pub(super) fn redact(redactor: &Redactor, text: &str) -> Option<(String, u32)> {
    let is_event = |line: &str| line.starts_with("data:");
    if !text.lines().any(is_event) || text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut events: Vec<Option<Value>> = Vec::new();
    for line in text.lines().filter(|line| is_event(line)) {
        events.push(serde_json::from_str(line.trim_start_matches("data:").trim()).ok());
    }
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for event in events.iter_mut().flatten() {
        walk(event, "", &mut |kind, piece| {
            joined.entry(kind.to_owned()).or_default().push_str(piece);
        });
    }
    let marks: BTreeMap<String, Vec<Mark>> = joined
        .iter()
        .map(|(kind, text)| (kind.clone(), redactor.marks(text)))
        .collect();
    let found: usize = marks.values().map(Vec::len).sum();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for event in events.iter_mut().flatten() {
        walk(event, "", &mut |kind, piece| {
            let from = at.get(kind).copied().unwrap_or(0);
            let to = from + piece.len();
            at.insert(kind.to_owned(), to);
            let marks = marks.get(kind).map(Vec::as_slice).unwrap_or_default();
            *piece = covered(piece, &Piece { from, to }, marks);
        });
    }
    let mut events = events.into_iter();
    let lines = text.lines().filter_map(|line| {
        if !is_event(line) {
            return Some(line.to_owned());
        }
        match events.next().flatten() {
            Some(event) => Some(format!("data: {event}")),
            // `[DONE]` is no JSON; anything else that is none was cut off.
            None => line.contains("[DONE]").then(|| line.to_owned()),
        }
    });
    let mut out: String = lines.collect::<Vec<_>>().join("\n");
    if text.ends_with('\n') {
        out.push('\n');
    }
    Some((out, u32::try_from(found).unwrap_or(u32::MAX)))
}

/// Calls for each text; its kind is its path without the places in lists, so that pieces of one answer meet.
fn walk(value: &mut Value, path: &str, each: &mut impl FnMut(&str, &mut String)) {
    match value {
        Value::Object(fields) => {
            let index = fields.get("index").and_then(Value::as_u64);
            for (name, value) in fields.iter_mut() {
                let below = match index {
                    Some(index) => format!("{path}.{index}.{name}"),
                    None => format!("{path}.{name}"),
                };
                match value {
                    Value::String(text) if TEXTS.contains(&name.as_str()) => each(&below, text),
                    other => walk(other, &below, each),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                walk(item, path, each);
            }
        }
        _ => {}
    }
}

/// A piece without what marks cover of it: the mark's name stands where it begins.
fn covered(text: &str, piece: &Piece, marks: &[Mark]) -> String {
    let (mut out, mut at) = (String::new(), piece.from);
    for (from, to, name) in marks
        .iter()
        .filter(|(from, to, _)| *from < piece.to && *to > piece.from)
    {
        out.push_str(
            text.get(at - piece.from..(*from).max(at) - piece.from)
                .unwrap_or_default(),
        );
        if *from >= piece.from {
            out.push_str(name);
        }
        at = (*to).min(piece.to);
    }
    out.push_str(text.get(at - piece.from..).unwrap_or_default());
    out
}
