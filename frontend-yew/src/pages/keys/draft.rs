//! A key's form as it is typed, and what it says once it is read. Pure but for the zone's calendar.

use crate::pages::parts::{number, typed_fault};
use crate::zone;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use tollgate_contract::groups::KeyBinding;
use tollgate_contract::ids::{AccountId, GroupId, UserId};
use tollgate_contract::keys::{CreateKey, Key, KeyStatus, UpdateKey};
use tollgate_contract::platform::Service;
use tollgate_contract::problem::{FieldError, faults};

/// Days after which a key may be chosen to expire.
pub const EXPIRY_DAYS: [u32; 4] = [7, 30, 90, 365];
/// No expiry.
pub const NEVER: &str = "never";
/// The expiry that it has already.
pub const KEPT: &str = "kept";
/// A day of the calendar.
pub const DATE: &str = "date";

/// The form.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub name: String,
    pub description: String,
    /// A person's id; empty: stays as it is, or the viewer.
    pub owner: String,
    pub tags: Vec<String>,
    /// [`NEVER`], [`KEPT`], [`DATE`], or a number of days.
    pub expiry: String,
    /// For [`DATE`]: as the date field has it.
    pub day: String,
    /// For [`KEPT`].
    pub kept: Option<DateTime<Utc>>,
    pub requests_per_minute: String,
    pub concurrency_limit: String,
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
            owner: String::new(),
            tags: Vec::new(),
            expiry: NEVER.to_owned(),
            day: String::new(),
            kept: None,
            requests_per_minute: String::new(),
            concurrency_limit: String::new(),
            cost_centre: String::new(),
            bindings: BTreeMap::new(),
            binds: false,
            on: true,
            version: None,
        }
    }

    /// A key's form.
    pub fn of(key: &Key) -> Self {
        let number = |limit: Option<u32>| limit.map(|limit| limit.to_string()).unwrap_or_default();
        Self {
            name: key.name.clone(),
            description: key.description.clone(),
            owner: key
                .owner
                .as_ref()
                .map(|owner| owner.id.to_string())
                .unwrap_or_default(),
            tags: key.tags.clone(),
            expiry: if key.expires_at.is_some() { KEPT } else { NEVER }.to_owned(),
            day: String::new(),
            kept: key.expires_at,
            requests_per_minute: number(key.requests_per_minute),
            concurrency_limit: number(key.concurrency_limit),
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
        self.read_with(now, |day| zone::day_end(zone::parse_day(day)?, zone))
    }

    fn read_with(
        &self,
        now: DateTime<Utc>,
        day_end: impl Fn(&str) -> Option<DateTime<Utc>>,
    ) -> Result<UpdateKey, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let form = UpdateKey {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            owner_user_id: self.owner.parse::<UserId>().ok(),
            tags: self.tags.clone(),
            expires_at: self.expires_at(now, day_end, &mut wrong),
            requests_per_minute: number("requests_per_minute", &self.requests_per_minute, &mut wrong),
            concurrency_limit: number("concurrency_limit", &self.concurrency_limit, &mut wrong),
            cost_centre: self.cost_centre.trim().to_owned(),
            bindings: self.binds.then(|| self.bound()),
            status: if self.on {
                KeyStatus::Active
            } else {
                KeyStatus::Disabled
            },
            version: self.version,
        };
        wrong.extend(faults(&form));
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

    fn expires_at(
        &self,
        now: DateTime<Utc>,
        day_end: impl Fn(&str) -> Option<DateTime<Utc>>,
        wrong: &mut Vec<FieldError>,
    ) -> Option<DateTime<Utc>> {
        match self.expiry.as_str() {
            KEPT => self.kept,
            DATE => {
                let end = day_end(&self.day);
                match end {
                    None => wrong.push(typed_fault("expires_at", "date")),
                    Some(end) if end <= now => wrong.push(typed_fault("expires_at", "in_the_past")),
                    Some(_) => {}
                }
                end
            }
            days => days.parse().ok().map(|days| now + TimeDelta::days(days)),
        }
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
        owner_user_id: form.owner_user_id,
        tags: form.tags,
        expires_at: form.expires_at,
        requests_per_minute: form.requests_per_minute,
        concurrency_limit: form.concurrency_limit,
        cost_centre: form.cost_centre,
        bindings: form.bindings.unwrap_or_default(),
        status: form.status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn read(draft: &Draft) -> Result<UpdateKey, Vec<FieldError>> {
        draft.read_with(now(), |day| format!("{day}T16:00:00Z").parse().ok())
    }

    fn fields(draft: &Draft) -> Vec<String> {
        read(draft)
            .unwrap_err()
            .into_iter()
            .map(|error| format!("{} {}", error.field, error.code))
            .collect()
    }

    #[test]
    fn what_is_typed_becomes_what_is_sent() {
        let draft = Draft {
            name: " Ann ".to_owned(),
            requests_per_minute: "60".to_owned(),
            expiry: "30".to_owned(),
            on: false,
            ..Draft::new()
        };
        let form = read(&draft).unwrap();
        assert_eq!(
            (
                form.name.as_str(),
                form.requests_per_minute,
                form.concurrency_limit
            ),
            ("Ann", Some(60), None)
        );
        assert_eq!(form.expires_at, Some("2026-12-24T12:00:00Z".parse().unwrap()));
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
        let draft = Draft {
            requests_per_minute: "many".to_owned(),
            concurrency_limit: "0".to_owned(),
            ..Draft::new()
        };
        assert_eq!(
            fields(&draft),
            [
                "requests_per_minute number",
                "concurrency_limit out_of_range",
                "name required"
            ]
        );
    }

    #[test]
    fn an_expiry_must_be_a_day_that_lies_ahead() {
        let on = |day: &str| Draft {
            name: "a".to_owned(),
            expiry: DATE.to_owned(),
            day: day.to_owned(),
            ..Draft::new()
        };
        assert_eq!(fields(&on("")), ["expires_at date"]);
        assert_eq!(fields(&on("2026-11-23")), ["expires_at in_the_past"]);
        assert!(read(&on("2026-11-24")).is_ok());
    }

    #[test]
    fn an_expiry_that_is_kept_stays_to_the_second() {
        let kept: DateTime<Utc> = "2026-01-01T00:00:01Z".parse().unwrap();
        let draft = Draft {
            name: "a".to_owned(),
            expiry: KEPT.to_owned(),
            kept: Some(kept),
            ..Draft::new()
        };
        assert_eq!(read(&draft).unwrap().expires_at, Some(kept));
    }
}
