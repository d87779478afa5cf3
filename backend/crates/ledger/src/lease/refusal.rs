//! Why a request gets no money, with all that its client can act on.

use super::book::Book;
use super::desk::Lack;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use tollgate_contract::budgets::BudgetScope;
use tollgate_contract::ids::BudgetId;
use tollgate_money::Nano;
use uuid::Uuid;

/// A budget that a request does not fit into. Left, running, lost and what is booked make up the limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "budget {budget_id} has {left} of {limit} left, {running} is held by running requests and {lost} by lost nodes, \
     {needed} is needed"
)]
pub struct BudgetRefusal {
    /// Which. Of several, the one with the least left.
    pub budget_id: BudgetId,
    /// Whether it is the tenant's prepaid wallet.
    pub is_wallet: bool,
    /// What it is called; empty for the wallet.
    pub name: String,
    /// Whose spending it bounds.
    pub scope: BudgetScope,
    /// How much may be spent in a period; of the wallet, what was ever paid in.
    pub limit: Nano,
    /// What could be reserved now.
    pub left: Nano,
    /// Held for running requests here and on other nodes, and by nodes for those to come.
    pub running: Nano,
    /// Held by nodes that are not heard of: it comes back with their journals, or by an operator's write-off.
    pub lost: Nano,
    /// The request's worst case.
    pub needed: Nano,
    /// When the next period begins; `None`: never.
    pub resets_at: Option<DateTime<Utc>>,
    /// The zone of its periods.
    pub zone: Tz,
}

impl BudgetRefusal {
    pub(super) fn of(book: &Book, lack: &Lack, needed: i64) -> Self {
        let line = book.line(lack.key.budget);
        Self {
            budget_id: lack.key.budget,
            is_wallet: line.is_some_and(|line| line.is_wallet),
            name: line.map(|line| line.name.clone()).unwrap_or_default(),
            scope: line.map_or(BudgetScope::Tenant, |line| line.scope.clone()),
            limit: Nano(lack.limit),
            left: Nano(lack.left),
            running: Nano(lack.running),
            lost: Nano(lack.lost),
            needed: Nano(needed),
            resets_at: lack.ends,
            zone: line.map_or(Tz::UTC, |line| line.rule.zone),
        }
    }

    /// A tenant whose books are not open has nothing.
    pub(super) fn without_wallet(needed: i64) -> Self {
        Self {
            budget_id: BudgetId(Uuid::nil()),
            is_wallet: true,
            name: String::new(),
            scope: BudgetScope::Tenant,
            limit: Nano::ZERO,
            left: Nano::ZERO,
            running: Nano::ZERO,
            lost: Nano::ZERO,
            needed: Nano(needed),
            resets_at: None,
            zone: Tz::UTC,
        }
    }
}

/// Why nothing was reserved.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// Too little money.
    #[error(transparent)]
    Refused(#[from] Box<BudgetRefusal>),
    /// More than this node holds is needed, and the database can't be asked.
    #[error("the budgets can't be asked now")]
    Unavailable,
}
