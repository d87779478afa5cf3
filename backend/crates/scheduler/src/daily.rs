//! What accounts with a daily cap have cost today: read from what is settled, every few seconds and for those accounts
//! alone. A tenant's own accounts: the day's rollup in the tenant's zone. The platform's: its costs, of which only what was
//! booked since the last look is read.
//!
//! A node adds what it booked itself since the look before last, as what was booked last may still wait for its
//! settlement: some of that counts twice for a moment, none is lost. So a cap may be passed by what is in flight when it is
//! reached, and by what other nodes book within [`EVERY`] and have not settled.

use crate::live::Live;
use crate::pools::Pools;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_money::{day_start, local_date, zone};
use tollgate_store::{Db, JobsTx, PLATFORM_TENANT, StoreError};
use uuid::Uuid;

/// Between two looks at what is settled.
const EVERY: Duration = Duration::from_secs(2);

/// Looks until shutdown.
pub(crate) async fn run(db: Db, pools: Arc<Pools>, shutdown: CancellationToken) {
    let mut costs = PlatformCosts::default();
    let mut last_error = String::new();
    while !shutdown.is_cancelled() {
        match refresh(&db, &pools, &mut costs).await {
            Ok(()) => last_error.clear(),
            Err(error) => {
                let error = error.to_string();
                if error != last_error {
                    tracing::warn!(error, "what accounts have cost today can't be read at the moment");
                    last_error = error;
                }
            }
        }
        shutdown.run_until_cancelled(tokio::time::sleep(EVERY)).await;
    }
}

/// A tenant's day.
struct Day {
    date: NaiveDate,
    begins: DateTime<Utc>,
    ends: DateTime<Utc>,
}

/// The platform's costs of a day by account, as far as they were read.
#[derive(Debug, Default)]
struct PlatformCosts {
    date: NaiveDate,
    /// Batches are numbered in the order in which they are committed.
    last_batch: i64,
    nano: HashMap<AccountId, i64>,
}

async fn refresh(db: &Db, pools: &Pools, costs: &mut PlatformCosts) -> Result<(), StoreError> {
    let capped = pools.lives(|live| live.load.caps().daily_cost_nano.is_some());
    if capped.is_empty() {
        return Ok(());
    }
    let booked: Vec<i64> = capped.iter().map(|live| live.load.booked()).collect();
    let mut tx = db.jobs().await?;
    let days = days(&mut tx, &capped, db.clock().now()).await?;
    let mut nano = own(&mut tx, &capped, &days).await?;
    if let Some(day) = days.get(&PLATFORM_TENANT) {
        costs.read_on(&mut tx, day).await?;
        for (account, cost) in &costs.nano {
            let sum = nano.entry(*account).or_default();
            *sum = sum.saturating_add(*cost);
        }
    }
    tx.commit().await?;
    for (live, booked) in capped.iter().zip(booked) {
        if let Some(day) = days.get(&live.tenant) {
            let nano = nano.get(&live.account).copied().unwrap_or_default();
            live.load.settled(nano, booked, day.ends);
        }
    }
    Ok(())
}

/// The owners' days, as of now.
async fn days(
    tx: &mut JobsTx,
    capped: &[Arc<Live>],
    now: DateTime<Utc>,
) -> Result<HashMap<TenantId, Day>, StoreError> {
    let tenants: Vec<Uuid> = capped.iter().map(|live| live.tenant.0).collect();
    let rows = sqlx::query!(
        "SELECT tenant_id, time_zone FROM tenants WHERE tenant_id = ANY($1)",
        &tenants
    )
    .fetch_all(tx.conn())
    .await?;
    let day = |name: &str| {
        let zone = zone(name);
        let date = local_date(now, zone);
        Day {
            date,
            begins: day_start(date, zone),
            ends: day_start(date.succ_opt().unwrap_or(date), zone),
        }
    };
    let days = rows
        .iter()
        .map(|row| (TenantId(row.tenant_id), day(&row.time_zone)));
    Ok(days.collect())
}

/// What tenants' requests on their own accounts cost today.
async fn own(
    tx: &mut JobsTx,
    capped: &[Arc<Live>],
    days: &HashMap<TenantId, Day>,
) -> Result<HashMap<AccountId, i64>, StoreError> {
    let (mut tenants, mut accounts, mut dates) = (Vec::new(), Vec::new(), Vec::new());
    for live in capped {
        if let Some(day) = days.get(&live.tenant) {
            tenants.push(live.tenant.0);
            accounts.push(live.account.0);
            dates.push(day.date);
        }
    }
    let rows = sqlx::query!(
        r#"SELECT d.account_id, least(sum(d.charge_nano), 9223372036854775807)::bigint AS "nano!"
           FROM unnest($1::uuid[], $2::uuid[], $3::date[]) AS ours (tenant_id, account_id, local_date)
           JOIN usage_day d USING (tenant_id, account_id, local_date)
           GROUP BY d.account_id"#,
        &tenants,
        &accounts,
        &dates
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (AccountId(row.account_id), row.nano))
        .collect())
}

impl PlatformCosts {
    /// A new day begins with nothing.
    fn on(&mut self, date: NaiveDate) {
        if self.date != date {
            *self = Self {
                date,
                ..Self::default()
            };
        }
    }

    /// Adds what was booked since the last look, of requests of this day.
    async fn read_on(&mut self, tx: &mut JobsTx, day: &Day) -> Result<(), StoreError> {
        self.on(day.date);
        let rows = sqlx::query!(
            r#"SELECT account_id, sum(cost_nano)::bigint AS "nano!", max(batch_no) AS "last!" FROM platform_costs
               WHERE tenant_id = $1 AND batch_no > $2 AND request_id >= uuid7_floor($3) GROUP BY account_id"#,
            PLATFORM_TENANT.0,
            self.last_batch,
            day.begins
        )
        .fetch_all(tx.conn())
        .await?;
        for row in rows {
            let sum = self.nano.entry(AccountId(row.account_id)).or_default();
            *sum = sum.saturating_add(row.nano);
            self.last_batch = self.last_batch.max(row.last);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_day_begins_with_nothing() {
        let account = AccountId(Uuid::from_u128(1));
        let mut costs = PlatformCosts::default();
        let today = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        costs.on(today);
        costs.nano.insert(account, 7);
        costs.last_batch = 9;
        costs.on(today);
        assert_eq!((costs.nano.get(&account), costs.last_batch), (Some(&7), 9));
        costs.on(today.succ_opt().unwrap());
        assert!(costs.nano.is_empty());
        assert_eq!(costs.last_batch, 0);
    }
}
