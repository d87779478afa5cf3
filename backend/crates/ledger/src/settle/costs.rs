//! What platform-owned accounts cost, in the platform's own books: rows, the days' rollup, and transfers of its own chain.
//! Never in here: what anything costs, and what customers are charged.

use super::accounts::{self, add_account_days};
use super::canonical::{CostFacts, Hash};
use super::events::column;
use super::row::EventRow;
use super::sums::{Correction, RepricedCost, plus};
use super::write::{BatchDraft, Context, Head, TransferDraft, booking_time, lock_heads, write_batches};
use crate::error::LedgerError;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use tollgate_store::{PLATFORM_TENANT, SettleTx};
use uuid::Uuid;

/// A row of `platform_costs`.
struct CostRow<'a> {
    request_id: Uuid,
    customer_tenant_id: Uuid,
    account_id: Uuid,
    platform: &'a str,
    model: &'a str,
    /// What the account calls the model.
    upstream_model: &'a str,
    cost: i64,
    charge: i64,
    price_version: Uuid,
    lines: Value,
    explanation: Value,
    correction: bool,
    repriced: Option<RepricedCost>,
}

fn cost_rows<'a>(fresh: &[&'a EventRow], corrections: &'a [Correction]) -> Vec<CostRow<'a>> {
    let of_event = |row: &&'a EventRow| {
        let part = row.cost.as_ref()?;
        Some(CostRow {
            request_id: row.request_id,
            customer_tenant_id: row.tenant_id,
            account_id: part.account_id,
            platform: &row.platform,
            model: &row.model,
            upstream_model: &part.upstream_model,
            cost: part.cost,
            charge: row.charge,
            price_version: row.price_version,
            lines: part.lines.clone(),
            explanation: part.explanation.clone(),
            correction: false,
            repriced: None,
        })
    };
    let of_correction = |correction: &'a Correction| {
        let change = correction.cost.as_ref()?;
        Some(CostRow {
            request_id: correction.request_id,
            customer_tenant_id: correction.tenant_id,
            account_id: change.account_id,
            platform: &change.platform,
            model: &change.model,
            upstream_model: &correction.sent_model,
            cost: change.cost,
            charge: change.charge,
            price_version: change.price_version,
            lines: change.lines.clone(),
            explanation: Value::Object(serde_json::Map::new()),
            correction: true,
            repriced: change.repriced,
        })
    };
    let mut rows: Vec<_> = fresh.iter().filter_map(of_event).collect();
    rows.extend(corrections.iter().filter_map(of_correction));
    rows.sort_unstable_by_key(|row| row.request_id);
    rows
}

/// Books them; tells the batch of the platform's chain, if there is anything to book.
pub(super) async fn book_costs(
    tx: &mut SettleTx,
    context: &Context<'_>,
    fresh: &[&EventRow],
    corrections: &[Correction],
    heads: &mut HashMap<Uuid, Head>,
) -> Result<Option<i64>, LedgerError> {
    let rows = cost_rows(fresh, corrections);
    if rows.is_empty() {
        return Ok(None);
    }
    let platform = PLATFORM_TENANT.0;
    if !heads.contains_key(&platform) {
        heads.extend(lock_heads(tx, &[platform]).await?);
    }
    let context = &Context {
        booked_at: booking_time(context.booked_at, heads.get(&platform).into_iter()),
        ..*context
    };
    let batch_no = heads
        .get(&platform)
        .map_or(0, |head| head.last_no.saturating_add(1));
    insert_costs(tx, context, &rows, batch_no).await?;
    add_account_days(tx, &accounts::platforms(fresh, corrections)?).await?;
    let mut charge = 0;
    for row in &rows {
        charge = plus(charge, row.cost)?;
    }
    let draft = BatchDraft {
        tenant_id: platform,
        events: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        charge,
        digests: rows.iter().map(digest).collect(),
        transfers: transfers(&rows)?,
    };
    write_batches(tx, context, vec![draft], heads).await?;
    Ok(Some(batch_no))
}

/// What was used and what exact figures took back, a sum each; and for each transfer that a re-pricing corrects, one more.
fn transfers(rows: &[CostRow<'_>]) -> Result<Vec<TransferDraft>, LedgerError> {
    let (mut up, mut down) = (0, 0);
    let mut repriced: BTreeMap<Option<Uuid>, i64> = BTreeMap::new();
    for row in rows {
        if let Some(of) = row.repriced {
            let sum = repriced.entry(of.corrects).or_default();
            *sum = plus(*sum, row.cost)?;
        } else if row.cost >= 0 {
            up = plus(up, row.cost)?;
        } else {
            down = plus(down, row.cost.saturating_neg())?;
        }
    }
    let draft = |kind, sum: i64, reason, corrects| {
        let (from_code, to_code) = if sum >= 0 {
            ("upstream_cost", "upstream_payable")
        } else {
            ("upstream_payable", "upstream_cost")
        };
        TransferDraft {
            kind,
            from_code,
            to_code,
            amount: sum.saturating_abs(),
            reason,
            corrects,
        }
    };
    let mut drafts = vec![
        draft("upstream_cost", up, "usage", None),
        draft(
            "upstream_cost",
            down.saturating_neg(),
            "exact figures after estimates",
            None,
        ),
    ];
    drafts.extend(
        repriced
            .into_iter()
            .map(|(corrects, sum)| draft("correction", sum, "re-priced", corrects)),
    );
    Ok(drafts)
}

fn digest(row: &CostRow<'_>) -> Hash {
    CostFacts {
        request_id: row.request_id,
        customer_tenant_id: row.customer_tenant_id,
        account_id: row.account_id,
        model: row.model,
        cost: row.cost,
        charge: row.charge,
        price_version: row.price_version,
        correction: row.correction,
        repriced: row.repriced.map(|of| of.repricing_id),
    }
    .digest()
}

async fn insert_costs(
    tx: &mut SettleTx,
    context: &Context<'_>,
    rows: &[CostRow<'_>],
    batch_no: i64,
) -> Result<(), LedgerError> {
    sqlx::query!(
        "INSERT INTO platform_costs (tenant_id, request_id, customer_tenant_id, account_id, platform, model, cost_nano,
                                     charge_nano, price_version, explanation, correction, batch_no, booked_at, cost_lines,
                                     repricing_id, upstream_model)
         SELECT $1, request_id, customer, account, platform, model, cost, charge, price_version, explanation, correction,
                $2, $3, lines, repricing, upstream_model
         FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                     $11::uuid[], $12::jsonb[], $13::bool[], $14::jsonb[], $15::uuid[], $16::text[])
              AS row (request_id, customer, account, platform, model, cost, charge, price_version, explanation,
                      correction, lines, repricing, upstream_model)
         ORDER BY request_id",
        PLATFORM_TENANT.0,
        batch_no,
        context.booked_at,
        &column(rows, |row| row.request_id),
        &column(rows, |row| row.customer_tenant_id),
        &column(rows, |row| row.account_id),
        &column(rows, |row| row.platform.to_owned()),
        &column(rows, |row| row.model.to_owned()),
        &column(rows, |row| row.cost),
        &column(rows, |row| row.charge),
        &column(rows, |row| row.price_version),
        &column(rows, |row| row.explanation.clone()),
        &column(rows, |row| row.correction),
        &column(rows, |row| row.lines.clone()),
        &column(rows, |row| row.repriced.map(|of| of.repricing_id)) as &[Option<Uuid>],
        &column(rows, |row| row.upstream_model.to_owned())
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
