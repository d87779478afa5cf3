//! Any bytes as an upstream's plain answer: read for its figures, and written for every client.

use crate::formats::{client_of, read_answer, scan_answer};
use crate::{context, is_deep, json};
use bytes::Bytes;
use tollgate_wire::format::{ClientFormat, Dialect};
use tollgate_wire::model::{Answer, Part, StopReason};
use tollgate_wire::translate::{Exchange, Packing, Wrapping, plain_answer};
use tollgate_wire::tree::Node;
use tollgate_wire::usage::Usage;

/// Holds a body to everything that is promised of answers, whichever format it is in.
pub fn check(body: &[u8]) {
    let body = Bytes::copy_from_slice(body);
    for dialect in Dialect::ALL {
        let Ok(answer) = read_answer(dialect, &body) else {
            check_passing(dialect, &body);
            continue;
        };
        let facts = scan_answer(dialect, &body)
            .unwrap_or_else(|fault| panic!("{dialect:?}, read but not scanned: {fault}"));
        assert_eq!(answer.usage, facts.usage, "{dialect:?}");
        assert!(
            answer.usage.is_none_or(|usage| usage.reasoning <= usage.output),
            "{dialect:?}: {:?}",
            answer.usage
        );
        check_passing(dialect, &body);
        if is_deep(&body) {
            continue;
        }
        for client in ClientFormat::ALL {
            check_written(client, dialect, &body, &answer);
        }
    }
}

fn exchange(client: ClientFormat, dialect: Dialect, packing: Packing, wrapping: Wrapping) -> Exchange {
    Exchange {
        client,
        wrapping,
        dialect,
        packing,
        hide_usage: false,
        context: context(),
    }
}

fn check_passing(dialect: Dialect, body: &Bytes) {
    let scanned = scan_answer(dialect, body);
    if let Some(client) = client_of(dialect) {
        let passed = plain_answer(&exchange(client, dialect, Packing::Bare, Wrapping::Bare), body);
        assert_eq!(passed, scanned.map(|facts| (body.clone(), facts)), "{dialect:?}");
    }
    if dialect == Dialect::Gemini {
        for client in ClientFormat::ALL {
            for wrapping in [Wrapping::Bare, Wrapping::CodeAssist] {
                let unpacked = exchange(client, dialect, Packing::CodeAssist, wrapping);
                let _ = plain_answer(&unpacked, body);
            }
        }
    }
}

fn check_written(client: ClientFormat, dialect: Dialect, body: &Bytes, answer: &Answer<'_>) {
    let what = format!("{dialect:?} for {client:?}");
    let way = exchange(client, dialect, Packing::Bare, Wrapping::Bare);
    let (written, facts) = plain_answer(&way, body).unwrap_or_else(|fault| panic!("{what}: {fault}"));
    if way.passes() {
        return;
    }
    json(&what, &written);
    let nameless = |part: &Part<'_>| matches!(part, Part::ToolCall(call) if call.name.is_empty());
    // A call of nothing is passed on or dropped: no format can say it.
    if answer
        .choices
        .iter()
        .any(|choice| choice.parts.iter().any(nameless))
    {
        return;
    }
    let Some(same) = client.same() else { return };
    let shown = || String::from_utf8_lossy(&written).into_owned();
    let read = read_answer(same, &written).unwrap_or_else(|fault| panic!("{what}: {fault}: {}", shown()));
    assert_eq!(facts.usage, answer.usage, "{what}");
    if let Some(usage) = facts.usage {
        assert_eq!(read.usage.map(billed), Some(billed(usage)), "{what}: {}", shown());
    }
    if let Some(asked) = said(answer) {
        assert_eq!(said(&read), Some(asked), "{what}: {}", shown());
    }
}

/// Whatever a format tells of caches, all input and all output is in its figures.
pub fn billed(usage: Usage) -> (u64, u64) {
    (usage.input_total(), usage.output)
}

/// What must be the same in every format: all text in one piece, calls, and whether more was to come. Formats without a
/// place for something (several choices, citations, seals) leave it out; those without pictures put a link among the text,
/// so nothing is compared where there are any.
pub fn said(answer: &Answer<'_>) -> Option<Said> {
    let (mut text, mut calls) = (String::new(), Vec::new());
    let choice = answer.choices.first();
    let picture = |part: &Part<'_>| matches!(part, Part::Image(_));
    if choice.is_none_or(|choice| choice.parts.iter().any(picture)) {
        return None;
    }
    for part in choice.iter().flat_map(|choice| &choice.parts) {
        match part {
            Part::Text { text: words, .. } | Part::Refusal { text: words } => text.push_str(words),
            Part::ToolCall(call) => calls.push((call.name.to_string(), arguments(&call.arguments))),
            _ => {}
        }
    }
    let cut = choice.is_some_and(|choice| choice.stop == StopReason::MaxOutput);
    Some((text, calls, cut))
}

/// Text, calls with their arguments, and whether the output limit cut it.
type Said = (String, Vec<(String, String)>, bool);

/// A call's arguments, written the one way in which this crate writes JSON. What is no object is kept as text where a
/// format demands an object.
fn arguments(text: &str) -> String {
    let text = if text.trim_ascii().is_empty() { "{}" } else { text };
    match Node::parse(text.as_bytes()) {
        Ok(node @ Node::Object(_)) => match node.get("__invalid_json").and_then(Node::as_text) {
            Some(text) => text.to_owned(),
            None => node.to_text(),
        },
        _ => text.to_owned(),
    }
}
