//! Checks of what keys, policies, budgets and vouchers say, and the limits they enforce.

use super::{CONCURRENCY_MAX, bounded, fault, filled_line, name, within};
use crate::ids::KeyId;
use crate::keys::{BATCH_MAX, KeyNames};
use crate::money::NanoUsd;
use crate::platform::Service;
use crate::rules::{ClientKind, ClientRule, ConcurrencyRule, WindowRule};
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use validator::ValidationError;

/// Most patterns of models in one list.
const PATTERNS_MAX: usize = 50;
/// Longest pattern of models or of a `user-agent`.
const PATTERN_MAX: usize = 200;
/// Most client rules of a key.
const CLIENTS_MAX: usize = 20;
/// Most addresses and networks of a key.
const NETWORKS_MAX: usize = 100;
/// Most windows of a key: the five spans, for all models and for a few families.
const WINDOWS_MAX: usize = 15;
/// The largest amount of a window: 2^53 − 1, what Redis' scripts count exactly. As nano-USD, nine million dollars.
pub const WINDOW_AMOUNT_MAX: u64 = (1 << 53) - 1;
/// Most requests that wait for one key on a node.
const QUEUE_MAX: u32 = 1_000;
/// Longest wait for a turn, in seconds: clients give up after some minutes.
const QUEUE_WAIT_MAX_S: u32 = 300;
/// Largest limit of a budget: a billion dollars.
const BUDGET_MAX_NANO: i64 = 1_000_000_000 * 1_000_000_000;
/// Most thresholds of a budget.
const THRESHOLDS_MAX: usize = 10;
/// Longest grace of a rotation, in seconds: 90 days.
const GRACE_MAX_S: u32 = 90 * 86_400;
/// Shortest and longest life from the first use on, in seconds: a minute, ten years.
const LIFETIME_S: (u64, u64) = (60, 3_650 * 86_400);
/// Most keys that a member may be allowed.
const MEMBER_KEYS_MAX: u32 = 10_000;
/// Longest life that members' keys may be held to, in days: ten years.
const LIFETIME_DAYS_MAX: u32 = 3_650;
/// Longest icon: one emoji, of as many code points as those that are joined of several have.
const ICON_MAX: usize = 16;

/// Services: each once.
pub fn rule_services(services: &[Service]) -> Result<(), ValidationError> {
    let distinct: HashSet<&str> = services.iter().map(|service| service.as_str()).collect();
    if distinct.len() < services.len() {
        return Err(fault("duplicate", "names a service twice"));
    }
    Ok(())
}

/// A pattern of model names.
pub fn model_pattern(pattern: &str) -> Result<(), ValidationError> {
    filled_line(pattern, PATTERN_MAX)?;
    if pattern.chars().any(char::is_whitespace) {
        return Err(fault(
            "pattern",
            "must not hold spaces: * stands for any text, such as *opus*",
        ));
    }
    Ok(())
}

/// Patterns of model names: each once.
pub fn model_patterns(patterns: &[String]) -> Result<(), ValidationError> {
    if patterns.len() > PATTERNS_MAX {
        return Err(fault(
            "too_many",
            format!("takes at most {PATTERNS_MAX} patterns"),
        ));
    }
    let mut seen = HashSet::new();
    for pattern in patterns {
        model_pattern(pattern)?;
        if !seen.insert(pattern.to_ascii_lowercase()) {
            return Err(fault("duplicate", format!("names the pattern {pattern:?} twice")));
        }
    }
    Ok(())
}

/// Client rules: each once, a `user_agent` for those of one's own and for no other.
pub fn client_rules(rules: &[ClientRule]) -> Result<(), ValidationError> {
    if rules.len() > CLIENTS_MAX {
        return Err(fault("too_many", format!("takes at most {CLIENTS_MAX} clients")));
    }
    let mut seen = HashSet::new();
    for rule in rules {
        match (&rule.user_agent, rule.client) {
            (Some(pattern), ClientKind::Custom) => filled_line(pattern, PATTERN_MAX)?,
            (None, ClientKind::Custom) => {
                return Err(fault(
                    "required",
                    "a custom client needs the pattern of its user_agent",
                ));
            }
            (Some(_), _) => {
                return Err(fault(
                    "not_allowed",
                    "takes a user_agent for custom clients alone",
                ));
            }
            (None, _) => {}
        }
        if !seen.insert(rule) {
            return Err(fault("duplicate", "names a client twice"));
        }
    }
    Ok(())
}

