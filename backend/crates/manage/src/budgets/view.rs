//! Budgets as they are shown: with what was spent, what is held and what is left of the running period.

use super::period::stored_rule;
use super::store::{scope_of, small, thresholds};
use crate::permissions::Sight;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use tollgate_contract::budgets::{Budget, BudgetPeriod, LostHold};
use tollgate_contract::ids::{BudgetId, KeyId, NodeId};
use tollgate_contract::money::NanoUsd;
use tollgate_money::Period;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Most budgets of single keys in one list, the fullest first.
const KEYS_MAX: i64 = 500;
/// Most of all others: an organisation has some dozens.
const OTHERS_MAX: i64 = 2_000;
/// A node says that it lives every five seconds; one that was silent for three times as long is lost.
const SILENCE_MAX: TimeDelta = TimeDelta::seconds(15);

/// Which budgets are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    /// The one of this id.
    pub(super) budget: Option<BudgetId>,
    /// All under which this key's requests fall.
    pub(super) key: Option<KeyId>,
    /// Also those of single keys.
    pub(super) with_keys: bool,
}

/// Budgets that are not deleted, by scope and name. Of what is only one person's sight: theirs and their keys'.
pub(super) async fn read(
    tx: &mut TenantTx,
    wanted: Wanted,
    sight: Sight,
    now: DateTime<Utc>,
) -> Result<Vec<Budget>, StoreError> {
    let turns = turns(tx, now).await?;
    let mut budgets = rows(tx, wanted, sight, &turns).await?;
    let mut lost = lost_holds(tx, &budgets, now).await?;
    for budget in &mut budgets {
        budget.held_by_lost_nodes = lost.remove(&budget.id).unwrap_or_default();
    }
    Ok(budgets)
}

/// The running period of each rhythm that the tenant's budgets have.
struct Running {
    period: String,
    week_start: i16,
    start_hour: i16,
    time_zone: String,
    is: Period,
}

async fn turns(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<Vec<Running>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT DISTINCT period, week_start, start_hour, time_zone FROM budgets
         WHERE tenant_id = $1 AND kind = 'budget' AND deleted_at IS NULL",
        tenant.0
    )
    .fetch_all(tx.conn())
    .await?;
    let running = rows.into_iter().filter_map(|row| {
        let rule = stored_rule(&row.period, row.week_start, row.start_hour, &row.time_zone)?;
        Some(Running {
            is: rule.period_of(now),
            period: row.period,
            week_start: row.week_start,
            start_hour: row.start_hour,
            time_zone: row.time_zone,
        })
    });
    Ok(running.collect())
}

/// A budget as the query below has it.
struct Row {
    budget_id: Uuid,
    name: String,
    scope: String,
    user_id: Option<Uuid>,
    key_id: Option<Uuid>,
    cost_centre: Option<String>,
    models: String,
    limit_nano: i64,
    hard: bool,
    thresholds: Vec<i16>,
    active: bool,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: Option<DateTime<Utc>>,
    /// Its rhythm's place among those that are running.
    place: i64,
    user_name: Option<String>,
    key_name: Option<String>,
    spent: i64,
    reserved: i64,
    overrun: i64,
}

impl Row {
    fn shown(self, turns: &[Running]) -> Option<Budget> {
        let period = turns.get(usize::try_from(self.place).ok()?)?;
        let scope_name = self.user_name.or(self.key_name).or(self.cost_centre.clone());
        let left = self
            .limit_nano
            .saturating_sub(self.spent)
            .saturating_sub(self.reserved);
        Some(Budget {
            id: BudgetId(self.budget_id),
            name: self.name,
            scope: scope_of(&self.scope, self.user_id, self.key_id, self.cost_centre)?,
            scope_name: scope_name.unwrap_or_default(),
            models: Some(self.models).filter(|models| !models.is_empty()),
            period: BudgetPeriod::parse(&period.period)?,
            week_start: small(period.week_start),
            start_hour: small(period.start_hour),
            time_zone: period.time_zone.clone(),
            limit_nano: NanoUsd(self.limit_nano),
            hard: self.hard,
            thresholds: thresholds(&self.thresholds),
            active: self.active,
            period_start: period.is.start,
            period_end: period.is.end,
            spent_nano: NanoUsd(self.spent),
            reserved_nano: NanoUsd(self.reserved),
            left_nano: NanoUsd(left),
            overrun_nano: NanoUsd(self.overrun),
            held_by_lost_nodes: Vec::new(),
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at.unwrap_or(self.created_at),
        })
    }
}

fn column<T>(turns: &[Running], of: impl Fn(&Running) -> T) -> Vec<T> {
    turns.iter().map(of).collect()
}

