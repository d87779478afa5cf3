//! Any request and any answer that this format can say.

use crate::format::Vendor;
use crate::model::{
    Answer, Cache, Choice, Citation, Document, Effort, Image, OutputForm, Part, Place, Request, Role, Sealed,
    ServiceTier, Source, StopReason, Thinking, Tool, ToolCall, ToolChoice, ToolInput, ToolResult, Turn,
};
use crate::tree::Node;
use crate::usage::Usage;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn cache() -> impl Strategy<Value = Option<Cache>> {
    option::of(prop_oneof![Just(Cache::FiveMinutes), Just(Cache::OneHour)])
}

fn filled() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| format!("x{text}"))
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,20}"
}

fn sealed(vendors: Vec<Vendor>) -> impl Strategy<Value = Sealed<'static>> {
    (proptest::sample::select(vendors), "[A-Za-z0-9+/=]{1,30}").prop_map(|(vendor, data)| Sealed {
        vendor,
        data: data.into(),
    })
}

fn citation() -> impl Strategy<Value = Citation<'static>> {
    let place = (0..3_u8, any::<u32>(), any::<u32>()).prop_map(|(kind, from, to)| {
        let (from, to) = (from.into(), to.into());
        match kind {
            0 => Place::Characters(from, to),
            1 => Place::Pages(from, to),
            _ => Place::Blocks(from, to),
        }
    });
    (any::<u32>(), any::<String>(), any::<String>(), place).prop_map(|(index, title, cited, place)| {
        Citation::Document {
            index: index.into(),
            title: title.into(),
            cited: cited.into(),
            place,
        }
    })
}

fn text(citations: std::ops::Range<usize>) -> impl Strategy<Value = Part<'static>> {
    (filled(), vec(citation(), citations), cache()).prop_map(|(text, citations, cache)| Part::Text {
        text: text.into(),
        citations,
        cache,
    })
}

fn source(images: bool) -> impl Strategy<Value = Source<'static>> {
    let kind = if images { "image/png" } else { "application/pdf" };
    let media_type = (!images).then(|| "application/pdf".into());
    prop_oneof![
        "[A-Za-z0-9+/]{0,40}".prop_map(move |data| Source::Base64 {
            media_type: kind.into(),
            data: data.into(),
        }),
        filled().prop_map(move |url| Source::Url {
            url: url.into(),
            media_type: media_type.clone(),
        }),
        filled().prop_map(move |text| if images {
            Source::File {
                vendor: Vendor::Anthropic,
                id: text.into(),
                media_type: None,
            }
        } else {
            Source::Text(text.into())
        }),
    ]
}

fn image() -> impl Strategy<Value = Part<'static>> {
    (source(true), cache()).prop_map(|(source, cache)| {
        Part::Image(Image {
            source,
            detail: None,
            cache,
        })
    })
}

fn document() -> impl Strategy<Value = Part<'static>> {
    let words = (option::of(any::<String>()), option::of(any::<String>()));
    (source(false), words, any::<bool>(), cache()).prop_map(|(source, (title, context), citations, cache)| {
        Part::Document(Document {
            source,
            title: title.map(Into::into),
            context: context.map(Into::into),
            citations,
            cache,
        })
    })
}

fn result() -> impl Strategy<Value = Part<'static>> {
    let content = vec(prop_oneof![text(0..1), image(), document()], 0..3);
    (name(), content, any::<bool>(), cache()).prop_map(|(id, content, is_error, cache)| {
        Part::ToolResult(ToolResult {
            id: id.into(),
            name: None,
            content,
            object: None,
            is_error,
            cache,
        })
    })
}

fn object() -> impl Strategy<Value = Node<'static>> {
    prop::collection::btree_map(any::<String>(), any::<String>(), 0..3).prop_map(|fields| {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.into(), Node::Text(value.into())));
        Node::Object(fields.collect())
    })
}

fn call(cache: Option<Cache>) -> impl Strategy<Value = Part<'static>> {
    (name(), name(), object()).prop_map(move |(id, name, arguments)| {
        Part::ToolCall(ToolCall {
            id: id.into(),
            name: name.into(),
            arguments: arguments.to_text().into(),
            sealed: None,
            cache,
        })
    })
}

fn thinking(vendors: Vec<Vendor>) -> impl Strategy<Value = Part<'static>> {
    (filled(), sealed(vendors), any::<bool>()).prop_map(|(text, sealed, redacted)| Part::Thinking {
        text: if redacted { "".into() } else { text.into() },
        sealed: Some(sealed),
        redacted,
        id: None,
    })
}

/// Turns of the user and of the model by turns; results of tools stand first.
fn turns() -> impl Strategy<Value = Vec<Turn<'static>>> {
    let user = (
        vec(result(), 0..2),
        vec(prop_oneof![text(0..1), image(), document()], 1..3),
    );
    let assistant = vec(
        prop_oneof![text(0..2), call(None), thinking(vec![Vendor::Anthropic])],
        1..4,
    );
    vec((user, assistant), 1..3).prop_map(|pairs| {
        let turn = |role, parts| Turn { role, parts };
        let turns = pairs.into_iter().flat_map(|((results, said), answered)| {
            let asked = results.into_iter().chain(said).collect();
            [turn(Role::User, asked), turn(Role::Assistant, answered)]
        });
        turns.collect()
    })
}

