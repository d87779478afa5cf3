//! Golden answers: what they mean, what they cost, and that they can be written and read again.

use super::*;
use crate::fault::AnswerFault;
use crate::format::Vendor;
use crate::model::{Answer, Citation, Context, Part, Sealed, StopReason, ToolCall};
use crate::usage::{Tier, Usage};

fn context() -> Context {
    Context {
        model: "asked".into(),
        id: "id-1".into(),
        ..Context::default()
    }
}

fn read(name: &str) -> Answer<'static> {
    let body: &'static [u8] = sample(name, "answer").leak();
    read_answer(body).unwrap()
}

fn usage(input: u64, output: u64) -> Usage {
    Usage {
        input,
        output,
        ..Usage::default()
    }
}

fn seal(data: &'static str) -> Part<'static> {
    Part::Thinking {
        text: "".into(),
        sealed: Some(Sealed {
            vendor: Vendor::Google,
            data: data.into(),
        }),
        redacted: false,
        id: None,
    }
}

#[test]
fn every_answer_can_be_written_and_costs_the_same_however_it_is_read() {
    for name in names("answer_", ".json") {
        let body = sample(&name, "answer");
        let answer = read_answer(&body).unwrap();
        let facts = scan_answer(&body).unwrap();
        let tokens = answer.usage.map(Usage::tokens);
        assert_eq!(facts.usage.map(Usage::tokens), tokens, "{name}");
        let mut again = Vec::new();
        write_answer(&answer, &context(), &mut again);
        let reread = read_answer(&again).unwrap();
        assert_eq!((reread.model.as_ref(), reread.id.as_ref()), ("asked", "id-1"));
        assert_eq!(reread.choices, answer.choices, "{name}: {}", text(&again));
        assert_eq!(reread.usage.map(Usage::tokens), tokens, "{name}");
        assert_eq!(
            scan_answer(&again).unwrap().usage.map(Usage::tokens),
            tokens,
            "{name}"
        );
    }
}

#[test]
fn texts_thinking_and_figures() {
    let answer = read("answer_text");
    assert_eq!(
        (answer.id.as_ref(), answer.model.as_ref()),
        ("r-1", "gemini-2.5-flash")
    );
    assert_eq!(answer.choices[0].parts, [Part::text("The moon pulls.")]);
    assert_eq!(answer.choices[0].stop, StopReason::End);
    assert_eq!(answer.usage, Some(usage(5, 4)));
    let answer = read("answer_thinking");
    let thought = Part::Thinking {
        text: "Hm.".into(),
        sealed: None,
        redacted: false,
        id: None,
    };
    assert_eq!(
        answer.choices[0].parts,
        [thought, Part::text("So."), seal("c2ln")]
    );
    let expected = Usage {
        input: 50,
        output: 43,
        cache_read: 1000,
        reasoning: 40,
        ..Usage::default()
    };
    assert_eq!(answer.usage, Some(expected));
    assert_eq!(read("answer_code_assist").choices[0].parts, [Part::text("Hi.")]);
}

#[test]
fn calls_make_the_reason_and_get_ids_that_every_format_takes() {
    let answer = read("answer_tools");
    let call = |id: &'static str, arguments: &'static str, sealed: Option<&'static str>| {
        Part::ToolCall(ToolCall {
            id: id.into(),
            name: "weather".into(),
            arguments: arguments.into(),
            sealed: sealed.map(|data| Sealed {
                vendor: Vendor::Google,
                data: data.into(),
            }),
            cache: None,
        })
    };
    assert_eq!(
        answer.choices[0].parts,
        [
            Part::text("Looking."),
            call("call_r_3___0_0", r#"{"city":"Bonn"}"#, Some("c2ln")),
            call("own", r#"{"city":"Ulm"}"#, None),
        ]
    );
    assert_eq!(answer.choices[0].stop, StopReason::ToolCalls);
    // What Google's own tools gave the model is input.
    assert_eq!(answer.usage, Some(usage(75, 20)));
}

#[test]
fn citations_are_counted_in_characters() {
    let url = |url: &'static str, title: &'static str, span| Citation::Url {
        url: url.into(),
        title: title.into(),
        span,
    };
    let cited = |name| match &read(name).choices[0].parts[..] {
        [Part::Text { citations, .. }] => citations.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        cited("answer_grounding"),
        [
            url("https://example.com/a", "A", Some((10, 14))),
            url("https://example.com/a", "A", Some((0, 5))),
            url("https://example.com/b", "B", Some((0, 5))),
        ]
    );
    assert_eq!(
        cited("answer_citations"),
        [url("https://example.com/hamlet", "", Some((6, 18)))]
    );
    assert_eq!(read("answer_citations").choices[0].stop, StopReason::Refusal);
}

#[test]
fn log_probabilities_and_several_candidates() {
    let answer = read("answer_logprobs");
    let [first, second] = &answer.choices[..] else {
        panic!("two")
    };
    assert_eq!(
        (first.stop, second.stop),
        (StopReason::MaxOutput, StopReason::End)
    );
    assert_eq!(
        first.logprobs[0].top,
        [("Hi".to_owned(), -0.25), ("Yo".to_owned(), -2.0)]
    );
    assert_eq!(
        (first.logprobs[0].token.as_str(), first.logprobs[0].logprob),
        ("Hi", -0.25)
    );
}

#[test]
fn a_blocked_prompt_is_a_refusal_that_costs_its_input() {
    let answer = read("answer_blocked");
    assert_eq!(answer.choices.len(), 1);
    assert!(answer.choices[0].parts.is_empty());
    assert_eq!(answer.choices[0].stop, StopReason::Refusal);
    assert_eq!(answer.usage, Some(usage(7, 0)));
}

#[test]
fn what_costs_beside_the_tokens_is_told() {
    for (name, beside) in [
        ("answer_text", false),
        ("answer_grounding", true),
        ("answer_image", false),
    ] {
        let facts = scan_answer(&sample(name, "answer")).unwrap();
        assert_eq!(facts.billed_beside_tokens, beside, "{name}");
    }
    for (word, tier, beside) in [
        ("standard", Tier::Standard, false),
        ("flex", Tier::Flex, false),
        ("PRIORITY", Tier::Priority, false),
        ("of_tomorrow", Tier::Standard, true),
    ] {
        let usage = format!(r#"{{"promptTokenCount":1,"serviceTier":"{word}"}}"#);
        let body =
            format!(r#"{{"candidates":[],"promptFeedback":{{"blockReason":"X"}},"usageMetadata":{usage}}}"#);
        let facts = scan_answer(body.as_bytes()).unwrap();
        assert_eq!(facts.billed_beside_tokens, beside, "{word}");
        assert_eq!(facts.usage.unwrap().tier, tier, "{word}");
    }
}

#[test]
fn sound_and_pictures_are_counted_apart() {
    let body = br#"{"candidates":[{}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":40,
        "candidatesTokenCount":50,"promptTokensDetails":[{"modality":"TEXT","tokenCount":30},
        {"modality":"AUDIO","tokenCount":70}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":25}],
        "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":20},{"modality":"AUDIO","tokenCount":5}]}}"#;
    let facts = scan_answer(body).unwrap();
    let usage = facts.usage.unwrap();
    let other = usage.other;
    assert_eq!((usage.input, usage.cache_read, usage.output), (60, 40, 50));
    assert_eq!(
        (other.audio_input, other.audio_cached),
        (45, 25),
        "the prompt's hold the cached ones"
    );
    assert_eq!((other.image_output, other.audio_output), (20, 5));
    assert!(!facts.billed_beside_tokens);
    let film = br#"{"candidates":[{}],"usageMetadata":{"promptTokenCount":1,
        "candidatesTokensDetails":[{"modality":"VIDEO","tokenCount":2}]}}"#;
    assert!(scan_answer(film).unwrap().billed_beside_tokens);
}

