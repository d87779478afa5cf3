//! Any bytes as a request of a client's: what is known of it for admission, and what it becomes in every upstream's format.

use crate::formats::{client_of, read_request};
use crate::{is_deep, json};
use bytes::Bytes;
use tollgate_wire::claude::conversation_key;
use tollgate_wire::facts::{Edit, RequestFacts, apply, stable_key};
use tollgate_wire::format::{ClientFormat, Dialect};
use tollgate_wire::model::{Part, Request, Target};
use tollgate_wire::translate::{read_facts, translate_request};
use tollgate_wire::tree::Node;

/// Another model than any input names, with characters that must be escaped.
const ANOTHER: &str = "another \"model\"";

/// Holds a body to everything that is promised of requests in this format.
pub fn check(format: ClientFormat, body: &[u8]) {
    let body = Bytes::copy_from_slice(body);
    let facts = read_facts(format, &body).ok();
    if let Some(facts) = &facts {
        check_edits(format, &body, facts);
    }
    let read = read_request(format, &body).ok();
    // Both are asked before anything is sent; where one refuses, nothing is.
    let (Some(facts), Some(request)) = (facts, read) else {
        return;
    };
    if is_deep(&body) {
        return;
    }
    assert_eq!(facts.stream, request.stream, "stream");
    assert_eq!(facts.choices, request.choices.unwrap_or(1).max(1), "choices");
    assert!(
        facts.max_output >= request.max_output || facts.max_output.is_none(),
        "more output may come than is known: {:?}, {:?}",
        facts.max_output,
        request.max_output
    );
    if facts.model_span.is_some() {
        assert_eq!(facts.model, request.model, "model");
    }
    check_texts(&request);
    for dialect in Dialect::ALL {
        check_translation(format, dialect, &body, &facts, &request);
    }
}

/// Spans lie in the body, and changing it there changes nothing else.
fn check_edits(format: ClientFormat, body: &Bytes, facts: &RequestFacts) {
    let again = |changed: &Bytes, what: &str| {
        read_facts(format, changed)
            .unwrap_or_else(|fault| panic!("{what}: {fault}: {}", String::from_utf8_lossy(changed)))
    };
    for span in &facts.stable {
        assert!(
            body.get(span.clone()).is_some_and(|part| !part.is_empty()),
            "a stable span"
        );
    }
    assert!(facts.choices > 0);
    if let Some(edit) = &facts.usage_edit {
        assert!(facts.stream, "usage is asked for where nothing is streamed");
        let changed = apply(body, std::slice::from_ref(edit));
        let told = again(&changed, "with usage");
        assert_eq!(told.usage_edit, None);
        assert_eq!(stable_key(&changed, &told), stable_key(body, facts));
        let shared = |facts: &RequestFacts| {
            (
                facts.model.clone(),
                facts.max_output,
                facts.choices,
                facts.stream,
                facts.remote_context,
            )
        };
        assert_eq!(shared(&told), shared(facts));
    }
    let Some(span) = facts.model_span.clone() else {
        return;
    };
    let named = body.get(span.clone()).and_then(|name| Node::parse(name).ok());
    assert_eq!(named.as_ref().and_then(Node::as_text), Some(facts.model.as_str()));
    let mut edits = vec![Edit::model(span, ANOTHER)];
    edits.extend(facts.usage_edit.clone());
    let changed = apply(body, &edits);
    let mut told = again(&changed, "with another model");
    assert_eq!(told.model, ANOTHER);
    if format == ClientFormat::Claude {
        assert_eq!(conversation_key(body, facts), conversation_key(&changed, &told));
    }
    told.model.clone_from(&facts.model);
    assert_eq!(stable_key(&changed, &told), stable_key(body, facts));
    assert_eq!(
        (
            told.max_output,
            told.choices,
            told.stream,
            told.remote_context,
            told.session
        ),
        (
            facts.max_output,
            facts.choices,
            facts.stream,
            facts.remote_context,
            facts.session.clone()
        )
    );
}

/// Texts that say nothing are left out by every reader, and so are turns of nothing: vendors refuse them.
fn check_texts(request: &Request<'_>) {
    let empty = |part: &Part<'_>| matches!(part, Part::Text { text, .. } if text.is_empty());
    assert!(!request.system.iter().any(empty), "{:?}", request.system);
    assert!(!request.turns.is_empty());
    for turn in &request.turns {
        assert!(
            !turn.parts.is_empty() && !turn.parts.iter().any(empty),
            "{turn:?}"
        );
    }
}

/// Models whose requests are written in different ways.
fn targets(dialect: Dialect) -> [&'static str; 2] {
    match dialect {
        Dialect::Claude => ["claude-sonnet-4-6", "claude-3-haiku-20240307"],
        Dialect::Chat | Dialect::Responses => ["gpt-5.2", "gpt-4o"],
        Dialect::Gemini => ["gemini-2.5-pro", "gemini-3-flash"],
        Dialect::Converse => ["amazon.nova-pro-v1:0", "us.anthropic.claude-sonnet-4-6-v1:0"],
    }
}

