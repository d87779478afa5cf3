//! Rules in words, a line each.

use crate::format;
use crate::i18n::{Texts, fill};
use crate::pages::parts::service_name;
use tollgate_contract::keys::WindowMetric;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::platform::Service;
use tollgate_contract::rules::{
    ClientKind, ClientRule, ConcurrencyRule, KeyRules, RuleName, WindowRule, WindowSpan,
};

/// A rule of [`KeyRules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Services,
    ModelsAllowed,
    ModelsDenied,
    Clients,
    Addresses,
    Concurrency,
    Windows,
}

impl Rule {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Windows,
        Self::Concurrency,
        Self::Services,
        Self::ModelsAllowed,
        Self::ModelsDenied,
        Self::Clients,
        Self::Addresses,
    ];

    /// By its name in the API.
    pub fn api(self) -> RuleName {
        match self {
            Self::Services => RuleName::Services,
            Self::ModelsAllowed => RuleName::ModelsAllowed,
            Self::ModelsDenied => RuleName::ModelsDenied,
            Self::Clients => RuleName::Clients,
            Self::Addresses => RuleName::Addresses,
            Self::Concurrency => RuleName::Concurrency,
            Self::Windows => RuleName::Windows,
        }
    }

    /// What it is called.
    pub fn name(self, t: &Texts) -> &'static str {
        match self {
            Self::Services => t.rules.services,
            Self::ModelsAllowed => t.rules.models_allowed,
            Self::ModelsDenied => t.rules.models_denied,
            Self::Clients => t.rules.clients,
            Self::Addresses => t.rules.addresses,
            Self::Concurrency => t.rules.concurrency,
            Self::Windows => t.rules.windows,
        }
    }

    /// What the rules say of it; nothing where they don't.
    pub fn words(self, rules: &KeyRules, t: &Texts) -> Option<String> {
        match self {
            Self::Services => rules
                .services
                .as_deref()
                .map(|services| services_words(services, t)),
            Self::ModelsAllowed => rules
                .models_allowed
                .as_deref()
                .map(|list| listed(list, t.rules.all_models)),
            Self::ModelsDenied => rules
                .models_denied
                .as_deref()
                .map(|list| listed(list, t.rules.none)),
            Self::Clients => rules.clients.as_deref().map(|clients| clients_words(clients, t)),
            Self::Addresses => rules
                .addresses
                .as_deref()
                .map(|list| listed(list, t.rules.anywhere)),
            Self::Concurrency => rules.concurrency.as_ref().map(|rule| concurrency_words(rule, t)),
            Self::Windows => rules.windows.as_deref().map(|windows| windows_words(windows, t)),
        }
    }

    /// What holds where nobody sets it.
    pub fn unset(self, t: &Texts) -> &'static str {
        match self {
            Self::Services => t.rules.all_services,
            Self::ModelsAllowed => t.rules.all_models,
            Self::ModelsDenied => t.rules.none,
            Self::Clients => t.rules.any_client,
            Self::Addresses => t.rules.anywhere,
            Self::Concurrency | Self::Windows => t.shared.unlimited,
        }
    }
}

fn listed(list: &[String], empty: &str) -> String {
    if list.is_empty() {
        return empty.to_owned();
    }
    list.join(", ")
}

fn services_words(services: &[Service], t: &Texts) -> String {
    if services.is_empty() {
        return t.rules.all_services.to_owned();
    }
    let names: Vec<&str> = services.iter().map(|service| service_name(*service, t)).collect();
    names.join(", ")
}

/// A client's name: its makers' own, in every language.
pub fn client_name(client: ClientKind, t: &Texts) -> &'static str {
    match client {
        ClientKind::ClaudeCode => "Claude Code",
        ClientKind::Codex => "Codex",
        ClientKind::GeminiCli => "Gemini CLI",
        ClientKind::SillyTavern => "SillyTavern",
        ClientKind::Custom => t.rules.other_client,
    }
}

fn clients_words(clients: &[ClientRule], t: &Texts) -> String {
    if clients.is_empty() {
        return t.rules.any_client.to_owned();
    }
    let names: Vec<&str> = clients
        .iter()
        .map(|rule| rule.user_agent.as_deref().unwrap_or(client_name(rule.client, t)))
        .collect();
    names.join(", ")
}

fn concurrency_words(rule: &ConcurrencyRule, t: &Texts) -> String {
    let Some(limit) = rule.limit else {
        return t.shared.unlimited.to_owned();
    };
    let at_a_time = fill(t.rules.at_a_time, &[("number", &format::count(limit.into()))]);
    if rule.queue == 0 {
        return at_a_time;
    }
    let waits = fill(
        t.rules.queue_words,
        &[
            ("number", &format::count(rule.queue.into())),
            ("seconds", &rule.wait_s.to_string()),
        ],
    );
    format!("{at_a_time}{waits}")
}

