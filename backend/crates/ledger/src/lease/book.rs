//! Which budgets a tenant has, as a node keeps them in memory: read once, kept until a change is announced. Never in here:
//! how much is left of them.

use super::desk::Want;
use super::purse::PurseKey;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Instant;
use tollgate_contract::budgets::{BudgetPeriod, BudgetScope};
use tollgate_contract::ids::{BudgetId, KeyId, TenantId, UserId};
use tollgate_contract::rules::fits_pattern;
use tollgate_money::{Period, PeriodLength, PeriodRule};
use tollgate_store::{Db, StoreError};

/// What a request must tell so that its budgets are found.
#[derive(Clone, Copy, Debug)]
pub struct Spender<'a> {
    /// By which key.
    pub key_id: KeyId,
    /// The key's owner.
    pub user_id: Option<UserId>,
    /// The key's cost centre; empty for none.
    pub cost_centre: &'a str,
    /// The model asked for, without its platform's name.
    pub model: &'a str,
}

/// One active budget.
#[derive(Debug)]
pub(super) struct BudgetLine {
    pub id: BudgetId,
    pub is_wallet: bool,
    pub name: String,
    pub scope: BudgetScope,
    /// A pattern; empty for all.
    models: String,
    pub rule: PeriodRule,
    hard: bool,
    /// The period that was asked for last: zones are not cheap.
    latest: Mutex<Period>,
}

impl BudgetLine {
    fn period_of(&self, at: DateTime<Utc>) -> Period {
        let mut latest = self.latest.lock();
        if !latest.holds(at) {
            *latest = self.rule.period_of(at);
        }
        *latest
    }

    fn want(&self, at: DateTime<Utc>) -> Want {
        let period = self.period_of(at);
        Want {
            key: PurseKey {
                budget: self.id,
                start: period.start,
            },
            ends: period.end,
            hard: self.hard,
        }
    }
}

/// All active budgets of a tenant.
#[derive(Debug)]
pub(super) struct Book {
    lines: Vec<BudgetLine>,
    tenant: Vec<usize>,
    by_user: HashMap<UserId, Vec<usize>>,
    by_key: HashMap<KeyId, Vec<usize>>,
    by_cost_centre: HashMap<String, Vec<usize>>,
    pub loaded: Instant,
}

impl Book {
    fn new(lines: Vec<BudgetLine>, loaded: Instant) -> Self {
        let mut book = Self {
            lines: Vec::new(),
            tenant: Vec::new(),
            by_user: HashMap::new(),
            by_key: HashMap::new(),
            by_cost_centre: HashMap::new(),
            loaded,
        };
        for (place, line) in lines.iter().enumerate() {
            let places = match &line.scope {
                BudgetScope::Tenant => &mut book.tenant,
                BudgetScope::User { user_id } => book.by_user.entry(*user_id).or_default(),
                BudgetScope::Key { key_id } => book.by_key.entry(*key_id).or_default(),
                BudgetScope::CostCentre { cost_centre } => {
                    book.by_cost_centre.entry(cost_centre.clone()).or_default()
                }
            };
            places.push(place);
        }
        book.lines = lines;
        book
    }

    /// The wallet, if the tenant's books are open.
    pub fn wallet(&self) -> Option<BudgetId> {
        self.lines.iter().find(|line| line.is_wallet).map(|line| line.id)
    }

    /// The budgets of a request in the periods of its time, in order of key.
    pub fn wants(&self, spender: &Spender<'_>, at: DateTime<Utc>) -> Vec<Want> {
        let of_user = spender.user_id.and_then(|user| self.by_user.get(&user));
        let of_centre = match spender.cost_centre {
            "" => None,
            centre => self.by_cost_centre.get(centre),
        };
        let narrower = [of_user, self.by_key.get(&spender.key_id), of_centre];
        let places = self.tenant.iter().chain(narrower.into_iter().flatten().flatten());
        let lines = places.filter_map(|place| self.lines.get(*place));
        let mut wants: Vec<Want> = lines
            .filter(|line| line.models.is_empty() || fits_pattern(&line.models, spender.model))
            .map(|line| line.want(at))
            .collect();
        wants.sort_unstable_by_key(|want| want.key);
        wants
    }

    /// The budget of this id.
    pub fn line(&self, id: BudgetId) -> Option<&BudgetLine> {
        self.lines.iter().find(|line| line.id == id)
    }
}