#[test]
fn what_is_no_answer_is_a_fault() {
    for (body, fault) in [
        (r#"{"candidates":[]}"#, "the answer is without candidates"),
        ("[]", "the answer is without candidates"),
        (
            r#"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#,
            "the answer is broken off: the model wrote a call that can't be read",
        ),
        (
            r#"{"candidates":[{}],"usageMetadata":{"promptTokenCount":-1}}"#,
            "the answer's figures can't be used: usageMetadata.promptTokenCount is no whole number from 0 to 1000000000",
        ),
        (
            r#"{"candidates":"#,
            "the answer is not valid JSON: the text ends where a value is expected at byte 14",
        ),
    ] {
        assert_eq!(read_answer(body.as_bytes()).unwrap_err().to_string(), fault);
    }
    assert_eq!(
        scan_answer(b"{}"),
        Err(AnswerFault::NoAnswer("no object with `candidates`"))
    );
    assert!(scan_answer(br#"{"candidates":[{}],"usageMetadata":{"candidatesTokenCount":1.5}}"#).is_err());
}

#[test]
fn arguments_that_are_no_object_reach_the_client_as_text() {
    let call = |arguments: &'static str| {
        let mut answer = Answer::default();
        let (id, name) = ("a".into(), "look".into());
        let call = ToolCall {
            id,
            name,
            arguments: arguments.into(),
            sealed: None,
            cache: None,
        };
        answer.choices.push(crate::model::Choice {
            parts: vec![Part::ToolCall(call)],
            ..Default::default()
        });
        let mut body = Vec::new();
        write_answer(&answer, &context(), &mut body);
        String::from_utf8(body).unwrap()
    };
    assert!(call(r#"{"a":"#).contains(r#""args":{"__invalid_json":"{\"a\":"}"#));
    assert!(call("").contains(r#""args":{}"#));
}

#[test]
fn figures_add_up_with_and_without_a_total() {
    let told = |figures: &str| {
        let body = format!(r#"{{"candidates":[{{}}],"usageMetadata":{{{figures}}}}}"#);
        let read = read_answer(body.as_bytes()).unwrap().usage;
        assert_eq!(scan_answer(body.as_bytes()).unwrap().usage, read, "{figures}");
        read
    };
    let of = |input, output, reasoning| {
        Some(Usage {
            input,
            output,
            reasoning,
            ..Usage::default()
        })
    };
    for (figures, expected) in [
        (
            r#""promptTokenCount":5,"candidatesTokenCount":2,"thoughtsTokenCount":3"#,
            of(5, 5, 3),
        ),
        (r#""prompt_token_count":5,"total_token_count":9"#, of(5, 4, 0)),
        (
            r#""promptTokenCount":5,"candidatesTokenCount":2,"toolUsePromptTokenCount":7,"totalTokenCount":14"#,
            of(12, 2, 0),
        ),
        (r#""promptTokenCount":5,"candidatesTokenCount":null"#, of(5, 0, 0)),
        (r#""totalTokenCount":9"#, None),
    ] {
        assert_eq!(told(figures), expected, "{figures}");
    }
}
