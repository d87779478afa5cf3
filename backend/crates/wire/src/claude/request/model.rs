//! What a Claude model takes of sampling, thinking and effort, told by its name (Anthropic, "Models overview",
//! "Thinking", "Effort", "Migration guide"). Names that are no Claude model's get what the format has had all along.

use crate::format::Vendor;
use crate::model::Part;
use crate::model::{Effort, Request, Role, Thinking, ToolChoice, Turn};

/// The least budget of thinking that Anthropic allows.
const BUDGET_MIN: u64 = 1_024;

/// A model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Model {
    /// Major and minor number; `None` if the name tells none.
    version: Option<(u32, u32)>,
    family: Family,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Opus,
    Sonnet,
    /// Fable and Mythos: they always think.
    Thinker,
    Other,
}

/// `thinking` as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Disabled,
    BetweenTools,
    Adaptive,
    Enabled(u64),
}

/// What is said of thinking and effort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub thinking: Option<Mode>,
    pub effort: Option<&'static str>,
}

impl Plan {
    /// Whether the model is told to think.
    pub fn thinks(&self) -> bool {
        matches!(self.thinking, Some(Mode::Adaptive | Mode::Enabled(_)))
    }
}

impl Model {
    /// Of a name, also as Bedrock and other platforms write it.
    pub fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let Some((_, rest)) = name.split_once("claude") else {
            return Self {
                version: None,
                family: Family::Other,
            };
        };
        let words: Vec<&str> = rest.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        let family = match () {
            () if words.contains(&"opus") => Family::Opus,
            () if words.contains(&"sonnet") => Family::Sonnet,
            () if words.contains(&"fable") || words.contains(&"mythos") => Family::Thinker,
            () => Family::Other,
        };
        // Longer numbers are dates.
        let number = |word: &&str| {
            let short = (1..=2).contains(&word.len());
            short.then(|| word.parse::<u32>().ok()).flatten()
        };
        let mut from_first = words.iter().skip_while(|word| number(word).is_none());
        let major = from_first.next().and_then(number);
        let minor = from_first.next().and_then(number).unwrap_or(0);
        let unnumbered = (family == Family::Thinker).then_some((5, 0));
        Self {
            version: major.map(|major| (major, minor)).or(unnumbered),
            family,
        }
    }

    fn since(self, version: (u32, u32)) -> bool {
        self.version.is_none_or(|own| own >= version)
    }

    fn until(self, version: (u32, u32)) -> bool {
        self.version.is_none_or(|own| own <= version)
    }

    /// Whether it takes `temperature`, `top_p` and `top_k`: models from 4.7 on refuse them.
    pub fn samples(self) -> bool {
        self.until((4, 6))
    }

    /// Whether it takes `temperature` and `top_p` in one request: models from 4.1 on refuse that.
    pub fn samples_twice(self) -> bool {
        self.until((4, 0))
    }

    fn adaptive(self) -> bool {
        self.since((4, 6))
    }

    /// Whether it takes a budget of thinking.
    fn budgeted(self) -> bool {
        self.since((3, 7)) && self.until((4, 6))
    }

    /// Whether thinking's display can be chosen.
    pub fn displays(self) -> bool {
        self.since((4, 0))
    }

    /// How thinking is turned off; `None`: by saying nothing, or not at all.
    fn off(self) -> Option<Mode> {
        let thinks_always = self.family == Family::Thinker || self.version.is_some_and(|own| own > (5, 0));
        match (thinks_always, self.family) {
            (true, Family::Sonnet) => Some(Mode::BetweenTools),
            (true, _) => None,
            (false, _) => self.since((3, 7)).then_some(Mode::Disabled),
        }
    }

    /// Whether it thinks unless told not to.
    fn thinks_by_default(self) -> bool {
        self.version.is_some_and(|own| own >= (5, 0))
    }

    /// `output_config.effort`, as near as the model has it; `None` if it has none.
    fn effort(self, effort: Effort) -> Option<&'static str> {
        let graded = self.since((4, 6)) || (self.family == Family::Opus && self.since((4, 5)));
        let (beyond_high, most) = (self.since((4, 7)), self.since((4, 6)));
        graded.then_some(match effort {
            Effort::Minimal | Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::VeryHigh if beyond_high => "xhigh",
            Effort::Max if most => "max",
            Effort::High | Effort::VeryHigh | Effort::Max => "high",
        })
    }
}