fn tools() -> impl Strategy<Value = (Vec<Tool<'static>>, Option<ToolChoice<'static>>, Option<bool>)> {
    let schema = object().prop_map(|node| match node {
        Node::Object(mut fields) => {
            fields.retain(|(name, _)| name != "type");
            fields.push(("type".into(), Node::Text("object".into())));
            Node::Object(fields)
        }
        other => other,
    });
    let tool = (
        name(),
        option::of(any::<String>()),
        schema,
        option::of(any::<bool>()),
        cache(),
    );
    let tool = tool.prop_map(|(name, description, schema, strict, cache)| Tool {
        name: name.into(),
        namespace: None,
        description: description.map(Into::into),
        input: ToolInput::Schema(Some(schema)),
        strict,
        cache,
    });
    // A forced call goes before thinking, and `none` has no word about parallel calls: both have tests of their own.
    (vec(tool, 0..3), option::of(any::<bool>()), any::<bool>()).prop_map(|(tools, parallel, told)| {
        let told = (told || parallel.is_some()) && !tools.is_empty();
        let parallel = parallel.filter(|_| told);
        (tools, told.then_some(ToolChoice::Auto), parallel)
    })
}

type Thought = (Option<Thinking>, Option<bool>, Option<Effort>);

/// Ways to think that `claude-sonnet-4-6` takes as they are.
fn thoughts() -> impl Strategy<Value = Thought> {
    let effort = option::of(prop_oneof![
        Just(Effort::Low),
        Just(Effort::Medium),
        Just(Effort::High),
        Just(Effort::Max)
    ]);
    prop_oneof![
        Just((None, None, None)),
        Just((Some(Thinking::Off), None, None)),
        (option::of(any::<bool>()), effort).prop_map(|(show, effort)| (
            Some(Thinking::Adaptive),
            show,
            effort
        )),
        (1_024..4_000_u64, option::of(any::<bool>())).prop_map(|(n, show)| (
            Some(Thinking::Budget(n)),
            show,
            None
        )),
    ]
}

pub(super) fn request() -> impl Strategy<Value = Request<'static>> {
    let system = vec(text(0..1), 0..3);
    let numbers = (
        4_001..100_000_u64,
        option::of(0.0..=1.0_f64),
        option::of(any::<u32>()),
    );
    let tier = option::of(prop_oneof![Just(ServiceTier::Auto), Just(ServiceTier::Standard)]);
    let words = (
        vec(filled(), 0..3),
        option::of(".{0,250}"),
        tier,
        option::of(object()),
        any::<bool>(),
    );
    (system, turns(), tools(), numbers, thoughts(), words).prop_map(
        |(system, turns, (tools, tool_choice, parallel_tools), (max, temperature, top_k), thought, words)| {
            let (thinking, show_thinking, effort) = thought;
            let (stop, user, service_tier, schema, stream) = words;
            let thinks = matches!(thinking, Some(Thinking::Adaptive | Thinking::Budget(_)));
            let mut request = Request {
                model: "claude-sonnet-4-6".into(),
                system,
                turns,
                tools,
                tool_choice,
                parallel_tools,
                max_output: Some(max),
                temperature: temperature.filter(|_| !thinks),
                top_k: top_k.map(u64::from).filter(|_| !thinks),
                stop: stop.into_iter().map(Into::into).collect(),
                thinking,
                show_thinking,
                seal_thinking: thinks,
                effort,
                output: schema.map(|schema| OutputForm::Schema {
                    name: None,
                    description: None,
                    schema,
                    strict: None,
                }),
                user: user.map(Into::into),
                service_tier,
                stream,
                ..Request::default()
            };
            if thinks {
                seal_last(&mut request.turns);
            }
            request
        },
    )
}

/// Where thinking is on, Anthropic demands its block before calls.
fn seal_last(turns: &mut [Turn<'_>]) {
    if let Some(last) = turns.last_mut() {
        last.parts.insert(
            0,
            Part::Thinking {
                text: "hm".into(),
                sealed: Some(Sealed {
                    vendor: Vendor::Anthropic,
                    data: "c2ln".into(),
                }),
                redacted: false,
                id: None,
            },
        );
    }
}

fn usage() -> impl Strategy<Value = Usage> {
    let n = || 0..1_000_000_u64;
    (n(), n(), n(), n(), n(), n()).prop_map(|(input, output, write_5m, write_1h, read, reasoning)| Usage {
        input,
        output,
        cache_write_5m: write_5m,
        cache_write_1h: write_1h,
        cache_read: read,
        reasoning: reasoning.min(output),
        ..Usage::default()
    })
}

pub(super) fn answer() -> impl Strategy<Value = Answer<'static>> {
    let stop = proptest::sample::select(vec![
        StopReason::End,
        StopReason::MaxOutput,
        StopReason::StopSequence,
        StopReason::ToolCalls,
        StopReason::Refusal,
        StopReason::Pause,
    ]);
    let all = vec![Vendor::Anthropic, Vendor::OpenAi, Vendor::Google];
    let text = text(0..3).prop_map(|part| match part {
        Part::Text { text, citations, .. } => Part::Text {
            text,
            citations,
            cache: None,
        },
        other => other,
    });
    let parts = vec(prop_oneof![text, call(None), thinking(all)], 0..5);
    (
        "msg_[a-z0-9]{1,9}",
        parts,
        stop,
        option::of(any::<String>()),
        usage(),
    )
        .prop_map(|(id, parts, stop, sequence, usage)| Answer {
            id: id.into(),
            model: "m".into(),
            choices: vec![Choice {
                parts,
                stop,
                stop_sequence: sequence.map(Into::into),
                logprobs: Vec::new(),
            }],
            usage: Some(usage),
        })
}