/// Reads a tenant's book.
pub(super) async fn load(db: &Db, tenant: TenantId) -> Result<Book, StoreError> {
    let loaded = db.clock().monotonic();
    let mut tx = db.tenant(tenant).await?;
    let rows = sqlx::query!(
        "SELECT budget_id, kind, name, scope, user_id, key_id, cost_centre, models, period, week_start, start_hour,
                time_zone, hard
         FROM budgets WHERE tenant_id = $1 AND active AND deleted_at IS NULL ORDER BY budget_id",
        tenant.0
    )
    .fetch_all(tx.conn())
    .await?;
    tx.commit().await?;
    let small = |value: i16| u8::try_from(value).unwrap_or_default();
    let lines = rows.into_iter().map(|row| BudgetLine {
        id: BudgetId(row.budget_id),
        is_wallet: row.kind == "wallet",
        name: row.name,
        scope: match (row.user_id, row.key_id, row.cost_centre) {
            (Some(user), ..) => BudgetScope::User {
                user_id: UserId(user),
            },
            (_, Some(key), _) => BudgetScope::Key { key_id: KeyId(key) },
            (.., Some(cost_centre)) => BudgetScope::CostCentre { cost_centre },
            _ => BudgetScope::Tenant,
        },
        models: row.models,
        rule: rule(
            &row.period,
            &row.time_zone,
            small(row.week_start),
            small(row.start_hour),
        ),
        hard: row.hard,
        latest: Mutex::new(Period {
            start: DateTime::<Utc>::MAX_UTC,
            end: Some(DateTime::<Utc>::MAX_UTC),
        }),
    });
    Ok(Book::new(lines.collect(), loaded))
}

/// A stored rule. A period that is not known (a newer version's) is taken as endless: that refuses rather than forgets.
fn rule(period: &str, zone: &str, week_start: u8, start_hour: u8) -> PeriodRule {
    let length = match BudgetPeriod::parse(period) {
        Some(BudgetPeriod::Day) => PeriodLength::Day,
        Some(BudgetPeriod::Week) => PeriodLength::Week,
        Some(BudgetPeriod::Month) => PeriodLength::Month,
        Some(BudgetPeriod::Total) | None => PeriodLength::Total,
    };
    let zone: Tz = tollgate_money::zone(zone);
    PeriodRule {
        length,
        zone,
        week_start,
        start_hour,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_store::Clock;
    use uuid::Uuid;

    fn line(id: u128, scope: BudgetScope, models: &str) -> BudgetLine {
        BudgetLine {
            id: BudgetId(Uuid::from_u128(id)),
            is_wallet: id == 1,
            name: format!("budget {id}"),
            scope,
            models: models.to_owned(),
            rule: rule("month", "Asia/Shanghai", 1, 0),
            hard: id != 5,
            latest: Mutex::new(Period::ALL),
        }
    }

    #[test]
    fn a_request_falls_under_the_budgets_of_its_scopes_and_model() {
        let (user_id, key_id) = (UserId(Uuid::from_u128(21)), KeyId(Uuid::from_u128(22)));
        let other = BudgetScope::User {
            user_id: UserId(Uuid::from_u128(99)),
        };
        let cost_centre = BudgetScope::CostCentre {
            cost_centre: "research".to_owned(),
        };
        let lines = vec![
            line(1, BudgetScope::Tenant, ""),
            line(7, BudgetScope::Tenant, "*opus*"),
            line(6, BudgetScope::User { user_id }, "claude-*"),
            line(5, BudgetScope::Key { key_id }, ""),
            line(4, cost_centre, ""),
            line(3, other, ""),
        ];
        let book = Book::new(lines, Clock::system().monotonic());
        let found = |model: &str, cost_centre: &str| -> Vec<u128> {
            let spender = Spender {
                key_id,
                user_id: Some(user_id),
                cost_centre,
                model,
            };
            let wants = book.wants(&spender, DateTime::UNIX_EPOCH);
            wants.iter().map(|want| want.key.budget.0.as_u128()).collect()
        };
        assert_eq!(found("claude-Opus-4", "research"), [1, 4, 5, 6, 7]);
        assert_eq!(found("gpt-5", "research"), [1, 4, 5]);
        assert_eq!(found("gpt-5", ""), [1, 5]);
    }
}
