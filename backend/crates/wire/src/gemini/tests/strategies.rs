//! Arbitrary neutral values that Google's format can say.

use crate::format::Vendor;
use crate::model::{
    Answer, Choice, Citation, Document, Effort, Image, OutputForm, Part, Request, Role, Sealed, Source,
    StopReason, Thinking, TokenLogprob, Tool, ToolCall, ToolChoice, ToolInput, ToolResult, Turn,
};
use crate::tree::Node;
use crate::usage::Usage;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

pub(super) fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{1,12}",
        "[äöü€😀\"\\\\\n\u{7f}]{1,6}",
        any::<String>().prop_filter("not empty", |text| !text.is_empty()),
    ]
}

fn name() -> impl Strategy<Value = String> {
    "[a-z_][a-z0-9_]{0,8}"
}

fn google() -> impl Strategy<Value = Sealed<'static>> {
    "[A-Za-z0-9]{4,12}".prop_map(|data| Sealed {
        vendor: Vendor::Google,
        data: data.into(),
    })
}

fn base64(kinds: &'static [&'static str]) -> impl Strategy<Value = Source<'static>> {
    (select(kinds), vec("[A-Za-z0-9+/]{4}", 0..4)).prop_map(|(kind, data)| Source::Base64 {
        media_type: kind.into(),
        data: data.concat().into(),
    })
}

fn image() -> impl Strategy<Value = Part<'static>> {
    let url = Just(Source::Url {
        url: "https://example.com/a.png".into(),
        media_type: Some("image/png".into()),
    });
    prop_oneof![base64(&["image/png", "image/jpeg"]), url].prop_map(|source| {
        Part::Image(Image {
            source,
            detail: None,
            cache: None,
        })
    })
}

fn document() -> impl Strategy<Value = Part<'static>> {
    base64(&["application/pdf", "text/csv"]).prop_map(|source| {
        let (title, context) = (None, None);
        Part::Document(Document {
            source,
            title,
            context,
            citations: false,
            cache: None,
        })
    })
}

fn asked() -> impl Strategy<Value = Part<'static>> {
    prop_oneof![
        4 => words().prop_map(Part::text),
        1 => image(),
        1 => document(),
        1 => base64(&["audio/wav"]).prop_map(|source| Part::Audio { source }),
    ]
}

fn thinking(text: String, sealed: Option<Sealed<'static>>) -> Part<'static> {
    Part::Thinking {
        text: text.into(),
        sealed,
        redacted: false,
        id: None,
    }
}

/// A piece of what a model says; texts may carry a seal behind them.
fn said() -> impl Strategy<Value = Vec<Part<'static>>> {
    prop_oneof![
        3 => (words(), option::of(google())).prop_map(|(text, seal)| {
            let mut parts = vec![Part::text(text)];
            parts.extend(seal.map(|seal| thinking(String::new(), Some(seal))));
            parts
        }),
        1 => (words(), google()).prop_map(|(text, seal)| vec![thinking(text, Some(seal))]),
    ]
}

fn arguments() -> impl Strategy<Value = String> {
    vec((name(), words()), 0..3).prop_map(|fields| {
        let mut object: Vec<_> = Vec::new();
        for (name, value) in fields {
            if object.iter().all(|(known, _)| *known != name) {
                object.push((name.into(), Node::Text(value.into())));
            }
        }
        Node::Object(object).to_text()
    })
}

/// Calls with ids of their own, `first` on.
fn calls(first: usize) -> impl Strategy<Value = Vec<ToolCall<'static>>> {
    vec((name(), arguments(), option::of(google())), 0..3).prop_map(move |calls| {
        let each = calls.into_iter().enumerate();
        each.map(|(at, (name, arguments, sealed))| ToolCall {
            id: format!("c{}", first + at).into(),
            name: name.into(),
            arguments: arguments.into(),
            sealed,
            cache: None,
        })
        .collect()
    })
}

