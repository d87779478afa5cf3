//! Accounting months: where they begin and end, and how one is closed. A close is a lock: nothing is booked before the end
//! of the last closed month any more, and it can't be undone. Never in here: documents made of a statement.

use crate::statement::{Misfit, statement};
use chrono::{DateTime, Datelike, Months, NaiveDate, SubsecRound, Utc};
use sha2::{Digest, Sha256};
use tollgate_contract::periods::Statement;
use tollgate_money::{day_start, local_date, zone};
use tollgate_store::{Clock, StoreError, TenantTx};

/// An accounting month of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodEdges {
    /// Its first day.
    pub month: NaiveDate,
    /// Its first instant: the end of the month before it, also where the zone was changed since.
    pub starts_at: DateTime<Utc>,
    /// The first instant after it.
    pub ends_at: DateTime<Utc>,
    /// The tenant's zone.
    pub time_zone: String,
}

/// Why a month can't be closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The tenant has no books.
    #[error("the tenant's books are not open")]
    NoBooks,
    /// Months are closed in their order.
    #[error("{} has to be closed first", .0.format("%Y-%m"))]
    NotNext(NaiveDate),
    /// It is closed already.
    #[error("it is closed already")]
    Closed,
    /// It still runs.
    #[error("it still runs, until {0}")]
    Runs(DateTime<Utc>),
    /// Its figures do not fit each other: nothing is closed until somebody has looked.
    #[error("the statement does not tie: {0}")]
    DoesNotTie(Misfit),
    /// The database can't be reached or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CloseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The first month that is not closed; `None` without a tenant.
///
/// # Errors
/// `Unavailable` if the database is away.
pub async fn open_period(tx: &mut TenantTx) -> Result<Option<PeriodEdges>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT t.time_zone, t.created_at, p.month AS "month?", p.ends_at AS "ends_at?"
           FROM tenants t
           LEFT JOIN LATERAL (SELECT month, ends_at FROM billing_periods WHERE tenant_id = t.tenant_id
                              ORDER BY month DESC LIMIT 1) AS p ON true
           WHERE t.tenant_id = $1"#,
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| match (row.month, row.ends_at) {
        (Some(last), Some(ended)) => edges(after(last), Some(ended), &row.time_zone),
        _ => edges(
            first_day(local_date(row.created_at, zone(&row.time_zone))),
            None,
            &row.time_zone,
        ),
    }))
}

/// The month after this one, in the same zone.
pub fn next_period(period: &PeriodEdges) -> PeriodEdges {
    edges(after(period.month), Some(period.ends_at), &period.time_zone)
}

fn edges(month: NaiveDate, starts_at: Option<DateTime<Utc>>, time_zone: &str) -> PeriodEdges {
    let tz = zone(time_zone);
    PeriodEdges {
        month,
        starts_at: starts_at.unwrap_or_else(|| day_start(month, tz)),
        ends_at: day_start(after(month), tz),
        time_zone: time_zone.to_owned(),
    }
}

fn first_day(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

fn after(month: NaiveDate) -> NaiveDate {
    month.checked_add_months(Months::new(1)).unwrap_or(month)
}

/// Closes a month and stores its statement, both or neither. Waits for bookings under way; those that come later are
/// booked into the next month.
///
/// # Errors
/// As [`CloseError`] says; after any of them the transaction must not be committed.
pub async fn close(
    tx: &mut TenantTx,
    clock: &Clock,
    month: NaiveDate,
    closed_by: &str,
) -> Result<Statement, CloseError> {
    let tenant = tx.tenant_id();
    let head = sqlx::query!(
        "SELECT closed_until FROM ledger_heads WHERE tenant_id = $1 FOR UPDATE",
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    if head.is_none() {
        return Err(CloseError::NoBooks);
    }
    // After the lock: whoever closed it first is seen.
    let period = open_period(tx).await?.ok_or(CloseError::NoBooks)?;
    if month < period.month {
        return Err(CloseError::Closed);
    }
    let now = clock.now().trunc_subsecs(6);
    if month > period.month {
        return Err(CloseError::NotNext(period.month));
    }
    if now < period.ends_at {
        return Err(CloseError::Runs(period.ends_at));
    }
    sqlx::query!(
        "UPDATE ledger_heads SET closed_until = $2 WHERE tenant_id = $1",
        tenant.0,
        period.ends_at
    )
    .execute(tx.conn())
    .await?;
    let made = statement(tx, &period, now, closed_by).await?;
    store(tx, &period, &made).await?;
    Ok(made)
}

async fn store(tx: &mut TenantTx, period: &PeriodEdges, made: &Statement) -> Result<(), CloseError> {
    let tenant = tx.tenant_id();
    let text = serde_json::to_string(made).map_err(|error| StoreError::Settings(error.to_string()))?;
    let hash = Sha256::digest(text.as_bytes());
    sqlx::query!(
        "INSERT INTO billing_periods (tenant_id, month, starts_at, ends_at, time_zone, closed_at, closed_by, first_batch,
                                      last_batch, opening_nano, usage_nano, closing_nano, statement, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        tenant.0,
        period.month,
        period.starts_at,
        period.ends_at,
        period.time_zone,
        made.closed_at,
        made.closed_by,
        made.first_batch,
        made.last_batch,
        made.opening_nano.0,
        made.usage_nano.0,
        made.closing_nano.0,
        text,
        &hash[..]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(year: i32, month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, 1).unwrap()
    }

    #[test]
    fn months_begin_where_the_zone_says_and_follow_without_a_gap() {
        let october = edges(month(2026, 10), None, "Asia/Kolkata");
        assert_eq!(october.starts_at.to_rfc3339(), "2026-09-30T18:30:00+00:00");
        assert_eq!(october.ends_at.to_rfc3339(), "2026-10-31T18:30:00+00:00");
        let november = next_period(&october);
        assert_eq!(
            (november.month, november.starts_at),
            (month(2026, 11), october.ends_at)
        );
        // Moved to Shanghai meanwhile: the month before ended where it ended.
        let moved = edges(month(2026, 11), Some(october.ends_at), "Asia/Shanghai");
        assert_eq!(moved.starts_at, october.ends_at);
        assert_eq!(moved.ends_at.to_rfc3339(), "2026-11-30T16:00:00+00:00");
    }
}
