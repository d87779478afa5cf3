//! Any requests and answers that this format can say. Never in here: what is tried with them.

use super::super::{call, thinking};
use crate::format::Vendor;
use crate::model::{
    Answer, Choice, Citation, Document, Effort, Image, OutputForm, Part, Request, Role, ServiceTier, Source,
    StopReason, Thinking, TokenLogprob, Tool, ToolChoice, ToolInput, ToolResult, Turn,
};
use crate::tree::Node;
use crate::usage::Usage;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// The format cannot mark where one text ends and an equal kind begins, so texts stand once in a message's string.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{1,12}",
        select(vec!["\"quoted\"\n", "ü\u{1f600}", "\\u0041"]).prop_map(str::to_owned)
    ]
}

fn word() -> impl Strategy<Value = String> {
    "[a-z_]{1,8}"
}

fn schema() -> impl Strategy<Value = Node<'static>> {
    select(vec![
        r#"{"type":"object"}"#,
        r#"{"type":"object","properties":{"a":{"type":"number"}}}"#,
    ])
    .prop_map(|text| Node::parse(text.as_bytes()).expect("JSON"))
}

fn tool() -> impl Strategy<Value = Tool<'static>> {
    let input = prop_oneof![
        of(schema()).prop_map(ToolInput::Schema),
        of(schema()).prop_map(|format| ToolInput::FreeText { format }),
    ];
    (word(), of(text()), input, of(any::<bool>())).prop_map(|(name, description, input, strict)| Tool {
        strict: strict.filter(|_| matches!(input, ToolInput::Schema(_))),
        name: name.into(),
        namespace: None,
        description: description.map(Into::into),
        input,
        cache: None,
    })
}

fn user_part() -> impl Strategy<Value = Part<'static>> {
    let base64 =
        (select(vec!["image/png", "application/pdf"]), "[A-Za-z0-9+/]{4}").prop_map(|(media_type, data)| {
            Source::Base64 {
                media_type: media_type.into(),
                data: data.into(),
            }
        });
    let url = word().prop_map(|path| Source::Url {
        url: format!("https://example.com/{path}").into(),
        media_type: None,
    });
    let file = word().prop_map(|id| Source::File {
        vendor: Vendor::OpenAi,
        id: id.into(),
        media_type: None,
    });
    let image = |source| {
        (source, of(word())).prop_map(|(source, detail)| {
            let detail = detail.map(Into::into);
            Part::Image(Image {
                source,
                detail,
                cache: None,
            })
        })
    };
    let document = |source, title: Option<String>| {
        Part::Document(Document {
            source,
            title: title.map(Into::into),
            context: None,
            citations: false,
            cache: None,
        })
    };
    prop_oneof![
        text().prop_map(Part::text),
        image(base64.clone().boxed()),
        image(url.boxed()),
        (base64, text()).prop_map(move |(source, title)| document(source, Some(title))),
        file.prop_map(move |source| document(source, None)),
        ("[A-Za-z0-9+/]{4}", select(vec!["audio/wav", "audio/mp3"])).prop_map(|(data, media_type)| {
            Part::Audio {
                source: Source::Base64 {
                    media_type: media_type.into(),
                    data: data.into(),
                },
            }
        }),
    ]
}

fn result() -> impl Strategy<Value = Part<'static>> {
    (word(), prop::collection::vec(text(), 0..3)).prop_map(|(id, texts)| {
        Part::ToolResult(ToolResult {
            id: id.into(),
            name: None,
            content: texts.into_iter().map(Part::text).collect(),
            object: None,
            is_error: false,
            cache: None,
        })
    })
}

/// A user's turn: results, then words.
fn user() -> impl Strategy<Value = Turn<'static>> {
    let parts = (
        prop::collection::vec(result(), 0..3),
        prop::collection::vec(user_part(), 1..4),
    );
    parts.prop_map(|(mut parts, mut words)| {
        parts.append(&mut words);
        Turn {
            role: Role::User,
            parts,
        }
    })
}

