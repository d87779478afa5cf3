//! All pairs of formats: a streamed answer that is translated and put together is the plain one translated, however the
//! stream is cut; and a request that went through a format and back still says the same.

use super::chunks;
use crate::format::{ClientFormat, Dialect, Vendor};
use crate::model::{
    Answer, Choice, Context, Part, PartStart, Sealed, StopReason, StreamEvent, ToolCall, collect,
};
use crate::sse::{EventSplitter, Events};
use crate::translate::{AnswerStream, Exchange, Packing, Wrapping, plain_answer};
use crate::usage::Usage;
use crate::{claude, gemini, openai_chat, openai_responses};
use bytes::Bytes;
use proptest::prelude::*;

/// The formats in which an upstream's answers can be made here: those that clients speak as well.
const BOTH: [(ClientFormat, Dialect); 4] = [
    (ClientFormat::Claude, Dialect::Claude),
    (ClientFormat::Chat, Dialect::Chat),
    (ClientFormat::Responses, Dialect::Responses),
    (ClientFormat::Gemini, Dialect::Gemini),
];

fn context() -> Context {
    Context {
        model: "asked".to_owned(),
        id: "018f0000-0000-7000-8000-000000000001".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        seal_thinking: true,
        ..Context::default()
    }
}

fn plain_of(format: ClientFormat, answer: &Answer<'_>) -> Bytes {
    let mut body = Vec::new();
    match format {
        ClientFormat::Claude => claude::write_answer(answer, &context(), &mut body),
        ClientFormat::Responses => openai_responses::write_answer(answer, &context(), &mut body),
        ClientFormat::Gemini => gemini::write_answer(answer, &context(), &mut body),
        ClientFormat::Chat | ClientFormat::Completions => {
            openai_chat::write_answer(answer, &context(), &mut body);
        }
    }
    body.into()
}

fn stream_of(format: ClientFormat, events: &[StreamEvent]) -> Vec<u8> {
    let mut body = Vec::new();
    match format {
        ClientFormat::Claude => {
            let mut writer = claude::StreamWriter::new(context());
            for event in events {
                writer.write(event, &mut body);
            }
        }
        ClientFormat::Responses => {
            let mut writer = openai_responses::StreamWriter::new(context());
            for event in events {
                writer.write(event, &mut body);
            }
        }
        ClientFormat::Gemini => {
            let mut writer = gemini::StreamWriter::new(context());
            for event in events {
                writer.write(event, &mut body);
            }
        }
        ClientFormat::Chat | ClientFormat::Completions => {
            let mut writer = openai_chat::StreamWriter::new(context());
            for event in events {
                writer.write(event, &mut body);
            }
        }
    }
    body
}

fn read_plain(format: ClientFormat, body: &Bytes) -> Answer<'_> {
    match format {
        ClientFormat::Claude => claude::read_answer(body),
        ClientFormat::Responses => openai_responses::read_answer(body),
        ClientFormat::Gemini => gemini::read_answer(body),
        ClientFormat::Chat | ClientFormat::Completions => openai_chat::read_answer(body),
    }
    .unwrap_or_else(|fault| panic!("{format:?}: {fault}: {}", String::from_utf8_lossy(body)))
}

fn read_stream(format: ClientFormat, body: &[u8]) -> Vec<StreamEvent> {
    let whole = EventSplitter::new()
        .push(Bytes::copy_from_slice(body))
        .expect("events");
    assert_eq!(whole.len(), body.len(), "{format:?}: the last event is not whole");
    let events = Events::new(&whole, true);
    let mut out = Vec::new();
    match format {
        ClientFormat::Claude => {
            let mut reader = claude::StreamReader::default();
            events.for_each(|event| {
                reader
                    .read(event.name, &event.data(), &mut out)
                    .expect("an event");
            });
            reader.close(&mut out);
        }
        ClientFormat::Responses => {
            let mut reader = openai_responses::StreamReader::default();
            events.for_each(|event| {
                reader
                    .read(event.name, &event.data(), &mut out)
                    .expect("an event");
            });
            reader.close(&mut out);
        }
        ClientFormat::Gemini => {
            let mut reader = gemini::StreamReader::default();
            events.for_each(|event| {
                reader
                    .read(event.name, &event.data(), &mut out)
                    .expect("an event");
            });
            reader.close(&mut out);
        }
        ClientFormat::Chat | ClientFormat::Completions => {
            let mut reader = openai_chat::StreamReader::default();
            events.for_each(|event| {
                reader
                    .read(event.name, &event.data(), &mut out)
                    .expect("an event");
            });
            reader.close(&mut out);
        }
    }
    out
}

