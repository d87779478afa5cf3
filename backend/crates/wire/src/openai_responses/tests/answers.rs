//! Golden answers: what they mean and cost; how answers of others are written.

use super::{all, golden};
use crate::fault::AnswerFault;
use crate::format::Vendor;
use crate::model::*;
use crate::openai_responses::{compact, echo, read_answer, scan_answer, write_answer};
use crate::tree::Node;
use crate::usage::{Tier, Usage};

fn context() -> Context {
    Context {
        model: "gpt-5.6".into(),
        id: "0199".into(),
        created: 1_741_476_542,
        seal_thinking: true,
        echo: echo(&Node::parse(br#"{"model":"gpt-5.6","temperature":0.3,"store":true,"text":{"verbosity":"low"},"tools":[{"type":"local_shell"}],"service_tier":"auto"}"#).unwrap()),
        ..Context::default()
    }
}

fn written(answer: &Answer<'_>, context: &Context) -> String {
    let mut into = Vec::new();
    write_answer(answer, context, &mut into);
    String::from_utf8(into).unwrap()
}

fn choice(name: &str) -> Choice<'static> {
    let body: &'static str = golden(name).leak();
    let answer = read_answer(body.as_bytes()).unwrap();
    assert_eq!(answer.choices.len(), 1);
    answer.choices.into_iter().next().unwrap()
}

#[test]
fn figures_are_the_same_scanned_and_read_and_survive_writing() {
    for name in all("answer_", ".json") {
        let body = golden(&name);
        let facts = scan_answer(body.as_bytes()).unwrap();
        let answer = read_answer(body.as_bytes()).unwrap();
        assert!(facts.usage.is_some(), "{name}");
        assert_eq!(
            facts.usage.map(Usage::tokens),
            answer.usage.map(Usage::tokens),
            "{name}"
        );
        let again = written(&answer, &context());
        assert_eq!(
            scan_answer(again.as_bytes()).unwrap().usage.map(Usage::tokens),
            facts.usage.map(Usage::tokens),
            "{name}"
        );
        let again = read_answer(again.as_bytes()).unwrap();
        assert_eq!(again.choices, answer.choices, "{name}");
    }
}

#[test]
fn usage_counts_each_token_once() {
    let body = br#"{"object":"response","status":"completed","output":[],"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":30,"cache_write_tokens":20,"cache_write_tokens_details":{"ttl_12h_tokens":5,"ttl_30m_tokens":15}},"output_tokens":40,"output_tokens_details":{"reasoning_tokens":25},"total_tokens":140}}"#;
    let usage = Usage {
        input: 50,
        output: 40,
        cache_write_5m: 15,
        cache_write_1h: 5,
        cache_read: 30,
        reasoning: 25,
        ..Usage::default()
    };
    assert_eq!(scan_answer(body).unwrap().usage, Some(usage));
}

#[test]
fn text_is_read_with_what_it_rests_on() {
    let read = choice("answer_citations");
    let citation = Citation::Url {
        url: "https://example.com/rain".into(),
        title: "Rain".into(),
        span: Some((3, 10)),
    };
    let text = Part::Text {
        text: "On March 6 it rained.".into(),
        citations: vec![citation],
        cache: None,
    };
    assert_eq!(read.parts, [text]);
    let token = TokenLogprob {
        token: "On".into(),
        logprob: -0.25,
        top: vec![("On".into(), -0.25), ("At".into(), -2.5)],
    };
    assert_eq!(read.logprobs, [token]);
}

#[test]
fn reasoning_and_calls_are_read() {
    let read = choice("answer_reasoning");
    let Part::Thinking {
        text,
        sealed,
        redacted,
        id,
    } = &read.parts[0]
    else {
        panic!()
    };
    assert_eq!(
        (text.as_ref(), *redacted, id.as_deref()),
        ("**Answering**\n\nIt is 42.", false, Some("rs_6876cf02"))
    );
    assert_eq!(sealed.as_ref().map(|sealed| sealed.vendor), Some(Vendor::OpenAi));
    let read = choice("answer_tools");
    assert_eq!(read.stop, StopReason::ToolCalls);
    let calls = read.parts.iter().map(|part| match part {
        Part::ToolCall(call) => (call.id.as_ref(), call.name.as_ref(), call.arguments.as_ref()),
        other => panic!("{other:?}"),
    });
    let calls: Vec<_> = calls.collect();
    assert_eq!(
        calls,
        [
            ("call_12345xyz", "get_weather", r#"{"location":"Paris, France"}"#),
            ("call_67890abc", "crm__find", "{}"),
            ("call_3", "code_exec", r#"{"input":"print(\"hi\")"}"#),
        ]
    );
}

#[test]
fn endings_are_told_apart() {
    let stops = [
        ("answer_text", StopReason::End),
        ("answer_incomplete", StopReason::MaxOutput),
        ("answer_filtered", StopReason::Refusal),
        ("answer_refusal", StopReason::Refusal),
    ];
    for (name, stop) in stops {
        assert_eq!(choice(name).stop, stop, "{name}");
    }
    for status in ["failed", "in_progress", "cancelled"] {
        let body = format!(r#"{{"object":"response","status":"{status}","output":[]}}"#);
        assert!(
            matches!(read_answer(body.as_bytes()), Err(AnswerFault::NoAnswer(_))),
            "{status}"
        );
    }
}

#[test]
fn tools_of_the_vendor_and_other_tiers_are_counted() {
    let counted = |name: &str| {
        let facts = scan_answer(golden(name).as_bytes()).unwrap();
        let usage = facts.usage.unwrap();
        (usage.other.web_search, usage.tier, facts.billed_beside_tokens)
    };
    assert_eq!(counted("answer_text"), (0, Tier::Standard, false));
    assert_eq!(counted("answer_tools"), (0, Tier::Standard, false));
    assert_eq!(counted("answer_citations"), (1, Tier::Standard, false));
    assert_eq!(counted("answer_flex"), (0, Tier::Flex, false));
    let items = r#"[{"type":"web_search_call","action":{"type":"search"}},{"type":"web_search_call","action":{"type":"open_page"}},{"type":"file_search_call"},{"type":"mcp_call"},{"type":"message"}]"#;
    let usage = r#"{"input_tokens":1,"output_tokens":2}"#;
    let body = |items: &str| {
        let body =
            format!(r#"{{"object":"response","status":"completed","output":{items},"usage":{usage}}}"#);
        scan_answer(body.as_bytes()).unwrap()
    };
    let facts = body(items);
    let other = facts.usage.unwrap().other;
    assert_eq!(
        (other.web_search, other.file_search),
        (1, 1),
        "opening a page is no search"
    );
    assert!(!facts.billed_beside_tokens);
    assert!(body(r#"[{"type":"image_generation_call"}]"#).billed_beside_tokens);
    let ran = body(r#"[{"type":"code_interpreter_call"},{"type":"code_interpreter_call"}]"#);
    assert_eq!(ran.usage.unwrap().other.code_execution, 1);
    assert!(ran.billed_beside_tokens, "how many containers is not told");
}

#[test]
fn a_compaction_is_scanned() {
    let body = golden("compaction");
    let facts = compact::scan_answer(body.as_bytes()).unwrap();
    assert_eq!(
        facts
            .usage
            .map(|usage| (usage.input, usage.output, usage.reasoning)),
        Some((139, 438, 64))
    );
    assert!(scan_answer(body.as_bytes()).is_err());
    assert!(compact::scan_answer(golden("answer_text").as_bytes()).is_err());
}

#[test]
fn what_is_no_answer_is_refused() {
    let cases: [&[u8]; 5] = [b"", b"[]", b"{}", br#"{"object":"chat.completion"}"#, b"\xff"];
    for body in cases {
        assert!(scan_answer(body).is_err() && read_answer(body).is_err());
    }
    let figures = br#"{"object":"response","usage":{"input_tokens":-1,"output_tokens":1}}"#;
    assert!(matches!(scan_answer(figures), Err(AnswerFault::Figures(_))));
}

#[test]
fn an_answer_repeats_its_request_and_the_defaults() {
    let body = written(&Answer::default(), &context());
    let node = Node::parse(body.as_bytes()).unwrap();
    let field = |name: &str| node.get(name).unwrap().to_text();
    assert_eq!(field("id"), r#""resp_0199""#);
    assert_eq!(field("temperature"), "0.3");
    assert_eq!(field("top_p"), "1.0");
    assert_eq!(field("store"), "false", "nothing is kept");
    assert_eq!(field("service_tier"), r#""default""#);
    assert_eq!(field("text"), r#"{"verbosity":"low","format":{"type":"text"}}"#);
    assert_eq!(field("tools"), r#"[{"type":"local_shell"}]"#);
    for name in [
        "instructions",
        "previous_response_id",
        "user",
        "error",
        "incomplete_details",
        "usage",
    ] {
        assert_eq!(field(name), "null", "{name}");
    }
    let bare = written(&Answer::default(), &Context::default());
    assert!(Node::parse(bare.as_bytes()).unwrap().get("tools").is_some());
}

fn call(name: &str, arguments: &'static str) -> Part<'static> {
    Part::ToolCall(ToolCall {
        id: "call_1".into(),
        name: name.to_owned().into(),
        arguments: arguments.into(),
        sealed: None,
        cache: None,
    })
}

fn output(part: Part<'static>, context: &Context) -> String {
    let choice = Choice {
        parts: vec![part],
        ..Choice::default()
    };
    let answer = Answer {
        choices: vec![choice],
        ..Answer::default()
    };
    let body = written(&answer, context);
    Node::parse(body.as_bytes())
        .unwrap()
        .get("output")
        .unwrap()
        .to_text()
}

#[test]
fn calls_are_written_as_the_client_knows_its_tools() {
    let mut context = context();
    let alias = |sent: &str, name: &str, namespace: Option<&str>, free_text| ToolAlias {
        sent: sent.into(),
        name: name.into(),
        namespace: namespace.map(Into::into),
        free_text,
    };
    context.tools = vec![
        alias("crm__find", "find", Some("crm"), false),
        alias("apply_patch", "apply_patch", None, true),
    ];
    assert_eq!(
        output(call("crm__find", ""), &context),
        r#"[{"id":"fc_0199_0","type":"function_call","status":"completed","call_id":"call_1","name":"find","namespace":"crm","arguments":"{}"}]"#
    );
    assert_eq!(
        output(call("apply_patch", r#"{"input":"*** Begin\n"}"#), &context),
        r#"[{"id":"ctc_0199_0","type":"custom_tool_call","status":"completed","call_id":"call_1","name":"apply_patch","input":"*** Begin\n"}]"#
    );
    assert_eq!(
        output(call("local_shell", r#"{"command":["ls"]}"#), &context),
        r#"[{"id":"lsh_0199_0","type":"local_shell_call","status":"completed","call_id":"call_1","action":{"type":"exec","command":["ls"],"env":{}}}]"#
    );
    assert!(output(call("apply_patch", "broken"), &context).contains(r#""input":"broken""#));
    assert!(output(call("local_shell", "{}"), &context).contains(r#""type":"function_call""#));
}

#[test]
fn seals_are_only_shown_to_who_asked_for_them() {
    let thinking = || Part::Thinking {
        text: "Hm.".into(),
        sealed: Some(Sealed {
            vendor: Vendor::Anthropic,
            data: "EqQB".into(),
        }),
        redacted: false,
        id: None,
    };
    let asked = context();
    assert!(output(thinking(), &asked).contains(r#""encrypted_content":"tollgate.anthropic:EqQB""#));
    let silent = Context {
        seal_thinking: false,
        ..asked
    };
    assert!(!output(thinking(), &silent).contains("EqQB"));
}

#[test]
fn a_picture_of_the_model_is_an_item_of_its_own() {
    let image = Part::Image(Image {
        source: Source::Base64 {
            media_type: "image/png".into(),
            data: "iVBO".into(),
        },
        detail: None,
        cache: None,
    });
    assert_eq!(
        output(image, &context()),
        r#"[{"id":"ig_0199_0","type":"image_generation_call","status":"completed","output_format":"png","result":"iVBO"}]"#
    );
}
