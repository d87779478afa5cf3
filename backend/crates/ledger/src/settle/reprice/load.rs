//! Past requests as they are booked, with all that a correction of them moves.

use crate::entry::BudgetRef;
use crate::error::LedgerError;
use crate::lease::draw::WALLET_PERIOD;
use crate::reprice::{PastUsage, RepricingOrder};
use crate::settle::compare::{status_name, summed};
use crate::settle::dims::Dims;
use crate::settle::row::bucket;
use crate::settle::sums::{LeaseKey, QuarterKey};
use chrono::{DateTime, SubsecRound, Utc};
use std::collections::HashMap;
use tollgate_contract::ids::RequestId;
use tollgate_contract::reports::ClientFamily;
use tollgate_money::{Meters, Others, Tier};
use tollgate_store::{PLATFORM_TENANT, SettleTx};
use uuid::Uuid;

/// Requests read at a time.
const PAGE: i64 = 5_000;

/// A request as it is booked.
pub(super) struct Past {
    pub usage: PastUsage,
    /// With all corrections.
    pub charge: i64,
    /// The batch in which it was booked.
    pub batch_no: i64,
    pub quarter: QuarterKey,
    pub dims: Dims,
    /// Whether its accounting month is closed.
    pub late: bool,
    /// Whether a credit note gave it back, by itself or with the line of a statement.
    pub credited: bool,
    /// Where the account was the platform's.
    pub platform: Option<PlatformSide>,
    node: (Uuid, i64),
    budgets: Vec<BudgetRef>,
}

/// What the platform's own books hold of a request.
#[derive(Clone, Copy)]
pub(super) struct PlatformSide {
    pub account_id: Uuid,
    /// What it cost upstream, with all corrections.
    pub cost: i64,
    /// The batch of the platform's chain in which the cost was booked.
    pub batch_no: i64,
}

/// The kind of transfer that requests are booked by, and from which ledger account: what they are charged.
pub(super) const USAGE: (&str, &str) = ("usage", "wallet");
/// What they cost upstream.
pub(super) const COST: (&str, &str) = ("upstream_cost", "upstream_cost");

impl Past {
    /// The leases that it was settled against: the wallet's and those of its budgets.
    pub fn leases(&self, tenant: Uuid, wallet: Uuid) -> Vec<LeaseKey> {
        let mut leases = vec![(tenant, wallet, WALLET_PERIOD, self.node.0, self.node.1)];
        for budget in &self.budgets {
            let start = budget.period_start.trunc_subsecs(6);
            let key = (tenant, budget.budget_id.0, start, self.node.0, self.node.1);
            if !leases.contains(&key) {
                leases.push(key);
            }
        }
        leases
    }
}

/// The tenant's wallet.
pub(super) async fn wallet(tx: &mut SettleTx, tenant: Uuid) -> Result<Uuid, LedgerError> {
    sqlx::query_scalar!(
        "SELECT budget_id FROM budgets WHERE tenant_id = $1 AND kind = 'wallet'",
        tenant
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(|| LedgerError::Figure(format!("tenant {tenant} has no wallet")))
}

/// The transfers by which these batches booked their requests.
pub(super) async fn booked_in(
    tx: &mut SettleTx,
    tenant: Uuid,
    batches: &[i64],
    (kind, from_code): (&str, &str),
) -> Result<HashMap<i64, Uuid>, LedgerError> {
    let rows = sqlx::query!(
        r#"SELECT batch_no AS "batch_no!", transfer_id FROM ledger_transfers
           WHERE tenant_id = $1 AND batch_no = ANY($2) AND kind = $3 AND from_code = $4"#,
        tenant,
        batches,
        kind,
        from_code
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.batch_no, row.transfer_id))
        .collect())
}