/// Windows in a line.
fn windows_words(windows: &[WindowRule], t: &Texts) -> String {
    if windows.is_empty() {
        return t.shared.unlimited.to_owned();
    }
    let parts: Vec<String> = windows.iter().map(|window| window_words(window, t)).collect();
    parts.join(" · ")
}

/// All that rules say, in a line.
pub fn rules_words(rules: &KeyRules, t: &Texts) -> String {
    let parts: Vec<String> = Rule::ALL
        .into_iter()
        .filter_map(|rule| Some(format!("{}: {}", rule.name(t), rule.words(rules, t)?)))
        .collect();
    if parts.is_empty() {
        return t.rules.none_set.to_owned();
    }
    parts.join("; ")
}

/// How much may be used, in a line: windows, and requests at a time.
pub fn windows_or_concurrency(rules: &KeyRules, t: &Texts) -> String {
    let concurrency = rules.concurrency.as_ref().filter(|rule| rule.limit.is_some());
    let parts: Vec<String> = [
        rules
            .windows
            .as_deref()
            .filter(|windows| !windows.is_empty())
            .map(|windows| windows_words(windows, t)),
        concurrency.map(|rule| concurrency_words(rule, t)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        return t.shared.unlimited.to_owned();
    }
    parts.join(" · ")
}

/// A window in a line: `600 requests, $5.00 a day (*opus*)`.
pub fn window_words(window: &WindowRule, t: &Texts) -> String {
    let amounts: Vec<String> = [
        window
            .requests
            .map(|amount| metric_amount(Some(WindowMetric::Requests), amount, t)),
        window
            .tokens
            .map(|amount| metric_amount(Some(WindowMetric::Tokens), amount, t)),
        window.cost_nano.map(format::money),
    ]
    .into_iter()
    .flatten()
    .collect();
    let words = fill(span_words(window.span, t), &[("amount", &amounts.join(", "))]);
    match &window.models {
        Some(models) => format!("{words} ({models})"),
        None => words,
    }
}

/// An amount with its unit; of requests at a time where nothing is counted.
pub fn metric_amount(metric: Option<WindowMetric>, amount: u64, t: &Texts) -> String {
    match metric {
        None => format::count(amount),
        Some(WindowMetric::Requests) if amount == 1 => t.rules.amount_request.to_owned(),
        Some(WindowMetric::Requests) => fill(t.rules.amount_requests, &[("number", &format::count(amount))]),
        Some(WindowMetric::Tokens) => fill(t.rules.amount_tokens, &[("number", &format::short(amount))]),
        Some(WindowMetric::CostNano) => format::money(NanoUsd(i64::try_from(amount).unwrap_or(i64::MAX))),
    }
}

fn span_words(span: WindowSpan, t: &Texts) -> &'static str {
    match span {
        WindowSpan::Minute => t.rules.per_minute,
        WindowSpan::Hour => t.rules.per_hour,
        WindowSpan::Day => t.rules.per_day,
        WindowSpan::Week => t.rules.per_week,
        WindowSpan::Month => t.rules.per_month,
    }
}

/// A window's length.
pub fn span_name(span: WindowSpan, t: &Texts) -> &'static str {
    match span {
        WindowSpan::Minute => t.rules.minute,
        WindowSpan::Hour => t.rules.hour,
        WindowSpan::Day => t.rules.day,
        WindowSpan::Week => t.rules.week,
        WindowSpan::Month => t.rules.month,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn rules_read_as_a_person_would_say_them() {
        let t = Locale::En.texts();
        let mut rules = KeyRules {
            windows: Some(vec![
                WindowRule {
                    span: WindowSpan::Minute,
                    models: None,
                    requests: Some(600),
                    tokens: None,
                    cost_nano: None,
                },
                WindowRule {
                    span: WindowSpan::Week,
                    models: Some("*opus*".to_owned()),
                    requests: None,
                    tokens: Some(2_000_000),
                    cost_nano: Some(NanoUsd(5_000_000_000)),
                },
            ]),
            concurrency: Some(ConcurrencyRule {
                limit: Some(4),
                queue: 10,
                wait_s: 30,
            }),
            ..KeyRules::default()
        };
        assert_eq!(
            Rule::Windows.words(&rules, t).unwrap(),
            "600 requests a minute · 2.0 M tokens, $5.00 a week (*opus*)"
        );
        assert_eq!(
            Rule::Concurrency.words(&rules, t).unwrap(),
            "4 at a time, 10 more wait up to 30 s"
        );
        assert_eq!(Rule::Services.words(&rules, t), None);
        rules.services = Some(Vec::new());
        assert_eq!(Rule::Services.words(&rules, t).unwrap(), "All services");
    }
}
