//! Inputs that the fuzz targets found (`golden/found`, each named after its target), and what must become of them.

use crate::bedrock::{count_request, invoke_edits};
use crate::facts::apply;
use crate::fault::RequestFault;
use crate::format::{ClientFormat, Dialect};
use crate::model::{Context, PartStart, StreamEvent, Target};
use crate::openai_chat::embeddings;
use crate::sse::Events;
use crate::translate::{
    AnswerStream, Exchange, Packing, Translated, Wrapping, plain_answer, translate_request,
};
use crate::tree::Node;
use crate::usage::Usage;
use crate::{claude, gemini, openai_chat, openai_responses};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::path::Path;

fn found(name: &str) -> Bytes {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden/found")
        .join(name);
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .into()
}

fn sent(client: ClientFormat, dialect: Dialect, name: &str) -> Result<Translated, RequestFault> {
    let target = Target {
        model: "gemini-2.5-pro",
        max_output: 8_192,
    };
    translate_request(client, dialect, &found(name), &target, false)
}

fn exchange(dialect: Dialect, client: ClientFormat, wrapping: Wrapping) -> Exchange {
    Exchange {
        client,
        wrapping,
        dialect,
        packing: Packing::Bare,
        hide_usage: false,
        context: Context::default(),
    }
}

/// What is sent of a stream up to its end or its error, and whether it is complete.
fn streamed(exchange: &Exchange, chunks: impl IntoIterator<Item = Bytes>) -> (String, bool) {
    let mut stream = AnswerStream::new(exchange);
    let (mut out, mut last) = (Vec::new(), false);
    for chunk in chunks {
        let pushed = stream.push(chunk).expect("a stream that can be read");
        out.extend_from_slice(&pushed.forward);
        last = pushed.last;
        if last || stream.error().is_some() {
            break;
        }
    }
    if let Some(rest) = stream.close().filter(|_| !last) {
        out.extend_from_slice(&rest.forward);
        last = true;
    }
    (String::from_utf8(out).expect("UTF-8"), last)
}

#[test]
fn what_no_vendor_takes_is_refused_where_it_is_read() {
    use ClientFormat::{Chat, Claude, Gemini, Responses};
    let image = "messages[0].content[0].source.media_type";
    let result = "messages[0].content[0].content";
    for (client, name, field) in [
        (
            Chat,
            "request_chat--schema-a-string.json",
            "response_format.json_schema.schema",
        ),
        (
            Chat,
            "request_chat--parameters-an-array.json",
            "tools[0].function.parameters",
        ),
        (Chat, "request_chat--metadata-a-number.json", "metadata"),
        (Chat, "request_chat--result-before-its-call.json", "messages"),
        (
            Gemini,
            "request_gemini--parameters-an-array.json",
            "tools[0].functionDeclarations[0].parameters",
        ),
        (
            Gemini,
            "request_gemini--schema-a-text.json",
            "generationConfig.responseSchema",
        ),
        (
            Gemini,
            "request_gemini--call-of-the-user.json",
            "contents[0].parts[0].functionCall",
        ),
        (Gemini, "request_gemini--thinking-alone.json", "contents"),
        (
            Gemini,
            "request_gemini--no-media-type.json",
            "contents[0].parts[1].inlineData.mimeType",
        ),
        (Claude, "request_claude--no-media-type.json", image),
        (
            Claude,
            "request_claude--empty-document.json",
            "messages[0].content[0].source",
        ),
        (Claude, "request_claude--empty-search-result.json", result),
        (Claude, "request_claude--no-budget.json", "thinking.budget_tokens"),
        (
            Claude,
            "request_claude--data-as-url.json",
            "messages[0].content[0].source.url",
        ),
        (
            Gemini,
            "request_gemini--data-as-uri.json",
            "contents[0].parts[0].fileData.fileUri",
        ),
        (Responses, "request_responses--empty-text.json", "input"),
    ] {
        for dialect in Dialect::ALL {
            let fault = sent(client, dialect, name).expect_err(name);
            assert_eq!(fault.field, field, "{name}: {fault}");
        }
    }
}