/// An event with the sums of its corrections.
struct PastRow {
    request_id: Uuid,
    key_id: Uuid,
    user_id: Option<Uuid>,
    account_id: Option<Uuid>,
    platform: String,
    provider: String,
    model: String,
    priced_model: Option<String>,
    path: String,
    upstream_model: String,
    status: String,
    cost_centre: String,
    client: String,
    other_meters: serde_json::Value,
    /// Those of corrections, as a list.
    others: serde_json::Value,
    service_tier: String,
    tags: Vec<String>,
    node_id: Uuid,
    epoch: i64,
    budgets: serde_json::Value,
    batch_no: i64,
    input: i64,
    output: i64,
    write_5m: i64,
    write_1h: i64,
    read: i64,
    charge: i64,
    late: bool,
    credited: bool,
    platform_account: Option<Uuid>,
    platform_cost: Option<i64>,
    platform_batch: Option<i64>,
}

/// A page of the requests of an order, by their ids, which carry their times.
pub(super) async fn load(
    tx: &mut SettleTx,
    order: &RepricingOrder,
    after: Option<Uuid>,
) -> Result<Vec<Past>, LedgerError> {
    let rows = sqlx::query_as!(
        PastRow,
        r#"SELECT e.request_id, e.key_id, e.user_id, e.account_id, e.platform, e.provider, e.model,
                  e.priced_model, e.path,
                  CASE WHEN p.upstream_model = '' THEN e.upstream_model ELSE COALESCE(p.upstream_model, e.upstream_model) END
                      AS "upstream_model!",
                  e.status, e.cost_centre, e.client, e.other_meters, c.others AS "others!",
                  COALESCE(c.service_tier, e.service_tier) AS "service_tier!", e.node_id, e.epoch, e.budgets, e.batch_no,
                  e.input_tokens + c.input AS "input!", e.output_tokens + c.output AS "output!",
                  e.cache_write_5m_tokens + c.write_5m AS "write_5m!", e.cache_write_1h_tokens + c.write_1h AS "write_1h!",
                  e.cache_read_tokens + c.read AS "read!", e.charge_nano + c.charge AS "charge!",
                  month_is_closed(e.tenant_id, date_trunc('month', e.local_date)::date) AS "late!",
                  ARRAY(SELECT t.tag FROM api_key_tags t WHERE t.tenant_id = e.tenant_id AND t.key_id = e.key_id
                        ORDER BY t.tag) AS "tags!",
                  p.account_id AS "platform_account?", p.cost AS "platform_cost?", p.batch_no AS "platform_batch?",
                  EXISTS (
                      SELECT FROM billing_disputes d JOIN billing_periods m ON m.tenant_id = d.tenant_id AND m.month = d.month
                      WHERE d.tenant_id = e.tenant_id AND d.status = 'accepted' AND (d.request_id = e.request_id
                          OR d.request_id IS NULL AND d.model = e.model AND d.cost_centre = e.cost_centre
                             AND d.late = (e.request_id < uuid7_floor(m.starts_at))
                             AND (e.batch_no BETWEEN m.first_batch AND m.last_batch
                                  OR EXISTS (SELECT FROM usage_corrections y
                                             WHERE y.tenant_id = e.tenant_id AND y.request_id = e.request_id
                                               AND y.batch_no BETWEEN m.first_batch AND m.last_batch)))) AS "credited!"
           FROM usage_events e
           LEFT JOIN LATERAL (
               SELECT min(account_id::text)::uuid AS account_id, sum(cost_nano)::bigint AS cost, min(batch_no) AS batch_no,
                      max(upstream_model) AS upstream_model
               FROM platform_costs y WHERE y.tenant_id = $6 AND y.request_id = e.request_id) AS p ON true
           CROSS JOIN LATERAL (
               SELECT COALESCE(sum(input_tokens), 0)::bigint AS input, COALESCE(sum(output_tokens), 0)::bigint AS output,
                      COALESCE(sum(cache_write_5m_tokens), 0)::bigint AS write_5m,
                      COALESCE(sum(cache_write_1h_tokens), 0)::bigint AS write_1h,
                      COALESCE(sum(cache_read_tokens), 0)::bigint AS read, COALESCE(sum(charge_nano), 0)::bigint AS charge,
                      COALESCE(jsonb_agg(x.other_meters) FILTER (WHERE x.other_meters <> '{}'), '[]') AS others,
                      max(x.service_tier) FILTER (WHERE repricing_id IS NULL) AS service_tier
               FROM usage_corrections x WHERE x.tenant_id = e.tenant_id AND x.request_id = e.request_id) AS c
           WHERE e.tenant_id = $1 AND e.request_id >= uuid7_floor($2) AND e.request_id < uuid7_floor($3)
             AND ($4::text IS NULL OR e.model = $4) AND ($5::uuid IS NULL OR e.request_id > $5)
           ORDER BY e.request_id LIMIT $7"#,
        order.tenant_id.0,
        order.from,
        order.to,
        order.model,
        after,
        PLATFORM_TENANT.0,
        PAGE
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| past(order, row)).collect()
}

