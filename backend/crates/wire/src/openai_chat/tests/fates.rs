//! The table of fields against the reader: what passes it must be readable, and what changes the request must differ.

use super::super::{FIELDS, MINIMAL, completions, read_request};
use crate::fault::RequestFault;
use crate::format::Dialect;
use crate::model::Request;
use crate::table::{Fate, FieldRow};

fn laid_over(minimal: &str, sample: &str) -> String {
    let mut body: serde_json::Map<_, _> = serde_json::from_str(minimal).expect("an object");
    let sample: serde_json::Map<_, _> = serde_json::from_str(sample).expect("an object");
    body.extend(sample);
    serde_json::Value::from(body).to_string()
}

type Reader = for<'a> fn(&'a [u8]) -> Result<Request<'a>, RequestFault>;

fn hold(minimal: &str, rows: &[FieldRow], read: Reader) {
    let plain = read(minimal.as_bytes()).expect("the smallest request");
    for row in rows {
        let body = laid_over(minimal, row.sample);
        let fates: Vec<Fate> = Dialect::ALL.into_iter().map(|target| row.fate(target)).collect();
        let translated = || fates.iter().filter(|fate| !matches!(fate, Fate::Kept));
        let all_refused = translated().all(|fate| matches!(fate, Fate::Refused(_)));
        match read(body.as_bytes()) {
            Err(fault) => assert!(all_refused, "{}: {fault}", row.field),
            // All drop it: its reader does, but for the name of the model.
            Ok(request) if translated().all(|fate| matches!(fate, Fate::Dropped(_))) => {
                let request = Request {
                    model: plain.model.clone(),
                    ..request
                };
                assert_eq!(request, plain, "{}", row.field);
            }
            Ok(request) => assert_ne!(request, plain, "{}", row.field),
        }
    }
}

#[test]
fn the_table_of_chat_requests_is_true_of_their_reader() {
    hold(MINIMAL, FIELDS, read_request);
    assert!(FIELDS.iter().all(|row| row.fate(Dialect::Chat) == Fate::Kept));
}

#[test]
fn the_table_of_legacy_completions_is_true_of_their_reader() {
    hold(
        completions::MINIMAL,
        completions::FIELDS,
        completions::read_request,
    );
}

#[test]
fn no_field_stands_twice() {
    for rows in [FIELDS, completions::FIELDS] {
        let names: std::collections::HashSet<_> = rows.iter().map(|row| row.field).collect();
        assert_eq!(names.len(), rows.len());
    }
}
