//! Streams of events: a model writes word by word, so that an address stands in no single event. The texts of the same
//! kind are put together, what is found there is blacked out of each event that has a part of it.

use super::{Deadline, Mark, Redactor, TooSlow};
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

/// A stream's part, and where it begins.
struct Part<'a> {
    at: usize,
    what: What<'a>,
}

enum What<'a> {
    Event(Value),
    /// Goes through as it is.
    Line(&'a str),
}

/// A stream in parts.
struct Stream<'a> {
    parts: Vec<Part<'a>>,
    /// One array instead of lines, as Gemini streams without SSE; whether its end is there.
    array: Option<bool>,
}

/// The stream's events up to a place, with their texts redacted; `None` if it is no stream of events. An event that was
/// cut off is left out.
pub(super) fn redact(
    redactor: &Redactor,
    text: &str,
    most: usize,
    time: &Deadline,
) -> Result<Option<(String, u32)>, TooSlow> {
    let Some(mut stream) = lines(text).or_else(|| array(text)) else {
        return Ok(None);
    };
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for event in events(&mut stream) {
        walk(event, "", &mut |kind, piece| {
            joined.entry(kind.to_owned()).or_default().push_str(piece);
        });
    }
    let mut marks: BTreeMap<String, Vec<Mark>> = BTreeMap::new();
    for (kind, text) in joined {
        let found = redactor.marks(&text, time)?;
        marks.insert(kind, found);
    }
    let found: usize = marks.values().map(Vec::len).sum();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for event in events(&mut stream) {
        walk(event, "", &mut |kind, piece| {
            let from = at.get(kind).copied().unwrap_or(0);
            let to = from + piece.len();
            at.insert(kind.to_owned(), to);
            let marks = marks.get(kind).map(Vec::as_slice).unwrap_or_default();
            *piece = covered(piece, &Piece { from, to }, marks);
        });
    }
    Ok(Some((
        stream.written(most),
        u32::try_from(found).unwrap_or(u32::MAX),
    )))
}

fn events<'s>(stream: &'s mut Stream<'_>) -> impl Iterator<Item = &'s mut Value> {
    stream.parts.iter_mut().filter_map(|part| match &mut part.what {
        What::Event(event) => Some(event),
        What::Line(_) => None,
    })
}

/// Server-sent events.
fn lines(text: &str) -> Option<Stream<'_>> {
    let is_event = |line: &str| line.starts_with("data:");
    if !text.lines().any(is_event) || text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let (mut parts, mut at) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let begins = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let what = if !is_event(line) {
            What::Line(line)
        } else if let Ok(event) = serde_json::from_str(line.trim_start_matches("data:").trim()) {
            What::Event(event)
        } else if line.contains("[DONE]") {
            What::Line(line)
        } else {
            // Any other that is no JSON was cut off.
            continue;
        };
        parts.push(Part { at: begins, what });
    }
    Some(Stream { parts, array: None })
}

/// One array of objects, perhaps without its end.
fn array(text: &str) -> Option<Stream<'_>> {
    let mut at = text
        .find('[')
        .filter(|at| text.get(..*at).is_some_and(|before| before.trim().is_empty()))?
        + 1;
    let mut parts = Vec::new();
    loop {
        let rest = text.get(at..)?;
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        at = text.len() - rest.len();
        if rest.is_empty() || rest.starts_with(']') {
            break;
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(event)) if event.is_object() => parts.push(Part {
                at,
                what: What::Event(event),
            }),
            // Of something else, or cut off.
            Some(Ok(_)) => return None,
            _ => break,
        }
        at += values.byte_offset();
    }
    let whole = text.get(at..).is_some_and(|rest| rest.starts_with(']'));
    let stream = Stream {
        parts,
        array: Some(whole),
    };
    (!stream.parts.is_empty()).then_some(stream)
}

impl Stream<'_> {
    /// The parts that begin before a place.
    fn written(&self, most: usize) -> String {
        let kept = self.parts.iter().filter(|part| part.at < most);
        let Some(whole) = self.array else {
            let lines = kept.map(|part| match &part.what {
                What::Event(event) => format!("data: {event}\n"),
                What::Line(line) => format!("{line}\n"),
            });
            return lines.collect();
        };
        let events = kept.map(|part| match &part.what {
            What::Event(event) => event.to_string(),
            What::Line(line) => (*line).to_owned(),
        });
        let events: Vec<String> = events.collect();
        let end = if whole && events.len() == self.parts.len() {
            "]"
        } else {
            ""
        };
        format!("[{}{end}", events.join(",\n"))
    }
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
    // Marks stand in order: the first that ends in this piece is found without a look at all before it.
    let first = marks.partition_point(|(_, to, _)| *to <= piece.from);
    let here = marks.get(first..).unwrap_or_default();
    for (from, to, name) in here.iter().take_while(|(from, ..)| *from < piece.to) {
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