/// What to say of thinking and effort, given the output limit.
pub(super) fn plan(request: &Request<'_>, model: Model, max_output: u64) -> Plan {
    let effort = request.effort.and_then(|effort| model.effort(effort));
    let wanted = request.thinking.or(request.effort.map(|_| Thinking::Adaptive));
    let plan = |thinking| Plan { thinking, effort };
    if forces_a_call(request) {
        // Anthropic, "Thinking", on tools: thinking allows no forced call. The call is the stricter wish.
        let off = wanted == Some(Thinking::Off) || model.thinks_by_default();
        return if off {
            turned_off(model, effort)
        } else {
            plan(None)
        };
    }
    match wanted {
        None => plan(None),
        Some(Thinking::Off) => turned_off(model, effort),
        Some(_) if lacks_thinking(&request.turns) => plan(None),
        Some(Thinking::Adaptive) if model.adaptive() => plan(Some(Mode::Adaptive)),
        Some(Thinking::Adaptive) => plan(budget(
            model,
            budget_of(request.effort.unwrap_or(Effort::High)),
            max_output,
        )),
        Some(Thinking::Budget(tokens)) if model.budgeted() => plan(budget(model, tokens, max_output)),
        Some(Thinking::Budget(tokens)) => Plan {
            thinking: model.adaptive().then_some(Mode::Adaptive),
            effort: effort.or_else(|| model.effort(effort_of(tokens))),
        },
    }
}

/// Models that always think are asked for little effort instead, as Anthropic's migration guide says; those that can be
/// told not to think can't be asked for more than `high` then.
fn turned_off(model: Model, effort: Option<&'static str>) -> Plan {
    let thinking = model.off();
    let effort = match (thinking, effort) {
        (None, None) if model.thinks_by_default() => model.effort(Effort::Low),
        (Some(Mode::Disabled), Some("xhigh" | "max")) => Some("high"),
        (_, effort) => effort,
    };
    Plan { thinking, effort }
}

/// A budget must be less than the output limit.
fn budget(model: Model, tokens: u64, max_output: u64) -> Option<Mode> {
    let fits = model.budgeted() && max_output > BUDGET_MIN;
    fits.then(|| Mode::Enabled(tokens.clamp(BUDGET_MIN, max_output - 1)))
}

fn budget_of(effort: Effort) -> u64 {
    match effort {
        Effort::Minimal | Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 16_384,
        Effort::VeryHigh | Effort::Max => 32_000,
    }
}

fn effort_of(budget: u64) -> Effort {
    match budget {
        0..=2_048 => Effort::Low,
        2_049..=8_192 => Effort::Medium,
        8_193..=24_576 => Effort::High,
        _ => Effort::VeryHigh,
    }
}

fn forces_a_call(request: &Request<'_>) -> bool {
    matches!(
        request.tool_choice,
        Some(ToolChoice::Any | ToolChoice::Named(_) | ToolChoice::Among { must: true, .. })
    )
}

/// Whether the answer continues a turn with calls in which Anthropic sealed no thinking: Anthropic demands the block
/// there when thinking is on.
fn lacks_thinking(turns: &[Turn<'_>]) -> bool {
    let Some(turn) = turns.iter().rev().find(|turn| turn.role == Role::Assistant) else {
        return false;
    };
    let calls = turn.parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
    let sealed = turn.parts.iter().any(|part| {
        let Part::Thinking {
            sealed: Some(sealed), ..
        } = part
        else {
            return false;
        };
        sealed.vendor == Vendor::Anthropic
    });
    calls && !sealed
}