/// Addresses and networks: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`.
pub fn networks(networks: &[String]) -> Result<(), ValidationError> {
    if networks.len() > NETWORKS_MAX {
        return Err(fault(
            "too_many",
            format!("takes at most {NETWORKS_MAX} addresses"),
        ));
    }
    let mut seen = HashSet::new();
    for network in networks {
        check_network(network)?;
        if !seen.insert(network) {
            return Err(fault("duplicate", format!("names {network} twice")));
        }
    }
    Ok(())
}

fn check_network(network: &str) -> Result<(), ValidationError> {
    let wrong = || {
        fault(
            "network",
            "takes addresses and networks such as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32",
        )
    };
    let (address, length) = match network.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (network, None),
    };
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let Some(length) = length else {
        return Ok(());
    };
    let (most, bits) = match address {
        IpAddr::V4(address) => (32, u128::from(Ipv4Addr::to_bits(address)) << 96),
        IpAddr::V6(address) => (128, Ipv6Addr::to_bits(address)),
    };
    let digits = !length.is_empty() && length.len() <= 3 && length.bytes().all(|byte| byte.is_ascii_digit());
    let length: u32 = length
        .parse()
        .ok()
        .filter(|length| digits && *length <= most)
        .ok_or_else(wrong)?;
    // Bits behind the network's are a slip of whoever typed them.
    if length < 128 && (bits << length) != 0 && length < most {
        return Err(fault(
            "host_bits",
            format!("{network} names a host within its network: write the network's own address"),
        ));
    }
    Ok(())
}

/// A rule of concurrency: a queue needs a limit and a time to wait.
pub fn concurrency_rule(rule: &ConcurrencyRule) -> Result<(), ValidationError> {
    if let Some(limit) = rule.limit {
        within(limit, 1, CONCURRENCY_MAX)?;
    }
    if rule.queue > QUEUE_MAX {
        return Err(fault(
            "out_of_range",
            format!("its queue takes at most {QUEUE_MAX} requests"),
        ));
    }
    if rule.wait_s > QUEUE_WAIT_MAX_S {
        return Err(fault(
            "out_of_range",
            format!("its wait is at most {QUEUE_WAIT_MAX_S} seconds"),
        ));
    }
    let waits = rule.queue > 0 || rule.wait_s > 0;
    if waits && (rule.limit.is_none() || rule.queue == 0 || rule.wait_s == 0) {
        return Err(fault(
            "incomplete",
            "a queue needs a limit, a length and a time to wait",
        ));
    }
    Ok(())
}

/// Windows: at least one amount in each, each span once for the same models.
pub fn window_rules(rules: &[WindowRule]) -> Result<(), ValidationError> {
    if rules.len() > WINDOWS_MAX {
        return Err(fault("too_many", format!("takes at most {WINDOWS_MAX} windows")));
    }
    let mut seen = HashSet::new();
    for rule in rules {
        if let Some(pattern) = &rule.models {
            model_pattern(pattern)?;
        }
        let cost = rule.cost_nano.map(|cost| u64::try_from(cost.0).unwrap_or(0));
        let amounts = [rule.requests, rule.tokens, cost];
        if amounts.iter().all(Option::is_none) {
            return Err(fault(
                "required",
                "each window needs requests, tokens or cost_nano",
            ));
        }
        if amounts
            .iter()
            .flatten()
            .any(|amount| !(1..=WINDOW_AMOUNT_MAX).contains(amount))
        {
            return Err(fault(
                "out_of_range",
                format!("amounts lie between 1 and {WINDOW_AMOUNT_MAX}"),
            ));
        }
        let models = rule.models.as_deref().map(str::to_ascii_lowercase);
        if !seen.insert((rule.span, models)) {
            return Err(fault("duplicate", "names a span twice for the same models"));
        }
    }
    Ok(())
}

/// A budget's limit, in nano-USD.
pub fn budget_limit(limit: &NanoUsd) -> Result<(), ValidationError> {
    if (1..=BUDGET_MAX_NANO).contains(&limit.0) {
        return Ok(());
    }
    Err(fault(
        "out_of_range",
        format!("must be between 1 and {BUDGET_MAX_NANO} nano-USD"),
    ))
}

