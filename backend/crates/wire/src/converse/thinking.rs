//! Whether and how much a Claude model is to think, and how hard to try. Other models' thinking is left as they have it.

use super::model::Model;
use crate::bedrock::Age;
use crate::format::Vendor;
use crate::model::{Effort, Part, Request, Role, Thinking};
use crate::write::ObjectWriter;

/// The least that Anthropic lets a model think.
const BUDGET_MIN: u64 = 1_024;

/// What is said of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plan {
    said: Option<Thinking>,
    /// Whether thinking is to be shown, where the model lets that be said.
    show: Option<bool>,
    pub effort: Option<Effort>,
    /// The output limit that the budget was reckoned with, if the client gave none.
    pub needed_max_output: Option<u64>,
}

impl Plan {
    /// `model_max_output` is the limit where the client gave none; `forced`: a tool must be called, which goes together with
    /// thinking on no Claude.
    pub fn of(request: &Request<'_>, model: &Model<'_>, model_max_output: u64, forced: bool) -> Self {
        let Some(age) = model.claude else {
            return Self::default();
        };
        let limit = request.max_output.unwrap_or(model_max_output);
        let mut plan = Self::default();
        let wanted = match request.thinking {
            Some(Thinking::Off) => None,
            Some(wanted) => Some(wanted),
            None => request.effort.map(|_| Thinking::Adaptive),
        };
        if request.thinking == Some(Thinking::Off) && age >= Age::FourSix {
            plan.said = Some(Thinking::Off);
        }
        let can =
            !forced && !lacks_thinking(request) && (age > Age::Three || model.id.contains("claude-3-7"));
        if let Some(wanted) = wanted.filter(|_| can) {
            plan.said = said(wanted, request.effort, age, limit);
            plan.show = request.show_thinking.filter(|_| age >= Age::FourSix);
        }
        if matches!(plan.said, Some(Thinking::Budget(_))) && request.max_output.is_none() {
            plan.needed_max_output = Some(limit);
        }
        if model.takes_effort() {
            let of_budget = match request.thinking {
                Some(Thinking::Budget(tokens)) if age == Age::Later => Some(effort_of(tokens)),
                _ => None,
            };
            let effort = request.effort.or(of_budget);
            plan.effort = effort.map(|effort| known(effort, age, plan.thinks()));
        }
        plan
    }

    pub fn thinks(&self) -> bool {
        self.said.is_some_and(|said| said != Thinking::Off)
    }

    pub fn says_thinking(&self) -> bool {
        self.said.is_some()
    }

    /// Writes `thinking`, in Claude's own words.
    pub fn write(&self, fields: &mut ObjectWriter<'_>) {
        let Some(said) = self.said else { return };
        fields.object("thinking", |thinking| {
            match said {
                Thinking::Off => thinking.text("type", "disabled"),
                Thinking::Adaptive => thinking.text("type", "adaptive"),
                Thinking::Budget(tokens) => {
                    thinking.text("type", "enabled");
                    thinking.u64("budget_tokens", tokens);
                }
            }
            if let Some(show) = self.show {
                thinking.text("display", if show { "summarized" } else { "omitted" });
            }
        });
    }
}

/// What a model of this age is told; `None` if the output limit leaves no room.
fn said(wanted: Thinking, effort: Option<Effort>, age: Age, limit: u64) -> Option<Thinking> {
    let tokens = match wanted {
        Thinking::Off => return None,
        Thinking::Adaptive if age >= Age::FourSix => return Some(Thinking::Adaptive),
        Thinking::Budget(_) if age == Age::Later => return Some(Thinking::Adaptive),
        Thinking::Budget(tokens) => tokens,
        Thinking::Adaptive => budget_of(effort.unwrap_or(Effort::High)),
    };
    let most = limit.saturating_sub(1);
    (most >= BUDGET_MIN).then(|| Thinking::Budget(tokens.clamp(BUDGET_MIN, most)))
}

fn budget_of(effort: Effort) -> u64 {
    match effort {
        Effort::Minimal => BUDGET_MIN,
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 16_384,
        Effort::VeryHigh | Effort::Max => 32_000,
    }
}

fn effort_of(tokens: u64) -> Effort {
    match tokens {
        0..=2_048 => Effort::Low,
        2_049..=8_192 => Effort::Medium,
        8_193..=24_576 => Effort::High,
        _ => Effort::VeryHigh,
    }
}

/// The effort that a model knows, at most the one asked for (Anthropic, "Effort"): `xhigh` came with 4.7, `max` with 4.6.
/// Without thinking none goes beyond high (Amazon Bedrock's API reference, "OutputConfig").
fn known(effort: Effort, age: Age, thinks: bool) -> Effort {
    match effort {
        Effort::VeryHigh if thinks && age == Age::Later => effort,
        Effort::Max if thinks && age >= Age::FourSix => effort,
        _ => effort.min(Effort::High),
    }
}

/// What Bedrock calls it; it has no word below low.
pub(super) fn effort_word(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::VeryHigh => "xhigh",
        Effort::Max => "max",
    }
}

/// Whether the calls that the model is to go on from came without its own thinking. Anthropic demands it there whenever
/// thinking is on ("Extended thinking", "Preserving thinking blocks").
fn lacks_thinking(request: &Request<'_>) -> bool {
    let Some(at) = request
        .turns
        .iter()
        .rposition(|turn| turn.role == Role::Assistant)
    else {
        return false;
    };
    let Some(turn) = request.turns.get(at) else {
        return false;
    };
    let calls = turn.parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
    let sealed = turn.parts.iter().any(is_own_thinking);
    calls && at + 1 < request.turns.len() && !sealed
}

/// Whether it is thinking that Claude can read again.
pub(super) fn is_own_thinking(part: &Part<'_>) -> bool {
    matches!(part, Part::Thinking { sealed: Some(sealed), .. } if sealed.vendor == Vendor::Anthropic)
}
