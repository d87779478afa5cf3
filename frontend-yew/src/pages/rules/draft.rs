//! Rules as they are typed, and what they say once they are read. Pure.

use crate::pages::parts::{dollars, number};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::platform::Service;
use tollgate_contract::problem::FieldError;
use tollgate_contract::rules::{
    ClientKind, ClientRule, ConcurrencyRule, KeyRules, RuleName, WindowRule, WindowSpan,
};

/// A change of rules that are being typed.
pub struct Change(Box<dyn FnOnce(&mut RulesDraft)>);

impl Change {
    /// What `change` does.
    pub fn new(change: impl FnOnce(&mut RulesDraft) + 'static) -> Self {
        Self(Box::new(change))
    }

    /// Does it.
    pub fn apply(self, rules: &mut RulesDraft) {
        (self.0)(rules);
    }
}

/// Rules as they are typed; what is absent is not set here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RulesDraft {
    pub services: Option<Vec<Service>>,
    pub models_allowed: Option<Vec<String>>,
    pub models_denied: Option<Vec<String>>,
    pub clients: Option<ClientsDraft>,
    pub addresses: Option<Vec<String>>,
    pub concurrency: Option<ConcurrencyDraft>,
    pub windows: Option<Vec<WindowDraft>>,
    /// Of many keys: what they leave to their policy again.
    pub inherit: Vec<RuleName>,
}

/// Clients as they are chosen and typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientsDraft {
    pub known: Vec<ClientKind>,
    /// Patterns of other clients' `user-agent`.
    pub agents: Vec<String>,
}

/// Requests at a time as they are typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConcurrencyDraft {
    pub limit: String,
    pub queue: String,
    pub wait_s: String,
}

/// A window as it is typed.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowDraft {
    pub span: WindowSpan,
    pub models: String,
    pub requests: String,
    pub tokens: String,
    pub cost: String,
}

impl WindowDraft {
    /// An empty one.
    pub fn new(span: WindowSpan) -> Self {
        Self {
            span,
            models: String::new(),
            requests: String::new(),
            tokens: String::new(),
            cost: String::new(),
        }
    }
}

impl RulesDraft {
    /// Rules to be changed.
    pub fn of(rules: &KeyRules) -> Self {
        Self {
            services: rules.services.clone(),
            models_allowed: rules.models_allowed.clone(),
            models_denied: rules.models_denied.clone(),
            clients: rules.clients.as_deref().map(ClientsDraft::of),
            addresses: rules.addresses.clone(),
            concurrency: rules.concurrency.as_ref().map(ConcurrencyDraft::of),
            windows: rules.windows.as_deref().map(window_drafts),
            inherit: Vec::new(),
        }
    }

