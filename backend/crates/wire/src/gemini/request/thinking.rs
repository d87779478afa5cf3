//! `thinkingConfig`, both ways. Gemini API, "Thinking": models up to 2.5 take a budget of tokens (0: none, −1: as the model
//! sees fit), models from 3 on a level. Gemini 3 still takes a budget, but can't be kept from thinking altogether.

use super::super::names::Object;
use crate::fault::RequestFault;
use crate::model::{Effort, Request, Thinking};
use crate::write::ObjectWriter;

/// The largest budget of 2.5 Flash models and of 2.5 Pro.
const FLASH_BUDGET_MAX: u64 = 24_576;
const PRO_BUDGET_MAX: u64 = 32_768;
/// The smallest budget of 2.5 Pro, which always thinks, and of 2.5 Flash-Lite.
const PRO_BUDGET_MIN: u64 = 128;
const LITE_BUDGET_MIN: u64 = 512;

pub(super) fn read<'a>(mut config: Object<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    request.show_thinking = config.bool("includeThoughts")?;
    request.thinking = match config.i64("thinkingBudget")? {
        None => None,
        Some(0) => Some(Thinking::Off),
        Some(-1) => Some(Thinking::Adaptive),
        Some(budget) => {
            let fault = config.fault("thinkingBudget", "This must be -1, 0 or a number of tokens.");
            Some(Thinking::Budget(u64::try_from(budget).map_err(|_| fault)?))
        }
    };
    request.effort = match config.text("thinkingLevel")? {
        None => None,
        Some(level) => match level.to_ascii_uppercase().as_str() {
            "THINKING_LEVEL_UNSPECIFIED" => None,
            "MINIMAL" => Some(Effort::Minimal),
            "LOW" => Some(Effort::Low),
            "MEDIUM" => Some(Effort::Medium),
            "HIGH" => Some(Effort::High),
            _ => {
                return Err(config.fault(
                    "thinkingLevel",
                    "This must be `minimal`, `low`, `medium` or `high`.",
                ));
            }
        },
    };
    if request.thinking.is_some() && request.effort.is_some() {
        return Err(config.fault(
            "thinkingBudget",
            "This can't be given together with thinkingLevel.",
        ));
    }
    config.nothing_left()
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It does not.
    None,
    /// By a budget.
    Budget,
    /// By a level.
    Level,
}

impl Way {
    /// Of this model. A name that tells no version (`gemini-flash-latest`, a deployment's own) is taken for a new one.
    pub fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model);
        let Some(version) = name.strip_prefix("gemini-") else {
            return if name.starts_with("gemma") {
                Self::None
            } else {
                Self::Level
            };
        };
        match version.split_once(['-', '.']).map_or(version, |(major, _)| major) {
            "2" if version.starts_with("2.5") => Self::Budget,
            "1" | "2" => Self::None,
            _ => Self::Level,
        }
    }
}

/// Writes `thinkingConfig`, if there is anything to say.
pub(super) fn write(config: &mut ObjectWriter<'_>, request: &Request<'_>, model: &str) {
    let way = Way::of(model);
    let budget = match way {
        Way::None => return,
        Way::Budget => budget(request).map(|budget| within(budget, model)),
        Way::Level => match request.thinking {
            Some(Thinking::Budget(tokens)) => i64::try_from(tokens.min(PRO_BUDGET_MAX)).ok(),
            _ => None,
        },
    };
    let level = if way == Way::Level && budget.is_none() {
        level(request, model)
    } else {
        None
    };
    // In Claude's format thinking that is asked for is shown.
    let asked = matches!(request.thinking, Some(Thinking::Adaptive | Thinking::Budget(_)));
    let show = request.show_thinking.or(asked.then_some(true));
    if budget.is_none() && level.is_none() && show.is_none() {
        return;
    }
    config.object("thinkingConfig", |thinking| {
        if let Some(budget) = budget {
            thinking.i64("thinkingBudget", budget);
        }
        thinking.text_if("thinkingLevel", level);
        if let Some(show) = show {
            thinking.bool("includeThoughts", show);
        }
    });
}

fn budget(request: &Request<'_>) -> Option<i64> {
    let of_effort = request.effort.map(|effort| match effort {
        Effort::Minimal => 1_024,
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 16_384,
        Effort::VeryHigh | Effort::Max => 32_000,
    });
    match request.thinking {
        Some(Thinking::Off) => Some(0),
        Some(Thinking::Budget(tokens)) => i64::try_from(tokens).ok().or(Some(i64::MAX)),
        Some(Thinking::Adaptive) => of_effort.or(Some(-1)),
        None => of_effort,
    }
}

/// A budget as the model takes it.
fn within(budget: i64, model: &str) -> i64 {
    let (flash, lite) = (model.contains("flash"), model.contains("lite"));
    let most = if flash { FLASH_BUDGET_MAX } else { PRO_BUDGET_MAX };
    let least = match (budget, flash, lite) {
        (-1, ..) | (0, true, _) => return budget,
        (_, false, _) => PRO_BUDGET_MIN,
        (_, true, true) => LITE_BUDGET_MIN,
        (_, true, false) => 1,
    };
    let bounded = u64::try_from(budget).unwrap_or(0).clamp(least, most);
    i64::try_from(bounded).unwrap_or(budget)
}

/// Pro models know no `minimal`, and the first Gemini 3 Pro no `medium` either.
fn level(request: &Request<'_>, model: &str) -> Option<&'static str> {
    let pro = model.contains("pro");
    let effort = match request.thinking {
        Some(Thinking::Off) => Some(Effort::Minimal),
        _ => request.effort,
    };
    effort.map(|effort| match effort {
        Effort::Minimal if !pro => "MINIMAL",
        Effort::Minimal | Effort::Low => "LOW",
        Effort::Medium if !model.contains("gemini-3-pro") => "MEDIUM",
        Effort::Medium | Effort::High | Effort::VeryHigh | Effort::Max => "HIGH",
    })
}
