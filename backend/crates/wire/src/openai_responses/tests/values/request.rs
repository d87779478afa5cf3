//! Arbitrary requests. Never in here: the parts they are made of.

use super::*;
use proptest::option::of;

fn tool(
    (n, namespace, description, free_text, strict): (usize, Option<&'static str>, Option<String>, bool, bool),
) -> Tool<'static> {
    let schema = Node::parse(br#"{"type":"object","properties":{"q":{"type":"string"}}}"#).unwrap();
    Tool {
        name: if free_text {
            "patch".into()
        } else {
            format!("t{n}").into()
        },
        namespace: namespace.map(Into::into),
        description: description.map(Into::into),
        input: if free_text {
            ToolInput::FreeText { format: None }
        } else {
            ToolInput::Schema(Some(schema))
        },
        strict: (!free_text).then_some(strict),
        cache: None,
    }
}

/// Tools with the names that calls go by, some of them left out.
fn tools() -> S<Vec<Tool<'static>>> {
    let shown = (of(text()), any::<bool>(), any::<bool>());
    [shown.clone(), shown.clone(), shown.clone(), shown]
        .prop_map(|all| {
            let kinds = [
                (None, false),
                (None, true),
                (Some("ns"), false),
                (Some("ns"), false),
            ];
            let all = all.into_iter().zip(kinds).enumerate();
            let offered = all.filter(|(_, ((_, _, offered), _))| *offered);
            offered
                .map(|(n, ((description, strict, _), (namespace, free)))| {
                    tool((n, namespace, description, free, strict))
                })
                .collect()
        })
        .boxed()
}

fn turns() -> S<Vec<Turn<'static>>> {
    const NAMES: &[&str] = &["t0", "ns__t2", "unknown"];
    let user = vec(prop_oneof![plain_text(), image(), document(), result()], 1..4);
    let assistant = vec(
        prop_oneof![cited_text(), refusal(), kept_thinking(), call(NAMES, false)],
        1..4,
    );
    vec((user, assistant), 1..3)
        .prop_map(|turns| {
            let both = |(user, assistant)| {
                [
                    Turn {
                        role: Role::User,
                        parts: user,
                    },
                    Turn {
                        role: Role::Assistant,
                        parts: assistant,
                    },
                ]
            };
            turns.into_iter().flat_map(both).collect()
        })
        .boxed()
}

fn choice(tools: &[Tool<'static>], pick: u8) -> Option<ToolChoice<'static>> {
    let first = tools.first().map(Tool::flat_name);
    match (pick % 6, first) {
        (0, _) => Some(ToolChoice::Auto),
        (1, _) => Some(ToolChoice::None),
        (2, Some(_)) => Some(ToolChoice::Any),
        (3, Some(name)) => Some(ToolChoice::Named(name)),
        (4, Some(_)) => Some(ToolChoice::Among {
            names: tools.iter().map(Tool::flat_name).collect(),
            must: pick > 128,
        }),
        _ => None,
    }
}

fn effort() -> S<Effort> {
    let all = [
        Effort::Minimal,
        Effort::Low,
        Effort::Medium,
        Effort::High,
        Effort::VeryHigh,
        Effort::Max,
    ];
    prop::sample::select(all.to_vec()).boxed()
}

/// Whether to think, how hard, whether to show it and whether to seal it.
type Thought = (Option<Thinking>, Option<Effort>, Option<bool>, bool);

fn thought() -> S<Thought> {
    prop_oneof![
        any::<bool>().prop_map(|seal| (Some(Thinking::Off), None, None, seal)),
        (of(effort()), of(Just(true)), any::<bool>())
            .prop_map(|(effort, show, seal)| (None, effort, show, seal)),
    ]
    .boxed()
}

fn form() -> S<Option<OutputForm<'static>>> {
    let schema = (word(), of(text()), any::<Option<bool>>()).prop_map(|(name, description, strict)| {
        OutputForm::Schema {
            name: Some(name.into()),
            description: description.map(Into::into),
            schema: Node::parse(br#"{"type":"object"}"#).unwrap(),
            strict,
        }
    });
    of(prop_oneof![Just(OutputForm::Json), schema]).boxed()
}

/// Requests for [`MODEL`].
pub(in super::super) fn request() -> S<Request<'static>> {
    let said = (vec(plain_text(), 0..3), turns(), tools(), any::<u8>());
    let numbers = (
        of(16..9_999_u64),
        of(0..200_u8),
        of(0..100_u8),
        of(0..=20_u32),
        any::<Option<bool>>(),
    );
    let words = (of(word()), of(word()), of(text()), any::<bool>(), any::<bool>());
    let verbosity = of(prop::sample::select(vec![
        Effort::Low,
        Effort::Medium,
        Effort::High,
    ]));
    let tiers = vec![
        ServiceTier::Auto,
        ServiceTier::Standard,
        ServiceTier::Flex,
        ServiceTier::Priority,
    ];
    (
        said,
        numbers,
        words,
        thought(),
        form(),
        verbosity,
        of(prop::sample::select(tiers)),
    )
        .prop_map(
            |(said, numbers, words, thought, output, verbosity, service_tier)| {
                let ((system, turns, tools, pick), (thinking, effort, show_thinking, seal_thinking)) =
                    (said, thought);
                let (max_output, temperature, top_p, logprobs, parallel_tools) = numbers;
                let (user, cache_key, label, store, stream) = words;
                Request {
                    model: crate::openai_responses::tests::properties::MODEL.into(),
                    system,
                    turns,
                    tool_choice: choice(&tools, pick),
                    tools,
                    parallel_tools,
                    max_output,
                    temperature: temperature.map(|part| f64::from(part) / 100.0),
                    top_p: top_p.map(|part| f64::from(part) / 100.0),
                    logprobs,
                    thinking,
                    show_thinking,
                    seal_thinking,
                    effort,
                    verbosity,
                    output,
                    user: user.map(Into::into),
                    metadata: label.map(|text| Node::Object(vec![("k".into(), Node::Text(text.into()))])),
                    service_tier,
                    cache_key: cache_key.map(Into::into),
                    store: Some(store),
                    stream,
                    ..Request::default()
                }
            },
        )
        .boxed()
}