fn result(
    call: &ToolCall<'static>,
    said: String,
    is_error: bool,
    media: Option<Part<'static>>,
) -> Part<'static> {
    let field = if is_error { "error" } else { "output" };
    let object = Node::Object(vec![(field.into(), Node::Text(said.clone().into()))]);
    let mut content = vec![Part::text(said)];
    content.extend(media);
    Part::ToolResult(ToolResult {
        id: call.id.clone(),
        name: Some(call.name.clone()),
        content,
        object: Some(object),
        is_error,
        cache: None,
    })
}

/// A question, what was said to it, the calls, and their answers.
fn exchange(first: usize) -> impl Strategy<Value = Vec<Turn<'static>>> {
    let outcome = (words(), any::<bool>(), option::of(document()));
    (
        vec(asked(), 1..3),
        vec(said(), 1..3),
        calls(first),
        vec(outcome, 3),
    )
        .prop_map(|(asked, said, calls, outcomes)| {
            let mut said: Vec<_> = said.into_iter().flatten().collect();
            let each = calls.iter().zip(outcomes);
            let results: Vec<_> = each
                .map(|(call, (said, bad, media))| result(call, said, bad, media))
                .collect();
            said.extend(calls.into_iter().map(Part::ToolCall));
            let mut turns = vec![
                Turn {
                    role: Role::User,
                    parts: asked,
                },
                Turn {
                    role: Role::Assistant,
                    parts: said,
                },
            ];
            if !results.is_empty() {
                turns.push(Turn {
                    role: Role::User,
                    parts: results,
                });
            }
            turns
        })
}

fn schema() -> impl Strategy<Value = Node<'static>> {
    select(
        &[
            r#"{"type":"object","properties":{"a":{"type":["string","null"]}}}"#,
            r#"{"type":"array","items":{}}"#,
        ][..],
    )
    .prop_map(|text| Node::parse(text.as_bytes()).unwrap())
}

fn tool() -> impl Strategy<Value = Tool<'static>> {
    (name(), option::of(words()), option::of(schema())).prop_map(|(name, description, schema)| Tool {
        name: name.into(),
        namespace: None,
        description: description.map(Into::into),
        input: ToolInput::Schema(schema),
        strict: None,
        cache: None,
    })
}

fn choice() -> impl Strategy<Value = ToolChoice<'static>> {
    prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Any),
        Just(ToolChoice::Named("a".into())),
        any::<bool>().prop_map(|must| ToolChoice::Among {
            names: vec!["a".into(), "b".into()],
            must
        }),
    ]
}

fn output() -> impl Strategy<Value = OutputForm<'static>> {
    let form = |schema| OutputForm::Schema {
        name: None,
        description: None,
        schema,
        strict: None,
    };
    prop_oneof![Just(OutputForm::Json), schema().prop_map(form)]
}

/// Requests for a model that is told to think by a level.
pub(super) fn request() -> impl Strategy<Value = Request<'static>> {
    let numbers = (
        option::of(1_u64..1_000_000),
        option::of(0.0_f64..2.0),
        option::of(0.0_f64..1.0),
        option::of(1_u64..64),
        option::of(-2.0_f64..2.0),
        option::of(any::<i32>()),
        option::of(1_u32..8),
        option::of(0_u32..20),
    );
    let efforts = select(&[Effort::Minimal, Effort::Low, Effort::Medium, Effort::High][..]);
    let thought = prop_oneof![
        Just((None, None)),
        efforts.prop_map(|effort| (None, Some(effort))),
        (1_u64..30_000).prop_map(|tokens| (Some(Thinking::Budget(tokens)), None)),
    ];
    let rest = (
        vec(words(), 0..3),
        vec(words(), 0..4),
        option::of(output()),
        thought,
        any::<bool>(),
    );
    let tools = (vec(tool(), 0..3), option::of(choice()));
    ((exchange(0), exchange(10)), tools, numbers, rest).prop_map(|((first, second), tools, numbers, rest)| {
        let (system, stop, output, (thinking, effort), show) = rest;
        let (max_output, temperature, top_p, top_k, penalty, seed, choices, logprobs) = numbers;
        let (tools, choice) = tools;
        Request {
            system: system.into_iter().map(Part::text).collect(),
            turns: [first, second].concat(),
            tool_choice: choice.filter(|_| !tools.is_empty()),
            tools,
            max_output,
            temperature,
            top_p,
            top_k,
            frequency_penalty: penalty,
            presence_penalty: penalty,
            seed: seed.map(i64::from),
            stop: stop.into_iter().map(Into::into).collect(),
            choices,
            logprobs,
            thinking,
            effort,
            show_thinking: Some(show),
            output,
            ..Request::default()
        }
    })
}

