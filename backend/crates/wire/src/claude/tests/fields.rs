//! The table of fields, held against the reader.

use crate::claude::{FIELDS, MINIMAL, read_facts, read_request};
use crate::format::Dialect;
use crate::table::{Fate, FieldRow};
use serde_json::{Map, Value};
use std::collections::HashSet;

fn with(row: &FieldRow) -> String {
    let mut body: Map<String, Value> = serde_json::from_str(MINIMAL).expect("JSON");
    let sample: Map<String, Value> =
        serde_json::from_str(row.sample).unwrap_or_else(|error| panic!("{}: {error}", row.field));
    assert!(!sample.is_empty(), "{}", row.field);
    body.extend(sample);
    Value::Object(body).to_string()
}

#[test]
fn every_fate_is_what_the_reader_makes_of_the_sample() {
    let plain = read_request(MINIMAL.as_bytes()).expect("the smallest request");
    for row in FIELDS {
        let body = with(row);
        assert!(
            read_facts(body.as_bytes()).is_ok()
                || row.field.starts_with("fallbacks")
                || row.sample.contains("advisor"),
            "{}: it passes untouched to its own vendor",
            row.field
        );
        let [claude, others @ ..] = Dialect::ALL.map(|dialect| row.fate(dialect));
        assert_eq!(claude, Fate::Kept, "{}", row.field);
        let read = read_request(body.as_bytes());
        if others.iter().any(|fate| matches!(fate, Fate::Mapped(_))) {
            let read = read.unwrap_or_else(|fault| panic!("{}: {fault}", row.field));
            assert_ne!(read, plain, "{}", row.field);
        } else if others.iter().all(|fate| matches!(fate, Fate::Dropped(_))) {
            assert_eq!(read.as_ref(), Ok(&plain), "{}", row.field);
        } else if row.field.ends_with(", file") {
            assert_ne!(read, Ok(plain.clone()), "{}: the targets refuse it", row.field);
        } else {
            let fault = read.expect_err(row.field);
            assert!(
                !fault.field.is_empty() && fault.message.ends_with('.'),
                "{}: {fault}",
                row.field
            );
        }
    }
}

#[test]
fn no_field_stands_twice_and_every_part_of_the_table_is_there() {
    let names: HashSet<&str> = FIELDS.iter().map(|row| row.field).collect();
    assert_eq!(names.len(), FIELDS.len());
    for name in [
        "max_tokens",
        "messages[].content[]: thinking",
        "tool_choice.disable_parallel_tool_use",
    ] {
        assert!(names.contains(name), "{name}");
    }
}