fn assistant() -> impl Strategy<Value = Turn<'static>> {
    let said = prop_oneof![
        text().prop_map(Part::text),
        text().prop_map(|text| Part::Refusal { text: text.into() }),
    ];
    let call = (word(), word(), text()).prop_map(|(id, name, arguments)| {
        Part::ToolCall(crate::model::ToolCall {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into(),
            sealed: None,
            cache: None,
        })
    });
    (
        prop::collection::vec(said, 1..3),
        prop::collection::vec(call, 0..3),
    )
        .prop_map(|(mut parts, mut calls)| {
            parts.append(&mut calls);
            Turn {
                role: Role::Assistant,
                parts,
            }
        })
}

fn choice_of(tools: &[Tool<'static>]) -> BoxedStrategy<Option<ToolChoice<'static>>> {
    if tools.is_empty() {
        return Just(None).boxed();
    }
    let names: Vec<_> = tools.iter().map(|tool| tool.name.clone()).collect();
    let named = select(names.clone()).prop_map(ToolChoice::Named);
    let among = any::<bool>().prop_map(move |must| ToolChoice::Among {
        names: names.clone(),
        must,
    });
    let plain = select(vec![ToolChoice::Auto, ToolChoice::None, ToolChoice::Any]);
    of(prop_oneof![plain, named, among]).boxed()
}

fn output() -> impl Strategy<Value = OutputForm<'static>> {
    let schema = (word(), of(text()), schema(), of(any::<bool>()));
    prop_oneof![
        Just(OutputForm::Json),
        schema.prop_map(|(name, description, schema, strict)| OutputForm::Schema {
            name: Some(name.into()),
            description: description.map(Into::into),
            schema,
            strict,
        }),
    ]
}

fn thought() -> impl Strategy<Value = (Option<Thinking>, Option<Effort>)> {
    use Effort::{High, Low, Max, Medium, Minimal, VeryHigh};
    let effort = select(vec![Minimal, Low, Medium, High, VeryHigh, Max]);
    prop_oneof![
        Just((None, None)),
        Just((Some(Thinking::Off), None)),
        effort.prop_map(|effort| (None, Some(effort))),
    ]
}

prop_compose! {
    fn sampling()(
        max_output in of(1_u64..100_000),
        temperature in of(0.0..=2.0_f64),
        top_p in of(0.0..=1.0_f64),
        frequency_penalty in of(-2.0..=2.0_f64),
        presence_penalty in of(-2.0..=2.0_f64),
        seed in of(any::<i64>()),
        biased in any::<bool>(),
        stop in prop::collection::vec(text(), 0..=4),
        choices in of(1_u32..=128),
        logprobs in of(0_u32..=20),
        verbosity in of(select(vec![Effort::Low, Effort::Medium, Effort::High])),
        (thinking, effort) in thought(),
    ) -> Request<'static> {
        Request {
            max_output, temperature, top_p, frequency_penalty, presence_penalty, seed, choices, logprobs, verbosity,
            thinking, effort,
            logit_bias: biased.then(|| Node::parse(br#"{"5":-1}"#).expect("JSON")),
            stop: stop.into_iter().map(Into::into).collect(),
            ..Request::default()
        }
    }
}

prop_compose! {
    pub fn request()(
        tools in prop::collection::vec(tool(), 0..4),
    )(
        tool_choice in choice_of(&tools),
        parallel in of(any::<bool>()),
        system in prop::collection::vec(text(), 0..3),
        mut turns in prop::collection::vec((user(), assistant()), 0..3),
        last in user(),
        output in of(output()),
        (user, cache_key, labelled) in (of(text()), of(text()), any::<bool>()),
        tier in of(select(vec![ServiceTier::Auto, ServiceTier::Standard, ServiceTier::Flex, ServiceTier::Priority])),
        (store, stream) in (any::<bool>(), any::<bool>()),
        sampling in sampling(),
        tools in Just(tools),
    ) -> Request<'static> {
        let mut system: Vec<Part<'static>> = system.into_iter().map(Part::text).collect();
        if output == Some(OutputForm::Json) {
            system.push(Part::text("Answer in JSON."));
        }
        let mut all: Vec<Turn<'static>> = turns.drain(..).flat_map(|(user, assistant)| [user, assistant]).collect();
        all.push(last);
        let mut request = Request {
            model: "m".into(),
            system,
            turns: all,
            parallel_tools: parallel.filter(|_| !tools.is_empty()),
            tool_choice,
            tools,
            output,
            user: user.map(Into::into),
            cache_key: cache_key.map(Into::into),
            metadata: labelled.then(|| Node::parse(br#"{"a":"b"}"#).expect("JSON")),
            service_tier: tier,
            store: Some(store),
            stream,
            ..sampling
        };
        sayable(&mut request);
        request
    }
}

/// Tools have names of their own, and calls of free-text tools arguments that fit.
fn sayable(request: &mut Request<'_>) {
    let tools = request.tools.clone();
    for (at, tool) in request.tools.iter_mut().enumerate() {
        if tools.iter().take(at).any(|earlier| earlier.name == tool.name) {
            tool.name = format!("{}{at}", tool.name).into();
        }
    }
    if matches!(
        request.tool_choice,
        Some(ToolChoice::Named(_) | ToolChoice::Among { .. })
    ) {
        let names = request.tools.iter().map(|tool| tool.name.clone()).collect();
        request.tool_choice = Some(ToolChoice::Among { names, must: true });
    }
    for part in request.turns.iter_mut().flat_map(|turn| &mut turn.parts) {
        if let Part::ToolCall(call) = part {
            // Our own writer escapes DEL as well, which JSON need not.
            let input = call.arguments.replace('\u{7f}', "");
            call.arguments = serde_json::json!({"input": input}).to_string().into();
        }
    }
}

fn citation() -> impl Strategy<Value = Citation<'static>> {
    (word(), text(), 0_u64..50, 50_u64..99).prop_map(|(url, title, from, to)| Citation::Url {
        url: url.into(),
        title: title.into(),
        span: Some((from, to)),
    })
}

fn logprob() -> impl Strategy<Value = TokenLogprob> {
    let top = prop::collection::vec((text(), -9.0..0.0_f64), 0..3);
    (text(), -9.0..0.0_f64, top).prop_map(|(token, logprob, top)| TokenLogprob { token, logprob, top })
}

prop_compose! {
    fn choice()(
        thought in of(text()),
        said in of((text(), prop::collection::vec(citation(), 0..2), prop::collection::vec(logprob(), 0..3))),
        refusal in of(text()),
        calls in prop::collection::vec((word(), text()), 0..3),
        cut in any::<bool>(),
    ) -> Choice<'static> {
        let mut choice = Choice::default();
        choice.parts.extend(thought.iter().map(|text| owned(thinking(text))));
        if let Some((text, citations, logprobs)) = said {
            choice.parts.push(Part::Text { text: text.into(), citations, cache: None });
            choice.logprobs = logprobs;
        }
        let declined = refusal.is_some();
        choice.parts.extend(refusal.map(|text| Part::Refusal { text: text.into() }));
        let called = !calls.is_empty();
        for (at, (name, text)) in calls.into_iter().enumerate() {
            let arguments = serde_json::json!({ "a": text }).to_string();
            choice.parts.push(owned(call(&format!("call_{at}"), &name, arguments.as_str())));
        }
        choice.stop = match (cut, called, declined) {
            (true, ..) => StopReason::MaxOutput,
            (_, true, _) => StopReason::ToolCalls,
            (_, _, true) => StopReason::Refusal,
            _ => StopReason::End,
        };
        choice
    }
}

fn owned(part: Part<'_>) -> Part<'static> {
    match part {
        Part::Thinking { text, .. } => Part::Thinking {
            text: text.into_owned().into(),
            sealed: None,
            redacted: false,
            id: None,
        },
        Part::ToolCall(call) => Part::ToolCall(crate::model::ToolCall {
            id: call.id.into_owned().into(),
            name: call.name.into_owned().into(),
            arguments: call.arguments.into_owned().into(),
            sealed: None,
            cache: None,
        }),
        _ => unreachable!("these two alone"),
    }
}

prop_compose! {
    pub fn answer()(
        choices in prop::collection::vec(choice(), 1..3),
        usage in of((0_u64..99, 0_u64..99, 0_u64..99, 0_u64..99)),
    ) -> Answer<'static> {
        Answer {
            id: "chatcmpl-0199".into(),
            model: "asked-for".into(),
            choices,
            usage: usage.map(|(input, cache_read, cache_write_5m, output)| Usage {
                input, output, cache_write_5m, cache_read, ..Usage::default()
            }),
        }
    }
}