    /// What they say; numbers that can't be read are named below `prefix`.
    pub fn read(&self, prefix: &str, wrong: &mut Vec<FieldError>) -> KeyRules {
        KeyRules {
            services: self.services.clone(),
            models_allowed: self.models_allowed.clone(),
            models_denied: self.models_denied.clone(),
            clients: self.clients.as_ref().map(ClientsDraft::read),
            addresses: self.addresses.clone(),
            concurrency: self
                .concurrency
                .as_ref()
                .map(|rule| rule.read(&format!("{prefix}.concurrency"), wrong)),
            windows: self
                .windows
                .as_deref()
                .map(|windows| read_windows(windows, &format!("{prefix}.windows"), wrong)),
        }
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl ClientsDraft {
    fn of(rules: &[ClientRule]) -> Self {
        Self {
            known: rules
                .iter()
                .map(|rule| rule.client)
                .filter(|client| *client != ClientKind::Custom)
                .collect(),
            agents: rules.iter().filter_map(|rule| rule.user_agent.clone()).collect(),
        }
    }

    fn read(&self) -> Vec<ClientRule> {
        let known = self.known.iter().map(|client| ClientRule {
            client: *client,
            user_agent: None,
        });
        let custom = self.agents.iter().map(|pattern| ClientRule {
            client: ClientKind::Custom,
            user_agent: Some(pattern.clone()),
        });
        known.chain(custom).collect()
    }
}

impl ConcurrencyDraft {
    /// A rule to be changed.
    pub fn of(rule: &ConcurrencyRule) -> Self {
        let some = |number: u32| {
            if number == 0 {
                String::new()
            } else {
                number.to_string()
            }
        };
        Self {
            limit: rule.limit.map(|limit| limit.to_string()).unwrap_or_default(),
            queue: some(rule.queue),
            wait_s: some(rule.wait_s),
        }
    }

    /// What it says.
    pub fn read(&self, field: &str, wrong: &mut Vec<FieldError>) -> ConcurrencyRule {
        ConcurrencyRule {
            limit: number(&format!("{field}.limit"), &self.limit, wrong),
            queue: number(&format!("{field}.queue"), &self.queue, wrong).unwrap_or_default(),
            wait_s: number(&format!("{field}.wait_s"), &self.wait_s, wrong).unwrap_or_default(),
        }
    }
}

/// Windows to be changed.
pub fn window_drafts(rules: &[WindowRule]) -> Vec<WindowDraft> {
    let count = |amount: Option<u64>| amount.map(|amount| amount.to_string()).unwrap_or_default();
    let drafts = rules.iter().map(|rule| WindowDraft {
        span: rule.span,
        models: rule.models.clone().unwrap_or_default(),
        requests: count(rule.requests),
        tokens: count(rule.tokens),
        cost: rule.cost_nano.map(NanoUsd::exact_usd).unwrap_or_default(),
    });
    drafts.collect()
}

/// What windows say.
pub fn read_windows(windows: &[WindowDraft], field: &str, wrong: &mut Vec<FieldError>) -> Vec<WindowRule> {
    let rules = windows.iter().enumerate().map(|(at, window)| {
        let named = |what: &str| format!("{field}[{at}].{what}");
        WindowRule {
            span: window.span,
            models: Some(window.models.trim().to_owned()).filter(|models| !models.is_empty()),
            requests: number(&named("requests"), &without_commas(&window.requests), wrong),
            tokens: number(&named("tokens"), &without_commas(&window.tokens), wrong),
            cost_nano: dollars(&named("cost_nano"), &window.cost, wrong),
        }
    });
    rules.collect()
}

/// `1,000,000` is a number too.
fn without_commas(text: &str) -> String {
    text.replace(',', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> KeyRules {
        KeyRules {
            services: Some(vec![Service::Claude]),
            models_denied: Some(Vec::new()),
            clients: Some(vec![
                ClientRule {
                    client: ClientKind::ClaudeCode,
                    user_agent: None,
                },
                ClientRule {
                    client: ClientKind::Custom,
                    user_agent: Some("our-bot/*".to_owned()),
                },
            ]),
            concurrency: Some(ConcurrencyRule {
                limit: Some(4),
                queue: 0,
                wait_s: 0,
            }),
            windows: Some(vec![WindowRule {
                span: WindowSpan::Week,
                models: Some("*opus*".to_owned()),
                requests: Some(600),
                tokens: None,
                cost_nano: Some(NanoUsd(1_500_000_000)),
            }]),
            ..KeyRules::default()
        }
    }

    #[test]
    fn rules_come_back_as_they_were() {
        let mut wrong = Vec::new();
        assert_eq!(RulesDraft::of(&rules()).read("rules", &mut wrong), rules());
        assert_eq!(
            RulesDraft::default().read("rules", &mut wrong),
            KeyRules::default()
        );
        assert!(wrong.is_empty());
    }

    #[test]
    fn every_number_that_cant_be_read_is_named_by_its_place() {
        let mut draft = RulesDraft::of(&rules());
        draft.windows = Some(vec![
            WindowDraft::new(WindowSpan::Minute),
            WindowDraft {
                requests: "1,000".to_owned(),
                tokens: "many".to_owned(),
                cost: "-1".to_owned(),
                ..WindowDraft::new(WindowSpan::Day)
            },
        ]);
        draft.concurrency = Some(ConcurrencyDraft {
            queue: "long".to_owned(),
            ..ConcurrencyDraft::default()
        });
        let mut wrong = Vec::new();
        let read = draft.read("rules", &mut wrong);
        assert_eq!(read.windows.unwrap()[1].requests, Some(1_000));
        let fields: Vec<&str> = wrong.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "rules.concurrency.queue",
                "rules.windows[1].tokens",
                "rules.windows[1].cost_nano"
            ]
        );
    }
}
