//! What OpenAI serves beside chats: legacy completions, embeddings, images.

use super::super::{completions, embeddings, images};
use super::{context, json};
use crate::model::{Answer, Choice, Part, PartStart, StopReason, StreamEvent};
use crate::openai_chat::PREAMBLE_TOKENS;
use crate::usage::{OtherUsage, Usage};

#[test]
fn a_legacy_prompt_is_what_the_user_says() {
    let body = br#"{"model":"m","prompt":["Once"],"max_tokens":null,"best_of":1,"echo":false,"logprobs":null,"suffix":null}"#;
    let request = completions::read_request(body).expect("readable");
    assert_eq!(
        request.turns.first().map(|turn| turn.parts.as_slice()),
        Some(&[Part::text("Once")][..])
    );
    assert_eq!(request.max_output, Some(16));
    let facts = completions::read_facts(body).expect("a request");
    assert_eq!(
        (facts.max_output, facts.choices, facts.stream),
        (Some(16), 1, false)
    );
    assert!(completions::wants_usage(
        br#"{"stream_options":{"include_usage":true}}"#
    ));
    assert!(!completions::wants_usage(body));
}

#[test]
fn what_chats_cannot_do_is_refused_by_name() {
    for (fields, field) in [
        (r#""prompt":"x","suffix":"y""#, "suffix"),
        (r#""prompt":"x","echo":true"#, "echo"),
        (r#""prompt":"x","best_of":2"#, "best_of"),
        (r#""prompt":"x","logprobs":0"#, "logprobs"),
        (r#""prompt":[1,2]"#, "prompt"),
        (r#""prompt":[[1,2]]"#, "prompt"),
        (r#""prompt":["a","b"]"#, "prompt"),
        (r#""prompt":"""#, "prompt"),
        (r#""prompt":"x","max_tokens":0"#, "max_tokens"),
        (r#""prompt":"x","messages":[]"#, "messages"),
    ] {
        let body = format!(r#"{{"model":"m",{fields}}}"#);
        assert_eq!(
            completions::read_request(body.as_bytes()).expect_err(&body).field,
            field
        );
    }
}

#[test]
fn legacy_answers_are_text() {
    let usage = Usage {
        input: 3,
        output: 2,
        ..Usage::default()
    };
    let answer = Answer {
        choices: vec![Choice {
            parts: vec![Part::text("Hi"), Part::text(" you")],
            stop: StopReason::MaxOutput,
            ..Choice::default()
        }],
        usage: Some(usage),
        ..Answer::default()
    };
    let mut body = Vec::new();
    completions::write_answer(&answer, &context(), &mut body);
    let body = json(&body);
    assert_eq!(body["object"], "text_completion");
    assert_eq!(body["id"], "cmpl-0199");
    assert_eq!(
        body["choices"][0],
        serde_json::json!({"text": "Hi you", "index": 0, "logprobs": null, "finish_reason": "length"})
    );
    assert_eq!(body["usage"]["total_tokens"], 5);
}

#[test]
fn legacy_streams_are_text_and_their_end() {
    let usage = Usage {
        input: 3,
        output: 2,
        ..Usage::default()
    };
    let mut writer = completions::StreamWriter::new(context());
    let mut stream = Vec::new();
    let thinking = PartStart::Thinking {
        redacted: false,
        id: None,
    };
    let piece = |text: &str| StreamEvent::Piece {
        choice: 0,
        text: text.to_owned(),
    };
    let close = StreamEvent::Close { choice: 0 };
    for event in [
        StreamEvent::Start {
            id: String::new(),
            model: String::new(),
        },
        StreamEvent::Open {
            choice: 0,
            part: 0,
            start: thinking,
        },
        piece("hidden"),
        close.clone(),
        StreamEvent::Open {
            choice: 0,
            part: 1,
            start: PartStart::Text,
        },
        piece("Hi"),
        close,
        StreamEvent::Stop {
            choice: 0,
            reason: StopReason::End,
            sequence: None,
        },
        StreamEvent::Usage(usage),
        StreamEvent::End,
    ] {
        writer.write(&event, &mut stream);
    }
    let text = String::from_utf8(stream).expect("UTF-8");
    let events: Vec<&str> = text
        .split_terminator("\n\n")
        .map(|event| event.trim_start_matches("data: "))
        .collect();
    let [first, stop, told, "[DONE]"] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(json(first.as_bytes())["choices"][0]["text"], "Hi");
    assert_eq!(json(stop.as_bytes())["choices"][0]["finish_reason"], "stop");
    assert_eq!(json(told.as_bytes())["usage"]["prompt_tokens"], 3);
}

#[test]
fn embeddings_are_bounded_by_their_bytes() {
    let body = br#"{"model":"text-embedding-3-small","input":[[1,2,3],[4]],"encoding_format":"base64"}"#;
    let facts = embeddings::read_facts(body).expect("a request");
    assert_eq!(
        (facts.model.as_str(), facts.max_output, facts.choices),
        ("text-embedding-3-small", Some(0), 1)
    );
    assert_eq!(facts.input_bound, body.len() as u64);
    assert!(embeddings::wants_base64(body));
    assert!(!embeddings::wants_base64(br#"{"model":"m","input":"x"}"#));
    assert_eq!(
        embeddings::read_facts(br#"{"model":"m"}"#)
            .expect_err("a fault")
            .field,
        "input"
    );
    assert_eq!(
        embeddings::read_facts(br#"{"model":"m","input":5}"#)
            .expect_err("a fault")
            .field,
        "input"
    );
    let answer = br#"{"object":"list","data":[{"embedding":[0.1],"index":0}],"usage":{"prompt_tokens":8,"total_tokens":8}}"#;
    let facts = embeddings::scan_answer(answer).expect("an answer");
    assert_eq!(
        facts.usage,
        Some(Usage {
            input: 8,
            ..Usage::default()
        })
    );
    assert_eq!(facts.estimated_output(), 0);
    assert!(embeddings::scan_answer(b"{}").is_err());
}

#[test]
fn embeddings_go_to_gemini_and_back() {
    let body = br#"{"model":"m","input":["a","b\n"],"dimensions":2,"encoding_format":"base64","user":"u"}"#;
    let request = json(&embeddings::to_gemini(body, "gemini-embedding-001").expect("sayable"));
    let one = |text| {
        serde_json::json!({
            "model": "models/gemini-embedding-001", "content": {"parts": [{"text": text}]}, "outputDimensionality": 2,
        })
    };
    assert_eq!(request, serde_json::json!({"requests": [one("a"), one("b\n")]}));

    let answer = br#"{"embeddings":[{"values":[1.0,-2.5]},{"values":[0.1,3e-2]}],"usageMetadata":{"promptTokenCount":4}}"#;
    let (floats, facts) = embeddings::from_gemini(answer, &context(), false).expect("an answer");
    assert_eq!(
        facts.usage,
        Some(Usage {
            input: 4,
            ..Usage::default()
        })
    );
    let floats = json(&floats);
    assert_eq!(
        floats["data"][1],
        serde_json::json!({"object": "embedding", "index": 1, "embedding": [0.1, 3e-2]})
    );
    assert_eq!(
        floats["usage"],
        serde_json::json!({"prompt_tokens": 4, "total_tokens": 4})
    );
    assert_eq!(floats["model"], "asked-for");
    let (base64, _) = embeddings::from_gemini(answer, &context(), true).expect("an answer");
    // 1.0 and −2.5 are 00 00 80 3F and 00 00 20 C0.
    assert_eq!(json(&base64)["data"][0]["embedding"], "AACAPwAAIMA=");
    let (_, facts) =
        embeddings::from_gemini(br#"{"embeddings":[{"values":[1]}]}"#, &context(), false).expect("an answer");
    assert_eq!(facts.usage, None);
}

#[test]
fn what_gemini_cannot_embed_is_refused_by_name() {
    let many = format!(r#"{{"model":"m","input":[{}]}}"#, vec!["\"a\""; 101].join(","));
    for (body, field) in [
        (r#"{"model":"m","input":[1,2]}"#, "input"),
        (r#"{"model":"m","input":[[1]]}"#, "input"),
        (r#"{"model":"m","input":[]}"#, "input"),
        (r#"{"model":"m"}"#, "input"),
        (many.as_str(), "input"),
        (r#"{"model":"m","input":"a","dimensions":0}"#, "dimensions"),
        (
            r#"{"model":"m","input":"a","encoding_format":"int8"}"#,
            "encoding_format",
        ),
        (r#"{"model":"m","input":"a","other":1}"#, "other"),
    ] {
        assert_eq!(
            embeddings::to_gemini(body.as_bytes(), "g").expect_err(body).field,
            field
        );
    }
    for body in [
        "{}",
        r#"{"embeddings":[{}]}"#,
        r#"{"embeddings":[{"values":["1"]}]}"#,
        "x",
    ] {
        assert!(
            embeddings::from_gemini(body.as_bytes(), &context(), false).is_err(),
            "{body}"
        );
    }
}

#[test]
fn images_count_prompt_and_pictures() {
    let body = br#"{"model":"gpt-image-2","prompt":"A cat","n":3,"size":"1024x1024"}"#;
    let facts = images::read_facts(body).expect("a request");
    assert_eq!(
        (facts.choices, facts.max_output, facts.remote_context),
        (3, None, false)
    );
    assert_eq!(facts.input_bound, body.len() as u64 + PREAMBLE_TOKENS);
    for (body, field) in [
        (r#"{"model":"m"}"#, "prompt"),
        (r#"{"prompt":"x"}"#, "model"),
        (r#"{"model":"m","prompt":"x","n":11}"#, "n"),
        (r#"{"model":"m","prompt":"x","stream":true}"#, "stream"),
    ] {
        assert_eq!(images::read_facts(body.as_bytes()).expect_err(body).field, field);
    }
    let answer =
        br#"{"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"input_tokens":50,"output_tokens":4160,
        "total_tokens":4210,"input_tokens_details":{"text_tokens":50,"image_tokens":0}}}"#;
    let facts = images::scan_answer(answer).expect("an answer");
    assert_eq!(
        facts.usage,
        Some(Usage {
            input: 50,
            output: 4_160,
            other: OtherUsage {
                image_output: 4_160,
                images: 1,
                ..OtherUsage::default()
            },
            ..Usage::default()
        })
    );
    assert!(!facts.billed_beside_tokens);
    let by_piece = images::scan_answer(br#"{"data":[{"url":"a"},{"url":"b"}]}"#).expect("an answer");
    assert_eq!(by_piece.usage.map(|usage| usage.other.images), Some(2));
    let mixed = br#"{"data":[],"usage":{"input_tokens":5,"output_tokens":6,"input_tokens_details":{"image_tokens":2}}}"#;
    let usage = images::scan_answer(mixed)
        .expect("an answer")
        .usage
        .expect("figures");
    assert_eq!((usage.other.image_input, usage.other.image_output), (2, 6));
    let svg = br#"{"data":[],"svg_usage":{"model":"gpt-5.6","output_tokens":9}}"#;
    assert!(images::scan_answer(svg).expect("an answer").billed_beside_tokens);
    assert_eq!(
        images::scan_answer(br#"{"data":[]}"#).expect("an answer").usage,
        None
    );
}
