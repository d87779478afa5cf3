//! A budget's form as it is typed, and what it says once it is read. Pure.

use crate::pages::parts::{add_faults, dollars, number, typed_fault};
use std::rc::Rc;
use tollgate_contract::budgets::{Budget, BudgetForm, BudgetPeriod, BudgetScope};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::problem::FieldError;

/// Whose spending, as the field has it.
pub const TENANT: &str = "tenant";
pub const USER: &str = "user";
pub const KEY: &str = "key";
pub const COST_CENTRE: &str = "cost_centre";

/// The form.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub name: String,
    /// [`TENANT`], [`USER`], [`KEY`] or [`COST_CENTRE`].
    pub scope: String,
    /// The user's or key's id, or the cost centre.
    pub subject: String,
    pub models: String,
    pub period: BudgetPeriod,
    /// 1 is Monday.
    pub week_start: String,
    pub start_hour: String,
    /// Empty: the organisation's.
    pub zone: String,
    pub limit: String,
    pub hard: bool,
    /// Per cent, by commas.
    pub thresholds: String,
    pub active: bool,
    /// The budget that is changed.
    pub stored: Option<Rc<Budget>>,
}

impl Draft {
    /// A budget's form; a new one's, if absent.
    pub fn of(stored: Option<Rc<Budget>>) -> Self {
        let Some(budget) = &stored else {
            return Self::new();
        };
        let (scope, subject) = match &budget.scope {
            BudgetScope::Tenant => (TENANT, String::new()),
            BudgetScope::User { user_id } => (USER, user_id.to_string()),
            BudgetScope::Key { key_id } => (KEY, key_id.to_string()),
            BudgetScope::CostCentre { cost_centre } => (COST_CENTRE, cost_centre.clone()),
        };
        let thresholds: Vec<String> = budget.thresholds.iter().map(ToString::to_string).collect();
        Self {
            name: budget.name.clone(),
            scope: scope.to_owned(),
            subject,
            models: budget.models.clone().unwrap_or_default(),
            period: budget.period,
            week_start: budget.week_start.to_string(),
            start_hour: budget.start_hour.to_string(),
            zone: budget.time_zone.clone(),
            limit: budget.limit_nano.exact_usd(),
            hard: budget.hard,
            thresholds: thresholds.join(", "),
            active: budget.active,
            stored,
        }
    }

    fn new() -> Self {
        Self {
            name: String::new(),
            scope: TENANT.to_owned(),
            subject: String::new(),
            models: String::new(),
            period: BudgetPeriod::Month,
            week_start: "1".to_owned(),
            start_hour: "0".to_owned(),
            zone: String::new(),
            limit: String::new(),
            hard: true,
            thresholds: "80, 100".to_owned(),
            active: true,
            stored: None,
        }
    }

    /// What to send, or the fields at fault.
    pub fn read(&self) -> Result<BudgetForm, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let limit = dollars("limit_nano", &self.limit, &mut wrong);
        if limit.is_none() && wrong.is_empty() {
            wrong.push(typed_fault("limit_nano", "required"));
        }
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut form = BudgetForm {
            name: self.name.trim().to_owned(),
            scope: self.scope(&mut wrong),
            models: some(&self.models),
            period: self.period,
            week_start: self.week_start.parse().unwrap_or(1),
            start_hour: number("start_hour", &self.start_hour, &mut wrong).unwrap_or_default(),
            time_zone: some(&self.zone),
            // What is missing is named already.
            limit_nano: limit.unwrap_or(NanoUsd(1)),
            hard: self.hard,
            thresholds: self.thresholds(&mut wrong),
            active: self.active,
            version: None,
        };
        // What can't be changed is sent as it is.
        if let Some(stored) = &self.stored {
            form.scope = stored.scope.clone();
            form.models.clone_from(&stored.models);
            form.period = stored.period;
            form.week_start = stored.week_start;
            form.start_hour = stored.start_hour;
            form.time_zone = Some(stored.time_zone.clone());
            form.version = Some(stored.version);
        }
        add_faults(&mut wrong, &form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }

