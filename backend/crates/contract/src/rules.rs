//! What a key may do and how much of it: the rules that a key, a policy or the organisation's default sets.
//! A rule that is absent is inherited: from the key's policy, then from the organisation's default policy, then there is
//! none. A list that is present and empty says "no restriction" and ends the search.

mod names;

pub use names::RuleName;

use crate::check;
use crate::money::NanoUsd;
use crate::platform::Service;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// The length of a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WindowSpan {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
}

impl WindowSpan {
    /// All of them, the shortest first.
    pub const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month];

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// Most of something in any stretch of time of one length. At least one of the three is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WindowRule {
    /// How long.
    pub span: WindowSpan,
    /// Only of models whose name fits this pattern (`*` stands for any text, case does not matter), e.g. `*opus*`;
    /// of all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<String>,
    /// Requests admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 9_007_199_254_740_991_u64))]
    pub requests: Option<u64>,
    /// Tokens of all kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 9_007_199_254_740_991_u64))]
    pub tokens: Option<u64>,
    /// What they cost, in nano-USD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_nano: Option<NanoUsd>,
}

/// Most requests at a time, and how one more may wait for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConcurrencyRule {
    /// How many at a time; no limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100_000))]
    pub limit: Option<u32>,
    /// How many more may wait, on each node; 0: none, the next is refused at once.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(maximum = 1_000))]
    pub queue: u32,
    /// How many seconds one waits at most.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(maximum = 300))]
    pub wait_s: u32,
}

/// A program that talks to us, as it says itself: a header can be forged, so this guides and does not secure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// Anthropic's Claude Code.
    ClaudeCode,
    /// OpenAI's Codex.
    Codex,
    /// Google's Gemini CLI.
    GeminiCli,
    /// SillyTavern.
    SillyTavern,
    /// Whatever its `user-agent` says.
    Custom,
}

impl ClientKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ClaudeCode,
        Self::Codex,
        Self::GeminiCli,
        Self::SillyTavern,
        Self::Custom,
    ];

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude_code",
            Self::Codex => "codex",
            Self::GeminiCli => "gemini_cli",
            Self::SillyTavern => "silly_tavern",
            Self::Custom => "custom",
        }
    }
}

/// One program that a key is meant for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientRule {
    /// Which.
    pub client: ClientKind,
    /// Of `custom`: the pattern that its `user-agent` fits (`*` stands for any text, case does not matter).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// What a key, a policy or the default policy says. Absent: inherited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyRules {
    /// The services that may be used; empty: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::rule_services"))]
    pub services: Option<Vec<Service>>,
    /// Patterns of models that may be used; empty: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::model_patterns"))]
    pub models_allowed: Option<Vec<String>>,
    /// Patterns of models that may not be used, whatever else allows them; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::model_patterns"))]
    pub models_denied: Option<Vec<String>>,
    /// The programs it is meant for; empty: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::client_rules"))]
    pub clients: Option<Vec<ClientRule>>,
    /// Addresses and networks (CIDR) from which it may be used; empty: from anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::networks"))]
    pub addresses: Option<Vec<String>>,
    /// Most requests at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::concurrency_rule"))]
    pub concurrency: Option<ConcurrencyRule>,
    /// Most use in sliding windows; empty: as much as one likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::window_rules"))]
    pub windows: Option<Vec<WindowRule>>,
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RuleSource {
    /// The key itself.
    Key,
    /// The policy that the key names.
    Policy,
    /// The organisation's default policy.
    Default,
    /// Nobody sets it: there is no such restriction.
    #[default]
    None,
}

/// Which of the three set what holds for a key, rule by rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleSources {
    /// Of `services`.
    pub services: RuleSource,
    /// Of `models_allowed`.
    pub models_allowed: RuleSource,
    /// Of `models_denied`.
    pub models_denied: RuleSource,
    /// Of `clients`.
    pub clients: RuleSource,
    /// Of `addresses`.
    pub addresses: RuleSource,
    /// Of `concurrency`.
    pub concurrency: RuleSource,
    /// Of `windows`.
    pub windows: RuleSource,
}