/// The events of an answer, as a reader would give them.
fn events_of(answer: &Answer<'_>) -> Vec<StreamEvent> {
    let mut events = vec![StreamEvent::Start {
        id: answer.id.to_string(),
        model: answer.model.to_string(),
    }];
    for (choice, said) in (0..).zip(&answer.choices) {
        for (part, said) in (0..).zip(&said.parts) {
            let (start, text, sealed) = match said {
                Part::Thinking { text, sealed, .. } => (
                    PartStart::Thinking {
                        redacted: false,
                        id: None,
                    },
                    text,
                    sealed.clone(),
                ),
                Part::ToolCall(call) => (
                    PartStart::ToolCall {
                        id: call.id.to_string(),
                        name: call.name.to_string(),
                    },
                    &call.arguments,
                    None,
                ),
                Part::Text { text, .. } => (PartStart::Text, text, None),
                other => panic!("{other:?}"),
            };
            events.push(StreamEvent::Open { choice, part, start });
            let characters: Vec<char> = text.chars().collect();
            for piece in characters.chunks(5) {
                let text = piece.iter().collect();
                events.push(StreamEvent::Piece { choice, text });
            }
            if let Some(Sealed { vendor, data }) = sealed {
                let sealed = Sealed {
                    vendor,
                    data: data.into_owned().into(),
                };
                events.push(StreamEvent::Sealed { choice, sealed });
            }
            events.push(StreamEvent::Close { choice });
        }
        events.push(StreamEvent::Stop {
            choice,
            reason: said.stop,
            sequence: None,
        });
    }
    events.extend(answer.usage.map(StreamEvent::Usage));
    events.push(StreamEvent::End);
    events
}

fn any_answer() -> impl Strategy<Value = Answer<'static>> {
    let thinking = prop::option::of(("[a-zA-Z ]{1,20}", "[a-zA-Z0-9+/]{8,16}"));
    let text = prop::option::of(".{1,40}");
    let calls = prop::collection::vec(("[a-z_]{1,12}", "[a-z ]{0,12}", 0..1_000_i32), 0..3);
    let usage = (1..100_000_u64, 1..100_000_u64, 0..50_000_u64);
    (thinking, text, calls, usage, any::<bool>()).prop_map(|(thinking, text, calls, usage, long)| {
        let mut parts = Vec::new();
        if let Some((text, seal)) = thinking {
            parts.push(Part::Thinking {
                text: text.into(),
                sealed: Some(Sealed {
                    vendor: Vendor::Anthropic,
                    data: seal.into(),
                }),
                redacted: false,
                id: None,
            });
        }
        parts.extend(text.map(Part::text));
        for (at, (name, value, number)) in calls.iter().enumerate() {
            parts.push(Part::ToolCall(ToolCall {
                id: format!("call_{at}").into(),
                name: name.clone().into(),
                arguments: format!("{{\"text\":\"{value}\",\"number\":{number}}}").into(),
                sealed: None,
                cache: None,
            }));
        }
        let stop = match (calls.is_empty(), long) {
            (false, _) => StopReason::ToolCalls,
            (true, true) => StopReason::MaxOutput,
            (true, false) => StopReason::End,
        };
        let (input, output, cache_read) = usage;
        Answer {
            id: "id".into(),
            model: "sent".into(),
            choices: vec![Choice {
                parts,
                stop,
                ..Choice::default()
            }],
            usage: Some(Usage {
                input,
                output,
                cache_read,
                ..Usage::default()
            }),
        }
    })
}

