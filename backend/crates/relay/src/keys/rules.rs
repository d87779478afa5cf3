//! What keys may do, prepared for being asked by each request. Keys that say the same share it. Never in here: what a
//! request is told that may not, and where rules are set.

use ipnet::IpNet;
use moka::sync::Cache;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::platform::Service;
use tollgate_contract::policies::SubjectLimits;
use tollgate_contract::rules::{ClientRule, ConcurrencyRule, EffectiveRules, KeyRules};
use tollgate_limits::{Part, Subject, Windows};

/// Different rules, and different limits of users and organisations, that are remembered so that keys can share them: the
/// longest possible take some 80 MB.
const SHARED_MAX: u64 = 4_096;
/// What no key was loaded with for this long is forgotten; keys that have it keep it.
const IDLE: Duration = Duration::from_mins(10);

/// What a key may do.
#[derive(Debug)]
pub(crate) struct Rules {
    /// As the management API writes it.
    said: KeyRules,
    /// From where; `None`: from anywhere.
    networks: Option<Vec<IpNet>>,
    windows: Windows,
}

/// What is stored can't be read: it was written by a newer version, or not by us.
#[derive(Debug, thiserror::Error)]
#[error("stored rules can't be read: {0}")]
pub(crate) struct UnreadableRules(String);

impl Rules {
    fn of(said: KeyRules) -> Result<Self, UnreadableRules> {
        let networks = match said.addresses.as_deref() {
            None | Some([]) => None,
            Some(addresses) => Some(
                addresses
                    .iter()
                    .map(|address| network(address))
                    .collect::<Result<_, _>>()?,
            ),
        };
        let windows = said.windows.as_deref().unwrap_or_default();
        let windows = Windows::of_rules(windows).map_err(|error| UnreadableRules(error.to_string()))?;
        Ok(Self {
            said,
            networks,
            windows,
        })
    }

    /// As the management API writes it.
    pub(crate) fn said(&self) -> &KeyRules {
        &self.said
    }

    /// Whether a request may come from this address. One that is not known (a Unix socket) is in no network.
    pub(crate) fn takes_from(&self, address: Option<IpAddr>) -> bool {
        let within = |networks: &Vec<IpNet>| {
            address.is_some_and(|address| networks.iter().any(|network| network.contains(&address)))
        };
        self.networks.as_ref().is_none_or(within)
    }

    /// The services that it may use; empty: all.
    pub(crate) fn services(&self) -> &[Service] {
        self.said.services.as_deref().unwrap_or_default()
    }

    /// The programs it is meant for; empty: any.
    pub(crate) fn clients(&self) -> &[ClientRule] {
        self.said.clients.as_deref().unwrap_or_default()
    }

    /// The patterns of models that it may use; empty: all.
    pub(crate) fn models_allowed(&self) -> &[String] {
        self.said.models_allowed.as_deref().unwrap_or_default()
    }

    /// Whether a model may be used that has these names.
    pub(crate) fn takes_model(&self, names: [&str; 2]) -> bool {
        self.said.takes_model(names)
    }

    /// How many requests it may have at a time, and how more may wait.
    pub(crate) fn concurrency(&self) -> Option<ConcurrencyRule> {
        self.said.concurrency
    }

    /// What limits it.
    pub(crate) fn part(&self, subject: Subject) -> Part {
        Part {
            subject,
            windows: self.windows.clone(),
            concurrency: self.said.concurrency.and_then(|rule| rule.limit),
        }
    }
}

/// An address, or a network.
fn network(text: &str) -> Result<IpNet, UnreadableRules> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| UnreadableRules(format!("{text:?} is no address")))
}

/// Rules and limits that several keys have in common: each is prepared once.
#[derive(Debug)]
pub(super) struct SharedRules {
    rules: Cache<[u8; 32], Arc<Rules>>,
    limits: Cache<[u8; 32], (Windows, Option<u32>)>,
}

impl SharedRules {
    pub(super) fn new() -> Self {
        Self {
            rules: Cache::builder()
                .max_capacity(SHARED_MAX)
                .time_to_idle(IDLE)
                .build(),
            limits: Cache::builder()
                .max_capacity(SHARED_MAX)
                .time_to_idle(IDLE)
                .build(),
        }
    }

