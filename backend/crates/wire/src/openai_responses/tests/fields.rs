//! The table of fields, held against the reader.

use crate::model::Request;
use crate::openai_responses::{FIELDS, MINIMAL, read_facts, read_request};
use crate::table::Fate;
use crate::tree::Node;

/// The minimal request with a sample laid over it.
fn with(sample: &str) -> String {
    let (Node::Object(mut fields), Node::Object(over)) = (
        Node::parse(MINIMAL.as_bytes()).unwrap(),
        Node::parse(sample.as_bytes()).unwrap(),
    ) else {
        panic!("{sample}");
    };
    fields.retain(|(name, _)| over.iter().all(|(other, _)| other != name));
    fields.extend(over);
    Node::Object(fields).to_text()
}

/// Without what concerns the answer or the vendor's keeping alone, and without what its vendor alone can read.
fn seen_by_others(mut request: Request<'_>) -> Request<'_> {
    request.seal_thinking = false;
    request.store = None;
    for turn in &mut request.turns {
        turn.parts
            .retain(|part| !matches!(part, crate::model::Part::Thinking { .. }));
    }
    request.turns.retain(|turn| !turn.parts.is_empty());
    request
}

#[test]
fn every_row_is_true_of_the_reader() {
    let minimal = read_request(MINIMAL.as_bytes()).unwrap();
    for row in FIELDS {
        let body = with(row.sample);
        let read = read_request(body.as_bytes());
        let [claude, chat, own, gemini, converse] = row.fates;
        let others = [claude, chat, gemini, converse];
        assert_eq!(own, Fate::Kept, "{}", row.field);
        assert!(
            read_facts(body.as_bytes()).is_ok() || body.contains("null") || row.field == "background, true",
            "{}",
            row.field
        );
        if others.iter().all(|fate| matches!(fate, Fate::Refused(_))) && !row.field.contains("input_image") {
            let refused = read.unwrap_err();
            let word = row.field.split(['[', '.', ',', ' ']).next().unwrap();
            assert!(refused.field.starts_with(word), "{}: {refused}", row.field);
        } else if others.iter().all(|fate| matches!(fate, Fate::Dropped(_))) {
            assert_eq!(seen_by_others(read.unwrap()), minimal, "{}", row.field);
        } else {
            assert_ne!(read.unwrap(), minimal, "{}", row.field);
        }
    }
}

#[test]
fn no_field_stands_twice() {
    for (at, row) in FIELDS.iter().enumerate() {
        assert!(
            FIELDS[..at].iter().all(|other| other.field != row.field),
            "{}",
            row.field
        );
    }
}
