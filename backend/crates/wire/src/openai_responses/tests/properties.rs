//! What is written is read back, whole and in pieces.

use super::streams::{read, told};
use super::values::{answer, request};
use crate::model::*;
use crate::openai_responses::{
    StreamReader, StreamWriter, read_answer, read_facts, read_request, scan_answer, write_answer,
    write_request,
};
use crate::sse::{EventSplitter, Events};
use crate::tests::chunks;
use crate::tree::Node;
use proptest::prelude::*;

pub(super) const MODEL: &str = "gpt-5.6";

fn context() -> Context {
    Context {
        model: MODEL.into(),
        id: "0199".into(),
        seal_thinking: true,
        ..Context::default()
    }
}

/// How a part begins, its text and its seal.
fn begun<'p>(part: &'p Part<'_>) -> (PartStart, &'p str, Option<&'p Sealed<'p>>) {
    match part {
        Part::Text { text, .. } => (PartStart::Text, text.as_ref(), None),
        Part::Refusal { text } => (PartStart::Refusal, text.as_ref(), None),
        Part::Thinking {
            text,
            sealed,
            redacted,
            id,
        } => {
            let id = id.clone().map(std::borrow::Cow::into_owned);
            (
                PartStart::Thinking {
                    redacted: *redacted,
                    id,
                },
                text.as_ref(),
                sealed.as_ref(),
            )
        }
        Part::ToolCall(call) => {
            let start = PartStart::ToolCall {
                id: call.id.clone().into(),
                name: call.name.clone().into(),
            };
            (start, call.arguments.as_ref(), None)
        }
        other => panic!("{other:?}"),
    }
}

/// The events of an answer, its texts in pieces of so many characters.
fn events(answer: &Answer<'_>, size: usize) -> Vec<StreamEvent> {
    let choice = 0;
    let mut events = vec![StreamEvent::Start {
        id: "up".into(),
        model: "up".into(),
    }];
    let mut logprobs = answer.choices[0].logprobs.clone();
    for (part, value) in (0..).zip(&answer.choices[0].parts) {
        let (start, text, seal) = begun(value);
        events.push(StreamEvent::Open { choice, part, start });
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(size) {
            events.push(StreamEvent::Piece {
                choice,
                text: piece.iter().collect(),
            });
        }
        if let Part::Text { citations, .. } = value {
            if !logprobs.is_empty() {
                events.push(StreamEvent::Logprobs {
                    choice,
                    tokens: std::mem::take(&mut logprobs),
                });
            }
            for citation in citations {
                let Citation::Url { url, title, span } = citation.clone() else {
                    panic!()
                };
                let (url, title) = (url.into_owned().into(), title.into_owned().into());
                events.push(StreamEvent::Cited {
                    choice,
                    citation: Citation::Url { url, title, span },
                });
            }
        }
        if let Some(seal) = seal {
            let data = seal.data.clone().into_owned().into();
            events.push(StreamEvent::Sealed {
                choice,
                sealed: Sealed {
                    vendor: seal.vendor,
                    data,
                },
            });
        }
        events.push(StreamEvent::Close { choice });
    }
    events.push(StreamEvent::Stop {
        choice,
        reason: answer.choices[0].stop,
        sequence: None,
    });
    events.extend(answer.usage.map(StreamEvent::Usage));
    events.push(StreamEvent::End);
    events
}

fn streamed(answer: &Answer<'_>, size: usize) -> Vec<u8> {
    let (mut writer, mut into) = (StreamWriter::new(context()), Vec::new());
    for event in events(answer, size) {
        writer.write(&event, &mut into);
    }
    into
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_request_is_read_as_it_was_written(request in request()) {
        let mut body = Vec::new();
        write_request(&request, &Target { model: MODEL, max_output: 1 }, &mut body).unwrap();
        prop_assert_eq!(read_request(&body).unwrap(), request, "{}", String::from_utf8_lossy(&body));
        prop_assert!(read_facts(&body).is_ok());
    }

    #[test]
    fn an_answer_is_read_as_it_was_written(answer in answer(true)) {
        let mut body = Vec::new();
        write_answer(&answer, &context(), &mut body);
        prop_assert_eq!(scan_answer(&body).unwrap().usage, answer.usage);
        prop_assert_eq!(read_answer(&body).unwrap(), answer);
    }

    #[test]
    fn a_stream_is_read_as_it_was_written(answer in answer(false), size in 1..8_usize) {
        let stream = streamed(&answer, size);
        let (collected, error) = collect(&read(&stream));
        prop_assert_eq!(error, None);
        prop_assert_eq!(&collected, &answer, "{}", String::from_utf8_lossy(&stream));
        let (_, last) = told(&stream).pop().unwrap();
        let whole = last.get("response").map(Node::to_text).unwrap();
        let mut plain = Vec::new();
        write_answer(&answer, &context(), &mut plain);
        prop_assert_eq!(whole, Node::parse(&plain).unwrap().to_text(), "the last event holds the plain answer");
    }

    #[test]
    fn seals_of_calls_are_in_the_last_event_too(answer in answer(true)) {
        let mut sealed = events(&answer, 3);
        for at in (0..sealed.len()).rev() {
            let StreamEvent::Open { part, start: PartStart::ToolCall { .. }, .. } = &sealed[at] else { continue };
            let Part::ToolCall(call) = &answer.choices[0].parts[*part as usize] else { panic!() };
            if let Some(Sealed { vendor, data }) = &call.sealed {
                let seal = Sealed { vendor: *vendor, data: data.clone().into_owned().into() };
                sealed.insert(at + 1, StreamEvent::Sealed { choice: 0, sealed: seal });
            }
        }
        let (mut writer, mut stream) = (StreamWriter::new(context()), Vec::new());
        for event in &sealed {
            writer.write(event, &mut stream);
        }
        let (_, last) = told(&stream).pop().unwrap();
        let whole = last.get("response").map(Node::to_text).unwrap();
        prop_assert_eq!(read_answer(whole.as_bytes()).unwrap(), answer);
    }

    #[test]
    fn chunks_do_not_matter(answer in answer(false), lengths in prop::collection::vec(0..40_usize, 1..8)) {
        let stream = streamed(&answer, 2);
        let (mut splitter, mut reader, mut out) = (EventSplitter::new(), StreamReader::default(), Vec::new());
        for chunk in chunks(&stream, &lengths) {
            let whole = splitter.push(chunk).unwrap();
            for event in Events::new(&whole, false) {
                reader.read(event.name, &event.data(), &mut out).unwrap();
            }
        }
        prop_assert_eq!(out, read(&stream));
    }
}
