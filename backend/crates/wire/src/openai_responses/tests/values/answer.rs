//! Arbitrary answers. Never in here: the parts they are made of.

use super::*;
use crate::usage::Usage;

fn shown_thinking() -> S<Part<'static>> {
    let vendors = vec![Vendor::OpenAi, Vendor::Anthropic, Vendor::Google];
    let sealed = of(prop::sample::select(vendors).prop_flat_map(sealed));
    (
        prop_oneof![Just(String::new()), text()],
        sealed,
        any::<bool>(),
        word(),
    )
        .prop_map(|(text, sealed, redacted, id)| Part::Thinking {
            text: text.into(),
            sealed,
            redacted,
            id: Some(format!("rs_{}{id}", if redacted { "redacted_" } else { "x" }).into()),
        })
        .boxed()
}

fn logprobs() -> S<Vec<TokenLogprob>> {
    let pair = || (text(), (-100..0_i32).prop_map(|n| f64::from(n) / 8.0));
    vec((pair(), vec(pair(), 0..2)), 0..3)
        .prop_map(|tokens| {
            let token = |((token, logprob), top)| TokenLogprob { token, logprob, top };
            tokens.into_iter().map(token).collect()
        })
        .boxed()
}

/// Answers; with `seals`, calls may carry them.
pub(in super::super) fn answer(seals: bool) -> S<Answer<'static>> {
    const NAMES: &[&str] = &["t0", "other"];
    let part = prop_oneof![cited_text(), refusal(), shown_thinking(), call(NAMES, seals)];
    let usage = (0..99_u64, 0..99_u64, 0..99_u64, 0..99_u64, 0..99_u64);
    (vec(part, 0..6), any::<bool>(), logprobs(), of(usage))
        .prop_map(|(parts, cut, logprobs, usage)| {
            let any = |wanted: fn(&Part<'_>) -> bool| parts.iter().any(wanted);
            let stop = if cut {
                StopReason::MaxOutput
            } else if any(|part| matches!(part, Part::Refusal { .. })) {
                StopReason::Refusal
            } else if any(|part| matches!(part, Part::ToolCall(_))) {
                StopReason::ToolCalls
            } else {
                StopReason::End
            };
            let has_text = any(|part| matches!(part, Part::Text { .. }));
            let logprobs = if has_text { logprobs } else { Vec::new() };
            let usage = usage.map(|(input, output, cache_write_5m, cache_read, reasoning)| Usage {
                input,
                output,
                cache_write_5m,
                cache_read,
                reasoning: reasoning.min(output),
                ..Usage::default()
            });
            Answer {
                id: "resp_0199".into(),
                model: crate::openai_responses::tests::properties::MODEL.into(),
                choices: vec![Choice {
                    parts,
                    stop,
                    stop_sequence: None,
                    logprobs,
                }],
                usage,
            }
        })
        .boxed()
}
