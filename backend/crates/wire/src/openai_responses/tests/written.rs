//! Requests of other formats, as they are written in this one. Never in here: golden samples.

use super::requests::{PNG, TARGET, assistant, base64, document, image, user};
use crate::format::Vendor;
use crate::model::*;
use crate::openai_responses::{field_of, read_request, write_request};
use crate::tree::Node;

fn written(request: &Request<'_>, model: &str) -> String {
    let mut into = Vec::new();
    write_request(request, &Target { model, ..TARGET }, &mut into).unwrap();
    String::from_utf8(into).unwrap()
}

fn hello() -> Request<'static> {
    Request {
        turns: vec![user(vec![Part::text("Hello")])],
        ..Request::default()
    }
}

#[test]
fn other_formats_requests_are_not_kept_by_the_vendor() {
    assert_eq!(
        written(&hello(), "gpt-5.6"),
        r#"{"model":"gpt-5.6","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hello"}]}],"store":false}"#
    );
}

#[test]
fn thinking_in_claudes_way_becomes_effort_and_a_summary() {
    for (budget, word) in [
        (2_048, "low"),
        (2_049, "medium"),
        (24_576, "high"),
        (24_577, "xhigh"),
    ] {
        let request = Request {
            thinking: Some(Thinking::Budget(budget)),
            ..hello()
        };
        let expected = format!(r#""reasoning":{{"effort":"{word}","summary":"auto"}}"#);
        assert!(written(&request, "gpt-5.6").contains(&expected), "{budget}");
        assert!(
            !written(&request, "gpt-4.1").contains("reasoning"),
            "a model that can't reason"
        );
    }
    let off = Request {
        thinking: Some(Thinking::Off),
        seal_thinking: true,
        ..hello()
    };
    assert!(
        written(&off, "gpt-5.6")
            .contains(r#""reasoning":{"effort":"none"},"include":["reasoning.encrypted_content"]"#)
    );
    let hidden = Request {
        thinking: Some(Thinking::Adaptive),
        show_thinking: Some(false),
        ..hello()
    };
    assert!(!written(&hidden, "gpt-5.6").contains("reasoning"));
}

#[test]
fn thinking_that_openai_did_not_seal_is_left_out() {
    let mut request = hello();
    let foreign = Part::Thinking {
        text: "Hm.".into(),
        sealed: Some(Sealed {
            vendor: Vendor::Anthropic,
            data: "EqQB".into(),
        }),
        redacted: false,
        id: None,
    };
    request.turns.push(assistant(vec![foreign, Part::text("Hi")]));
    let body = written(&request, "gpt-5.6");
    assert!(!body.contains("reasoning") && !body.contains("EqQB"), "{body}");
    assert!(
        body.contains(r#"{"type":"output_text","text":"Hi","annotations":[]}"#),
        "{body}"
    );
}

#[test]
fn a_seal_of_another_vendor_comes_back_as_that_vendors() {
    let body = r#"{"model":"m","input":[{"type":"reasoning","id":"rs_redacted_1","summary":[],"encrypted_content":"tollgate.anthropic:EqQB"},
        {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
        {"type":"reasoning","id":"rs_call_2","summary":[],"encrypted_content":"tollgate.google:CsY"}]}"#;
    let read = read_request(body.as_bytes()).unwrap();
    let [
        Part::Thinking {
            redacted,
            sealed: Some(sealed),
            ..
        },
        Part::ToolCall(call),
    ] = read.turns[0].parts.as_slice()
    else {
        panic!("{read:?}")
    };
    assert!(*redacted);
    assert_eq!((sealed.vendor, sealed.data.as_ref()), (Vendor::Anthropic, "EqQB"));
    let sealed = call.sealed.as_ref().unwrap();
    assert_eq!((sealed.vendor, sealed.data.as_ref()), (Vendor::Google, "CsY"));
}

#[test]
fn a_small_output_limit_is_raised_to_what_the_api_takes() {
    let request = Request {
        max_output: Some(1),
        ..hello()
    };
    assert!(written(&request, "gpt-5.6").contains(r#""max_output_tokens":16"#));
}

#[test]
fn a_plain_text_document_becomes_text_under_its_title() {
    let mut request = hello();
    request.turns[0].parts = vec![document(Source::Text("Once.".into()), Some("Tale"))];
    assert!(written(&request, "gpt-5.6").contains(r#"{"type":"input_text","text":"Tale\nOnce."}"#));
}

#[test]
fn what_has_no_word_is_refused_by_its_aspect() {
    let google = Source::File {
        vendor: Vendor::Google,
        id: "files/1".into(),
        media_type: None,
    };
    let with = |change: fn(&mut Request<'static>)| {
        let mut request = hello();
        change(&mut request);
        request
    };
    let mut foreign = hello();
    foreign.turns[0].parts.push(image(google, None));
    let mut drawn = hello();
    drawn
        .turns
        .push(assistant(vec![image(base64("image/png", PNG), None)]));
    let mut sound = hello();
    sound.turns[0].parts.push(Part::Audio {
        source: base64("audio/wav", "AAAA"),
    });
    let cases = [
        (with(|request| request.top_k = Some(5)), Aspect::TopK),
        (
            with(|request| request.frequency_penalty = Some(0.5)),
            Aspect::FrequencyPenalty,
        ),
        (
            with(|request| request.presence_penalty = Some(0.5)),
            Aspect::PresencePenalty,
        ),
        (
            with(|request| request.logit_bias = Some(Node::Object(Vec::new()))),
            Aspect::LogitBias,
        ),
        (with(|request| request.stop = vec!["x".into()]), Aspect::Stop),
        (with(|request| request.choices = Some(2)), Aspect::Choices),
        (foreign, Aspect::Turns),
        (drawn, Aspect::Turns),
        (sound, Aspect::Turns),
    ];
    for (request, aspect) in cases {
        let refused = write_request(&request, &TARGET, &mut Vec::new()).unwrap_err();
        assert_eq!(refused.aspect, aspect, "{refused}");
    }
    let harmless = with(|request| {
        request.frequency_penalty = Some(0.0);
        request.seed = Some(1);
        request.choices = Some(1);
    });
    assert_eq!(written(&harmless, "m"), written(&hello(), "m"));
}

#[test]
fn every_aspect_has_a_name() {
    for aspect in Aspect::ALL {
        assert!(!field_of(aspect).is_empty());
    }
}