/// Per cent of a budget: rising, above 0, at most 1000.
pub fn thresholds(values: &[u16]) -> Result<(), ValidationError> {
    if values.len() > THRESHOLDS_MAX {
        return Err(fault(
            "too_many",
            format!("takes at most {THRESHOLDS_MAX} thresholds"),
        ));
    }
    if values.iter().any(|value| !(1..=1000).contains(value)) {
        return Err(fault(
            "out_of_range",
            "thresholds lie between 1 and 1000 per cent",
        ));
    }
    if !values.is_sorted_by(|a, b| a < b) {
        return Err(fault("order", "thresholds must rise"));
    }
    Ok(())
}

/// A day of the week, 1 (Monday) to 7 (Sunday).
pub fn week_start(day: u8) -> Result<(), ValidationError> {
    within(day.into(), 1, 7)
}

/// An hour of the day.
pub fn start_hour(hour: u8) -> Result<(), ValidationError> {
    within(hour.into(), 0, 23)
}

/// How long the old secret works beside the new one, in seconds; 0: not at all.
pub fn grace_s(seconds: u32) -> Result<(), ValidationError> {
    within(seconds, 0, GRACE_MAX_S)
}

/// How long a key lives from its first use on, in seconds.
pub fn lifetime_s(seconds: u64) -> Result<(), ValidationError> {
    let (least, most) = LIFETIME_S;
    if (least..=most).contains(&seconds) {
        return Ok(());
    }
    Err(fault(
        "out_of_range",
        format!("must be between {least} and {most} seconds"),
    ))
}

/// How many keys a member may have.
pub fn keys_max(keys: u32) -> Result<(), ValidationError> {
    within(keys, 1, MEMBER_KEYS_MAX)
}

/// How many days a member's keys may live.
pub fn lifetime_days(days: u32) -> Result<(), ValidationError> {
    within(days, 1, LIFETIME_DAYS_MAX)
}

/// An icon: an emoji or a few letters, or empty.
pub fn icon(text: &str) -> Result<(), ValidationError> {
    if text.is_empty() {
        return Ok(());
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(fault("icon", "takes an emoji or a few letters"));
    }
    bounded(text, ICON_MAX)
}

/// The keys of a batch: at least one, each once.
pub fn batch_keys(ids: &[KeyId]) -> Result<(), ValidationError> {
    if ids.is_empty() {
        return Err(fault("required", "must name at least one key"));
    }
    if ids.len() > BATCH_MAX {
        return Err(fault("too_many", format!("takes at most {BATCH_MAX} keys")));
    }
    let distinct: HashSet<&KeyId> = ids.iter().collect();
    if distinct.len() < ids.len() {
        return Err(fault("duplicate", "names a key twice"));
    }
    Ok(())
}

/// The names of keys to be made.
pub fn key_names(names: &KeyNames) -> Result<(), ValidationError> {
    match names {
        KeyNames::List { names } => {
            within_batch(names.len())?;
            names.iter().try_for_each(|text| name(text))
        }
        KeyNames::Pattern {
            pattern,
            count,
            start,
        } => {
            within_batch(usize::try_from(*count).unwrap_or(usize::MAX))?;
            if *count > 1 && !pattern.contains("{n}") {
                return Err(fault("pattern", "needs {n}, where each key's number goes"));
            }
            let last = start.saturating_add(*count).saturating_sub(1);
            name(&pattern.replace("{n}", &last.to_string()))
        }
    }
}

fn within_batch(count: usize) -> Result<(), ValidationError> {
    if (1..=BATCH_MAX).contains(&count) {
        return Ok(());
    }
    Err(fault(
        "out_of_range",
        format!("makes 1 to {BATCH_MAX} keys at once"),
    ))
}

/// A voucher's code as somebody typed it: hyphens, spaces and case do not matter.
pub fn voucher_code(code: &str) -> Result<(), ValidationError> {
    let letters = code.chars().filter(|c| !matches!(c, '-' | ' ')).count();
    if letters == 0 {
        return Err(fault("required", "must not be empty"));
    }
    if code.len() > 100 || !code.is_ascii() {
        return Err(fault("voucher_code", "is no code of ours"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
