//! The samples in `golden/claude`, written after Anthropic's documentation: reading them, and what holds for all.

use crate::claude::{
    EventScan, StreamReader, StreamWriter, read_answer, read_error, read_request, scan_answer, write_answer,
    write_request,
};
use crate::model::{Answer, Context, Part, Request, StreamEvent, Target, collect};
use crate::sse::Events;
use crate::usage::Usage;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/claude")
}

/// What stands under this key in a sample, as it is written there.
pub(super) fn sample(name: &str, kind: &str) -> String {
    let text = std::fs::read_to_string(folder().join(name).with_extension("json")).expect("a sample");
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text).expect("JSON");
    assert!(
        fields["source"]
            .get()
            .starts_with("\"https://platform.claude.com/docs/"),
        "{name}"
    );
    fields[kind].get().to_owned()
}

pub(super) fn stream(name: &str) -> String {
    let text = std::fs::read_to_string(folder().join(name).with_extension("sse")).expect("a sample");
    assert!(text.starts_with(": source https://"), "{name}");
    text
}

/// All names that begin so.
fn names(begin: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder()).expect("the samples");
    let stems = entries.map(|entry| {
        let path = entry.expect("an entry").path();
        path.file_stem().expect("a name").to_string_lossy().into_owned()
    });
    let mut names: Vec<String> = stems.filter(|name| name.starts_with(begin)).collect();
    names.sort();
    assert!(names.len() >= 7, "{names:?}");
    names
}

/// The events of a stream, read at once.
pub(super) fn events(stream: &[u8]) -> Vec<StreamEvent> {
    let (mut reader, mut out) = (StreamReader::default(), Vec::new());
    for event in Events::new(stream, true) {
        reader
            .read(event.name, &event.data(), &mut out)
            .expect("an event");
    }
    reader.close(&mut out);
    out
}

pub(super) fn written_request(request: &Request<'_>) -> Vec<u8> {
    let target = Target {
        model: &request.model,
        max_output: 4_096,
    };
    let mut body = Vec::new();
    write_request(request, &target, &mut body).expect("sayable");
    body
}

pub(super) fn written_answer(answer: &Answer<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    write_answer(answer, &context(&answer.model), &mut body);
    body
}

pub(super) fn written_stream(events: &[StreamEvent], model: &str) -> Vec<u8> {
    let (mut writer, mut stream) = (StreamWriter::new(context(model)), Vec::new());
    for event in events {
        writer.write(event, &mut stream);
    }
    stream
}

pub(super) fn context(model: &str) -> Context {
    Context {
        model: model.to_owned(),
        id: "0193".to_owned(),
        ..Context::default()
    }
}

#[test]
fn a_request_that_is_written_reads_back_the_same() {
    for name in names("request_") {
        let body = sample(&name, "request");
        let request = read_request(body.as_bytes()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let written = written_request(&request);
        assert_eq!(read_request(&written).as_ref(), Ok(&request), "{name}");
    }
}

#[test]
fn an_answer_that_is_written_reads_back_the_same_and_costs_the_same() {
    for name in names("answer_") {
        let body = sample(&name, "answer");
        let answer = read_answer(body.as_bytes()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(
            scan_answer(body.as_bytes()).expect("an answer").usage,
            answer.usage,
            "{name}"
        );
        let mut expected = answer.clone();
        for part in expected.choices.iter_mut().flat_map(|choice| &mut choice.parts) {
            // Words of refusal become text: clients of this format show nothing else.
            if let Part::Refusal { text } = part {
                *part = Part::text(text.clone());
            }
        }
        let written = written_answer(&answer);
        assert_eq!(read_answer(&written), Ok(expected), "{name}");
    }
}

#[test]
fn a_stream_that_is_written_reads_back_the_same_and_costs_the_same() {
    for name in names("stream_") {
        let stream = stream(&name);
        let read = events(stream.as_bytes());
        let (mut answer, error) = collect(&read);
        let mut scan = EventScan::default();
        for event in Events::new(stream.as_bytes(), true) {
            scan.event(event.name, &event.data()).expect("an event");
        }
        assert_eq!(scan.has_usage().then(|| scan.usage()), answer.usage, "{name}");
        assert_eq!(scan.error(), error.as_ref(), "{name}");
        if error.is_none() {
            for part in answer.choices.iter_mut().flat_map(|choice| &mut choice.parts) {
                if let Part::Refusal { text } = part {
                    *part = Part::text(text.clone());
                }
            }
            let again = events(&written_stream(&read, &answer.model));
            assert_eq!(again.last(), Some(&StreamEvent::End), "{name}");
            // Searches have no place in what is written: a stream has its figures from what was read.
            let (mut again, none) = collect(&again);
            again.usage = again.usage.map(Usage::tokens);
            answer.usage = answer.usage.map(Usage::tokens);
            assert_eq!((again, none), (answer, None), "{name}");
        }
    }
}

#[test]
fn every_kind_of_error_is_told() {
    use crate::error::ErrorKind;
    let kinds = [
        ("error_invalid_request", ErrorKind::InvalidRequest),
        ("error_authentication", ErrorKind::Authentication),
        ("error_billing", ErrorKind::Billing),
        ("error_permission", ErrorKind::Permission),
        ("error_not_found", ErrorKind::NotFound),
        ("error_request_too_large", ErrorKind::RequestTooLarge),
        ("error_rate_limit", ErrorKind::RateLimit),
        ("error_api", ErrorKind::Internal),
        ("error_timeout", ErrorKind::GatewayTimeout),
        ("error_overloaded", ErrorKind::Overloaded),
        ("error_credit", ErrorKind::Billing),
    ];
    assert_eq!(names("error_").len(), kinds.len());
    for (name, kind) in kinds {
        let error = read_error(sample(name, "error").as_bytes()).expect("an error");
        assert_eq!(error.class, Some(kind), "{name}");
        assert!(!error.message.is_empty() && error.kind.contains('_'), "{name}");
    }
}