fn cited() -> impl Strategy<Value = Part<'static>> {
    let citation = ("[a-z]{1,6}", words(), any::<bool>());
    (words(), vec(citation, 0..3)).prop_map(|(text, citations)| {
        let length = text.chars().count() as u64;
        let each = citations.into_iter().map(|(url, title, whole)| Citation::Url {
            url: format!("https://example.com/{url}").into(),
            title: title.into(),
            span: whole.then_some((0, length)),
        });
        Part::Text {
            citations: each.collect(),
            text: text.into(),
            cache: None,
        }
    })
}

/// Thinking shown, and a text: the order in which models say them. Neighbours of one kind would run together in a stream.
fn answered() -> impl Strategy<Value = Choice<'static>> {
    let foreign = (
        select(&[Vendor::Anthropic, Vendor::OpenAi][..]),
        "[a-z]{1,9}",
        any::<bool>(),
        "[a-z]{0,5}",
    );
    let foreign = foreign.prop_map(|(vendor, data, redacted, text)| Part::Thinking {
        text: if redacted { String::new() } else { text }.into(),
        sealed: Some(Sealed {
            vendor,
            data: data.into(),
        }),
        redacted,
        id: None,
    });
    let thought = prop_oneof![
        (words(), google()).prop_map(|(text, seal)| thinking(text, Some(seal))),
        words().prop_map(|text| thinking(text, None)),
        foreign,
    ];
    let token = (words(), -9.0_f64..0.0, vec((words(), -9.0_f64..0.0), 0..3));
    let tokens = vec(
        token.prop_map(|(token, logprob, top)| TokenLogprob { token, logprob, top }),
        0..3,
    );
    let stop = select(&[StopReason::End, StopReason::MaxOutput, StopReason::Refusal][..]);
    let parts = (option::of(thought), cited(), option::of(google()), calls(0));
    (parts, stop, tokens).prop_map(|((thought, text, seal, calls), stop, logprobs)| {
        let stop = if stop == StopReason::End && !calls.is_empty() {
            StopReason::ToolCalls
        } else {
            stop
        };
        let mut parts: Vec<_> = thought.into_iter().collect();
        parts.push(text);
        parts.extend(seal.map(|seal| thinking(String::new(), Some(seal))));
        parts.extend(calls.into_iter().map(Part::ToolCall));
        Choice {
            parts,
            stop,
            stop_sequence: None,
            logprobs,
        }
    })
}

pub(super) fn answer() -> impl Strategy<Value = Answer<'static>> {
    let usage = (0_u64..1_000_000, 0_u64..1_000, 0_u64..1_000, 0_u64..1_000_000).prop_map(
        |(input, said, reasoning, cache_read)| Usage {
            input,
            output: said + reasoning,
            cache_read,
            reasoning,
            ..Usage::default()
        },
    );
    (vec(answered(), 1..3), option::of(usage)).prop_map(|(choices, usage)| Answer {
        id: "id-1".into(),
        model: "asked".into(),
        choices,
        usage,
    })
}