/// What must agree: ids, names and item ids are each format's own.
fn essence(answer: Answer<'_>) -> (Vec<String>, Vec<StopReason>, Option<Usage>) {
    let mut said = Vec::new();
    for choice in &answer.choices {
        for part in &choice.parts {
            said.push(match part {
                Part::Text { text, .. } => format!("text {text}"),
                Part::Thinking { text, .. } => format!("thinking {text}"),
                Part::ToolCall(call) => format!("call {} {}", call.name, call.arguments),
                other => format!("{other:?}"),
            });
        }
    }
    let stops = answer.choices.iter().map(|choice| choice.stop).collect();
    (said, stops, answer.usage)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_stream_put_together_is_the_plain_answer(answer in any_answer(), lengths in prop::collection::vec(0..90_usize, 1..5)) {
        let events = events_of(&answer);
        for (upstream, dialect) in BOTH {
            for (client, _) in BOTH {
                let exchange = Exchange {
                    client, wrapping: Wrapping::Bare, dialect, packing: Packing::Bare, hide_usage: false, context: context(),
                };
                let plain = plain_of(upstream, &answer);
                let (body, facts) = plain_answer(&exchange, &plain).unwrap_or_else(|fault| panic!("{upstream:?}: {fault}"));
                let whole = essence(read_plain(client, &body));

                let stream = stream_of(upstream, &events);
                let mut way = AnswerStream::new(&exchange);
                let mut got = Vec::new();
                for chunk in chunks(&stream, &lengths) {
                    got.extend_from_slice(&way.push(chunk).expect("a chunk").forward);
                }
                if let Some(rest) = way.close() {
                    got.extend_from_slice(&rest.forward);
                }
                prop_assert!(way.is_exact(), "{upstream:?} → {client:?}: {}", String::from_utf8_lossy(&stream));
                prop_assert_eq!(Some(way.usage()), facts.usage, "{:?} → {:?}", upstream, client);
                let (put_together, error) = collect(&read_stream(client, &got));
                prop_assert_eq!(error, None);
                prop_assert_eq!(essence(put_together), whole, "{:?} → {:?}", upstream, client);
            }
        }
    }
}

/// Of a stream of Claude's for a client of Chat.
fn translated(stream: &str) -> AnswerStream {
    let exchange = Exchange {
        client: ClientFormat::Chat,
        wrapping: Wrapping::Bare,
        dialect: Dialect::Claude,
        packing: Packing::Bare,
        hide_usage: false,
        context: context(),
    };
    let mut way = AnswerStream::new(&exchange);
    let pushed = way
        .push(Bytes::copy_from_slice(stream.as_bytes()))
        .expect("a stream");
    assert!(pushed.last, "{stream}");
    way
}

#[test]
fn a_translated_answer_is_as_exact_as_one_that_passes() {
    let stream = |usage: &str| {
        let start = r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":9,"output_tokens":1}}}"#;
        format!(
            "event: message_start\ndata: {start}\n\n\
             event: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{{\"type\":\"text\",\"text\":\"\"}}}}\n\n\
             event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{}\"}}}}\n\n\
             event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":0}}\n\n\
             event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\"}}{usage}}}\n\n\
             event: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n",
            "words ".repeat(500)
        )
    };
    // Without final figures the first one's output is a placeholder.
    let untold = translated(&stream(""));
    assert!(!untold.is_exact());
    assert_eq!(untold.estimated_output(), 1_000);
    let told = translated(&stream(r#","usage":{"output_tokens":700}"#));
    assert!(told.is_exact() && !told.billed_beside_tokens());
    assert_eq!(told.usage().output, 700);
    let fast = translated(&stream(r#","usage":{"output_tokens":700,"speed":"fast"}"#));
    assert!(fast.billed_beside_tokens());
}
