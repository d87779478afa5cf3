//! What upstream accounts served by day: `account_days`. A tenant's own accounts' rows are locked behind the tenant's
//! chain, the platform's behind its own. Never in here: what it is read for.

use super::canonical::Tokens;
use super::events::column;
use super::row::EventRow;
use super::sums::{Correction, plus};
use crate::entry::{Quality, Status};
use crate::error::LedgerError;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use tollgate_store::{PLATFORM_TENANT, SettleTx};
use uuid::Uuid;

/// Whose account, day in UTC, account, customer, platform, model as sent.
type AccountKey = (Uuid, NaiveDate, Uuid, Uuid, String, String);

/// Sums of one row.
#[derive(Debug, Default)]
struct Served {
    requests: i64,
    estimated: i64,
    unknown: i64,
    tokens: Tokens,
    charge: i64,
    cost: i64,
}

/// Rows to add, in the order of locking.
#[derive(Debug, Default)]
pub(super) struct AccountSums(BTreeMap<AccountKey, Served>);

/// Of the tenants' own accounts.
pub(super) fn own(fresh: &[&EventRow], corrections: &[Correction]) -> Result<AccountSums, LedgerError> {
    let mut sums = AccountSums::default();
    for row in fresh {
        if let (Some(account), None) = (row.account_id, &row.cost) {
            sums.add_event((row.tenant_id, account), row, (&row.upstream_model, 0))?;
        }
    }
    for one in corrections {
        // The nil UUID stands for none.
        if one.cost.is_none() && !one.dims.account_id.is_nil() {
            sums.add_correction((one.tenant_id, one.dims.account_id), one, 0)?;
        }
    }
    Ok(sums)
}

/// Of the platform's.
pub(super) fn platforms(fresh: &[&EventRow], corrections: &[Correction]) -> Result<AccountSums, LedgerError> {
    let (owner, mut sums) = (PLATFORM_TENANT.0, AccountSums::default());
    for row in fresh {
        if let Some(part) = &row.cost {
            sums.add_event((owner, part.account_id), row, (&part.upstream_model, part.cost))?;
        }
    }
    for one in corrections {
        if let Some(change) = &one.cost {
            sums.add_correction((owner, change.account_id), one, change.cost)?;
        }
    }
    Ok(sums)
}

impl AccountSums {
    fn add_event(
        &mut self,
        (owner, account): (Uuid, Uuid),
        row: &EventRow,
        (sent, cost): (&str, i64),
    ) -> Result<(), LedgerError> {
        let key = (
            owner,
            row.bucket.date_naive(),
            account,
            row.tenant_id,
            row.platform.clone(),
            sent_model(sent, &row.model).to_owned(),
        );
        let served = self.0.entry(key).or_default();
        served.requests = plus(served.requests, 1)?;
        served.estimated = plus(served.estimated, i64::from(row.quality == Quality::Estimated))?;
        served.unknown = plus(served.unknown, i64::from(row.status == Status::Unknown))?;
        served.add(&row.tokens, row.charge, cost)
    }

    fn add_correction(
        &mut self,
        (owner, account): (Uuid, Uuid),
        one: &Correction,
        cost: i64,
    ) -> Result<(), LedgerError> {
        let key = (
            owner,
            one.quarter.1.date_naive(),
            account,
            one.tenant_id,
            one.quarter.2.clone(),
            one.sent_model.clone(),
        );
        self.0.entry(key).or_default().add(&one.tokens, one.charge, cost)
    }
}

impl Served {
    fn add(&mut self, tokens: &Tokens, charge: i64, cost: i64) -> Result<(), LedgerError> {
        for (sum, count) in self.tokens.iter_mut().zip(tokens) {
            *sum = plus(*sum, *count)?;
        }
        self.charge = plus(self.charge, charge)?;
        self.cost = plus(self.cost, cost)?;
        Ok(())
    }
}

/// What the provider was asked for: the model sent, where another was sent than the client asked for.
pub(super) fn sent_model<'a>(sent: &'a str, asked: &'a str) -> &'a str {
    if sent.is_empty() { asked } else { sent }
}

/// Adds them.
pub(super) async fn add_account_days(tx: &mut SettleTx, sums: &AccountSums) -> Result<(), LedgerError> {
    let rows: Vec<(&AccountKey, &Served)> = sums.0.iter().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let tokens = |index: usize| {
        column(&rows, |(_, row)| {
            row.tokens.get(index).copied().unwrap_or_default()
        })
    };
    sqlx::query!(
        "INSERT INTO account_days (tenant_id, day, account_id, customer_tenant_id, platform, model, requests, estimated,
                                   unknown, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                                   cache_read_tokens, charge_nano, cost_nano)
         SELECT * FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[],
                              $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
                              $14::bigint[], $15::bigint[], $16::bigint[])
              AS row (tenant_id, day, account_id, customer, platform, model)
         ORDER BY tenant_id, day, account_id, customer, platform, model
         ON CONFLICT (tenant_id, day, account_id, customer_tenant_id, platform, model) DO UPDATE
         SET requests = account_days.requests + excluded.requests,
             estimated = account_days.estimated + excluded.estimated,
             unknown = account_days.unknown + excluded.unknown,
             input_tokens = account_days.input_tokens + excluded.input_tokens,
             output_tokens = account_days.output_tokens + excluded.output_tokens,
             cache_write_5m_tokens = account_days.cache_write_5m_tokens + excluded.cache_write_5m_tokens,
             cache_write_1h_tokens = account_days.cache_write_1h_tokens + excluded.cache_write_1h_tokens,
             cache_read_tokens = account_days.cache_read_tokens + excluded.cache_read_tokens,
             charge_nano = account_days.charge_nano + excluded.charge_nano,
             cost_nano = account_days.cost_nano + excluded.cost_nano",
        &column(&rows, |(key, _)| key.0),
        &column(&rows, |(key, _)| key.1),
        &column(&rows, |(key, _)| key.2),
        &column(&rows, |(key, _)| key.3),
        &column(&rows, |(key, _)| key.4.clone()),
        &column(&rows, |(key, _)| key.5.clone()),
        &column(&rows, |(_, row)| row.requests),
        &column(&rows, |(_, row)| row.estimated),
        &column(&rows, |(_, row)| row.unknown),
        &tokens(0),
        &tokens(1),
        &tokens(2),
        &tokens(3),
        &tokens(4),
        &column(&rows, |(_, row)| row.charge),
        &column(&rows, |(_, row)| row.cost)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