/// What holds for a key, and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EffectiveRules {
    /// Every rule that anybody sets.
    pub rules: KeyRules,
    /// Who sets it.
    pub sources: RuleSources,
}

impl EffectiveRules {
    /// What holds where `key` names a policy with the rules `policy`, in an organisation with the rules `default`.
    pub fn of(key: &KeyRules, policy: Option<&KeyRules>, default: Option<&KeyRules>) -> Self {
        let levels = [
            (RuleSource::Key, Some(key)),
            (RuleSource::Policy, policy),
            (RuleSource::Default, default),
        ];
        let services = first(&levels, |rules| rules.services.as_ref());
        let models_allowed = first(&levels, |rules| rules.models_allowed.as_ref());
        let models_denied = first(&levels, |rules| rules.models_denied.as_ref());
        let clients = first(&levels, |rules| rules.clients.as_ref());
        let addresses = first(&levels, |rules| rules.addresses.as_ref());
        let concurrency = first(&levels, |rules| rules.concurrency.as_ref());
        let windows = first(&levels, |rules| rules.windows.as_ref());
        Self {
            rules: KeyRules {
                services: services.0,
                models_allowed: models_allowed.0,
                models_denied: models_denied.0,
                clients: clients.0,
                addresses: addresses.0,
                concurrency: concurrency.0,
                windows: windows.0,
            },
            sources: RuleSources {
                services: services.1,
                models_allowed: models_allowed.1,
                models_denied: models_denied.1,
                clients: clients.1,
                addresses: addresses.1,
                concurrency: concurrency.1,
                windows: windows.1,
            },
        }
    }
}

/// The first level that says anything of a rule.
fn first<T: Clone>(
    levels: &[(RuleSource, Option<&KeyRules>)],
    rule: impl Fn(&KeyRules) -> Option<&T>,
) -> (Option<T>, RuleSource) {
    let found = levels
        .iter()
        .find_map(|(source, rules)| rules.and_then(&rule).map(|value| (value.clone(), *source)));
    found.map_or((None, RuleSource::None), |(value, source)| (Some(value), source))
}

/// Whether a text fits a pattern: `*` stands for any text, also none; case does not matter in ASCII.
pub fn fits_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(letter) if letter.eq_ignore_ascii_case(&text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                // The last star takes one letter more.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, fits) in [
            ("*opus*", "claude-opus-4-1", true),
            ("claude-OPUS-*", "claude-opus-4-1", true),
            ("claude-*-4-1", "claude-opus-4-1", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("gpt-5", "gpt-5-mini", false),
            ("gpt-5*", "gpt-5", true),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("*a*b*c", "xxaxxbxxb", false),
            ("**mini", "gpt-5-mini", true),
        ] {
            assert_eq!(fits_pattern(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn the_nearest_level_that_says_anything_decides_rule_by_rule() {
        let key = KeyRules {
            models_denied: Some(Vec::new()),
            ..KeyRules::default()
        };
        let policy = KeyRules {
            models_denied: Some(vec!["*opus*".to_owned()]),
            services: Some(vec![Service::Claude]),
            ..KeyRules::default()
        };
        let default = KeyRules {
            services: Some(vec![Service::OpenAi]),
            concurrency: Some(ConcurrencyRule {
                limit: Some(4),
                queue: 0,
                wait_s: 0,
            }),
            ..KeyRules::default()
        };
        let held = EffectiveRules::of(&key, Some(&policy), Some(&default));
        assert_eq!(held.rules.models_denied, Some(Vec::new()));
        assert_eq!(held.sources.models_denied, RuleSource::Key);
        assert_eq!(held.rules.services, Some(vec![Service::Claude]));
        assert_eq!(held.sources.services, RuleSource::Policy);
        assert_eq!(held.rules.concurrency.and_then(|rule| rule.limit), Some(4));
        assert_eq!(held.sources.concurrency, RuleSource::Default);
        assert_eq!(held.sources.windows, RuleSource::None);
    }
}
