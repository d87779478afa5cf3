//! A key's form as it is typed, and what it says once it is read. Pure but for the zone's calendar.

use super::expiry::Expiry;
use crate::pages::parts::add_faults;
use crate::pages::rules::RulesDraft;
use crate::zone;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use tollgate_contract::groups::KeyBinding;
use tollgate_contract::ids::{AccountId, GroupId, UserId};
use tollgate_contract::keys::{CreateKey, Key, KeyStatus, UpdateKey};
use tollgate_contract::platform::Service;
use tollgate_contract::problem::FieldError;

/// The form.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub name: String,
    pub description: String,
    pub icon: String,
    /// A person's id; empty: stays as it is, or the viewer.
    pub owner: String,
    pub tags: Vec<String>,
    pub expiry: Expiry,
    pub rules: RulesDraft,
    /// A policy's id; empty: none.
    pub policy: String,
    pub cost_centre: String,
    /// What it may use of each service, see [`bound_to`]; none: all.
    pub bindings: BTreeMap<Service, String>,
    /// Whether they were changed: only those who may are shown them.
    binds: bool,
    pub on: bool,
    version: Option<i64>,
}

impl Draft {
    /// An empty form.
    pub fn new() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            icon: String::new(),
            owner: String::new(),
            tags: Vec::new(),
            expiry: Expiry::default(),
            rules: RulesDraft::default(),
            policy: String::new(),
            cost_centre: String::new(),
            bindings: BTreeMap::new(),
            binds: false,
            on: true,
            version: None,
        }
    }

    /// A key's form.
    pub fn of(key: &Key) -> Self {
        let owner = key.owner.as_ref().map(|owner| owner.id.to_string());
        let policy = key.policy.as_ref().map(|policy| policy.id.to_string());
        Self {
            name: key.name.clone(),
            description: key.description.clone(),
            icon: key.icon.clone(),
            owner: owner.unwrap_or_default(),
            tags: key.tags.clone(),
            expiry: Expiry::of(key),
            rules: RulesDraft::of(&key.rules),
            policy: policy.unwrap_or_default(),
            cost_centre: key.cost_centre.clone(),
            bindings: key
                .bindings
                .iter()
                .map(|binding| (binding.service, bound_to(binding)))
                .collect(),
            binds: false,
            on: key.status == KeyStatus::Active,
            version: Some(key.version),
        }
    }

    /// What to send, or the fields at fault.
    pub fn read(&self, zone: &str, now: DateTime<Utc>) -> Result<UpdateKey, Vec<FieldError>> {
        self.read_with(now, &|day| zone::day_end(zone::parse_day(day)?, zone))
    }

    fn read_with(
        &self,
        now: DateTime<Utc>,
        day_end: &dyn Fn(&str) -> Option<DateTime<Utc>>,
    ) -> Result<UpdateKey, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let expiry = self.expiry.read(now, day_end, &mut wrong);
        let form = UpdateKey {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            icon: self.icon.trim().to_owned(),
            owner_user_id: self.owner.parse::<UserId>().ok(),
            tags: self.tags.clone(),
            expires_at: expiry.at,
            lifetime_s: expiry.lifetime_s,
            rules: self.rules.read("rules", &mut wrong),
            policy_id: self.policy.parse().ok(),
            cost_centre: self.cost_centre.trim().to_owned(),
            bindings: self.binds.then(|| self.bound()),
            status: if self.on {
                KeyStatus::Active
            } else {
                KeyStatus::Disabled
            },
            version: self.version,
        };
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }

    /// Binds a service to what was chosen; to all, where nothing was.
    pub fn bind(&mut self, service: Service, to: String) {
        self.bindings.insert(service, to);
        self.binds = true;
    }

    fn bound(&self) -> Vec<KeyBinding> {
        let chosen = self.bindings.iter();
        chosen.filter_map(|(service, to)| binding(*service, to)).collect()
    }
}

