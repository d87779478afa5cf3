//! What translation costs against passing through. Printed, not judged: `cargo test --release -p tollgate-wire speed --
//! --ignored --nocapture`.

use crate::format::{ClientFormat, Dialect};
use crate::model::{Context, Target};
use crate::translate::{AnswerStream, Exchange, Packing, Wrapping, translate_request};
use bytes::Bytes;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

/// A stream of Claude's of 34 events.
fn claude_stream() -> Bytes {
    let mut text = String::from(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-6\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n\
         event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    );
    for n in 0..29 {
        let _ = write!(
            text,
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"some words, number {n} \"}}}}\n\n"
        );
    }
    text.push_str(
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
         event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":150}}\n\n\
         event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    );
    text.into()
}

fn exchange(client: ClientFormat) -> Exchange {
    Exchange {
        client,
        wrapping: Wrapping::Bare,
        dialect: Dialect::Claude,
        packing: Packing::Bare,
        hide_usage: false,
        context: Context {
            model: "claude-sonnet-4-6".to_owned(),
            id: "018f0000-0000-7000-8000-000000000001".to_owned(),
            ..Context::default()
        },
    }
}

#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "a measurement needs the real clock")]
fn a_stream_of_34_events() {
    const ROUNDS: u32 = 20_000;
    let stream = claude_stream();
    for client in ClientFormat::ALL {
        let exchange = exchange(client);
        let began = Instant::now();
        for _ in 0..ROUNDS {
            let mut answer = AnswerStream::new(&exchange);
            let pushed = answer.push(stream.clone()).expect("a stream");
            assert!(pushed.last);
            black_box(pushed);
        }
        println!("{client:?}: {:?} a stream", began.elapsed() / ROUNDS);
    }
}

#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "a measurement needs the real clock")]
fn a_request_of_ten_megabytes() {
    const ROUNDS: u32 = 20;
    let picture = "iVBORw0KGgo".repeat(10_000_000 / 11);
    let body = format!(
        "{{\"model\":\"m\",\"max_tokens\":10,\"messages\":[{{\"role\":\"user\",\"content\":[{{\"type\":\"image\",\"source\":{{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"{picture}\"}}}},{{\"type\":\"text\",\"text\":\"What is it?\"}}]}}]}}"
    );
    for target in [
        Dialect::Chat,
        Dialect::Responses,
        Dialect::Gemini,
        Dialect::Converse,
    ] {
        let to = Target {
            model: "x",
            max_output: 10,
        };
        let began = Instant::now();
        for _ in 0..ROUNDS {
            black_box(
                translate_request(ClientFormat::Claude, target, body.as_bytes(), &to, false)
                    .expect("a request"),
            );
        }
        println!("{target:?}: {:?} a request", began.elapsed() / ROUNDS);
    }
}