#[test]
fn texts_that_say_nothing_are_left_out() {
    for (client, name) in [
        (ClientFormat::Gemini, "request_gemini--empty-system-text.json"),
        (
            ClientFormat::Responses,
            "request_responses--empty-instructions.json",
        ),
    ] {
        for dialect in Dialect::ALL {
            let body = sent(client, dialect, name).expect(name).body;
            let body = String::from_utf8(body).expect("UTF-8");
            assert!(
                body.contains("\"Hi\"") && !body.contains("\"\""),
                "{name}: {body}"
            );
        }
    }
}

#[test]
fn a_field_in_both_spellings_is_sent_once() {
    for dialect in Dialect::ALL {
        let name = "request_gemini--schema-field-in-both-spellings.json";
        let body = sent(ClientFormat::Gemini, dialect, name).expect(name).body;
        Node::parse(&body).unwrap_or_else(|fault| panic!("{dialect:?}: {fault}"));
    }
}

#[test]
fn top_k_fits_into_googles_32_bits() {
    let name = "request_claude--top-k-beyond-32-bits.json";
    let body = sent(ClientFormat::Claude, Dialect::Gemini, name)
        .expect(name)
        .body;
    let read = gemini::read_request(&body).expect("a request");
    assert_eq!(read.top_k, Some(2_147_483_647));
}

#[test]
fn fields_that_are_null_stand_once_on_bedrock() {
    let (body, model) = (
        found("bedrock--null-fields.json"),
        "us.anthropic.claude-sonnet-4-6-v1:0",
    );
    let edits = invoke_edits(&body, model, &[]).expect("edits");
    let invoked = apply(&body, &edits);
    let invoked = Node::parse(&invoked).expect("no field twice");
    assert!(
        invoked
            .get("output_config")
            .and_then(|config| config.get("format"))
            .is_some()
    );
    let count = count_request(&body, model, &[]).expect("a count");
    let count = Node::parse(&count).expect("JSON");
    let inner = count
        .get("input")
        .and_then(|input| input.get("invokeModel")?.get("body"));
    let inner = STANDARD
        .decode(inner.and_then(Node::as_text).expect("a body"))
        .expect("base64");
    let inner = Node::parse(&inner).expect("no field twice");
    assert_eq!(inner.get("max_tokens").and_then(Node::as_u64), Some(1));
}

#[test]
fn an_answer_without_an_answer_is_none() {
    assert!(openai_chat::read_answer(&found("answer--no-choice.json")).is_err());
    assert!(gemini::read_answer(&found("answer--candidate-a-number.json")).is_err());
    assert!(gemini::read_answer(&found("answer--blocked-by-a-number.json")).is_err());
    assert!(gemini::read_answer(&found("answer--two-at-once.json")).is_err());
    let mut stream = AnswerStream::new(&exchange(Dialect::Chat, ClientFormat::Gemini, Wrapping::Bare));
    assert!(stream.push(found("stream_chat--no-choice.sse")).is_err());
}

#[test]
fn arguments_of_blanks_are_none() {
    for client in [
        ClientFormat::Claude,
        ClientFormat::Gemini,
        ClientFormat::Responses,
    ] {
        let name = "answer--blank-arguments.json";
        let way = exchange(Dialect::Chat, client, Wrapping::Bare);
        let (body, _) = plain_answer(&way, &found(name)).expect(name);
        let body = String::from_utf8_lossy(&body);
        assert!(
            body.contains("{}") && !body.contains("__invalid_json"),
            "{client:?}: {body}"
        );
    }
}

#[test]
fn parts_of_a_figure_are_no_more_than_the_whole() {
    let usage = |dialect, name: &str| {
        let way = exchange(dialect, ClientFormat::Claude, Wrapping::Bare);
        let (_, facts) = plain_answer(&way, &found(name)).expect(name);
        facts.usage.expect("figures")
    };
    let told = usage(Dialect::Chat, "answer--more-reasoning-than-output.json");
    assert_eq!((told.output, told.reasoning), (1, 1));
    let told = usage(Dialect::Responses, "answer--more-cached-than-input.json");
    let expected = Usage {
        cache_read: 5,
        output: 1,
        reasoning: 1,
        ..Usage::default()
    };
    assert_eq!(told, expected);
}