/// What a binding names, as the field has it: `account:…` or `group:…`.
pub fn bound_to(binding: &KeyBinding) -> String {
    match (binding.account_id, binding.group_id) {
        (Some(id), _) => account_value(id),
        (None, Some(id)) => group_value(id),
        (None, None) => String::new(),
    }
}

/// An account, as the field has it.
pub fn account_value(id: AccountId) -> String {
    format!("account:{id}")
}

/// A group, as the field has it.
pub fn group_value(id: GroupId) -> String {
    format!("group:{id}")
}

/// The binding that a field says; nothing chosen is none.
fn binding(service: Service, to: &str) -> Option<KeyBinding> {
    let (kind, id) = to.split_once(':')?;
    let account_id = (kind == "account").then(|| id.parse().ok()).flatten();
    let group_id = (kind == "group").then(|| id.parse().ok()).flatten();
    (account_id.is_some() || group_id.is_some()).then_some(KeyBinding {
        service,
        account_id,
        group_id,
    })
}

/// The form of a key that is made anew.
pub fn to_create(form: UpdateKey) -> CreateKey {
    CreateKey {
        name: form.name,
        description: form.description,
        icon: form.icon,
        owner_user_id: form.owner_user_id,
        tags: form.tags,
        expires_at: form.expires_at,
        lifetime_s: form.lifetime_s,
        rules: form.rules,
        policy_id: form.policy_id,
        cost_centre: form.cost_centre,
        bindings: form.bindings.unwrap_or_default(),
        status: form.status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::rules::ConcurrencyDraft;

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn read(draft: &Draft) -> Result<UpdateKey, Vec<FieldError>> {
        draft.read_with(now(), &|day| format!("{day}T16:00:00Z").parse().ok())
    }

    #[test]
    fn what_is_typed_becomes_what_is_sent() {
        let mut draft = Draft {
            name: " Ann ".to_owned(),
            icon: "🦊".to_owned(),
            on: false,
            ..Draft::new()
        };
        draft.rules.concurrency = Some(ConcurrencyDraft {
            limit: "4".to_owned(),
            ..ConcurrencyDraft::default()
        });
        let form = read(&draft).unwrap();
        assert_eq!((form.name.as_str(), form.icon.as_str()), ("Ann", "🦊"));
        assert_eq!(form.rules.concurrency.unwrap().limit, Some(4));
        assert_eq!((form.rules.windows, form.policy_id), (None, None));
        assert_eq!(form.status, KeyStatus::Disabled);
    }

    #[test]
    fn a_service_is_bound_to_what_was_chosen_and_to_all_where_nothing_was() {
        let id: GroupId = "019a0000-0000-7000-8000-000000000001".parse().unwrap();
        let mut draft = Draft {
            name: "a".to_owned(),
            ..Draft::new()
        };
        assert_eq!(read(&draft).unwrap().bindings, None);
        draft.bind(Service::Claude, group_value(id));
        draft.bind(Service::Gemini, String::new());
        let form = read(&draft).unwrap();
        let expected = KeyBinding {
            service: Service::Claude,
            account_id: None,
            group_id: Some(id),
        };
        assert_eq!(form.bindings, Some(vec![expected]));
        assert_eq!(bound_to(&expected), group_value(id));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut draft = Draft::new();
        draft.rules.concurrency = Some(ConcurrencyDraft {
            limit: "many".to_owned(),
            ..ConcurrencyDraft::default()
        });
        draft.rules.addresses = Some(vec!["192.0.2.1/24".to_owned()]);
        let faults = read(&draft).unwrap_err();
        let named: Vec<String> = faults
            .into_iter()
            .map(|error| format!("{} {}", error.field, error.code))
            .collect();
        assert_eq!(
            named,
            [
                "rules.concurrency.limit number",
                "name required",
                "rules.addresses host_bits"
            ]
        );
    }
}
