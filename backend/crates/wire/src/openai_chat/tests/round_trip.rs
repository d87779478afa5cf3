//! What is written is read back the same: requests, answers and streams of anything that this format can say.

mod any;

use super::super::{
    EventScan, StreamReader, StreamWriter, read_answer, read_error, read_facts, read_request, scan_answer,
    write_answer, write_request,
};
use super::{context, events, golden, json};
use crate::model::{Answer, Citation, Part, PartStart, StreamEvent, Target, collect};
use crate::tests::chunks;
use any::{answer, request};
use proptest::prelude::*;

/// An answer as a stream, its texts in two pieces.
fn streamed(answer: &Answer<'_>) -> Vec<StreamEvent> {
    let mut events = vec![StreamEvent::Start {
        id: String::new(),
        model: String::new(),
    }];
    for (index, choice) in (0_u32..).zip(&answer.choices) {
        for (part, said) in (0_u32..).zip(&choice.parts) {
            let (start, text) = match said {
                Part::Text { text, .. } => (PartStart::Text, text),
                Part::Thinking { text, .. } => (
                    PartStart::Thinking {
                        redacted: false,
                        id: None,
                    },
                    text,
                ),
                Part::Refusal { text } => (PartStart::Refusal, text),
                Part::ToolCall(call) => {
                    let (id, name) = (call.id.to_string(), call.name.to_string());
                    (PartStart::ToolCall { id, name }, &call.arguments)
                }
                _ => unreachable!("no other parts"),
            };
            events.push(StreamEvent::Open {
                choice: index,
                part,
                start,
            });
            let (begin, end) = text.split_at(text.floor_char_boundary(text.len() / 2));
            for piece in [begin, end].into_iter().filter(|piece| !piece.is_empty()) {
                events.push(StreamEvent::Piece {
                    choice: index,
                    text: piece.to_owned(),
                });
            }
            if let Part::Text { citations, .. } = said {
                let tokens = choice.logprobs.clone();
                if !tokens.is_empty() {
                    events.push(StreamEvent::Logprobs {
                        choice: index,
                        tokens,
                    });
                }
                let cited = |citation: &Citation<'static>| StreamEvent::Cited {
                    choice: index,
                    citation: citation.clone(),
                };
                events.extend(citations.iter().map(|citation| cited(&owned_citation(citation))));
            }
            events.push(StreamEvent::Close { choice: index });
        }
        events.push(StreamEvent::Stop {
            choice: index,
            reason: choice.stop,
            sequence: None,
        });
    }
    events.extend(answer.usage.map(StreamEvent::Usage));
    events.push(StreamEvent::End);
    events
}

fn owned_citation(citation: &Citation<'_>) -> Citation<'static> {
    match citation {
        Citation::Url { url, title, span } => Citation::Url {
            url: url.to_string().into(),
            title: title.to_string().into(),
            span: *span,
        },
        Citation::Document { .. } => unreachable!("pages alone"),
    }
}

proptest! {
    #[test]
    fn requests_are_read_back(request in request()) {
        let mut body = Vec::new();
        let target = Target { model: "m", max_output: 1 };
        write_request(&request, &target, &mut body).expect("sayable");
        json(&body);
        prop_assert_eq!(read_request(&body), Ok(request));
    }

    #[test]
    fn answers_are_read_back(answer in answer()) {
        let mut body = Vec::new();
        write_answer(&answer, &context(), &mut body);
        json(&body);
        prop_assert_eq!(read_answer(&body), Ok(answer));
    }

    #[test]
    fn streams_are_read_back(answer in answer(), lengths in prop::collection::vec(0_usize..60, 1..6)) {
        let mut writer = StreamWriter::new(context());
        let mut stream = Vec::new();
        for event in streamed(&answer) {
            writer.write(&event, &mut stream);
        }
        let (read, error) = collect(&events(chunks(&stream, &lengths)));
        prop_assert_eq!(read, answer);
        prop_assert_eq!(error, None);
    }

    #[test]
    fn what_is_broken_is_a_fault_and_no_panic(file in 0_usize..64, at in 0_usize..4_000, with in ".{0,6}", gone in 0_usize..30) {
        let mut files: Vec<_> = std::fs::read_dir(golden("")).expect("the folder").map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        let mut bytes = std::fs::read(&files[file % files.len()]).expect("a sample");
        let at = at % bytes.len();
        bytes.splice(at..bytes.len().min(at + gone), with.bytes());
        let body = match bytes.windows(9).position(|found| found == b"\"request\"" || found == b" \"answer\"") {
            Some(begin) => bytes.get(begin + 11..bytes.len() - 2).unwrap_or_default(),
            None => &bytes,
        };
        let _ = (read_request(body).is_ok(), read_facts(body).is_ok(), read_answer(body).is_ok(), scan_answer(body).is_ok());
        let _ = read_error(body);
        let (mut reader, mut scan, mut out) = (StreamReader::default(), EventScan::new(true), Vec::new());
        for event in crate::sse::Events::new(&bytes, true) {
            let _ = scan.event(event.name, &event.data());
            if reader.read(event.name, &event.data(), &mut out).is_err() {
                break;
            }
        }
        reader.close(&mut out);
    }
}