/// The limit where the client gives none.
const MAX_OUTPUT: u64 = 8_192;
/// What OpenAI's Responses and some models demand at least; lower limits are raised to it.
const LEAST_OUTPUT: u64 = 16;

fn check_translation(
    format: ClientFormat,
    dialect: Dialect,
    body: &Bytes,
    facts: &RequestFacts,
    request: &Request<'_>,
) {
    for (model, stream) in targets(dialect).into_iter().zip([facts.stream, !facts.stream]) {
        let target = Target {
            model,
            max_output: MAX_OUTPUT,
        };
        let Ok(sent) = translate_request(format, dialect, body, &target, stream) else {
            continue;
        };
        let what = format!("{format:?} for {model}");
        json(&what, &sent.body);
        let Some(same) = client_of(dialect) else { continue };
        let shown = || String::from_utf8_lossy(&sent.body).into_owned();
        let told =
            read_facts(same, &sent.body).unwrap_or_else(|fault| panic!("{what}: {fault}: {}", shown()));
        assert_eq!(told.usage_edit, None, "{what}: {}", shown());
        assert_eq!(told.choices, facts.choices, "{what}: {}", shown());
        if told.model_span.is_some() {
            assert_eq!(
                (told.model.as_str(), told.stream),
                (model, stream),
                "{what}: {}",
                shown()
            );
        }
        let limit = facts.max_output.unwrap_or(MAX_OUTPUT).max(LEAST_OUTPUT);
        assert!(
            told.max_output.is_none_or(|sent| sent <= limit)
                && (facts.max_output.is_none() || told.max_output.is_some()),
            "{what}: {:?} of {:?}: {}",
            told.max_output,
            facts.max_output,
            shown()
        );
        let read =
            read_request(same, &sent.body).unwrap_or_else(|fault| panic!("{what}: {fault}: {}", shown()));
        check_said(&what, request, &read);
        // A choice among no tools goes without saying, and what it forbids (thinking) does so but once.
        if request.tool_choice.is_some() && request.tools.is_empty() {
            continue;
        }
        // What was written once is written the same again.
        let again = translate_request(same, dialect, &sent.body, &target, stream)
            .unwrap_or_else(|fault| panic!("{what}, again: {fault}: {}", shown()));
        let reread = read_request(same, &again.body).unwrap_or_else(|fault| panic!("{what}, again: {fault}"));
        assert_eq!(settled(read), settled(reread), "{what}, again");
    }
}

/// Without what is another default in every format: whether thinking is shown, where the client does not say.
fn settled(request: Request<'_>) -> Request<'_> {
    Request {
        show_thinking: None,
        ..request
    }
}

/// Nothing that was said is lost: every text and every call is in what is sent, in whatever part of it.
fn check_said(what: &str, asked: &Request<'_>, sent: &Request<'_>) {
    let (mut texts, mut calls) = (Vec::new(), Vec::new());
    leaves(sent, &mut texts, &mut calls);
    let all = texts.join("\n");
    let (mut asked_texts, mut asked_calls) = (Vec::new(), Vec::new());
    leaves(asked, &mut asked_texts, &mut asked_calls);
    for text in asked_texts {
        assert!(all.contains(text.trim()), "{what}: {text:?} is lost in {all:?}");
    }
    assert_eq!(asked_calls.len(), calls.len(), "{what}: calls");
    for (asked, sent) in asked_calls.iter().zip(&calls) {
        assert_eq!(asked.1, sent.1, "{what}: a call's arguments");
    }
    let names = |request: &Request<'_>| {
        request
            .tools
            .iter()
            .map(|tool| tool.flat_name().into_owned())
            .collect::<Vec<_>>()
    };
    let (asked, sent) = (names(asked), names(sent));
    assert!(
        sent.iter().all(|name| asked.contains(name)),
        "{what}: {asked:?}, {sent:?}"
    );
}

fn leaves<'r>(request: &'r Request<'_>, texts: &mut Vec<&'r str>, calls: &mut Vec<(&'r str, String)>) {
    let turns = request.turns.iter().flat_map(|turn| &turn.parts);
    for part in request.system.iter().chain(turns) {
        leaf(part, texts, calls);
    }
}

fn leaf<'r>(part: &'r Part<'_>, texts: &mut Vec<&'r str>, calls: &mut Vec<(&'r str, String)>) {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => texts.push(text),
        Part::ToolCall(call) => {
            let text = if call.arguments.trim().is_empty() {
                "{}"
            } else {
                &call.arguments
            };
            let arguments =
                Node::parse(text.as_bytes()).map_or_else(|_| text.to_owned(), |node| node.to_text());
            calls.push((&call.name, arguments));
        }
        Part::ToolResult(result) => result.content.iter().for_each(|part| leaf(part, texts, calls)),
        Part::Image(_) | Part::Document(_) | Part::Audio { .. } | Part::Thinking { .. } => {}
    }
}