    fn scope(&self, wrong: &mut Vec<FieldError>) -> BudgetScope {
        let subject = self.subject.trim();
        let scope = match self.scope.as_str() {
            USER => subject.parse().ok().map(|user_id| BudgetScope::User { user_id }),
            KEY => subject.parse().ok().map(|key_id| BudgetScope::Key { key_id }),
            COST_CENTRE if subject.is_empty() => None,
            COST_CENTRE => Some(BudgetScope::CostCentre {
                cost_centre: subject.to_owned(),
            }),
            _ => return BudgetScope::Tenant,
        };
        scope.unwrap_or_else(|| {
            wrong.push(typed_fault("scope", "required"));
            BudgetScope::Tenant
        })
    }

    fn thresholds(&self, wrong: &mut Vec<FieldError>) -> Vec<u16> {
        let parts = self
            .thresholds
            .split([',', '，', ' ', '%'])
            .filter(|part| !part.is_empty());
        let read: Vec<Option<u16>> = parts.map(|part| number("thresholds", part, wrong)).collect();
        read.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(draft: &Draft) -> Vec<String> {
        let faults = draft.read().unwrap_err();
        faults
            .into_iter()
            .map(|fault| format!("{} {}", fault.field, fault.code))
            .collect()
    }

    #[test]
    fn what_is_typed_becomes_what_is_sent() {
        let draft = Draft {
            name: " Lab ".to_owned(),
            scope: COST_CENTRE.to_owned(),
            subject: "lab".to_owned(),
            limit: "1,204.18".to_owned(),
            thresholds: "50, 80,100 %".to_owned(),
            ..Draft::new()
        };
        let form = draft.read().unwrap();
        assert_eq!(
            (form.name.as_str(), form.limit_nano),
            ("Lab", NanoUsd(1_204_180_000_000))
        );
        assert_eq!(form.thresholds, [50, 80, 100]);
        assert_eq!(
            form.scope,
            BudgetScope::CostCentre {
                cost_centre: "lab".to_owned()
            }
        );
    }

    #[test]
    fn what_cant_be_changed_is_sent_as_it_was_with_the_version_that_was_edited() {
        let stored: Budget = serde_json::from_value(serde_json::json!({
            "id": "019a0000-0000-7000-8000-000000000001", "name": "All", "scope": { "kind": "tenant" }, "scope_name": "",
            "models": "*opus*", "period": "week", "week_start": 7, "start_hour": 3, "time_zone": "Asia/Kolkata",
            "limit_nano": "5000000000", "hard": true, "thresholds": [50, 100], "active": true,
            "period_start": "2026-11-22T00:00:00Z", "period_end": null, "spent_nano": "0", "reserved_nano": "0",
            "left_nano": "0", "overrun_nano": "0", "held_by_lost_nodes": [], "version": 4,
            "created_at": "2026-11-22T00:00:00Z", "updated_at": "2026-11-22T00:00:00Z",
        }))
        .unwrap();
        let mut draft = Draft::of(Some(Rc::new(stored)));
        draft.limit = "6".to_owned();
        draft.period = BudgetPeriod::Day;
        let form = draft.read().unwrap();
        assert_eq!((form.limit_nano, form.version), (NanoUsd(6_000_000_000), Some(4)));
        assert_eq!(
            (form.period, form.week_start, form.start_hour),
            (BudgetPeriod::Week, 7, 3)
        );
        assert_eq!(
            (form.models.as_deref(), form.time_zone.as_deref()),
            (Some("*opus*"), Some("Asia/Kolkata"))
        );
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let draft = Draft {
            scope: USER.to_owned(),
            thresholds: "100, 80".to_owned(),
            start_hour: "24".to_owned(),
            ..Draft::new()
        };
        assert_eq!(
            fields(&draft),
            [
                "limit_nano required",
                "scope required",
                "name required",
                "start_hour out_of_range",
                "thresholds order"
            ]
        );
        let draft = Draft {
            name: "a".to_owned(),
            limit: "-1".to_owned(),
            ..Draft::new()
        };
        assert_eq!(fields(&draft), ["limit_nano dollars"]);
    }
}
