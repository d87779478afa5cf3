//! Budgets' words.

use crate::i18n::Texts;
use tollgate_contract::budgets::{BudgetPeriod, BudgetScope};

/// How often a budget begins anew.
pub fn period_name(period: BudgetPeriod, t: &Texts) -> &'static str {
    match period {
        BudgetPeriod::Day => t.budgets.day,
        BudgetPeriod::Week => t.budgets.week,
        BudgetPeriod::Month => t.budgets.month,
        BudgetPeriod::Total => t.budgets.total,
    }
}

/// What kind of subject it bounds: what the tree's groups are called.
pub fn scope_group(scope: &BudgetScope, t: &Texts) -> &'static str {
    match scope {
        BudgetScope::Tenant => t.budgets.tenant,
        BudgetScope::CostCentre { .. } => t.budgets.cost_centres,
        BudgetScope::User { .. } => t.budgets.users,
        BudgetScope::Key { .. } => t.budgets.keys,
    }
}

/// The days of the week, the first being Monday.
pub fn week_days(t: &Texts) -> [&'static str; 7] {
    let t = &t.budgets;
    [
        t.monday,
        t.tuesday,
        t.wednesday,
        t.thursday,
        t.friday,
        t.saturday,
        t.sunday,
    ]
}