    /// What holds where a key, its policy and the organisation's default say this.
    pub(super) fn rules(
        &self,
        key: &Value,
        policy: Option<&Value>,
        default: Option<&Value>,
    ) -> Result<Arc<Rules>, UnreadableRules> {
        let place = digest(&[Some(key), policy, default]);
        if let Some(rules) = self.rules.get(&place) {
            return Ok(rules);
        }
        let key = key_rules(key)?;
        let policy = policy.map(key_rules).transpose()?;
        let default = default.map(key_rules).transpose()?;
        let held = EffectiveRules::of(&key, policy.as_ref(), default.as_ref());
        let rules = Arc::new(Rules::of(held.rules)?);
        self.rules.insert(place, Arc::clone(&rules));
        Ok(rules)
    }

    /// What a user or an organisation is limited to.
    pub(super) fn part(&self, subject: Subject, limits: &Value) -> Result<Part, UnreadableRules> {
        let place = digest(&[Some(limits)]);
        if let Some((windows, concurrency)) = self.limits.get(&place) {
            return Ok(Part {
                subject,
                windows,
                concurrency,
            });
        }
        let limits = subject_limits(limits)?;
        let part = Part::of_rules(subject, &limits.windows, limits.concurrency);
        let part = part.map_err(|error| UnreadableRules(error.to_string()))?;
        self.limits
            .insert(place, (part.windows.clone(), part.concurrency));
        Ok(part)
    }
}

fn key_rules(stored: &Value) -> Result<KeyRules, UnreadableRules> {
    serde_json::from_value(stored.clone()).map_err(|error| UnreadableRules(error.to_string()))
}

fn subject_limits(stored: &Value) -> Result<SubjectLimits, UnreadableRules> {
    serde_json::from_value(stored.clone()).map_err(|error| UnreadableRules(error.to_string()))
}

fn digest(values: &[Option<&Value>]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for value in values {
        // A value's text ends where it ends: no two lists have the same bytes.
        hasher.update(value.map(Value::to_string).unwrap_or_default());
        hasher.update([0]);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(said: Value) -> Arc<Rules> {
        SharedRules::new().rules(&said, None, None).unwrap()
    }

    #[test]
    fn an_address_is_looked_for_in_all_networks_and_an_unknown_one_is_in_none() {
        let rules_of = |addresses: Value| rules(json!({ "addresses": addresses }));
        let some = rules_of(json!(["192.0.2.7", "2001:db8::/32", "10.0.0.0/8"]));
        for (address, taken) in [
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8:1::9", true),
            ("2001:db9::", false),
            ("10.200.0.1", true),
        ] {
            assert_eq!(
                some.takes_from(Some(address.parse().unwrap())),
                taken,
                "{address}"
            );
        }
        assert!(!some.takes_from(None));
        assert!(rules_of(json!([])).takes_from(None));
    }

    #[test]
    fn who_denies_a_model_is_heard_before_who_allows_it() {
        let said = json!({"models_allowed": ["claude-*", "gpt-5"], "models_denied": ["*OPUS*"]});
        let rules = rules(said);
        assert!(rules.takes_model(["claude-haiku-4-5", "claude-haiku-4-5"]));
        assert!(!rules.takes_model(["claude-opus-4-1", "claude-opus-4-1"]));
        assert!(!rules.takes_model(["gpt-5-mini", "gpt-5-mini"]));
        // With the provider before it, or without.
        assert!(rules.takes_model(["openai/gpt-5", "gpt-5"]));
        assert!(!rules.takes_model(["claude-x/opus", "opus"]));
    }

    #[test]
    fn keys_that_say_the_same_share_it_and_nothing_unreadable_is_taken_for_no_rule() {
        let shared = SharedRules::new();
        let (key, policy) = (json!({}), json!({"services": ["claude"]}));
        let one = shared.rules(&key, Some(&policy), None).unwrap();
        let two = shared.rules(&key, Some(&policy), None).unwrap();
        assert!(Arc::ptr_eq(&one, &two));
        let other = shared
            .rules(&key, None, Some(&json!({"services": ["openai"]})))
            .unwrap();
        assert_eq!(other.services(), [Service::OpenAi]);
        for odd in [json!({"newer": 1}), json!({"addresses": ["here"]}), json!(7)] {
            assert!(shared.rules(&odd, None, None).is_err(), "{odd}");
        }
    }
}