#[test]
fn of_embeddings_that_come_twice_the_last_ones_count() {
    let name = "embeddings--twice.json";
    let (answer, _) = embeddings::from_gemini(&found(name), &Context::default(), false).expect(name);
    let answer = String::from_utf8(answer).expect("UTF-8");
    assert!(
        answer.contains(r#""data":[{"object":"embedding","index":0,"embedding":[2,3]}]"#),
        "{answer}"
    );
}

#[test]
fn what_stands_after_a_held_event_waits_with_it() {
    let body = found("stream_gemini--held-with-an-empty-line.sse");
    let way = exchange(Dialect::Gemini, ClientFormat::Gemini, Wrapping::Bare);
    let expected = (String::from_utf8(body.to_vec()).expect("UTF-8"), true);
    assert_eq!(streamed(&way, [body.clone()]), expected);
    for at in 1..body.len() {
        assert_eq!(
            streamed(&way, [body.slice(..at), body.slice(at..)]),
            expected,
            "cut at {at}"
        );
    }
}

#[test]
fn an_array_ends_with_the_upstreams_error() {
    let way = exchange(Dialect::Claude, ClientFormat::Gemini, Wrapping::Array);
    let (out, complete) = streamed(&way, [found("stream_claude--error.sse")]);
    assert!(!complete);
    let array = Node::parse(out.as_bytes()).unwrap_or_else(|fault| panic!("{fault}: {out}"));
    let last = array.as_array().and_then(<[_]>::last);
    assert!(last.is_some_and(|last| last.get("error").is_some()), "{out}");
}

#[test]
fn what_follows_an_answers_end_is_dropped() {
    for client in ClientFormat::ALL {
        let way = exchange(Dialect::Chat, client, Wrapping::Bare);
        let mut stream = AnswerStream::new(&way);
        let pushed = stream
            .push(found("stream_chat--junk-after-the-end.sse"))
            .expect("a stream");
        assert!(pushed.last, "{client:?}");
        let told = Usage {
            input: 2,
            output: 1,
            ..Usage::default()
        };
        assert_eq!(stream.usage(), told, "{client:?}");
    }
}

/// The events that a format's reader makes of a stream.
fn events(name: &str, mut read: impl FnMut(&[u8], &[u8], &mut Vec<StreamEvent>)) -> Vec<StreamEvent> {
    let (body, mut out) = (found(name), Vec::new());
    for event in Events::new(&body, true) {
        read(event.name, &event.data(), &mut out);
    }
    out
}

/// Every citation stands in a text.
fn assert_cited_texts(name: &str, events: &[StreamEvent]) {
    assert_eq!(events.last(), Some(&StreamEvent::End), "{name}: {events:#?}");
    let mut open = None;
    for event in events {
        match event {
            StreamEvent::Open { start, .. } => open = Some(start),
            StreamEvent::Close { .. } => open = None,
            StreamEvent::Cited { .. } => assert_eq!(open, Some(&PartStart::Text), "{name}: {events:#?}"),
            _ => {}
        }
    }
}

#[test]
fn only_texts_cite() {
    let name = "stream_claude--cited-thinking.sse";
    let mut reader = claude::StreamReader::default();
    let read = events(name, |name, data, out| {
        reader.read(name, data, out).expect("an event");
    });
    assert_cited_texts(name, &read);

    let name = "stream_chat--cited-refusal.sse";
    let mut reader = openai_chat::StreamReader::default();
    let read = events(name, |name, data, out| {
        reader.read(name, data, out).expect("an event");
    });
    assert_cited_texts(name, &read);

    let name = "stream_responses--two-items-at-one-place.sse";
    let mut reader = openai_responses::StreamReader::default();
    let read = events(name, |name, data, out| {
        reader.read(name, data, out).expect("an event");
    });
    assert_cited_texts(name, &read);
    let opened = |start: &PartStart| {
        let is =
            |event: &&StreamEvent| matches!(event, StreamEvent::Open { start: found, .. } if found == start);
        read.iter().filter(is).count()
    };
    assert_eq!(opened(&PartStart::Text), 1, "{read:#?}");
    assert!(
        read.iter()
            .any(|event| matches!(event, StreamEvent::Piece { text, .. } if text == "Hi"))
    );
}
