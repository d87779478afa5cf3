//! An account's past: what happened to it, and its usage by day. Never in here: what writes events elsewhere.

pub(super) mod events;
pub(crate) mod routes;

use super::store;
use crate::figures::{self, Sums};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::zone::{days_before, local_date, next_day, zone};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use tollgate_contract::accounts::{AccountEvents, AccountHistory};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_contract::stats::{DayFigures, Figures};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{StoreError, TenantTx};

/// Days of the history, today included.
const DAYS: i64 = 30;

async fn events(caller: &Caller, platform: Platform, account: AccountId) -> Result<AccountEvents, Fault> {
    require(caller, Action::AccountsRead)?;
    let mut tx = caller.tx().await?;
    known(&mut tx, platform, account).await?;
    let items = events::read(&mut tx, account).await?;
    Ok(AccountEvents { items })
}

async fn history(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    account: AccountId,
) -> Result<AccountHistory, Fault> {
    require(caller, Action::AccountsRead)?;
    let mut tx = caller.tx().await?;
    known(&mut tx, platform, account).await?;
    let today = local_date(state.clock().now(), zone(&caller.time_zone));
    let from = days_before(today, DAYS - 1);
    let used = usage(&mut tx, account, from, today).await?;
    Ok(filled(used, from, today))
}

async fn known(tx: &mut TenantTx, platform: Platform, account: AccountId) -> Result<(), Fault> {
    if store::exists(tx, platform, account).await? {
        return Ok(());
    }
    Err(Fault::new(Code::NotFound))
}

async fn usage(
    tx: &mut TenantTx,
    account: AccountId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<BTreeMap<NaiveDate, Figures>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT local_date, sum(requests)::bigint AS "requests!", sum(input_tokens)::bigint AS "input!",
                  sum(output_tokens)::bigint AS "output!", sum(cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                  sum(cache_write_1h_tokens)::bigint AS "cache_write_1h!",
                  sum(cache_read_tokens)::bigint AS "cache_read!", sum(charge_nano)::bigint AS "charge!"
           FROM usage_day WHERE tenant_id = $1 AND local_date BETWEEN $2 AND $3 AND account_id = $4
           GROUP BY local_date"#,
        tenant.0,
        from,
        to,
        account.0
    )
    .fetch_all(tx.conn())
    .await?;
    let days = rows.into_iter().map(|row| {
        let sums = Sums {
            requests: row.requests,
            input: row.input,
            output: row.output,
            cache_write_5m: row.cache_write_5m,
            cache_write_1h: row.cache_write_1h,
            cache_read: row.cache_read,
            charge: row.charge,
        };
        (row.local_date, sums.into())
    });
    Ok(days.collect())
}

/// Every day of the range, those without a request included.
fn filled(mut used: BTreeMap<NaiveDate, Figures>, from: NaiveDate, to: NaiveDate) -> AccountHistory {
    let (mut days, mut total) = (Vec::new(), Figures::default());
    let mut date = from;
    loop {
        let figures = used.remove(&date).unwrap_or_default();
        figures::add(&mut total, &figures);
        days.push(DayFigures { date, figures });
        let next = next_day(date);
        if date >= to || next <= date {
            return AccountHistory { days, total };
        }
        date = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_has_every_day_once_and_adds_them_up() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let figures = |requests| Figures {
            requests,
            ..Figures::default()
        };
        let used = BTreeMap::from([(day("2026-02-27"), figures(2)), (day("2026-03-01"), figures(3))]);
        let history = filled(used, day("2026-02-26"), day("2026-03-02"));
        let shown: Vec<(String, u64)> = history
            .days
            .iter()
            .map(|day| (day.date.to_string(), day.figures.requests))
            .collect();
        let expected = [("26", 0), ("27", 2), ("28", 0)].map(|(day, n)| (format!("2026-02-{day}"), n));
        assert_eq!(shown[..3], expected);
        assert_eq!(
            shown[3..],
            [("2026-03-01".to_owned(), 3), ("2026-03-02".to_owned(), 0)]
        );
        assert_eq!(history.total.requests, 5);
    }
}
