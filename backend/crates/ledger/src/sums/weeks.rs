//! Weeks as sums of their days, made with the last of them: in the transaction that made the day.

use crate::error::LedgerError;
use chrono::{Datelike, Days, NaiveDate};
use tollgate_store::SettleTx;
use uuid::Uuid;

/// Makes the week of a day anew; and the one before it that has usage, if there is none yet: it was not over when the last of
/// its days was made.
pub(super) async fn make(
    tx: &mut SettleTx,
    tenant: Uuid,
    date: NaiveDate,
    today: NaiveDate,
) -> Result<(), LedgerError> {
    let week = monday(date);
    sqlx::query!(
        "DELETE FROM usage_week_sums s USING usage_by_two(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) AS each
         WHERE s.tenant_id = $1 AND s.dim = each.dim AND s.second_dim = each.second_dim AND s.week = $2",
        tenant,
        week
    )
    .execute(tx.conn())
    .await?;
    sum_up(tx, tenant, week, today).await?;
    let before = sqlx::query_scalar!(
        "SELECT max(local_date) FROM usage_day_sums
         WHERE tenant_id = $1 AND dim = 'status' AND second_dim = '' AND local_date < $2",
        tenant,
        week
    )
    .fetch_one(tx.conn())
    .await?;
    if let Some(week) = before.map(monday)
        && !is_made(tx, tenant, week).await?
    {
        sum_up(tx, tenant, week, today).await?;
    }
    Ok(())
}

async fn is_made(tx: &mut SettleTx, tenant: Uuid, week: NaiveDate) -> Result<bool, LedgerError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM usage_week_sums
               WHERE tenant_id = $1 AND dim = 'status' AND second_dim = '' AND week = $2) AS "made!""#,
        tenant,
        week
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Of a week that has no sums, unless it is not over or one of its days is stale.
async fn sum_up(
    tx: &mut SettleTx,
    tenant: Uuid,
    week: NaiveDate,
    today: NaiveDate,
) -> Result<(), LedgerError> {
    let next = week + Days::new(7);
    if today < next {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO usage_week_sums (tenant_id, dim, second_dim, week, value, second, requests, errors, client_errors, cut,
                                      input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                                      cache_read_tokens, charge_nano, duration_ms, ttfb_ms, ttfb_requests,
                                      estimated_requests, late_requests)
         SELECT $1, d.dim, d.second_dim, $2, d.value, d.second, sum(d.requests), sum(d.errors), sum(d.client_errors),
                sum(d.cut), sum(d.input_tokens), sum(d.output_tokens), sum(d.cache_write_5m_tokens),
                sum(d.cache_write_1h_tokens), sum(d.cache_read_tokens), sum(d.charge_nano), sum(d.duration_ms),
                sum(d.ttfb_ms), sum(d.ttfb_requests), sum(d.estimated_requests), sum(d.late_requests)
         FROM usage_by_two(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) AS each
         CROSS JOIN LATERAL (
             SELECT * FROM usage_day_sums s
             WHERE s.tenant_id = $1 AND s.dim = each.dim AND s.second_dim = each.second_dim AND s.local_date >= $2
               AND s.local_date < $3 OFFSET 0) AS d
         WHERE NOT EXISTS (SELECT FROM usage_stale_days WHERE tenant_id = $1 AND local_date >= $2 AND local_date < $3)
         GROUP BY d.dim, d.second_dim, d.value, d.second
         ORDER BY d.dim, d.second_dim, d.value, d.second",
        tenant,
        week,
        next
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The Monday of a day's week.
fn monday(date: NaiveDate) -> NaiveDate {
    date - Days::new(date.weekday().num_days_from_monday().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_its_monday() {
        let date = |text: &str| -> NaiveDate { text.parse().expect("a date") };
        for (day, begun) in [
            ("2026-11-30", "2026-11-30"),
            ("2026-12-06", "2026-11-30"),
            ("2027-01-01", "2026-12-28"),
        ] {
            assert_eq!(monday(date(day)), date(begun));
        }
    }
}