async fn rows(
    tx: &mut TenantTx,
    wanted: Wanted,
    sight: Sight,
    turns: &[Running],
) -> Result<Vec<Budget>, StoreError> {
    let tenant = tx.tenant_id();
    let places: Vec<i64> = (0_i64..).take(turns.len()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"WITH shown AS (
               SELECT b.*, turn.place, m.display_name AS user_name, k.name AS key_name, l.spent, l.reserved, l.overrun,
                      row_number() OVER (PARTITION BY b.scope = 'key'
                                         ORDER BY l.spent::numeric / GREATEST(b.limit_nano, 1) DESC, b.budget_id) AS rank
               FROM budgets b
               JOIN unnest($5::text[], $6::smallint[], $7::smallint[], $8::text[], $9::timestamptz[], $10::bigint[])
                    AS turn (period, week_start, start_hour, time_zone, start, place)
                 USING (period, week_start, start_hour, time_zone)
               LEFT JOIN memberships m ON m.tenant_id = b.tenant_id AND m.user_id = b.user_id
               LEFT JOIN api_keys k ON k.tenant_id = b.tenant_id AND k.key_id = b.key_id
               LEFT JOIN api_keys asked ON asked.tenant_id = b.tenant_id AND asked.key_id = $4
               CROSS JOIN LATERAL (
                   SELECT COALESCE(sum(x.settled_nano), 0)::bigint AS spent,
                          COALESCE(sum(GREATEST(x.granted_nano - x.settled_nano, 0))
                                   FILTER (WHERE x.closed_at IS NULL), 0)::bigint AS reserved,
                          COALESCE(sum(x.overrun_nano), 0)::bigint AS overrun
                   FROM budget_leases x
                   WHERE x.tenant_id = b.tenant_id AND x.budget_id = b.budget_id AND x.period_start = turn.start) l
               WHERE b.tenant_id = $1 AND b.kind = 'budget' AND b.deleted_at IS NULL
                 AND ($2::uuid IS NULL OR b.budget_id = $2)
                 AND ($3::uuid IS NULL OR b.user_id = $3 OR (b.scope = 'key' AND k.owner_user_id = $3))
                 AND ($4::uuid IS NULL OR b.scope = 'tenant' OR b.key_id = $4 OR b.user_id = asked.owner_user_id
                      OR b.cost_centre = asked.cost_centre)
                 AND (b.scope <> 'key' OR $11))
           SELECT budget_id AS "budget_id!", name AS "name!", scope AS "scope!", user_id, key_id, cost_centre,
                  models AS "models!", limit_nano AS "limit_nano!", hard AS "hard!", thresholds AS "thresholds!",
                  active AS "active!", version AS "version!", created_at AS "created_at!", updated_at,
                  place AS "place!", user_name AS "user_name?", key_name AS "key_name?", spent AS "spent!",
                  reserved AS "reserved!", overrun AS "overrun!"
           FROM shown WHERE rank <= CASE WHEN scope = 'key' THEN $12::bigint ELSE $13 END
           ORDER BY array_position(ARRAY['tenant', 'cost_centre', 'user', 'key'], scope),
                    COALESCE(folded_name, name), budget_id"#,
        tenant.0,
        wanted.budget.map(|budget| budget.0),
        sight.only().map(|user| user.0),
        wanted.key.map(|key| key.0),
        &column(turns, |turn| turn.period.clone()),
        &column(turns, |turn| turn.week_start),
        &column(turns, |turn| turn.start_hour),
        &column(turns, |turn| turn.time_zone.clone()),
        &column(turns, |turn| turn.is.start),
        &places,
        wanted.with_keys || wanted.key.is_some() || wanted.budget.is_some(),
        KEYS_MAX,
        OTHERS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(|row| row.shown(turns)).collect())
}

/// What is reserved by nodes that are not heard of any more, by budget.
async fn lost_holds(
    tx: &mut TenantTx,
    budgets: &[Budget],
    now: DateTime<Utc>,
) -> Result<HashMap<BudgetId, Vec<LostHold>>, StoreError> {
    let reserved = budgets.iter().filter(|budget| budget.reserved_nano.0 > 0);
    let (ids, starts): (Vec<Uuid>, Vec<DateTime<Utc>>) =
        reserved.map(|budget| (budget.id.0, budget.period_start)).unzip();
    let mut found: HashMap<BudgetId, Vec<LostHold>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT l.budget_id, l.node_id, l.epoch, n.heard_at AS "heard_at!", l.granted_nano - l.settled_nano AS "held!"
           FROM unnest($2::uuid[], $3::timestamptz[]) AS shown (budget_id, period_start)
           JOIN budget_leases l ON l.tenant_id = $1 AND l.budget_id = shown.budget_id
                AND l.period_start = shown.period_start AND l.closed_at IS NULL AND l.granted_nano > l.settled_nano
           JOIN lost_nodes($4) n ON n.node_id = l.node_id AND n.epoch = l.epoch
           ORDER BY l.budget_id, n.heard_at, l.node_id, l.epoch"#,
        tenant.0,
        &ids,
        &starts,
        now - SILENCE_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        found.entry(BudgetId(row.budget_id)).or_default().push(LostHold {
            node_id: NodeId(row.node_id),
            epoch: row.epoch,
            heard_at: row.heard_at,
            held_nano: NanoUsd(row.held),
        });
    }
    Ok(found)
}