fn past(order: &RepricingOrder, row: PastRow) -> Result<Past, LedgerError> {
    let at = time_of(row.request_id)?;
    let tenant = order.tenant_id.0;
    let count = |tokens: i64| u64::try_from(tokens).unwrap_or(0);
    let of_platform = row
        .platform_account
        .zip(row.platform_cost.zip(row.platform_batch));
    Ok(Past {
        quarter: (
            tenant,
            bucket(RequestId(row.request_id))?,
            row.platform.clone(),
            row.model.clone(),
            status_name(&row.status),
        ),
        dims: Dims {
            key_id: row.key_id,
            user_id: row.user_id.unwrap_or_default(),
            account_id: row.account_id.unwrap_or_default(),
            model: row.model.clone(),
            cost_centre: row.cost_centre,
            platform: row.platform.clone(),
            client: ClientFamily::of(&row.client).as_str(),
            status: status_name(&row.status),
        },
        usage: PastUsage {
            tenant_id: order.tenant_id,
            request_id: row.request_id,
            at,
            platform: row.platform,
            provider: row.provider,
            priced_model: row.priced_model.map(|priced| {
                if priced.is_empty() {
                    row.model.clone()
                } else {
                    priced
                }
            }),
            path: row.path,
            model: row.model,
            upstream_model: row.upstream_model,
            own_account: row.account_id.is_some(),
            tags: row.tags,
            meters: Meters {
                input: count(row.input),
                output: count(row.output),
                cache_write_5m: count(row.write_5m),
                cache_write_1h: count(row.write_1h),
                cache_read: count(row.read),
                other: others(row.request_id, row.other_meters, row.others)?,
                tier: Tier::of(&row.service_tier).ok_or_else(|| {
                    LedgerError::Figure(format!("tier of {}: {}", row.request_id, row.service_tier))
                })?,
            },
        },
        charge: row.charge,
        batch_no: row.batch_no,
        late: row.late,
        credited: row.credited,
        platform: of_platform.map(|(account_id, (cost, batch_no))| PlatformSide {
            account_id,
            cost,
            batch_no,
        }),
        node: (row.node_id, row.epoch),
        budgets: serde_json::from_value(row.budgets)
            .map_err(|error| LedgerError::Figure(format!("budgets of {}: {error}", row.request_id)))?,
    })
}

/// What was counted beside tokens, corrections included.
fn others(
    request_id: Uuid,
    own: serde_json::Value,
    differences: serde_json::Value,
) -> Result<Others, LedgerError> {
    let sums = summed(request_id, own, differences)?;
    let read = serde_json::to_value(sums).and_then(serde_json::from_value);
    read.map_err(|error| LedgerError::Figure(format!("other meters of {request_id}: {error}")))
}

/// The request's own time.
fn time_of(id: Uuid) -> Result<DateTime<Utc>, LedgerError> {
    let time = id.get_timestamp().map(|time| time.to_unix());
    time.and_then(|(seconds, nanos)| DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos))
        .ok_or_else(|| LedgerError::Figure(format!("the request's id {id} carries no time")))
}
