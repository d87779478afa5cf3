//! What holds for every request, answer and stream that this format can say.

use super::golden::{events, written_answer, written_request, written_stream};
use super::golden_answers::assert_in_order;
use super::strategies::{answer, request};
use crate::claude::{EventScan, StreamReader, read_answer, read_facts, read_request, scan_answer};
use crate::model::{Answer, Part, PartStart, StreamEvent, collect};
use crate::sse::{EventSplitter, Events};
use crate::tests::chunks;
use proptest::collection::vec;
use proptest::prelude::*;

/// The events of an answer, its texts in pieces of so many characters.
fn streamed(answer: &Answer<'static>, length: usize) -> Vec<StreamEvent> {
    let mut out = vec![StreamEvent::Start {
        id: answer.id.clone().into_owned(),
        model: answer.model.clone().into_owned(),
    }];
    let choice = &answer.choices[0];
    for (part, what) in (0..).zip(&choice.parts) {
        let (start, text, seal, citations) = match what.clone() {
            Part::Text { text, citations, .. } => (PartStart::Text, text, None, citations),
            Part::Thinking {
                text,
                sealed,
                redacted,
                ..
            } => (
                PartStart::Thinking { redacted, id: None },
                text,
                sealed,
                Vec::new(),
            ),
            Part::ToolCall(call) => {
                let (id, name) = (call.id.into_owned(), call.name.into_owned());
                (
                    PartStart::ToolCall { id, name },
                    call.arguments,
                    call.sealed,
                    Vec::new(),
                )
            }
            other => panic!("{other:?}"),
        };
        out.push(StreamEvent::Open {
            choice: 0,
            part,
            start,
        });
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(length) {
            let text = piece.iter().collect();
            out.push(StreamEvent::Piece { choice: 0, text });
        }
        out.extend(
            citations
                .into_iter()
                .map(|citation| StreamEvent::Cited { choice: 0, citation }),
        );
        out.extend(seal.map(|sealed| StreamEvent::Sealed { choice: 0, sealed }));
        out.push(StreamEvent::Close { choice: 0 });
    }
    out.push(StreamEvent::Stop {
        choice: 0,
        reason: choice.stop,
        sequence: choice.stop_sequence.clone().map(std::borrow::Cow::into_owned),
    });
    out.extend(answer.usage.map(StreamEvent::Usage));
    out.push(StreamEvent::End);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_request_reads_back_as_it_was_written(request in request()) {
        let body = written_request(&request);
        prop_assert_eq!(&read_request(&body), &Ok(request.clone()), "{}", String::from_utf8_lossy(&body));
        let facts = read_facts(&body).expect("a request");
        prop_assert_eq!((facts.max_output, facts.stream), (request.max_output, request.stream));
    }

    #[test]
    fn an_answer_reads_back_as_it_was_written(answer in answer()) {
        let body = written_answer(&answer);
        prop_assert_eq!(scan_answer(&body).expect("an answer").usage, answer.usage);
        prop_assert_eq!(read_answer(&body), Ok(answer));
    }

    #[test]
    fn a_stream_reads_back_as_it_was_written_in_any_chunks(
        answer in answer(),
        length in 1..9_usize,
        lengths in vec(0..40_usize, 1..5),
    ) {
        let stream = written_stream(&streamed(&answer, length), &answer.model);
        let read = events(&stream);
        assert_in_order(&read);
        prop_assert_eq!(collect(&read), (answer.clone(), None));
        let (mut splitter, mut reader, mut scan) = (EventSplitter::new(), StreamReader::default(), EventScan::default());
        let (mut out, mut begins) = (Vec::new(), true);
        for chunk in chunks(&stream, &lengths) {
            let whole = splitter.push(chunk).expect("short events");
            for event in Events::new(&whole, begins) {
                scan.event(event.name, &event.data()).expect("an event");
                reader.read(event.name, &event.data(), &mut out).expect("an event");
            }
            begins &= whole.is_empty();
        }
        prop_assert_eq!(out, read);
        prop_assert_eq!(Some(scan.usage()), answer.usage);
        prop_assert!(scan.output_is_final());
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..200), name in "(message|content_block)_(start|delta|stop)") {
        let _ = (read_request(&bytes), read_answer(&bytes));
        let mut reader = StreamReader::default();
        let mut out = Vec::new();
        let _ = reader.read(name.as_bytes(), &bytes, &mut out);
        reader.close(&mut out);
    }
}
