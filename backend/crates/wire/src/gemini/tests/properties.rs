//! What is written is read again, whatever was said; and no bytes make a reader panic.

use super::strategies::{answer, request, words};
use super::*;
use crate::model::{Answer, Context, Part, PartStart, ToolCall, collect};
use crate::tests::chunks;
use proptest::prelude::*;

fn context() -> Context {
    Context {
        model: "asked".into(),
        id: "id-1".into(),
        ..Context::default()
    }
}

/// An answer as a stream's events; texts come in pieces of some characters.
fn streamed(answer: &Answer<'static>, size: usize) -> Vec<StreamEvent> {
    let mut events = vec![StreamEvent::Start {
        id: "up".into(),
        model: "up".into(),
    }];
    for (answered, choice) in answer.choices.iter().zip(0..) {
        for (said, part) in answered.parts.iter().zip(0..) {
            let (start, text, sealed) = match said {
                Part::Text { text, .. } => (PartStart::Text, text, &None),
                Part::Thinking {
                    text,
                    sealed,
                    redacted,
                    ..
                } => (
                    PartStart::Thinking {
                        redacted: *redacted,
                        id: None,
                    },
                    text,
                    sealed,
                ),
                Part::ToolCall(ToolCall {
                    id,
                    name,
                    arguments,
                    sealed,
                    ..
                }) => {
                    let (id, name) = (id.clone().into_owned(), name.clone().into_owned());
                    (PartStart::ToolCall { id, name }, arguments, sealed)
                }
                other => panic!("{other:?}"),
            };
            events.push(StreamEvent::Open { choice, part, start });
            let letters: Vec<char> = text.chars().collect();
            for piece in letters.chunks(size) {
                events.push(StreamEvent::Piece {
                    choice,
                    text: piece.iter().collect(),
                });
            }
            if let Part::Text { citations, .. } = said {
                if !answered.logprobs.is_empty() {
                    events.push(StreamEvent::Logprobs {
                        choice,
                        tokens: answered.logprobs.clone(),
                    });
                }
                let each = citations.iter().cloned();
                events.extend(each.map(|citation| StreamEvent::Cited { choice, citation }));
            }
            if let Some(sealed) = sealed.clone() {
                events.push(StreamEvent::Sealed { choice, sealed });
            }
            events.push(StreamEvent::Close { choice });
        }
        events.push(StreamEvent::Stop {
            choice,
            reason: answered.stop,
            sequence: None,
        });
    }
    events.extend(answer.usage.map(StreamEvent::Usage));
    events.push(StreamEvent::End);
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_request_is_read_as_it_was_written(request in request()) {
        let body = written(&request, &NEW);
        prop_assert_eq!(read_request(&body).unwrap(), request, "{}", text(&body));
        prop_assert!(read_facts(&body).is_ok());
    }

    #[test]
    fn an_answer_is_read_as_it_was_written(answer in answer()) {
        let mut body = Vec::new();
        write_answer(&answer, &context(), &mut body);
        prop_assert_eq!(&read_answer(&body).unwrap(), &answer, "{}", text(&body));
        prop_assert_eq!(scan_answer(&body).unwrap().usage, answer.usage);
    }

    #[test]
    fn a_stream_is_read_as_it_was_written_however_it_is_cut(
        answer in answer(),
        size in 1_usize..9,
        lengths in prop::collection::vec(0_usize..90, 1..5),
    ) {
        let (mut writer, mut bytes) = (StreamWriter::new(context()), Vec::new());
        for event in streamed(&answer, size) {
            writer.write(&event, &mut bytes);
        }
        let events = read_events([Bytes::from(bytes.clone())]);
        prop_assert_eq!(&read_events(chunks(&bytes, &lengths)), &events);
        let (found, error) = collect(&events);
        prop_assert_eq!(error, None);
        prop_assert_eq!(&found, &answer, "{}", text(&bytes));
        let mut scan = EventScan::default();
        for event in Events::new(&bytes, true) {
            scan.event(event.name, &event.data()).unwrap();
        }
        prop_assert_eq!(scan.usage(), answer.usage.unwrap_or_default());
        prop_assert!(scan.close().is_some());
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_a_reader_panic(noise in prop::collection::vec(any::<u8>(), 0..60), word in words(), at in 0_usize..400) {
        let mut bodies = vec![noise.clone()];
        for name in names("", ".json") {
            let mut body = std::fs::read(super::folder().join(name)).unwrap();
            let at = at % body.len();
            body.splice(at..at, word.bytes());
            bodies.push(body);
            bodies.push(bodies[1][..at.min(bodies[1].len())].to_vec());
        }
        for body in bodies {
            let _ = (read_facts(&body).is_ok(), read_request(&body).is_ok(), read_answer(&body).is_ok());
            let _ = (scan_answer(&body).is_ok(), read_error(&body), read_count_facts(&body).is_ok());
            let _ = (code_assist::read_envelope(&body).is_ok(), code_assist::unwrap_answer(&body));
            let _ = (read_embed_facts(&body).is_ok(), read_batch_embed_facts(&body).is_ok());
            let _ = EventScan::default().event(b"", &body).is_ok();
            let _ = StreamReader::default().read(b"", &body, &mut Vec::new()).is_ok();
            code_assist::wrap_request(&body, "m", None, "u", Some("s"), &mut Vec::new());
        }
    }
}
